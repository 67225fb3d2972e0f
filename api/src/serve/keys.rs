//! Keys: from the settings where they are given, else made once and kept in `keys/` of the data directory, 0600.

use crate::config::{Config, Secret};
use noc_storage::secrets::{FieldKey, SecretError, SecretKey, load_or_generate};

/// Everything secret that the process itself needs.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Seals fields of the database.
    pub field: FieldKey,
    /// Chains the security log.
    pub chain: SecretKey,
    /// Name of the live connection's application; public.
    pub live_key: String,
    /// Signs subscriptions to the live connection.
    pub live_secret: Secret,
}

/// Hex digits of a generated application name.
const LIVE_KEY_DIGITS: usize = 20;

impl Keys {
    /// Reads or makes them.
    ///
    /// # Errors
    /// When a key is malformed, or a key file cannot be used.
    pub fn load(config: &Config) -> Result<Self, SecretError> {
        let dir = config.storage.data_dir.join("keys");
        let generated = |name: &str| load_or_generate(&dir, name);
        let given = |key: &Option<Secret>, name: &str| match key {
            Some(key) => SecretKey::from_text(key.expose()),
            None => generated(name),
        };
        let field = given(&config.keys.field_key, "field.key")?;
        let older = config
            .keys
            .field_keys
            .iter()
            .flat_map(|keys| keys.expose().split(','))
            .filter(|key| !key.trim().is_empty())
            .map(SecretKey::from_text)
            .collect::<Result<Vec<_>, _>>()?;
        let live_key = match &config.live.key {
            Some(key) => key.expose().to_owned(),
            None => {
                let mut key = generated("live.key")?.to_hex();
                key.truncate(LIVE_KEY_DIGITS);
                key
            }
        };
        let live_secret = match &config.live.secret {
            Some(secret) => secret.clone(),
            None => Secret::new(generated("live.secret")?.to_hex()),
        };
        Ok(Self {
            chain: given(&config.keys.log_chain_key, "chain.key")?,
            field: FieldKey::new(field).with_older(older),
            live_key,
            live_secret,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(dir: &tempfile::TempDir) -> Config {
        let mut config = Config::default();
        config.storage.data_dir = dir.path().to_owned();
        config
    }

    #[test]
    fn keys_are_made_once() {
        let dir = tempfile::tempdir().unwrap();
        let (first, second) = (
            Keys::load(&config(&dir)).unwrap(),
            Keys::load(&config(&dir)).unwrap(),
        );
        assert_eq!(first.field.id(), second.field.id());
        assert_eq!(first.chain, second.chain);
        assert_eq!(first.live_key, second.live_key);
        assert_eq!(first.live_key.len(), LIVE_KEY_DIGITS);
        assert!(first.live_secret.matches(second.live_secret.expose()));
        assert_ne!(first.field.id(), first.chain.id());
    }

    #[test]
    fn given_keys_are_used_and_old_ones_read_with() {
        let dir = tempfile::tempdir().unwrap();
        let mut config = config(&dir);
        let old = Keys::load(&config).unwrap().field;
        let sealed = old.encrypt("t", "1", "c", b"x").unwrap();
        let old_key = std::fs::read_to_string(dir.path().join("keys/field.key")).unwrap();
        config.keys.field_key = Some(Secret::new("ab".repeat(32)));
        config.keys.field_keys = Some(Secret::new(old_key.trim().to_owned()));
        let new = Keys::load(&config).unwrap().field;
        assert_ne!(new.id(), old.id());
        assert_eq!(new.decrypt("t", "1", "c", &sealed).unwrap(), b"x");
        config.keys.field_key = Some(Secret::new("a word".into()));
        assert!(Keys::load(&config).is_err());
    }
}

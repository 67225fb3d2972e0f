//! A key and its public id.

use super::SecretError;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use rand::RngExt;
use sha2::{Digest, Sha256};
use std::fmt;

/// 32 random bytes. `Debug` shows the id alone.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey([u8; 32]);

impl SecretKey {
    /// A new random key.
    #[must_use]
    pub fn generate() -> Self {
        Self(rand::rng().random())
    }

    /// A key from bytes that are random already.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads 64 hex digits, or base64 in either alphabet, padded or not. Space around it is left out.
    ///
    /// # Errors
    /// [`SecretError::KeyFormat`] for anything else: a key is never stretched from a word.
    pub fn from_text(text: &str) -> Result<Self, SecretError> {
        let text = text.trim();
        let bytes = if text.len() == 64 {
            hex::decode(text).ok()
        } else {
            let text = text.trim_end_matches('=');
            STANDARD_NO_PAD
                .decode(text)
                .or_else(|_| URL_SAFE_NO_PAD.decode(text))
                .ok()
        };
        bytes
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or(SecretError::KeyFormat)
    }

    /// 64 hex digits: what a key file holds.
    #[must_use]
    pub fn to_hex(&self) -> String {
        hex::encode(self.0)
    }

    /// Names the key without telling it: 16 hex digits of a hash.
    #[must_use]
    pub fn id(&self) -> String {
        let hash = Sha256::new()
            .chain_update(b"noc key id")
            .chain_update(self.0)
            .finalize();
        let mut id = hex::encode(hash);
        id.truncate(16);
        id
    }

    pub(crate) const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({})", self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_and_the_usual_spellings() {
        let key = SecretKey::from_bytes([0xfb; 32]);
        let base64 = "+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/s=";
        for text in [
            key.to_hex(),
            format!(" {}\n", key.to_hex().to_uppercase()),
            base64.to_owned(),
            base64.replace('+', "-").replace('/', "_").replace('=', ""),
        ] {
            assert_eq!(SecretKey::from_text(&text).unwrap(), key, "{text}");
        }
    }

    #[test]
    fn refuses_words_and_short_keys() {
        for text in ["", "changeme", "abcd1234", &"0".repeat(63), &"g".repeat(64)] {
            assert!(SecretKey::from_text(text).is_err(), "{text}");
        }
    }

    #[test]
    fn debug_shows_no_key() {
        let key = SecretKey::generate();
        let shown = format!("{key:?} {:?}", Some(&key));
        assert!(!shown.contains(&key.to_hex()));
        assert!(shown.contains(&key.id()));
    }
}

//! Setting a channel up: what may be asked for, what is kept, what may be shown. Secrets are in the clear only in
//! [`Settings`]; the row holds them sealed.

use super::field::is_unset;
use super::{Channel, FieldErrors, Settings, check, check_draft};
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::StoreError;
use noc_storage::relational::entity::notification_channel::Model;
use noc_storage::relational::notification_channels::{self, ChannelDraft};
use noc_storage::secrets::FieldKey;
use sea_orm::ConnectionTrait;
use serde_json::{Map, Value, json};

/// Why a channel could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum ConfigureError {
    /// Some settings are wrong.
    #[error("settings of the channel are wrong")]
    Invalid(FieldErrors),
    /// The store could not do it.
    #[error("channel settings could not be stored")]
    Store(#[from] StoreError),
}

/// The settings of a row, secrets included.
///
/// # Errors
/// [`StoreError::Secret`] when they cannot be opened, [`StoreError::Damaged`] when they are not an object.
pub fn open(row: &Model, field_key: &FieldKey) -> Result<Settings, StoreError> {
    let mut values = row.settings.as_object().cloned().unwrap_or_default();
    values.extend(notification_channels::open_secrets(field_key, row)?);
    Ok(Settings::new(values))
}

/// What may be shown of a row's settings: those that are set, secrets as null beside `<name>_set`. Secrets that cannot
/// be opened count as not set: entering them again is the way out.
#[must_use]
pub fn shown(channel: &dyn Channel, row: Option<&Model>, field_key: &FieldKey) -> Value {
    let values = row.and_then(|row| row.settings.as_object());
    let secrets = row.and_then(|row| notification_channels::open_secrets(field_key, row).ok());
    let mut out = Map::new();
    for field in channel.fields() {
        if field.secret {
            let secret = secrets.as_ref().and_then(|secrets| secrets.get(field.name));
            let set = secret.is_some_and(|secret| !is_unset(secret));
            out.insert(format!("{}_set", field.name), json!(set));
            out.insert(field.name.to_owned(), Value::Null);
        } else if let Some(value) = values.and_then(|values| values.get(field.name)) {
            out.insert(field.name.to_owned(), value.clone());
        }
    }
    Value::Object(out)
}

/// Replaces a channel's settings. A secret that is absent or null stays as it was, unless a field that says where it
/// is sent changed: then it is gone, so that nobody can have it sent elsewhere without knowing it. An empty secret is
/// removed. A channel that is off may be half filled in, but never holds what it could not mean.
///
/// # Errors
/// [`ConfigureError`]; then nothing changed.
pub async fn configure(
    tx: &impl ConnectionTrait,
    channel: &dyn Channel,
    field_key: &FieldKey,
    enabled: bool,
    values: Map<String, Value>,
    now: UnixMs,
) -> Result<Model, ConfigureError> {
    let stored = notification_channels::by_key(tx, channel.key()).await?;
    // Secrets that can no longer be opened count as none: entering them again is the way out.
    let known = stored
        .as_ref()
        .and_then(|row| open(row, field_key).ok())
        .unwrap_or_default();
    let settings = merged(channel, &known, values);
    let errors = if enabled {
        check(channel, &settings)
    } else {
        check_draft(channel, &settings)
    };
    if !errors.is_empty() {
        return Err(ConfigureError::Invalid(errors));
    }
    let is_secret = |name: &str| channel.fields().iter().any(|f| f.secret && f.name == name);
    let (secrets, settings) = settings
        .into_values()
        .into_iter()
        .partition(|(name, _)| is_secret(name));
    let draft = ChannelDraft {
        enabled,
        settings,
        secrets: Some(secrets),
    };
    Ok(notification_channels::put(tx, field_key, channel.key(), draft, now).await?)
}

fn merged(channel: &dyn Channel, known: &Settings, values: Map<String, Value>) -> Settings {
    let fields = channel.fields();
    let is_echo = |name: &str| {
        fields
            .iter()
            .any(|f| f.secret && name.strip_suffix("_set") == Some(f.name))
    };
    let mut settings = Settings::new(
        values
            .into_iter()
            .filter(|(name, value)| !value.is_null() && !is_echo(name))
            .collect(),
    );
    // An address that is a secret itself, as a webhook's, is unchanged where it is left out.
    let is_kept = |name: &str| {
        let is_secret = fields.iter().any(|f| f.secret && f.name == name);
        is_secret && settings.get(name).is_none()
    };
    let moved = channel
        .destination_fields()
        .iter()
        .any(|name| settings.get(name) != known.get(name) && !is_kept(name));
    for field in fields.iter().filter(|field| field.secret) {
        match settings.get(field.name) {
            Some(given) if is_unset(given) => {
                settings.remove(field.name);
            }
            None if !moved => {
                if let Some(kept) = known.get(field.name) {
                    settings.set(field.name, kept.clone());
                }
            }
            _ => {}
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::channel::{Email, Http, Webhook, WhatsApp};
    use crate::notify::outbound::Outbound;
    use noc_storage::relational::Db;
    use noc_storage::secrets::SecretKey;
    use std::sync::Arc;

    const NOW: UnixMs = UnixMs(1_795_300_000_000);

    fn values(host: &str, password: Option<Value>) -> Map<String, Value> {
        let mut values = json!({
            "host": host, "port": 587, "encryption": "tls", "username": "noc",
            "from_address": "noc@hostseba.com", "recipients": ["team@hostseba.com"], "password_set": true,
        });
        if let Some(password) = password {
            values["password"] = password;
        }
        values.as_object().unwrap().clone()
    }

    async fn set(
        db: &Db,
        key: &FieldKey,
        values: Map<String, Value>,
    ) -> Result<Settings, ConfigureError> {
        let row = configure(db.write(), &Email::default(), key, true, values, NOW).await?;
        Ok(open(&row, key)?)
    }

    #[tokio::test]
    async fn secrets_are_sealed_kept_when_left_out_and_lost_when_the_host_changes() {
        let db = Db::open_temporary().await.unwrap();
        let key = FieldKey::new(SecretKey::generate());
        let first = set(&db, &key, values("mail.a.test", Some(json!("hunter2"))))
            .await
            .unwrap();
        assert_eq!(first.text("password"), Some("hunter2"));

        let stored = notification_channels::by_key(db.read(), "email")
            .await
            .unwrap()
            .unwrap();
        assert!(!format!("{stored:?}").contains("hunter2"));
        let view = shown(&Email::default(), Some(&stored), &key);
        assert_eq!(view["password"], Value::Null);
        assert_eq!(view["password_set"], json!(true));
        assert_eq!(view["host"], json!("mail.a.test"));

        let kept = set(&db, &key, values("mail.a.test", Some(Value::Null)))
            .await
            .unwrap();
        assert_eq!(kept.text("password"), Some("hunter2"));
        let moved = set(&db, &key, values("mail.evil.test", None)).await;
        let Err(ConfigureError::Invalid(errors)) = moved else {
            panic!("the password must not travel to another host");
        };
        assert!(errors.0.contains_key("password"));
    }

    #[tokio::test]
    async fn an_empty_secret_is_removed_and_secrets_that_cannot_be_opened_are_none() {
        let db = Db::open_temporary().await.unwrap();
        let key = FieldKey::new(SecretKey::generate());
        let given = values("mail.a.test", Some(json!("hunter2")));
        set(&db, &key, given.clone()).await.unwrap();
        let other = FieldKey::new(SecretKey::generate());
        let stored = notification_channels::by_key(db.read(), "email").await;
        let view = shown(&Email::default(), stored.unwrap().as_ref(), &other);
        assert_eq!(view["password_set"], json!(false));
        let again = set(&db, &other, given).await.unwrap();
        assert_eq!(again.text("password"), Some("hunter2"));

        let mut open_relay = values("mail.a.test", Some(json!("")));
        open_relay.remove("username");
        let email = Email::default();
        let row = configure(db.write(), &email, &other, true, open_relay, NOW).await;
        assert_eq!(row.unwrap().secrets, None);
    }

    #[tokio::test]
    async fn a_channel_that_is_off_may_be_half_filled_in_but_not_with_nonsense() {
        let db = Db::open_temporary().await.unwrap();
        let key = FieldKey::new(SecretKey::generate());
        let off = async |settings: Value| {
            let settings = settings.as_object().unwrap().clone();
            configure(db.write(), &Email::default(), &key, false, settings, NOW).await
        };
        assert!(!off(json!({"host": "mail.a.test"})).await.unwrap().enabled);
        let Err(ConfigureError::Invalid(errors)) =
            off(json!({"port": "many", "colour": "red"})).await
        else {
            panic!("nonsense");
        };
        let named: Vec<_> = errors.0.keys().map(String::as_str).collect();
        assert_eq!(named, ["colour", "port"]);
    }

    #[tokio::test]
    async fn an_address_that_is_a_secret_stays_when_left_out_and_takes_the_rest_with_it_when_it_changes()
     {
        let db = Db::open_temporary().await.unwrap();
        let key = FieldKey::new(SecretKey::generate());
        let webhook = Webhook::new(Arc::new(Http::new(Outbound::default())));
        let set = async |values: Value| {
            let values = values.as_object().unwrap().clone();
            let row = configure(db.write(), &webhook, &key, true, values, NOW).await?;
            Ok::<_, ConfigureError>(open(&row, &key)?)
        };
        let url = "https://hooks.test/a/token-1";
        let first = json!({"url": url, "secret": "long enough"});
        set(first.clone()).await.unwrap();
        let kept = set(json!({"url": null, "secret": null})).await.unwrap();
        assert_eq!(
            (kept.text("url"), kept.text("secret")),
            (Some(url), Some("long enough"))
        );
        let same = set(json!({"url": url})).await.unwrap();
        assert_eq!(same.text("secret"), Some("long enough"));
        let moved = set(json!({"url": "https://hooks.test/b"})).await.unwrap();
        assert_eq!(moved.text("secret"), None, "it was for the old address");

        set(first).await.unwrap();
        let over = set(json!({"api_base": "https://proxy.test"})).await;
        let Err(ConfigureError::Invalid(errors)) = over else {
            panic!("the address must not be told to a proxy by somebody who does not know it");
        };
        assert!(errors.0.contains_key("url"));
    }

    #[tokio::test]
    async fn what_a_provider_does_not_need_is_not_asked_for() {
        let db = Db::open_temporary().await.unwrap();
        let key = FieldKey::new(SecretKey::generate());
        let whatsapp = WhatsApp::new(Arc::new(Http::new(Outbound::allowing(|_| true))));
        let missing = async |values: Value| {
            let values = values.as_object().unwrap().clone();
            match configure(db.write(), &whatsapp, &key, true, values, NOW).await {
                Ok(_) => Vec::new(),
                Err(ConfigureError::Invalid(errors)) => errors.0.into_keys().collect(),
                Err(ConfigureError::Store(error)) => panic!("{error}"),
            }
        };
        assert_eq!(
            missing(json!({})).await,
            ["access_token", "phone_number_id"]
        );
        let twilio = missing(json!({"provider": "twilio"})).await;
        assert_eq!(twilio, ["account_sid", "auth_token", "from_number"]);
        assert!(missing(json!({"provider": "waha"})).await.is_empty());
        let bad = json!({"provider": "twilio", "account_sid": "X1", "auth_token": "t", "from_number": "12",
            "template_name": "noc_alert", "recipients": ["01212345678"], "api_base": "ftp://x"});
        let wrong = [
            "account_sid",
            "api_base",
            "from_number",
            "recipients",
            "template_name",
        ];
        assert_eq!(missing(bad).await, wrong);
        let bad = json!({"access_token": "t", "phone_number_id": "../x", "api_version": "18", "template_name": "A b"});
        assert_eq!(
            missing(bad).await,
            ["api_version", "phone_number_id", "template_name"]
        );
        assert_eq!(missing(json!({"provider": "pigeon"})).await, ["provider"]);
    }
}

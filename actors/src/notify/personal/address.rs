//! Addresses as people type them, in the one form that counts.

use super::EMAIL;
use crate::notify::channel::{Channel, phone};
use reqwest::Url;
use sha2::{Digest, Sha256};

/// Characters of an address that is kept as a key.
const LONGEST: usize = 190;

/// Where Discord's webhooks live. Others would make everybody's own webhook a way to have us call any host.
const DISCORD_HOSTS: [&str; 4] = [
    "discord.com",
    "discordapp.com",
    "canary.discord.com",
    "ptb.discord.com",
];

/// Begins the key of an address that is a secret.
const SECRET: &str = "webhook:";

/// Whether the key is one of an address that is a secret, kept with its contact.
#[must_use]
pub fn is_secret(key: &str) -> bool {
    key.strip_prefix(SECRET)
        .is_some_and(|digest| !digest.is_empty())
}

/// An address that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// As shown.
    pub shown: String,
    /// Equal means the same mailbox, phone, chat or room.
    pub key: String,
    /// The address itself, where it is a secret: who has it can post there.
    pub secret: Option<String>,
}

/// Reads an address for one of [`super::CHANNELS`].
///
/// # Errors
/// What is wrong with it, to stand after the field's name.
pub fn read(channel: &dyn Channel, text: &str) -> Result<Address, &'static str> {
    let text = text.trim();
    let plain = |key: String| Address {
        shown: key.clone(),
        key,
        secret: None,
    };
    let address = match channel.key() {
        EMAIL => Address {
            shown: text.to_owned(),
            ..plain(channel.normalise(text).ok_or("is not an e-mail address")?)
        },
        "whatsapp" => plain(phone::e164(text).ok_or(
            "is not a telephone number: 017XXXXXXXX, or + and the country code for other countries",
        )?),
        "telegram" => {
            let id: i64 = text
                .parse()
                .map_err(|_| "is not a chat id: a number such as 123456789")?;
            if id == 0 {
                return Err("is not a chat id: a number other than 0");
            }
            plain(id.to_string())
        }
        "discord" => webhook(text)?,
        _ => return Err("is no channel that reaches a person"),
    };
    if address.key.chars().count() > LONGEST || address.shown.chars().count() > LONGEST {
        return Err("must have 190 characters at most");
    }
    Ok(address)
}

/// A webhook's id may be seen, its token not.
fn webhook(text: &str) -> Result<Address, &'static str> {
    const WRONG: &str =
        "is not the URL of a Discord webhook: https://discord.com/api/webhooks/ and two parts more";
    let url = Url::parse(text).map_err(|_| WRONG)?;
    let host = url.host_str().unwrap_or_default();
    let clean = url.query().is_none()
        && url.fragment().is_none()
        && url.port().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if url.scheme() != "https" || !DISCORD_HOSTS.contains(&host) || !clean {
        return Err(WRONG);
    }
    let parts: Vec<&str> = url.path_segments().ok_or(WRONG)?.collect();
    let (id, token) = match parts.as_slice() {
        ["api", "webhooks", id, token] => (*id, *token),
        ["api", version, "webhooks", id, token] if version.starts_with('v') => (*id, *token),
        _ => return Err(WRONG),
    };
    let is_id = (5..=24).contains(&id.len()) && id.chars().all(|c| c.is_ascii_digit());
    let is_token = (20..=120).contains(&token.len())
        && token
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if !is_id || !is_token {
        return Err(WRONG);
    }
    let digest = hex::encode(Sha256::digest(format!("{id}/{token}").as_bytes()));
    Ok(Address {
        shown: format!("Discord webhook {id}"),
        key: format!("{SECRET}{digest}"),
        secret: Some(format!("https://discord.com/api/webhooks/{id}/{token}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::channel::registry;
    use crate::notify::outbound::Outbound;

    fn read_for(channel: &str, text: &str) -> Result<Address, &'static str> {
        let registry = registry(Outbound::default());
        read(registry.get(channel).unwrap().as_ref(), text)
    }

    #[test]
    fn an_address_has_one_form_that_counts() {
        let email = read_for("email", " Ann@Example.COM ").unwrap();
        assert_eq!(
            (email.shown.as_str(), email.key.as_str()),
            ("Ann@Example.COM", "ann@example.com")
        );
        let phones = ["01712345678", "+880 1712-345678", "008801712345678"]
            .map(|text| read_for("whatsapp", text).unwrap().key);
        assert_eq!(phones, ["+8801712345678"; 3].map(str::to_owned));
        assert_eq!(read_for("telegram", " 4711 ").unwrap().key, "4711");
        assert_eq!(read_for("telegram", "-100123").unwrap().key, "-100123");
    }

    #[test]
    fn a_discord_webhook_is_known_by_its_digest_and_shows_no_token() {
        let token = "t-0_KEN".repeat(9);
        let of = |base: &str| read_for("discord", &format!("{base}/123456789/{token}"));
        let one = of("https://discord.com/api/webhooks").unwrap();
        assert_eq!(one.shown, "Discord webhook 123456789");
        assert!(!one.key.contains("KEN") && one.key.len() < 190);
        let url = format!("https://discord.com/api/webhooks/123456789/{token}");
        assert_eq!(one.secret.as_deref(), Some(url.as_str()));
        assert_eq!(of("https://ptb.discord.com/api/v10/webhooks").unwrap(), one);
        for base in [
            "http://discord.com/api/webhooks",
            "https://discord.com.evil.test/api/webhooks",
            "https://discord.com:8443/api/webhooks",
            "https://me@discord.com/api/webhooks",
            "https://169.254.169.254/api/webhooks",
            "https://discord.com/api/users",
        ] {
            assert!(of(base).is_err(), "{base}");
        }
        let query = format!("{url}?thread_id=1");
        assert!(read_for("discord", &query).is_err());
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.com", "a".repeat(190));
        for (channel, text) in [
            ("email", "nobody"),
            ("email", ""),
            ("email", long.as_str()),
            ("whatsapp", "12345"),
            ("telegram", "@ann"),
            ("telegram", "0"),
            ("telegram", "1.5"),
            ("discord", "hello"),
            ("slack", "https://hooks.slack.com/x"),
        ] {
            assert!(read_for(channel, text).is_err(), "{channel} {text}");
        }
    }
}

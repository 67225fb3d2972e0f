//! What must not be said: secrets are taken out of whatever a provider, or a box on the way to it, answers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;

/// What stands in a secret's place.
const MASK: &str = "•••";

/// Shorter pieces are no secrets, and taking them out would make nonsense of every reason.
const SHORTEST: usize = 6;

/// Pieces of addresses that are the same for everybody.
const PUBLIC: &[&str] = &["services", "webhooks"];

/// The secrets of a call in every form that it sends them in.
#[derive(Clone, Default)]
pub(in crate::notify::channel) struct Secrets(Vec<String>);

impl Secrets {
    /// None.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// These values.
    pub fn of(values: &[Option<&str>]) -> Self {
        let values = values.iter().copied().flatten();
        values.fold(Self::none(), |all, value| all.and(value))
    }

    /// And this value.
    pub fn and(mut self, value: &str) -> Self {
        if value.len() >= SHORTEST {
            self.0.push(value.to_owned());
            // As `{:?}` and JSON write it.
            let quoted = serde_json::Value::from(value).to_string();
            self.0.push(quoted.trim_matches('"').to_owned());
            self.0.push(STANDARD.encode(value));
            // Longest first: a part taken out of a whole would leave the rest of it.
            self.0.sort_by_key(|known| std::cmp::Reverse(known.len()));
            self.0.dedup();
        }
        self
    }

    /// And what an address holds: a webhook's path or query is what gives the right to use it.
    pub fn and_address(self, url: &Url) -> Self {
        let segments = url.path_segments().into_iter().flatten();
        let pieces = segments.filter(|piece| !PUBLIC.contains(piece));
        let mut all = pieces.fold(self.and(url.as_str()).and(url.path()), Self::and);
        for (_, value) in url.query_pairs() {
            all = all.and(&value);
        }
        let whole = url.query().unwrap_or_default().to_owned();
        let all = url.password().into_iter().fold(all.and(&whole), Self::and);
        all.and(url.username())
    }

    /// `text` without them.
    pub fn scrub(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| {
            if text.contains(secret) {
                text.replace(secret, MASK)
            } else {
                text
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_taken_out_in_every_form() {
        let secrets = Secrets::of(&[Some("hunter2\"x"), None, Some("AC1:token-77")]);
        let basic = STANDARD.encode("AC1:token-77");
        let said = format!(r#"you sent hunter2"x, {{"a":"hunter2\"x"}} and Basic {basic}"#);
        let scrubbed = secrets.scrub(&said);
        assert_eq!(
            scrubbed,
            format!(r#"you sent {MASK}, {{"a":"{MASK}"}} and Basic {MASK}"#)
        );
    }

    #[test]
    fn an_address_is_taken_out_whole_and_in_pieces() {
        let url =
            "https://user-1:pass-word@hooks.test/services/T0/B00000/secretpiece?key=topsecret";
        let url = Url::parse(url).unwrap();
        let secrets = Secrets::none().and_address(&url);
        let said = format!(
            "no services at {url}; /services/T0/B00000/secretpiece B00000 secretpiece topsecret key=topsecret user-1 pass-word"
        );
        let scrubbed = secrets.scrub(&said);
        for piece in ["B00000", "secretpiece", "topsecret", "user-1", "pass-word"] {
            assert!(!scrubbed.contains(piece), "{scrubbed}");
        }
        assert!(scrubbed.starts_with("no services at"));
    }
}

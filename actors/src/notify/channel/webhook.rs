//! A webhook of one's own: JSON, signed where a secret is set. Its address may hold a token, so it is kept as a secret
//! too.
//!
//! Two signatures over the body's bytes: `X-NOC-Signature` is `sha256(secret + body)` in hex, for receivers that know
//! no other; it can be lengthened and replayed by whoever has seen one. `X-NOC-Signature-V2` is
//! `t=<unix seconds>,id=<delivery>,v2=<HMAC-SHA256 of "t.id.body" in hex>`: a receiver that checks it, refuses old
//! times and remembers ids is safe from both.

use super::http::{Call, Http, Secrets, check_base, check_url, over, parse};
use super::{Channel, Field, FieldErrors, FieldType, Outcome, Reach, Settings, Written};
use crate::notify::message::Message;
use async_trait::async_trait;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use uuid::Uuid;

const WHO: &str = "the webhook";

/// What the message goes to: the address itself is a secret.
const ROOM: &str = "webhook";

const SIGNATURE: &str = "x-noc-signature";
const SIGNATURE_V2: &str = "x-noc-signature-v2";

const FIELDS: &[Field] = &[
    Field {
        name: "url",
        label: "URL",
        kind: FieldType::Password,
        required: true,
        help: "Messages are posted there as JSON. Kept as a secret, because such addresses often hold a token.",
        secret: true,
        ..Field::TEXT
    },
    Field {
        name: "secret",
        label: "Secret",
        kind: FieldType::Password,
        help: "Signs every message (X-NOC-Signature and X-NOC-Signature-V2). At least 8 characters.",
        secret: true,
        ..Field::TEXT
    },
    Field {
        name: "api_base",
        label: "API address",
        help: "Only for a proxy: takes the place of scheme, host and port in the URL.",
        ..Field::TEXT
    },
];

/// Shorter secrets can be tried out.
const SHORTEST_SECRET: usize = 8;

/// The webhook channel.
#[derive(Debug)]
pub struct Webhook {
    http: Arc<Http>,
}

/// `sha256(secret + body)`, hex.
#[must_use]
pub fn signature(secret: &str, body: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(secret.as_bytes());
    hash.update(body);
    hex::encode(hash.finalize())
}

/// `t=..,id=..,v2=..`: HMAC-SHA256, hex, over `t.id.body`.
#[must_use]
pub fn signature_v2(secret: &str, unix_s: i64, delivery: Uuid, body: &[u8]) -> String {
    let head = format!("{unix_s}.{delivery}.");
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(head.as_bytes());
    mac.update(body);
    let sum = hex::encode(mac.finalize().into_bytes());
    format!("t={unix_s},id={delivery},v2={sum}")
}

impl Webhook {
    /// Posts over `http`.
    #[must_use]
    pub const fn new(http: Arc<Http>) -> Self {
        Self { http }
    }

    fn call(settings: &Settings, message: &Message) -> Result<Call, String> {
        let text = settings.text("url").ok_or("the URL is not set")?;
        let url = parse(text).map_err(|wrong| format!("the URL {wrong}"))?;
        let secret = settings.text("secret");
        let secrets = Secrets::of(&[Some(text), secret]).and_address(&url);
        let url = over(url, settings.text("api_base"))
            .map_err(|wrong| format!("the API address {wrong}"))?;
        let mut call = Call::json(url, &payload(message), message, secrets);
        if let Some(secret) = secret {
            let seconds = message.at.0.div_euclid(1_000);
            let v1 = signature(secret, &call.body);
            let v2 = signature_v2(secret, seconds, message.delivery, &call.body);
            call = call.header(SIGNATURE, v1).header(SIGNATURE_V2, v2);
        }
        Ok(call)
    }
}

fn payload(message: &Message) -> serde_json::Value {
    let mut body = json!({
        "subject": message.subject,
        "text": message.text,
        "structured": {"title": message.title, "fields": message.fields},
        "sent_at": message.sent_at,
    });
    if let (Some(url), Some(body)) = (&message.acknowledge_url, body.as_object_mut()) {
        body.insert("acknowledge_url".to_owned(), url.as_str().into());
    }
    body
}

#[async_trait]
impl Channel for Webhook {
    fn key(&self) -> &'static str {
        "webhook"
    }

    fn label(&self) -> &'static str {
        "Webhook"
    }

    fn masks_addresses(&self) -> bool {
        false
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn reach(&self) -> Reach {
        Reach::Group
    }

    fn validate(&self, settings: &Settings) -> FieldErrors {
        let mut errors = FieldErrors::default();
        check_url(&mut errors, "url", settings, self.http.outbound(), false);
        if settings
            .text("secret")
            .is_some_and(|s| s.chars().count() < SHORTEST_SECRET)
        {
            errors.add("secret", "must have at least 8 characters");
        }
        check_base(&mut errors, "api_base", settings, self.http.outbound());
        errors
    }

    fn destination_fields(&self) -> &'static [&'static str] {
        &["url", "api_base"]
    }

    fn own_recipients(&self, _settings: &Settings) -> Vec<String> {
        vec![ROOM.to_owned()]
    }

    fn normalise(&self, address: &str) -> Option<String> {
        address
            .trim()
            .eq_ignore_ascii_case(ROOM)
            .then(|| ROOM.to_owned())
    }

    fn written(&self, _settings: &Settings, message: &Message) -> Written {
        Written::plain(&format!("{:#}", payload(message)))
    }

    async fn send(&self, settings: &Settings, message: &Message) -> Outcome {
        match Self::call(settings, message) {
            Ok(call) => match self.http.post(call).await {
                // Whatever else it says, be it without end: it was taken.
                Ok(answer) if answer.is_success() => Outcome::Accepted { provider_id: None },
                Ok(answer) => answer.by_status(WHO, None),
                Err(outcome) => outcome,
            },
            Err(reason) => Outcome::Permanent { reason },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked out with `sha256sum` and `openssl dgst -sha256 -hmac`.
    #[test]
    fn signatures_are_those_that_other_tools_make() {
        assert_eq!(
            signature("s3cret-s3cret", b"{\"a\":1}"),
            "190a5c27d60b22f55ce851145ce958f8a9b74a71c40b4aa90764855cfc55faa6"
        );
        assert_eq!(
            signature_v2(
                "s3cret-s3cret",
                1_795_303_740,
                Uuid::from_u128(7),
                b"{\"a\":1}"
            ),
            "t=1795303740,id=00000000-0000-0000-0000-000000000007,v2=a9f486bbd11d5d15d60d31d0cdac3eb0a3c0194df3f3b59d6ba19a6d01507d3e"
        );
    }
}

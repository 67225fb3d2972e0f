//! What the three providers tell of messages that they took.
//!
//! * Meta posts JSON, signed by `X-Hub-Signature-256` (HMAC-SHA256 of the body) with the secret of the app.
//! * Twilio posts a form, signed by `X-Twilio-Signature`: base64 of HMAC-SHA1, with the auth token, over the address as
//!   Twilio knows it and the form's names and values in the order of the names.
//! * WAHA posts JSON, signed by `X-Webhook-Hmac` (HMAC-SHA512 of the body, in hex) with a key that its operator chose.
//!
//! Where the secret of Meta or WAHA is not set, the secret part of the address alone says who calls.

use super::codes::{self, Reading};
use crate::notify::channel::Settings;
use crate::notify::channel::http::one_line;
use crate::notify::channel::receipt::{Callback, CallbackError, Fate, MOST, Receipt};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Url;
use serde::Deserialize;
use sha1::Sha1;
use sha2::{Sha256, Sha512};

/// Whether `shown` is the sum of `parts` under `key`; takes as long for every wrong one.
macro_rules! is_sum {
    ($digest:ty, $key:expr, $parts:expr, $shown:expr) => {
        Hmac::<$digest>::new_from_slice($key.as_bytes()).is_ok_and(|mut mac| {
            for part in $parts {
                mac.update(part);
            }
            mac.verify_slice($shown).is_ok()
        })
    };
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Cloud {
    entry: Vec<Entry>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entry {
    changes: Vec<Change>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Change {
    value: Told,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Told {
    statuses: Vec<Status>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Status {
    id: String,
    status: String,
    errors: Vec<Trouble>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Trouble {
    code: Option<i64>,
    title: String,
    error_data: Details,
}

impl Trouble {
    fn reading(&self) -> Option<Reading> {
        self.code.and_then(codes::meta)
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Details {
    details: String,
}

pub(super) fn cloud_api(
    settings: &Settings,
    callback: &Callback<'_>,
) -> Result<Vec<Receipt>, CallbackError> {
    if let Some(secret) = settings.text("app_secret") {
        let shown = callback.header("x-hub-signature-256").unwrap_or_default();
        let shown = shown.strip_prefix("sha256=").unwrap_or_default();
        let shown = hex::decode(shown).unwrap_or_default();
        if !is_sum!(Sha256, secret, [callback.body], &shown) {
            return Err(CallbackError::Forged);
        }
    }
    let body: Cloud = serde_json::from_slice(callback.body)
        .map_err(|_| CallbackError::Malformed("no JSON of Meta"))?;
    let changes = body.entry.into_iter().flat_map(|entry| entry.changes);
    let statuses = changes.flat_map(|change| change.value.statuses);
    let receipts = statuses.take(MOST).filter_map(|status| {
        let fate = match status.status.as_str() {
            "sent" => Fate::OnItsWay,
            "delivered" => Fate::Delivered,
            "read" | "played" => Fate::Read,
            "failed" => refused(status.errors.iter().find_map(Trouble::reading)),
            _ => return None,
        };
        let mut words = format!("WhatsApp says: {}", status.status);
        for trouble in &status.errors {
            let code = trouble
                .code
                .map_or_else(String::new, |code| format!(" {code}"));
            words.push_str(&format!(", error{code}: {}", trouble.title));
            let hint = trouble.reading().and_then(Reading::hint);
            let details = hint.unwrap_or(&trouble.error_data.details);
            if !details.is_empty() {
                words.push_str(&format!(": {details}"));
            }
        }
        receipt(vec![status.id], fate, &words)
    });
    Ok(receipts.collect())
}

pub(super) fn twilio(
    settings: &Settings,
    callback: &Callback<'_>,
) -> Result<Vec<Receipt>, CallbackError> {
    let token = settings.text("auth_token").ok_or(CallbackError::Forged)?;
    let form = std::str::from_utf8(callback.body)
        .ok()
        // An address is the one thing at hand that reads forms.
        .and_then(|text| Url::parse(&format!("http://form/?{text}")).ok())
        .ok_or(CallbackError::Forged)?;
    let mut pairs: Vec<(String, String)> = form
        .query_pairs()
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    pairs.sort();
    let shown = callback.header("x-twilio-signature").unwrap_or_default();
    let shown = STANDARD.decode(shown).unwrap_or_default();
    let mut signed = vec![callback.url.as_bytes()];
    for (name, value) in &pairs {
        signed.extend([name.as_bytes(), value.as_bytes()]);
    }
    if !is_sum!(Sha1, token, signed, &shown) {
        return Err(CallbackError::Forged);
    }
    let of = |wanted: &str| {
        let mut all = pairs.iter();
        all.find(|(name, _)| name == wanted)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    };
    let status = of("MessageStatus").or_else(|| of("SmsStatus"));
    let id = of("MessageSid").or_else(|| of("SmsSid"));
    let (Some(status), Some(id)) = (status, id) else {
        return Err(CallbackError::Malformed(
            "no MessageSid and MessageStatus of Twilio",
        ));
    };
    let code = of("ErrorCode").and_then(|code| code.parse().ok());
    let reading = code.and_then(codes::twilio);
    let fate = match status {
        "delivered" => Fate::Delivered,
        "read" => Fate::Read,
        "failed" | "undelivered" | "canceled" => refused(reading),
        "accepted" | "scheduled" | "queued" | "sending" | "sent" => Fate::OnItsWay,
        _ => return Ok(Vec::new()),
    };
    let mut words = format!("Twilio says: {status}");
    if let Some(code) = of("ErrorCode") {
        words.push_str(&format!(", error {code}"));
    }
    let hint = reading.and_then(Reading::hint);
    let said = of("ErrorMessage").or_else(|| of("ChannelStatusMessage"));
    if let Some(more) = hint.or(said) {
        words.push_str(&format!(": {more}"));
    }
    Ok(receipt(vec![id.to_owned()], fate, &words)
        .into_iter()
        .collect())
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Waha {
    payload: Ack,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Ack {
    id: Option<String>,
    ack: i64,
}

pub(super) fn waha(
    settings: &Settings,
    callback: &Callback<'_>,
) -> Result<Vec<Receipt>, CallbackError> {
    if let Some(key) = settings.text("webhook_hmac_key") {
        let shown = callback.header("x-webhook-hmac").unwrap_or_default();
        let shown = hex::decode(shown).unwrap_or_default();
        if !is_sum!(Sha512, key, [callback.body], &shown) {
            return Err(CallbackError::Forged);
        }
    }
    let event: serde_json::Value = serde_json::from_slice(callback.body)
        .map_err(|_| CallbackError::Malformed("no JSON of WAHA"))?;
    if event.get("event").and_then(|name| name.as_str()) != Some("message.ack") {
        return Ok(Vec::new());
    }
    let told = Waha::deserialize(&event)
        .map_err(|_| CallbackError::Malformed("no message.ack of WAHA"))?;
    let Some(id) = told.payload.id else {
        return Err(CallbackError::Malformed("a message.ack without an id"));
    };
    let (fate, said) = match told.payload.ack {
        ..=-1 => (Fate::Failed, "error"),
        0 => (Fate::OnItsWay, "pending"),
        1 => (Fate::OnItsWay, "on the server"),
        2 => (Fate::Delivered, "on the device"),
        _ => (Fate::Read, "read"),
    };
    // Some of its engines name a message by the last part alone when they take it.
    let mut ids = vec![id.clone()];
    ids.extend(id.rsplit_once('_').map(|(_, last)| last.to_owned()));
    let words = format!("WAHA says: {said} (ack {})", told.payload.ack);
    Ok(receipt(ids, fate, &words).into_iter().collect())
}

/// What becomes of a message that was refused after it was taken. A code that is not known here is about this message.
fn refused(reading: Option<Reading>) -> Fate {
    reading.map_or(Fate::Failed, Reading::fate)
}

fn receipt(ids: Vec<String>, fate: Fate, words: &str) -> Option<Receipt> {
    let ids: Vec<String> = ids.into_iter().filter(|id| !id.is_empty()).collect();
    (!ids.is_empty()).then(|| Receipt {
        ids,
        fate,
        words: one_line(words),
    })
}

//! Meta's Cloud API.

use super::codes::{self, Reading};
use super::markup::MARKUP;
use super::{VARIABLE_LIMIT, base, needed};
use crate::notify::channel::chat;
use crate::notify::channel::http::{Answer, Call, Secrets, join};
use crate::notify::channel::{FieldErrors, Outcome, Settings};
use crate::notify::message::Message;
use serde_json::json;

const BASE: &str = "https://graph.facebook.com";
pub(super) const VERSION: &str = "v18.0";
pub(super) const LANGUAGE: &str = "en_US";

const WHO: &str = "WhatsApp";

/// Of free text.
pub(super) const LIMIT: usize = 4_096;

pub(super) fn validate(settings: &Settings, errors: &mut FieldErrors) {
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    if settings
        .text("phone_number_id")
        .is_some_and(|id| !digits(id))
    {
        errors.add("phone_number_id", "must be digits");
    }
    let version = settings.text("api_version").unwrap_or(VERSION);
    let fits = version
        .strip_prefix('v')
        .and_then(|rest| rest.split_once('.'))
        .is_some_and(|(major, minor)| {
            let number = |text: &str| !text.is_empty() && digits(text);
            number(major) && number(minor)
        });
    if !fits {
        errors.add("api_version", "must look like v18.0");
    }
    let name = settings.text("template_name").unwrap_or_default();
    if !name
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    {
        errors.add(
            "template_name",
            "has lower-case letters, digits and underscores only",
        );
    }
    let language = settings.text("template_language").unwrap_or(LANGUAGE);
    if !language
        .chars()
        .all(|c| c.is_ascii_alphabetic() || c == '_')
    {
        errors.add("template_language", "must look like en_US");
    }
}

pub(super) fn call(settings: &Settings, message: &Message, number: &str) -> Result<Call, String> {
    let token = needed(settings, "access_token", "the access token")?;
    let id = needed(settings, "phone_number_id", "the phone number ID")?;
    let version = settings.text("api_version").unwrap_or(VERSION);
    let url = join(
        base(settings, "api_base", BASE)?,
        &[version, id, "messages"],
    );
    let (kind, content) = match settings.text("template_name") {
        Some(name) => {
            let text = chat::one_line(message, &MARKUP, VARIABLE_LIMIT);
            let language = settings.text("template_language").unwrap_or(LANGUAGE);
            let variable = json!({"type": "text", "text": text});
            let template = json!({
                "name": name,
                "language": {"code": language},
                "components": [{"type": "body", "parameters": [variable]}],
            });
            ("template", template)
        }
        None => {
            let text = chat::render(message, &MARKUP, LIMIT);
            ("text", json!({"preview_url": false, "body": text}))
        }
    };
    let body = json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": number.trim_start_matches('+'),
        // Comes back with every word about what became of it.
        "biz_opaque_callback_data": message.delivery.to_string(),
        "type": kind,
        kind: content,
    });
    let call = Call::json(url, &body, message, Secrets::of(&[Some(token)]));
    Ok(call.header("authorization", format!("Bearer {token}")))
}

/// An accepted message is not a delivered one; that is told later, elsewhere.
pub(super) fn classify(answer: &Answer) -> Outcome {
    let said = answer.said();
    if answer.is_success() {
        return match said.text("/messages/0/id") {
            Some(id) => Outcome::Accepted {
                provider_id: Some(id.to_owned()),
            },
            None => answer.garbled(WHO),
        };
    }
    let words = said.text("/error/message");
    let code = said.integer("/error/code");
    match code.and_then(codes::meta) {
        // A gateway may answer for it: then the status counts.
        Some(reading) if reading != Reading::Account => {
            reading.outcome(answer, answer.reason(WHO, words))
        }
        _ if code.is_some() && answer.status < 500 && answer.status != 429 => Outcome::Permanent {
            reason: answer.reason(WHO, words),
        },
        _ => answer.by_status(WHO, words),
    }
}

//! A WAHA server of one's own, which speaks as a paired telephone.

use super::base;
use super::markup::MARKUP;
use crate::notify::channel::chat;
use crate::notify::channel::http::{Answer, Call, Secrets, join};
use crate::notify::channel::{Outcome, Settings};
use crate::notify::message::Message;
use serde_json::json;

pub(super) const BASE: &str = "http://localhost:3000";
pub(super) const SESSION: &str = "default";

const WHO: &str = "WAHA";

pub(super) const LIMIT: usize = 4_096;

pub(super) fn call(settings: &Settings, message: &Message, number: &str) -> Result<Call, String> {
    let url = join(base(settings, "base_url", BASE)?, &["api", "sendText"]);
    let body = json!({
        "session": settings.text("session").unwrap_or(SESSION),
        "chatId": format!("{}@c.us", number.trim_start_matches('+')),
        "text": chat::render(message, &MARKUP, LIMIT),
        "linkPreview": false,
    });
    let key = settings.text("api_key");
    let call = Call::json(url, &body, message, Secrets::of(&[key]));
    Ok(match key {
        Some(key) => call.header("x-api-key", key),
        None => call,
    })
}

pub(super) fn classify(answer: &Answer) -> Outcome {
    let said = answer.said();
    if answer.is_success() {
        let id = said.text("/id").or_else(|| said.text("/id/_serialized"));
        let id = id.or_else(|| said.text("/key/id"));
        return match id {
            Some(id) => Outcome::Accepted {
                provider_id: Some(id.to_owned()),
            },
            None => answer.garbled(WHO),
        };
    }
    let words = said.text("/message").or_else(|| said.text("/error"));
    match (answer.status, said.text("/status")) {
        (422, Some("STARTING")) => Outcome::Retry {
            reason: format!("{WHO}'s session is starting"),
            after: None,
        },
        (422, Some("SCAN_QR_CODE")) => Outcome::Permanent {
            reason: format!("{WHO}'s session is not paired: open WAHA and scan its QR code"),
        },
        (422, Some(status @ ("FAILED" | "STOPPED"))) => Outcome::Permanent {
            reason: format!("{WHO}'s session is {status}: start it again in WAHA"),
        },
        _ => answer.by_status(WHO, words),
    }
}

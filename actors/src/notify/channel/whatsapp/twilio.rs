//! Twilio's messages API.

use super::codes::{self, Reading};
use super::markup::MARKUP;
use super::{VARIABLE_LIMIT, base, needed};
use crate::notify::channel::chat;
use crate::notify::channel::http::{Answer, Call, Secrets, join};
use crate::notify::channel::{FieldErrors, Outcome, Settings, phone};
use crate::notify::message::Message;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

const BASE: &str = "https://api.twilio.com";

const WHO: &str = "Twilio";

/// Of free text.
pub(super) const LIMIT: usize = 1_600;

pub(super) fn validate(settings: &Settings, errors: &mut FieldErrors) {
    let is_id = |text: &str, prefix: &str| {
        text.strip_prefix(prefix)
            .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_alphanumeric()))
    };
    if settings
        .text("account_sid")
        .is_some_and(|sid| !is_id(sid, "AC"))
    {
        errors.add("account_sid", "must start with AC, then letters and digits");
    }
    if settings
        .text("from_number")
        .is_some_and(|n| phone::e164(n).is_none())
    {
        errors.add("from_number", "is not a telephone number");
    }
    if settings
        .text("template_name")
        .is_some_and(|sid| !is_id(sid, "HX"))
    {
        errors.add(
            "template_name",
            "must be a content SID: HX, then letters and digits",
        );
    }
}

pub(super) fn call(settings: &Settings, message: &Message, number: &str) -> Result<Call, String> {
    let sid = needed(settings, "account_sid", "the account SID")?;
    let token = needed(settings, "auth_token", "the auth token")?;
    let from = needed(settings, "from_number", "the from number")?;
    let from = phone::e164(from).ok_or("the from number is not a telephone number")?;
    let path = ["2010-04-01", "Accounts", sid, "Messages.json"];
    let url = join(base(settings, "api_base", BASE)?, &path);
    // An address is the one thing at hand that writes forms.
    let mut form = url.clone();
    form.set_query(None);
    form.query_pairs_mut()
        .append_pair("From", &format!("whatsapp:{from}"))
        .append_pair("To", &format!("whatsapp:{number}"));
    if let Some(template) = settings.text("template_name") {
        let variables = json!({"1": chat::one_line(message, &MARKUP, VARIABLE_LIMIT)}).to_string();
        form.query_pairs_mut()
            .extend_pairs([("ContentSid", template), ("ContentVariables", &variables)]);
    } else {
        form.query_pairs_mut()
            .append_pair("Body", &chat::render(message, &MARKUP, LIMIT));
    }
    let pair = format!("{sid}:{token}");
    let authorization = format!("Basic {}", STANDARD.encode(&pair));
    Ok(Call {
        url,
        headers: vec![("authorization", authorization)],
        content_type: "application/x-www-form-urlencoded",
        body: form.query().unwrap_or_default().as_bytes().to_vec(),
        delivery: message.delivery,
        at: message.at,
        secrets: Secrets::of(&[Some(token), Some(&pair)]),
    })
}

/// An accepted message is queued; what became of it is told later, elsewhere.
pub(super) fn classify(answer: &Answer) -> Outcome {
    let said = answer.said();
    if answer.is_success() {
        return match said.text("/sid") {
            Some(id) => Outcome::Accepted {
                provider_id: Some(id.to_owned()),
            },
            None => answer.garbled(WHO),
        };
    }
    let words = said.text("/message");
    let code = said.integer("/code");
    let reason = || match code {
        Some(code) => format!("{} (error {code})", answer.reason(WHO, words)),
        None => answer.reason(WHO, words),
    };
    match code.and_then(codes::twilio) {
        // A gateway may answer for it: then the status counts.
        Some(reading) if reading != Reading::Account => reading.outcome(answer, reason()),
        _ if code.is_some() && answer.status < 500 && answer.status != 429 => {
            Outcome::Permanent { reason: reason() }
        }
        _ => answer.by_status(WHO, words),
    }
}

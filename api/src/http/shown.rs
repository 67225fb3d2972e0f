//! Bodies that may name customers' addresses: whole for who may see them, masked for everybody else.
//!
//! A log-in without a domain looks like any word. An incident says in its subject that it is about one: then it is masked
//! in all of that incident's sentences.

use crate::auth::caller::Caller;
use crate::auth::permission::Permission;
use crate::error::ApiError;
use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, Responder, ResponseError};
use noc_actors::detect::evidence::Sender;
use noc_pipeline::mask;
use serde::Serialize;
use serde_json::Value;

/// A body as its reader may see it. Titles, explanations and notes are sentences that name log-ins: they are masked
/// wherever they stand in it, so that a new field needs no line of its own.
#[derive(Debug)]
pub struct Shown<T> {
    body: T,
    whole: bool,
    status: StatusCode,
}

impl<T: Serialize> Shown<T> {
    /// 200 with the body.
    pub fn to(caller: &Caller, body: T) -> Self {
        Self {
            body,
            whole: caller.may(Permission::MailPii),
            status: StatusCode::OK,
        }
    }

    /// 201 instead.
    #[must_use]
    pub fn created(self) -> Self {
        Self {
            status: StatusCode::CREATED,
            ..self
        }
    }
}

impl<T: Serialize> Responder for Shown<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status);
        if self.whole {
            return answer.json(self.body);
        }
        match masked(&self.body) {
            Ok(body) => answer.json(body),
            Err(error) => ApiError::internal(error).error_response(),
        }
    }
}

/// The body with every address in its texts masked.
///
/// # Errors
/// What cannot be JSON.
pub fn masked(body: &impl Serialize) -> Result<Value, serde_json::Error> {
    let mut body = serde_json::to_value(body)?;
    mask_within(&mut body);
    Ok(body)
}

fn mask_within(value: &mut Value) {
    match value {
        Value::String(text) => {
            if text.contains('@') {
                *text = mask::addresses(text);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask_within),
        Value::Object(fields) => {
            fields.values_mut().for_each(mask_within);
            let subject = fields.get("subject").and_then(Value::as_str);
            let login = subject.and_then(Sender::bare_login).map(str::to_owned);
            if let Some(login) = login {
                fields
                    .iter_mut()
                    .for_each(|(key, value)| hide(&login, key, value));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Sentences for people, by the names of their fields; others hold words that programs know.
const SENTENCES: [&str; 8] = [
    "title", "subject", "observed", "expected", "command", "text", "note", "reason",
];

fn hide(login: &str, key: &str, value: &mut Value) {
    match value {
        Value::String(text) if SENTENCES.contains(&key) => {
            *text = mask::name_within(text, login);
        }
        Value::Array(items) => items.iter_mut().for_each(|item| hide(login, key, item)),
        Value::Object(fields) => {
            let fields = fields.iter_mut();
            fields.for_each(|(key, value)| hide(login, key, value));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::permission::Role;
    use serde_json::json;

    #[test]
    fn a_body_is_masked_to_its_last_text_and_nothing_else_of_it_changes() {
        let body =
            json!({"title": "a@b.test", "n": 1, "list": [{"deep": "x a@b.test"}, null, true]});
        let expected = json!({"title": "a***@b.test", "n": 1, "list": [{"deep": "x a***@b.test"}, null, true]});
        assert_eq!(masked(&body).unwrap(), expected);
    }

    #[test]
    fn a_log_in_without_a_domain_is_masked_in_its_incidents_sentences_and_nowhere_else() {
        let body = json!([
            {"subject": "login:open", "title": "Mailbox open on mail-01", "status": "open",
                "timeline": [{"type": "note", "detail": {"text": "open again"}}]},
            {"subject": "script:open", "title": "Script open on mail-01"},
        ]);
        let expected = json!([
            {"subject": "login:o***", "title": "Mailbox o*** on mail-01", "status": "open",
                "timeline": [{"type": "note", "detail": {"text": "o*** again"}}]},
            {"subject": "script:open", "title": "Script open on mail-01"},
        ]);
        assert_eq!(masked(&body).unwrap(), expected);
    }

    #[test]
    fn mail_and_pages_ask_for_the_same_role() {
        for role in Role::ALL {
            let by_page = role.grants(Permission::MailPii);
            assert_eq!(mask::may_be_seen_by(role.name()), by_page, "{role:?}");
        }
    }
}

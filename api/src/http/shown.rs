//! Bodies that may name customers' addresses: whole for who may see them, masked for everybody else.

use crate::auth::caller::Caller;
use crate::auth::permission::Permission;
use crate::error::ApiError;
use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, Responder, ResponseError};
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
        Value::Object(fields) => fields.values_mut().for_each(mask_within),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_body_is_masked_to_its_last_text_and_nothing_else_of_it_changes() {
        let body =
            json!({"title": "a@b.test", "n": 1, "list": [{"deep": "x a@b.test"}, null, true]});
        let expected = json!({"title": "a***@b.test", "n": 1, "list": [{"deep": "x a***@b.test"}, null, true]});
        assert_eq!(masked(&body).unwrap(), expected);
    }
}

//! What agents are told.

use crate::error::ApiError;
use actix_web::http::header::ContentType;
use actix_web::{HttpRequest, HttpResponse};
use noc_pipeline::payload::{FieldErrors, PostError};
use serde::Serialize;
use std::collections::BTreeMap;

/// The body of a 202.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(super) struct Accepted {
    /// Payloads that are durable now and were not before.
    pub(super) accepted: usize,
    /// Payloads that had been acknowledged before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) duplicates: Option<usize>,
    /// Why nothing was stored although all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ignored: Option<&'static str>,
    /// Optional fields that could not be used; in a batch with the payload's index in front.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) refused_fields: Vec<String>,
    /// Payloads of a batch that were not taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) rejected: Vec<Rejected>,
}

/// A payload of a batch that was not taken.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Rejected {
    /// Its place in the batch, counted from 0.
    pub(super) index: usize,
    /// What is wrong with which field.
    pub(super) errors: BTreeMap<String, Vec<String>>,
}

impl Accepted {
    /// The server is switched off: nothing is stored, and the agent is not to notice.
    pub(super) fn server_inactive() -> Self {
        Self {
            ignored: Some("server_inactive"),
            ..Self::default()
        }
    }

    pub(super) fn respond(&self) -> HttpResponse {
        match serde_json::to_vec(self) {
            Ok(body) => HttpResponse::Accepted()
                .content_type(ContentType::json())
                .body(body),
            Err(error) => actix_web::ResponseError::error_response(&ApiError::internal(error)),
        }
    }
}

/// Answers 405 in our envelope.
pub(super) async fn method_not_allowed(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    Err(ApiError::MethodNotAllowed(request.method().to_string()))
}

/// What a body that holds no payload at all is answered with.
pub(super) fn unusable(error: PostError) -> ApiError {
    match error {
        PostError::NotJson(_) | PostError::NotAnObject => ApiError::Malformed(error.to_string()),
        PostError::TooLarge { limit, .. } => ApiError::TooLarge { limit_bytes: limit },
        PostError::Invalid(errors) => ApiError::Invalid(errors.into_map()),
    }
}

/// A batch of which nothing is good.
pub(super) fn nothing_good(rejected: Vec<Rejected>) -> ApiError {
    let errors = rejected.into_iter().flat_map(|rejected| {
        let index = rejected.index;
        rejected
            .errors
            .into_iter()
            .map(move |(field, problems)| (format!("payloads.{index}.{field}"), problems))
    });
    ApiError::Invalid(errors.collect())
}

/// A rejected payload's entry in the answer.
pub(super) fn rejected(index: usize, errors: FieldErrors) -> Rejected {
    Rejected {
        index,
        errors: errors.into_map(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(accepted: &Accepted) -> String {
        serde_json::to_string(accepted).unwrap()
    }

    #[test]
    fn answers_are_spelled_as_the_contract_says() {
        let mut answer = Accepted {
            accepted: 2,
            duplicates: Some(1),
            ..Accepted::default()
        };
        assert_eq!(json(&answer), r#"{"accepted":2,"duplicates":1}"#);
        answer.refused_fields = vec!["cpu_pct".into()];
        assert_eq!(
            json(&answer),
            r#"{"accepted":2,"duplicates":1,"refused_fields":["cpu_pct"]}"#
        );
        assert_eq!(
            json(&Accepted::server_inactive()),
            r#"{"accepted":0,"ignored":"server_inactive"}"#
        );
        answer = Accepted {
            accepted: 1,
            duplicates: Some(0),
            rejected: vec![rejected(3, FieldErrors::one("seq", "is required"))],
            ..Accepted::default()
        };
        assert_eq!(
            json(&answer),
            r#"{"accepted":1,"duplicates":0,"rejected":[{"index":3,"errors":{"seq":["is required"]}}]}"#
        );
    }
}

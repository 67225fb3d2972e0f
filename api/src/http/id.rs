//! The `{id}` of a path.

use crate::error::ApiError;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use std::future::{Ready, ready};

/// An id from the path. What cannot be an id of anything (letters, 0, negative, beyond 2^63) is not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Id(pub i64);

impl FromRequest for Id {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let text = request.match_info().get("id").unwrap_or_default();
        ready(
            text.parse()
                .ok()
                .filter(|id| *id > 0 && text.starts_with(|first: char| first.is_ascii_digit()))
                .map(Self)
                .ok_or(ApiError::NotFound("resource")),
        )
    }
}

//! The ids of a path.

use crate::error::ApiError;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use std::future::{Ready, ready};

/// An id from the path. What cannot be an id of anything (letters, 0, negative, beyond 2^63) is not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Id(pub i64);

/// The second id of a path, of something within what `{id}` names; called `inner_id` there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InnerId(pub i64);

impl FromRequest for Id {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request, "id").map(Self))
    }
}

impl FromRequest for InnerId {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request, "inner_id").map(Self))
    }
}

fn read(request: &HttpRequest, name: &str) -> Result<i64, ApiError> {
    let text = request.match_info().get(name).unwrap_or_default();
    text.parse()
        .ok()
        .filter(|id| *id > 0 && text.starts_with(|first: char| first.is_ascii_digit()))
        .ok_or(ApiError::NotFound("resource"))
}

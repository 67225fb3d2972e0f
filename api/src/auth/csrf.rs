//! CSRF: calls that change something show a token that only a page of ours can read.
//!
//! Signed in, the token belongs to the session. Before that (log-in) the cookie and the header must be the same,
//! which a foreign page cannot arrange.

use crate::auth::caller::MaybeCaller;
use crate::auth::session::{self, CSRF_COOKIE, CSRF_HEADER, SESSION_COOKIE, SessionSecret};
use crate::error::ApiError;
use crate::state::AppState;
use actix_web::dev::ServiceRequest;
use actix_web::{HttpRequest, HttpResponse, get, web};
use noc_storage::relational::entity;
use subtle::ConstantTimeEq;

/// Checks the token of a call that changes something.
///
/// # Errors
/// `419 csrf_mismatch`.
pub fn check(
    request: &ServiceRequest,
    session: Option<&entity::session::Model>,
) -> Result<(), ApiError> {
    let shown = request
        .headers()
        .get(CSRF_HEADER)
        .and_then(|value| value.to_str().ok())
        .filter(|value| !value.is_empty())
        .ok_or(ApiError::CsrfMismatch)?;
    let expected = match session {
        Some(session) => session.csrf_hash.clone(),
        None => request
            .cookie(CSRF_COOKIE)
            .map(|cookie| session::csrf_hash(cookie.value()))
            .ok_or(ApiError::CsrfMismatch)?,
    };
    let shown = session::csrf_hash(shown);
    if bool::from(shown.as_bytes().ct_eq(expected.as_bytes())) {
        Ok(())
    } else {
        Err(ApiError::CsrfMismatch)
    }
}

/// Sets the cookie `XSRF-TOKEN`; its value goes into `X-XSRF-TOKEN` of every call that changes something.
#[utoipa::path(tag = "auth", responses((status = 204, description = "The cookie is set")))]
#[get("/api/auth/csrf-cookie")]
pub async fn csrf_cookie(
    state: web::Data<AppState>,
    request: HttpRequest,
    caller: MaybeCaller,
) -> Result<HttpResponse, ApiError> {
    let token = match (caller.0, request.cookie(SESSION_COOKIE)) {
        (Some(_), Some(cookie)) => SessionSecret::received(cookie.value()).csrf_token(),
        _ => session::anonymous_csrf_token(),
    };
    Ok(HttpResponse::NoContent()
        .cookie(session::csrf_cookie(&state.config, token, None))
        .finish())
}

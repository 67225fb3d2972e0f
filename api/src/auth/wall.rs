//! Screens on a wall: whoever shows a wall token opens the routes of the wall, and no other.

use crate::error::ApiError;
use crate::state::AppState;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::AUTHORIZATION;
use noc_storage::relational::wall_tokens;

/// Whether the request shows a wall token that works; without any it is for the session to decide.
///
/// # Errors
/// 401 for a token that is wrong or was revoked.
pub(super) async fn admits(request: &ServiceRequest, state: &AppState) -> Result<bool, ApiError> {
    let Some(token) = bearer(request) else {
        return Ok(false);
    };
    let found = wall_tokens::find(state.db().read(), token).await?;
    let row = found.ok_or(ApiError::Unauthenticated)?;
    wall_tokens::touch(state.db().write(), &row, state.now_ms()).await?;
    Ok(true)
}

/// What follows `Authorization: Bearer`.
fn bearer(request: &ServiceRequest) -> Option<&str> {
    let value = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

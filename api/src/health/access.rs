//! Who may read `/health`: the holder of the token, or somebody signed in with the right to.

use super::Health;
use crate::auth::permission::Permission;
use crate::auth::session::{self, SESSION_COOKIE, SessionSecret};
use crate::error::ApiError;
use crate::state::AppState;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, ResponseError};

/// Lets through whoever may see the checks.
///
/// # Errors
/// 403, the same whether nothing was presented or something wrong.
pub(super) async fn check(request: &HttpRequest, health: &Health) -> Result<(), HttpResponse> {
    if let Some(token) = &health.token
        && presented(request).is_some_and(|presented| token.matches(&presented))
    {
        return Ok(());
    }
    if may_by_session(request).await {
        return Ok(());
    }
    Err(ApiError::Forbidden.error_response())
}

/// Whether somebody is signed in whose role grants it. A database that does not answer grants nothing: outside checks
/// come with the token.
async fn may_by_session(request: &HttpRequest) -> bool {
    let (Some(state), Some(cookie)) = (
        request.app_data::<Data<AppState>>(),
        request.cookie(SESSION_COOKIE),
    ) else {
        return false;
    };
    let id_hash = SessionSecret::received(cookie.value()).id_hash();
    match session::find(state.db(), &state.config, &id_hash, state.now_ms()).await {
        Ok(Some(live)) => {
            !live.user.must_change_password
                && (live.role.grants(Permission::DashboardAdminView)
                    || live.role.grants(Permission::SecurityManage))
        }
        Ok(None) => false,
        Err(error) => {
            tracing::warn!(%error, "a session cannot be read for a health check");
            false
        }
    }
}

/// The token, from whichever of the three places it is in.
fn presented(request: &HttpRequest) -> Option<String> {
    let headers = request.headers();
    if let Some(value) = headers.get("x-health-token") {
        return value.to_str().ok().map(str::to_owned);
    }
    if let Some(value) = headers.get(AUTHORIZATION)
        && let Some((scheme, token)) = value.to_str().ok()?.split_once(' ')
        && scheme.eq_ignore_ascii_case("bearer")
    {
        return Some(token.trim().to_owned());
    }
    reqwest::Url::parse(&format!("http://host/?{}", request.query_string()))
        .ok()?
        .query_pairs()
        .find(|(name, _)| name == "token")
        .map(|(_, token)| token.into_owned())
}

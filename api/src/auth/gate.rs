//! Stands before every route of the table: finds out who is calling and whether they may.
//!
//! The order is: is there such a route, who is it (401), does the call come from our page (419), is the first
//! password still in place (403), does the role grant it (403). The routes of the wall open with a wall token as well;
//! routes for whoever holds a link are asked the first alone: their handler judges the link. A path that is in no line
//! of the table is refused,
//! whoever registered it.

use crate::auth::caller::Caller;
use crate::auth::csrf;
use crate::auth::permission::Access;
use crate::auth::session::{self, SESSION_COOKIE, SessionSecret};
use crate::auth::wall;
use crate::error::ApiError;
use crate::http::ClientAddress;
use crate::state::AppState;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, ResponseError, web};
use noc_storage::relational::sessions;

/// The middleware.
///
/// # Errors
/// None of its own: what it refuses is an answer.
pub async fn gate(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match admit(&request).await {
        Ok(()) => next
            .call(request)
            .await
            .map(ServiceResponse::map_into_boxed_body),
        Err(error) => Ok(request.into_response(error.error_response())),
    }
}

async fn admit(request: &ServiceRequest) -> Result<(), ApiError> {
    let state = request
        .app_data::<web::Data<AppState>>()
        .ok_or_else(|| ApiError::internal("the service was put together without its state"))?;
    let address = ClientAddress::attach(request, &state.config.http.trusted_proxies);
    let pattern = request.match_pattern().unwrap_or_default();
    let Some(access) = state.access.access(&pattern, request.method()) else {
        let others = state.access.methods(&pattern);
        return Err(if others.is_empty() {
            ApiError::NotFound("path")
        } else {
            ApiError::MethodNotAllowed(request.method().to_string())
        });
    };
    if access == Access::Link {
        return Ok(());
    }
    // It makes nobody the caller: what it opens asks for none.
    if access == Access::Wall && wall::admits(request, state).await? {
        return Ok(());
    }
    let live = match request.cookie(SESSION_COOKIE) {
        None => None,
        Some(cookie) => {
            let id_hash = SessionSecret::received(cookie.value()).id_hash();
            let live = session::find(state.db(), &state.config, &id_hash, state.now_ms()).await?;
            if let Some(live) = &live {
                sessions::touch(state.db().write(), &live.session, state.now_ms()).await?;
            }
            live
        }
    };
    if access.needs_session() && live.is_none() {
        return Err(ApiError::Unauthenticated);
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        csrf::check(request, live.as_ref().map(|live| &live.session))?;
    }
    let Some(live) = live else { return Ok(()) };
    if live.user.must_change_password && access.needs_own_password() {
        return Err(ApiError::PasswordChangeRequired);
    }
    if !access.is_granted_to(live.role) {
        return Err(ApiError::Forbidden);
    }
    request
        .extensions_mut()
        .insert(Caller::new(live, address.0));
    Ok(())
}

//! `/api/auth/sessions`: where one is signed in.

use crate::auth::caller::Caller;
use crate::error::{ApiError, ErrorBody};
use crate::http::List;
use crate::state::AppState;
use crate::transaction::in_transaction;
use actix_web::{HttpResponse, delete, get, web};
use chrono::{DateTime, Utc};
use noc_storage::relational::sessions;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

/// A session of one's own.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Session {
    /// Its name; not the secret in the cookie.
    pub id: String,
    /// Whether it is the one asking.
    pub current: bool,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// Last request, to the minute.
    pub last_seen_at: DateTime<Utc>,
    /// When it ends in any case.
    pub expires_at: DateTime<Utc>,
    /// Address it began from.
    pub ip: String,
    /// Browser, as it calls itself.
    pub user_agent: String,
}

/// One's own sessions, the latest used first.
#[utoipa::path(tag = "auth", responses((status = 200, body = List<Session>)))]
#[get("/api/auth/sessions")]
pub async fn list_sessions(
    state: web::Data<AppState>,
    caller: Caller,
) -> Result<web::Json<List<Session>>, ApiError> {
    let rows = sessions::of_user(state.db().read(), caller.user.id, state.now_ms()).await?;
    let own = rows.into_iter().map(|row| Session {
        current: row.id_hash == caller.session.id_hash,
        id: row.id_hash,
        created_at: row.created_at,
        last_seen_at: row.last_seen_at,
        expires_at: row.expires_at,
        ip: row.ip,
        user_agent: row.user_agent,
    });
    Ok(web::Json(List::whole(own.collect())))
}

/// Ends one of one's own sessions; its live connection closes.
#[utoipa::path(tag = "auth", params(("id" = String, Path, description = "Session")),
    responses((status = 204, description = "Ended"), (status = 404, body = ErrorBody)))]
#[delete("/api/auth/sessions/{id}")]
pub async fn end_session(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id = id.into_inner();
    let now = state.now_ms();
    let ended = in_transaction!(state, "end a session", [caller, id], |tx| {
        let ended = sessions::delete(tx, caller.user.id, &id).await?;
        if ended {
            let subject = format!("user:{}", caller.user.id);
            let event = caller.event(now, "end_session", subject, json!({}));
            state.db().security().append(tx, event).await?;
        }
        Ok(ended)
    })?;
    if !ended {
        return Err(ApiError::NotFound("session"));
    }
    state.credentials_changed().await;
    Ok(HttpResponse::NoContent().finish())
}

//! `/api/auth/{login,logout}`: opening and ending a session.

use crate::auth::account::Me;
use crate::auth::attempts::{self, Attempt, Lockout};
use crate::auth::caller::{Caller, MaybeCaller};
use crate::auth::password::DOCUMENTED_PASSWORD;
use crate::auth::permission::Role;
use crate::auth::session::{self, Origin};
use crate::error::{ApiError, ErrorBody};
use crate::http::{ClientAddress, Json, has_forwarding_headers};
use crate::state::AppState;
use crate::transaction::in_transaction;
use actix_web::http::header::USER_AGENT;
use actix_web::{HttpRequest, HttpResponse, post, web};
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::entity::user;
use noc_storage::relational::{NewSecurityEvent, SecurityLevel, sessions, users};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// Who wants in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    /// Log-in name.
    pub email: String,
    /// Password.
    pub password: String,
}

/// Who came in.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoginResponse {
    /// The account.
    pub user: Me,
}

/// Longer ones are nobody's; they are not worth hashing.
const LONGEST_PASSWORD_BYTES: usize = 1_024;

/// Opens a session. Wrong e-mail and wrong password are told alike, in the same time.
#[utoipa::path(tag = "auth", request_body = LoginRequest,
    responses((status = 200, body = LoginResponse),
        (status = 401, description = "`invalid_credentials`", body = ErrorBody),
        (status = 423, description = "`locked`: too many failures; `Retry-After` says for how long", body = ErrorBody)))]
#[post("/api/auth/login")]
pub async fn login(
    state: web::Data<AppState>,
    request: HttpRequest,
    address: ClientAddress,
    before: MaybeCaller,
    body: Json<LoginRequest>,
) -> Result<HttpResponse, ApiError> {
    let Json(LoginRequest { email, password }) = body;
    let email = users::normalise_email(&email);
    let attempt = Attempt::new("login", &email, address.0);
    if let Some(lockout) = begin(&state, &attempt, address).await? {
        return Err(ApiError::Locked {
            retry_after: lockout.retry_after,
        });
    }
    let user = users::by_email(state.db().read(), &email)
        .await?
        .filter(|user| user.is_active);
    let too_long = password.len() > LONGEST_PASSWORD_BYTES;
    // Behind a proxy the password that everybody can read is nobody's.
    let public = password == DOCUMENTED_PASSWORD && has_forwarding_headers(request.headers());
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    let checked = if too_long { String::new() } else { password };
    let right = state.passwords.verify(checked, hash).await? && !public && !too_long;
    let role = user.as_ref().and_then(|user| Role::from_name(&user.role));
    let (Some(user), Some(role), true) = (user.clone(), role, right) else {
        if public {
            tracing::warn!(
                client.address = %address.0,
                "the documented password is refused to requests that came through a proxy: set NOC_ADMIN_PASSWORD"
            );
        }
        failed(&state, &attempt, user.as_ref(), address).await?;
        return Err(ApiError::InvalidCredentials);
    };
    let origin = Origin {
        address: address.0,
        user_agent: request
            .headers()
            .get(USER_AGENT)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .unwrap_or_default(),
    };
    let secret = open(&state, &user, before.0.as_ref(), &attempt, &origin).await?;
    let mut response = HttpResponse::Ok();
    for cookie in session::cookies(&state.config, &secret) {
        response.cookie(cookie);
    }
    Ok(response.json(LoginResponse {
        user: Me::of(&user, role),
    }))
}

/// Ends this session.
#[utoipa::path(tag = "auth", responses((status = 204, description = "Ended")))]
#[post("/api/auth/logout")]
pub async fn logout(state: web::Data<AppState>, caller: Caller) -> Result<HttpResponse, ApiError> {
    let id_hash = &caller.session.id_hash;
    sessions::delete(state.db().write(), caller.user.id, id_hash).await?;
    state.credentials_changed().await;
    let mut response = HttpResponse::NoContent();
    for cookie in session::removal_cookies(&state.config) {
        response.cookie(cookie);
    }
    Ok(response.finish())
}

/// Counts the attempt; a lock that begins goes to the security log.
async fn begin(
    state: &web::Data<AppState>,
    attempt: &Attempt,
    address: ClientAddress,
) -> Result<Option<Lockout>, ApiError> {
    let now = state.now_ms();
    in_transaction!(state, "count a log-in attempt", [attempt], |tx| {
        let lockout = attempt.begin(tx, now).await?;
        if let Some(lockout) = lockout.as_ref().filter(|lockout| lockout.begins) {
            let event = lockout_event(lockout, address, now);
            state.db().security().append(tx, event).await?;
        }
        Ok(lockout)
    })
}

async fn failed(
    state: &web::Data<AppState>,
    attempt: &Attempt,
    user: Option<&user::Model>,
    address: ClientAddress,
) -> Result<(), ApiError> {
    let now = state.now_ms();
    let user_id = user.map(|user| user.id);
    in_transaction!(state, "note a failed log-in", [attempt], |tx| {
        let lockout = attempt.failed(tx, now).await?;
        let mut events = vec![NewSecurityEvent {
            at: now,
            level: SecurityLevel::Warning,
            event_type: "login",
            action: "login_failed",
            actor_id: None,
            actor_ip: Some(address.0.to_string()),
            subject: user_id.map(|id| format!("user:{id}")),
            payload: json!({ "account_known": user_id.is_some() }),
        }];
        events.extend(lockout.map(|lockout| lockout_event(&lockout, address, now)));
        state.db().security().append_all(tx, events).await?;
        Ok(())
    })
}

fn lockout_event(lockout: &Lockout, address: ClientAddress, now: UnixMs) -> NewSecurityEvent {
    NewSecurityEvent {
        at: now,
        level: SecurityLevel::Critical,
        event_type: "security_alert",
        action: "login_lockout",
        actor_id: None,
        actor_ip: Some(address.0.to_string()),
        subject: None,
        payload: json!({ "scope": lockout.scope, "seconds": lockout.retry_after.as_secs() }),
    }
}

/// Opens the session, ends the one the browser had before, forgives, remembers: all or nothing.
async fn open(
    state: &web::Data<AppState>,
    user: &user::Model,
    before: Option<&Caller>,
    attempt: &Attempt,
    origin: &Origin,
) -> Result<session::SessionSecret, ApiError> {
    let now = state.now_ms();
    let before = before.cloned();
    in_transaction!(
        state,
        "open a session",
        [user, before, attempt, origin],
        |tx| {
            attempt.succeeded(tx).await?;
            attempts::purge(tx, now).await?;
            sessions::expire(tx, session::idle_limit(&state.config), now).await?;
            if let Some(before) = before {
                sessions::delete(tx, before.user.id, &before.session.id_hash).await?;
            }
            let secret = session::open(tx, &state.config, user.id, &origin, now).await?;
            users::logged_in(tx, user.id, now).await?;
            let event = NewSecurityEvent {
                at: now,
                level: SecurityLevel::Info,
                event_type: "login",
                action: "login_succeeded",
                actor_id: Some(user.id),
                actor_ip: Some(origin.address.to_string()),
                subject: Some(format!("user:{}", user.id)),
                payload: json!({}),
            };
            state.db().security().append(tx, event).await?;
            Ok(secret)
        }
    )
}

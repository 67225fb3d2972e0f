//! `/api/auth/{me,password}`: one's own account.

use crate::auth::attempts::Attempt;
use crate::auth::caller::Caller;
use crate::auth::password;
use crate::auth::permission::{Permission, Role};
use crate::auth::session::{self, Origin};
use crate::error::{ApiError, ErrorBody, Problems};
use crate::http::Json;
use crate::state::AppState;
use crate::transaction::in_transaction;
use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use noc_storage::relational::entity::user;
use noc_storage::relational::{sessions, users};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// The account that is signed in.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Me {
    /// Id.
    pub id: i64,
    /// Log-in name.
    pub email: String,
    /// Shown name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// What the role grants.
    pub permissions: Vec<Permission>,
    /// True: nothing but changing the password works.
    pub must_change_password: bool,
    /// Log-in before this one.
    pub last_login_at: Option<DateTime<Utc>>,
}

impl Me {
    /// Of an account.
    #[must_use]
    pub fn of(user: &user::Model, role: Role) -> Self {
        Self {
            id: user.id,
            email: user.email.clone(),
            name: user.name.clone(),
            role,
            permissions: role.permissions(),
            must_change_password: user.must_change_password,
            last_login_at: user.last_login_at,
        }
    }
}

/// A change of one's own password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The one in force.
    pub current_password: String,
    /// 12 to 256 characters, another one.
    pub password: String,
    /// The same once more.
    pub password_confirmation: String,
}

/// Who is signed in.
#[utoipa::path(tag = "auth", responses((status = 200, body = Me)))]
#[get("/api/auth/me")]
pub async fn me(caller: Caller) -> web::Json<Me> {
    web::Json(Me::of(&caller.user, caller.role))
}

/// Changes one's own password; all other sessions end, this one gets a new id.
#[utoipa::path(tag = "auth", request_body = PasswordChange,
    responses((status = 200, body = Me), (status = 423, description = "`locked`", body = ErrorBody)))]
#[post("/api/auth/password")]
pub async fn change_password(
    state: web::Data<AppState>,
    caller: Caller,
    body: Json<PasswordChange>,
) -> Result<HttpResponse, ApiError> {
    let Json(change) = body;
    let mut problems = Problems::new();
    password::check(
        &mut problems,
        "password",
        &change.password,
        &caller.user.email,
    );
    problems.require(
        change.password == change.password_confirmation,
        "password_confirmation",
        "is not the same",
    );
    problems.require(
        change.password != change.current_password,
        "password",
        "must be another one",
    );
    problems.into_result()?;

    let attempt = Attempt::new("password", &caller.user.email, caller.address);
    let now = state.now_ms();
    let refused = in_transaction!(state, "count a password attempt", [attempt], |tx| {
        Ok(attempt.begin(tx, now).await?)
    })?;
    if let Some(lockout) = refused {
        return Err(ApiError::Locked {
            retry_after: lockout.retry_after,
        });
    }
    let hash = Some(caller.user.password_hash.clone());
    if !state
        .passwords
        .verify(change.current_password, hash)
        .await?
    {
        return Err(ApiError::field("current_password", "is wrong"));
    }
    let hash = state.passwords.hash(change.password).await?;
    let (user, secret) = store(&state, &caller, &attempt, hash).await?;
    state.credentials_changed().await;
    let mut response = HttpResponse::Ok();
    for cookie in session::cookies(&state.config, &secret) {
        response.cookie(cookie);
    }
    Ok(response.json(Me::of(&user, caller.role)))
}

async fn store(
    state: &web::Data<AppState>,
    caller: &Caller,
    attempt: &Attempt,
    hash: String,
) -> Result<(user::Model, session::SessionSecret), ApiError> {
    let now = state.now_ms();
    in_transaction!(state, "change a password", [caller, attempt, hash], |tx| {
        attempt.succeeded(tx).await?;
        let user = users::set_password(tx, caller.user.id, &hash, false, now).await?;
        sessions::delete_others(tx, user.id, None).await?;
        let origin = Origin {
            address: caller.address,
            user_agent: caller.session.user_agent.clone(),
        };
        let secret = session::open(tx, &state.config, user.id, &origin, now).await?;
        let event = caller.event(
            now,
            "change_password",
            format!("user:{}", user.id),
            json!({}),
        );
        state.db().security().append(tx, event).await?;
        Ok((user, secret))
    })
}

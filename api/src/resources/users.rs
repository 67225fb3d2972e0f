//! `/api/users`: accounts of people.

use crate::auth::caller::Caller;
use crate::auth::password;
use crate::auth::permission::Role;
use crate::error::{ApiError, ErrorBody, Problems};
use crate::http::{Id, Json, List, PageQuery, Query};
use crate::state::AppState;
use crate::transaction::in_transaction;
use actix_web::{HttpResponse, delete, get, patch, post, web};
use chrono::{DateTime, Utc};
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::entity::user;
use noc_storage::relational::{
    NewSecurityEvent, SecurityLevel, escalation_policies, on_call_overrides, on_call_schedules,
    sessions, users,
};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// An account.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct User {
    /// Id.
    pub id: i64,
    /// Log-in name, lower case.
    pub email: String,
    /// Shown name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// False: cannot sign in and is told nothing.
    pub is_active: bool,
    /// True until they have chosen a password of their own.
    pub must_change_password: bool,
    /// Last successful log-in.
    pub last_login_at: Option<DateTime<Utc>>,
    /// When the account was made.
    pub created_at: DateTime<Utc>,
}

/// A new account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// Log-in name; upper and lower case are the same.
    pub email: String,
    /// Shown name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// First password, at least 12 characters; made up and answered once when left out.
    #[serde(default)]
    pub password: Option<String>,
}

/// An account just made.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedUser {
    /// The account.
    #[serde(flatten)]
    pub user: User,
    /// The password made up for them; shown this once, must be changed at the first log-in.
    pub initial_password: Option<String>,
}

/// Changes of an account; what is absent stays.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UserPatch {
    /// Shown name.
    pub name: Option<String>,
    /// What they may do; ends their sessions.
    pub role: Option<Role>,
    /// False ends their sessions.
    pub is_active: Option<bool>,
    /// A new first password, which they must change; ends their sessions.
    pub password: Option<String>,
}

impl From<user::Model> for User {
    fn from(row: user::Model) -> Self {
        Self {
            id: row.id,
            email: row.email,
            name: row.name,
            // A role that this version does not know grants the least.
            role: Role::from_name(&row.role).unwrap_or(Role::Viewer),
            is_active: row.is_active,
            must_change_password: row.must_change_password,
            last_login_at: row.last_login_at,
            created_at: row.created_at,
        }
    }
}

/// All accounts, by `name`, `email` or `last_login_at`.
#[utoipa::path(tag = "users", params(PageQuery), responses((status = 200, body = List<User>)))]
#[get("/api/users")]
pub async fn list_users(
    state: web::Data<AppState>,
    query: Query<PageQuery>,
) -> Result<web::Json<List<User>>, ApiError> {
    let page = users::list(state.db().read(), &query.0.into()).await?;
    Ok(web::Json(page.map(User::from).into()))
}

/// One account.
#[utoipa::path(tag = "users", params(("id" = i64, Path, description = "Account")),
    responses((status = 200, body = User), (status = 404, body = ErrorBody)))]
#[get("/api/users/{id}")]
pub async fn show_user(state: web::Data<AppState>, id: Id) -> Result<web::Json<User>, ApiError> {
    Ok(web::Json(find(state.db().read(), id).await?.into()))
}

/// Makes an account.
#[utoipa::path(tag = "users", request_body = NewUser,
    responses((status = 201, body = CreatedUser), (status = 409, description = "`already_exists`", body = ErrorBody)))]
#[post("/api/users")]
pub async fn create_user(
    state: web::Data<AppState>,
    caller: Caller,
    body: Json<NewUser>,
) -> Result<HttpResponse, ApiError> {
    let Json(new) = body;
    let email = users::normalise_email(&new.email);
    let mut problems = Problems::new();
    check_name(&mut problems, &new.name);
    problems.require(is_email(&email), "email", "is not an e-mail address");
    if let Some(given) = &new.password {
        password::check(&mut problems, "password", given, &email);
    }
    problems.into_result()?;

    let initial_password = new.password.is_none().then(password::made_up);
    let first = new
        .password
        .or_else(|| initial_password.clone())
        .unwrap_or_default();
    let hash = state.passwords.hash(first).await?;
    let (name, role, now) = (new.name, new.role, state.now_ms());
    let row = in_transaction!(
        state,
        "make an account",
        [caller, email, name, hash],
        |tx| {
            let new = users::NewUser {
                email,
                name,
                password_hash: hash,
                role: role.name().to_owned(),
                must_change_password: true,
            };
            let row = users::create(tx, new, now).await?;
            let event = caller.event(
                now,
                "create_user",
                format!("user:{}", row.id),
                json!({ "role": role.name() }),
            );
            state.db().security().append(tx, event).await?;
            Ok(row)
        }
    )?;
    Ok(HttpResponse::Created().json(CreatedUser {
        user: row.into(),
        initial_password,
    }))
}

/// Changes an account.
#[utoipa::path(tag = "users", params(("id" = i64, Path, description = "Account")), request_body = UserPatch,
    responses((status = 200, body = User), (status = 404, body = ErrorBody),
        (status = 409, description = "`last_admin`: one active administrator must remain", body = ErrorBody)))]
#[patch("/api/users/{id}")]
pub async fn update_user(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
    body: Json<UserPatch>,
) -> Result<web::Json<User>, ApiError> {
    let Json(patch) = body;
    let before = find(state.db().read(), id).await?;
    let mut problems = Problems::new();
    if let Some(name) = &patch.name {
        check_name(&mut problems, name);
    }
    if let Some(given) = &patch.password {
        password::check(&mut problems, "password", given, &before.email);
    }
    problems.into_result()?;

    let hash = match patch.password.clone() {
        Some(given) => Some(state.passwords.hash(given).await?),
        None => None,
    };
    let now = state.now_ms();
    let row = in_transaction!(state, "change an account", [caller, patch, hash], |tx| {
        let before = find(tx, id).await?;
        let change = users::UserPatch {
            email: None,
            name: patch.name,
            role: patch.role.map(|role| role.name().to_owned()),
            is_active: patch.is_active,
        };
        let mut after = users::update(tx, id.0, change, now).await?;
        let new_password = hash.is_some();
        if let Some(hash) = hash {
            after = users::set_password(tx, id.0, &hash, true, now).await?;
        }
        if was_admin(&before) && !was_admin(&after) {
            keep_an_admin(tx).await?;
        }
        if after.role != before.role || !after.is_active || new_password {
            sessions::delete_others(tx, after.id, None).await?;
        }
        state
            .db()
            .security()
            .append_all(
                tx,
                change_events(&caller, now, &before, &after, new_password),
            )
            .await?;
        Ok(after)
    })?;
    state.credentials_changed().await;
    Ok(web::Json(row.into()))
}

/// Deletes an account and ends its sessions.
#[utoipa::path(tag = "users", params(("id" = i64, Path, description = "Account")),
    responses((status = 204, description = "Deleted"), (status = 404, body = ErrorBody),
        (status = 409, description = "`last_admin`, or `in_use` while an escalation policy or an on-call schedule names it", body = ErrorBody)))]
#[delete("/api/users/{id}")]
pub async fn delete_user(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
) -> Result<HttpResponse, ApiError> {
    let now = state.now_ms();
    in_transaction!(state, "delete an account", [caller], |tx| {
        let row = find(tx, id).await?;
        let policies = escalation_policies::all(tx).await?;
        for step in policies.iter().flat_map(|policy| &policy.steps) {
            if step.target_list()?.users.contains(&row.id) {
                return Err(ApiError::Conflict {
                    code: "in_use",
                    message: "an escalation policy tells this account: change the policy first"
                        .to_owned(),
                });
            }
        }
        keep_on_call(tx, row.id, now).await?;
        users::delete(tx, row.id).await?;
        if was_admin(&row) {
            keep_an_admin(tx).await?;
        }
        let subject = format!("user:{}", row.id);
        let event = caller.event(now, "delete_user", subject, json!({ "role": row.role }));
        state.db().security().append(tx, event).await?;
        Ok(())
    })?;
    state.credentials_changed().await;
    Ok(HttpResponse::NoContent().finish())
}

async fn find(db: &impl ConnectionTrait, id: Id) -> Result<user::Model, ApiError> {
    users::by_id(db, id.0)
        .await?
        .ok_or(ApiError::NotFound("account"))
}

/// Refuses while the account has turns in a schedule, or stands in for somebody now or later.
async fn keep_on_call(tx: &impl ConnectionTrait, id: i64, now: UnixMs) -> Result<(), ApiError> {
    let message = match on_call_schedules::of_member(tx, id).await? {
        Some(name) => format!("the on-call schedule {name:?} has this account: change it first"),
        None if on_call_overrides::names_user(tx, id, now).await? => {
            "this account stands in for somebody on call: delete that first".to_owned()
        }
        None => return Ok(()),
    };
    Err(ApiError::Conflict {
        code: "in_use",
        message,
    })
}

fn was_admin(row: &user::Model) -> bool {
    row.is_active && row.role == Role::Admin.name()
}

async fn keep_an_admin(tx: &impl ConnectionTrait) -> Result<(), ApiError> {
    let left = users::with_role(tx, users::ADMIN).await?;
    if left.is_empty() {
        return Err(ApiError::Conflict {
            code: "last_admin",
            message: "one active administrator must remain".to_owned(),
        });
    }
    Ok(())
}

/// What the security log says of a change; a change of role is an alert of its own.
fn change_events(
    caller: &Caller,
    now: UnixMs,
    before: &user::Model,
    after: &user::Model,
    new_password: bool,
) -> Vec<NewSecurityEvent> {
    let subject = format!("user:{}", after.id);
    let mut events = vec![caller.event(
        now,
        "update_user",
        subject.clone(),
        json!({ "is_active": after.is_active, "password_set": new_password }),
    )];
    if after.role != before.role {
        let up = Role::from_name(&after.role) > Role::from_name(&before.role);
        let action = if up { "promote_user" } else { "demote_user" };
        let change = json!({ "change": action, "from": before.role, "to": after.role });
        events.push(NewSecurityEvent {
            level: SecurityLevel::Warning,
            event_type: "security_alert",
            ..caller.event(now, "privilege_change", subject, change)
        });
    }
    events
}

fn check_name(problems: &mut Problems, name: &str) {
    let length = name.trim().chars().count();
    problems.require(
        (1..=120).contains(&length),
        "name",
        "must have 1 to 120 characters",
    );
    problems.require(
        !name.chars().any(char::is_control),
        "name",
        "must not have control characters",
    );
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    text.len() <= 190
        && !local.is_empty()
        && !domain.is_empty()
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
        && !local.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_without_two_halves_are_refused() {
        for good in ["ann@example.com", "a+b@localhost", "ünïcode@example.com"] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "@",
            "ann",
            "ann@",
            "@example.com",
            "a@b@c",
            "a b@c.d",
            "a@.d",
            "a@d.",
            "a\n@b.c",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}

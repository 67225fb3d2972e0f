//! `/api/registration-tokens`: what lets a new host in.

use crate::auth::caller::Caller;
use crate::config::Cidr;
use crate::error::{ApiError, ErrorBody, Problems};
use crate::http::{Id, Json, List, PageQuery, Query};
use crate::resources::servers::{check_server_name, check_tags};
use crate::state::AppState;
use crate::transaction::in_transaction;
use actix_web::{HttpResponse, delete, get, post, web};
use chrono::{DateTime, Utc};
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::entity::registration_token;
use noc_storage::relational::registration_tokens::{self, NewToken};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;
use utoipa::ToSchema;

/// Whether a token still lets hosts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenState {
    /// It does.
    Active,
    /// It was used as often as it may be.
    Used,
    /// Its time is over.
    Expired,
    /// Somebody revoked it.
    Revoked,
}

/// A registration token, without the token itself: that is shown once, when it is made.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RegistrationToken {
    /// Id.
    pub id: i64,
    /// Names the server, or the roll-out when `max_uses` is above 1.
    pub name: String,
    /// Tags that servers get.
    pub tags: Vec<String>,
    /// Whether it still lets hosts in.
    pub state: TokenState,
    /// Until when it does.
    pub expires_at: DateTime<Utc>,
    /// How often it may be used.
    pub max_uses: i32,
    /// How often it was.
    pub uses: i32,
    /// Hosts from these networks need no approval; empty: single-use tokens need none.
    pub allowed_cidrs: Vec<String>,
    /// Account that made it.
    pub created_by: Option<i64>,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// A new token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRegistrationToken {
    /// Name of the server to be, or of the roll-out.
    pub name: String,
    /// Tags that servers get.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Minutes it lives: 1 to 1440, 60 when absent.
    #[serde(default)]
    pub expires_in_minutes: Option<i64>,
    /// How many hosts it lets in: 1 to 1000, 1 when absent.
    #[serde(default)]
    pub max_uses: Option<i32>,
    /// Networks from which a roll-out's hosts need no approval.
    #[serde(default)]
    pub allowed_cidrs: Vec<String>,
}

/// A token just made.
#[derive(Debug, Serialize, ToSchema)]
pub struct MintedToken {
    /// Its row.
    #[serde(flatten)]
    pub row: RegistrationToken,
    /// The token; shown this once.
    pub token: String,
    /// What to paste on a Linux host. The token goes in by standard input, so no process list shows it.
    pub install_command: String,
}

/// Minutes that a token lives unless somebody says.
const MINUTES: i64 = 60;
const MOST_MINUTES: i64 = 24 * 60;
const MOST_USES: i32 = 1_000;

impl RegistrationToken {
    fn new(row: registration_token::Model, now: UnixMs) -> Self {
        let strings = |array: serde_json::Value| serde_json::from_value(array).unwrap_or_default();
        let state = if row.revoked_at.is_some() {
            TokenState::Revoked
        } else if row.uses >= row.max_uses {
            TokenState::Used
        } else if UnixMs::from(row.expires_at) <= now {
            TokenState::Expired
        } else {
            TokenState::Active
        };
        Self {
            id: row.id,
            name: row.name,
            tags: strings(row.tags),
            state,
            expires_at: row.expires_at,
            max_uses: row.max_uses,
            uses: row.uses,
            allowed_cidrs: strings(row.allowed_cidrs),
            created_by: row.created_by,
            created_at: row.created_at,
            revoked_at: row.revoked_at,
        }
    }
}

/// What to paste on a Linux host, as root or with sudo. The token goes in by standard input; `key` is what the agent's
/// files are checked with before any of them is run.
#[must_use]
pub fn install_command(public_url: &str, key: &str, token: &str) -> String {
    format!(
        "curl -fsSL {public_url}/install.sh -o noc-install.sh && \
         sudo bash noc-install.sh --key {key} --token-file /dev/stdin <<< '{token}'"
    )
}

/// Tokens, newest first.
#[utoipa::path(tag = "servers", params(PageQuery), responses((status = 200, body = List<RegistrationToken>)))]
#[get("/api/registration-tokens")]
pub async fn list_registration_tokens(
    state: web::Data<AppState>,
    query: Query<PageQuery>,
) -> Result<web::Json<List<RegistrationToken>>, ApiError> {
    let page = registration_tokens::list(state.db().read(), &query.0.into()).await?;
    let now = state.now_ms();
    Ok(web::Json(
        page.map(|row| RegistrationToken::new(row, now)).into(),
    ))
}

/// Makes a token.
#[utoipa::path(tag = "servers", request_body = NewRegistrationToken,
    responses((status = 201, body = MintedToken)))]
#[post("/api/registration-tokens")]
pub async fn create_registration_token(
    state: web::Data<AppState>,
    caller: Caller,
    body: Json<NewRegistrationToken>,
) -> Result<HttpResponse, ApiError> {
    let Json(new) = body;
    let minutes = new.expires_in_minutes.unwrap_or(MINUTES);
    let max_uses = new.max_uses.unwrap_or(1);
    let mut problems = Problems::new();
    check_server_name(&mut problems, "name", &new.name);
    check_tags(&mut problems, "tags", &new.tags);
    problems.require(
        (1..=MOST_MINUTES).contains(&minutes),
        "expires_in_minutes",
        "must be 1 to 1440",
    );
    problems.require(
        (1..=MOST_USES).contains(&max_uses),
        "max_uses",
        "must be 1 to 1000",
    );
    for (place, range) in new.allowed_cidrs.iter().enumerate() {
        if let Err(problem) = range.parse::<Cidr>() {
            problems.add(format!("allowed_cidrs[{place}]"), problem);
        }
    }
    problems.into_result()?;

    let now = state.now_ms();
    let life = Duration::from_secs(minutes.unsigned_abs().saturating_mul(60));
    let draft = NewToken {
        name: new.name,
        tags: new.tags,
        expires_at: now.plus(life),
        max_uses,
        allowed_cidrs: new.allowed_cidrs,
        created_by: Some(caller.user.id),
    };
    let (token, row) =
        in_transaction!(state, "mint a registration token", [caller, draft], |tx| {
            let payload = json!({ "name": draft.name, "max_uses": draft.max_uses });
            let (token, row) = registration_tokens::mint(tx, draft, now).await?;
            let subject = format!("registration_token:{}", row.id);
            let event = caller.event(now, "create_registration_token", subject, payload);
            state.db().security().append(tx, event).await?;
            Ok((token, row))
        })?;
    Ok(HttpResponse::Created().json(MintedToken {
        row: RegistrationToken::new(row, now),
        install_command: install_command(
            &state.config.public_url(),
            state.agent_files.public_key(),
            &token,
        ),
        token,
    }))
}

/// Revokes a token; servers it let in stay.
#[utoipa::path(tag = "servers", params(("id" = i64, Path, description = "Token")),
    responses((status = 204, description = "Revoked"), (status = 404, body = ErrorBody)))]
#[delete("/api/registration-tokens/{id}")]
pub async fn revoke_registration_token(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
) -> Result<HttpResponse, ApiError> {
    let now = state.now_ms();
    in_transaction!(state, "revoke a registration token", [caller], |tx| {
        registration_tokens::revoke(tx, id.0, now).await?;
        let subject = format!("registration_token:{}", id.0);
        let event = caller.event(now, "revoke_registration_token", subject, json!({}));
        state.db().security().append(tx, event).await?;
        Ok(())
    })?;
    Ok(HttpResponse::NoContent().finish())
}

//! `/api/wall-tokens`: which screens may show the wall.

use crate::auth::caller::Caller;
use crate::error::{ApiError, ErrorBody};
use crate::http::{Id, Json, List};
use crate::state::AppState;
use crate::transaction::in_transaction;
use actix_web::{HttpResponse, delete, get, post, web};
use chrono::{DateTime, Utc};
use noc_storage::relational::entity::wall_token;
use noc_storage::relational::wall_tokens;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// Screens of one installation.
const MOST_TOKENS: u64 = 100;
const LONGEST_NAME: usize = 100;

/// What lets a screen in, without the token itself: that is shown once, when it is made.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WallToken {
    /// Id.
    pub id: i64,
    /// Which screen.
    pub name: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When a screen last used it, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// For another screen.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWallToken {
    /// Which screen: 1 to 100 characters, as no other has.
    pub name: String,
}

/// A token just made.
#[derive(Debug, Serialize, ToSchema)]
pub struct MintedWallToken {
    /// Its row.
    #[serde(flatten)]
    pub row: WallToken,
    /// The token; shown this once.
    pub token: String,
    /// The page of the screen. The token stands behind `#`, which browsers send to nobody.
    pub url: String,
}

impl From<wall_token::Model> for WallToken {
    fn from(row: wall_token::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
        }
    }
}

/// Screens that may show the wall, newest first.
#[utoipa::path(tag = "wall", responses((status = 200, body = List<WallToken>)))]
#[get("/api/wall-tokens")]
pub async fn list_wall_tokens(
    state: web::Data<AppState>,
) -> Result<web::Json<List<WallToken>>, ApiError> {
    let rows = wall_tokens::all(state.db().read()).await?;
    let rows = rows.into_iter().map(WallToken::from).collect();
    Ok(web::Json(List::whole(rows)))
}

/// Lets another screen in.
#[utoipa::path(tag = "wall", request_body = NewWallToken,
    responses((status = 201, body = MintedWallToken),
        (status = 409, description = "`already_exists`: another screen has the name; `too_many`: revoke one first", body = ErrorBody)))]
#[post("/api/wall-tokens")]
pub async fn create_wall_token(
    state: web::Data<AppState>,
    caller: Caller,
    body: Json<NewWallToken>,
) -> Result<HttpResponse, ApiError> {
    let name = body.0.name.trim().to_owned();
    if !(1..=LONGEST_NAME).contains(&name.chars().count()) {
        return Err(ApiError::field("name", "must have 1 to 100 characters"));
    }
    let now = state.now_ms();
    let (token, row) = in_transaction!(state, "make a wall token", [caller, name], |tx| {
        if wall_tokens::count(tx).await? >= MOST_TOKENS {
            return Err(ApiError::Conflict {
                code: "too_many",
                message: format!("there are {MOST_TOKENS} wall tokens: revoke one first"),
            });
        }
        let (token, row) = wall_tokens::mint(tx, &name, caller.user.id, now).await?;
        let subject = format!("wall_token:{}", row.id);
        let event = caller.event(now, "create_wall_token", subject, json!({ "name": name }));
        state.db().security().append(tx, event).await?;
        Ok((token, row))
    })?;
    let base = state.config.public_url();
    Ok(HttpResponse::Created().json(MintedWallToken {
        row: row.into(),
        url: format!("{base}/wall#{token}"),
        token,
    }))
}

/// Sends a screen away: from its next question on it sees nothing.
#[utoipa::path(tag = "wall", params(("id" = i64, Path, description = "Token")),
    responses((status = 204, description = "Revoked"), (status = 404, body = ErrorBody)))]
#[delete("/api/wall-tokens/{id}")]
pub async fn revoke_wall_token(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
) -> Result<HttpResponse, ApiError> {
    let now = state.now_ms();
    in_transaction!(state, "revoke a wall token", [caller], |tx| {
        wall_tokens::revoke(tx, id.0).await?;
        let subject = format!("wall_token:{}", id.0);
        let event = caller.event(now, "revoke_wall_token", subject, json!({}));
        state.db().security().append(tx, event).await?;
        Ok(())
    })?;
    Ok(HttpResponse::NoContent().finish())
}

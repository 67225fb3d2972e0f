//! Tokens that let agents enrol. The token itself is shown once and never stored.

use super::entity::registration_token;
use super::page::{Page, PageRequest, SortBy, page};
use super::{StoreError, key_text};
use crate::secrets::{random_base62, sha256_hex};
use noc_pipeline::clock::UnixMs;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};
use serde_json::json;

/// What every token begins with.
pub const PREFIX: &str = "noc_";
/// Base62 characters after the prefix: about 190 bits.
const RANDOM_CHARACTERS: usize = 32;

/// A token to mint.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Name of the server, or of the roll-out.
    pub name: String,
    /// For each server it enrols.
    pub tags: Vec<String>,
    /// Refused from then on.
    pub expires_at: UnixMs,
    /// How many may enrol, at least 1.
    pub max_uses: i32,
    /// Networks, as the caller understands them; empty means everywhere.
    pub allowed_cidrs: Vec<String>,
    /// User id; `None`: the command line.
    pub created_by: Option<i64>,
}

/// Mints a token: its text, to be shown once, and its row.
///
/// # Errors
/// [`StoreError::Refused`] for a name of no or over 190 characters; [`StoreError::Query`].
pub async fn mint(
    conn: &impl ConnectionTrait,
    new: NewToken,
    now: UnixMs,
) -> Result<(String, registration_token::Model), StoreError> {
    key_text("name", &new.name)?;
    let token = format!("{PREFIX}{}", random_base62(RANDOM_CHARACTERS));
    let row = registration_token::ActiveModel {
        token_hash: Set(sha256_hex(token.as_bytes())),
        name: Set(new.name),
        tags: Set(json!(new.tags)),
        expires_at: Set(new.expires_at.to_datetime()),
        max_uses: Set(Ord::max(new.max_uses, 1)),
        uses: Set(0),
        allowed_cidrs: Set(json!(new.allowed_cidrs)),
        created_by: Set(new.created_by),
        created_at: Set(now.to_datetime()),
        ..Default::default()
    };
    let row = row
        .insert(conn)
        .await
        .map_err(StoreError::during("mint a registration token"))?;
    Ok((token, row))
}

/// Uses a token once, in the transaction that enrols: if that fails, the token is not used up. `None` if there is no
/// such token, or it is used up, expired or revoked.
///
/// The count moves by one conditional update, so of n parallel uses of a token for one, one succeeds.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn consume(
    tx: &DatabaseTransaction,
    token: &str,
    now: UnixMs,
) -> Result<Option<registration_token::Model>, StoreError> {
    use registration_token::Column;
    let hash = sha256_hex(token.as_bytes());
    let used = registration_token::Entity::update_many()
        .col_expr(Column::Uses, Expr::col(Column::Uses).add(1))
        .filter(Column::TokenHash.eq(&hash))
        .filter(Expr::col(Column::Uses).lt(Expr::col(Column::MaxUses)))
        .filter(Column::ExpiresAt.gt(now.to_datetime()))
        .filter(Column::RevokedAt.is_null())
        .exec(tx)
        .await
        .map_err(StoreError::during("use a registration token"))?;
    if used.rows_affected == 0 {
        return Ok(None);
    }
    registration_token::Entity::find()
        .filter(Column::TokenHash.eq(hash))
        .one(tx)
        .await
        .map_err(StoreError::during("read a registration token"))
}

/// The orders of [`list`]; the default is `-created_at`.
pub const SORTS: &[SortBy<registration_token::Model>] = &[
    SortBy {
        name: "created_at",
        by: || {
            Expr::col((
                registration_token::Entity,
                registration_token::Column::CreatedAt,
            ))
        },
        value: |row| row.created_at.into(),
    },
    SortBy {
        name: "name",
        by: || Expr::col((registration_token::Entity, registration_token::Column::Name)),
        value: |row| row.name.as_str().into(),
    },
];

/// A page of all tokens, used and expired ones included.
///
/// # Errors
/// [`StoreError::Refused`] for a page that cannot be; [`StoreError::Query`].
pub async fn list(
    conn: &impl ConnectionTrait,
    request: &PageRequest,
) -> Result<Page<registration_token::Model>, StoreError> {
    let id = registration_token::Column::Id;
    let select = registration_token::Entity::find();
    page(conn, select, request, SORTS, "-created_at", id).await
}

/// Ends a token; once ended it stays so, from its first end.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::Query`].
pub async fn revoke(
    conn: &impl ConnectionTrait,
    id: i64,
    now: UnixMs,
) -> Result<registration_token::Model, StoreError> {
    registration_token::Entity::update_many()
        .col_expr(
            registration_token::Column::RevokedAt,
            Expr::value(now.to_datetime()),
        )
        .filter(registration_token::Column::Id.eq(id))
        .filter(registration_token::Column::RevokedAt.is_null())
        .exec(conn)
        .await
        .map_err(StoreError::during("revoke a registration token"))?;
    registration_token::Entity::find_by_id(id)
        .one(conn)
        .await
        .map_err(StoreError::during("read a registration token"))?
        .ok_or_else(|| StoreError::not_found("registration_token", id))
}

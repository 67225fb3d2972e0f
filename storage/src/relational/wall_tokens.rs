//! `wall_tokens`: screens on a wall that may see how the fleet is, and nothing else. The token itself is shown once and
//! never stored; it works while its row is there, whoever made it.

use super::entity::wall_token::{ActiveModel, Column, Entity, Model};
use super::{StoreError, key_text};
use crate::secrets::{random_base62, sha256_hex};
use noc_pipeline::clock::UnixMs;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait,
    QueryFilter, QueryOrder,
};
use std::time::Duration;

/// Base62 characters: about 250 bits.
const RANDOM_CHARACTERS: usize = 42;
/// `last_used_at` moves at most this often.
const TOUCH_EVERY: Duration = Duration::from_secs(60);

/// Makes a token for a screen: the token, to be shown once, and its row.
///
/// # Errors
/// [`StoreError::Refused`] for a name that is empty or too long, [`StoreError::Conflict`] where another screen has it,
/// [`StoreError::Query`].
pub async fn mint(
    conn: &impl ConnectionTrait,
    name: &str,
    created_by: i64,
    now: UnixMs,
) -> Result<(String, Model), StoreError> {
    key_text("name", name)?;
    let token = random_base62(RANDOM_CHARACTERS);
    let row = ActiveModel {
        name: Set(name.to_owned()),
        token_hash: Set(sha256_hex(token.as_bytes())),
        created_by: Set(Some(created_by)),
        created_at: Set(now.to_datetime()),
        ..Default::default()
    };
    let failed = StoreError::inserting("make a wall token", "wall_token", name);
    let row = row.insert(conn).await.map_err(failed)?;
    Ok((token, row))
}

/// The screen that this token is of.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn find(conn: &impl ConnectionTrait, token: &str) -> Result<Option<Model>, StoreError> {
    Entity::find()
        .filter(Column::TokenHash.eq(sha256_hex(token.as_bytes())))
        .one(conn)
        .await
        .map_err(StoreError::during("read a wall token"))
}

/// Notes that a screen is in use, at most once a minute; whether it did.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn touch(
    conn: &impl ConnectionTrait,
    row: &Model,
    now: UnixMs,
) -> Result<bool, StoreError> {
    let stale = now.minus(TOUCH_EVERY).to_datetime();
    if row.last_used_at.is_some_and(|at| at > stale) {
        return Ok(false);
    }
    Entity::update_many()
        .col_expr(Column::LastUsedAt, Expr::value(now.to_datetime()))
        .filter(Column::Id.eq(row.id))
        .exec(conn)
        .await
        .map_err(StoreError::during("touch a wall token"))?;
    Ok(true)
}

/// All of them, newest first.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn all(conn: &impl ConnectionTrait) -> Result<Vec<Model>, StoreError> {
    Entity::find()
        .order_by_desc(Column::Id)
        .all(conn)
        .await
        .map_err(StoreError::during("list wall tokens"))
}

/// How many there are.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn count(conn: &impl ConnectionTrait) -> Result<u64, StoreError> {
    Entity::find()
        .count(conn)
        .await
        .map_err(StoreError::during("count wall tokens"))
}

/// Ends one: its screen sees nothing any more.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Query`].
pub async fn revoke(conn: &impl ConnectionTrait, id: i64) -> Result<(), StoreError> {
    let done = Entity::delete_by_id(id)
        .exec(conn)
        .await
        .map_err(StoreError::during("revoke a wall token"))?;
    if done.rows_affected == 0 {
        return Err(StoreError::not_found("wall_token", id));
    }
    Ok(())
}

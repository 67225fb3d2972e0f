//! `on_call_calendar_tokens`: links that a calendar program reads a schedule by. The token itself is shown once and
//! never stored; a link works while its row and its owner's account do.

use super::StoreError;
use super::entity::on_call_calendar_token::{ActiveModel, Column, Entity, Model};
use crate::secrets::{random_base62, sha256_hex};
use noc_pipeline::clock::UnixMs;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait,
    QueryFilter, QueryOrder,
};
use std::time::Duration;

/// Base62 characters: about 190 bits.
const RANDOM_CHARACTERS: usize = 32;
/// `last_used_at` moves at most this often.
const TOUCH_EVERY: Duration = Duration::from_secs(60);

/// Makes a link: its token, to be shown once, and its row.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn mint(
    conn: &impl ConnectionTrait,
    schedule_id: i64,
    user_id: i64,
    only_mine: bool,
    now: UnixMs,
) -> Result<(String, Model), StoreError> {
    let token = random_base62(RANDOM_CHARACTERS);
    let row = ActiveModel {
        schedule_id: Set(schedule_id),
        user_id: Set(user_id),
        token_hash: Set(sha256_hex(token.as_bytes())),
        only_mine: Set(only_mine),
        created_at: Set(now.to_datetime()),
        ..Default::default()
    };
    let row = row.insert(conn).await;
    Ok((
        token,
        row.map_err(StoreError::during("make a calendar link"))?,
    ))
}

/// The link of this token to this schedule, while it works.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn find(
    conn: &impl ConnectionTrait,
    schedule_id: i64,
    token: &str,
) -> Result<Option<Model>, StoreError> {
    let found = Entity::find()
        .filter(Column::TokenHash.eq(sha256_hex(token.as_bytes())))
        .filter(Column::ScheduleId.eq(schedule_id))
        .one(conn)
        .await
        .map_err(StoreError::during("read a calendar link"))?;
    let Some(row) = found else { return Ok(None) };
    let owner = super::users::by_id(conn, row.user_id).await?;
    Ok(owner.filter(|user| user.is_active).map(|_| row))
}

/// Notes that a link is in use, at most once a minute; whether it did.
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
        .map_err(StoreError::during("touch a calendar link"))?;
    Ok(true)
}

/// A person's links to a schedule, newest first.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn of_user(
    conn: &impl ConnectionTrait,
    schedule_id: i64,
    user_id: i64,
) -> Result<Vec<Model>, StoreError> {
    Entity::find()
        .filter(Column::ScheduleId.eq(schedule_id))
        .filter(Column::UserId.eq(user_id))
        .order_by_desc(Column::Id)
        .all(conn)
        .await
        .map_err(StoreError::during("read a person's calendar links"))
}

/// How many links a person has.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn count(conn: &impl ConnectionTrait, user_id: i64) -> Result<u64, StoreError> {
    Entity::find()
        .filter(Column::UserId.eq(user_id))
        .count(conn)
        .await
        .map_err(StoreError::during("count a person's calendar links"))
}

/// Ends a person's link to a schedule.
///
/// # Errors
/// [`StoreError::NotFound`], also where it is another person's; [`StoreError::Query`].
pub async fn revoke(
    conn: &impl ConnectionTrait,
    schedule_id: i64,
    user_id: i64,
    id: i64,
) -> Result<(), StoreError> {
    let done = Entity::delete_by_id(id)
        .filter(Column::ScheduleId.eq(schedule_id))
        .filter(Column::UserId.eq(user_id))
        .exec(conn)
        .await
        .map_err(StoreError::during("revoke a calendar link"))?;
    if done.rows_affected == 0 {
        return Err(StoreError::not_found("calendar_link", id));
    }
    Ok(())
}

//! Which rows are to be sent now, and who takes them.

use super::Status;
use crate::relational::StoreError;
use crate::relational::entity::notification_delivery::{ActiveModel, Column, Entity, Model};
use noc_pipeline::clock::UnixMs;
use sea_orm::sea_query::{LockBehavior, LockType};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

/// Whether a channel has a row to send at `now`.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn has_due(
    conn: &impl ConnectionTrait,
    channel: &str,
    now: UnixMs,
) -> Result<bool, StoreError> {
    let row = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(due(channel, now))
        .limit(1)
        .into_tuple::<i64>()
        .one(conn)
        .await
        .map_err(StoreError::during("look for due deliveries"))?;
    Ok(row.is_some())
}

/// Takes up to `limit` rows of a channel, what a dead worker left behind first, then oldest due first, and holds them
/// until `lease_until`. In a transaction: rows that somebody else is taking are passed over.
///
/// Two questions, each answered from one index in its order: a single one would read and sort everything that waits for
/// each few rows it takes.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn claim(
    tx: &impl ConnectionTrait,
    channel: &str,
    now: UnixMs,
    lease_until: UnixMs,
    limit: u64,
) -> Result<Vec<Model>, StoreError> {
    let mut rows = free(tx, stuck(now), Column::LeaseUntil, channel, limit).await?;
    let left = limit.saturating_sub(rows.len() as u64);
    if left > 0 {
        let next = free(tx, next(now), Column::NextAttemptAt, channel, left);
        rows.extend(next.await?);
    }
    if rows.is_empty() {
        return Ok(rows);
    }
    Entity::update_many()
        .set(ActiveModel {
            status: Set(Status::Sending.name().to_owned()),
            lease_until: Set(Some(lease_until.to_datetime())),
            updated_at: Set(now.to_datetime()),
            ..Default::default()
        })
        .filter(Column::Id.is_in(rows.iter().map(|row| row.id)))
        .exec(tx)
        .await
        .map_err(StoreError::during("claim deliveries"))?;
    for row in &mut rows {
        Status::Sending.name().clone_into(&mut row.status);
        row.lease_until = Some(lease_until.to_datetime());
    }
    Ok(rows)
}

/// Rows of a channel that nobody else is taking, locked.
async fn free(
    tx: &impl ConnectionTrait,
    due: Condition,
    since: Column,
    channel: &str,
    limit: u64,
) -> Result<Vec<Model>, StoreError> {
    Entity::find()
        .filter(due)
        .filter(Column::Channel.eq(channel))
        .order_by_asc(since)
        .order_by_asc(Column::Id)
        .limit(limit)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(tx)
        .await
        .map_err(StoreError::during("claim deliveries"))
}

/// Rows to send now: due, or left behind by a worker whose lease has ended.
fn due(channel: &str, now: UnixMs) -> Condition {
    Condition::all()
        .add(Column::Channel.eq(channel))
        .add(Condition::any().add(waiting(now)).add(stuck(now)))
}

/// [`waiting`], in words that no index of the state answers: so the one of the time is read, in its order, and no further
/// than the rows that are wanted.
fn next(now: UnixMs) -> Condition {
    let not_waiting = Status::ALL
        .into_iter()
        .filter(|status| !matches!(status, Status::Queued | Status::Retrying))
        .map(Status::name);
    Condition::all()
        .add(Column::Status.is_not_in(not_waiting))
        .add(Column::NextAttemptAt.lte(now.to_datetime()))
}

/// Rows that a worker left behind.
fn stuck(now: UnixMs) -> Condition {
    Condition::all()
        .add(Column::Status.eq(Status::Sending.name()))
        .add(Column::LeaseUntil.lte(now.to_datetime()))
}

/// Rows whose time has come and that nobody has taken.
pub(super) fn waiting(now: UnixMs) -> Condition {
    Condition::all()
        .add(Column::Status.is_in([Status::Queued.name(), Status::Retrying.name()]))
        .add(Column::NextAttemptAt.lte(now.to_datetime()))
}

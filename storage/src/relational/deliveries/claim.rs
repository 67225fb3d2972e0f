//! Which rows are to be sent now.

use super::Status;
use crate::relational::StoreError;
use crate::relational::entity::notification_delivery::{Column, Entity};
use noc_pipeline::clock::UnixMs;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

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

/// Rows to send now: due, or left behind by a worker whose lease has ended.
pub(super) fn due(channel: &str, now: UnixMs) -> Condition {
    Condition::all()
        .add(Column::Channel.eq(channel))
        .add(Condition::any().add(waiting(now)).add(stuck(now)))
}

/// [`waiting`], in words that no index of the state answers: so the one of the time is read, in its order, and no further
/// than the rows that are wanted.
pub(super) fn next(now: UnixMs) -> Condition {
    let not_waiting = Status::ALL
        .into_iter()
        .filter(|status| !matches!(status, Status::Queued | Status::Retrying))
        .map(Status::name);
    Condition::all()
        .add(Column::Status.is_not_in(not_waiting))
        .add(Column::NextAttemptAt.lte(now.to_datetime()))
}

/// Rows that a worker left behind.
pub(super) fn stuck(now: UnixMs) -> Condition {
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

//! Which rows are to be sent now.

use super::Status;
use crate::relational::StoreError;
use crate::relational::entity::notification_delivery::{ActiveModel, Column, Entity, Model};
use noc_pipeline::clock::UnixMs;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter,
    QuerySelect,
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

/// Lets go of claimed rows that nobody began to send: they are due as before. Those whose claim has passed on stay as they
/// are.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn give_back(
    conn: &impl ConnectionTrait,
    claimed: &[Model],
    now: UnixMs,
) -> Result<(), StoreError> {
    let (fresh, tried): (Vec<_>, Vec<_>) = claimed.iter().partition(|row| row.attempts == 0);
    for (rows, status) in [(fresh, Status::Queued), (tried, Status::Retrying)] {
        let Some(first) = rows.first() else { continue };
        Entity::update_many()
            .set(ActiveModel {
                status: Set(status.name().to_owned()),
                lease_until: Set(None),
                updated_at: Set(now.to_datetime()),
                ..Default::default()
            })
            .filter(Column::Id.is_in(rows.iter().map(|row| row.id)))
            .filter(Column::Status.eq(Status::Sending.name()))
            .filter(Column::LeaseUntil.eq(first.lease_until))
            // What no worker was to send waits for its lease to end, and for the judge.
            .filter(Column::NextAttemptAt.is_not_null())
            .exec(conn)
            .await
            .map_err(StoreError::during("give deliveries back"))?;
    }
    Ok(())
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

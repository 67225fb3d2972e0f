//! Which rows are to be sent now.

use super::{HELD_BACK, Status, tried};
use crate::relational::StoreError;
use crate::relational::entity::notification_delivery::{ActiveModel, Column, Entity, Model};
use crate::relational::lists::padded;
use noc_pipeline::clock::UnixMs;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter,
    QuerySelect,
};
use std::collections::BTreeMap;

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

/// How claimed rows that nobody began to send go back.
#[derive(Clone, Copy)]
pub enum GiveBack {
    /// They are due as before.
    AsTheyWere,
    /// They wait, at least until then; why, for the delivery log.
    Until(UnixMs, fn(&Model) -> &'static str),
}

/// Lets go of claimed rows that nobody began to send: those that were tried before wait to be tried again. Those whose claim
/// has passed on stay as they are. In a transaction. How many of those that were never tried went back.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn give_back(
    tx: &impl ConnectionTrait,
    claimed: &[Model],
    how: GiveBack,
    now: UnixMs,
) -> Result<u64, StoreError> {
    let ids: Vec<i64> = claimed.iter().map(|row| row.id).collect();
    let known = tried(tx, &ids).await?;
    let mut alike: BTreeMap<_, Vec<&Model>> = BTreeMap::new();
    for row in claimed {
        let was_tried = row.attempts > 0 || known.contains(&row.id);
        let waits = match how {
            GiveBack::AsTheyWere => None,
            GiveBack::Until(at, why) => Some((at, why(row))),
        };
        alike.entry((was_tried, waits)).or_default().push(row);
    }
    let mut untried = 0;
    for ((was_tried, waits), rows) in alike {
        let status = if was_tried {
            Status::Retrying
        } else {
            Status::Queued
        };
        let Some(first) = rows.first() else { continue };
        let mut change = ActiveModel {
            status: Set(status.name().to_owned()),
            lease_until: Set(None),
            updated_at: Set(now.to_datetime()),
            ..Default::default()
        };
        if let Some((at, reason)) = waits {
            change.next_attempt_at = Set(Some(at.to_datetime()));
            change.reason = Set(Some(reason.to_owned()));
        }
        let done = Entity::update_many()
            .set(change)
            .filter(Column::Id.is_in(padded(rows.iter().map(|row| row.id))))
            .filter(Column::Status.eq(Status::Sending.name()))
            .filter(Column::LeaseUntil.eq(first.lease_until))
            // What no worker was to send waits for its lease to end, and for the judge.
            .filter(Column::NextAttemptAt.is_not_null())
            .exec(tx)
            .await
            .map_err(StoreError::during("give deliveries back"))?;
        if status == Status::Queued {
            untried += done.rows_affected;
        }
    }
    Ok(untried)
}

/// Writes into rows that are due why they are not sent now; they stay due. What a storm held back still says so.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn explain_waiting(
    conn: &impl ConnectionTrait,
    channel: &str,
    reason: &str,
    now: UnixMs,
) -> Result<(), StoreError> {
    let held_back = Condition::all().add(Column::Reason.starts_with(HELD_BACK));
    let freely = Condition::any()
        .add(Column::Reason.is_null())
        .add(Column::Reason.not_like(format!("{HELD_BACK}%")));
    let held_too = format!("{HELD_BACK}there was too much for one recipient; by now it {reason}");
    for (which, reason) in [(freely, reason.to_owned()), (held_back, held_too)] {
        let unexplained = Condition::any()
            .add(Column::Reason.is_null())
            .add(Column::Reason.ne(&reason));
        Entity::update_many()
            .set(ActiveModel {
                reason: Set(Some(reason)),
                updated_at: Set(now.to_datetime()),
                ..Default::default()
            })
            .filter(waiting(now))
            .filter(Column::Channel.eq(channel))
            .filter(which)
            .filter(unexplained)
            .exec(conn)
            .await
            .map_err(StoreError::during("explain why deliveries wait"))?;
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

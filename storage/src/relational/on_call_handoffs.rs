//! `on_call_handoffs`: who came on duty, and that they were told.
//!
//! A hand-off is written together with the message that tells of it, under the next number of its schedule. Two nodes
//! that notice the same one want the same number, and the second gets none: nobody is told twice, and a crash before
//! the commit leaves both undone.

use super::StoreError;
use super::entity::on_call_handoff::{ActiveModel, Column, Entity, Model};
use noc_pipeline::clock::UnixMs;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder,
};

/// A hand-off to note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewHandoff {
    /// Row of `on_call_schedules`.
    pub schedule_id: i64,
    /// The number after that of the last one, 1 for the first.
    pub number: i32,
    /// Who is on duty from now on; `None`: nobody who can be told.
    pub user_id: Option<i64>,
    /// When their duty began.
    pub since: UnixMs,
    /// The message that tells of it.
    pub delivery_id: Option<i64>,
}

/// The last hand-off of a schedule.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn last(
    conn: &impl ConnectionTrait,
    schedule_id: i64,
) -> Result<Option<Model>, StoreError> {
    Entity::find()
        .filter(Column::ScheduleId.eq(schedule_id))
        .order_by_desc(Column::Number)
        .one(conn)
        .await
        .map_err(StoreError::during("read the last hand-off"))
}

/// The hand-off before this one.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn before(
    conn: &impl ConnectionTrait,
    handoff: &Model,
) -> Result<Option<Model>, StoreError> {
    Entity::find()
        .filter(Column::ScheduleId.eq(handoff.schedule_id))
        .filter(Column::Number.eq(handoff.number.saturating_sub(1)))
        .one(conn)
        .await
        .map_err(StoreError::during("read the hand-off before"))
}

/// The hand-off that a message tells of.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn of_delivery(
    conn: &impl ConnectionTrait,
    delivery_id: i64,
) -> Result<Option<Model>, StoreError> {
    Entity::find()
        .filter(Column::DeliveryId.eq(delivery_id))
        .one(conn)
        .await
        .map_err(StoreError::during("read a message's hand-off"))
}

/// Notes a hand-off, in the transaction that queues its message.
///
/// # Errors
/// [`StoreError::Conflict`] when somebody else has noted it; the transaction must then not be committed.
/// [`StoreError::Query`].
pub async fn note(
    tx: &impl ConnectionTrait,
    new: NewHandoff,
    now: UnixMs,
) -> Result<Model, StoreError> {
    let row = ActiveModel {
        schedule_id: Set(new.schedule_id),
        number: Set(new.number),
        user_id: Set(new.user_id),
        since: Set(new.since.to_datetime()),
        told_at: Set(now.to_datetime()),
        delivery_id: Set(new.delivery_id),
        ..Default::default()
    };
    let number = format!("{} of schedule {}", new.number, new.schedule_id);
    row.insert(tx).await.map_err(StoreError::inserting(
        "note a hand-off",
        "on_call_handoff",
        number,
    ))
}

/// Removes a schedule's hand-offs that were told before `before`, but for the last one; how many.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn retain(
    conn: &impl ConnectionTrait,
    last: &Model,
    before: UnixMs,
) -> Result<u64, StoreError> {
    let done = Entity::delete_many()
        .filter(Column::ScheduleId.eq(last.schedule_id))
        .filter(Column::Number.lt(last.number))
        .filter(Column::ToldAt.lt(before.to_datetime()))
        .exec(conn)
        .await
        .map_err(StoreError::during("remove old hand-offs"))?;
    Ok(done.rows_affected)
}

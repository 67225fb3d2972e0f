//! `quiet_holds`: messages that somebody's quiet hours held back, until one summary tells of what is still true.
//!
//! A message is held once ([`hold`]); whoever ends quiet hours locks a person's holds, and gives them all to their
//! summaries in the same transaction ([`release`]): a second node finds none left. What a summary says is noted before it
//! leaves ([`name`]), so that whoever records that it has left knows what it told ([`told`]), whatever ended meanwhile.

use super::StoreError;
use super::deliveries::Status;
use super::entity::notification_delivery;
use super::entity::quiet_hold::{ActiveModel, Column, Entity, Model};
use noc_pipeline::clock::UnixMs;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

/// A message to hold back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHold {
    /// Row of `notification_deliveries`.
    pub delivery_id: i64,
    /// What it is about.
    pub incident_id: i64,
    /// Whose quiet hours.
    pub user_id: i64,
    /// Channel key.
    pub channel: String,
    /// As shown.
    pub recipient: String,
    /// Normalised.
    pub recipient_key: String,
}

/// Holds a message back; nothing changes where it was held before.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn hold(
    conn: &impl ConnectionTrait,
    new: NewHold,
    now: UnixMs,
) -> Result<(), StoreError> {
    let row = ActiveModel {
        delivery_id: Set(new.delivery_id),
        incident_id: Set(new.incident_id),
        user_id: Set(new.user_id),
        channel: Set(new.channel),
        recipient: Set(new.recipient),
        recipient_key: Set(new.recipient_key),
        held_at: Set(now.to_datetime()),
        summary_id: Set(None),
        released_at: Set(None),
        named_at: Set(None),
        ..Default::default()
    };
    let held = Entity::insert(row)
        .exec_without_returning(conn)
        .await
        .map_err(StoreError::during("hold a message back"));
    match held {
        Err(error) if !error.is_unique_violation() => Err(error),
        _ => Ok(()),
    }
}

/// What became of a message that was held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// It was not, or somebody asked for it by hand since.
    No,
    /// Its quiet hours are not over.
    Waits,
    /// They are over: a summary tells of it if there is anything to tell.
    Released,
}

/// Whether a message is held back.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn state_of(conn: &impl ConnectionTrait, delivery_id: i64) -> Result<Held, StoreError> {
    let row = Entity::find()
        .filter(Column::DeliveryId.eq(delivery_id))
        .one(conn)
        .await
        .map_err(StoreError::during("read what is held back"))?;
    Ok(match row {
        None => Held::No,
        Some(row) if row.released_at.is_none() => Held::Waits,
        Some(_) => Held::Released,
    })
}

/// Forgets that a message was held back and released: somebody wants it sent by hand, and the next quiet hours may hold it
/// back anew.
///
/// # Errors
/// [`StoreError::Query`].
pub(super) async fn forget_released(
    conn: &impl ConnectionTrait,
    delivery_id: i64,
) -> Result<(), StoreError> {
    Entity::delete_many()
        .filter(Column::DeliveryId.eq(delivery_id))
        .filter(Column::ReleasedAt.is_not_null())
        .exec(conn)
        .await
        .map_err(StoreError::during("forget that a message was held back"))?;
    Ok(())
}

/// Whose messages are held back now.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn people(conn: &impl ConnectionTrait) -> Result<Vec<i64>, StoreError> {
    Entity::find()
        .select_only()
        .column(Column::UserId)
        .distinct()
        .filter(Column::ReleasedAt.is_null())
        .order_by_asc(Column::UserId)
        .into_tuple()
        .all(conn)
        .await
        .map_err(StoreError::during("read whose messages are held back"))
}

/// A person's messages that are held back, oldest first, locked until the transaction ends.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn lock_of(tx: &impl ConnectionTrait, user_id: i64) -> Result<Vec<Model>, StoreError> {
    Entity::find()
        .filter(Column::UserId.eq(user_id))
        .filter(Column::ReleasedAt.is_null())
        .order_by_asc(Column::Id)
        .lock_exclusive()
        .all(tx)
        .await
        .map_err(StoreError::during("lock what is held back"))
}

/// Gives messages to a summary, or to none where there is nothing left to tell.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn release(
    tx: &impl ConnectionTrait,
    ids: Vec<i64>,
    summary_id: Option<i64>,
    now: UnixMs,
) -> Result<(), StoreError> {
    Entity::update_many()
        .set(ActiveModel {
            summary_id: Set(summary_id),
            released_at: Set(Some(now.to_datetime())),
            ..Default::default()
        })
        .filter(Column::Id.is_in(ids))
        .filter(Column::ReleasedAt.is_null())
        .exec(tx)
        .await
        .map_err(StoreError::during("release what was held back"))?;
    Ok(())
}

/// What a summary tells of, oldest first.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn of_summary(
    conn: &impl ConnectionTrait,
    summary_id: i64,
) -> Result<Vec<Model>, StoreError> {
    Entity::find()
        .filter(Column::SummaryId.eq(summary_id))
        .order_by_asc(Column::Id)
        .all(conn)
        .await
        .map_err(StoreError::during("read what a summary tells of"))
}

/// Notes, before a summary leaves, which incidents it names: those and no others.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn name(
    conn: &impl ConnectionTrait,
    summary_id: i64,
    incidents: &[i64],
    now: UnixMs,
) -> Result<(), StoreError> {
    let named = Column::IncidentId.is_in(incidents.iter().copied());
    let others = Column::IncidentId.is_not_in(incidents.iter().copied());
    for (at, which) in [(None, others), (Some(now.to_datetime()), named)] {
        Entity::update_many()
            .set(ActiveModel {
                named_at: Set(at),
                ..Default::default()
            })
            .filter(Column::SummaryId.eq(summary_id))
            .filter(which)
            .exec(conn)
            .await
            .map_err(StoreError::during("note what a summary names"))?;
    }
    Ok(())
}

/// Notes that messages were told after all, in a summary, and at its address: whoever is told there hears of the end
/// there. Those of them that have left meanwhile stay as they are.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn told(
    tx: &impl ConnectionTrait,
    delivery_ids: Vec<i64>,
    summary: &notification_delivery::Model,
    reason: &str,
    now: UnixMs,
) -> Result<(), StoreError> {
    use notification_delivery::{ActiveModel, Column, Entity};
    // A worker that died after it held one back left it as being sent.
    let unsent = [Status::Suppressed.name(), Status::Sending.name()];
    Entity::update_many()
        .set(ActiveModel {
            status: Set(Status::Sent.name().to_owned()),
            channel: Set(summary.channel.clone()),
            recipient: Set(summary.recipient.clone()),
            recipient_key: Set(summary.recipient_key.clone()),
            reason: Set(Some(reason.to_owned())),
            lease_until: Set(None),
            next_attempt_at: Set(None),
            sent_at: Set(Some(now.to_datetime())),
            updated_at: Set(now.to_datetime()),
            ..Default::default()
        })
        .filter(Column::Id.is_in(delivery_ids))
        .filter(Column::Status.is_in(unsent))
        .exec(tx)
        .await
        .map_err(StoreError::during("note what a summary told"))?;
    Ok(())
}

/// Takes back that messages were told in a summary, where that did not arrive: they are as before it left. `told` is the
/// reason that [`told`] gave them.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn untold(
    tx: &impl ConnectionTrait,
    summary_id: i64,
    told: &str,
    reason: &str,
    now: UnixMs,
) -> Result<(), StoreError> {
    use notification_delivery::{ActiveModel, Column, Entity};
    let holds = of_summary(tx, summary_id).await?;
    Entity::update_many()
        .set(ActiveModel {
            status: Set(Status::Suppressed.name().to_owned()),
            reason: Set(Some(reason.to_owned())),
            sent_at: Set(None),
            updated_at: Set(now.to_datetime()),
            ..Default::default()
        })
        .filter(Column::Id.is_in(holds.iter().map(|hold| hold.delivery_id)))
        .filter(Column::Status.eq(Status::Sent.name()))
        .filter(Column::Reason.eq(told))
        .exec(tx)
        .await
        .map_err(StoreError::during("take back what a summary told"))?;
    Ok(())
}

/// Forgets what was released before `before`; how many rows.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn retain(conn: &impl ConnectionTrait, before: UnixMs) -> Result<u64, StoreError> {
    let done = Entity::delete_many()
        .filter(Column::ReleasedAt.lt(before.to_datetime()))
        .exec(conn)
        .await
        .map_err(StoreError::during("forget what was held back"))?;
    Ok(done.rows_affected)
}

//! Messages to one recipient whose provider wants them further apart.
//!
//! What was asked for stands in the recipient's row of `delivery_gates` ([`Apart`]). Whoever takes messages to be sent passes
//! there, so it holds for all of them: what waits, what was tried, and what is queued a moment later.

use super::Status;
use super::bundles::{Apart, Gate, gate};
use crate::relational::StoreError;
use crate::relational::entity::delivery_gate;
use noc_pipeline::clock::UnixMs;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect,
};
use std::time::Duration;

/// The rates that providers state are no slower. Who asks for a longer pause says nothing of what comes after it.
const MOST_APART: Duration = Duration::from_secs(30);

/// Why a message waits for its recipient, in the delivery log.
pub const KEPT_APART: &str =
    "waits, because the provider wants messages to this recipient further apart";

/// How the reason of an alarm begins that a storm holds back.
pub const HELD_BACK: &str = "held back: ";

/// [`KEPT_APART`], of one that a storm held back before.
pub const HELD_AND_KEPT_APART: &str = "held back: there was too much for one recipient; by now it waits because the \
     provider wants messages to this recipient further apart";

/// So long after the pause that was asked for last messages are kept apart.
const WEARS_OFF: Duration = Duration::from_secs(600);

/// Holds a recipient until the commit: nobody takes messages to them, and nobody else says how far apart they are. Before
/// executions and deliveries are locked, as whoever takes messages does.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn hold_recipient(
    tx: &impl ConnectionTrait,
    channel: &str,
    recipient_key: &str,
    now: UnixMs,
) -> Result<(), StoreError> {
    let row = delivery_gate::ActiveModel {
        gate_key: Set(gate::key(channel, recipient_key)),
        updated_at: Set(now.to_datetime()),
        ..Default::default()
    };
    let there = OnConflict::column(delivery_gate::Column::GateKey)
        .update_column(delivery_gate::Column::UpdatedAt)
        .to_owned();
    delivery_gate::Entity::insert(row)
        .on_conflict(there)
        .exec_without_returning(tx)
        .await
        .map_err(StoreError::during("hold a recipient's gate"))?;
    Ok(())
}

/// Leaves a recipient alone for `pause`; then, for 10 min, messages to them leave one at a time, `pause` apart but 30 s at most.
/// A word that asks for less than one before takes nothing back.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn keep_distance(
    tx: &impl ConnectionTrait,
    channel: &str,
    recipient_key: &str,
    pause: Duration,
    now: UnixMs,
) -> Result<(), StoreError> {
    change_gate(tx, channel, recipient_key, now, |is| {
        let (free_at, gap) = (now.plus(pause), pause.min(MOST_APART));
        let before = is.apart.filter(|apart| apart.lasts(now));
        let free_at = before.map_or(free_at, |apart| apart.free_at.max(free_at));
        is.apart = Some(Apart {
            free_at,
            gap: before.map_or(gap, |apart| apart.gap.max(gap)),
            until: free_at.plus(WEARS_OFF),
        });
    })
    .await
}

/// Changes what is noted of a recipient, whom it holds until the commit.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn change_gate(
    tx: &impl ConnectionTrait,
    channel: &str,
    recipient_key: &str,
    now: UnixMs,
    change: impl FnOnce(&mut Gate),
) -> Result<(), StoreError> {
    hold_recipient(tx, channel, recipient_key, now).await?;
    let key = gate::key(channel, recipient_key);
    let row = delivery_gate::Entity::find_by_id(key.as_str())
        .lock_exclusive()
        .one(tx)
        .await
        .map_err(StoreError::during("read a recipient's gate"))?;
    let Some(mut is) = row.as_ref().map(gate::read) else {
        return Ok(());
    };
    change(&mut is);
    gate::leave(tx, vec![(key, is)], now).await
}

/// Gives the turn of a message that did not leave to the next one, where that is to wait for it until `next_at`, and for
/// nothing else. What was taken up to `lapsed`, and nobody said what came of it, is among those that wait.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn pass_turn_on(
    tx: &impl ConnectionTrait,
    channel: &str,
    recipient_key: &str,
    next_at: UnixMs,
    (now, lapsed): (UnixMs, UnixMs),
) -> Result<(), StoreError> {
    use super::{ActiveModel, Column, Entity};
    let operation = "pass a turn on";
    let freed = delivery_gate::Entity::update_many()
        .set(delivery_gate::ActiveModel {
            free_at: Set(Some(now.to_datetime())),
            ..Default::default()
        })
        .filter(delivery_gate::Column::GateKey.eq(gate::key(channel, recipient_key)))
        .filter(delivery_gate::Column::FreeAt.eq(next_at.to_datetime()))
        .exec(tx)
        .await
        .map_err(StoreError::during(operation))?;
    if freed.rows_affected == 0 {
        return Ok(());
    }
    Entity::update_many()
        .set(ActiveModel {
            next_attempt_at: Set(Some(now.to_datetime())),
            ..Default::default()
        })
        .filter(Column::Channel.eq(channel))
        .filter(Column::RecipientKey.eq(recipient_key))
        .filter(Column::Status.is_in([Status::Queued.name(), Status::Retrying.name()]))
        .filter(Column::NextAttemptAt.eq(next_at.to_datetime()))
        .filter(Column::Reason.is_in([KEPT_APART, HELD_AND_KEPT_APART]))
        .exec(tx)
        .await
        .map_err(StoreError::during(operation))?;
    Entity::update_many()
        .set(ActiveModel {
            lease_until: Set(Some(now.to_datetime())),
            ..Default::default()
        })
        .filter(Column::Channel.eq(channel))
        .filter(Column::RecipientKey.eq(recipient_key))
        .filter(Column::Status.eq(Status::Sending.name()))
        .filter(Column::LeaseUntil.eq(next_at.to_datetime()))
        .filter(Column::UpdatedAt.lte(lapsed.to_datetime()))
        .exec(tx)
        .await
        .map_err(StoreError::during(operation))?;
    Ok(())
}

//! What falls due and is no step: snoozes that end, maintenance that begins or ends, and owners who are asked whether
//! they are still on it.
//!
//! [`look`] is called every few seconds on every node that notifies. Each change is a transaction that locks its row and
//! asks again, so whoever comes second finds nothing to do; a crash before a commit leaves it for the next look.

use super::{acknowledged_for, settle, unacknowledged};
use crate::crash_point;
use crate::maintenance;
use crate::notify::channel::Registry;
use crate::notify::directory;
use crate::notify::idempotency::MessageIdentity;
use crate::notify::message::Kind;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use noc_storage::relational::deliveries::{self, NewDelivery};
use noc_storage::relational::entity::incident;
use noc_storage::relational::timeline::{self, Actor};
use noc_storage::relational::{Db, StoreError, executions, incidents};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ActiveValue::Unchanged, ConnectionTrait};
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

/// From the question whether somebody is still on it to taking it from them.
pub const TO_ANSWER: Duration = Duration::from_secs(900);

/// Incidents of one sort that one look attends to; the rest waits for the next.
const MOST: u64 = 200;

/// How long an acknowledgement holds before its owner is asked; `None`: for ever.
#[must_use]
pub const fn patience(severity: Severity) -> Option<Duration> {
    match severity {
        Severity::Critical => Some(Duration::from_secs(30 * 60)),
        Severity::High => Some(Duration::from_secs(2 * 3_600)),
        Severity::Medium | Severity::Low | Severity::Info => None,
    }
}

/// What a look changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Minded {
    /// Incidents that changed.
    pub incidents: Vec<i64>,
    /// Messages written.
    pub deliveries: Vec<i64>,
}

/// Attends to everything that is due.
///
/// # Errors
/// [`StoreError`]; what was not attended to is due at the next look.
pub async fn look(db: &Db, registry: &Registry, now: UnixMs) -> Result<Minded, StoreError> {
    let mut minded = Minded::default();
    for id in incidents::snoozes_over(db.read(), now, MOST).await? {
        let woke = db.transaction("end a snooze", |tx| {
            Box::pin(async move { wake(tx, id, now).await })
        });
        if or_skip(woke.await, id)?.is_some_and(|woke| woke) {
            crash_point::reached("snooze_ended");
            minded.incidents.push(id);
        }
    }
    minded
        .incidents
        .extend(maintenance::turn(db, now).await?.ids());
    for severity in [Severity::Critical, Severity::High] {
        let Some(patience) = patience(severity) else {
            continue;
        };
        let before = now.minus(patience);
        let asked_before = now.minus(TO_ANSWER);
        let long = incidents::long_acknowledged(db.read(), severity, before, asked_before, MOST);
        for id in long.await? {
            let registry = registry.clone();
            let asked = db.transaction("ask whether somebody is still on it", |tx| {
                let registry = registry.clone();
                Box::pin(async move { ask_or_take_back(tx, &registry, id, now).await })
            });
            if let Some(deliveries) = or_skip(asked.await, id)?.flatten() {
                crash_point::reached("acknowledgement_minded");
                minded.incidents.push(id);
                minded.deliveries.extend(deliveries);
            }
        }
    }
    Ok(minded)
}

/// What cannot be done for one row, however often it is tried, is logged and costs those behind it nothing.
pub(super) fn or_skip<T>(done: Result<T, StoreError>, id: i64) -> Result<Option<T>, StoreError> {
    match done {
        Ok(done) => Ok(Some(done)),
        Err(error @ StoreError::Damaged { .. }) => {
            tracing::error!(id, %error, "left alone, for it cannot be read");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Ends a snooze that is over; false: it was ended or moved meanwhile.
async fn wake(tx: &impl ConnectionTrait, id: i64, now: UnixMs) -> Result<bool, StoreError> {
    let row = incidents::lock(tx, id).await?;
    let until = row.snoozed_until.map(UnixMs::from);
    if until.is_none_or(|until| until > now) {
        return Ok(false);
    }
    let row = incidents::snooze(tx, id, None, now).await?;
    let detail = json!({"text": "The snooze is over."});
    timeline::append(tx, id, now, "snooze_ended", Actor::System, detail).await?;
    settle(tx, &row, now).await?;
    crash_point::reached("ending_snooze");
    Ok(true)
}

/// Asks the owner, or takes the incident back from one who was asked and did not answer. The messages this wrote or took
/// back; `None`: there was nothing to do any more.
async fn ask_or_take_back(
    tx: &impl ConnectionTrait,
    registry: &Registry,
    id: i64,
    now: UnixMs,
) -> Result<Option<Vec<i64>>, StoreError> {
    let row = incidents::lock(tx, id).await?;
    let Some(held_for) = acknowledged_for(&row, now) else {
        return Ok(None);
    };
    let severity = super::severity_of(&row);
    if row.snoozed_until.is_some() || patience(severity).is_none_or(|limit| held_for < limit) {
        return Ok(None);
    }
    let done = match row.reminded_at.map(UnixMs::from) {
        None => ask(tx, registry, &row, now).await?,
        Some(asked) if now.since(asked) >= TO_ANSWER => take_back(tx, &row, now).await?,
        Some(_) => return Ok(None),
    };
    crash_point::reached("minding_acknowledgement");
    Ok(Some(done))
}

async fn ask(
    tx: &impl ConnectionTrait,
    registry: &Registry,
    row: &incident::Model,
    now: UnixMs,
) -> Result<Vec<i64>, StoreError> {
    incidents::reminded(tx, row.id, now).await?;
    let directory = directory::load(tx, registry, now).await?;
    let owner = directory
        .accounts
        .iter()
        .find(|account| Some(account.id) == row.acknowledged_by && account.active);
    let execution = executions::lock_of_incident(tx, row.id).await?;
    let mut queued = Vec::new();
    if let (Some(owner), Some(execution)) = (owner, &execution) {
        // Each acknowledgement is asked about once: its time tells it from the one before.
        let taken_on = row.acknowledged_at.map_or(now, UnixMs::from);
        let generation = Uuid::from_u128(u128::from(taken_on.0.unsigned_abs()));
        for open in &directory.channels {
            let place = directory
                .people
                .place(owner.id, &owner.email, &*open.channel);
            let Ok(place) = place else { continue };
            let identity = MessageIdentity {
                incident: row.id,
                generation,
                position: None,
                channel: open.channel.key(),
                recipient_key: &place.key,
                kind: Kind::StillOnIt.name(),
            };
            let new = NewDelivery {
                incident_id: Some(row.id),
                execution_id: Some(execution.id),
                position: None,
                kind: Kind::StillOnIt.name(),
                idempotency_key: identity.key(),
                channel: open.channel.key().to_owned(),
                recipient: place.address,
                recipient_key: place.key,
                user_id: Some(owner.id),
            };
            queued.extend(deliveries::queue(tx, new, now).await?);
        }
    }
    let text = match (owner, queued.is_empty()) {
        (Some(owner), false) => format!("Asked {} whether they are still on it.", owner.name),
        (Some(owner), true) => format!(
            "{} could not be asked whether they are still on it.",
            owner.name
        ),
        (None, _) => "Nobody is there any more who could be asked.".to_owned(),
    };
    let detail = json!({"text": text, "to_answer_s": TO_ANSWER.as_secs()});
    timeline::append(tx, row.id, now, "still_on_it", Actor::System, detail).await?;
    Ok(queued)
}

async fn take_back(
    tx: &impl ConnectionTrait,
    row: &incident::Model,
    now: UnixMs,
) -> Result<Vec<i64>, StoreError> {
    let change = incident::ActiveModel {
        id: Unchanged(row.id),
        status: Set(incidents::OPEN.to_owned()),
        acknowledged_at: Set(None),
        acknowledged_by: Set(None),
        reminded_at: Set(None),
        changed_at: Set(now.to_datetime()),
        ..Default::default()
    };
    let row = change
        .update(tx)
        .await
        .map_err(StoreError::during("take an acknowledgement back"))?;
    let detail = json!({"text": "Nobody said that they are still on it: the acknowledgement no longer counts."});
    timeline::append(tx, row.id, now, "unacknowledged", Actor::System, detail).await?;
    unacknowledged(tx, &row, now).await
}

#[cfg(test)]
mod tests;

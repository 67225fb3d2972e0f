//! An incident opens again that somebody has. The acknowledgement is kept, unless it was given for something milder, or
//! nobody would know that it is back.
//!
//! Once a recovery has left, everybody believes that it is over, and a reopening under an acknowledgement pages nobody. So
//! whoever has it is told, once for each time that it was said to be over; where nobody has it who can be told, the
//! acknowledgement no longer counts and the policy starts again. That a recovery of this round left is what the deliveries
//! say: telling the owner begins a new round, under a new generation. All of it is in the transaction that reopens.

use super::record::Record;
use super::{arm, settle, withdraw_acknowledgement};
use crate::notify::idempotency::MessageIdentity;
use crate::notify::message::Kind;
use crate::notify::personal::people;
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::deliveries::{self, NewDelivery, Status};
use noc_storage::relational::entity::{execution, incident, notification_delivery};
use noc_storage::relational::timeline::{self, Actor};
use noc_storage::relational::{StoreError, executions, notification_channels, users};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

/// A recovery that left, or is leaving.
const SAID: [Status; 3] = [Status::Sending, Status::Sent, Status::Delivered];

const WORSE: &str = "It came back worse: the acknowledgement no longer counts.";
const NOBODY: &str = "It was said to be over, and nobody has it who could be told that it is back: the acknowledgement no longer counts.";

/// An acknowledged incident opened again; `worse`: than it was. Where its policy starts again it does so after `hold`.
///
/// # Errors
/// [`StoreError`]; the caller's transaction must then not be committed.
pub async fn reopened(
    tx: &impl ConnectionTrait,
    incident: &incident::Model,
    worse: bool,
    hold: Duration,
    now: UnixMs,
) -> Result<(), StoreError> {
    let why = if worse {
        WORSE
    } else if owner_knows(tx, incident, now).await? {
        settle(tx, incident, now).await?;
        return Ok(());
    } else {
        NOBODY
    };
    let incident = withdraw_acknowledgement(tx, incident, why, now).await?;
    arm(tx, &incident, hold, now).await
}

/// Whether a message that no step queued tells whoever has the incident that it is back.
pub(crate) fn is_to_owner(row: &notification_delivery::Model, incident: &incident::Model) -> bool {
    row.step.is_none() && row.user_id.is_some() && row.user_id == incident.acknowledged_by
}

/// Tells whoever has it, if it was said to be over; false when they cannot be told.
async fn owner_knows(
    tx: &impl ConnectionTrait,
    incident: &incident::Model,
    now: UnixMs,
) -> Result<bool, StoreError> {
    let Some(row) = executions::lock_of_incident(tx, incident.id).await? else {
        return Ok(true);
    };
    let mut record = Record::read(&row, incident)?;
    if !was_said_to_be_over(tx, incident.id, record.generation).await? {
        return Ok(true);
    }
    record.generation = Uuid::now_v7();
    let told = tell_owner(tx, incident, &row, record.generation, now).await?;
    if told {
        executions::move_on(tx, &row, record.place(None)?, now).await?;
    }
    Ok(told)
}

/// Whether a recovery of this generation has left.
async fn was_said_to_be_over(
    tx: &impl ConnectionTrait,
    incident: i64,
    generation: Uuid,
) -> Result<bool, StoreError> {
    use notification_delivery::Column;
    let kind = Kind::Recovery.name();
    let left = notification_delivery::Entity::find()
        .filter(Column::IncidentId.eq(incident))
        .filter(Column::Kind.eq(kind))
        .filter(Column::Status.is_in(SAID.map(Status::name)))
        .all(tx)
        .await
        .map_err(StoreError::during("read who was told of an end"))?;
    Ok(left.iter().any(|row| {
        let identity = MessageIdentity {
            incident,
            generation,
            position: None,
            channel: &row.channel,
            recipient_key: &row.recipient_key,
            kind,
        };
        identity.key() == row.idempotency_key
    }))
}

/// Queues the problem for the owner, once over each channel of theirs; false when there is none.
async fn tell_owner(
    tx: &impl ConnectionTrait,
    incident: &incident::Model,
    execution: &execution::Model,
    generation: Uuid,
    now: UnixMs,
) -> Result<bool, StoreError> {
    let owner = match incident.acknowledged_by {
        Some(id) => users::by_id(tx, id).await?,
        None => None,
    };
    let Some(owner) = owner.filter(|owner| owner.is_active) else {
        return Ok(false);
    };
    let people = people::load(tx).await?;
    let kind = Kind::Problem.name();
    let mut told = Vec::new();
    for channel in notification_channels::all(tx).await? {
        let place = people.place_on(owner.id, &owner.email, &channel.channel);
        let (true, Ok(place)) = (channel.enabled, place) else {
            continue;
        };
        let identity = MessageIdentity {
            incident: incident.id,
            generation,
            position: None,
            channel: &channel.channel,
            recipient_key: &place.key,
            kind,
        };
        told.push(
            json!({"channel": channel.channel, "recipient": place.address, "user_id": owner.id}),
        );
        let new = NewDelivery {
            incident_id: Some(incident.id),
            execution_id: Some(execution.id),
            position: None,
            kind,
            idempotency_key: identity.key(),
            channel: channel.channel,
            recipient: place.address,
            recipient_key: place.key,
            user_id: Some(owner.id),
        };
        deliveries::queue(tx, new, now).await?;
    }
    if told.is_empty() {
        return Ok(false);
    }
    let text = format!(
        "It was said to be over: told {} that it is back.",
        owner.name
    );
    let detail = json!({"text": text, "told": told});
    timeline::append(tx, incident.id, now, "owner_told", Actor::System, detail).await?;
    Ok(true)
}

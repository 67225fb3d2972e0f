//! One step, in one transaction: the row and its incident are read, the step's recipients resolved, the row moved on
//! **if it is still as it was read**, and then the messages and the timeline are written. Whoever lost the race has
//! written nothing. A crash before the commit leaves the step due; after it, the messages wait in the outbox.

use super::recipients::{Directory, Recipient, Resolution, resolve, resolve_flat};
use super::record::Record;
use super::step::{Position, StepDecision, following, next_step, step_at};
use crate::crash_point;
use crate::notify::channel::Registry;
use crate::notify::directory;
use crate::notify::idempotency::MessageIdentity;
use crate::notify::message::Kind;
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::deliveries::{self, NewDelivery};
use noc_storage::relational::entity::{execution, incident};
use noc_storage::relational::timeline::Actor;
use noc_storage::relational::{Db, StoreError, executions, timeline};
use sea_orm::{ConnectionTrait, EntityTrait, QuerySelect};
use serde_json::json;
use std::time::Duration;

/// What came of looking at an execution.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fired {
    /// Whose it is; `None` when there is nothing of that id.
    pub incident: Option<i64>,
    /// Messages written.
    pub deliveries: Vec<i64>,
    /// How late the step was; `None`: no step fired.
    pub late_by: Option<Duration>,
    /// Whether it reached nobody.
    pub nobody: bool,
    /// When to look again; `None`: not until something changes.
    pub next_at: Option<UnixMs>,
    /// Somebody else moved the row meanwhile; nothing was done.
    pub lost: bool,
}

/// Fires the execution's step if it is due.
///
/// # Errors
/// [`StoreError`]: nothing was done, and the row is as it was.
pub async fn fire(
    db: &Db,
    registry: &Registry,
    execution_id: i64,
    now: UnixMs,
) -> Result<Fired, StoreError> {
    db.transaction("fire an escalation step", |tx| {
        let registry = registry.clone();
        Box::pin(async move { fire_in(tx, &registry, execution_id, now).await })
    })
    .await
    .inspect(|fired| {
        if fired.late_by.is_some() {
            crash_point::reached("step_fired");
        }
    })
}

async fn fire_in(
    tx: &impl ConnectionTrait,
    registry: &Registry,
    execution_id: i64,
    now: UnixMs,
) -> Result<Fired, StoreError> {
    let Some((row, incident)) = read(tx, execution_id).await? else {
        return Ok(Fired::default());
    };
    let mut record = Record::read(&row, &incident)?;
    let mut fired = Fired {
        incident: Some(incident.id),
        ..Fired::default()
    };
    if row.held_at.is_some() {
        return Ok(fired); // Whoever lets it go on says so.
    }
    let position = match next_step(&record.policy, &record.state, now) {
        StepDecision::Fire(position) => position,
        StepDecision::Wait { position, until } => {
            fired.next_at = Some(until);
            if record.state.next != Some((position, until)) {
                let place = record.place(Some((position, until)))?;
                fired.lost = !executions::move_on(tx, &row, place, now).await?;
            }
            return Ok(fired);
        }
        StepDecision::Rest | StepDecision::Finish => {
            if row.due_at.is_some() {
                let place = record.place(None)?;
                fired.lost = !executions::move_on(tx, &row, place, now).await?;
            }
            return Ok(fired);
        }
    };
    let directory: Directory = directory::load(tx, registry, now).await?;
    let step = step_at(&record.policy, position);
    let resolution = if record.policy.is_flat() {
        resolve_flat(&step, &directory, record.state.severity)
    } else {
        resolve(&step, &directory)
    };
    fired.nobody = resolution.recipients.is_empty();
    fired.late_by = record.state.next.map(|(_, due)| now.since(due));
    let next = following(&record.policy, &record.state, position, !fired.nobody, now);
    fired.next_at = next.map(|(_, due)| due);
    record.last_step_at = Some(now);
    let moved = executions::move_on(tx, &row, record.place(next)?, now).await?;
    if !moved {
        return Ok(Fired {
            lost: true,
            next_at: Some(now),
            ..Fired::default()
        });
    }
    for recipient in &resolution.recipients {
        let new = message(&incident, &row, &record, position, recipient);
        fired
            .deliveries
            .extend(deliveries::queue(tx, new, now).await?);
    }
    write_timeline(tx, &incident, &record, position, &resolution, now).await?;
    crash_point::reached("firing_step");
    Ok(fired)
}

async fn read(
    tx: &impl ConnectionTrait,
    id: i64,
) -> Result<Option<(execution::Model, incident::Model)>, StoreError> {
    let Some(row) = execution::Entity::find_by_id(id)
        .lock_exclusive()
        .one(tx)
        .await
        .map_err(StoreError::during("lock an execution"))?
    else {
        return Ok(None);
    };
    let incident = incident::Entity::find_by_id(row.incident_id)
        .one(tx)
        .await
        .map_err(StoreError::during("read an execution's incident"))?;
    Ok(incident.map(|incident| (row, incident)))
}

fn message(
    incident: &incident::Model,
    row: &execution::Model,
    record: &Record,
    position: Position,
    recipient: &Recipient,
) -> NewDelivery {
    let kind = kind_at(position);
    let identity = MessageIdentity {
        incident: incident.id,
        generation: record.generation,
        position: Some(position),
        channel: &recipient.channel,
        recipient_key: &recipient.key,
        kind: kind.name(),
    };
    NewDelivery {
        incident_id: Some(incident.id),
        execution_id: Some(row.id),
        position: Some((
            i32::try_from(position.step).unwrap_or(i32::MAX),
            i32::try_from(position.pass).unwrap_or(i32::MAX),
        )),
        kind: kind.name(),
        idempotency_key: identity.key(),
        channel: recipient.channel.clone(),
        recipient: recipient.address.clone(),
        recipient_key: recipient.key.clone(),
        user_id: recipient.user,
    }
}

/// What a step says: the first pass tells, every later one reminds.
pub(super) const fn kind_at(position: Position) -> Kind {
    if position.pass == 0 {
        Kind::Problem
    } else {
        Kind::Reminder
    }
}

async fn write_timeline(
    tx: &impl ConnectionTrait,
    incident: &incident::Model,
    record: &Record,
    position: Position,
    resolution: &Resolution,
    now: UnixMs,
) -> Result<(), StoreError> {
    let told: Vec<_> = resolution
        .recipients
        .iter()
        .map(|r| json!({"channel": r.channel, "recipient": r.address, "user_id": r.user}))
        .collect();
    let steps = record.policy.steps.len();
    let which = if (position.step as usize) < steps {
        format!("Step {} of {steps}", position.step.saturating_add(1))
    } else {
        "Every admin".to_owned()
    };
    let (kind, text) = if told.is_empty() {
        (
            "step_reached_nobody",
            format!("{which}: nobody was reached"),
        )
    } else {
        ("step_fired", format!("{which}: told {}", told.len()))
    };
    let detail = json!({
        "text": text, "step": position.step, "pass": position.pass, "told": told,
        "warnings": resolution.warnings,
    });
    let actor = Actor::Policy(&record.policy.name);
    timeline::append(tx, incident.id, now, kind, actor, detail).await
}

//! Escalation: who is told of an incident, when, and who next if nobody answers.
//!
//! * [`policy`], [`step`], [`recipients`] decide; they are plain functions of data and the time.
//! * [`arm`], `reopened`, [`severity_rose`], [`page_within`], [`resolved`] run inside the transaction that opens, worsens or
//!   ends the incident; [`acknowledged`] and [`unacknowledged`] inside a person's. So an incident without its execution
//!   cannot exist, and neither can a page that outlives its reason.
//! * [`simulate`] asks the same functions what a policy would do, and does nothing.
//! * [`fire`] does one step in one transaction, conditional on the row being as read. `EscalationActor` calls it when
//!   the stored time comes; a timer only wakes, and a crash anywhere leaves the row as it was, to be looked at again.
//! * [`failover`] looks after what was sent and did not arrive.
//!
//! Every incident has exactly one row in `executions`, also those that page nobody (their policy has no steps). Its
//! `generation` is renewed whenever the policy starts again: messages of an older one are superseded.

mod actor;
mod by_hand;
pub(crate) mod failover;
pub mod fire;
mod hold;
pub(crate) mod minder;
pub mod policy;
#[cfg(test)]
mod proof;
pub mod recipients;
mod record;
mod reopening;
mod runner;
pub mod simulate;
pub mod step;
#[cfg(test)]
mod tests;

pub use by_hand::NotEscalated;
pub(crate) use by_hand::escalate;
pub use hold::{Cause, FRESH_RESULT, Settled, settle, settle_all, settle_server};
pub use policy::{PolicySnapshot, REPEAT_DELAY, Step, Targets, page_hold};
pub(crate) use record::{is_acknowledged, is_resolved, severity_of};
pub(crate) use reopening::{is_to_owner, reopened};
pub(crate) use runner::{EscalationRunner, Look, Observe, RunnerCounters, Stop};
pub use step::{ExecutionState, Position, StepDecision, following, next_step};

use crate::detect::server_down::NOT_PAGED;
use crate::incident::routing;
use crate::notify::idempotency::MessageIdentity;
use crate::notify::message::Kind;
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::deliveries::{self, NewDelivery};
use noc_storage::relational::entity::{execution, incident};
use noc_storage::relational::executions::{self, Place, State};
use noc_storage::relational::{StoreError, incidents, timeline};
use record::{Record, encode};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

/// Messages that are pointless once the incident is taken on or over.
const ALARMS: [&str; 2] = [Kind::Problem.name(), Kind::Reminder.name()];

/// Starts the escalation of an incident that has just opened, or opened again: routes it, and writes the row that
/// makes its first step due after `hold`.
///
/// # Errors
/// [`StoreError`]; the caller's transaction must then not be committed.
pub async fn arm(
    tx: &impl ConnectionTrait,
    incident: &incident::Model,
    hold: Duration,
    now: UnixMs,
) -> Result<(), StoreError> {
    let policy = routing::route(tx, incident).await?;
    start(tx, incident, policy, hold, now).await
}

/// The incident got worse: what has not told anybody yet does so sooner, once it has been open for `hold`; what has, starts
/// again, and an acknowledgement of the milder trouble does not count for the worse one. Where its detector pages nobody of
/// it yet, who was told is not told again, and who has it keeps it.
///
/// # Errors
/// As [`arm`].
pub async fn severity_rose(
    tx: &impl ConnectionTrait,
    incident: &incident::Model,
    hold: Duration,
    now: UnixMs,
) -> Result<(), StoreError> {
    if page_hold(severity_of(incident)).is_none() {
        return Ok(());
    }
    if hold >= NOT_PAGED && (is_acknowledged(incident) || was_told(tx, incident).await?) {
        return Ok(());
    }
    let first_at = UnixMs::from(incident.opened_at).plus(hold);
    let incident = &wake(tx, incident, now).await?;
    let Some(row) = executions::lock_of_incident(tx, incident.id).await? else {
        return arm(tx, incident, first_at.since(now), now).await;
    };
    let own_now = own_time(&row, now);
    let first_at = first_at.max(own_now);
    let was_acknowledged = is_acknowledged(incident);
    let why = "It got worse: the acknowledgement no longer counts.";
    let incident = &withdraw_acknowledgement(tx, incident, why, now).await?;
    let record = Record::read(&row, incident)?;
    let waiting = record.last_step_at.is_none() && record.state.next.is_some();
    if waiting && !was_acknowledged {
        let first = first_delay(&record.policy);
        executions::hasten(tx, row.id, first_at.plus(first), now).await?;
        return Ok(());
    }
    // What was left to a list until now may well be paged at this severity: ask the rules again.
    let after = if record.last_step_at.is_some() {
        Duration::ZERO
    } else {
        first_at.since(own_now)
    };
    let policy = routing::route(tx, incident).await?;
    start(tx, incident, policy, after, now).await
}

/// Whether a step fired since it opened, or opened again.
async fn was_told(
    tx: &impl ConnectionTrait,
    incident: &incident::Model,
) -> Result<bool, StoreError> {
    let Some(row) = executions::lock_of_incident(tx, incident.id).await? else {
        return Ok(false);
    };
    Ok(Record::read(&row, incident)?.last_step_at.is_some())
}

/// What was found got worse, and the incident is no worse than it was: it had been as bad before, or a rule says how bad it
/// is. If nobody was told since it opened, or opened again, they are once it has been open for `hold`. Who has it keeps it.
///
/// # Errors
/// As [`arm`].
pub async fn page_within(
    tx: &impl ConnectionTrait,
    incident: &incident::Model,
    hold: Duration,
    now: UnixMs,
) -> Result<(), StoreError> {
    let Some(row) = executions::lock_of_incident(tx, incident.id).await? else {
        return Ok(());
    };
    let record = Record::read(&row, incident)?;
    let waiting = record.last_step_at.is_none() && record.state.next.is_some();
    if waiting && !is_acknowledged(incident) {
        let first_at = UnixMs::from(incident.opened_at).plus(hold);
        let first_at = first_at.max(own_time(&row, now));
        executions::hasten(tx, row.id, first_at.plus(first_delay(&record.policy)), now).await?;
    }
    Ok(())
}

/// The incident is over: nothing of it fires any more, what was not sent is taken back, and those who were told of
/// it, and only they, are told that it is over.
///
/// # Errors
/// As [`arm`].
pub async fn resolved(
    tx: &impl ConnectionTrait,
    incident: &incident::Model,
    now: UnixMs,
) -> Result<(), StoreError> {
    let reason = "the incident was resolved before this was sent";
    end(tx, incident, State::Finished, reason, now).await
}

/// Nobody watches any more what the incident is about: as [`resolved`], but nothing recovered, and the message says so.
///
/// # Errors
/// As [`arm`].
pub async fn withdrawn(
    tx: &impl ConnectionTrait,
    incident: &incident::Model,
    now: UnixMs,
) -> Result<(), StoreError> {
    let reason = "the server is no longer monitored";
    end(tx, incident, State::Withdrawn, reason, now).await
}

/// Ends the incident's execution, if it has one, takes back what was not sent, and owes the end to whom was told.
async fn end(
    tx: &impl ConnectionTrait,
    incident: &incident::Model,
    state: State,
    reason: &str,
    now: UnixMs,
) -> Result<(), StoreError> {
    let Some(row) = executions::lock_of_incident(tx, incident.id).await? else {
        return Ok(());
    };
    let mut record = Record::read(&row, incident)?;
    record.state.resolved = true;
    let place = Place {
        state,
        ..record.place(None)?
    };
    executions::move_on(tx, &row, place, now).await?;
    deliveries::cancel_unsent(tx, incident.id, &ALARMS, &[], reason, now).await?;
    queue_recoveries(tx, incident.id, &row, now).await
}

/// A person took the incident on: steps that need it unacknowledged are passed over from now on, and their messages
/// that have not left are taken back. Returns the ids of those.
///
/// # Errors
/// As [`arm`].
pub async fn acknowledged(
    tx: &impl ConnectionTrait,
    incident: &incident::Model,
    now: UnixMs,
) -> Result<Vec<i64>, StoreError> {
    let Some(row) = executions::lock_of_incident(tx, incident.id).await? else {
        return Ok(Vec::new());
    };
    let record = Record::read(&row, incident)?;
    let place = record.place(record.upcoming(own_time(&row, now)))?;
    executions::move_on(tx, &row, place, now).await?;
    let unconditional: Vec<i32> = (0_i32..)
        .zip(&record.policy.steps)
        .filter(|(_, step)| !step.only_if_unacknowledged)
        .map(|(index, _)| index)
        .collect();
    let reason = "the incident was acknowledged before this was sent";
    deliveries::cancel_unsent(tx, incident.id, &ALARMS, &unconditional, reason, now).await
}

/// A person gave the incident back: the policy starts again from its first step, under a new generation. Returns the
/// ids of messages of the old one that were taken back.
///
/// # Errors
/// As [`arm`].
pub async fn unacknowledged(
    tx: &impl ConnectionTrait,
    incident: &incident::Model,
    now: UnixMs,
) -> Result<Vec<i64>, StoreError> {
    let Some(row) = executions::lock_of_incident(tx, incident.id).await? else {
        return Ok(Vec::new());
    };
    let mut policy = Record::read(&row, incident)?.policy;
    if policy.steps.is_empty() {
        // It would page nobody, however bad it is by now.
        policy = routing::route(tx, incident).await?;
    }
    restart(tx, incident, &row, policy, Duration::ZERO, now).await
}

/// Queues the end of an incident for everybody who was told of it and not yet of its end. A recovery that was taken
/// back because the incident had opened again is due again at the next end.
pub(crate) async fn queue_recoveries(
    tx: &impl ConnectionTrait,
    incident_id: i64,
    execution: &execution::Model,
    now: UnixMs,
) -> Result<(), StoreError> {
    let generation = Uuid::parse_str(&execution.generation).unwrap_or_default();
    for told in deliveries::told(tx, incident_id, now).await? {
        let identity = MessageIdentity {
            incident: incident_id,
            generation,
            position: None,
            channel: &told.channel,
            recipient_key: &told.recipient_key,
            kind: Kind::Recovery.name(),
        };
        let new = NewDelivery {
            incident_id: Some(incident_id),
            execution_id: Some(execution.id),
            position: None,
            kind: Kind::Recovery.name(),
            idempotency_key: identity.key(),
            channel: told.channel,
            recipient: told.recipient,
            recipient_key: told.recipient_key,
            user_id: told.user_id,
        };
        deliveries::queue_again(tx, new, now).await?;
    }
    Ok(())
}

/// For how long somebody has had the incident; `None`: nobody has.
fn acknowledged_for(incident: &incident::Model, now: UnixMs) -> Option<Duration> {
    let at = incident.acknowledged_at.map(UnixMs::from)?;
    is_acknowledged(incident).then(|| now.since(at))
}

/// The time that an execution goes by: it stands still while the execution is held.
fn own_time(row: &execution::Model, now: UnixMs) -> UnixMs {
    row.held_at.map_or(now, UnixMs::from)
}

async fn start(
    tx: &impl ConnectionTrait,
    incident: &incident::Model,
    policy: PolicySnapshot,
    after: Duration,
    now: UnixMs,
) -> Result<(), StoreError> {
    if let Some(row) = executions::lock_of_incident(tx, incident.id).await? {
        restart(tx, incident, &row, policy, after, now).await?;
    } else {
        let place = beginning(incident, policy, now.plus(after), None)?;
        executions::insert(tx, incident.id, place, now).await?;
    }
    // What opens again may do so in the middle of what holds it back.
    settle(tx, incident, now).await?;
    Ok(())
}

async fn restart(
    tx: &impl ConnectionTrait,
    incident: &incident::Model,
    row: &execution::Model,
    policy: PolicySnapshot,
    after: Duration,
    now: UnixMs,
) -> Result<Vec<i64>, StoreError> {
    let begin = own_time(row, now).plus(after);
    let held_at = row.held_at.map(UnixMs::from);
    let place = beginning(incident, policy, begin, held_at)?;
    executions::move_on(tx, row, place, now).await?;
    let reason = "superseded: the escalation started again";
    deliveries::cancel_unsent(tx, incident.id, &ALARMS, &[], reason, now).await
}

/// The row of a policy that starts at `begin`: its first step is due that step's delay later.
fn beginning(
    incident: &incident::Model,
    policy: PolicySnapshot,
    begin: UnixMs,
    held_at: Option<UnixMs>,
) -> Result<Place, StoreError> {
    let first = begin.plus(first_delay(&policy));
    let record = Record {
        state: ExecutionState {
            next: Some((Position::START, first)),
            acknowledged: is_acknowledged(incident),
            resolved: is_resolved(incident),
            severity: severity_of(incident),
        },
        policy,
        generation: Uuid::now_v7(),
        last_step_at: None,
        held_at,
    };
    // Asked at time 0, so that nothing counts as due and the planned times come back as they are.
    let mut place = record.place(record.upcoming(UnixMs(i64::MIN)))?;
    if record.policy.steps.is_empty() {
        place.state = State::Finished;
    }
    place.policy = encode(&record.policy)?;
    Ok(place)
}

fn first_delay(policy: &PolicySnapshot) -> Duration {
    let seconds = policy.steps.first().map_or(0, |step| step.delay_seconds);
    Duration::from_secs(u64::from(seconds))
}

/// Ends an incident's snooze, because it got worse: what was put off was milder.
async fn wake(
    tx: &impl ConnectionTrait,
    incident: &incident::Model,
    now: UnixMs,
) -> Result<incident::Model, StoreError> {
    if incident.snoozed_until.is_none() {
        return Ok(incident.clone());
    }
    let incident = incidents::snooze(tx, incident.id, None, now).await?;
    let detail = json!({"text": "It got worse: it is no longer snoozed."});
    timeline::append(
        tx,
        incident.id,
        now,
        "snooze_ended",
        timeline::Actor::System,
        detail,
    )
    .await?;
    settle(tx, &incident, now).await?;
    Ok(incident)
}

/// Puts an acknowledged incident back to open, and says why.
async fn withdraw_acknowledgement(
    tx: &impl ConnectionTrait,
    incident: &incident::Model,
    why: &str,
    now: UnixMs,
) -> Result<incident::Model, StoreError> {
    let mut incident = incident.clone();
    if !is_acknowledged(&incident) {
        return Ok(incident);
    }
    incident::Entity::update_many()
        .col_expr(incident::Column::Status, Expr::value("open"))
        .col_expr(
            incident::Column::AcknowledgedAt,
            Expr::value(None::<chrono::DateTime<chrono::Utc>>),
        )
        .col_expr(incident::Column::AcknowledgedBy, Expr::value(None::<i64>))
        .col_expr(incident::Column::ChangedAt, Expr::value(now.to_datetime()))
        .filter(incident::Column::Id.eq(incident.id))
        .exec(tx)
        .await
        .map_err(StoreError::during("withdraw an acknowledgement"))?;
    timeline::append(
        tx,
        incident.id,
        now,
        "unacknowledged",
        timeline::Actor::System,
        json!({"text": why, "severity": incident.severity}),
    )
    .await?;
    "open".clone_into(&mut incident.status);
    incident.acknowledged_at = None;
    incident.acknowledged_by = None;
    Ok(incident)
}

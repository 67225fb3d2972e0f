//! What is done where a message about something critical does not arrive.
//!
//! * No provider took it within [`ACCEPTED_WITHIN`], or it failed for good: the same person is told over their next
//!   channel, or the organisation, all of its own recipients, over its next one. Retries of the first go on: retrying is
//!   not paging.
//! * A provider that tells of arrivals took it, and told of none within [`ARRIVED_WITHIN`] of the first send, whatever it
//!   refused meanwhile: the next step of the pass comes now.
//!
//! Each is done once for a delivery, in a transaction that locks the execution and asks again: not once somebody has the
//! incident, not while its escalation stands still, not for a round that is over. So of two nodes one does it, and a
//! crash before the commit leaves it for the next look.

use super::minder::{Minded, or_skip};
use super::policy::{Step, Targets};
use super::recipients::{Directory, OpenChannel, Recipient, resolve};
use super::record::Record;
use super::step::{Position, following, step_at};
use super::{ALARMS, is_acknowledged, is_resolved, severity_of};
use crate::crash_point;
use crate::notify::channel::{Registry, Settings};
use crate::notify::directory;
use crate::notify::idempotency::MessageIdentity;
use crate::notify::message::Kind;
use crate::notify::receipts;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use noc_storage::relational::deliveries::{self, NewDelivery, Status};
use noc_storage::relational::delivery_assurances::{self, Assurance, UNCONFIRMED};
use noc_storage::relational::entity::{execution, notification_delivery};
use noc_storage::relational::timeline::{self, Actor};
use noc_storage::relational::{Db, StoreError, executions, incidents, notification_channels};
use sea_orm::ConnectionTrait;
use serde_json::json;
use std::time::Duration;

/// So long a provider may take to accept a page before another channel is used as well.
pub const ACCEPTED_WITHIN: Duration = Duration::from_secs(30);

/// So long a page may be on its way before the next step comes forward.
pub const ARRIVED_WITHIN: Duration = Duration::from_secs(180);

/// Deliveries of one sort that one look attends to; the rest waits for the next.
const MOST: u64 = 200;

/// Attends to everything that is due. We are there since `since`: what waited before that is first tried where it was to
/// go, for as long as a provider may take.
///
/// # Errors
/// [`StoreError`]; what was not attended to is due at the next look.
pub(crate) async fn look(
    db: &Db,
    registry: &Registry,
    since: UnixMs,
    now: UnixMs,
) -> Result<Minded, StoreError> {
    let mut minded = Minded::default();
    for (delivery, incident) in receipts::settle_left_behind(db, registry, now).await {
        minded.deliveries.push(delivery);
        minded.incidents.extend(incident);
    }
    let settled_in = now.since(since) >= ACCEPTED_WITHIN;
    let patience = settled_in.then_some(ACCEPTED_WITHIN);
    let missed = delivery_assurances::unaccepted(db.read(), &ALARMS, patience, now, MOST);
    for id in missed.await? {
        let done = db.transaction("send over another channel", |tx| {
            let registry = registry.clone();
            Box::pin(async move {
                let done = fail_over(tx, &registry, id, now).await;
                done.inspect(|done| reached(done.as_ref(), "failing_over"))
            })
        });
        let done = or_skip(done.await, id)?.flatten();
        reached(done.as_ref(), "failed_over");
        note(&mut minded, done);
    }
    if !settled_in {
        return Ok(minded);
    }
    let telling = telling_of_arrivals(db, registry).await?;
    let silent =
        delivery_assurances::unconfirmed(db.read(), &telling, &ALARMS, ARRIVED_WITHIN, now, MOST);
    for id in silent.await? {
        let done = db.transaction("bring a step forward", |tx| {
            Box::pin(async move {
                let done = bring_forward(tx, id, now).await;
                done.inspect(|done| reached(done.as_ref(), "bringing_forward"))
            })
        });
        let done = or_skip(done.await, id)?.flatten();
        reached(done.as_ref(), "brought_forward");
        note(&mut minded, done);
    }
    Ok(minded)
}

/// The incident that something was done for, and the messages written for it.
type Done = (i64, Vec<i64>);

/// A place to die at, where something was done.
fn reached(done: Option<&Done>, place: &'static str) {
    if done.is_some() {
        crash_point::reached(place);
    }
}

fn note(minded: &mut Minded, done: Option<Done>) {
    if let Some((incident, deliveries)) = done {
        minded.incidents.push(incident);
        minded.deliveries.extend(deliveries);
    }
}

/// The channels whose provider has told of an arrival: one that was never set up to would be waited for in vain.
async fn telling_of_arrivals(db: &Db, registry: &Registry) -> Result<Vec<String>, StoreError> {
    let rows = notification_channels::all(db.read()).await?.into_iter();
    let tells = rows.filter(|row| {
        let settings = Settings::new(row.settings.as_object().cloned().unwrap_or_default());
        let hook = registry.get(&row.channel).and_then(|c| c.hook(&settings));
        let heard = row.hook_receipt_at.is_some();
        row.enabled && heard && hook.is_some() && hook == row.hook_provider.as_deref()
    });
    Ok(tells.map(|row| row.channel).collect())
}

/// A delivery whose incident still calls for somebody, with the execution locked.
struct Case {
    row: notification_delivery::Model,
    incident: i64,
    execution: execution::Model,
    record: Record,
    position: Position,
    kind: &'static str,
}

impl Case {
    /// `None`: nothing is to be done for it now.
    async fn read(
        tx: &impl ConnectionTrait,
        id: i64,
        what: Assurance,
    ) -> Result<Option<Self>, StoreError> {
        let Some(incident_id) = deliveries::get(tx, id).await?.and_then(|r| r.incident_id) else {
            return Ok(None);
        };
        let Some(execution) = executions::lock_of_incident(tx, incident_id).await? else {
            return Ok(None);
        };
        // Read again, now that nobody acknowledges or fires meanwhile.
        let row = deliveries::get(tx, id).await?;
        let incident = incidents::get(tx, incident_id).await?;
        let (Some(row), Some(incident)) = (row, incident) else {
            return Ok(None);
        };
        let calls = !is_resolved(&incident)
            && !is_acknowledged(&incident)
            && severity_of(&incident) == Severity::Critical;
        let runs = execution.held_at.is_none() && row.execution_id == Some(execution.id);
        if !calls || !runs || delivery_assurances::is_noted(tx, id, what).await? {
            return Ok(None);
        }
        let record = Record::read(&execution, &incident)?;
        let position = row.step.zip(row.pass).and_then(|(step, pass)| {
            Some(Position {
                step: u32::try_from(step).ok()?,
                pass: u32::try_from(pass).ok()?,
            })
        });
        let kind = Kind::from_name(&row.kind);
        let (Some(position), Some(kind)) = (position, kind) else {
            return Ok(None);
        };
        let case = Self {
            incident: incident_id,
            execution,
            record,
            position,
            kind: kind.name(),
            row,
        };
        // A message of a round that is over has another key than it would have today.
        let today = case.key(&case.row.channel, &case.row.recipient_key);
        Ok((today == case.row.idempotency_key).then_some(case))
    }

    fn key(&self, channel: &str, recipient_key: &str) -> String {
        let identity = MessageIdentity {
            incident: self.incident,
            generation: self.record.generation,
            position: Some(self.position),
            channel,
            recipient_key,
            kind: self.kind,
        };
        identity.key()
    }

    fn message(&self, to: &Recipient) -> NewDelivery {
        NewDelivery {
            incident_id: Some(self.incident),
            execution_id: Some(self.execution.id),
            position: self.row.step.zip(self.row.pass),
            kind: self.kind,
            idempotency_key: self.key(&to.channel, &to.key),
            channel: to.channel.clone(),
            recipient: to.address.clone(),
            recipient_key: to.key.clone(),
            user_id: to.user,
        }
    }
}

fn status_of(row: &notification_delivery::Model) -> Option<Status> {
    Status::from_name(&row.status)
}

/// Whether a rule of ours lets it wait.
fn waits(row: &notification_delivery::Model, now: UnixMs) -> bool {
    row.wanted_at.is_some_and(|at| UnixMs::from(at) > now)
}

async fn fail_over(
    tx: &impl ConnectionTrait,
    registry: &Registry,
    id: i64,
    now: UnixMs,
) -> Result<Option<Done>, StoreError> {
    let Some(case) = Case::read(tx, id, Assurance::Channel).await? else {
        return Ok(None);
    };
    let failed = match status_of(&case.row) {
        Some(Status::Failed) => true,
        // A rule put it off since it was found.
        Some(Status::Queued | Status::Retrying) if waits(&case.row, now) => return Ok(None),
        Some(Status::Queued | Status::Sending | Status::Retrying) => false,
        _ => return Ok(None),
    };
    let directory = directory::load(tx, registry, now).await?;
    let step = step_at(&case.record.policy, case.position);
    let mut outcome = Instead::Nobody;
    for all in elsewhere(&case.row.channel, case.row.user_id, &step, &directory) {
        outcome = tell(tx, &case, all, now).await?;
        if !matches!(outcome, Instead::Nobody) {
            break;
        }
    }
    write(tx, &case, failed, &outcome, now).await?;
    let queued = match outcome {
        Instead::Queued(all) => all.into_iter().filter_map(|(id, _)| id).collect(),
        _ => Vec::new(),
    };
    Ok(Some((case.incident, queued)))
}

/// What takes a message's place: those who are told, all over one channel, with their deliveries.
enum Instead {
    Queued(Vec<(Option<i64>, Recipient)>),
    /// They are told there already.
    Told(Vec<(Option<i64>, Recipient)>),
    Nobody,
}

/// Tells all of these who are not told there already.
async fn tell(
    tx: &impl ConnectionTrait,
    case: &Case,
    all: Vec<Recipient>,
    now: UnixMs,
) -> Result<Instead, StoreError> {
    let (mut queued, mut told) = (Vec::new(), Vec::new());
    for to in all {
        let key = case.key(&to.channel, &to.key);
        let there = delivery_assurances::delivery_by_key(tx, &key).await?;
        match there.as_ref().and_then(status_of) {
            None => queued.push((deliveries::queue(tx, case.message(&to), now).await?, to)),
            Some(Status::Queued | Status::Sending | Status::Sent | Status::Delivered) => {
                told.push((there.map(|row| row.id), to));
            }
            // Whoever has trouble there as well is no help.
            Some(_) => {}
        }
    }
    Ok(match (queued.is_empty(), told.is_empty()) {
        (false, _) => Instead::Queued(queued),
        (true, false) => Instead::Told(told),
        (true, true) => Instead::Nobody,
    })
}

/// Their channel, and their addresses.
fn named(all: &[(Option<i64>, Recipient)]) -> (&str, String) {
    let channel = all.first().map_or("", |(_, to)| &*to.channel);
    let addresses: Vec<&str> = all.iter().map(|(_, to)| &*to.address).collect();
    (channel, addresses.join(", "))
}

/// Writes down what took the message's place: in both logs of attempts, and, where it changed who is told, in the
/// timeline.
async fn write(
    tx: &impl ConnectionTrait,
    case: &Case,
    failed: bool,
    outcome: &Instead,
    now: UnixMs,
) -> Result<(), StoreError> {
    let row = &case.row;
    let why = row.reason.as_deref().unwrap_or("no answer yet");
    let trouble = if failed {
        format!(
            "{} was not reached by {}: {why}",
            row.recipient, row.channel
        )
    } else {
        let seconds = ACCEPTED_WITHIN.as_secs();
        format!(
            "{} was not accepted by {} within {seconds} s: {why}",
            row.recipient, row.channel
        )
    };
    let first = |all: &[(Option<i64>, Recipient)]| all.first().and_then(|(id, _)| *id);
    let (to, done) = match outcome {
        Instead::Queued(all) => {
            let (channel, addresses) = named(all);
            (first(all), format!("sent over {channel} to {addresses}"))
        }
        Instead::Told(all) => {
            let (channel, addresses) = named(all);
            let are = if all.len() == 1 { "is" } else { "are" };
            let done = format!("{addresses} {are} told over {channel} anyway");
            (first(all), done)
        }
        Instead::Nobody => (None, "no other channel reaches anybody".to_owned()),
    };
    let reason = format!("{trouble}; {done}");
    delivery_assurances::note(tx, row.id, Assurance::Channel, to, &reason, now).await?;
    deliveries::record_attempt(tx, row.id, now, "failed_over", &done, 0).await?;
    if let Instead::Queued(all) = outcome {
        let instead = format!("in place of {}: {trouble}", row.channel);
        for id in all.iter().filter_map(|(id, _)| *id) {
            deliveries::record_attempt(tx, id, now, "instead", &instead, 0).await?;
        }
    }
    if matches!(outcome, Instead::Told(..)) {
        return Ok(());
    }
    let detail = json!({
        "text": format!("{reason}."), "delivery_id": row.id, "instead_id": to, "channel": row.channel, "recipient": row.recipient,
    });
    timeline::append(tx, case.incident, now, "failed_over", Actor::System, detail).await
}

/// Where a message may go instead, the best first, those who are told together at a time: the same person over the step's
/// next channels, then over any other; then all of the organisation's own recipients in the same order, as a step without
/// targets finds them. So whoever switched a channel off is not told over it, and a person's copy is that person's, whom
/// their quiet hours and their digest hold for.
fn elsewhere(
    channel: &str,
    user: Option<i64>,
    step: &Step,
    directory: &Directory,
) -> Vec<Vec<Recipient>> {
    let order = next_channels(channel, step, directory);
    let over = |open: &OpenChannel, targets: Targets| {
        let alone = Step {
            channels: vec![open.channel.key().to_owned()],
            targets,
            ..step.clone()
        };
        resolve(&alone, directory).recipients
    };
    let mut found = Vec::new();
    for open in order.iter().filter(|_| user.is_some()) {
        let targets = Targets {
            users: user.into_iter().collect(),
            ..Targets::default()
        };
        let mut all = over(open, targets);
        all.retain(|to| to.user == user);
        found.push(all);
    }
    let own = order.iter().map(|open| over(open, Targets::default()));
    found.extend(own);
    found
}

/// The channels other than this one that are switched on: those of the step from behind it around, then the others.
fn next_channels<'d>(channel: &str, step: &Step, directory: &'d Directory) -> Vec<&'d OpenChannel> {
    let open = |key: &str| directory.channels.iter().find(|c| c.channel.key() == key);
    let mut of_step: Vec<&OpenChannel> = if step.channels.is_empty() {
        directory.channels.iter().collect()
    } else {
        step.channels.iter().filter_map(|key| open(key)).collect()
    };
    if let Some(at) = of_step.iter().position(|c| c.channel.key() == channel) {
        of_step.rotate_left(at);
    }
    let others = directory.channels.iter();
    for other in others {
        if !of_step
            .iter()
            .any(|c| c.channel.key() == other.channel.key())
        {
            of_step.push(other);
        }
    }
    of_step.retain(|c| c.channel.key() != channel);
    of_step
}

async fn bring_forward(
    tx: &impl ConnectionTrait,
    id: i64,
    now: UnixMs,
) -> Result<Option<Done>, StoreError> {
    let Some(case) = Case::read(tx, id, Assurance::Step).await? else {
        return Ok(None);
    };
    if !status_of(&case.row).is_some_and(|status| UNCONFIRMED.contains(&status)) {
        return Ok(None);
    }
    let (row, record) = (&case.row, &case.record);
    let minutes = ARRIVED_WITHIN.as_secs() / 60;
    let waited = row
        .sent_at
        .is_some_and(|at| now.since(UnixMs::from(at)) >= ARRIVED_WITHIN);
    let reason = if waited && status_of(row) == Some(Status::Sent) {
        format!(
            "Nothing was heard within {minutes} min of the message over {} to {}",
            row.channel, row.recipient
        )
    } else {
        format!(
            "{} was not reached by {} within {minutes} min",
            row.recipient, row.channel
        )
    };
    if !delivery_assurances::note(tx, id, Assurance::Step, None, &reason, now).await? {
        return Ok(None);
    }
    // Only the step after this one, and only within its pass: passes keep their distance.
    let after = following(&record.policy, &record.state, case.position, true, now);
    let next = record.state.next.filter(|(next, due)| {
        let follows = after.is_some_and(|(after, _)| after == *next);
        follows && next.pass == case.position.pass && *due > now
    });
    if next.is_none() || !executions::hasten(tx, case.execution.id, now, now).await? {
        return Ok(None);
    }
    let detail = json!({
        "text": format!("{reason}: the next step comes now."), "delivery_id": row.id, "channel": row.channel,
        "recipient": row.recipient,
    });
    timeline::append(
        tx,
        case.incident,
        now,
        "step_brought_forward",
        Actor::System,
        detail,
    )
    .await?;
    Ok(Some((case.incident, Vec::new())))
}

#[cfg(test)]
mod tests;

//! What people do to incidents. Each is one transaction: the incident, its timeline, its escalation and messages, and
//! the security log; so none of it is ever true without the rest.

#[cfg(test)]
mod tests;
mod words;

use crate::control;
use crate::crash_point;
use crate::detect::{Detector, server_down::ServerDown};
use crate::escalation::{self, NotEscalated};
use crate::parts::Parts;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Control;
use noc_pipeline::id::ServerId;
use noc_pipeline::live::LiveEvent;
use noc_storage::relational::entity::incident;
use noc_storage::relational::{
    Db, NewSecurityEvent, SecurityLevel, StoreError, incidents, timeline, users,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ActiveValue::Unchanged, DatabaseTransaction};
use serde_json::json;
use std::time::Duration;

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Row of `users`; `None`: whoever has a link that was sent to an address without an account.
    pub user_id: Option<i64>,
    /// Shown in the timeline.
    pub name: String,
    /// Client address, for the security log.
    pub ip: Option<String>,
    /// The address that the link was sent to, where they act by one and have not signed in.
    pub link: Option<String>,
}

impl Actor {
    /// As the timeline knows them.
    const fn by(&self) -> timeline::Actor<'static> {
        match self.user_id {
            Some(id) => timeline::Actor::User(id),
            None => timeline::Actor::Link,
        }
    }

    /// `by Ada`, `by Ada via link sent to ada@example.com`, `via link sent to team@example.com`.
    fn spoken(&self) -> String {
        match (self.user_id, &self.link) {
            (_, None) => format!("by {}", self.name),
            (Some(_), Some(address)) => format!("by {} via link sent to {address}", self.name),
            (None, Some(address)) => format!("via link sent to {address}"),
        }
    }
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum ActionError {
    /// The incident's status does not allow it: `409`.
    #[error("incident {id} is {status}: it cannot be {action}")]
    InvalidTransition {
        /// Which.
        id: i64,
        /// What it is.
        status: String,
        /// What was asked for.
        action: &'static str,
    },
    /// The status of a mail abuse case does not allow it: `409`.
    #[error("mail abuse case {id} is {status}: it cannot become {next}")]
    InvalidCase {
        /// Which.
        id: i64,
        /// What it is.
        status: String,
        /// What was asked for.
        next: &'static str,
    },
    /// Somebody else has it than the caller saw: `409`.
    #[error("incident {id} is with somebody else by now")]
    OwnerChanged {
        /// Which.
        id: i64,
    },
    /// It cannot be escalated by hand just now: `409`.
    #[error("incident {id} cannot be escalated: {why}")]
    NotEscalated {
        /// Which.
        id: i64,
        /// What stands in the way.
        why: NotEscalated,
    },
    /// It is not there ([`StoreError::NotFound`]), or the store could not do it.
    #[error("incident could not be changed")]
    Store(#[from] StoreError),
}

/// Takes an open incident on: steps that need it unacknowledged no longer fire, and their messages that have not left
/// are taken back. With `group`, every open incident of its group, and for a while who joins it ([`super::group`]).
///
/// # Errors
/// [`ActionError`]; then nothing changed.
pub async fn acknowledge(
    parts: &Parts,
    id: i64,
    actor: &Actor,
    group: bool,
) -> Result<incident::Model, ActionError> {
    if group {
        return super::group::acknowledge(parts, id, actor).await;
    }
    act(parts, id, actor, Action::Acknowledge).await
}

/// Relieves whoever has an acknowledged incident: the caller has it from now on, nobody is woken and nothing starts again.
/// Refused where another has it than `from`, who did when the caller looked (`None`: nobody with an account).
///
/// # Errors
/// [`ActionError`]; then nothing changed.
pub async fn take_over(
    parts: &Parts,
    id: i64,
    actor: &Actor,
    from: Option<i64>,
) -> Result<incident::Model, ActionError> {
    let name = match from {
        Some(from) => users::by_id(parts.db.read(), from).await?,
        None => None,
    };
    let name = name.map(|user| user.name);
    act(parts, id, actor, Action::TakeOver { from, name }).await
}

/// Gives an acknowledged incident back: its policy starts again from the first step.
///
/// # Errors
/// [`ActionError`]; then nothing changed.
pub async fn unacknowledge(
    parts: &Parts,
    id: i64,
    actor: &Actor,
) -> Result<incident::Model, ActionError> {
    act(parts, id, actor, Action::Unacknowledge).await
}

/// Ends an incident by hand: nothing of it fires any more, those who were told of it are told that it is over, and its
/// key stays quiet until it clears once, or for 30 min.
///
/// The decision is in the log before this returns, unless the log does not take it now: then it stands in the outbox,
/// which the runtime empties within seconds.
///
/// # Errors
/// [`ActionError`]; then nothing changed.
pub async fn resolve(
    parts: &Parts,
    id: i64,
    actor: &Actor,
) -> Result<incident::Model, ActionError> {
    let partitions = parts.log.partitions();
    let incident = act(parts, id, actor, Action::Resolve { partitions }).await?;
    if let Err(error) = control::publish(parts).await {
        tracing::warn!(incident.id = id, %error, "manual resolve not yet in the log, it follows from the outbox");
    }
    Ok(incident)
}

/// Writes a note into the timeline, whatever the incident's status.
///
/// # Errors
/// [`ActionError::Store`]; then nothing changed.
pub async fn add_note(
    parts: &Parts,
    id: i64,
    actor: &Actor,
    text: &str,
) -> Result<incident::Model, ActionError> {
    act(parts, id, actor, Action::Note(text.to_owned())).await
}

/// Tells nobody of an incident until a time, unless it gets worse; again until another time, where it is snoozed already.
///
/// # Errors
/// [`ActionError`]; then nothing changed.
pub async fn snooze(
    parts: &Parts,
    id: i64,
    actor: &Actor,
    until: UnixMs,
) -> Result<incident::Model, ActionError> {
    act(parts, id, actor, Action::Snooze { until }).await
}

/// Ends a snooze before its time.
///
/// # Errors
/// [`ActionError`]; then nothing changed.
pub async fn wake(parts: &Parts, id: i64, actor: &Actor) -> Result<incident::Model, ActionError> {
    act(parts, id, actor, Action::Wake).await
}

/// Fires the next step of an open incident now. Refused where one fired since `as_of`, the time of what the caller saw:
/// two people who press the button, or one and the timer, page one step and not two.
///
/// # Errors
/// [`ActionError`]; then nothing changed.
pub async fn escalate(
    parts: &Parts,
    id: i64,
    actor: &Actor,
    as_of: UnixMs,
) -> Result<incident::Model, ActionError> {
    act(parts, id, actor, Action::Escalate { as_of }).await
}

/// What is done to an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    Acknowledge,
    /// With its group.
    AcknowledgeTogether {
        group: i64,
        others: usize,
    },
    /// As it opened, because its group had been acknowledged.
    Covered {
        group: i64,
        /// When it had.
        since: UnixMs,
        ago: Duration,
    },
    /// From whoever has it.
    TakeOver {
        /// Who did when the caller looked.
        from: Option<i64>,
        /// Their name.
        name: Option<String>,
    },
    Unacknowledge,
    Resolve {
        /// Of the log: where the decision goes.
        partitions: u32,
    },
    /// The case that the incident is was closed: it ends, and the actor is told by whoever closed it.
    Close,
    Note(String),
    Snooze {
        until: UnixMs,
    },
    Wake,
    Escalate {
        /// The state of the escalation that the caller saw.
        as_of: UnixMs,
    },
}

impl Action {
    pub(super) fn is_allowed_for(&self, row: &incident::Model) -> bool {
        let status = row.status.as_str();
        match self {
            // Who was asked whether they are still on it says so by taking it on again.
            Self::Acknowledge | Self::AcknowledgeTogether { .. } => status == "open" || asked(row),
            Self::Covered { .. } => status == "open",
            Self::Unacknowledge => status == "acknowledged",
            Self::TakeOver { .. } => status != "resolved",
            Self::Resolve { .. } | Self::Close | Self::Snooze { .. } => status != "resolved",
            Self::Wake => status != "resolved" && row.snoozed_until.is_some(),
            Self::Escalate { .. } => status == "open",
            Self::Note(_) => true,
        }
    }
}

async fn act(
    parts: &Parts,
    id: i64,
    actor: &Actor,
    action: Action,
) -> Result<incident::Model, ActionError> {
    let now = parts.clock.now();
    let (incident, deliveries) = store(&parts.db, id, actor, &action, now).await?;
    tell(parts, &[id], deliveries).await;
    Ok(incident)
}

/// Tells open pages, and whoever waits for a time, that incidents changed.
pub(super) async fn tell(parts: &Parts, incidents: &[i64], deliveries: Vec<i64>) {
    let bus = &parts.bus;
    bus.publish(LiveEvent::ExecutionChanged { execution: 0 })
        .await;
    bus.publish(LiveEvent::DeliveriesQueued).await;
    for &incident in incidents {
        bus.publish(LiveEvent::IncidentUpdated { incident }).await;
    }
    for delivery in deliveries {
        bus.publish(LiveEvent::DeliveryUpdated { delivery }).await;
    }
}

/// The transaction: the incident as it is then, and the deliveries that were taken back.
pub(crate) async fn store(
    db: &Db,
    id: i64,
    actor: &Actor,
    action: &Action,
    now: UnixMs,
) -> Result<(incident::Model, Vec<i64>), ActionError> {
    db.transaction("change an incident", |tx| {
        let (security, actor, action) = (db.security().clone(), actor.clone(), action.clone());
        Box::pin(async move {
            let done = change(tx, id, &actor, &action, now).await?;
            let event = security_event(id, &actor, &action, now);
            security.append(tx, event).await?;
            crash_point::reached("acting");
            Ok(done)
        })
    })
    .await
    .inspect(|_| crash_point::reached("acted"))
}

pub(super) async fn change(
    tx: &DatabaseTransaction,
    id: i64,
    actor: &Actor,
    action: &Action,
    now: UnixMs,
) -> Result<(incident::Model, Vec<i64>), ActionError> {
    let row = incidents::lock(tx, id).await?;
    if !action.is_allowed_for(&row) {
        return Err(ActionError::InvalidTransition {
            id,
            status: row.status,
            action: action.name(),
        });
    }
    if let Action::TakeOver { from, .. } = action {
        // Given back, taken by a third, or by the caller already.
        let is_theirs = row.status == incidents::ACKNOWLEDGED && row.acknowledged_by == *from;
        if !is_theirs || *from == actor.user_id {
            return Err(ActionError::OwnerChanged { id });
        }
    }
    let mut change = incident::ActiveModel {
        id: Unchanged(id),
        changed_at: Set(now.to_datetime()),
        ..Default::default()
    };
    match action {
        Action::Acknowledge
        | Action::AcknowledgeTogether { .. }
        | Action::Covered { .. }
        | Action::TakeOver { .. } => {
            change.status = Set("acknowledged".to_owned());
            change.acknowledged_at = Set(Some(now.to_datetime()));
            change.acknowledged_by = Set(actor.user_id);
            change.reminded_at = Set(None);
        }
        Action::Unacknowledge => {
            change.status = Set("open".to_owned());
            change.acknowledged_at = Set(None);
            change.acknowledged_by = Set(None);
            change.reminded_at = Set(None);
        }
        Action::Resolve { .. } | Action::Close => {
            change.status = Set("resolved".to_owned());
            change.open_key = Set(None);
            change.resolved_at = Set(Some(now.to_datetime()));
            change.resolved_by = Set(actor.user_id);
            change.snoozed_until = Set(None);
        }
        Action::Snooze { until } => change.snoozed_until = Set(Some(until.to_datetime())),
        Action::Wake => change.snoozed_until = Set(None),
        Action::Note(_) | Action::Escalate { .. } => {}
    }
    let row = change
        .update(tx)
        .await
        .map_err(StoreError::during("change an incident"))?;
    let deliveries = match action {
        Action::Acknowledge | Action::AcknowledgeTogether { .. } | Action::Covered { .. } => {
            escalation::acknowledged(tx, &row, now).await?
        }
        Action::Unacknowledge => escalation::unacknowledged(tx, &row, now).await?,
        Action::Resolve { partitions } => {
            stage_resolved(tx, &row, *partitions, now).await?;
            escalation::resolved(tx, &row, now).await?;
            if let Some(server) = server_of(&row).filter(|_| row.detector == ServerDown::INFO.key) {
                escalation::settle_server(tx, server, now).await?;
            }
            Vec::new()
        }
        Action::Close => {
            escalation::resolved(tx, &row, now).await?;
            Vec::new()
        }
        Action::Snooze { .. } | Action::Wake => {
            escalation::settle(tx, &row, now).await?;
            Vec::new()
        }
        Action::Escalate { as_of } => {
            escalation::escalate(tx, &row, *as_of, now).await?;
            Vec::new()
        }
        // The escalation stands still as before.
        Action::TakeOver { .. } | Action::Note(_) => Vec::new(),
    };
    timeline::append(tx, id, now, action.name(), actor.by(), action.detail(actor)).await?;
    if row.detector == CASES {
        super::cases::follow(tx, id, actor, action, now).await?;
    }
    Ok((row, deliveries))
}

/// The detector whose incidents are cases for review.
pub(crate) const CASES: &str = "outgoing_mail_abuse";

/// Tells the server's actor, through the log. An incident without a server has no actor.
async fn stage_resolved(
    tx: &DatabaseTransaction,
    row: &incident::Model,
    partitions: u32,
    now: UnixMs,
) -> Result<(), StoreError> {
    let Some(server) = server_of(row) else {
        return Ok(());
    };
    let decision = Control::IncidentResolved {
        server,
        detector: row.detector.clone(),
        subject: row.subject.clone(),
    };
    control::stage(tx, &decision, partitions, now).await
}

/// Whether its owner was asked if they are still on it, and has not answered.
const fn asked(row: &incident::Model) -> bool {
    row.acknowledged_at.is_some() && row.reminded_at.is_some() && row.resolved_at.is_none()
}

fn server_of(row: &incident::Model) -> Option<ServerId> {
    let id = row.server_id.and_then(|id| u32::try_from(id).ok());
    id.map(ServerId)
}

pub(super) fn security_event(
    id: i64,
    actor: &Actor,
    action: &Action,
    now: UnixMs,
) -> NewSecurityEvent {
    NewSecurityEvent {
        at: now,
        level: SecurityLevel::Info,
        event_type: "incident_action",
        action: action.security_action(),
        actor_id: actor.user_id,
        actor_ip: actor.ip.clone(),
        subject: Some(format!("incident:{id}")),
        payload: match &actor.link {
            Some(_) => json!({"via": "link"}),
            None => json!({}),
        },
    }
}

//! When an escalation stands still: its server is down, its incident is snoozed, or people are working on it.
//!
//! Whether it does is a plain question to the database, asked by [`settle`] in each transaction that changes an answer:
//! `server_down` opens or ends, somebody snoozes or wakes, a window begins or ends, an incident (re)opens. So a hold cannot
//! outlive its reason, and two reasons at once need no counting: it goes on when the last of them is gone.
//!
//! A held row keeps the time at which its next step would have fired, and the moment at which its time stopped; what
//! lies between is what remains once it goes on. So no step is lost, none fires twice, and none fires in a burst.

use crate::detect::{Detector, server_down::ServerDown};
use crate::incident::routing::tags_of_all;
use crate::maintenance::{self, window::Window};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_storage::relational::entity::{execution, incident};
use noc_storage::relational::timeline::Actor;
use noc_storage::relational::{StoreError, executions, incidents, timeline};
use sea_orm::ConnectionTrait;
use serde_json::json;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

/// A step fires no sooner than this after its server came back or its maintenance ended: two reports a minute apart say
/// first whether what it would page about is still true.
pub const FRESH_RESULT: Duration = Duration::from_secs(120);

/// Why an escalation stands still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// Whoever is told that the server is gone needs no page a few minutes later that a disk of it is full.
    ServerDown,
    /// Somebody knows, and wants to hear of it later.
    Snoozed,
    /// People are working on it; the window's name.
    Maintenance(String),
}

impl Cause {
    /// In `executions.held_for`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::ServerDown => "server_down",
            Self::Snoozed => "snoozed",
            Self::Maintenance(_) => "maintenance",
        }
    }

    fn text(&self) -> String {
        match self {
            Self::ServerDown => "Held back: the server is down.".to_owned(),
            Self::Snoozed => "Held back: it is snoozed.".to_owned(),
            Self::Maintenance(name) => format!("Held back: maintenance ({name})."),
        }
    }

    fn actor(&self) -> Actor<'static> {
        match self {
            Self::ServerDown => Actor::Detector(ServerDown::INFO.key),
            Self::Snoozed | Self::Maintenance(_) => Actor::System,
        }
    }
}

/// What a held row must wait for at least, once what held it is over.
fn pause_after(held_for: Option<&str>) -> Duration {
    if held_for == Some(Cause::Snoozed.name()) {
        Duration::ZERO
    } else {
        FRESH_RESULT
    }
}

/// When a step that was due at `due` is due once what held it since `held_at` is over.
#[must_use]
pub(super) fn due_after_hold(
    due: UnixMs,
    held_at: UnixMs,
    held_for: Option<&str>,
    now: UnixMs,
) -> UnixMs {
    now.plus(due.since(held_at).max(pause_after(held_for)))
}

/// What settling changed: incidents by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settled {
    /// Their next step was put off.
    pub held: Vec<i64>,
    /// Their next step has a time again.
    pub going_on: Vec<i64>,
}

impl Settled {
    /// Takes another's changes.
    pub fn add(&mut self, other: Self) {
        self.held.extend(other.held);
        self.going_on.extend(other.going_on);
    }

    /// All that changed.
    pub fn ids(&self) -> impl Iterator<Item = i64> {
        self.held.iter().chain(&self.going_on).copied()
    }
}

/// Holds the escalations of a server's other incidents, or lets them go on, after its `server_down` opened or ended.
///
/// # Errors
/// [`StoreError`]; the caller's transaction must then not be committed.
pub async fn settle_server(
    tx: &impl ConnectionTrait,
    server: ServerId,
    now: UnixMs,
) -> Result<Settled, StoreError> {
    let open = incidents::open_of(tx, server).await?;
    let facts = Facts::of(tx, &open, now).await?;
    settle_with(tx, &open, &facts, now).await
}

/// Holds the escalation of one incident, or lets it go on.
///
/// # Errors
/// As [`settle_server`].
pub async fn settle(
    tx: &impl ConnectionTrait,
    incident: &incident::Model,
    now: UnixMs,
) -> Result<Settled, StoreError> {
    let server = incident.server_id.and_then(|id| u32::try_from(id).ok());
    let around = match server {
        Some(server) => incidents::open_of(tx, ServerId(server)).await?,
        None => Vec::new(),
    };
    let facts = Facts::of(tx, &around, now).await?;
    settle_with(tx, std::slice::from_ref(incident), &facts, now).await
}

/// [`settle`] for everything that is open.
///
/// # Errors
/// As [`settle_server`].
pub async fn settle_all(tx: &impl ConnectionTrait, now: UnixMs) -> Result<Settled, StoreError> {
    let open = incidents::all_open(tx).await?;
    let facts = Facts::of(tx, &open, now).await?;
    settle_with(tx, &open, &facts, now).await
}

async fn settle_with(
    tx: &impl ConnectionTrait,
    open: &[incident::Model],
    facts: &Facts,
    now: UnixMs,
) -> Result<Settled, StoreError> {
    let mut settled = Settled::default();
    let ids: Vec<i64> = open.iter().map(|incident| incident.id).collect();
    let by_id: HashMap<i64, &incident::Model> = open.iter().map(|i| (i.id, i)).collect();
    for row in executions::lock_of_incidents(tx, &ids).await? {
        let Some(incident) = by_id.get(&row.incident_id) else {
            continue;
        };
        match (facts.cause(incident, now), row.held_at) {
            (Some(cause), None) => {
                if hold(tx, &row, &cause, now).await? {
                    settled.held.push(incident.id);
                }
            }
            (Some(cause), Some(since)) if row.held_for.as_deref() != Some(cause.name()) => {
                let due = row.due_at.map(UnixMs::from);
                executions::hold(tx, &row, Some((since.into(), cause.name())), due, now).await?;
            }
            (None, Some(since)) => {
                if go_on(tx, &row, since.into(), now).await? {
                    settled.going_on.push(incident.id);
                }
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
    }
    Ok(settled)
}

/// What the answer depends on.
struct Facts {
    /// Servers that are down.
    down: BTreeSet<i64>,
    /// Windows that are under way.
    windows: Vec<Window>,
    /// Of servers; read only where a window may ask for them.
    tags: HashMap<i64, Vec<String>>,
}

impl Facts {
    /// `open`: at least what is open of the servers in question.
    async fn of(
        tx: &impl ConnectionTrait,
        open: &[incident::Model],
        now: UnixMs,
    ) -> Result<Self, StoreError> {
        let down = open.iter().filter(|i| i.detector == ServerDown::INFO.key);
        let windows = maintenance::under_way(tx, now).await?;
        let servers: BTreeSet<i64> = open.iter().filter_map(|i| i.server_id).collect();
        Ok(Self {
            down: down.filter_map(|incident| incident.server_id).collect(),
            tags: if windows.is_empty() {
                HashMap::new()
            } else {
                tags_of_all(tx, &servers).await?
            },
            windows,
        })
    }

    fn cause(&self, incident: &incident::Model, now: UnixMs) -> Option<Cause> {
        let is_down = incident.server_id.is_some_and(|id| self.down.contains(&id));
        if is_down && incident.detector != ServerDown::INFO.key {
            return Some(Cause::ServerDown);
        }
        let tags = incident.server_id.and_then(|id| self.tags.get(&id));
        let tags = tags.map(Vec::as_slice).unwrap_or_default();
        if let Some(name) = maintenance::choose(&self.windows, incident, tags) {
            return Some(Cause::Maintenance(name));
        }
        let snoozed = incident.snoozed_until.map(UnixMs::from);
        snoozed.filter(|until| *until > now).map(|_| Cause::Snoozed)
    }
}

/// True when a next step was put off. A row without one is held as well: giving its incident back must not page either.
async fn hold(
    tx: &impl ConnectionTrait,
    row: &execution::Model,
    cause: &Cause,
    now: UnixMs,
) -> Result<bool, StoreError> {
    let due = row.due_at.map(UnixMs::from);
    executions::hold(tx, row, Some((now, cause.name())), due, now).await?;
    let Some(due) = due else { return Ok(false) };
    let detail = json!({"text": cause.text(), "remaining_s": due.since(now).as_secs()});
    timeline::append(
        tx,
        row.incident_id,
        now,
        "escalation_held",
        cause.actor(),
        detail,
    )
    .await?;
    Ok(true)
}

/// True when a next step has a time again.
async fn go_on(
    tx: &impl ConnectionTrait,
    row: &execution::Model,
    held_at: UnixMs,
    now: UnixMs,
) -> Result<bool, StoreError> {
    let due = row.due_at.map(UnixMs::from);
    let due = due.map(|due| due_after_hold(due, held_at, row.held_for.as_deref(), now));
    executions::hold(tx, row, None, due, now).await?;
    let Some(due) = due else {
        return Ok(false);
    };
    let detail = json!({
        "text": "No longer held back: the escalation goes on.",
        "remaining_s": due.since(now).as_secs(),
    });
    let actor = if row.held_for.as_deref() == Some(Cause::ServerDown.name()) {
        Cause::ServerDown.actor()
    } else {
        Actor::System
    };
    timeline::append(
        tx,
        row.incident_id,
        now,
        "escalation_resumed",
        actor,
        detail,
    )
    .await?;
    Ok(true)
}

#[cfg(test)]
mod tests;

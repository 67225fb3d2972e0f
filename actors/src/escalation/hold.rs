//! While a server is down, the escalations of its other incidents stand still: whoever is told that the server is gone
//! needs no page a few minutes later that a disk of it is full.
//!
//! Both run in the transaction that opens or ends `server_down`, so a hold cannot outlive its reason. A held row keeps
//! the time at which its next step would have fired, and the moment at which its time stopped; what lies between is
//! what remains once it goes on. So no step is lost, none fires twice, and none fires in a burst.

use crate::detect::{Detector, server_down::ServerDown};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_storage::relational::entity::execution;
use noc_storage::relational::timeline::Actor;
use noc_storage::relational::{StoreError, executions, incidents, timeline};
use sea_orm::ConnectionTrait;
use serde_json::json;
use std::time::Duration;

/// A step fires no sooner than this after its server came back: two reports a minute apart say first whether what it
/// would page about outlived the outage.
pub const FRESH_RESULT: Duration = Duration::from_secs(120);

/// The server is down: nothing of its other open incidents fires until [`resume`]. Answers with the incidents whose
/// next step was put off; for those held already nothing changes.
///
/// # Errors
/// [`StoreError`]; the caller's transaction must then not be committed.
pub async fn hold(
    tx: &impl ConnectionTrait,
    server: ServerId,
    now: UnixMs,
) -> Result<Vec<i64>, StoreError> {
    let mut put_off = Vec::new();
    for row in others(tx, server).await? {
        if row.held_at.is_some() {
            continue;
        }
        // A row without a next step as well: giving its incident back must not page either.
        let due = row.due_at.map(UnixMs::from);
        executions::hold(tx, &row, Some(now), due, now).await?;
        let Some(due) = due else { continue };
        let detail = json!({
            "text": "Held back: the server is down.",
            "remaining_s": due.since(now).as_secs(),
        });
        note(tx, row.incident_id, now, "escalation_held", detail).await?;
        put_off.push(row.incident_id);
    }
    Ok(put_off)
}

/// The server is back, or somebody ended its `server_down` by hand: what was held goes on with the time that remained,
/// but not before [`FRESH_RESULT`]. Answers with the incidents whose next step has a time again.
///
/// # Errors
/// As [`hold`].
pub async fn resume(
    tx: &impl ConnectionTrait,
    server: ServerId,
    now: UnixMs,
) -> Result<Vec<i64>, StoreError> {
    let mut going_on = Vec::new();
    for row in others(tx, server).await? {
        let Some(held_at) = row.held_at.map(UnixMs::from) else {
            continue;
        };
        let remaining = row
            .due_at
            .map(|due| UnixMs::from(due).since(held_at).max(FRESH_RESULT));
        let due = remaining.map(|remaining| now.plus(remaining));
        executions::hold(tx, &row, None, due, now).await?;
        let Some(remaining) = remaining else { continue };
        let detail = json!({
            "text": "No longer held back: the escalation goes on.",
            "remaining_s": remaining.as_secs(),
        });
        note(tx, row.incident_id, now, "escalation_resumed", detail).await?;
        going_on.push(row.incident_id);
    }
    Ok(going_on)
}

/// The executions of the server's open incidents but `server_down`.
async fn others(
    tx: &impl ConnectionTrait,
    server: ServerId,
) -> Result<Vec<execution::Model>, StoreError> {
    let open = incidents::open_of(tx, server).await?.into_iter();
    let ids: Vec<i64> = open
        .filter(|incident| incident.detector != ServerDown::INFO.key)
        .map(|incident| incident.id)
        .collect();
    executions::lock_of_incidents(tx, &ids).await
}

async fn note(
    tx: &impl ConnectionTrait,
    incident: i64,
    now: UnixMs,
    kind: &str,
    detail: serde_json::Value,
) -> Result<(), StoreError> {
    let actor = Actor::Detector(ServerDown::INFO.key);
    timeline::append(tx, incident, now, kind, actor, detail).await
}

#[cfg(test)]
mod tests;

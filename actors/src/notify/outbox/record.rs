//! What one try came to, written in one transaction.

use crate::escalation::{is_resolved, queue_recoveries};
use crate::notify::NotifyContext;
use crate::notify::message::Kind;
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::deliveries::{self, Ending, Status};
use noc_storage::relational::entity::incident;
use noc_storage::relational::entity::notification_delivery::Model;
use noc_storage::relational::timeline::Actor;
use noc_storage::relational::{StoreError, executions, notification_channels, timeline};
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// How a claim ends.
pub(super) struct Conclusion {
    /// The row from now on.
    pub ending: Ending,
    /// `None`: nothing was sent.
    pub attempt: Option<Attempt>,
    /// What the channel's row said before; a success of a healthy one is no news.
    pub channel_was_healthy: bool,
}

/// One send.
pub(super) struct Attempt {
    /// When it began.
    pub at: UnixMs,
    /// How long the provider took.
    pub took: Duration,
    /// `sent`, `retry` or `permanent`.
    pub outcome: &'static str,
    /// The provider's words.
    pub detail: String,
}

/// Writes the row, the attempt, the channel's health, a line in the timeline where somebody was not reached, and the
/// recovery that is owed when a message left, or a recovery was taken back, while its incident was being resolved.
pub(super) async fn record(
    context: &NotifyContext,
    row: &Model,
    conclusion: &Arc<Conclusion>,
) -> Result<(), StoreError> {
    let now = context.clock.now();
    let db = &context.db;
    db.transaction("record a delivery", |tx| {
        let (row, conclusion) = (row.clone(), Arc::clone(conclusion));
        Box::pin(async move { write(tx, &row, &conclusion, now).await })
    })
    .await
}

async fn write(
    tx: &impl ConnectionTrait,
    row: &Model,
    conclusion: &Conclusion,
    now: UnixMs,
) -> Result<(), StoreError> {
    let ending = &conclusion.ending;
    let failed = ending.status == Status::Failed;
    if let Some(attempt) = &conclusion.attempt {
        let took_ms = i64::try_from(attempt.took.as_millis()).unwrap_or(i64::MAX);
        deliveries::record_attempt(
            tx,
            row.id,
            attempt.at,
            attempt.outcome,
            &attempt.detail,
            took_ms,
        )
        .await?;
        let channel = row.channel.as_str();
        match attempt.outcome {
            "sent" if !conclusion.channel_was_healthy => {
                notification_channels::set_health(tx, channel, None).await?;
            }
            "permanent" => {
                notification_channels::set_health(tx, channel, Some(&attempt.detail)).await?;
            }
            _ => {}
        }
    }
    let recovery_taken_back =
        ending.status == Status::Cancelled && row.kind == Kind::Recovery.name();
    if (ending.status == Status::Sent || recovery_taken_back) && row.incident_id.is_some() {
        // The same lock that resolving takes: either it sees how this message ended, or we see the incident as over.
        return owe_recovery(tx, row, ending, now).await;
    }
    let held = deliveries::finish(tx, row, ending.clone(), now).await?;
    if let Some(incident) = row.incident_id.filter(|_| held && failed) {
        let reason = ending.reason.as_deref().unwrap_or_default();
        let detail = json!({
            "text": format!("{} was not reached by {}: {reason}", row.recipient, row.channel),
            "delivery_id": row.id, "channel": row.channel, "recipient": row.recipient, "reason": reason,
        });
        timeline::append(tx, incident, now, "delivery_failed", Actor::System, detail).await?;
    }
    Ok(())
}

async fn owe_recovery(
    tx: &impl ConnectionTrait,
    row: &Model,
    ending: &Ending,
    now: UnixMs,
) -> Result<(), StoreError> {
    let Some(incident_id) = row.incident_id else {
        return Ok(());
    };
    let execution = executions::lock_of_incident(tx, incident_id).await?;
    deliveries::finish(tx, row, ending.clone(), now).await?;
    let over = incident::Entity::find_by_id(incident_id)
        .one(tx)
        .await
        .map_err(StoreError::during("read an incident"))?
        .is_some_and(|incident| is_resolved(&incident));
    match execution {
        Some(execution) if over => queue_recoveries(tx, incident_id, &execution, now).await,
        _ => Ok(()),
    }
}

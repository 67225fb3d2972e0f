//! What one try came to, written in one transaction.

use super::notice;
use crate::crash_point;
use crate::escalation::{is_resolved, queue_recoveries};
use crate::notify::NotifyContext;
use crate::notify::breaker::Breaker;
use crate::notify::channel::Registry;
use crate::notify::message::Kind;
use crate::notify::personal;
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::deliveries::{self, Ending, Status, bundles};
use noc_storage::relational::entity::notification_delivery::Model;
use noc_storage::relational::entity::{incident, notification_channel};
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
    /// What it says of the channel.
    pub news: News,
}

/// What a try says of its channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// Nothing that its row does not say.
    Nothing,
    /// It works, again.
    Works,
    /// It will never take messages like this one.
    Refuses,
    /// Its provider answered, not with a yes.
    Answered,
    /// Its provider asked to be left alone until then.
    Limited(UnixMs),
    /// Its provider was not there.
    Away,
    /// It was to be tried, and then there was nothing to send.
    NotTried,
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

/// Rows that left in one message, or did not, and how each claim ends.
pub(super) type Settled = Arc<Vec<(Model, Conclusion)>>;

/// Writes rows, attempts, the channel's health, a line in the timeline where somebody was not reached, and the recoveries
/// that are owed when a message left, or a recovery was taken back, while its incident was being resolved. All in one
/// transaction: rows that left in one message have left together, or return together.
pub(super) async fn record_all(context: &NotifyContext, rows: &Settled) -> Result<(), StoreError> {
    record_several(context, vec![Arc::clone(rows)]).await
}

/// [`record_all`] for several messages, in one transaction.
pub(super) async fn record_several(
    context: &NotifyContext,
    messages: Vec<Settled>,
) -> Result<(), StoreError> {
    let now = context.clock.now();
    let messages = Arc::new(messages);
    let db = &context.db;
    db.transaction("record deliveries", |tx| {
        let messages = Arc::clone(&messages);
        let registry = context.registry.clone();
        Box::pin(async move {
            let mut rows: Vec<_> = messages.iter().flat_map(|rows| rows.iter()).collect();
            // The order in which everybody locks: so two nodes wait for each other, and never each for the other.
            rows.sort_by_key(|(row, _)| (row.incident_id, row.id));
            for (row, conclusion) in rows {
                write(tx, &registry, row, conclusion, now).await?;
            }
            crash_point::reached("recording_delivery");
            Ok(())
        })
    })
    .await
}

async fn write(
    tx: &impl ConnectionTrait,
    registry: &Registry,
    row: &Model,
    conclusion: &Conclusion,
    now: UnixMs,
) -> Result<(), StoreError> {
    let ending = &conclusion.ending;
    let failed = ending.status == Status::Failed;
    if conclusion.attempt.is_none() {
        // If it is ever sent, then by itself, or with others than those it was claimed with.
        bundles::part(tx, &[row.id]).await?;
    }
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
    }
    let may_fail = matches!(conclusion.news, News::Refuses | News::Away);
    let worked = may_fail && works(tx, &row.channel).await?;
    note_news(tx, row, conclusion, now).await?;
    if worked {
        notice::tell(tx, registry, &row.channel, now).await?;
    }
    let recovery_taken_back =
        ending.status == Status::Cancelled && row.kind == Kind::Recovery.name();
    if (ending.status == Status::Sent || recovery_taken_back) && row.incident_id.is_some() {
        // The same lock that resolving takes: either it sees how this message ended, or we see the incident as over.
        return owe_recovery(tx, row, ending, now).await;
    }
    let held = deliveries::finish(tx, row, ending.clone(), now).await?;
    if ending.status == Status::Sent && row.kind == Kind::Summary.name() {
        personal::summary::sent(tx, row, now).await?;
    }
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

async fn works(tx: &impl ConnectionTrait, channel: &str) -> Result<bool, StoreError> {
    let row = notification_channels::by_key(tx, channel).await?;
    Ok(row.is_some_and(|row| row.healthy))
}

async fn note_news(
    tx: &impl ConnectionTrait,
    row: &Model,
    conclusion: &Conclusion,
    now: UnixMs,
) -> Result<(), StoreError> {
    let channel = row.channel.as_str();
    let error = conclusion.ending.reason.as_deref().unwrap_or_default();
    match conclusion.news {
        News::Nothing => Ok(()),
        News::Works => notification_channels::set_health(tx, channel, None, now).await,
        News::Refuses => notification_channels::set_health(tx, channel, Some(error), now).await,
        News::Answered => notification_channels::set_answered(tx, channel).await,
        News::Limited(until) => {
            notification_channels::set_answered(tx, channel).await?;
            notification_channels::pause(tx, channel, until, error).await
        }
        News::Away => {
            let next = |known: &notification_channel::Model| {
                let before = Breaker::of(known);
                let after = before.unavailable(now);
                if before.probe_at.is_none() && after.probe_at.is_some() {
                    tracing::warn!(channel, error, "channel's provider is away: messages wait");
                }
                (after.failures, after.probe_at)
            };
            notification_channels::set_away(tx, channel, error, next, now).await
        }
        News::NotTried => {
            let known = notification_channels::by_key(tx, channel).await?;
            if let Some(known) = known.filter(|known| known.probe_at.is_some()) {
                let failures = Breaker::of(&known).failures;
                notification_channels::set_probe(tx, &known, failures, now).await?;
            }
            Ok(())
        }
    }
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

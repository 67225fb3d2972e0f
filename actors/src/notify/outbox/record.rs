//! What one try came to, written in one transaction.

use super::notice;
use crate::crash_point;
use crate::escalation::queue_recoveries;
use crate::notify::NotifyContext;
use crate::notify::breaker::Breaker;
use crate::notify::channel::Registry;
use crate::notify::message::Kind;
use crate::notify::personal;
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::deliveries::{self, Ending, NewAttempt, Status, bundles};
use noc_storage::relational::entity::notification_delivery::Model;
use noc_storage::relational::entity::{execution, notification_channel};
use noc_storage::relational::timeline::Actor;
use noc_storage::relational::{StoreError, executions, notification_channels, timeline};
use sea_orm::ConnectionTrait;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashMap};
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

impl Conclusion {
    /// Whether a rule of ours lets it wait.
    pub(super) fn is_put_off(&self) -> bool {
        self.attempt.is_none() && self.ending.next_attempt_at.is_some()
    }
}

/// What a try says of its channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum News {
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
    /// Its provider asked to leave this recipient alone for so long; others are sent to.
    Crowded(Duration),
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
            write_all(tx, &registry, &rows, now).await?;
            crash_point::reached("recording_delivery");
            Ok(())
        })
    })
    .await
}

async fn write_all(
    tx: &impl ConnectionTrait,
    registry: &Registry,
    rows: &[&(Model, Conclusion)],
    now: UnixMs,
) -> Result<(), StoreError> {
    let crowded = rows.iter().filter_map(|(row, end)| match end.news {
        News::Crowded(pause) => Some(((&row.channel, &row.recipient_key), pause)),
        _ => None,
    });
    // Once for each recipient, and before anything else is locked.
    let mut longest = BTreeMap::<_, Duration>::new();
    for (recipient, pause) in crowded {
        let known = longest.entry(recipient).or_default();
        *known = pause.max(*known);
    }
    for ((channel, recipient), pause) in longest {
        deliveries::keep_distance(tx, channel, recipient, pause, now).await?;
    }
    let before = Before::read(tx, rows).await?;
    let changing = rows
        .iter()
        .filter(|(row, end)| before.changes_who_was_told(row, end));
    let about: BTreeSet<i64> = changing.filter_map(|(row, _)| row.incident_id).collect();
    let about: Vec<i64> = about.into_iter().collect();
    // The same locks that resolving takes: either it sees how these messages ended, or we see the incident as over.
    let executions = executions::lock_of_incidents(tx, &about).await?;
    let unsent = rows.iter().filter(|(_, end)| end.attempt.is_none());
    let unsent: Vec<i64> = unsent.map(|(row, _)| row.id).collect();
    // If they are ever sent, then by themselves, or with others than those they were claimed with.
    bundles::part(tx, &unsent).await?;
    let tries = rows.iter().filter_map(|(row, end)| {
        let attempt = end.attempt.as_ref()?;
        Some(NewAttempt {
            delivery_id: row.id,
            at: attempt.at,
            outcome: attempt.outcome.to_owned(),
            detail: attempt.detail.clone(),
            duration_ms: i64::try_from(attempt.took.as_millis()).unwrap_or(i64::MAX),
        })
    });
    deliveries::record_attempts(tx, tries.collect()).await?;
    for (row, conclusion) in rows {
        let ending = before.ending(row, conclusion);
        write(tx, registry, row, conclusion, ending, now).await?;
    }
    // Oldest first: of several the last one counts.
    let executions = executions.iter().map(|row| (row.incident_id, row));
    let mut executions: HashMap<i64, &execution::Model> = executions.collect();
    for incident in executions::resolved_among(tx, &about).await? {
        if let Some(execution) = executions.remove(&incident) {
            queue_recoveries(tx, incident, execution, now).await?;
        }
    }
    Ok(())
}

/// What became of rows that did not leave this time, before.
struct Before {
    /// Those that nothing was sent of now, and that were sent before, or may have been.
    tried: BTreeSet<i64>,
    /// Those that may have arrived: nobody said what came of a send.
    doubtful: BTreeSet<i64>,
}

impl Before {
    async fn read(
        tx: &impl ConnectionTrait,
        rows: &[&(Model, Conclusion)],
    ) -> Result<Self, StoreError> {
        let not_sent = rows
            .iter()
            .filter(|(_, end)| end.ending.status != Status::Sent);
        // A test says by itself that its result is not known.
        let not_sent = not_sent.filter(|(row, _)| row.kind != Kind::Test.name());
        let put_off = not_sent.clone().filter(|(_, end)| end.is_put_off());
        let put_off: Vec<i64> = put_off.map(|(row, _)| row.id).collect();
        let not_sent: Vec<i64> = not_sent.map(|(row, _)| row.id).collect();
        Ok(Self {
            tried: deliveries::tried(tx, &put_off).await?,
            doubtful: deliveries::may_have_arrived(tx, &not_sent).await?,
        })
    }

    /// Whether it matters to the recoveries that an incident owes.
    fn changes_who_was_told(&self, row: &Model, conclusion: &Conclusion) -> bool {
        match conclusion.ending.status {
            Status::Sent | Status::Cancelled => true,
            // Whoever asked meanwhile told nobody to whom it was being sent.
            _ => row.kind != Kind::Recovery.name(),
        }
    }

    /// How a row ends, as far as those who judged it could not know.
    fn ending(&self, row: &Model, conclusion: &Conclusion) -> Ending {
        let mut ending = conclusion.ending.clone();
        if ending.status == Status::Queued && (row.attempts > 0 || self.tried.contains(&row.id)) {
            ending.status = Status::Retrying;
        }
        if ending.next_attempt_at.is_none() && self.doubtful.contains(&row.id) {
            let why = ending.reason.unwrap_or_default();
            ending.reason = Some(format!("{why}; it may have arrived all the same"));
        }
        ending
    }
}

async fn write(
    tx: &impl ConnectionTrait,
    registry: &Registry,
    row: &Model,
    conclusion: &Conclusion,
    ending: Ending,
    now: UnixMs,
) -> Result<(), StoreError> {
    let failed = ending.status == Status::Failed;
    let may_fail = matches!(conclusion.news, News::Refuses | News::Away);
    let worked = may_fail && works(tx, &row.channel).await?;
    note_news(tx, row, conclusion, now).await?;
    if worked {
        notice::tell(tx, registry, &row.channel, now).await?;
    }
    let held = deliveries::finish(tx, row, ending.clone(), now).await?;
    if let Some(again) = ending
        .next_attempt_at
        .filter(|_| held && conclusion.is_put_off())
    {
        deliveries::want_from(tx, row.id, again).await?;
    }
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
        News::Answered | News::Crowded(_) => notification_channels::set_answered(tx, channel).await,
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
        News::NotTried => not_tried(tx, channel, now).await,
    }
}

/// A channel that was to be tried was not: whatever is due next tries it.
pub(super) async fn not_tried(
    tx: &impl ConnectionTrait,
    channel: &str,
    now: UnixMs,
) -> Result<(), StoreError> {
    let known = notification_channels::by_key(tx, channel).await?;
    if let Some(known) = known.filter(|known| known.probe_at.is_some()) {
        let failures = Breaker::of(&known).failures;
        notification_channels::set_probe(tx, &known, failures, now).await?;
    }
    Ok(())
}

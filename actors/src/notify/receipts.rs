//! What providers tell of messages that they took: a delivery that was sent is `delivered` or `failed` by it, or sent again
//! by the schedule of every retry, and never taken back from where it arrived.
//!
//! Each word is a transaction of its own. One about a message that nobody knows is dropped, unless a worker may be about
//! to write that message's id down; then it waits ([`delivery_receipts`]), and [`settle`] is called by both sides;
//! where the one that was to call it died, the next look does ([`settle_left_behind`]).

use super::NotifyContext;
use super::channel::receipt::{Fate, Receipt};
use super::channel::{Channel, Registry, Settings};
use super::message::Kind;
use super::outbox::tell;
use super::personal::summary;
use super::retry::{LEAST, Retry, after_failure, until_tomorrow, whole_schedule};
use crate::crash_point;
use crate::parts::Parts;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::live::LiveEvent;
use noc_storage::relational::deliveries::{self, Status};
use noc_storage::relational::delivery_receipts::Onward;
use noc_storage::relational::entity::{notification_channel, notification_delivery};
use noc_storage::relational::timeline::{self, Actor};
use noc_storage::relational::{
    Db, StoreError, delivery_receipts, executions, notification_channels,
};
use sea_orm::ConnectionTrait;
use serde_json::json;
use std::collections::BTreeSet;

/// States of a delivery that is to be sent, or being sent.
const UNDER_WAY: [Status; 3] = [Status::Queued, Status::Sending, Status::Retrying];

/// Words that one look for forgotten ones reads.
const MOST_LEFT_BEHIND: u64 = 500;

/// Takes in what the provider of a channel told; how many deliveries moved on.
///
/// # Errors
/// [`StoreError`]; what was taken in until then stays, and telling all of it again changes nothing twice.
pub async fn take(
    parts: &Parts,
    registry: &Registry,
    channel: &notification_channel::Model,
    provider: &str,
    receipts: &[Receipt],
) -> Result<u64, StoreError> {
    let (db, now) = (&parts.db, parts.clock.now());
    if receipts.is_empty() {
        return Ok(0);
    }
    let noted = db.transaction("note that a provider called", |tx| {
        let (channel, provider) = (channel.clone(), provider.to_owned());
        Box::pin(
            async move { notification_channels::note_receipt(tx, &channel, &provider, now).await },
        )
    });
    noted.await?;
    let mut moved = Vec::new();
    for receipt in receipts {
        moved.extend(take_one(db, registry, &channel.channel, receipt, now).await?);
    }
    for (delivery, incident) in &moved {
        let delivery = *delivery;
        parts
            .bus
            .publish(LiveEvent::DeliveryUpdated { delivery })
            .await;
        if let Some(incident) = *incident {
            parts
                .bus
                .publish(LiveEvent::IncidentUpdated { incident })
                .await;
        }
    }
    Ok(moved.len() as u64)
}

/// A delivery that moved, and the incident whose timeline says so.
type Moved = (i64, Option<i64>);

/// What one word did: the deliveries that moved, several where they left as one message.
pub(crate) async fn take_one(
    db: &Db,
    registry: &Registry,
    channel: &str,
    receipt: &Receipt,
    now: UnixMs,
) -> Result<Vec<Moved>, StoreError> {
    let done = db.transaction("take a receipt in", |tx| {
        let (channel, receipt) = (channel.to_owned(), receipt.clone());
        let registry = registry.clone();
        Box::pin(async move {
            let (fate, words) = (receipt.fate, receipt.words.as_str());
            let ids = &receipt.ids;
            let rows = delivery_receipts::find(tx, &channel, ids).await?;
            if rows.is_empty() {
                let kept = delivery_receipts::keep_early(tx, &channel, ids, fate, words, now);
                return Ok((Vec::new(), kept.await?));
            }
            let word = Word {
                channel: &channel,
                ids,
                fate,
                words,
                at: now,
            };
            let moved = write_all(tx, &registry, rows, word, now).await?;
            if !moved.is_empty() {
                crash_point::reached("taking_receipt");
            }
            Ok::<_, StoreError>((moved, false))
        })
    });
    let (mut moved, kept) = done.await?;
    if !moved.is_empty() {
        crash_point::reached("receipt_taken");
    }
    if kept {
        // Its id may have been written down just before this was kept.
        let found = delivery_receipts::find(db.write(), channel, &receipt.ids).await?;
        let ids: BTreeSet<_> = found
            .into_iter()
            .filter_map(|row| row.provider_id)
            .collect();
        for id in ids {
            moved.extend(settle(db, registry, channel, &id, now).await?);
        }
    }
    Ok(moved)
}

/// [`settle`] for messages that just left, where providers of their channel tell of arrivals. What goes wrong is
/// logged: they left all the same, and the next look finds the word.
pub(crate) async fn settle_sent(
    context: &NotifyContext,
    channel: &dyn Channel,
    provider_ids: BTreeSet<&str>,
) {
    if channel.hook(&Settings::default()).is_none() {
        return;
    }
    let (registry, now) = (&context.registry, context.clock.now());
    for id in provider_ids {
        if let Err(error) = settle(&context.db, registry, channel.key(), id, now).await {
            tracing::warn!(channel = channel.key(), %error, "early receipts not looked at");
        }
    }
}

/// Applies what was told of a message before its id was written down. Called after that was committed.
pub(crate) async fn settle(
    db: &Db,
    registry: &Registry,
    channel: &str,
    provider_id: &str,
    now: UnixMs,
) -> Result<Vec<Moved>, StoreError> {
    db.transaction("apply early receipts", |tx| {
        let (channel, id) = (channel.to_owned(), provider_id.to_owned());
        let registry = registry.clone();
        Box::pin(async move {
            let mut moved = Vec::new();
            for early in delivery_receipts::take_early(tx, &channel, &id).await? {
                let Some(fate) = Fate::from_stored(&early.fate) else {
                    continue;
                };
                let ids = std::slice::from_ref(&id);
                let rows = delivery_receipts::find(tx, &channel, ids).await?;
                let word = Word {
                    channel: &channel,
                    ids,
                    fate,
                    words: &early.words,
                    at: early.at.into(),
                };
                moved.extend(write_all(tx, &registry, rows, word, now).await?);
            }
            Ok(moved)
        })
    })
    .await
}

/// Applies early receipts whose [`settle`] was not reached: whoever was about to call it died. What cannot be applied is
/// logged and waits for the next look: it holds up no other, and none of what that look is for.
pub(crate) async fn settle_left_behind(db: &Db, registry: &Registry, now: UnixMs) -> Vec<Moved> {
    let left = match delivery_receipts::left_behind(db.read(), MOST_LEFT_BEHIND).await {
        Ok(left) => left,
        Err(error) => {
            tracing::warn!(%error, "early receipts not looked for");
            return Vec::new();
        }
    };
    let mut moved = Vec::new();
    for (channel, id) in left {
        match settle(db, registry, &channel, &id, now).await {
            Ok(one) => moved.extend(one),
            Err(error) => tracing::warn!(%channel, %error, "an early receipt is not applied yet"),
        }
    }
    moved
}

/// What a provider told of one message.
#[derive(Clone, Copy)]
struct Word<'a> {
    channel: &'a str,
    /// What the provider may call it.
    ids: &'a [String],
    fate: Fate,
    words: &'a str,
    /// When it was told: what it asks for began then.
    at: UnixMs,
}

/// `rows`: as they were before anything was locked.
async fn write_all(
    tx: &impl ConnectionTrait,
    registry: &Registry,
    rows: Vec<notification_delivery::Model>,
    word: Word<'_>,
    now: UnixMs,
) -> Result<Vec<Moved>, StoreError> {
    let (words, fate) = (word.words, word.fate.after(now.since(word.at)));
    // The order in which everybody locks: the recipient, executions, deliveries.
    if let (Fate::Crowded(_), Some(row)) = (fate, rows.first()) {
        deliveries::hold_recipient(tx, &row.channel, &row.recipient_key, now).await?;
    }
    let about: BTreeSet<i64> = rows.iter().filter_map(|row| row.incident_id).collect();
    let about: Vec<i64> = about.into_iter().collect();
    executions::lock_of_incidents(tx, &about).await?;
    // Somebody may have moved them before that was held.
    let mut rows = delivery_receipts::find(tx, word.channel, word.ids).await?;
    rows.sort_by_key(|row| (row.incident_id, row.id));
    let Some(to) = onward(&rows, fate, now) else {
        return Ok(Vec::new());
    };
    let mut moved = Vec::new();
    for row in &rows {
        if note(tx, row, fate, to, words, now).await? {
            moved.push(row);
        }
    }
    if let Some(row) = moved.first() {
        note_health(tx, registry, row, fate, to, words, now).await?;
        if let (Fate::Crowded(pause), Onward::Again { .. }) = (word.fate, to) {
            deliveries::keep_distance(tx, &row.channel, &row.recipient_key, pause, word.at).await?;
        }
    }
    let mut told = Vec::new();
    for row in moved {
        told.push((row.id, miss(tx, row, to, words, now).await?));
    }
    Ok(told)
}

/// Where a word moves everything that left in its message: all of it leaves together again, or nothing does.
fn onward(rows: &[notification_delivery::Model], fate: Fate, now: UnixMs) -> Option<Onward> {
    let asked = match fate {
        Fate::OnItsWay => return None,
        Fate::Delivered | Fate::Read => return Some(Onward::Delivered),
        Fate::Failed | Fate::Barred => return Some(Onward::Failed),
        Fate::Later => None,
        Fate::Limited(pause) | Fate::Crowded(pause) => Some(pause),
        Fate::Tomorrow => Some(used_up_until(rows.first()?, now).since(now)),
    };
    // A test may have been sent with settings that nobody saved, and whoever sent it looks at it now.
    if rows.iter().any(|row| row.kind == Kind::Test.name()) {
        return Some(Onward::Failed);
    }
    // By now every send would have been made: what it says is history.
    let late = now.minus(whole_schedule());
    if rows
        .iter()
        .any(|row| row.sent_at.is_some_and(|at| UnixMs::from(at) < late))
    {
        return Some(Onward::Failed);
    }
    // The send that came to nothing is counted by now.
    let sends = rows.iter().map(|row| row.attempts).max()?;
    let before = u32::try_from(sends).unwrap_or(0).saturating_sub(1);
    Some(match after_failure(before, asked) {
        Retry::Again { pause, attempts } => Onward::Again {
            at: now.plus(match fate {
                Fate::Crowded(asked) => asked.max(LEAST),
                _ => pause,
            }),
            attempts: i32::try_from(attempts).unwrap_or(i32::MAX),
        },
        Retry::GiveUp { .. } => Onward::Failed,
    })
}

/// Moves the delivery, and writes what was said into its log of attempts: once, and of a send that is repeated each time.
/// False: it stands elsewhere by now.
async fn note(
    tx: &impl ConnectionTrait,
    row: &notification_delivery::Model,
    fate: Fate,
    to: Onward,
    words: &str,
    now: UnixMs,
) -> Result<bool, StoreError> {
    let moved = delivery_receipts::move_on(tx, row.id, to, words, now).await?;
    let outcome = match to {
        Onward::Delivered => fate.name(),
        Onward::Failed => "failed",
        Onward::Again { .. } => "retry",
    };
    let is_new = if matches!(to, Onward::Again { .. }) {
        moved
    } else {
        let known = deliveries::attempts_of(tx, row.id).await?;
        let mut known = known.iter();
        // Of a send that is repeated by now nothing more is news.
        let is_over = moved || !UNDER_WAY.iter().any(|status| status.name() == row.status);
        is_over && !known.any(|one| one.outcome == outcome && one.detail == words)
    };
    if is_new {
        deliveries::record_attempt(tx, row.id, now, outcome, words, 0).await?;
    }
    Ok(moved)
}

/// What a message that moved says of its channel. `row`: one that left in it.
async fn note_health(
    tx: &impl ConnectionTrait,
    registry: &Registry,
    row: &notification_delivery::Model,
    fate: Fate,
    to: Onward,
    words: &str,
    now: UnixMs,
) -> Result<(), StoreError> {
    let channel = row.channel.as_str();
    let Some(before) = notification_channels::by_key(tx, channel).await? else {
        return Ok(());
    };
    // It left by settings that are others by now.
    if row.sent_at.is_some_and(|at| at < before.updated_at) {
        return Ok(());
    }
    // What is not sent again is history, or a test by whatever settings.
    let again = matches!(to, Onward::Again { .. });
    let until = match fate {
        _ if !again => now,
        Fate::Limited(pause) => now.plus(pause),
        Fate::Tomorrow => used_up_until(row, now),
        _ => now,
    };
    if until > now {
        notification_channels::pause(tx, channel, until, words).await?;
    }
    // What shows whether a channel works shows it, however it failed. A code that proves an address proves no more.
    let refuses = match Kind::from_name(&row.kind) {
        Some(Kind::Canary) => to == Onward::Failed,
        Some(Kind::Verification) => false,
        _ => fate == Fate::Barred,
    };
    if refuses {
        notification_channels::set_doubted(tx, channel, words, now).await?;
        // Of one that was doubted before it is said once a day.
        if before.healthy || before.doubted {
            tell(tx, registry, channel, now).await?;
        }
    } else if to == Onward::Delivered && before.doubted && row.sent_at >= before.unhealthy_since {
        notification_channels::set_arrived(tx, channel).await?;
    }
    Ok(())
}

/// The end of the day whose messages were used up when this one left.
fn used_up_until(row: &notification_delivery::Model, now: UnixMs) -> UnixMs {
    let left = row.sent_at.map_or(now, UnixMs::from);
    left.plus(until_tomorrow(left))
}

/// What else is true where a delivery did not arrive: the incident whose timeline names who was not reached.
async fn miss(
    tx: &impl ConnectionTrait,
    row: &notification_delivery::Model,
    to: Onward,
    words: &str,
    now: UnixMs,
) -> Result<Option<i64>, StoreError> {
    if to == Onward::Delivered {
        return Ok(None);
    }
    if row.kind == Kind::Summary.name() {
        summary::did_not_arrive(tx, row, now).await?;
    }
    if let (Onward::Failed, Some(incident)) = (to, row.incident_id) {
        let detail = json!({
            "text": format!("{} was not reached by {}: {words}", row.recipient, row.channel),
            "delivery_id": row.id, "channel": row.channel, "recipient": row.recipient, "reason": words,
        });
        timeline::append(tx, incident, now, "delivery_failed", Actor::System, detail).await?;
        return Ok(Some(incident));
    }
    Ok(None)
}

#[cfg(test)]
mod tests;

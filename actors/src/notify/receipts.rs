//! What providers tell of messages that they took: a delivery that was sent is `delivered` or `failed` by it, never back.
//!
//! Each word is a transaction of its own. One about a message that nobody knows is dropped, unless a worker may be about
//! to write that message's id down; then it waits ([`delivery_receipts`]), and [`settle`] is called by both sides;
//! where the one that was to call it died, the next look does ([`settle_left_behind`]).

use super::NotifyContext;
use super::channel::receipt::{Fate, Receipt};
use super::channel::{Channel, Registry, Settings};
use super::message::Kind;
use super::outbox::tell;
use crate::crash_point;
use crate::parts::Parts;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::live::LiveEvent;
use noc_storage::relational::deliveries::{self, Status};
use noc_storage::relational::entity::{notification_channel, notification_delivery};
use noc_storage::relational::timeline::{self, Actor};
use noc_storage::relational::{Db, StoreError, delivery_receipts, notification_channels};
use sea_orm::ConnectionTrait;
use serde_json::json;
use std::collections::BTreeSet;

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
            let moved = write_all(tx, &registry, &rows, fate, words, now).await?;
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
                let Some(fate) = Fate::from_name(&early.fate) else {
                    continue;
                };
                let ids = [id.clone()];
                let rows = delivery_receipts::find(tx, &channel, &ids).await?;
                moved.extend(write_all(tx, &registry, &rows, fate, &early.words, now).await?);
            }
            Ok(moved)
        })
    })
    .await
}

/// Applies early receipts whose [`settle`] was not reached: whoever was about to call it died.
pub(crate) async fn settle_left_behind(
    db: &Db,
    registry: &Registry,
    now: UnixMs,
) -> Result<Vec<Moved>, StoreError> {
    let mut moved = Vec::new();
    for (channel, id) in delivery_receipts::left_behind(db.read(), MOST_LEFT_BEHIND).await? {
        moved.extend(settle(db, registry, &channel, &id, now).await?);
    }
    Ok(moved)
}

async fn write_all(
    tx: &impl ConnectionTrait,
    registry: &Registry,
    rows: &[notification_delivery::Model],
    fate: Fate,
    words: &str,
    now: UnixMs,
) -> Result<Vec<Moved>, StoreError> {
    let mut moved = Vec::new();
    for row in rows {
        moved.extend(write(tx, registry, row, fate, words, now).await?);
    }
    Ok(moved)
}

/// Moves the delivery, and writes down what was said: in its log of attempts, once; where somebody was not reached, in
/// the timeline; and where it was the channel's message of the day, in the channel's health.
async fn write(
    tx: &impl ConnectionTrait,
    registry: &Registry,
    row: &notification_delivery::Model,
    fate: Fate,
    words: &str,
    now: UnixMs,
) -> Result<Option<Moved>, StoreError> {
    if fate.status().is_none() {
        return Ok(None);
    }
    let moved = delivery_receipts::move_on(tx, row.id, fate, words, now).await?;
    let known = deliveries::attempts_of(tx, row.id).await?;
    let said = |outcome: &str, detail: &str| outcome == fate.name() && detail == words;
    if !known.iter().any(|one| said(&one.outcome, &one.detail)) {
        deliveries::record_attempt(tx, row.id, now, fate.name(), words, 0).await?;
    }
    if !moved {
        return Ok(None);
    }
    if fate.status() != Some(Status::Failed) {
        return Ok(Some((row.id, None)));
    }
    if row.kind == Kind::Canary.name() {
        let channel = row.channel.as_str();
        let before = notification_channels::by_key(tx, channel).await?;
        notification_channels::set_health(tx, channel, Some(words), now).await?;
        if before.is_some_and(|row| row.healthy) {
            tell(tx, registry, channel, now).await?;
        }
    }
    if let Some(incident) = row.incident_id {
        let detail = json!({
            "text": format!("{} was not reached by {}: {words}", row.recipient, row.channel),
            "delivery_id": row.id, "channel": row.channel, "recipient": row.recipient, "reason": words,
        });
        timeline::append(tx, incident, now, "delivery_failed", Actor::System, detail).await?;
    }
    Ok(Some((row.id, row.incident_id)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::escalation::fire::fire;
    use crate::notify::channel::Outcome;
    use crate::notify::outbox::{Slot, claim, send};
    use crate::notify::story::{Story, step};
    use noc_pipeline::clock::Clock;
    use noc_pipeline::control::Severity::High;
    use noc_storage::relational::executions;

    fn receipt(id: &str, fate: Fate) -> Receipt {
        Receipt {
            ids: vec![id.to_owned()],
            fate,
            words: format!("it says {}", fate.name()),
        }
    }

    impl Story {
        async fn is_told(&self, receipt: &Receipt) -> bool {
            let (registry, now) = (&self.context.registry, self.clock.now());
            let moved = take_one(self.db(), registry, "pager", receipt, now).await;
            !moved.unwrap().is_empty()
        }

        async fn attempts(&self, id: i64) -> Vec<String> {
            let rows = deliveries::attempts_of(self.db().read(), id).await.unwrap();
            let rows = rows.into_iter();
            rows.map(|row| format!("{}: {}", row.outcome, row.detail))
                .collect()
        }
    }

    fn accepted(id: &str) -> Outcome {
        Outcome::Accepted {
            provider_id: Some(id.to_owned()),
        }
    }

    async fn with_pager() -> Story {
        let story = Story::with(0, vec![step(0, &["operator"])]).await;
        story.channel("pager", true, &["p-1"]).await;
        story.pager_tells_of_arrivals().await;
        story.route_to_channels(&["pager"]).await;
        story
    }

    #[tokio::test]
    async fn a_delivery_moves_on_once_whatever_the_order_and_however_often() {
        let story = with_pager().await;
        story.pager.answers.lock().push_back(accepted("m-1"));
        story.opens(High).await;
        story.after(121).await;
        story.expect(&["+120 pager p-1 problem"]);
        assert!(!story.is_told(&receipt("m-1", Fate::OnItsWay)).await);
        assert!(!story.is_told(&receipt("of-others", Fate::Delivered)).await);
        assert_eq!(story.states().await, ["sent"]);
        assert!(story.is_told(&receipt("m-1", Fate::Read)).await);
        for fate in [Fate::Delivered, Fate::OnItsWay, Fate::Failed, Fate::Read] {
            assert!(!story.is_told(&receipt("m-1", fate)).await, "{fate:?}");
        }
        assert_eq!(story.states().await, ["delivered"]);
        let id = story.deliveries().await[0].id;
        assert_eq!(
            story.attempts(id).await,
            [
                "sent: m-1",
                "read: it says read",
                "delivered: it says delivered",
                "failed: it says failed",
            ],
            "each word stands there once"
        );
    }

    #[tokio::test]
    async fn who_was_not_reached_stands_in_the_timeline_and_hears_of_no_recovery() {
        let story = with_pager().await;
        story.pager.answers.lock().push_back(accepted("m-1"));
        let id = story.opens(High).await;
        story.after(121).await;
        story.expect(&["+120 pager p-1 problem"]);
        assert!(story.is_told(&receipt("m-1", Fate::Failed)).await);
        assert_eq!(story.states().await, ["failed: it says failed"]);
        let entries = timeline::of_incident(story.db().read(), id).await.unwrap();
        let last = entries.last().unwrap();
        assert_eq!(last.kind, "delivery_failed");
        assert_eq!(
            last.detail["text"],
            "p-1 was not reached by pager: it says failed"
        );
        story.resolves(id).await;
        story.after(60).await;
        story.expect(&[]);
    }

    #[tokio::test]
    async fn what_is_told_before_the_answer_is_written_down_counts() {
        let story = with_pager().await;
        let id = story.opens(High).await;
        story.clock.advance(std::time::Duration::from_secs(120));
        let row = executions::of_incident(story.db().read(), id).await;
        let (row, now) = (row.unwrap().unwrap(), story.clock.now());
        fire(story.db(), &story.context.registry, row.id, now)
            .await
            .unwrap();
        let claimed = claim(&story.context, "pager", 1).await.unwrap().remove(0);
        assert!(!story.is_told(&receipt("m-1", Fate::Delivered)).await);
        story.pager.answers.lock().push_back(accepted("m-1"));
        let pager = story.context.registry.get("pager").unwrap().clone();
        send(&story.context, pager.as_ref(), claimed, Slot::free()).await;
        assert_eq!(story.states().await, ["delivered"]);
        story.expect(&["+120 pager p-1 problem"]);
    }

    #[tokio::test]
    async fn a_word_that_nobody_lived_to_apply_is_applied_at_the_next_look() {
        let story = with_pager().await;
        let id = story.opens(High).await;
        story.clock.advance(std::time::Duration::from_secs(120));
        let row = executions::of_incident(story.db().read(), id).await;
        let (row, now) = (row.unwrap().unwrap(), story.clock.now());
        fire(story.db(), &story.context.registry, row.id, now)
            .await
            .unwrap();
        let claimed = claim(&story.context, "pager", 1).await.unwrap().remove(0);
        assert!(!story.is_told(&receipt("m-1", Fate::Delivered)).await);
        // Its id is written down, and then whoever did that dies.
        let sent = deliveries::Ending {
            status: Status::Sent,
            attempts: 1,
            next_attempt_at: None,
            provider_id: Some("m-1".into()),
            reason: None,
        };
        deliveries::finish(story.db().write(), &claimed.rows[0], sent, now)
            .await
            .unwrap();
        assert_eq!(story.states().await, ["sent"]);
        story.after(1).await;
        assert_eq!(story.states().await, ["delivered"]);
        story.expect(&[]);
    }

    #[tokio::test]
    async fn one_word_is_about_everything_that_left_in_its_message() {
        let story = with_pager().await;
        let answers = [accepted("m-1"), accepted("m-1"), accepted("m-2")];
        story.pager.answers.lock().extend(answers);
        for _ in 0..3 {
            story.opens(High).await;
        }
        story.after(121).await;
        assert!(story.is_told(&receipt("m-1", Fate::Delivered)).await);
        assert_eq!(story.states().await, ["delivered", "delivered", "sent"]);
    }
}

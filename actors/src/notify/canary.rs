//! The message of every day: whoever switched it on for a channel sees that it works before it is needed.
//!
//! A chore queues it to the channel's own recipients, under the channel's row: of two nodes one does, and a crash leaves
//! it undone. It is delivered as every message is. Where it fails for good the channel does not work, and that is said
//! over another one.

use super::channel::{Channel, Registry, Settings};
use super::message::Kind;
use super::outbound::Outbound;
use crate::crash_point;
use crate::parts::Parts;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::live::LiveEvent;
use noc_storage::relational::deliveries::{self, NewDelivery};
use noc_storage::relational::entity::{notification_channel, notification_delivery};
use noc_storage::relational::{Db, StoreError, notification_channels};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use sha2::{Digest, Sha256};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// A look that is later than this begins the day anew.
const LATE: Duration = Duration::from_secs(3_600);

/// Queues what is due; how many messages.
///
/// # Errors
/// [`StoreError`]; what was not queued is due at the next look.
pub async fn send_due(parts: &Parts) -> Result<u64, StoreError> {
    // It only reads settings with it, and connects to nobody.
    let registry = Registry::standard(Outbound::default());
    let queued = look(&parts.db, &registry, parts.clock.now()).await?;
    if queued > 0 {
        parts.bus.publish(LiveEvent::DeliveriesQueued).await;
    }
    Ok(queued)
}

/// One look at all channels.
pub(crate) async fn look(db: &Db, registry: &Registry, now: UnixMs) -> Result<u64, StoreError> {
    let mut queued = 0;
    for row in notification_channels::all(db.read()).await? {
        let on = row.enabled && row.canary;
        let Some(at) = due(row.canary_at.map(UnixMs::from), now).filter(|_| on) else {
            continue;
        };
        let Some(channel) = registry.get(&row.channel) else {
            continue;
        };
        let sent = db.transaction("queue the message of the day", |tx| {
            let (channel, row) = (channel.clone(), row.clone());
            Box::pin(async move { queue(tx, channel.as_ref(), &row, at, now).await })
        });
        let sent = sent.await?;
        if sent > 0 {
            crash_point::reached("canary_queued");
        }
        queued += sent;
    }
    Ok(queued)
}

/// The time that a message of the day counts for, where it is due; the same time every day, as long as we are there.
fn due(last: Option<UnixMs>, now: UnixMs) -> Option<UnixMs> {
    let Some(last) = last else { return Some(now) };
    let next = last.plus(DAY);
    if now < next {
        return None;
    }
    let late = now.since(next) > LATE;
    Some(if late { now } else { next })
}

async fn queue(
    tx: &impl ConnectionTrait,
    channel: &dyn Channel,
    row: &notification_channel::Model,
    at: UnixMs,
    now: UnixMs,
) -> Result<u64, StoreError> {
    if !notification_channels::claim_canary(tx, row, at).await? {
        return Ok(0);
    }
    let mut queued = 0;
    for (address, key) in recipients(channel, row) {
        let idempotency_key = identity(&row.channel, at, &key);
        let new = NewDelivery {
            incident_id: None,
            execution_id: None,
            position: None,
            kind: Kind::Canary.name(),
            channel: row.channel.clone(),
            recipient: address,
            recipient_key: key,
            user_id: None,
            idempotency_key,
        };
        queued += u64::from(deliveries::queue(tx, new, now).await?.is_some());
    }
    if queued > 0 {
        crash_point::reached("queueing_canary");
    }
    Ok(queued)
}

/// Those of its own recipients that can be written to, each with the form that counts.
fn recipients(channel: &dyn Channel, row: &notification_channel::Model) -> Vec<(String, String)> {
    let settings = Settings::new(row.settings.as_object().cloned().unwrap_or_default());
    let own = channel.own_recipients(&settings).into_iter();
    own.filter_map(|address| channel.normalise(&address).map(|key| (address, key)))
        .collect()
}

fn identity(channel: &str, at: UnixMs, recipient_key: &str) -> String {
    let what = format!("canary\n{channel}\n{}\n{recipient_key}", at.0);
    hex::encode(Sha256::digest(what.as_bytes()))
}

/// The messages of a channel's last day to whoever its recipients are now, oldest first; none while it is not watched.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn last(
    conn: &impl ConnectionTrait,
    channel: &dyn Channel,
    row: &notification_channel::Model,
) -> Result<Vec<notification_delivery::Model>, StoreError> {
    use notification_delivery::{Column, Entity};
    let Some(at) = row.canary_at.filter(|_| row.canary).map(UnixMs::from) else {
        return Ok(Vec::new());
    };
    let of = |(_, key): (String, String)| identity(&row.channel, at, &key);
    let identities: Vec<String> = recipients(channel, row).into_iter().map(of).collect();
    if identities.is_empty() {
        return Ok(Vec::new());
    }
    Entity::find()
        .filter(Column::IdempotencyKey.is_in(identities))
        .order_by_asc(Column::Id)
        .all(conn)
        .await
        .map_err(StoreError::during("read the messages of the day"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::channel::Outcome;
    use crate::notify::story::{BEGIN, Story, step};
    use noc_pipeline::clock::Clock;

    const DAY_S: u64 = 24 * 3_600;

    /// Looks once an hour, as the chore does more often.
    async fn hours(story: &Story, hours: u64) {
        for _ in 0..hours {
            let now = story.clock.now();
            look(story.db(), &story.context.registry, now)
                .await
                .unwrap();
            story.after(3_600).await;
        }
    }

    async fn watched(canary: bool) -> Story {
        let story = Story::with(0, vec![step(0, &["operator"])]).await;
        story.channel("room", true, &["#ops"]).await;
        notification_channels::set_canary(story.db().write(), "email", canary)
            .await
            .unwrap();
        story
    }

    #[tokio::test]
    async fn it_is_off_until_somebody_wants_it() {
        let story = watched(false).await;
        hours(&story, 50).await;
        story.expect(&[]);
    }

    #[tokio::test]
    async fn it_comes_once_a_day_at_the_same_time_however_many_look() {
        let story = watched(true).await;
        let registry = &story.context.registry;
        for _ in 0..3 {
            look(story.db(), registry, BEGIN).await.unwrap();
        }
        hours(&story, 49).await;
        story.expect(&[
            "+0 email team@noc.test canary",
            "+86400 email team@noc.test canary",
            "+172800 email team@noc.test canary",
        ]);
        story.channel("email", false, &["team@noc.test"]).await;
        hours(&story, 30).await;
        story.expect(&[]);
    }

    #[test]
    fn an_hour_late_keeps_the_time_and_a_day_late_begins_anew() {
        let at = |seconds| BEGIN.plus(Duration::from_secs(seconds));
        assert_eq!(due(None, BEGIN), Some(BEGIN));
        assert_eq!(due(Some(BEGIN), at(DAY_S - 1)), None);
        assert_eq!(due(Some(BEGIN), at(DAY_S + 3_600)), Some(at(DAY_S)));
        let late = at(DAY_S + 3_601);
        assert_eq!(due(Some(BEGIN), late), Some(late));
    }

    #[tokio::test]
    async fn a_channel_whose_message_of_the_day_fails_is_told_of_over_another() {
        let story = watched(true).await;
        let busy = Outcome::Retry {
            reason: "452 mailbox full".into(),
            after: None,
        };
        story.email.answers.lock().extend(vec![busy; 6]);
        hours(&story, 4).await;
        story.expect(&[
            "+0 email team@noc.test canary",
            "+30 email team@noc.test canary",
            "+150 email team@noc.test canary",
            "+630 email team@noc.test canary",
            "+2550 email team@noc.test canary",
            "+9750 email team@noc.test canary",
            "+9750 room #ops notice",
        ]);
        let row = notification_channels::by_key(story.db().read(), "email").await;
        let row = row.unwrap().unwrap();
        assert_eq!(
            (row.healthy, row.last_error.as_deref()),
            (false, Some("452 mailbox full"))
        );
    }
}

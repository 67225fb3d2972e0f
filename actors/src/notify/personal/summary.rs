//! The end of quiet hours: one message on each channel that held something back, about what is still open.
//!
//! A chore looks whose quiet hours are over, by their preferences as they are now and by who is on duty: whoever changes
//! them, or comes on duty, hears at once of what was held. It goes where its person is told on that channel now; where
//! they switched the channel off or have no address there any more, to another channel of theirs. All of a person's holds
//! go to their summaries in one transaction. What the summary says is read when it is sent, and noted before it leaves;
//! once it has left, what it named counts as told, so its end is told to the same address.

use super::letter::{Letter, View, lines};
use super::people::Place;
use super::scene::Known;
use super::{CHANNELS, KEPT};
use crate::Parts;
use crate::crash_point;
use crate::escalation::{is_resolved, queue_recoveries};
use crate::notify::message::Kind;
use crate::notify::template::SummaryView;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::live::LiveEvent;
use noc_storage::relational::deliveries::{self, NewDelivery, Status};
use noc_storage::relational::entity::notification_delivery::{self, Model};
use noc_storage::relational::entity::{incident, quiet_hold};
use noc_storage::relational::{Db, StoreError, executions, notification_channels, quiet_holds};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// In the delivery log, of a message whose incident a summary told of.
const TOLD: &str = "told in the summary at the end of quiet hours";

/// The same, where that summary did not arrive.
const UNTOLD: &str = "the summary at the end of quiet hours that told it did not arrive";

/// Tells everybody whose quiet hours are over what they held back; how many messages that were.
///
/// # Errors
/// [`StoreError`]; what was not told has its turn at the next look.
pub(crate) async fn tell(parts: &Parts) -> Result<u64, StoreError> {
    let now = parts.clock.now();
    let told = look(&parts.db, now).await?;
    if told > 0 {
        parts.bus.publish(LiveEvent::DeliveriesQueued).await;
    }
    quiet_holds::retain(parts.db.write(), now.minus(KEPT)).await?;
    Ok(told)
}

/// One look at everybody.
pub(crate) async fn look(db: &Db, now: UnixMs) -> Result<u64, StoreError> {
    let mut told = 0;
    for user_id in quiet_holds::people(db.read()).await? {
        let done = db.transaction("end quiet hours", move |tx| {
            Box::pin(async move { release(tx, user_id, now).await })
        });
        let summaries = done.await?;
        if summaries > 0 {
            crash_point::reached("quiet_hours_over");
        }
        told += summaries;
    }
    Ok(told)
}

async fn release(tx: &impl ConnectionTrait, user_id: i64, now: UnixMs) -> Result<u64, StoreError> {
    let known = Known::read(tx, user_id, now).await?;
    if known.is_active() && known.quiet_until(now).is_some() {
        return Ok(0);
    }
    let held = quiet_holds::lock_of(tx, user_id).await?;
    let mut told = 0;
    for (place, holds) in placed(tx, &known, held).await? {
        let summary = match (place, holds.first()) {
            (Some((channel, place)), Some(first))
                if !open_of(tx, user_id, channel, &holds).await?.is_empty() =>
            {
                deliveries::queue(tx, message(first, channel, place), now).await?
            }
            _ => None,
        };
        told += u64::from(summary.is_some());
        let ids = holds.iter().map(|hold| hold.id).collect();
        quiet_holds::release(tx, ids, summary, now).await?;
    }
    if told > 0 {
        crash_point::reached("ending_quiet_hours");
    }
    Ok(told)
}

/// A channel and its person's address there.
type Somewhere = (&'static str, Place);

/// What was held back, by where its person is told now; without a place: nowhere.
async fn placed(
    tx: &impl ConnectionTrait,
    known: &Known,
    held: Vec<quiet_hold::Model>,
) -> Result<Vec<(Option<Somewhere>, Vec<quiet_hold::Model>)>, StoreError> {
    let own = known.user.as_ref().map_or("", |user| user.email.as_str());
    let mut places: Vec<Somewhere> = Vec::new();
    if known.is_active() && !held.is_empty() {
        let rows = notification_channels::all(tx).await?;
        let open = |key: &str| rows.iter().any(|row| row.enabled && row.channel == key);
        let there = CHANNELS.into_iter().filter_map(|channel| {
            let place = known.person.place_on(own, channel).ok()?;
            Some((channel, place))
        });
        // A channel that the organisation switched off may still be told why nothing leaves; it is no way out.
        places = there
            .filter(|(key, _)| open(key) || held.iter().any(|hold| hold.channel == *key))
            .collect();
    }
    let instead = places
        .iter()
        .position(|(key, _)| held.iter().any(|hold| hold.channel == *key))
        .or_else(|| (!places.is_empty()).then_some(0));
    let mut by_place: BTreeMap<Option<usize>, Vec<quiet_hold::Model>> = BTreeMap::new();
    for hold in held {
        let same = places.iter().position(|(key, _)| *key == hold.channel);
        by_place.entry(same.or(instead)).or_default().push(hold);
    }
    let with_place = |(at, holds): (Option<usize>, _)| {
        let place = at.and_then(|at| places.get(at).cloned());
        (place, holds)
    };
    Ok(by_place.into_iter().map(with_place).collect())
}

fn message(first: &quiet_hold::Model, channel: &str, place: Place) -> NewDelivery {
    // A hold is released once, so the first of them tells this summary from every other.
    let unique = format!("quiet hours\n{}", first.id);
    NewDelivery {
        incident_id: None,
        execution_id: None,
        position: None,
        kind: Kind::Summary.name(),
        channel: channel.to_owned(),
        recipient: place.address,
        recipient_key: place.key,
        user_id: Some(first.user_id),
        idempotency_key: hex::encode(Sha256::digest(unique.as_bytes())),
    }
}

/// What is still open of what was held back, by id. What its person was told of since, there or where it was held back,
/// because it got worse or they came on duty, needs no summary.
async fn open_of(
    conn: &impl ConnectionTrait,
    user_id: i64,
    channel: &str,
    holds: &[quiet_hold::Model],
) -> Result<HashMap<i64, incident::Model>, StoreError> {
    let ids: BTreeSet<i64> = holds.iter().map(|hold| hold.incident_id).collect();
    let Some(since) = holds.iter().map(|hold| hold.held_at).min() else {
        return Ok(HashMap::new());
    };
    let mut channels: BTreeSet<&str> = holds.iter().map(|hold| hold.channel.as_str()).collect();
    channels.insert(channel);
    let keys = holds.iter().map(|hold| hold.recipient_key.as_str());
    let told = {
        use notification_delivery::{Column, Entity};
        let theirs = Condition::any()
            .add(Column::UserId.eq(user_id))
            .add(Column::RecipientKey.is_in(keys));
        let rows = Entity::find()
            .filter(Column::IncidentId.is_in(ids.iter().copied()))
            .filter(Column::Channel.is_in(channels))
            .filter(theirs)
            .filter(Column::Kind.is_in([Kind::Problem.name(), Kind::Reminder.name()]))
            .filter(Column::Status.is_in([Status::Sent.name(), Status::Delivered.name()]))
            .filter(Column::SentAt.gte(since))
            .all(conn)
            .await
            .map_err(StoreError::during("read what was told meanwhile"))?;
        let told = rows.into_iter().filter_map(|row| row.incident_id);
        told.collect::<BTreeSet<i64>>()
    };
    let rows = incident::Entity::find()
        .filter(incident::Column::Id.is_in(ids.difference(&told).copied()))
        .filter(incident::Column::Status.ne("resolved"))
        .all(conn)
        .await
        .map_err(StoreError::during("read what was held back"))?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// What a summary is about, right before it is sent.
pub(super) async fn letter(
    conn: &impl ConnectionTrait,
    row: &Model,
    user_id: i64,
    now: UnixMs,
) -> Result<Letter, StoreError> {
    let known = Known::read(conn, user_id, now).await?;
    let holds = quiet_holds::of_summary(conn, row.id).await?;
    let open = open_of(conn, user_id, &row.channel, &holds).await?;
    let names = open.keys().copied().collect();
    let since = holds.iter().map(|hold| UnixMs::from(hold.held_at)).min();
    let held: BTreeSet<i64> = holds.iter().map(|hold| hold.incident_id).collect();
    let view = SummaryView {
        zone: known.zone(),
        since: since.unwrap_or(now),
        held: held.len(),
        open: lines(conn, &known, open.into_values().collect()).await?,
    };
    Ok(Letter {
        put_off: known.quiet_until(now).is_some(),
        view: View::Summary(view),
        names,
        known,
    })
}

/// Notes that a summary has left, in the transaction that records it: what it named counts as told, at its address. What
/// ended since it was put together is told to be over as well.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn sent(
    tx: &impl ConnectionTrait,
    summary: &Model,
    now: UnixMs,
) -> Result<(), StoreError> {
    let mut about: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for hold in quiet_holds::of_summary(tx, summary.id).await? {
        if hold.named_at.is_some() {
            let messages = about.entry(hold.incident_id).or_default();
            messages.push(hold.delivery_id);
        }
    }
    for (id, messages) in about {
        // The same lock that resolving takes: either it sees that this was told, or we see that it is over.
        let execution = executions::lock_of_incident(tx, id).await?;
        let incident = incident::Entity::find_by_id(id)
            .one(tx)
            .await
            .map_err(StoreError::during("read an incident"))?;
        let Some(incident) = incident else { continue };
        quiet_holds::told(tx, messages, summary, TOLD, now).await?;
        if let (Some(execution), true) = (execution, is_resolved(&incident)) {
            queue_recoveries(tx, id, &execution, now).await?;
        }
    }
    Ok(())
}

/// Takes back what [`sent`] noted of a summary that its provider took and then did not deliver.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn did_not_arrive(
    tx: &impl ConnectionTrait,
    summary: &Model,
    now: UnixMs,
) -> Result<(), StoreError> {
    quiet_holds::untold(tx, summary.id, TOLD, UNTOLD, now).await
}

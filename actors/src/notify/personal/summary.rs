//! The end of quiet hours: one message on each channel that held something back, about what is still open.
//!
//! A chore looks whose quiet hours are over, by their preferences as they are now and by who is on duty: whoever changes
//! them, or comes on duty, hears at once of what was held. All of a person's holds go to their summaries in one
//! transaction. What the summary says is read when it is sent; once it has left, what it told of counts as told, so its
//! end is told to the same people.

use super::KEPT;
use super::scene::Known;
use crate::Parts;
use crate::escalation::{is_resolved, queue_recoveries, severity_of};
use crate::notify::NotifyContext;
use crate::notify::channel::Channel;
use crate::notify::judge::Judgement;
use crate::notify::message::{Kind, Message};
use crate::notify::template::{LineOfIncident, SummaryView, TemplateError};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::live::LiveEvent;
use noc_storage::relational::deliveries::{self, NewDelivery, Status};
use noc_storage::relational::entity::notification_delivery::{self, Model};
use noc_storage::relational::entity::{incident, quiet_hold, user};
use noc_storage::relational::{Db, StoreError, executions, quiet_holds};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// In the delivery log, of a message whose incident a summary told of.
const TOLD: &str = "told in the summary at the end of quiet hours";

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
        told += done.await?;
    }
    Ok(told)
}

async fn release(tx: &impl ConnectionTrait, user_id: i64, now: UnixMs) -> Result<u64, StoreError> {
    let known = Known::read(tx, user_id, now).await?;
    if known.is_active() && known.quiet_until(now).is_some() {
        return Ok(0);
    }
    let held = quiet_holds::lock_of(tx, user_id).await?;
    let mut places: BTreeMap<(String, String), Vec<quiet_hold::Model>> = BTreeMap::new();
    for hold in held {
        let place = (hold.channel.clone(), hold.recipient_key.clone());
        places.entry(place).or_default().push(hold);
    }
    let mut told = 0;
    for holds in places.into_values() {
        let open = open_of(tx, &holds).await?;
        let summary = match holds.first() {
            Some(first) if !open.is_empty() && known.is_active() => {
                deliveries::queue(tx, message(first), now).await?
            }
            _ => None,
        };
        told += u64::from(summary.is_some());
        let ids = holds.iter().map(|hold| hold.id).collect();
        quiet_holds::release(tx, ids, summary, now).await?;
    }
    Ok(told)
}

fn message(first: &quiet_hold::Model) -> NewDelivery {
    // A hold is released once, so the first of them tells this summary from every other.
    let unique = format!("quiet hours\n{}", first.id);
    NewDelivery {
        incident_id: None,
        execution_id: None,
        position: None,
        kind: Kind::Summary.name(),
        channel: first.channel.clone(),
        recipient: first.recipient.clone(),
        recipient_key: first.recipient_key.clone(),
        user_id: Some(first.user_id),
        idempotency_key: hex::encode(Sha256::digest(unique.as_bytes())),
    }
}

/// What is still open of what was held back from one address, by id. What that address was told of since, because it
/// got worse or its person came on duty, needs no summary.
async fn open_of(
    conn: &impl ConnectionTrait,
    holds: &[quiet_hold::Model],
) -> Result<HashMap<i64, incident::Model>, StoreError> {
    let ids: BTreeSet<i64> = holds.iter().map(|hold| hold.incident_id).collect();
    let Some(first) = holds.first() else {
        return Ok(HashMap::new());
    };
    let told = told_of(conn, first, &ids).await?;
    let rows = incident::Entity::find()
        .filter(incident::Column::Id.is_in(ids.difference(&told).copied()))
        .filter(incident::Column::Status.ne("resolved"))
        .all(conn)
        .await
        .map_err(StoreError::during("read what was held back"))?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// Of which incidents an address was told in messages of their own.
async fn told_of(
    conn: &impl ConnectionTrait,
    place: &quiet_hold::Model,
    ids: &BTreeSet<i64>,
) -> Result<BTreeSet<i64>, StoreError> {
    use notification_delivery::{Column, Entity};
    let reached = [Status::Sent.name(), Status::Delivered.name()];
    let kinds = [Kind::Problem.name(), Kind::Reminder.name()];
    let rows = Entity::find()
        .filter(Column::IncidentId.is_in(ids.iter().copied()))
        .filter(Column::Channel.eq(place.channel.as_str()))
        .filter(Column::RecipientKey.eq(place.recipient_key.as_str()))
        .filter(Column::Kind.is_in(kinds))
        .filter(Column::Status.is_in(reached))
        .filter(Column::SentAt.gte(place.held_at))
        .all(conn)
        .await
        .map_err(StoreError::during("read what was told meanwhile"))?;
    Ok(rows.into_iter().filter_map(|row| row.incident_id).collect())
}

/// What a summary is about, right before it is sent.
pub(crate) struct Scene {
    known: Known,
    quiet: bool,
    view: SummaryView,
}

pub(super) async fn scene(
    conn: &impl ConnectionTrait,
    row: &Model,
    user_id: i64,
    now: UnixMs,
) -> Result<Scene, StoreError> {
    let known = Known::read(conn, user_id, now).await?;
    let holds = quiet_holds::of_summary(conn, row.id).await?;
    let open = open_of(conn, &holds).await?.into_values().collect();
    let since = holds.first().map(|hold| UnixMs::from(hold.held_at));
    let preferences = known.person.preferences.as_ref();
    let zone = preferences.map_or(chrono_tz::UTC, |preferences| preferences.quiet.zone);
    Ok(Scene {
        quiet: known.quiet_until(now).is_some(),
        view: SummaryView {
            zone,
            since: since.unwrap_or(now),
            held: holds
                .iter()
                .map(|hold| hold.incident_id)
                .collect::<BTreeSet<_>>()
                .len(),
            open: lines(conn, open).await?,
        },
        known,
    })
}

/// Incidents as messages of ours name them: what nobody has taken on first, the worst of it first.
pub(super) async fn lines(
    conn: &impl ConnectionTrait,
    mut rows: Vec<incident::Model>,
) -> Result<Vec<LineOfIncident>, StoreError> {
    use std::cmp::Reverse;
    rows.sort_by_key(|row| {
        let severity = Reverse(severity_of(row));
        (
            is_resolved(row),
            row.acknowledged_at.is_some(),
            severity,
            row.id,
        )
    });
    let ids: BTreeSet<i64> = rows.iter().filter_map(|row| row.acknowledged_by).collect();
    let mut owners = HashMap::new();
    if !ids.is_empty() {
        let found = user::Entity::find()
            .filter(user::Column::Id.is_in(ids))
            .all(conn)
            .await
            .map_err(StoreError::during("read owners of incidents"))?;
        owners.extend(found.into_iter().map(|row| (row.id, row.name)));
    }
    let line = |row: incident::Model| LineOfIncident {
        severity: severity_of(&row),
        opened_at: row.opened_at.into(),
        resolved_at: row.resolved_at.map(UnixMs::from),
        acknowledged: row.acknowledged_at.is_some(),
        owner: row.acknowledged_by.and_then(|id| owners.get(&id).cloned()),
        title: row.title,
    };
    Ok(rows.into_iter().map(line).collect())
}

impl Scene {
    pub(super) fn judge(&self, channel: &dyn Channel, row: &Model) -> Judgement {
        if !self.known.is_active() {
            Judgement::Suppress("the account is switched off or gone")
        } else if self.known.address(channel, &row.recipient_key).is_err() {
            Judgement::Suppress("the address is no longer theirs, or they switched it off")
        } else if self.view.open.is_empty() {
            Judgement::Expire("nothing of what was held back is still to be told")
        } else if self.quiet {
            Judgement::PutOff("their quiet hours have begun again")
        } else {
            Judgement::Send
        }
    }

    pub(super) fn message(
        &self,
        context: &NotifyContext,
        row: &Model,
        now: UnixMs,
    ) -> Result<Message, TemplateError> {
        let delivery = Uuid::parse_str(&row.delivery_uuid).unwrap_or_default();
        let templates = &context.templates;
        templates.summary(delivery, &row.recipient, &self.view, now)
    }
}

/// Notes that a summary has left, in the transaction that records it: what it told of counts as told. What ended while
/// it was on its way is told to be over as well.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn sent(
    tx: &impl ConnectionTrait,
    summary: &Model,
    at: UnixMs,
    now: UnixMs,
) -> Result<(), StoreError> {
    let mut about: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    let holds = quiet_holds::of_summary(tx, summary.id).await?;
    let ids = holds.iter().map(|hold| hold.incident_id).collect();
    let elsewhere = match holds.first() {
        Some(first) => told_of(tx, first, &ids).await?,
        None => BTreeSet::new(),
    };
    let named = |hold: &quiet_hold::Model| !elsewhere.contains(&hold.incident_id);
    for hold in holds.into_iter().filter(named) {
        about
            .entry(hold.incident_id)
            .or_default()
            .push(hold.delivery_id);
    }
    for (id, messages) in about {
        // The same lock that resolving takes: either it sees that this was told, or we see that it is over.
        let execution = executions::lock_of_incident(tx, id).await?;
        let incident = incident::Entity::find_by_id(id)
            .one(tx)
            .await
            .map_err(StoreError::during("read an incident"))?;
        let Some(incident) = incident else { continue };
        let ended = incident.resolved_at.map(UnixMs::from);
        if is_resolved(&incident) && ended.is_none_or(|ended| ended < at) {
            continue; // It was over before: the summary did not name it.
        }
        quiet_holds::told(tx, messages, TOLD, now).await?;
        if let (Some(execution), true) = (execution, is_resolved(&incident)) {
            queue_recoveries(tx, id, &execution, now).await?;
        }
    }
    Ok(())
}

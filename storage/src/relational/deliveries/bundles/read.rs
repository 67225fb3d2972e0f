//! What is due, and all that there is to know of it.

use super::{Due, Gate, Lately, ROWS, Spoken};
use crate::relational::StoreError;
use crate::relational::deliveries::claim::{next, stuck};
use crate::relational::deliveries::{Column, Entity, Status};
use crate::relational::entity::{delivery_bundle as mark, incident};
use crate::relational::incident_groups;
use crate::relational::lists::padded;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::HashMap;

/// Recipients who have something due: of what a dead worker left behind first, then who waits longest.
///
/// Two questions, each answered from one index in its order: a single one would read and sort everything that waits for
/// each few rows that are taken.
pub(super) async fn due_recipients(
    conn: &impl ConnectionTrait,
    channel: &str,
    now: UnixMs,
    most: u64,
) -> Result<Vec<String>, StoreError> {
    let mut recipients: Vec<String> = Vec::new();
    for (due, since) in [
        (stuck(now), Column::LeaseUntil),
        (next(now), Column::NextAttemptAt),
    ] {
        let rows = Entity::find()
            .select_only()
            .column(Column::RecipientKey)
            .filter(due)
            .filter(Column::Channel.eq(channel))
            .order_by_asc(since)
            .order_by_asc(Column::Id)
            .limit(most)
            .into_tuple::<String>()
            .all(conn)
            .await
            .map_err(StoreError::during("find recipients of due deliveries"))?;
        for recipient in rows {
            if !recipients.contains(&recipient) {
                recipients.push(recipient);
            }
        }
    }
    Ok(recipients)
}

/// What is due to recipients.
#[derive(Default)]
pub(super) struct Rows {
    /// By recipient, oldest first.
    pub due: HashMap<String, Vec<Due>>,
    /// There is more than was read.
    pub cut: bool,
}

/// What is due to recipients, [`ROWS`] at most of what was left behind and of what is new. Whoever holds their gates sees all of it as it is: nobody else
/// claims, and what is taken back meanwhile is found out when it is taken.
pub(super) async fn rows(
    tx: &impl ConnectionTrait,
    channel: &str,
    recipients: &[(String, Gate)],
    now: UnixMs,
) -> Result<Rows, StoreError> {
    let (mut rows, mut cut) = (Vec::new(), false);
    for (due, since) in [
        (stuck(now), Column::LeaseUntil),
        (next(now), Column::NextAttemptAt),
    ] {
        let keys = recipients.iter().map(|(key, _)| key.as_str());
        let found = Entity::find()
            .filter(due)
            .filter(Column::Channel.eq(channel))
            .filter(Column::RecipientKey.is_in(padded(keys)))
            .order_by_asc(since)
            .order_by_asc(Column::Id)
            .limit(ROWS)
            .all(tx)
            .await
            .map_err(StoreError::during("read due deliveries"))?;
        cut |= found.len() as u64 >= ROWS;
        rows.extend(found);
    }
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let incidents: Vec<i64> = rows.iter().filter_map(|row| row.incident_id).collect();
    let carriers = carriers(tx, &ids).await?;
    let groups = incident_groups::of_incidents(tx, &incidents).await?;
    let severities = severities(tx, &incidents).await?;
    let mut due: HashMap<String, Vec<Due>> = HashMap::new();
    for row in rows {
        due.entry(row.recipient_key.clone()).or_default().push(Due {
            group: row.incident_id.and_then(|id| groups.get(&id).copied()),
            severity: row.incident_id.and_then(|id| severities.get(&id).copied()),
            carrier: carriers.get(&row.id).copied(),
            row,
        });
    }
    Ok(Rows { due, cut })
}

/// What a recipient was told lately of the groups that these rows are about.
pub(super) async fn spoken(
    tx: &impl ConnectionTrait,
    channel: &str,
    recipient: &str,
    due: &[Due],
    now: UnixMs,
    lately: Lately<'_>,
) -> Result<HashMap<i64, Spoken>, StoreError> {
    let mut spoken = HashMap::new();
    let groups = due.iter().filter_map(|due| due.group);
    for group in groups.filter(|_| !lately.within.is_zero()) {
        if spoken.contains_key(&group) {
            continue;
        }
        if let Some(last) = last_of(tx, channel, recipient, group, now, lately).await? {
            spoken.insert(group, last);
        }
    }
    Ok(spoken)
}

/// The last that a recipient was told of a group, or is being told now.
async fn last_of(
    conn: &impl ConnectionTrait,
    channel: &str,
    recipient: &str,
    group: i64,
    now: UnixMs,
    lately: Lately<'_>,
) -> Result<Option<Spoken>, StoreError> {
    let operation = "read what was told of a group";
    let since = now.minus(lately.within).to_datetime();
    let left = Condition::all()
        .add(Column::Status.is_in([Status::Sent.name(), Status::Delivered.name()]))
        .add(Column::SentAt.gt(since));
    let leaving = Condition::all()
        .add(Column::Status.eq(Status::Sending.name()))
        .add(Column::LeaseUntil.gt(now.to_datetime()))
        .add(Column::UpdatedAt.gt(since));
    let rows = Entity::find()
        .filter(Column::Channel.eq(channel))
        .filter(Column::RecipientKey.eq(recipient))
        .filter(Column::Kind.is_in(lately.kinds.iter().copied()))
        .filter(Column::IncidentId.in_subquery(incident_groups::ids_of(group)))
        .filter(Condition::any().add(left).add(leaving))
        .order_by_desc(Column::Id)
        .limit(ROWS)
        .all(conn)
        .await
        .map_err(StoreError::during(operation))?;
    let at = rows.iter().map(|row| row.sent_at.unwrap_or(row.updated_at));
    let Some(at) = at.max() else { return Ok(None) };
    let ids: Vec<i64> = rows.iter().filter_map(|row| row.incident_id).collect();
    let severities = severities(conn, &ids).await?;
    Ok(Some(Spoken {
        at: at.into(),
        worst: severities.into_values().max(),
    }))
}

async fn severities(
    conn: &impl ConnectionTrait,
    incidents: &[i64],
) -> Result<HashMap<i64, Severity>, StoreError> {
    if incidents.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(i64, String)> = incident::Entity::find()
        .select_only()
        .column(incident::Column::Id)
        .column(incident::Column::Severity)
        .filter(incident::Column::Id.is_in(padded(incidents.iter().copied())))
        .into_tuple()
        .all(conn)
        .await
        .map_err(StoreError::during("read severities of incidents"))?;
    let known = rows.into_iter();
    Ok(known
        // One we do not know is taken seriously.
        .map(|(id, name)| (id, Severity::from_name(&name).unwrap_or(Severity::Critical)))
        .collect())
}

async fn carriers(
    conn: &impl ConnectionTrait,
    ids: &[i64],
) -> Result<HashMap<i64, i64>, StoreError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = mark::Entity::find()
        .filter(mark::Column::DeliveryId.is_in(padded(ids.iter().copied())))
        .all(conn)
        .await
        .map_err(StoreError::during("read what leaves in one message"))?;
    let pairs = rows
        .into_iter()
        .map(|row| (row.delivery_id, row.carrier_id));
    Ok(pairs.collect())
}

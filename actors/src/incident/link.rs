//! Taking an incident on by the link in a message ([`Link`]): nobody signs in, so a link does this one thing, for this
//! one incident or for all of its group, as long as the message it stood in is still true.
//!
//! A link is of no use once the incident is over, or once its escalation has started again (given back, got worse): the
//! newest message has one that works. Nor is one of somebody whose account is gone or off. Using it twice is using it
//! once.

use super::actions::{self, Action, ActionError, Actor};
use super::group;
use crate::escalation::{is_acknowledged, is_resolved};
use crate::notify::link::Link;
use crate::parts::Parts;
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::entity::{incident, notification_delivery, user};
use noc_storage::relational::{
    Db, NewSecurityEvent, StoreError, deliveries, executions, incident_groups, incidents, users,
};
use sea_orm::ConnectionTrait;
use serde_json::json;

/// Members of a group that are counted.
const MOST_OTHERS: u64 = 1_000;

/// What a link is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worth {
    /// It takes the incident on.
    Takes,
    /// Somebody has it already.
    Taken,
    /// The incident is over.
    Over,
    /// The escalation has started again since the message was sent.
    Superseded,
}

/// What a link leads to.
#[derive(Debug, Clone)]
pub struct Seen {
    /// What it is about, as it is now.
    pub incident: incident::Model,
    /// The message that it stood in.
    pub delivery: notification_delivery::Model,
    /// Whose address that went to.
    pub person: Option<user::Model>,
    /// Who has the incident, by name; `None`: nobody, or nobody with an account.
    pub owner: Option<String>,
    /// What it is worth.
    pub worth: Worth,
    /// Others of its group that can be taken on with it.
    pub others: usize,
}

/// Looks where a link leads, and changes nothing; `None`: nowhere.
///
/// # Errors
/// [`StoreError`].
pub async fn look(db: &Db, link: &Link) -> Result<Option<Seen>, StoreError> {
    let incident = incidents::get(db.read(), link.incident).await?;
    match incident {
        Some(incident) => follow(db.read(), link, incident).await,
        None => Ok(None),
    }
}

/// Takes the incident on, if the link is worth that, or all of its group: as the person that the message was sent to, or
/// as whoever has the link. Answers where it led before; `None`: nowhere.
///
/// # Errors
/// [`ActionError`]; then nothing changed.
pub async fn acknowledge(
    parts: &Parts,
    link: &Link,
    whole_group: bool,
    ip: Option<String>,
) -> Result<Option<Seen>, ActionError> {
    let now = parts.clock.now();
    let Some((seen, done)) = store(&parts.db, link, whole_group, ip, now).await? else {
        return Ok(None);
    };
    if let Some((incidents, deliveries)) = done {
        actions::tell(parts, &incidents, deliveries).await;
    }
    Ok(Some(seen))
}

/// Incidents that were taken on, and deliveries that were taken back.
type Done = (Vec<i64>, Vec<i64>);

/// The transaction: where the link led before it, and what it did.
async fn store(
    db: &Db,
    link: &Link,
    whole_group: bool,
    ip: Option<String>,
    now: UnixMs,
) -> Result<Option<(Seen, Option<Done>)>, ActionError> {
    db.transaction("acknowledge by a link", |tx| {
        let (security, link, ip) = (db.security().clone(), *link, ip.clone());
        Box::pin(async move {
            if whole_group {
                // Whoever takes a group on locks it before its members.
                group::lock_group_of(tx, link.incident).await?;
            }
            let incident = match incidents::lock(tx, link.incident).await {
                Ok(incident) => incident,
                Err(StoreError::NotFound { .. }) => return Ok(None),
                Err(error) => return Err(error.into()),
            };
            let Some(seen) = follow(tx, &link, incident).await? else {
                return Ok(None);
            };
            if seen.worth != Worth::Takes {
                return Ok(Some((seen, None)));
            }
            let actor = actor(&seen, ip);
            let (taken, deliveries) = if whole_group {
                let done = group::acknowledge_in(tx, link.incident, &actor, now).await?;
                (done.incidents, done.deliveries)
            } else {
                let action = Action::Acknowledge;
                let (_, deliveries) =
                    actions::change(tx, link.incident, &actor, &action, now).await?;
                (vec![link.incident], deliveries)
            };
            for incident in &taken {
                let event = event(&link, *incident, &actor, now);
                security.append(tx, event).await?;
            }
            Ok(Some((seen, Some((taken, deliveries)))))
        })
    })
    .await
}

fn actor(seen: &Seen, ip: Option<String>) -> Actor {
    let address = seen.delivery.recipient.clone();
    Actor {
        user_id: seen.person.as_ref().map(|person| person.id),
        name: seen
            .person
            .as_ref()
            .map_or_else(|| address.clone(), |person| person.name.clone()),
        ip,
        link: Some(address),
    }
}

fn event(link: &Link, incident: i64, actor: &Actor, now: UnixMs) -> NewSecurityEvent {
    let mut event = actions::security_event(incident, actor, &Action::Acknowledge, now);
    event.payload = json!({"via": "link", "delivery": link.delivery});
    event
}

async fn follow(
    conn: &impl ConnectionTrait,
    link: &Link,
    incident: incident::Model,
) -> Result<Option<Seen>, StoreError> {
    let Some(delivery) = deliveries::get(conn, link.delivery).await? else {
        return Ok(None);
    };
    let is_its_own = delivery.incident_id == Some(link.incident)
        && delivery.execution_id == Some(link.execution)
        && delivery.user_id == link.user;
    if !is_its_own {
        return Ok(None);
    }
    let person = match link.user {
        Some(id) => match users::by_id(conn, id).await? {
            Some(person) if person.is_active => Some(person),
            _ => return Ok(None),
        },
        None => None,
    };
    let execution = executions::get(conn, link.execution).await?;
    let current =
        execution.is_some_and(|execution| execution.generation == link.generation.to_string());
    let owner = match incident.acknowledged_by {
        Some(id) if is_acknowledged(&incident) => users::by_id(conn, id).await?,
        _ => None,
    };
    let worth = if is_resolved(&incident) {
        Worth::Over
    } else if !current {
        Worth::Superseded
    } else if Action::Acknowledge.is_allowed_for(&incident) {
        Worth::Takes
    } else {
        Worth::Taken
    };
    let others = match worth {
        Worth::Takes => others(conn, link.incident).await?,
        _ => 0,
    };
    Ok(Some(Seen {
        incident,
        others,
        delivery,
        person,
        owner: owner.map(|owner| owner.name),
        worth,
    }))
}

/// How many others of an incident's group nobody has taken on.
async fn others(conn: &impl ConnectionTrait, incident: i64) -> Result<usize, StoreError> {
    let Some(group) = incident_groups::of_incident(conn, incident).await? else {
        return Ok(0);
    };
    let members = incident_groups::members(conn, group, MOST_OTHERS).await?;
    let open =
        |row: &&incident::Model| row.id != incident && Action::Acknowledge.is_allowed_for(row);
    Ok(members.iter().filter(open).count())
}

#[cfg(test)]
mod tests;

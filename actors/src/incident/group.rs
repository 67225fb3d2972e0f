//! Which incidents are one trouble to people, and what it means to take such a trouble on.
//!
//! Every incident of a server is in a group from the transaction on that opens it:
//!
//! * one detector, or one rule, that finds the same on several servers is a group of the narrowest place that holds enough of them
//!   ([`scope`]): a hypervisor, a rack, a data centre, the fleet;
//! * anything else is a group of its server.
//!
//! A group takes who joins within [`JOIN_WITHIN`] of the last one, as long as one of it is not over. When several servers
//! turn out to show the same, those that stood by themselves are moved; an incident is in one group at a time. Each
//! incident keeps its own escalation, owner and end: what a group shares is messages (`notify/outbox/turns`), and an
//! acknowledgement, if somebody gives one to all of it ([`acknowledge`]). That also counts for who joins within [`COVER`],
//! unless it is worse than all there was, or the group has doubled: then it is another trouble than the one that was taken
//! on.
//!
//! The fleet's own incidents, which are of no server, are of no group: each says already what it puts together.

mod scope;
#[cfg(test)]
mod tests;

use super::actions::{Action, ActionError, Actor, change, security_event, tell};
use super::routing::{tags_of, tags_of_all};
use crate::crash_point;
use crate::escalation::{self, severity_of};
use crate::parts::Parts;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use noc_storage::relational::entity::{incident, incident_group};
use noc_storage::relational::incident_groups::{self, Cover, NewGroup};
use noc_storage::relational::{Db, StoreError, incidents, users};
use scope::{Place, forms, places_of};
use sea_orm::DatabaseTransaction;
use std::time::Duration;

/// How long after the last one an incident still joins a group.
pub const JOIN_WITHIN: Duration = Duration::from_secs(600);

/// How long an acknowledgement of a whole group counts for who joins.
pub const COVER: Duration = Duration::from_secs(1_800);

/// Incidents of other servers that are looked at to make a group.
const MOST_LOOKED_AT: u64 = 500;

/// Finds an incident that has just opened, or opened again, its group, and starts its escalation as
/// [`escalation::arm`] does; one whose group was taken on as a whole is acknowledged at once.
///
/// # Errors
/// [`StoreError`]; the caller's transaction must then not be committed.
pub async fn arm(
    tx: &DatabaseTransaction,
    incident: &incident::Model,
    hold: Duration,
    now: UnixMs,
) -> Result<(), StoreError> {
    let group = join(tx, incident, now).await?;
    escalation::arm(tx, incident, hold, now).await?;
    let Some(group) = group else { return Ok(()) };
    let Some(cover) = group.cover() else {
        return Ok(());
    };
    let joined = u32::try_from(group.joined).unwrap_or_default();
    if covers(&cover, severity_of(incident), joined, now) {
        take_on(tx, incident, &group, &cover, now).await?;
    }
    Ok(())
}

/// Whether an acknowledgement of the whole counts for who joins now; `joined` have before.
fn covers(cover: &Cover, severity: Severity, joined: u32, now: UnixMs) -> bool {
    let since = joined.saturating_sub(cover.joined);
    // With this one the group would be twice what was taken on.
    let doubled = since.saturating_add(1) >= cover.size;
    now < cover.until && severity <= cover.severity && !doubled
}

/// Acknowledges an incident for who took its group on, if their account is still in use.
async fn take_on(
    tx: &DatabaseTransaction,
    incident: &incident::Model,
    group: &incident_group::Model,
    cover: &Cover,
    now: UnixMs,
) -> Result<(), StoreError> {
    let owner = users::by_id(tx, cover.by).await?;
    let Some(owner) = owner.filter(|owner| owner.is_active) else {
        return Ok(());
    };
    let actor = Actor {
        user_id: Some(owner.id),
        name: owner.name,
        ip: None,
        link: None,
    };
    let action = Action::Covered {
        group: group.id,
        since: cover.at,
        ago: now.since(cover.at),
    };
    match change(tx, incident.id, &actor, &action, now).await {
        Ok(_) => Ok(()),
        Err(ActionError::Store(error)) => Err(error),
        // Opened again by somebody's hand meanwhile: as it is, it is right.
        Err(_) => Ok(()),
    }
}

/// Puts an incident into its group, which is locked from then on; as the group was before.
async fn join(
    tx: &DatabaseTransaction,
    incident: &incident::Model,
    now: UnixMs,
) -> Result<Option<incident_group::Model>, StoreError> {
    let Some(server) = incident.server_id else {
        return Ok(None);
    };
    incident_groups::take_turn(tx, &incident.detector).await?;
    if let Some(group) = incident_groups::of_incident(tx, incident.id).await? {
        return incident_groups::lock(tx, group).await.map(Some);
    }
    let places = places_of(&tags_of(tx, Some(server)).await?);
    let group = match known(tx, &finder(incident), &places, now).await? {
        Some(group) => group,
        None => match formed(tx, incident, server, &places, now).await? {
            Some(group) => group,
            None => of_server(tx, server, &incident.server_name, now).await?,
        },
    };
    let group = incident_groups::lock(tx, group.id).await?;
    incident_groups::join(tx, incident.id, group.id, now).await?;
    Ok(Some(group))
}

/// What found an incident, in keys of groups. The detectors of rules look for what a rule says: two rules are two
/// troubles.
fn finder(incident: &incident::Model) -> String {
    match incident.rule_id {
        Some(rule) => format!("{}#{rule}", incident.detector),
        None => incident.detector.clone(),
    }
}

/// The narrowest group that there is of what this finder found where the server is.
async fn known(
    tx: &DatabaseTransaction,
    finder: &str,
    places: &[Place],
    now: UnixMs,
) -> Result<Option<incident_group::Model>, StoreError> {
    let keys: Vec<String> = places.iter().map(|place| place.key(finder)).collect();
    let since = now.minus(JOIN_WITHIN);
    let found = incident_groups::joinable(tx, &keys, since, now).await?;
    let narrowest = keys
        .iter()
        .find_map(|key| found.iter().find(|group| group.group_key == *key));
    Ok(narrowest.cloned())
}

/// A new group, if enough other servers of one place show the same. Groups that somebody has taken on stay as they are.
async fn formed(
    tx: &DatabaseTransaction,
    incident: &incident::Model,
    server: i64,
    places: &[Place],
    now: UnixMs,
) -> Result<Option<incident_group::Model>, StoreError> {
    let since = now.minus(JOIN_WITHIN);
    let detector = incident.detector.as_str();
    let mut others = incident_groups::recent(tx, detector, since, MOST_LOOKED_AT).await?;
    others.retain(|other| other.server != server && other.rule == incident.rule_id);
    let taken_on = incident_groups::covered(tx, others.iter().map(|other| other.group), now);
    let taken_on = taken_on.await?;
    others.retain(|other| !taken_on.contains(&other.group));
    if others.is_empty() {
        return Ok(None);
    }
    let servers = others.iter().map(|other| other.server).collect();
    let tags = tags_of_all(tx, &servers).await?;
    let Some((place, members)) = forms(places, &others, &tags) else {
        return Ok(None);
    };
    let new = NewGroup {
        key: place.key(&finder(incident)),
        kind: place.kind(),
        detector: Some(detector.to_owned()),
        label: place.label().to_owned(),
    };
    let group = incident_groups::create(tx, new, now).await?;
    incident_groups::move_to(tx, &members, group.id, now).await?;
    Ok(Some(group))
}

/// The group of a server's troubles.
async fn of_server(
    tx: &DatabaseTransaction,
    server: i64,
    name: &str,
    now: UnixMs,
) -> Result<incident_group::Model, StoreError> {
    let key = format!("server:{server}");
    let keys = [key.clone()];
    let found = incident_groups::joinable(tx, &keys, now.minus(JOIN_WITHIN), now).await?;
    if let Some(group) = found.into_iter().next() {
        return Ok(group);
    }
    let new = NewGroup {
        key,
        kind: "server",
        detector: None,
        label: name.to_owned(),
    };
    incident_groups::create(tx, new, now).await
}

/// What acknowledging a group did.
#[derive(Debug)]
pub(crate) struct Acknowledged {
    /// The incident that was named.
    pub incident: incident::Model,
    /// All that were acknowledged.
    pub incidents: Vec<i64>,
    /// Deliveries that were taken back.
    pub deliveries: Vec<i64>,
}

/// Takes on every incident of the group that this one belongs to, and who joins within [`COVER`].
///
/// # Errors
/// [`ActionError::InvalidTransition`] when none of them is open; then nothing changed.
pub(super) async fn acknowledge(
    parts: &Parts,
    id: i64,
    actor: &Actor,
) -> Result<incident::Model, ActionError> {
    let done = store(&parts.db, id, actor, parts.clock.now()).await?;
    tell(parts, &done.incidents, done.deliveries).await;
    Ok(done.incident)
}

/// The transaction of [`acknowledge`].
pub(crate) async fn store(
    db: &Db,
    id: i64,
    actor: &Actor,
    now: UnixMs,
) -> Result<Acknowledged, ActionError> {
    db.transaction("acknowledge a group", |tx| {
        let (security, actor) = (db.security().clone(), actor.clone());
        Box::pin(async move {
            let done = acknowledge_in(tx, id, &actor, now).await?;
            for incident in &done.incidents {
                let event = security_event(*incident, &actor, &Action::Acknowledge, now);
                security.append(tx, event).await?;
            }
            crash_point::reached("acting");
            Ok(done)
        })
    })
    .await
    .inspect(|_| crash_point::reached("acted"))
}

/// What [`store`] does within its transaction; the security log is the caller's.
pub(super) async fn acknowledge_in(
    tx: &DatabaseTransaction,
    id: i64,
    actor: &Actor,
    now: UnixMs,
) -> Result<Acknowledged, ActionError> {
    let Some(group) = lock_group_of(tx, id).await? else {
        let (incident, deliveries) = change(tx, id, actor, &Action::Acknowledge, now).await?;
        return Ok(Acknowledged {
            incident,
            incidents: vec![id],
            deliveries,
        });
    };
    let running = incident_groups::lock_running(tx, group.id).await?;
    let open = running
        .iter()
        .filter(|row| Action::Acknowledge.is_allowed_for(row));
    let open: Vec<i64> = open.map(|row| row.id).collect();
    let mut deliveries = Vec::new();
    for member in &open {
        let action = Action::AcknowledgeTogether {
            group: group.id,
            others: open.len().saturating_sub(1),
        };
        let (_, taken_back) = change(tx, *member, actor, &action, now).await?;
        deliveries.extend(taken_back);
    }
    let incident = incidents::lock(tx, id).await?;
    if open.is_empty() {
        return Err(ActionError::InvalidTransition {
            id,
            status: incident.status,
            action: "acknowledged",
        });
    }
    // Whoever has a link and no account stands for nobody who joins later.
    if let Some(by) = actor.user_id {
        let cover = Cover {
            at: now,
            until: now.plus(COVER),
            by,
            severity: running
                .iter()
                .map(severity_of)
                .max()
                .unwrap_or(Severity::Info),
            size: u32::try_from(running.len()).unwrap_or(u32::MAX),
            joined: u32::try_from(group.joined).unwrap_or_default(),
        };
        incident_groups::cover(tx, group.id, cover).await?;
    }
    Ok(Acknowledged {
        incident,
        incidents: open,
        deliveries,
    })
}

/// Locks the group of an incident, which may be moved until it is.
pub(super) async fn lock_group_of(
    tx: &DatabaseTransaction,
    incident: i64,
) -> Result<Option<incident_group::Model>, StoreError> {
    let mut group = incident_groups::of_incident(tx, incident).await?;
    while let Some(id) = group {
        let locked = incident_groups::lock(tx, id).await?;
        let now_in = incident_groups::of_incident(tx, incident).await?;
        if now_in == group {
            return Ok(Some(locked));
        }
        group = now_in;
    }
    Ok(None)
}

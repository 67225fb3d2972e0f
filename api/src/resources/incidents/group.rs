//! The group of an incident: what is one trouble to people.

use crate::resources::incidents::load::names_of;
use crate::resources::incidents::view::{IncidentStatus, Person, Severity};
use chrono::{DateTime, Utc};
use noc_pipeline::control;
use noc_storage::relational::entity::incident::Model;
use noc_storage::relational::{Db, StoreError, incident_groups, incidents};
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// Members that are looked at, and of those shown.
const MOST_READ: u64 = 500;
const MOST_SHOWN: usize = 50;

/// Incidents that are one trouble: of one server, or found by one detector on several servers of a place.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct IncidentGroup {
    /// Id.
    pub id: i64,
    /// What makes an incident one of it, such as `server:12` or `service_down@rack:r1`.
    pub key: String,
    /// `server`, `hypervisor`, `rack`, `dc` or `fleet`.
    pub kind: String,
    /// The detector of all of them; null: any of one server.
    pub detector: Option<String>,
    /// The server's name, the tag, or `fleet`.
    pub label: String,
    /// Members, those that are over included.
    pub size: u64,
    /// Of those, nobody has taken on.
    pub open: u64,
    /// Of those, somebody is on.
    pub acknowledged: u64,
    /// Until when who joins is acknowledged as well; it may lie in the past. Null: nobody has taken the whole of it on.
    pub covered_until: Option<DateTime<Utc>>,
    /// Who has.
    pub covered_by: Option<Person>,
    /// The most urgent of them, 50 at most, this incident among them.
    pub members: Vec<GroupMember>,
}

/// An incident of a group.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct GroupMember {
    /// Id.
    pub id: i64,
    /// One line.
    pub title: String,
    /// How bad.
    pub severity: Severity,
    /// How it stands.
    pub status: IncidentStatus,
    /// Name of the server when it opened.
    pub server_name: String,
}

impl From<Model> for GroupMember {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            title: row.title,
            severity: control::Severity::from_name(&row.severity)
                .map_or(Severity::High, Severity::from),
            status: IncidentStatus::from_name(&row.status).unwrap_or(IncidentStatus::Open),
            server_name: row.server_name,
        }
    }
}

/// How many incidents the groups of incidents have, by incident; those of no group are left out.
///
/// # Errors
/// When the database cannot be reached.
pub async fn sizes(db: &Db, incidents: &[i64]) -> Result<HashMap<i64, u64>, StoreError> {
    let groups = incident_groups::of_incidents(db.read(), incidents).await?;
    let ids: Vec<i64> = groups.values().copied().collect();
    let sizes = incident_groups::sizes(db.read(), &ids).await?;
    let of = |(incident, group): (i64, i64)| Some((incident, *sizes.get(&group)?));
    Ok(groups.into_iter().filter_map(of).collect())
}

/// The group of an incident.
///
/// # Errors
/// When the database cannot be reached.
pub async fn of(db: &Db, incident: &Model) -> Result<Option<IncidentGroup>, StoreError> {
    let Some(id) = incident_groups::of_incident(db.read(), incident.id).await? else {
        return Ok(None);
    };
    let Some(group) = incident_groups::get(db.read(), id).await? else {
        return Ok(None);
    };
    let standing = incident_groups::standing(db.read(), id).await?;
    let count = |status: &str| standing.get(status).copied().unwrap_or_default();
    let mut rows = incident_groups::members(db.read(), id, MOST_READ).await?;
    if !rows.iter().any(|row| row.id == incident.id) {
        rows.push(incident.clone());
    }
    let standing_of = |status: IncidentStatus| match status {
        IncidentStatus::Open => 0,
        IncidentStatus::Acknowledged => 1,
        IncidentStatus::Resolved => 2,
    };
    let mut members: Vec<GroupMember> = rows.into_iter().map(GroupMember::from).collect();
    members.sort_by_key(|one| {
        let elsewhere = one.id != incident.id;
        (
            standing_of(one.status),
            std::cmp::Reverse(one.severity),
            elsewhere,
            one.id,
        )
    });
    if let Some(own) = members.iter().position(|one| one.id == incident.id)
        && own >= MOST_SHOWN
    {
        members.swap(own, MOST_SHOWN - 1);
    }
    members.truncate(MOST_SHOWN);
    let names = names_of(db, group.covered_by.into_iter()).await?;
    Ok(Some(IncidentGroup {
        id,
        size: standing.values().sum(),
        open: count(incidents::OPEN),
        acknowledged: count(incidents::ACKNOWLEDGED),
        key: group.group_key,
        kind: group.kind,
        detector: group.detector,
        label: group.label,
        covered_until: group.covered_until,
        covered_by: group.covered_by.map(|id| Person {
            id,
            name: names
                .get(&id)
                .cloned()
                .unwrap_or_else(|| "(deleted)".to_owned()),
        }),
        members,
    }))
}

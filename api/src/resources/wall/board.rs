//! `/api/wall`: the whole fleet at a glance, and which of its trouble is critical.

use crate::error::ApiError;
use crate::resources::incidents::Severity;
use crate::resources::servers::ServerStatus;
use crate::state::AppState;
use actix_web::{get, web};
use chrono::{DateTime, Utc};
use noc_actors::detect::infos;
use noc_pipeline::control::{self, Condition};
use noc_storage::relational::entity::{alert_rule, incident, server};
use noc_storage::relational::{StoreError, alert_rules};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;

/// Criticals that are listed; more than these stand on no wall.
const MOST_CRITICALS: usize = 40;
/// Detectors whose subject is a mount, a service or a group of servers, and so nobody's name.
const NAMING: [&str; 6] = [
    "disk_bytes",
    "disk_full_soon",
    "disk_inodes",
    "fleet_silent",
    "service_down",
    "service_flapping",
];

/// How the fleet is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WallBoard {
    /// When this was true.
    pub at: DateTime<Utc>,
    /// When a server last reported anything, of those that are watched; null where none ever did.
    pub newest_report_at: Option<DateTime<Utc>>,
    /// Incidents that are not over, by severity.
    pub open: WallOpen,
    /// How many of those that are critical nobody has taken.
    pub unacknowledged_criticals: u64,
    /// Critical ones, those that nobody has taken first, of each the oldest first; 40 at most.
    pub criticals: Vec<WallIncident>,
    /// The servers by where they stand, named places first.
    pub places: Vec<WallPlace>,
}

/// Incidents that are not over, by severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct WallOpen {
    /// How many are critical.
    pub critical: u64,
    /// How many are high.
    pub high: u64,
    /// How many are medium.
    pub medium: u64,
    /// How many are low.
    pub low: u64,
    /// How many are info.
    pub info: u64,
}

/// An incident, without a word about anybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WallIncident {
    /// Id.
    pub id: i64,
    /// What is wrong: the detector's name, with the mount, service or group where it is about one.
    pub what: String,
    /// Name of the server, or of the group of them.
    pub server_name: String,
    /// Since when.
    pub opened_at: DateTime<Utc>,
    /// Whether somebody is on it.
    pub acknowledged: bool,
}

/// A data centre.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WallPlace {
    /// As its servers' `dc:` tag says; null for those without one.
    pub dc: Option<String>,
    /// Its racks, named ones first.
    pub racks: Vec<WallRack>,
}

/// A rack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WallRack {
    /// As its servers' `rack:` tag says; null for those without one.
    pub rack: Option<String>,
    /// Its servers, by name.
    pub servers: Vec<WallServer>,
}

/// A server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WallServer {
    /// Name.
    pub name: String,
    /// How it stands.
    pub status: ServerStatus,
    /// The worst of its incidents that are not over; null without one.
    pub severity: Option<Severity>,
    /// Whether somebody is on all of those that are as bad.
    pub acknowledged: bool,
}

/// How the fleet is, for a screen on a wall: nothing in it is about a person.
#[utoipa::path(tag = "wall", responses((status = 200, body = WallBoard)))]
#[get("/api/wall")]
pub async fn wall_board(state: web::Data<AppState>) -> Result<web::Json<WallBoard>, ApiError> {
    let db = state.db().read();
    let servers = server::Entity::find()
        .order_by_asc(server::Column::Name)
        .all(db)
        .await
        .map_err(StoreError::during("read the servers of the wall"))?;
    let running = incident::Entity::find()
        .filter(incident::Column::Status.ne("resolved"))
        .order_by_asc(incident::Column::OpenedAt)
        .order_by_asc(incident::Column::Id)
        .all(db)
        .await
        .map_err(StoreError::during("read the incidents of the wall"))?;
    let rules = alert_rules::all(db).await?;
    Ok(web::Json(board(state.now(), &servers, &running, &rules)))
}

/// Of all servers by name, and of the incidents that are not over, the oldest first.
fn board(
    at: DateTime<Utc>,
    servers: &[server::Model],
    running: &[incident::Model],
    rules: &[alert_rule::Model],
) -> WallBoard {
    let watched = servers.iter().filter(|server| server.is_active);
    let criticals = || running.iter().filter(|row| row.severity == "critical");
    let is_taken = |row: &incident::Model| row.status == "acknowledged";
    let unacknowledged = criticals().filter(|row| !is_taken(row)).count();
    // However many are taken, a new one finds its place.
    let untaken_first = criticals()
        .filter(|row| !is_taken(row))
        .chain(criticals().filter(|row| is_taken(row)));
    WallBoard {
        at,
        newest_report_at: watched.filter_map(|server| server.last_seen_at).max(),
        open: counted(running),
        unacknowledged_criticals: u64::try_from(unacknowledged).unwrap_or(u64::MAX),
        criticals: untaken_first
            .take(MOST_CRITICALS)
            .map(|row| WallIncident {
                id: row.id,
                what: what(row, rules),
                server_name: row.server_name.clone(),
                opened_at: row.opened_at,
                acknowledged: is_taken(row),
            })
            .collect(),
        places: places(servers, &worst(running)),
    }
}

fn counted(running: &[incident::Model]) -> WallOpen {
    let mut open = WallOpen::default();
    for row in running {
        let count = match row.severity.as_str() {
            "critical" => &mut open.critical,
            "high" => &mut open.high,
            "medium" => &mut open.medium,
            "low" => &mut open.low,
            _ => &mut open.info,
        };
        *count += 1;
    }
    open
}

/// What is wrong, in words that hold nobody's name.
fn what(row: &incident::Model, rules: &[alert_rule::Model]) -> String {
    let info = infos().find(|info| info.key == row.detector);
    let name = info.map_or(row.detector.as_str(), |info| info.name);
    if NAMING.contains(&row.detector.as_str()) && !row.subject.is_empty() {
        return format!("{name}: {}", row.subject);
    }
    let rule = rules.iter().find(|rule| Some(rule.id) == row.rule_id);
    let condition = rule.and_then(|rule| rule.as_control().ok());
    match condition.map(|rule| rule.condition) {
        Some(Condition::Threshold { metric, .. } | Condition::Baseline { metric, .. }) => {
            format!("{name}: {metric}")
        }
        Some(Condition::Detector { .. }) | None => name.to_owned(),
    }
}

/// The worst severity of each server, and whether somebody is on all that is as bad.
fn worst(running: &[incident::Model]) -> HashMap<i64, (Severity, bool)> {
    let mut out = HashMap::<i64, (Severity, bool)>::new();
    for row in running {
        let Some(server) = row.server_id else {
            continue;
        };
        let severity =
            control::Severity::from_name(&row.severity).map_or(Severity::High, Severity::from);
        let taken = row.status == "acknowledged";
        let known = out.entry(server).or_insert((severity, taken));
        if severity > known.0 {
            *known = (severity, taken);
        } else if severity == known.0 {
            known.1 &= taken;
        }
    }
    out
}

/// Named places come first, in the order of their names; those without a name are last.
fn places(servers: &[server::Model], worst: &HashMap<i64, (Severity, bool)>) -> Vec<WallPlace> {
    type Named = (bool, String);
    let named = |tags: &[String], key: &str| -> Named {
        let found = tags.iter().find_map(|tag| tag.strip_prefix(key));
        found.map_or((true, String::new()), |name| (false, name.to_owned()))
    };
    let mut all: BTreeMap<Named, BTreeMap<Named, Vec<WallServer>>> = BTreeMap::new();
    for server in servers {
        let tags = server.tag_list();
        let here = all.entry(named(&tags, "dc:")).or_default();
        let of = worst.get(&server.id).copied();
        here.entry(named(&tags, "rack:"))
            .or_default()
            .push(WallServer {
                name: server.name.clone(),
                status: ServerStatus::read(&server.status),
                severity: of.map(|(severity, _)| severity),
                acknowledged: of.is_some_and(|(_, taken)| taken),
            });
    }
    let name = |(nameless, name): Named| (!nameless).then_some(name);
    let place = |(dc, racks): (Named, BTreeMap<Named, Vec<WallServer>>)| WallPlace {
        dc: name(dc),
        racks: racks
            .into_iter()
            .map(|(rack, servers)| WallRack {
                rack: name(rack),
                servers,
            })
            .collect(),
    };
    all.into_iter().map(place).collect()
}

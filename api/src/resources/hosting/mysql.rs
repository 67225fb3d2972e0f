//! `/api/servers/{id}/mysql`, `/api/hosting/mysql`: database servers, their load and their replication.

use super::view::{Seen, View, of_fleet, of_server};
use super::{FleetQuery, ServerRef};
use crate::error::{ApiError, ErrorBody};
use crate::http::{Id, List, Query};
use crate::resources::probe::{Probe, ProbeState};
use crate::state::AppState;
use actix_web::{get, web};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::{Kind, Mysql, Payload, Replication, ReplicationRole};
use noc_storage::series::Recent;
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// How a database server stands in its replication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReplicationStatus {
    /// It replicates from nobody.
    None,
    /// Both threads run, and it is less than 60 s behind.
    Running,
    /// Both threads run, and it is 60 s behind or more.
    Lagging,
    /// A thread stands still, or it cannot say how far it is behind.
    Broken,
    /// Not known: the agent may not ask, or its report cannot be relied on.
    Unknown,
}

/// Replication as last reported.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MysqlReplication {
    /// How it stands.
    pub status: ReplicationStatus,
    /// `none`, `primary`, `replica` or `unknown`.
    pub role: Option<String>,
    /// Whether the thread that fetches from the primary runs.
    pub io_running: Option<bool>,
    /// Whether the thread that applies what was fetched runs.
    pub sql_running: Option<bool>,
    /// How far behind, seconds; null on a replica means broken, not 0.
    pub lag_s: Option<u64>,
}

/// The database server of a host as last reported.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ServerMysql {
    /// Where the report stands.
    pub probe: Probe,
    /// `mariadb`, `mysql` ...
    pub flavour: Option<String>,
    /// As the server tells it.
    pub version: Option<String>,
    /// Clients connected.
    pub threads_connected: Option<u64>,
    /// Clients it takes at once.
    pub max_connections: Option<u64>,
    /// Connections in use, percent.
    pub connections_pct: Option<f64>,
    /// Statements per second between the two newest reports; null after a restart.
    pub questions_per_s: Option<f64>,
    /// Slow statements per minute between the two newest reports; null after a restart.
    pub slow_queries_per_min: Option<f64>,
    /// Deadlocks per hour between the two newest reports; null after a restart, and where they are not counted.
    pub deadlocks_per_h: Option<f64>,
    /// Seconds since its start.
    pub uptime_s: Option<u64>,
    /// Replication.
    pub replication: MysqlReplication,
}

/// A row of the fleet's database servers.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HostMysql {
    /// Whose.
    pub server: ServerRef,
    /// Its database server.
    #[serde(flatten)]
    pub mysql: ServerMysql,
}

/// From this lag on a replica is lagging, seconds.
const LAGGING_S: u64 = 60;

impl View for ServerMysql {
    const KIND: Kind = Kind::Mysql;
    const FIELDS: &'static [&'static str] = &[
        "questions_total",
        "slow_queries_total",
        "deadlocks_total",
        "uptime_s",
    ];
    const SPAN: Duration = Duration::from_secs(900);

    fn of(seen: Seen<'_>) -> Self {
        let probe = Probe::of(Self::KIND, seen.latest, seen.now);
        let report = seen.latest.and_then(|latest| match latest.report.data() {
            Some(Payload::Mysql(mysql)) => Some((latest.event_at, mysql)),
            _ => None,
        });
        let rates = report.and_then(|(at, mysql)| {
            let (before_at, before) = before(seen.recent, at)?;
            Some(mysql.rates_since(at, &before, before_at))
        });
        let (mysql, rates) = (report.map(|(_, mysql)| mysql), rates.unwrap_or_default());
        Self {
            flavour: mysql.map(|m| m.flavour.clone()),
            version: mysql.map(|m| m.version.clone()),
            threads_connected: mysql.and_then(|m| m.threads_connected),
            max_connections: mysql.and_then(|m| m.max_connections),
            connections_pct: mysql.and_then(Mysql::connections_pct),
            questions_per_s: rates.questions_per_s,
            slow_queries_per_min: rates.slow_queries_per_s.map(|slow| slow * 60.0),
            deadlocks_per_h: rates.deadlocks_per_s.map(|deadlocks| deadlocks * 3_600.0),
            uptime_s: mysql.and_then(|m| m.uptime_s),
            replication: replication(mysql.map(|m| m.replication), probe.state),
            probe,
        }
    }
}

/// The counters of the report before the one at a time.
fn before(recent: &[Recent], at: UnixMs) -> Option<(UnixMs, Mysql)> {
    let [recent] = recent else { return None };
    let place = recent.at.iter().rposition(|earlier| *earlier < at)?;
    let counter = |field: usize| {
        let value = recent.fields.get(field)?.get(place).copied().flatten()?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole numbers below 2^53 were stored"
        )]
        let whole = (value >= 0.0).then_some(value as u64);
        whole
    };
    let counters = Mysql {
        questions_total: counter(0),
        slow_queries_total: counter(1),
        deadlocks_total: counter(2),
        uptime_s: counter(3),
        ..Mysql::default()
    };
    Some((*recent.at.get(place)?, counters))
}

fn replication(told: Option<Replication>, state: ProbeState) -> MysqlReplication {
    let status = match told.filter(|_| state == ProbeState::Ok) {
        None => ReplicationStatus::Unknown,
        Some(told) => match (told.role, told.io_running, told.sql_running, told.lag_s) {
            (ReplicationRole::Unknown, ..) => ReplicationStatus::Unknown,
            (ReplicationRole::None | ReplicationRole::Primary, ..) => ReplicationStatus::None,
            (ReplicationRole::Replica, Some(true), Some(true), Some(lag)) if lag < LAGGING_S => {
                ReplicationStatus::Running
            }
            (ReplicationRole::Replica, Some(true), Some(true), Some(_)) => {
                ReplicationStatus::Lagging
            }
            (ReplicationRole::Replica, ..) => ReplicationStatus::Broken,
        },
    };
    let role = |told: Replication| match told.role {
        ReplicationRole::None => "none",
        ReplicationRole::Primary => "primary",
        ReplicationRole::Replica => "replica",
        ReplicationRole::Unknown => "unknown",
    };
    MysqlReplication {
        status,
        role: told.map(|told| role(told).to_owned()),
        io_running: told.and_then(|told| told.io_running),
        sql_running: told.and_then(|told| told.sql_running),
        lag_s: told.and_then(|told| told.lag_s),
    }
}

/// The database server of a host as last reported.
#[utoipa::path(tag = "servers", params(("id" = i64, Path, description = "Server")),
    responses((status = 200, body = ServerMysql), (status = 404, body = ErrorBody)))]
#[get("/api/servers/{id}/mysql")]
pub async fn server_mysql(
    state: web::Data<AppState>,
    id: Id,
) -> Result<web::Json<ServerMysql>, ApiError> {
    of_server(&state, id).await
}

/// Database servers of the fleet.
///
/// Orders: `-connections_pct` (the default, the fullest first), `lag_s` (a broken replica counts as the most behind),
/// `slow_queries_per_min`, `name`, `observed_at`.
#[utoipa::path(tag = "hosting", params(FleetQuery), responses((status = 200, body = List<HostMysql>)))]
#[get("/api/hosting/mysql")]
pub async fn hosting_mysql(
    state: web::Data<AppState>,
    query: Query<FleetQuery>,
) -> Result<web::Json<List<HostMysql>>, ApiError> {
    of_fleet(&state, &query.0, "-connections_pct", |server, mysql| {
        HostMysql { server, mysql }
    })
    .await
}

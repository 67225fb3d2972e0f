//! `/api/servers/{id}/litespeed`, `/api/hosting/litespeed`: LiteSpeed web servers and their cache.

use super::view::{Seen, View, of_fleet, of_server};
use super::{FleetQuery, ServerRef};
use crate::error::{ApiError, ErrorBody};
use crate::http::{Id, List, Query};
use crate::resources::probe::{Probe, ProbeState};
use crate::state::AppState;
use actix_web::{get, web};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::rates::{CacheCounters, cache_hit_pct};
use noc_pipeline::payload::{Kind, Litespeed, Payload};
use noc_storage::series::Recent;
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// Whether a web server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WebServerState {
    /// It writes its reports.
    Running,
    /// Its report is over 60 s old: left over from a server that stopped.
    Stopped,
    /// Not known.
    Unknown,
}

/// Whether there is a cache hit ratio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HitRatioState {
    /// There is.
    Measured,
    /// No request came that the cache could have answered: undefined, not 0.
    NoRequests,
    /// Not known: a first report, or a restart between the two newest ones.
    Unknown,
}

/// The LiteSpeed server of a host as last reported. A stopped server has no values but version and age.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ServerLitespeed {
    /// Where the report stands.
    pub probe: Probe,
    /// Whether it runs.
    pub state: WebServerState,
    /// Edition and version.
    pub version: Option<String>,
    /// Clients connected, plain and TLS.
    pub connections: Option<u64>,
    /// Clients it takes at once.
    pub max_connections: Option<u64>,
    /// Connections in use, percent.
    pub connections_pct: Option<f64>,
    /// Requests per second.
    pub requests_per_s: Option<f64>,
    /// Received, bytes per second.
    pub bytes_in_per_s: Option<f64>,
    /// Sent, bytes per second.
    pub bytes_out_per_s: Option<f64>,
    /// Whether there is a hit ratio.
    pub hit_ratio_state: HitRatioState,
    /// Of the requests that the cache may answer the share it did, percent, between the two newest reports.
    pub hit_ratio_pct: Option<f64>,
    /// Virtual hosts.
    pub vhosts: Option<u64>,
    /// Age of the web server's own report when it was read, seconds.
    pub report_age_s: Option<u64>,
}

/// A row of the fleet's LiteSpeed servers.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HostLitespeed {
    /// Whose.
    pub server: ServerRef,
    /// Its web server.
    #[serde(flatten)]
    pub litespeed: ServerLitespeed,
}

impl View for ServerLitespeed {
    const KIND: Kind = Kind::Litespeed;
    const FIELDS: &'static [&'static str] = &[
        "requests_total",
        "static_hits_total",
        "public_hits_total",
        "private_hits_total",
    ];
    const SPAN: Duration = Duration::from_secs(900);

    fn of(seen: Seen<'_>) -> Self {
        let probe = Probe::of(Self::KIND, seen.latest, seen.now);
        let report = seen.latest.and_then(|latest| match latest.report.data() {
            Some(Payload::Litespeed(litespeed)) => Some((latest.event_at, litespeed)),
            _ => None,
        });
        let state = match report.filter(|_| probe.state == ProbeState::Ok) {
            Some((_, litespeed)) => match litespeed.is_running() {
                Some(true) => WebServerState::Running,
                Some(false) => WebServerState::Stopped,
                None => WebServerState::Unknown,
            },
            None => WebServerState::Unknown,
        };
        let live = report.filter(|(_, litespeed)| litespeed.is_running() != Some(false));
        let (hit_ratio_state, hit_ratio_pct) = live
            .map_or((HitRatioState::Unknown, None), |live| {
                hit_ratio(live, seen.recent)
            });
        let (told, live) = (report.map(|(_, l)| l), live.map(|(_, l)| l));
        Self {
            probe,
            state,
            version: told.map(|l| l.version.clone()),
            connections: live.and_then(|l| l.connections),
            max_connections: live.and_then(|l| l.max_connections),
            connections_pct: live.and_then(Litespeed::connections_pct),
            requests_per_s: live.and_then(|l| l.requests_per_s),
            bytes_in_per_s: live.and_then(|l| l.bytes_in_per_s),
            bytes_out_per_s: live.and_then(|l| l.bytes_out_per_s),
            hit_ratio_state,
            hit_ratio_pct,
            vhosts: live.and_then(|l| l.vhosts),
            report_age_s: told.and_then(|l| l.report_age_s),
        }
    }
}

/// The hit ratio between a report and the one before it, or why there is none.
fn hit_ratio(
    (at, litespeed): (UnixMs, &Litespeed),
    recent: &[Recent],
) -> (HitRatioState, Option<f64>) {
    let unknown = (HitRatioState::Unknown, None);
    let (Some(before), Some(now)) = (before(recent, at), litespeed.cache_counters()) else {
        return unknown;
    };
    let grew = [
        (before.requests, now.requests),
        (before.static_hits, now.static_hits),
        (before.cache_hits, now.cache_hits),
    ];
    match cache_hit_pct(before, now) {
        Some(pct) => (HitRatioState::Measured, Some(pct)),
        None if grew.iter().all(|(before, now)| now >= before) => (HitRatioState::NoRequests, None),
        None => unknown,
    }
}

/// The counters of the report before the one at a time.
fn before(recent: &[Recent], at: UnixMs) -> Option<CacheCounters> {
    let [recent] = recent else { return None };
    let place = recent.at.iter().rposition(|earlier| *earlier < at)?;
    let counter = |field: usize| recent.fields.get(field)?.get(place).copied().flatten();
    Some(CacheCounters {
        requests: counter(0)?,
        static_hits: counter(1)?,
        cache_hits: counter(2)? + counter(3)?,
    })
}

/// The LiteSpeed server of a host as last reported.
#[utoipa::path(tag = "servers", params(("id" = i64, Path, description = "Server")),
    responses((status = 200, body = ServerLitespeed), (status = 404, body = ErrorBody)))]
#[get("/api/servers/{id}/litespeed")]
pub async fn server_litespeed(
    state: web::Data<AppState>,
    id: Id,
) -> Result<web::Json<ServerLitespeed>, ApiError> {
    of_server(&state, id).await
}

/// LiteSpeed servers of the fleet.
///
/// Orders: `-connections_pct` (the default; stopped servers first, then the fullest), `requests_per_s`,
/// `hit_ratio_pct`, `name`, `observed_at`.
#[utoipa::path(tag = "hosting", params(FleetQuery), responses((status = 200, body = List<HostLitespeed>)))]
#[get("/api/hosting/litespeed")]
pub async fn hosting_litespeed(
    state: web::Data<AppState>,
    query: Query<FleetQuery>,
) -> Result<web::Json<List<HostLitespeed>>, ApiError> {
    of_fleet(&state, &query.0, "-connections_pct", |server, litespeed| {
        HostLitespeed { server, litespeed }
    })
    .await
}

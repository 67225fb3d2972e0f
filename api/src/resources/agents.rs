//! `/api/agents`: every agent of the fleet: whether it reports, what it may read, what it holds back.

use crate::error::ApiError;
use crate::http::{List, Meta, Query, names};
use crate::resources::hosting::ServerRef;
use crate::resources::probe::ProbeState;
use crate::state::AppState;
use actix_web::{get, web};
use chrono::{DateTime, Utc};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::{Kind, Payload};
use noc_storage::relational::agents::{self, AgentCounts, AgentFilter, AgentRow, VersionFilter};
use noc_storage::relational::entity::agent_health;
use noc_storage::relational::page::PageRequest;
use noc_storage::relational::server_probes::{self, ProbeRow};
use noc_storage::relational::servers::ServerFilter;
use noc_storage::series::Latest;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};

/// What agents must be let read, in the order of the page.
const GRANTED: [Kind; 12] = [
    Kind::Metrics,
    Kind::Processes,
    Kind::Disks,
    Kind::Mysql,
    Kind::Litespeed,
    Kind::MailQueue,
    Kind::EmailStats,
    Kind::Firewall,
    Kind::Crons,
    Kind::Cpanel,
    Kind::Backups,
    Kind::Inventory,
];

/// `?version=` of those that do not tell theirs.
const UNKNOWN: &str = "unknown";

/// How an agent stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AgentState {
    /// It reports, in time and of everything that is on its host.
    Healthy,
    /// It reports, but cannot read something, its clock is 5 min or more off, or 32 MiB or more wait in its spool.
    Degraded,
    /// It has reported before, and is silent now.
    Silent,
    /// It has a secret, and never reported.
    NeverReported,
    /// Nobody enrolled it yet.
    NotEnrolled,
    /// Its server's monitoring is off: it is not expected.
    Disabled,
}

/// Whether an agent may read what a kind of report is made from.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Grant {
    /// Kind of report.
    pub kind: String,
    /// Where its newest report stands; `no_data`: the agent never sent one.
    pub state: ProbeState,
    /// When it was measured.
    pub observed_at: Option<DateTime<Utc>>,
    /// What would help, in the agent's words.
    pub hint: Option<String>,
}

/// Reports that wait on the host.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Spool {
    /// Files; null where the agent does not tell.
    pub files: Option<u64>,
    /// Their size, bytes.
    pub bytes: Option<u64>,
    /// Reports that were dropped because it was full, since the agent was installed.
    pub lost_total: Option<u64>,
}

/// Values of an agent that were impossible and stored as null.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RefusedFields {
    /// How many there were.
    pub total: u64,
    /// The fields of the last report that had some.
    pub fields: Vec<String>,
    /// When that report came.
    pub last_at: Option<DateTime<Utc>>,
}

/// One agent.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Agent {
    /// Its server.
    pub server: ServerRef,
    /// How it stands.
    pub state: AgentState,
    /// Why it is not healthy, in words; empty when it is.
    pub reasons: Vec<String>,
    /// Its version.
    pub version: Option<String>,
    /// When it got its secret.
    pub enrolled_at: Option<DateTime<Utc>>,
    /// Last payload of any kind.
    pub last_seen_at: Option<DateTime<Utc>>,
    /// Seconds since it was started.
    pub uptime_s: Option<u64>,
    /// What waits on the host.
    pub spool: Spool,
    /// How far its clock lags ours, milliseconds; negative when it is ahead, null when it is not known.
    pub skew_ms: Option<i64>,
    /// Values that were refused.
    pub refused: RefusedFields,
    /// What it may read, every kind of report there is.
    pub grants: Vec<Grant>,
}

/// How many agents run a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct VersionCount {
    /// The version; null where it is not known.
    pub version: Option<String>,
    /// How many.
    pub agents: u64,
}

/// The fleet in numbers, whatever is filtered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AgentSummary {
    /// Servers whose monitoring is on.
    pub expected: u64,
    /// Of those, the ones that have a secret.
    pub enrolled: u64,
    /// Of those, the ones that are healthy.
    pub healthy: u64,
    /// The ones that report, but not all is well.
    pub degraded: u64,
    /// The ones that are silent, those that never reported among them.
    pub silent: u64,
    /// Versions of those that are expected, the most common first.
    pub versions: Vec<VersionCount>,
}

/// A page of agents, and the fleet in numbers.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AgentList {
    /// The rows of this page.
    pub data: Vec<Agent>,
    /// Where the page stands.
    pub meta: Meta,
    /// The whole fleet.
    pub summary: AgentSummary,
}

/// Which agents, in which order.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct AgentQuery {
    /// Part of the server's name, host name or a tag.
    pub q: Option<String>,
    /// A tag the server must carry.
    pub tag: Option<String>,
    /// States, separated by commas.
    pub state: Option<String>,
    /// Exactly this version; `unknown` for those that do not tell.
    pub version: Option<String>,
    /// `state` (the default, worst first), `name`, `last_seen_at`, `version`, `skew`, `spool_bytes`, `refused`; `-` before it turns around.
    pub sort: Option<String>,
    /// Rows on the page, 1 to 200; 50 when absent.
    pub limit: Option<u64>,
    /// Where the page begins.
    pub cursor: Option<String>,
}

impl From<agents::AgentState> for AgentState {
    fn from(state: agents::AgentState) -> Self {
        match state {
            agents::AgentState::Silent => Self::Silent,
            agents::AgentState::NeverReported => Self::NeverReported,
            agents::AgentState::Degraded => Self::Degraded,
            agents::AgentState::NotEnrolled => Self::NotEnrolled,
            agents::AgentState::Healthy => Self::Healthy,
            agents::AgentState::Disabled => Self::Disabled,
        }
    }
}

/// Every agent, worst first, with what it may read.
#[utoipa::path(tag = "servers", params(AgentQuery), responses((status = 200, body = AgentList)))]
#[get("/api/agents")]
pub async fn list_agents(
    state: web::Data<AppState>,
    query: Query<AgentQuery>,
) -> Result<web::Json<AgentList>, ApiError> {
    let Query(query) = query;
    let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let filter = AgentFilter {
        servers: ServerFilter {
            search: given(query.q),
            tag: given(query.tag),
            ..ServerFilter::default()
        },
        states: names(
            "state",
            query.state.as_deref(),
            agents::AgentState::from_name,
        )?,
        version: given(query.version).map(|version| match version.as_str() {
            UNKNOWN => VersionFilter::Unknown,
            _ => VersionFilter::Is(version),
        }),
    };
    let request = PageRequest {
        limit: query.limit,
        cursor: query.cursor,
        sort: query.sort,
    };
    let read = state.db().read();
    let page = agents::list(read, &filter, &request).await?;
    let servers: Vec<ServerId> = page.data.iter().map(|row| row.server.server_id()).collect();
    let mut probes = HashMap::<ServerId, Vec<ProbeRow>>::new();
    for row in server_probes::of_servers(read, &servers).await? {
        probes.entry(row.server).or_default().push(row);
    }
    let told = state.parts.series.latest(Kind::Inventory, &servers).await?;
    let counts = agents::counts(read).await?;
    let now = state.now_ms();
    let List { data, meta } = List::from(page.map(|row| {
        let server = row.server.server_id();
        let probes = probes.remove(&server).unwrap_or_default();
        agent(row, &probes, told.get(&server), now)
    }));
    Ok(web::Json(AgentList {
        data,
        meta,
        summary: summary(&counts),
    }))
}

fn agent(row: AgentRow, probes: &[ProbeRow], told: Option<&Latest>, now: UnixMs) -> Agent {
    let inventory = match told.and_then(|latest| latest.report.data()) {
        Some(Payload::Inventory(inventory)) => Some(inventory),
        _ => None,
    };
    let spool = Spool {
        files: inventory.and_then(|i| i.spool_files),
        bytes: inventory.and_then(|i| i.spool_bytes),
        lost_total: inventory.and_then(|i| i.spool_lost_total),
    };
    let grants: Vec<Grant> = GRANTED
        .iter()
        .map(|kind| grant(*kind, probes.iter().find(|row| row.kind == *kind), now))
        .collect();
    let health = row.health;
    let skew_ms = health.as_ref().and_then(|health| health.skew_ms);
    let reasons = match row.state {
        agents::AgentState::Degraded => reasons(&grants, skew_ms, &spool),
        _ => Vec::new(),
    };
    Agent {
        state: row.state.into(),
        reasons,
        version: row.server.agent_version.clone(),
        enrolled_at: row.server.enrolled_at,
        last_seen_at: row.server.last_seen_at,
        uptime_s: inventory.and_then(|i| i.agent_uptime_s),
        server: row.server.into(),
        spool,
        skew_ms,
        refused: RefusedFields {
            total: health
                .as_ref()
                .and_then(|health| u64::try_from(health.refused_total).ok())
                .unwrap_or_default(),
            fields: health
                .as_ref()
                .map(agent_health::Model::refused_names)
                .unwrap_or_default(),
            last_at: health.and_then(|health| health.refused_at),
        },
        grants,
    }
}

fn grant(kind: Kind, row: Option<&ProbeRow>, now: UnixMs) -> Grant {
    Grant {
        kind: kind.name().to_owned(),
        state: row.map_or(ProbeState::NoData, |row| row.state(now).into()),
        observed_at: row.map(|row| row.observed_at.to_datetime()),
        hint: row.and_then(|row| row.hint.clone()),
    }
}

/// Why an agent that reports is not healthy.
fn reasons(grants: &[Grant], skew_ms: Option<i64>, spool: &Spool) -> Vec<String> {
    let unreadable = grants.iter().filter_map(|grant| {
        let why = match grant.state {
            ProbeState::NoPermission => "may not be read",
            ProbeState::CollectorError => "answers nonsense",
            ProbeState::Timeout => "does not answer in time",
            _ => return None,
        };
        Some(format!("{} {why}", grant.kind))
    });
    let mut reasons: Vec<String> = unreadable.collect();
    if let Some(skew) = skew_ms.filter(|skew| skew.abs() >= agents::SKEW_LIMIT_MS) {
        let seconds = skew.unsigned_abs() / 1_000;
        let which = if skew > 0 { "behind" } else { "ahead of" };
        reasons.push(format!("its clock is {seconds} s {which} ours"));
    }
    if let Some(bytes) = spool.bytes.filter(|b| *b >= agents::SPOOL_LIMIT_BYTES) {
        reasons.push(format!("{} MiB wait in its spool", bytes >> 20));
    }
    reasons
}

fn summary(counts: &AgentCounts) -> AgentSummary {
    use agents::AgentState::{Degraded, Disabled, Healthy, NeverReported, NotEnrolled, Silent};
    let of = |wanted: &[agents::AgentState]| {
        let states = counts.states.iter();
        let states = states.filter(|(state, _)| wanted.contains(state));
        states.map(|(_, agents)| agents).sum::<u64>()
    };
    let all = of(&agents::AgentState::ALL);
    AgentSummary {
        expected: all - of(&[Disabled]),
        enrolled: all - of(&[Disabled, NotEnrolled]),
        healthy: of(&[Healthy]),
        degraded: of(&[Degraded]),
        silent: of(&[Silent, NeverReported]),
        versions: counts
            .versions
            .iter()
            .map(|(version, agents)| VersionCount {
                version: version.clone(),
                agents: *agents,
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use noc_pipeline::payload::KindError;

    #[test]
    fn every_kind_but_the_agents_own_words_is_a_grant() {
        let missing: Vec<_> = Kind::ALL
            .iter()
            .filter(|kind| !GRANTED.contains(kind))
            .collect();
        assert_eq!(missing, [&Kind::Lifecycle]);
    }

    #[test]
    fn what_is_wrong_is_said_in_words() {
        let row = |error| ProbeRow {
            server: ServerId(1),
            kind: Kind::Mysql,
            error,
            hint: Some("grant PROCESS".to_owned()),
            observed_at: UnixMs(0),
            received_at: UnixMs(0),
            values: [None; 4],
        };
        let spool = |bytes| Spool {
            files: None,
            bytes: Some(bytes),
            lost_total: None,
        };
        let refused = grant(
            Kind::Mysql,
            Some(&row(Some(KindError::NoPermission))),
            UnixMs(0),
        );
        let fine = grant(Kind::Disks, Some(&row(None)), UnixMs(0));
        assert_eq!(refused.hint.as_deref(), Some("grant PROCESS"));
        assert_eq!(
            reasons(&[refused, fine], Some(-301_000), &spool(40 << 20)),
            [
                "mysql may not be read",
                "its clock is 301 s ahead of ours",
                "40 MiB wait in its spool"
            ]
        );
        let absent = grant(
            Kind::Mysql,
            Some(&row(Some(KindError::NotInstalled))),
            UnixMs(0),
        );
        assert!(reasons(&[absent], Some(299_999), &spool(5)).is_empty());
    }
}

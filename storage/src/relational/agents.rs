//! The agents page: every server with how its agent stands, sorted and counted in the database.

use super::StoreError;
use super::entity::{agent_health, server, server_probe};
use super::page::{Page, PageRequest, SortBy, page_as};
use super::server_probes::ProbeState;
use super::servers::{ServerFilter, Status, matching};
use noc_pipeline::payload::{Kind, KindError};
use sea_orm::sea_query::{
    CaseStatement, Expr, ExprTrait, Func, IntoCondition, JoinType, Query, SelectStatement,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter,
    QueryOrder, QueryResult, QuerySelect, QueryTrait, Select,
};

/// From here on a clock is wrong, milliseconds either way: what incident `clock_skew` opens at.
pub const SKEW_LIMIT_MS: i64 = 300_000;

/// From here on a spool says that reports do not get through, bytes: half of what an agent keeps.
pub const SPOOL_LIMIT_BYTES: u64 = 32 << 20;

/// Most versions that are told apart in the counts.
const MAX_VERSIONS: u64 = 100;

/// How an agent stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AgentState {
    /// It has reported before, and is silent now.
    Silent,
    /// It has a secret, and never reported.
    NeverReported,
    /// It reports, but cannot read something, its clock is off, or its spool fills.
    Degraded,
    /// Nobody enrolled it.
    NotEnrolled,
    /// It reports everything that is on its host.
    Healthy,
    /// Its server's monitoring is off: nobody expects it.
    Disabled,
}

impl AgentState {
    /// All of them, worst first.
    pub const ALL: [Self; 6] = [
        Self::Silent,
        Self::NeverReported,
        Self::Degraded,
        Self::NotEnrolled,
        Self::Healthy,
        Self::Disabled,
    ];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::NeverReported => "never_reported",
            Self::Degraded => "degraded",
            Self::NotEnrolled => "not_enrolled",
            Self::Healthy => "healthy",
            Self::Disabled => "disabled",
        }
    }

    /// Reads [`AgentState::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Place in [`AgentState::ALL`].
    fn rank(self) -> i64 {
        let place = Self::ALL.iter().position(|state| *state == self);
        place
            .and_then(|place| i64::try_from(place).ok())
            .unwrap_or_default()
    }

    fn of_rank(rank: i64) -> Option<Self> {
        Self::ALL.get(usize::try_from(rank).ok()?).copied()
    }
}

/// Which version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionFilter {
    /// Exactly this one.
    Is(String),
    /// It is not known.
    Unknown,
}

/// Which agents; every field left at its default means all of them.
#[derive(Debug, Clone, Default)]
pub struct AgentFilter {
    /// By their servers.
    pub servers: ServerFilter,
    /// Standing so.
    pub states: Vec<AgentState>,
    /// Of this version.
    pub version: Option<VersionFilter>,
}

/// An agent.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentRow {
    /// Its server.
    pub server: server::Model,
    /// How it stands.
    pub state: AgentState,
    /// What is noticed beside its reports.
    pub health: Option<agent_health::Model>,
    spool_bytes: Option<f64>,
    skew: Option<i64>,
}

impl FromQueryResult for AgentRow {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        let server = server::Model::from_query_result(row, prefix)?;
        let rank = row.try_get(prefix, STATE)?;
        let refused_total: Option<i64> = row.try_get(prefix, "agent_refused_total")?;
        let health = match refused_total {
            None => None,
            Some(refused_total) => Some(agent_health::Model {
                server_id: server.id,
                skew_ms: row.try_get(prefix, "agent_skew_ms")?,
                skew_at: row.try_get(prefix, "agent_skew_at")?,
                refused_total,
                refused_fields: row.try_get(prefix, "agent_refused_fields")?,
                refused_at: row.try_get(prefix, "agent_refused_at")?,
            }),
        };
        Ok(Self {
            server,
            state: AgentState::of_rank(rank).unwrap_or(AgentState::Silent),
            health,
            spool_bytes: row.try_get(prefix, "agent_spool_bytes")?,
            skew: row.try_get(prefix, "agent_skew")?,
        })
    }
}

/// The fleet's agents in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgentCounts {
    /// How many stand how; states that nobody is in are left out.
    pub states: Vec<(AgentState, u64)>,
    /// How many of the servers whose monitoring is on run which version, the most common first.
    pub versions: Vec<(Option<String>, u64)>,
}

const STATE: &str = "agent_state";
const UNREADABLE: &str = "unreadable";
const SPOOL: &str = "spool";

/// The orders of [`list`]; the default is `state`, worst first.
pub const SORTS: &[SortBy<AgentRow>] = &[
    SortBy {
        name: "state",
        by: state,
        value: |row| row.state.rank().into(),
    },
    SortBy {
        name: "name",
        by: || server_column(server::Column::Name),
        value: |row| row.server.name.as_str().into(),
    },
    SortBy {
        name: "last_seen_at",
        by: || server_column(server::Column::LastSeenAt),
        value: |row| row.server.last_seen_at.into(),
    },
    SortBy {
        name: "version",
        by: || server_column(server::Column::AgentVersion),
        value: |row| row.server.agent_version.as_deref().into(),
    },
    SortBy {
        name: "skew",
        by: skew,
        value: |row| row.skew.into(),
    },
    SortBy {
        name: "spool_bytes",
        by: spool_bytes,
        value: |row| row.spool_bytes.into(),
    },
    SortBy {
        name: "refused",
        by: || health_column(agent_health::Column::RefusedTotal),
        value: |row| {
            row.health
                .as_ref()
                .map(|health| health.refused_total)
                .into()
        },
    },
];

/// A page of agents.
///
/// # Errors
/// [`StoreError::Refused`] for a page that cannot be; [`StoreError::Query`].
pub async fn list(
    conn: &impl ConnectionTrait,
    filter: &AgentFilter,
    request: &PageRequest,
) -> Result<Page<AgentRow>, StoreError> {
    let mut select = joined(matching(&filter.servers));
    if !filter.states.is_empty() {
        let ranks = filter.states.iter().map(|state| state.rank());
        select = select.filter(state().is_in(ranks));
    }
    select = match &filter.version {
        None => select,
        Some(VersionFilter::Is(version)) => {
            select.filter(server::Column::AgentVersion.eq(version.as_str()))
        }
        Some(VersionFilter::Unknown) => select.filter(server::Column::AgentVersion.is_null()),
    };
    let select = with_columns(select);
    let id = (server::Column::Id, |row: &AgentRow| row.server.id);
    page_as(conn, select, request, SORTS, "state", id).await
}

/// Counts the agents of the whole fleet.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn counts(conn: &impl ConnectionTrait) -> Result<AgentCounts, StoreError> {
    let operation = "count agents";
    let states: Vec<(i64, i64)> = joined(server::Entity::find())
        .select_only()
        .expr_as(state(), STATE)
        .column_as(server::Column::Id.count(), "agents")
        .group_by(state())
        .into_tuple()
        .all(conn)
        .await
        .map_err(StoreError::during(operation))?;
    let versions: Vec<(Option<String>, i64)> = server::Entity::find()
        .select_only()
        .column(server::Column::AgentVersion)
        .column_as(server::Column::Id.count(), "agents")
        .filter(server::Column::IsActive.eq(true))
        .group_by(server::Column::AgentVersion)
        .order_by_desc(server::Column::Id.count())
        .order_by_asc(server::Column::AgentVersion)
        .limit(MAX_VERSIONS)
        .into_tuple()
        .all(conn)
        .await
        .map_err(StoreError::during(operation))?;
    let count = |count: i64| u64::try_from(count).unwrap_or_default();
    let states = states.into_iter();
    let versions = versions.into_iter();
    Ok(AgentCounts {
        states: states
            .filter_map(|(rank, agents)| Some((AgentState::of_rank(rank)?, count(agents))))
            .collect(),
        versions: versions.map(|(v, agents)| (v, count(agents))).collect(),
    })
}

/// Adds what the state is made of.
fn joined(mut select: Select<server::Entity>) -> Select<server::Entity> {
    let of = |column: Expr| column.equals((server::Entity, server::Column::Id));
    let query = QueryTrait::query(&mut select);
    let same = of(health_column(agent_health::Column::ServerId));
    query.join(
        JoinType::LeftJoin,
        agent_health::Entity,
        same.into_condition(),
    );
    let same = of(Expr::col((UNREADABLE, server_probe::Column::ServerId)));
    query.join_subquery(
        JoinType::LeftJoin,
        unreadable(),
        UNREADABLE,
        same.into_condition(),
    );
    let same = of(Expr::col((SPOOL, server_probe::Column::ServerId)));
    let inventory = Expr::col((SPOOL, server_probe::Column::Kind)).eq(Kind::Inventory.name());
    query.join_as(
        JoinType::LeftJoin,
        server_probe::Entity,
        SPOOL,
        same.and(inventory).into_condition(),
    );
    select
}

fn with_columns(select: Select<server::Entity>) -> Select<server::Entity> {
    [
        (state(), STATE),
        (spool_bytes(), "agent_spool_bytes"),
        (skew(), "agent_skew"),
        (health_column(agent_health::Column::SkewMs), "agent_skew_ms"),
        (health_column(agent_health::Column::SkewAt), "agent_skew_at"),
        (
            health_column(agent_health::Column::RefusedTotal),
            "agent_refused_total",
        ),
        (
            health_column(agent_health::Column::RefusedFields),
            "agent_refused_fields",
        ),
        (
            health_column(agent_health::Column::RefusedAt),
            "agent_refused_at",
        ),
    ]
    .into_iter()
    .fold(select, |select, (column, name)| {
        select.expr_as(column, name)
    })
}

/// Servers with a report that says why there is nothing, though the source is on the host.
fn unreadable() -> SelectStatement {
    let errors = [
        KindError::NoPermission,
        KindError::CollectorError,
        KindError::Timeout,
    ];
    let names = errors.map(|error| ProbeState::Unreadable(error).name());
    Query::select()
        .distinct()
        .column((server_probe::Entity, server_probe::Column::ServerId))
        .from(server_probe::Entity)
        .and_where(Expr::col((server_probe::Entity, server_probe::Column::State)).is_in(names))
        .take()
}

fn state() -> Expr {
    let unreadable = Expr::col((UNREADABLE, server_probe::Column::ServerId)).is_not_null();
    #[expect(clippy::cast_precision_loss, reason = "a power of two")]
    let spool = spool_bytes().gte(SPOOL_LIMIT_BYTES as f64);
    let degraded = Condition::any()
        .add(unreadable)
        .add(skew().gte(SKEW_LIMIT_MS))
        .add(spool);
    CaseStatement::new()
        .case(
            server_column(server::Column::IsActive).eq(false),
            AgentState::Disabled.rank(),
        )
        .case(
            server_column(server::Column::AgentSecretHash).is_null(),
            AgentState::NotEnrolled.rank(),
        )
        .case(
            server_column(server::Column::LastSeenAt).is_null(),
            AgentState::NeverReported.rank(),
        )
        .case(
            server_column(server::Column::Status).ne(Status::Up.name()),
            AgentState::Silent.rank(),
        )
        .case(degraded, AgentState::Degraded.rank())
        .finally(AgentState::Healthy.rank())
        .into()
}

fn skew() -> Expr {
    Func::abs(health_column(agent_health::Column::SkewMs)).into()
}

fn spool_bytes() -> Expr {
    Expr::col((SPOOL, server_probe::Column::Value1))
}

fn server_column(column: server::Column) -> Expr {
    Expr::col((server::Entity, column))
}

fn health_column(column: agent_health::Column) -> Expr {
    Expr::col((agent_health::Entity, column))
}

//! Fleet-wide lists of a kind: every server, with where its newest report stands, worst first.

use super::{HOURS_TO_FULL, ProbeState, REFRESH_EVERY, Values, fresh_for, sort_names};
use crate::relational::StoreError;
use crate::relational::entity::{server, server_probe};
use crate::relational::page::{Page, PageRequest, SortBy, page_as};
use crate::relational::servers::{ServerFilter, matching};
use chrono::{DateTime, Utc};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::{Kind, KindError};
use sea_orm::sea_query::{Expr, ExprTrait, Func, IntoCondition, JoinType};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, FromQueryResult, QueryFilter, QueryResult,
    QuerySelect, QueryTrait, Select,
};

/// Which servers of the fleet.
#[derive(Debug, Clone, Default)]
pub struct FleetFilter {
    /// By their own columns.
    pub servers: ServerFilter,
    /// This one alone.
    pub server: Option<ServerId>,
    /// Whose newest report stands so; all when empty. Staleness is noticed up to [`REFRESH_EVERY`] late.
    pub states: Vec<ProbeState>,
}

/// A server with its newest report of a kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Probed {
    /// The server.
    pub server: server::Model,
    /// Why its report holds no measurements.
    pub error: Option<KindError>,
    /// What would help, in the agent's words.
    pub hint: Option<String>,
    /// When it was measured; `None`: nothing was ever received.
    pub observed_at: Option<UnixMs>,
    /// By the names of [`sort_names`].
    pub values: Values,
}

impl Probed {
    fn value(&self, place: usize) -> Option<f64> {
        self.values.get(place).copied().flatten()
    }
}

impl FromQueryResult for Probed {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        let state: Option<String> = row.try_get(prefix, "probe_state")?;
        let observed_at: Option<DateTime<Utc>> = row.try_get(prefix, "probe_observed_at")?;
        let error = match state.as_deref().and_then(ProbeState::from_name) {
            Some(ProbeState::Unreadable(error)) => Some(error),
            _ => None,
        };
        Ok(Self {
            server: server::Model::from_query_result(row, prefix)?,
            error,
            hint: row.try_get(prefix, "probe_hint")?,
            observed_at: observed_at.map(UnixMs::from),
            values: [
                row.try_get(prefix, "probe_value1")?,
                row.try_get(prefix, "probe_value2")?,
                row.try_get(prefix, "probe_value3")?,
                row.try_get(prefix, "probe_value4")?,
            ],
        })
    }
}

/// A page of the fleet by its newest reports of one kind. Orders are `name`, `observed_at` and those of
/// [`sort_names`]; servers without a value come first in ascending order and last in descending. Of `hours_to_full` it is
/// the other way around: what does not fill takes longest.
///
/// # Errors
/// [`StoreError::Refused`] for a page that cannot be; [`StoreError::Query`].
pub async fn list(
    conn: &impl ConnectionTrait,
    kind: Kind,
    filter: &FleetFilter,
    request: &PageRequest,
    default: &str,
    now: UnixMs,
) -> Result<Page<Probed>, StoreError> {
    let mut select = joined(matching(&filter.servers), kind);
    if let Some(server) = filter.server {
        select = select.filter(server::Column::Id.eq(i64::from(server.0)));
    }
    if !filter.states.is_empty() {
        let any = filter.states.iter().fold(Condition::any(), |any, state| {
            any.add(stands(kind, *state, now))
        });
        select = select.filter(any);
    }
    let id = (server::Column::Id, |row: &Probed| row.server.id);
    page_as(conn, select, request, &orders(kind), default, id).await
}

/// Adds the newest report of a kind, where there is one.
fn joined(mut select: Select<server::Entity>, kind: Kind) -> Select<server::Entity> {
    let of = Expr::col((server_probe::Entity, server_probe::Column::ServerId))
        .equals((server::Entity, server::Column::Id))
        .and(probe(server_probe::Column::Kind).eq(kind.name()));
    QueryTrait::query(&mut select).join(
        JoinType::LeftJoin,
        server_probe::Entity,
        of.into_condition(),
    );
    [
        (server_probe::Column::State, "probe_state"),
        (server_probe::Column::Hint, "probe_hint"),
        (server_probe::Column::ObservedAt, "probe_observed_at"),
        (server_probe::Column::Value1, "probe_value1"),
        (server_probe::Column::Value2, "probe_value2"),
        (server_probe::Column::Value3, "probe_value3"),
        (server_probe::Column::Value4, "probe_value4"),
    ]
    .into_iter()
    .fold(select, |select, (column, name)| {
        select.expr_as(probe(column), name)
    })
}

/// Whether the newest report stands so. What is stale says nothing else.
fn stands(kind: Kind, state: ProbeState, now: UnixMs) -> Condition {
    let observed = || probe(server_probe::Column::ObservedAt);
    let oldest = fresh_for(kind).map(|fresh| now.minus(fresh + REFRESH_EVERY).to_datetime());
    match (state, oldest) {
        (ProbeState::NoData, _) => observed().is_null().into_condition(),
        (ProbeState::Stale, Some(oldest)) => observed().lt(oldest).into_condition(),
        (ProbeState::Stale, None) => Expr::value(false).into_condition(),
        (ProbeState::Ok | ProbeState::Unreadable(_), oldest) => {
            let says = probe(server_probe::Column::State).eq(state.name());
            let fresh = oldest.map(|oldest| observed().gte(oldest));
            Condition::all().add(says).add_option(fresh)
        }
    }
}

/// Hours until what does not fill is full: more than any that are told.
const NEVER_FULL: f64 = 1e9;

fn probe(column: server_probe::Column) -> Expr {
    Expr::col((server_probe::Entity, column))
}

fn orders(kind: Kind) -> Vec<SortBy<Probed>> {
    let own: [SortBy<Probed>; 4] = [
        SortBy {
            name: "",
            by: || probe(server_probe::Column::Value1),
            value: |row| row.value(0).into(),
        },
        SortBy {
            name: "",
            by: || probe(server_probe::Column::Value2),
            value: |row| row.value(1).into(),
        },
        SortBy {
            name: "",
            by: || probe(server_probe::Column::Value3),
            value: |row| row.value(2).into(),
        },
        SortBy {
            name: "",
            by: || {
                let known = probe(server_probe::Column::Value4);
                Func::coalesce([known, Expr::value(NEVER_FULL)]).into()
            },
            value: |row| row.value(HOURS_TO_FULL).unwrap_or(NEVER_FULL).into(),
        },
    ];
    let named = sort_names(kind).iter().zip(own);
    let mut orders = vec![
        SortBy {
            name: "name",
            by: || Expr::col((server::Entity, server::Column::Name)),
            value: |row: &Probed| row.server.name.as_str().into(),
        },
        SortBy {
            name: "observed_at",
            by: || probe(server_probe::Column::ObservedAt),
            value: |row| row.observed_at.map(UnixMs::to_datetime).into(),
        },
    ];
    orders.extend(named.map(|(name, by)| SortBy { name, ..by }));
    orders
}

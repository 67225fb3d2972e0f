//! How servers stand with their backups: a line each, their jobs, and what ended on which day.

use super::{Column, Entity, Model};
use crate::relational::StoreError;
use crate::relational::entity::server;
use crate::relational::page::{Page, PageRequest, SortBy, page_as};
use crate::relational::servers::{ServerFilter, matching};
use chrono::{DateTime, Utc};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::BackupStatus;
use sea_orm::sea_query::{
    Alias, CaseStatement, Expr, ExprTrait, Func, IntoCondition, JoinType, Query,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter,
    QueryOrder, QueryResult, QuerySelect, QueryTrait, Select,
};
use std::collections::HashMap;
use std::time::Duration;

/// A last success older than this is stale.
pub const STALE_AFTER: Duration = Duration::from_secs(30 * 3600);

/// How a server stands with its backups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BackupState {
    /// A success within [`STALE_AFTER`].
    Ok,
    /// Its last success is older.
    Stale,
    /// Runs were reported, none of them a success.
    NeverGood,
    /// No run was ever reported.
    NotConfigured,
}

impl BackupState {
    /// All of them, worst first.
    pub const ALL: [Self; 4] = [Self::NeverGood, Self::Stale, Self::NotConfigured, Self::Ok];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Stale => "stale",
            Self::NeverGood => "never_good",
            Self::NotConfigured => "not_configured",
        }
    }

    /// Reads [`BackupState::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Judges a server by its last run and its last success.
    #[must_use]
    pub fn of(last_run_at: Option<UnixMs>, last_good_at: Option<UnixMs>, now: UnixMs) -> Self {
        match (last_run_at, last_good_at) {
            (_, Some(good)) if good >= now.minus(STALE_AFTER) => Self::Ok,
            (_, Some(_)) => Self::Stale,
            (Some(_), None) => Self::NeverGood,
            (None, None) => Self::NotConfigured,
        }
    }
}

/// A server and its backups.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerBackups {
    /// The server.
    pub server: server::Model,
    /// When any of its runs last ended.
    pub last_run_at: Option<UnixMs>,
    /// When one last ended with success.
    pub last_good_at: Option<UnixMs>,
}

impl FromQueryResult for ServerBackups {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        let time = |name: &str| -> Result<Option<UnixMs>, DbErr> {
            let at: Option<DateTime<Utc>> = row.try_get(prefix, name)?;
            Ok(at.map(UnixMs::from))
        };
        Ok(Self {
            server: server::Model::from_query_result(row, prefix)?,
            last_run_at: time(LAST_RUN)?,
            last_good_at: time(LAST_GOOD)?,
        })
    }
}

/// Which servers.
#[derive(Debug, Clone, Default)]
pub struct FleetBackups {
    /// By their own columns.
    pub servers: ServerFilter,
    /// This one alone.
    pub server: Option<ServerId>,
    /// Standing so; all when empty.
    pub states: Vec<BackupState>,
}

/// Joined to servers: one row for each that has runs.
const OF_SERVER: &str = "backups_of_server";
const LAST_RUN: &str = "backups_last_run_at";
const LAST_GOOD: &str = "backups_last_good_at";

/// The orders of [`fleet`]; the default is `last_good_at`: never first, then the oldest.
const ORDERS: &[SortBy<ServerBackups>] = &[
    SortBy {
        name: "last_good_at",
        by: || joined(LAST_GOOD),
        value: |row| row.last_good_at.map(UnixMs::to_datetime).into(),
    },
    SortBy {
        name: "last_run_at",
        by: || joined(LAST_RUN),
        value: |row| row.last_run_at.map(UnixMs::to_datetime).into(),
    },
    SortBy {
        name: "name",
        by: || Expr::col((server::Entity, server::Column::Name)),
        value: |row| row.server.name.as_str().into(),
    },
];

/// A page of the fleet with its backups, servers without any among them.
///
/// # Errors
/// [`StoreError::Refused`] for a page that cannot be; [`StoreError::Query`].
pub async fn fleet(
    conn: &impl ConnectionTrait,
    filter: &FleetBackups,
    request: &PageRequest,
    now: UnixMs,
) -> Result<Page<ServerBackups>, StoreError> {
    let mut select = with_runs(matching(&filter.servers));
    if let Some(server) = filter.server {
        select = select.filter(server::Column::Id.eq(i64::from(server.0)));
    }
    if !filter.states.is_empty() {
        let states = filter.states.iter();
        let any = states.fold(Condition::any(), |any, state| any.add(stands(*state, now)));
        select = select.filter(any);
    }
    let id = (server::Column::Id, |row: &ServerBackups| row.server.id);
    page_as(conn, select, request, ORDERS, "last_good_at", id).await
}

/// Adds the last run and the last success, where there are any.
fn with_runs(mut select: Select<server::Entity>) -> Select<server::Entity> {
    let runs = Query::select()
        .column(Column::ServerId)
        .expr_as(Column::FinishedAt.max(), LAST_RUN)
        .expr_as(Column::LastGoodAt.max(), LAST_GOOD)
        .from(Entity)
        .and_where(Column::IsNewest.eq(true))
        .group_by_col(Column::ServerId)
        .take();
    let same = Expr::col((Alias::new(OF_SERVER), Column::ServerId))
        .equals((server::Entity, server::Column::Id));
    QueryTrait::query(&mut select).join_subquery(
        JoinType::LeftJoin,
        runs,
        OF_SERVER,
        same.into_condition(),
    );
    select
        .expr_as(joined(LAST_RUN), LAST_RUN)
        .expr_as(joined(LAST_GOOD), LAST_GOOD)
}

fn joined(column: &'static str) -> Expr {
    Expr::col((Alias::new(OF_SERVER), Alias::new(column)))
}

/// [`BackupState::of`] in the database's words.
fn stands(state: BackupState, now: UnixMs) -> Condition {
    let oldest = now.minus(STALE_AFTER).to_datetime();
    match state {
        BackupState::Ok => joined(LAST_GOOD).gte(oldest).into_condition(),
        BackupState::Stale => joined(LAST_GOOD).lt(oldest).into_condition(),
        BackupState::NeverGood => joined(LAST_RUN)
            .is_not_null()
            .and(joined(LAST_GOOD).is_null())
            .into_condition(),
        BackupState::NotConfigured => joined(LAST_RUN).is_null().into_condition(),
    }
}

/// The newest run of each job of a server, those that never succeeded first, then those whose last success is oldest.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn of_server(
    conn: &impl ConnectionTrait,
    server: ServerId,
) -> Result<Vec<Model>, StoreError> {
    Entity::find()
        .filter(Column::IsNewest.eq(true))
        .filter(Column::ServerId.eq(i64::from(server.0)))
        .order_by_asc(Column::LastGoodAt)
        .order_by_asc(Column::Id)
        .all(conn)
        .await
        .map_err(StoreError::during("read a server's backup jobs"))
}

/// How many jobs these servers have, and how many of those have no success within [`STALE_AFTER`]; servers without
/// runs are not in it.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn jobs(
    conn: &impl ConnectionTrait,
    servers: &[ServerId],
    now: UnixMs,
) -> Result<HashMap<ServerId, JobCounts>, StoreError> {
    let ids = servers.iter().map(|server| i64::from(server.0));
    let oldest = now.minus(STALE_AFTER).to_datetime();
    let fresh = CaseStatement::new().case(Column::LastGoodAt.gte(oldest), 1_i32);
    let rows: Vec<(i64, i64, i64)> = Entity::find()
        .select_only()
        .column(Column::ServerId)
        .column_as(Column::Id.count(), "jobs")
        .expr_as(Func::count(fresh), "fresh")
        .filter(Column::IsNewest.eq(true))
        .filter(Column::ServerId.is_in(ids))
        .group_by(Column::ServerId)
        .into_tuple()
        .all(conn)
        .await
        .map_err(StoreError::during("count backup jobs"))?;
    let counts = rows.into_iter().filter_map(|(server, jobs, fresh)| {
        let counts = JobCounts {
            jobs: u64::try_from(jobs).ok()?,
            behind: u64::try_from(jobs - fresh).ok()?,
        };
        Some((ServerId(u32::try_from(server).ok()?), counts))
    });
    Ok(counts.collect())
}

/// The jobs of a server in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JobCounts {
    /// How many ever ran.
    pub jobs: u64,
    /// Of those, how many have no success within [`STALE_AFTER`].
    pub behind: u64,
}

/// One run, as a field of a matrix of servers and days needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayRun {
    /// Whose.
    pub server: ServerId,
    /// With what.
    pub tool: String,
    /// Of which job.
    pub job: String,
    /// When it ended.
    pub finished_at: UnixMs,
    /// How it counts.
    pub status: BackupStatus,
}

#[derive(FromQueryResult)]
struct DayRow {
    server_id: i64,
    tool: String,
    job: String,
    finished_at: DateTime<Utc>,
    status: String,
}

/// Runs of these servers that ended in `from..to`, in order; of more than `limit` the latest. Which day they fall on is
/// for those to say who know the viewer's zone.
///
/// # Errors
/// [`StoreError::Query`]; [`StoreError::Damaged`] for a status that is none.
pub async fn days(
    conn: &impl ConnectionTrait,
    servers: &[ServerId],
    from: UnixMs,
    to: UnixMs,
    limit: u64,
) -> Result<Vec<DayRun>, StoreError> {
    if servers.is_empty() {
        return Ok(Vec::new());
    }
    let ids = servers.iter().map(|server| i64::from(server.0));
    let rows = Entity::find()
        .select_only()
        .columns([
            Column::ServerId,
            Column::Tool,
            Column::Job,
            Column::FinishedAt,
            Column::Status,
        ])
        .filter(Column::ServerId.is_in(ids))
        .filter(Column::FinishedAt.gte(from.to_datetime()))
        .filter(Column::FinishedAt.lt(to.to_datetime()))
        .order_by_desc(Column::FinishedAt)
        .order_by_desc(Column::Id)
        .limit(limit)
        .into_model::<DayRow>()
        .all(conn)
        .await
        .map_err(StoreError::during("read backup runs by day"))?;
    let runs = rows.into_iter().rev().map(|row| {
        let id = row.server_id;
        let status = BackupStatus::from_name(&row.status)
            .ok_or_else(|| StoreError::damaged("backup run of server", id, &row.status))?;
        Ok(DayRun {
            server: ServerId(u32::try_from(id).unwrap_or(u32::MAX)),
            tool: row.tool,
            job: row.job,
            finished_at: UnixMs::from(row.finished_at),
            status,
        })
    });
    runs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_hours_decide() {
        let now = UnixMs(1_778_155_200_000);
        let hours = |n: u64| Some(now.minus(Duration::from_secs(n * 3600)));
        let cases = [
            (hours(1), hours(30), BackupState::Ok),
            (hours(1), hours(31), BackupState::Stale),
            (hours(1), None, BackupState::NeverGood),
            (None, None, BackupState::NotConfigured),
        ];
        for (run, good, state) in cases {
            assert_eq!(BackupState::of(run, good, now), state);
            assert_eq!(BackupState::from_name(state.name()), Some(state));
        }
    }
}

//! `backup_runs`: how backups ended. A run is known by its server, tool, job and end, so that one which is reported
//! twice is one row, which shows the last report.
//!
//! The newest run of a job carries the job's own facts (`is_newest`, `last_good_at`): lists of jobs are lists of newest
//! runs, and need no look at the other 13 months.

use super::entity::backup_run::{ActiveModel, Column, Entity, Model};
use super::page::{Page, PageRequest, SortBy, page};
use super::{MAX_KEY_CHARACTERS, StoreError};
use chrono::{DateTime, Utc};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::BackupStatus;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction,
    EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
};

mod fleet;

pub use fleet::{
    BackupState, DayRun, FleetBackups, JobCounts, STALE_AFTER, ServerBackups, days, fleet, jobs,
    of_server,
};

/// Longest name of a tool.
const MAX_TOOL_CHARACTERS: usize = 64;

/// A run that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Whose.
    pub server: ServerId,
    /// With what, at most 64 characters.
    pub tool: String,
    /// Of which job, at most 190 characters; may be empty.
    pub job: String,
    /// How it counts.
    pub status: BackupStatus,
    /// What the tool says.
    pub reported: BackupStatus,
    /// Why the two differ, at most 190 characters.
    pub doubt: Option<String>,
    /// When it began, by our clock.
    pub started_at: Option<UnixMs>,
    /// When it ended, by our clock.
    pub finished_at: UnixMs,
    /// What was written, bytes.
    pub bytes: Option<u64>,
    /// Accounts it was there for.
    pub accounts_total: Option<u64>,
    /// Accounts it did not back up.
    pub accounts_failed: Option<u64>,
    /// The tool's own words.
    pub message: Option<String>,
    /// When the report came.
    pub received_at: UnixMs,
}

impl Model {
    /// Whose.
    #[must_use]
    pub fn server(&self) -> ServerId {
        ServerId(u32::try_from(self.server_id).unwrap_or(u32::MAX))
    }
}

/// Stores a run, or what was told of it last, and moves what its newest run says of the job.
///
/// # Errors
/// [`StoreError::Refused`] for texts longer than their columns; [`StoreError::Query`], also when the server is gone.
pub async fn record(tx: &DatabaseTransaction, run: &Run) -> Result<(), StoreError> {
    let operation = "store a backup run";
    for (field, text, most) in [
        ("tool", &run.tool, MAX_TOOL_CHARACTERS),
        ("job", &run.job, MAX_KEY_CHARACTERS),
    ] {
        if text.chars().count() > most {
            let reason = format!("must have at most {most} characters");
            return Err(StoreError::refused(field, reason));
        }
    }
    let known = of_job(run)
        .filter(Column::FinishedAt.eq(run.finished_at.to_datetime()))
        .lock_exclusive()
        .one(tx)
        .await
        .map_err(StoreError::during(operation))?;
    match known {
        Some(row) => {
            let received = UnixMs::from(row.last_received_at).max(run.received_at);
            let mut row = row.into_active_model();
            write(&mut row, run);
            row.last_received_at = Set(received.to_datetime());
            row.update(tx).await.map(drop)
        }
        None => {
            let mut row = ActiveModel {
                server_id: Set(i64::from(run.server.0)),
                tool: Set(run.tool.clone()),
                job: Set(run.job.clone()),
                finished_at: Set(run.finished_at.to_datetime()),
                is_newest: Set(false),
                first_received_at: Set(run.received_at.to_datetime()),
                last_received_at: Set(run.received_at.to_datetime()),
                ..Default::default()
            };
            write(&mut row, run);
            row.insert(tx).await.map(drop)
        }
    }
    .map_err(StoreError::during(operation))?;
    mark_newest(tx, run).await
}

fn write(row: &mut ActiveModel, run: &Run) {
    let number = |value: Option<u64>| value.and_then(|v| i64::try_from(v).ok());
    row.status = Set(run.status.name().to_owned());
    row.reported_status = Set(run.reported.name().to_owned());
    row.doubt = Set(run.doubt.clone());
    row.started_at = Set(run.started_at.map(UnixMs::to_datetime));
    row.bytes = Set(number(run.bytes));
    row.accounts_total = Set(number(run.accounts_total));
    row.accounts_failed = Set(number(run.accounts_failed));
    row.message = Set(run.message.clone());
}

fn of_job(run: &Run) -> Select<Entity> {
    Entity::find()
        .filter(Column::ServerId.eq(i64::from(run.server.0)))
        .filter(Column::Tool.eq(run.tool.as_str()))
        .filter(Column::Job.eq(run.job.as_str()))
}

/// Makes the run that ended last, and none other, the newest of its job. Absolute: a late report and one that takes a
/// success back come out right as well.
async fn mark_newest(tx: &DatabaseTransaction, run: &Run) -> Result<(), StoreError> {
    let operation = "mark the newest backup run";
    let by_end = || of_job(run).order_by_desc(Column::FinishedAt);
    let newest = by_end()
        .one(tx)
        .await
        .map_err(StoreError::during(operation))?;
    let Some(newest) = newest else {
        return Ok(());
    };
    let good = by_end()
        .filter(Column::Status.eq(BackupStatus::Success.name()))
        .one(tx)
        .await
        .map_err(StoreError::during(operation))?;
    Entity::update_many()
        .col_expr(Column::IsNewest, Expr::value(false))
        .col_expr(Column::LastGoodAt, Expr::value(None::<DateTime<Utc>>))
        .col_expr(Column::LastGoodBytes, Expr::value(None::<i64>))
        .filter(Column::ServerId.eq(newest.server_id))
        .filter(Column::Tool.eq(newest.tool.as_str()))
        .filter(Column::Job.eq(newest.job.as_str()))
        .filter(Column::IsNewest.eq(true))
        .filter(Column::Id.ne(newest.id))
        .exec(tx)
        .await
        .map_err(StoreError::during(operation))?;
    let mut row = newest.into_active_model();
    row.is_newest = Set(true);
    row.last_good_at = Set(good.as_ref().map(|good| good.finished_at));
    row.last_good_bytes = Set(good.and_then(|good| good.bytes));
    row.update(tx)
        .await
        .map_err(StoreError::during(operation))?;
    Ok(())
}

/// Which runs; every field left at its default means all of them.
#[derive(Debug, Clone, Default)]
pub struct RunFilter {
    /// Of this server.
    pub server: Option<ServerId>,
    /// Counting as one of these.
    pub status: Vec<BackupStatus>,
    /// With this tool.
    pub tool: Option<String>,
    /// Of this job.
    pub job: Option<String>,
    /// Ended at or after.
    pub since: Option<UnixMs>,
}

/// The orders of [`list`]; the default is `-finished_at`.
pub const SORTS: &[SortBy<Model>] = &[
    SortBy {
        name: "finished_at",
        by: || column(Column::FinishedAt),
        value: |row| row.finished_at.into(),
    },
    SortBy {
        name: "bytes",
        by: || column(Column::Bytes),
        value: |row| row.bytes.into(),
    },
    SortBy {
        name: "job",
        by: || column(Column::Job),
        value: |row| row.job.as_str().into(),
    },
];

/// A page of runs.
///
/// # Errors
/// [`StoreError::Refused`] for a page that cannot be; [`StoreError::Query`].
pub async fn list(
    conn: &impl ConnectionTrait,
    filter: &RunFilter,
    request: &PageRequest,
) -> Result<Page<Model>, StoreError> {
    let statuses = filter.status.iter().map(|status| status.name());
    let select = Entity::find()
        .apply_if(filter.server, |select, server| {
            select.filter(Column::ServerId.eq(i64::from(server.0)))
        })
        .apply_if(filter.tool.as_deref(), |select, tool| {
            select.filter(Column::Tool.eq(tool))
        })
        .apply_if(filter.job.as_deref(), |select, job| {
            select.filter(Column::Job.eq(job))
        })
        .apply_if(filter.since, |select, since| {
            select.filter(Column::FinishedAt.gte(since.to_datetime()))
        })
        .apply_if(
            (!filter.status.is_empty()).then_some(statuses),
            |select, names| select.filter(Column::Status.is_in(names)),
        );
    page(conn, select, request, SORTS, "-finished_at", Column::Id).await
}

/// Removes runs that nobody has reported since `before`; answers how many.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn retain(conn: &impl ConnectionTrait, before: UnixMs) -> Result<u64, StoreError> {
    let removed = Entity::delete_many()
        .filter(Column::LastReceivedAt.lt(before.to_datetime()))
        .exec(conn)
        .await
        .map_err(StoreError::during("remove old backup runs"))?;
    Ok(removed.rows_affected)
}

fn column(column: Column) -> Expr {
    Expr::col((Entity, column))
}

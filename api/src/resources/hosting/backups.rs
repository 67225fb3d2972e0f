//! `/api/servers/{id}/backups`, `/api/hosting/backups`: which servers have a backup to go back to.

use super::{ServerRef, id_of};
use crate::error::{ApiError, ErrorBody};
use crate::http::{Id, List, PageQuery, Query, names};
use crate::resources::servers::{find, server_id};
use crate::state::AppState;
use actix_web::{get, web};
use chrono::{DateTime, Days, NaiveDate, Utc};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::{self, Kind, Report};
use noc_storage::relational::backup_runs::{self, DayRun, FleetBackups, RunFilter};
use noc_storage::relational::entity::backup_run;
use noc_storage::relational::page::PageRequest;
use noc_storage::relational::servers::ServerFilter;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};

/// How a run ended, as we count it: a success with nothing written or with accounts missing is partial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BackupStatus {
    /// All of it is there.
    Success,
    /// Some of it is there.
    Partial,
    /// Nothing of it can be relied on.
    Failed,
}

/// How a server stands with its backups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BackupState {
    /// A good backup within 30 h.
    Ok,
    /// The last good backup is over 30 h old.
    Stale,
    /// Runs were reported, none of them good.
    NeverGood,
    /// No run was ever reported.
    NotConfigured,
}

/// One run.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BackupRun {
    /// Id.
    pub id: i64,
    /// `jetbackup` ...
    pub tool: String,
    /// The tool's name of the job.
    pub job: String,
    /// How it ended.
    pub status: BackupStatus,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: DateTime<Utc>,
    /// How long it took, seconds.
    pub duration_s: Option<u64>,
    /// What was written, bytes.
    pub bytes: Option<u64>,
    /// Accounts it is there for.
    pub accounts_total: Option<u64>,
    /// Accounts it did not back up.
    pub accounts_failed: Option<u64>,
    /// The tool's own words, and why a success counts as partial.
    pub message: Option<String>,
}

/// The runs of one day, in the zone of the installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BackupDay {
    /// Which day.
    pub date: NaiveDate,
    /// The best run of each job, and of those the worst; null without a run.
    pub status: Option<BackupStatus>,
    /// How many runs ended.
    pub runs: u64,
}

/// One job of a server.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BackupJob {
    /// `jetbackup` ...
    pub tool: String,
    /// The tool's name of the job.
    pub job: String,
    /// How its newest run ended.
    pub last_status: BackupStatus,
    /// When its newest run ended.
    pub last_finished_at: DateTime<Utc>,
    /// When its newest good run ended.
    pub last_good_at: Option<DateTime<Utc>>,
    /// Size of its newest good run, bytes.
    pub last_good_bytes: Option<u64>,
}

/// The backups of a server.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ServerBackups {
    /// How it stands.
    pub state: BackupState,
    /// What would help, in the agent's words, where its backup tool cannot be watched.
    pub hint: Option<String>,
    /// When the newest good run ended.
    pub last_good_at: Option<DateTime<Utc>>,
    /// The last seven days, oldest first.
    pub days: Vec<BackupDay>,
    /// Its jobs, longest without a good run first.
    pub jobs: Vec<BackupJob>,
    /// Its runs, newest first, page by page.
    pub runs: List<BackupRun>,
}

/// A row of the fleet's backups.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HostBackups {
    /// Whose.
    pub server: ServerRef,
    /// How it stands.
    pub state: BackupState,
    /// What would help, in the agent's words, where its backup tool cannot be watched.
    pub hint: Option<String>,
    /// When the newest good run ended.
    pub last_good_at: Option<DateTime<Utc>>,
    /// How long ago that is, seconds.
    pub last_good_age_s: Option<u64>,
    /// When the newest run ended, whatever came of it.
    pub last_run_at: Option<DateTime<Utc>>,
    /// How many jobs ever ran.
    pub jobs: u64,
    /// Of those, how many have no good run within 30 h: one good job does not make up for another.
    pub jobs_behind: u64,
    /// The last seven days, oldest first.
    pub days: Vec<BackupDay>,
}

/// Which servers' backups.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct BackupQuery {
    /// Part of the server's name, host name or a tag.
    pub q: Option<String>,
    /// Id of one server.
    pub server: Option<i64>,
    /// A tag the server must carry.
    pub tag: Option<String>,
    /// `ok`, `stale`, `never_good`, `not_configured`, separated by commas; all of them when absent.
    pub state: Option<String>,
    /// `last_good_at` (the default: never first, then the oldest), `last_run_at`, `name`; `-` before it turns around.
    pub sort: Option<String>,
    /// Rows on the page, 1 to 200; 50 when absent.
    pub limit: Option<u64>,
    /// Where the page begins.
    pub cursor: Option<String>,
}

/// Days of the matrix.
const DAYS: u64 = 7;
/// Servers whose runs are read together.
const AT_ONCE: usize = 25;
/// Runs of those; a server with more than a run every few minutes is not met.
const MOST_RUNS: u64 = 50_000;

/// The backups of a server: the last seven days, its jobs, and its runs page by page.
#[utoipa::path(tag = "servers", params(("id" = i64, Path, description = "Server"), PageQuery),
    responses((status = 200, body = ServerBackups), (status = 404, body = ErrorBody)))]
#[get("/api/servers/{id}/backups")]
pub async fn server_backups(
    state: web::Data<AppState>,
    id: Id,
    query: Query<PageQuery>,
) -> Result<web::Json<ServerBackups>, ApiError> {
    let server = server_id(id)?;
    let (read, now) = (state.db().read(), state.now_ms());
    find(read, server).await?;
    let filter = RunFilter {
        server: Some(server),
        ..RunFilter::default()
    };
    let runs = backup_runs::list(read, &filter, &query.0.into()).await?;
    let jobs = backup_runs::of_server(read, server).await?;
    let newest = |of: fn(&backup_run::Model) -> Option<DateTime<Utc>>| {
        let times = jobs.iter().filter_map(of);
        times.max().map(UnixMs::from)
    };
    let last_run_at = newest(|job| Some(job.finished_at));
    let last_good_at = newest(|job| job.last_good_at);
    let mut days = matrix(&state, &[server], now).await?;
    let mut hints = hints(&state, &[server]).await?;
    Ok(web::Json(ServerBackups {
        state: backup_runs::BackupState::of(last_run_at, last_good_at, now).into(),
        hint: hints.remove(&server),
        last_good_at: last_good_at.map(UnixMs::to_datetime),
        days: days.remove(&server).unwrap_or_default(),
        jobs: jobs.into_iter().map(job).collect(),
        runs: runs.map(run).into(),
    }))
}

/// Backups of the fleet, a row each server: who has had no good one for longest first.
#[utoipa::path(tag = "hosting", params(BackupQuery), responses((status = 200, body = List<HostBackups>)))]
#[get("/api/hosting/backups")]
pub async fn hosting_backups(
    state: web::Data<AppState>,
    query: Query<BackupQuery>,
) -> Result<web::Json<List<HostBackups>>, ApiError> {
    let Query(query) = query;
    let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let filter = FleetBackups {
        servers: ServerFilter {
            search: given(query.q),
            tag: given(query.tag),
            is_active: Some(true),
            ..ServerFilter::default()
        },
        server: query.server.map(|id| id_of("server", id)).transpose()?,
        states: names(
            "state",
            query.state.as_deref(),
            backup_runs::BackupState::from_name,
        )?,
    };
    let request = PageRequest {
        limit: query.limit,
        cursor: query.cursor,
        sort: query.sort,
    };
    let now = state.now_ms();
    let page = backup_runs::fleet(state.db().read(), &filter, &request, now).await?;
    let servers: Vec<ServerId> = page.data.iter().map(|row| row.server.server_id()).collect();
    let mut days = matrix(&state, &servers, now).await?;
    let mut hints = hints(&state, &servers).await?;
    let jobs = backup_runs::jobs(state.db().read(), &servers, now).await?;
    Ok(web::Json(List::from(page.map(|row| {
        let server = row.server.server_id();
        let jobs = jobs.get(&server).copied().unwrap_or_default();
        let standing = backup_runs::BackupState::of(row.last_run_at, row.last_good_at, now);
        HostBackups {
            server: row.server.into(),
            state: standing.into(),
            hint: hints.remove(&server),
            last_good_at: row.last_good_at.map(UnixMs::to_datetime),
            last_good_age_s: row.last_good_at.map(|good| now.since(good).as_secs()),
            last_run_at: row.last_run_at.map(UnixMs::to_datetime),
            jobs: jobs.jobs,
            jobs_behind: jobs.behind,
            days: days.remove(&server).unwrap_or_default(),
        }
    }))))
}

/// What would help, of servers whose agents cannot watch the backup tool.
async fn hints(
    state: &AppState,
    servers: &[ServerId],
) -> Result<HashMap<ServerId, String>, ApiError> {
    let told = state.parts.series.latest(Kind::Backups, servers).await?;
    let hints = told.into_iter().filter_map(|(server, latest)| {
        let hint = match latest.report.as_ref() {
            Report::Unreadable { hint, .. } => hint.clone(),
            Report::Data(_) => None,
        };
        Some((server, hint?))
    });
    Ok(hints.collect())
}

/// The last seven days of some servers, in the zone of the installation.
async fn matrix(
    state: &AppState,
    servers: &[ServerId],
    now: UnixMs,
) -> Result<HashMap<ServerId, Vec<BackupDay>>, ApiError> {
    let zone = state.config.accounts.timezone;
    let today = now.to_datetime().with_timezone(&zone).date_naive();
    let dates: Vec<NaiveDate> = (0..DAYS)
        .rev()
        .filter_map(|back| today.checked_sub_days(Days::new(back)))
        .collect();
    // The first day begins at some hour of the UTC day before or of its own.
    let from = now.minus(Duration::from_secs((DAYS + 1) * 86_400));
    let to = now.plus(Duration::from_secs(86_400));
    let mut runs = Vec::new();
    for chunk in servers.chunks(AT_ONCE) {
        let read = state.db().read();
        runs.extend(backup_runs::days(read, chunk, from, to, MOST_RUNS).await?);
    }
    let mut by_server = HashMap::<ServerId, Vec<(NaiveDate, DayRun)>>::new();
    for run in runs {
        let date = run.finished_at.to_datetime().with_timezone(&zone);
        let of = by_server.entry(run.server).or_default();
        of.push((date.date_naive(), run));
    }
    let matrix = servers.iter().map(|server| {
        let runs = by_server.get(server).map_or(&[][..], Vec::as_slice);
        (*server, days(&dates, runs))
    });
    Ok(matrix.collect())
}

/// Of each day the best run of each job, and of those the worst.
fn days(dates: &[NaiveDate], runs: &[(NaiveDate, DayRun)]) -> Vec<BackupDay> {
    let day = |date: &NaiveDate| {
        let of_day = runs.iter().filter(|(of, _)| of == date);
        let mut best = HashMap::<(&str, &str), BackupStatus>::new();
        let mut count = 0;
        for (_, run) in of_day {
            count += 1;
            let status = BackupStatus::from(run.status);
            let known = best.entry((&run.tool, &run.job)).or_insert(status);
            *known = (*known).min(status);
        }
        BackupDay {
            date: *date,
            status: best.into_values().max(),
            runs: count,
        }
    };
    dates.iter().map(day).collect()
}

fn run(row: backup_run::Model) -> BackupRun {
    let count = |value: Option<i64>| value.and_then(|value| u64::try_from(value).ok());
    let took = row.started_at.map(|started| row.finished_at - started);
    let words = [row.doubt, row.message].into_iter().flatten();
    let words: Vec<String> = words.filter(|words| !words.is_empty()).collect();
    BackupRun {
        id: row.id,
        tool: row.tool,
        job: row.job,
        status: read_status(&row.status),
        started_at: row.started_at,
        finished_at: row.finished_at,
        duration_s: took.and_then(|took| u64::try_from(took.num_seconds()).ok()),
        bytes: count(row.bytes),
        accounts_total: count(row.accounts_total),
        accounts_failed: count(row.accounts_failed),
        message: (!words.is_empty()).then(|| words.join(": ")),
    }
}

fn job(row: backup_run::Model) -> BackupJob {
    BackupJob {
        last_status: read_status(&row.status),
        last_finished_at: row.finished_at,
        last_good_at: row.last_good_at,
        last_good_bytes: row.last_good_bytes.and_then(|b| u64::try_from(b).ok()),
        tool: row.tool,
        job: row.job,
    }
}

/// As the database spells it; what it cannot be is no backup to rely on.
fn read_status(name: &str) -> BackupStatus {
    payload::BackupStatus::from_name(name).map_or(BackupStatus::Failed, BackupStatus::from)
}

impl From<payload::BackupStatus> for BackupStatus {
    fn from(status: payload::BackupStatus) -> Self {
        match status {
            payload::BackupStatus::Success => Self::Success,
            payload::BackupStatus::Partial => Self::Partial,
            payload::BackupStatus::Failed => Self::Failed,
        }
    }
}

impl From<backup_runs::BackupState> for BackupState {
    fn from(state: backup_runs::BackupState) -> Self {
        match state {
            backup_runs::BackupState::Ok => Self::Ok,
            backup_runs::BackupState::Stale => Self::Stale,
            backup_runs::BackupState::NeverGood => Self::NeverGood,
            backup_runs::BackupState::NotConfigured => Self::NotConfigured,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use payload::BackupStatus::{Failed, Partial, Success};

    #[test]
    fn a_day_is_as_good_as_its_worst_job_and_a_job_as_its_best_run() {
        let date = |day| NaiveDate::from_ymd_opt(2026, 5, day).unwrap();
        let run = |day, job: &str, status| {
            let run = DayRun {
                server: ServerId(1),
                tool: "jetbackup".to_owned(),
                job: job.to_owned(),
                finished_at: UnixMs(0),
                status,
            };
            (date(day), run)
        };
        let runs = [
            run(5, "home", Failed),
            run(5, "home", Success),
            run(6, "home", Success),
            run(6, "db", Partial),
            run(6, "db", Failed),
        ];
        let shown: Vec<_> = days(&[date(4), date(5), date(6)], &runs)
            .into_iter()
            .map(|day| (day.date, day.status, day.runs))
            .collect();
        assert_eq!(
            shown,
            [
                (date(4), None, 0),
                (date(5), Some(BackupStatus::Success), 2),
                (date(6), Some(BackupStatus::Partial), 3),
            ]
        );
    }
}

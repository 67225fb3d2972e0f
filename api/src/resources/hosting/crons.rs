//! `/api/servers/{id}/crons`, `/api/hosting/crons`: cron jobs, and which of them did not run.

use super::{PartialList, ServerRef, id_of, server_refs};
use crate::auth::caller::Caller;
use crate::auth::permission::Permission;
use crate::error::{ApiError, ErrorBody};
use crate::http::{Id, List, Query, Shown, names};
use crate::resources::probe::{Probe, ProbeState};
use crate::resources::servers::measurements::latest;
use crate::resources::servers::{find, server_id};
use crate::state::AppState;
use actix_web::{get, web};
use chrono::{DateTime, Utc};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::mask;
use noc_pipeline::payload::Kind;
use noc_storage::relational::cron_checks::{self, JobFilter, JobState, SHOWN_USER, SUPERUSER};
use noc_storage::relational::entity::cron_check;
use noc_storage::relational::page::PageRequest;
use noc_storage::relational::servers::ServerFilter;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How a job stands with its schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CronState {
    /// It ran when it should have, as far as its time has come.
    OnTime,
    /// It should have run and did not.
    Overdue,
    /// It runs when the host starts.
    AtBoot,
    /// Nothing is known of its runs, or its schedule makes no sense.
    Unknown,
}

impl From<JobState> for CronState {
    fn from(state: JobState) -> Self {
        match state {
            JobState::OnTime => Self::OnTime,
            JobState::Overdue => Self::Overdue,
            JobState::AtBoot => Self::AtBoot,
            JobState::Unknown => Self::Unknown,
        }
    }
}

/// One cron job as last reported.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CronJob {
    /// Whom it runs as; masked for those who may not see customers' log-ins.
    pub user: String,
    /// Five fields or a word such as `@daily`, as written.
    pub schedule: String,
    /// What is run; secrets are taken out on the host.
    pub command: String,
    /// How it stands with its schedule.
    pub state: CronState,
    /// When it last began; null where there is no evidence.
    pub last_run_at: Option<DateTime<Utc>>,
    /// How it last ended.
    pub last_exit: Option<u64>,
    /// When it should have begun, or is to begin, after its last run; by its schedule in the host's zone.
    pub expected_at: Option<DateTime<Utc>>,
    /// Whether it did not begin when it should have; null where nobody can tell.
    pub is_overdue: Option<bool>,
    /// For how long it is overdue, seconds.
    pub overdue_s: Option<u64>,
}

/// The cron jobs of a server.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ServerCrons {
    /// Where the report stands.
    pub probe: Probe,
    /// The zone that schedules are in.
    pub timezone: Option<String>,
    /// How many are overdue; null without a report.
    pub overdue: Option<u64>,
    /// Overdue ones first.
    pub jobs: Vec<CronJob>,
}

/// A row of the fleet's cron jobs.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HostCron {
    /// Id of the job.
    pub id: i64,
    /// Whose.
    pub server: ServerRef,
    /// The zone that its schedule is in.
    pub timezone: Option<String>,
    /// The job.
    #[serde(flatten)]
    pub job: CronJob,
}

/// Which cron jobs of the fleet.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct CronQuery {
    /// Part of the command, or of the user it runs as, as far as the caller sees them.
    pub q: Option<String>,
    /// Id of one server.
    pub server: Option<i64>,
    /// A tag the server must carry.
    pub tag: Option<String>,
    /// `overdue`, `on_time`, `at_boot`, `unknown` (nobody can tell whether it ran), `failed` (ended with something else than 0), separated by commas.
    pub state: Option<String>,
    /// `overdue` (the default: the longest overdue first, then what failed), `server`, `user`, `last_run_at`; `-` before it turns around.
    pub sort: Option<String>,
    /// Rows on the page, 1 to 200; 50 when absent.
    pub limit: Option<u64>,
    /// Where the page begins.
    pub cursor: Option<String>,
}

/// Most jobs of a host that are shown with it; the fleet's list has all of them, page by page.
const SHOWN_JOBS: usize = 2_000;

/// What a list of cron jobs is filtered by: a state of the schedule, or how the last run ended.
#[derive(Debug, Clone, Copy)]
enum Wanted {
    State(JobState),
    Failed,
}

impl Wanted {
    fn from_name(name: &str) -> Option<Self> {
        match name {
            "failed" => Some(Self::Failed),
            name => JobState::from_name(name).map(Self::State),
        }
    }
}

/// The cron jobs of a host as last reported, overdue ones first; of very many the first 2,000.
#[utoipa::path(tag = "servers", params(("id" = i64, Path, description = "Server")),
    responses((status = 200, body = ServerCrons), (status = 404, body = ErrorBody)))]
#[get("/api/servers/{id}/crons")]
pub async fn server_crons(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
) -> Result<Shown<ServerCrons>, ApiError> {
    let server = server_id(id)?;
    let read = state.db().read();
    find(read, server).await?;
    let latest = latest(state.parts.series.as_ref(), Kind::Crons, server).await?;
    let now = state.now_ms();
    let probe = Probe::of(Kind::Crons, latest.as_ref(), now);
    let filter = JobFilter {
        server: Some(server),
        ..JobFilter::default()
    };
    let mut request = PageRequest {
        limit: Some(PageRequest::MAX),
        ..PageRequest::default()
    };
    let mut rows = Vec::new();
    loop {
        let page = cron_checks::list(read, &filter, &request).await?;
        rows.extend(page.data.into_iter().map(|listed| listed.job));
        request.cursor = page.next_cursor;
        if request.cursor.is_none() || rows.len() >= SHOWN_JOBS {
            break;
        }
    }
    let overdue = cron_checks::count_overdue(read, Some(server)).await?;
    let sees_logins = caller.may(Permission::MailPii);
    let crons = ServerCrons {
        timezone: rows.first().map(|row| row.timezone.clone()),
        overdue: (probe.state == ProbeState::Ok).then_some(overdue),
        probe,
        jobs: rows
            .into_iter()
            .map(|row| job(row, sees_logins, now))
            .collect(),
    };
    Ok(Shown::to(&caller, crons))
}

/// Cron jobs of the fleet, overdue ones first.
#[utoipa::path(tag = "hosting", params(CronQuery), responses((status = 200, body = PartialList<HostCron>)))]
#[get("/api/hosting/crons")]
pub async fn hosting_crons(
    state: web::Data<AppState>,
    caller: Caller,
    query: Query<CronQuery>,
) -> Result<Shown<PartialList<HostCron>>, ApiError> {
    let Query(query) = query;
    let sees_logins = caller.may(Permission::MailPii);
    let (server, tag) = (query.server, query.tag.clone());
    let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let wanted = names("state", query.state.as_deref(), Wanted::from_name)?;
    let filter = JobFilter {
        servers: ServerFilter {
            tag: given(query.tag),
            is_active: Some(true),
            ..ServerFilter::default()
        },
        server: query.server.map(|id| id_of("server", id)).transpose()?,
        states: wanted
            .iter()
            .filter_map(|wanted| match wanted {
                Wanted::State(state) => Some(*state),
                Wanted::Failed => None,
            })
            .collect(),
        failed: wanted.iter().any(|wanted| matches!(wanted, Wanted::Failed)),
        search: given(query.q),
        hides_logins: !sees_logins,
    };
    // By no more of a name than is shown.
    let sort = match query.sort.as_deref() {
        Some("user") if !sees_logins => Some(SHOWN_USER.to_owned()),
        Some("-user") if !sees_logins => Some(format!("-{SHOWN_USER}")),
        _ => query.sort,
    };
    let request = PageRequest {
        limit: query.limit,
        cursor: query.cursor,
        sort,
    };
    let read = state.db().read();
    let page = cron_checks::list(read, &filter, &request).await?;
    let servers = server_refs(read, page.data.iter().map(|row| row.job.server_id)).await?;
    let now = state.now_ms();
    let List { data, meta } = List::from(page);
    let data = data.into_iter().filter_map(|row| {
        Some(HostCron {
            id: row.job.id,
            // Gone between the two questions.
            server: servers.get(&row.job.server_id).cloned()?,
            timezone: Some(row.job.timezone.clone()),
            job: job(row.job, sees_logins, now),
        })
    });
    let list = List {
        data: data.collect(),
        meta,
    };
    PartialList::of(&state, list, Kind::Crons, server, tag.as_deref())
        .await
        .map(|list| Shown::to(&caller, list))
}

/// Who may not see log-ins sees neither whose job it is nor that name within what is run.
fn job(row: cron_check::Model, sees_logins: bool, now: UnixMs) -> CronJob {
    let (user, command) = if sees_logins || row.user == SUPERUSER {
        (row.user, row.command)
    } else {
        let command = mask::name_within(&row.command, &row.user);
        (mask::login(&row.user), command)
    };
    let state = JobState::from_name(&row.state).unwrap_or(JobState::Unknown);
    let is_overdue = match state {
        JobState::Overdue => Some(true),
        JobState::OnTime => Some(false),
        JobState::AtBoot | JobState::Unknown => None,
    };
    let overdue_s = row.expected_at.filter(|_| state == JobState::Overdue);
    CronJob {
        user,
        schedule: row.schedule,
        command,
        state: state.into(),
        last_run_at: row.last_run_at,
        last_exit: row.last_exit.and_then(|exit| u64::try_from(exit).ok()),
        expected_at: row.expected_at,
        is_overdue,
        overdue_s: overdue_s.map(|expected| now.since(UnixMs::from(expected)).as_secs()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_should_have_run_is_overdue_and_what_nobody_knows_is_neither() {
        let row = |state: JobState| cron_check::Model {
            id: 1,
            server_id: 1,
            job_key: String::new(),
            user: "root".to_owned(),
            schedule: "@daily".to_owned(),
            command: "true".to_owned(),
            timezone: "UTC".to_owned(),
            state: state.name().to_owned(),
            is_overdue: state == JobState::Overdue,
            last_run_at: None,
            last_exit: Some(1),
            expected_at: Some(UnixMs(60_000).to_datetime()),
            urgency: 0,
            first_seen_at: UnixMs(0).to_datetime(),
            changed_at: UnixMs(0).to_datetime(),
        };
        let shown = |state| {
            let job = job(row(state), true, UnixMs(100_000));
            (job.is_overdue, job.overdue_s)
        };
        assert_eq!(shown(JobState::Overdue), (Some(true), Some(40)));
        assert_eq!(shown(JobState::OnTime), (Some(false), None));
        assert_eq!(shown(JobState::AtBoot), (None, None));
        assert_eq!(shown(JobState::Unknown), (None, None));
    }
}

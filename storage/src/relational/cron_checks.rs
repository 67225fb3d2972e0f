//! `cron_checks`: the jobs of each server's crontabs as last judged. A server's rows are replaced as a whole; only
//! those that differ are written.

use super::StoreError;
use super::entity::cron_check::{ActiveModel, Column, Entity, Model};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};

mod list;

pub use list::{JobFilter, ListedJob, SHOWN_USER, SUPERUSER, count_overdue, list};

/// Rows in one statement.
const ROWS: usize = 200;

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobState {
    /// It ran when it should have, as far as its time has come.
    OnTime,
    /// It should have run and did not.
    Overdue,
    /// It runs when the host starts.
    AtBoot,
    /// Nothing is known of its runs, or of its schedule.
    Unknown,
}

impl JobState {
    /// All of them, worst first.
    pub const ALL: [Self; 4] = [Self::Overdue, Self::OnTime, Self::AtBoot, Self::Unknown];

    /// The name in the database and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OnTime => "on_time",
            Self::Overdue => "overdue",
            Self::AtBoot => "at_boot",
            Self::Unknown => "unknown",
        }
    }

    /// Reads [`JobState::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// A job as judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// [`key`] of the three below.
    pub key: String,
    /// Whom it runs as, at most 190 characters.
    pub user: String,
    /// As written, at most 500 characters.
    pub schedule: String,
    /// What is run.
    pub command: String,
    /// How it stands.
    pub state: JobState,
    /// When it last began, by our clock.
    pub last_run_at: Option<UnixMs>,
    /// How it last ended.
    pub last_exit: Option<u8>,
    /// When it should have run, or is to run, after its last run.
    pub expected_at: Option<UnixMs>,
    /// When it was first reported.
    pub first_seen_at: UnixMs,
}

impl Job {
    /// Sorts as an operator reads: the longest overdue, what failed, what is on time, the rest.
    fn urgency(&self) -> i64 {
        // Times are under 10^13 ms until the year 2286.
        const AFTER_ALL_TIMES: i64 = 1 << 50;
        match (self.state, self.last_exit) {
            (JobState::Overdue, _) => self.expected_at.unwrap_or_default().0,
            (_, Some(1..)) => AFTER_ALL_TIMES,
            (JobState::OnTime, _) => AFTER_ALL_TIMES + 1,
            (JobState::AtBoot | JobState::Unknown, _) => AFTER_ALL_TIMES + 2,
        }
    }
}

/// The identity of a job on its server: SHA-256, lower-case hex, of the length-prefixed user, schedule and command.
#[must_use]
pub fn key(user: &str, schedule: &str, command: &str) -> String {
    let mut hash = Sha256::new();
    for part in [user, schedule, command] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex::encode(hash.finalize())
}

impl Model {
    /// Whose.
    #[must_use]
    pub fn server(&self) -> ServerId {
        ServerId(u32::try_from(self.server_id).unwrap_or(u32::MAX))
    }

    fn says(&self, job: &Job, timezone: &str) -> bool {
        self.state == job.state.name()
            && self.last_run_at.map(UnixMs::from) == job.last_run_at
            && self.last_exit == job.last_exit.map(i32::from)
            && self.expected_at.map(UnixMs::from) == job.expected_at
            && self.timezone == timezone
    }
}

/// Makes these the jobs of a server, and no others. Each key must be there once.
///
/// # Errors
/// [`StoreError::Query`], also when the server is gone.
pub async fn replace(
    tx: &DatabaseTransaction,
    server: ServerId,
    timezone: &str,
    jobs: &[Job],
    now: UnixMs,
) -> Result<(), StoreError> {
    let operation = "replace a server's cron jobs";
    let known = Entity::find()
        .filter(Column::ServerId.eq(i64::from(server.0)))
        .all(tx)
        .await
        .map_err(StoreError::during(operation))?;
    let wanted: HashSet<&str> = jobs.iter().map(|job| job.key.as_str()).collect();
    let gone: Vec<i64> = known
        .iter()
        .filter(|row| !wanted.contains(row.job_key.as_str()))
        .map(|row| row.id)
        .collect();
    for ids in gone.chunks(ROWS) {
        Entity::delete_many()
            .filter(Column::Id.is_in(ids.iter().copied()))
            .exec(tx)
            .await
            .map_err(StoreError::during(operation))?;
    }
    let known: HashMap<&str, &Model> = known.iter().map(|r| (r.job_key.as_str(), r)).collect();
    let differ: Vec<&Job> = jobs
        .iter()
        .filter(|job| {
            let row = known.get(job.key.as_str());
            row.is_none_or(|row| !row.says(job, timezone))
        })
        .collect();
    for chunk in differ.chunks(ROWS) {
        let rows = chunk.iter().map(|job| row(server, timezone, job, now));
        Entity::insert_many(rows)
            .on_conflict(
                OnConflict::columns([Column::ServerId, Column::JobKey])
                    .update_columns([
                        Column::Timezone,
                        Column::State,
                        Column::IsOverdue,
                        Column::LastRunAt,
                        Column::LastExit,
                        Column::ExpectedAt,
                        Column::Urgency,
                        Column::ChangedAt,
                    ])
                    .to_owned(),
            )
            .exec_without_returning(tx)
            .await
            .map_err(StoreError::during(operation))?;
    }
    Ok(())
}

fn row(server: ServerId, timezone: &str, job: &Job, now: UnixMs) -> ActiveModel {
    ActiveModel {
        server_id: Set(i64::from(server.0)),
        job_key: Set(job.key.clone()),
        user: Set(job.user.clone()),
        schedule: Set(job.schedule.clone()),
        command: Set(job.command.clone()),
        timezone: Set(timezone.to_owned()),
        state: Set(job.state.name().to_owned()),
        is_overdue: Set(job.state == JobState::Overdue),
        last_run_at: Set(job.last_run_at.map(UnixMs::to_datetime)),
        last_exit: Set(job.last_exit.map(i32::from)),
        expected_at: Set(job.expected_at.map(UnixMs::to_datetime)),
        urgency: Set(job.urgency()),
        first_seen_at: Set(job.first_seen_at.to_datetime()),
        changed_at: Set(now.to_datetime()),
        ..Default::default()
    }
}

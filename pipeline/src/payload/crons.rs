//! `crons`: the jobs of a host's crontabs, every 900 s. Secrets in commands are taken out by the agent.

use super::catalogue::{Body, columns, float};
use super::validate::Fields;
use super::wire_time;
use crate::clock::UnixMs;
use serde::{Deserialize, Serialize};

/// Every job of every crontab.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Crons {
    /// The zone that schedules are in, such as `Asia/Dhaka`.
    pub timezone: String,
    /// One a job; the same job may stand twice.
    pub entries: Vec<CronEntry>,
}

/// One job.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CronEntry {
    /// Whom it runs as.
    pub user: String,
    /// Five fields or a word such as `@daily`, as written.
    pub schedule: String,
    /// What is run, cut after 4,096 characters.
    pub command: String,
    /// When it last began, where there is evidence of it; by our clock once ingest took it.
    #[serde(default, with = "wire_time::option")]
    pub last_run_at: Option<UnixMs>,
    /// How it last ended, 0 to 255.
    #[serde(default)]
    pub last_exit: Option<u64>,
}

/// Several jobs for each account of a full host.
const MAX_ENTRIES: usize = 5_000;

const MAX_USER_CHARS: usize = 190;

/// Every minute of an hour by name, and room for more.
const MAX_SCHEDULE_CHARS: usize = 500;

const MAX_COMMAND_CHARS: usize = 4_096;

impl Crons {
    fn count(&self, of: impl Fn(&CronEntry) -> bool) -> Option<f64> {
        let count = self.entries.iter().filter(|entry| of(entry)).count();
        float(u64::try_from(count).ok())
    }
}

impl Body for Crons {
    type Row = Self;

    columns! { Crons, "crons", None;
        jobs: Count, "Cron jobs", |c| c.count(|_| true);
        jobs_with_runs: Count, "Cron jobs whose last run is known", |c| c.count(|e| e.last_run_at.is_some());
        jobs_failed: Count, "Cron jobs whose last run failed", |c| c.count(|e| e.last_exit.is_some_and(|x| x > 0));
    }

    fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let timezone = fields.required_text("timezone", 1..=64);
        let entries = fields.required_list("entries", MAX_ENTRIES, |fields| {
            let user = fields.required_text("user", 1..=MAX_USER_CHARS);
            let schedule = fields.required_clipped_text("schedule", MAX_SCHEDULE_CHARS);
            let command = fields.required_clipped_text("command", MAX_COMMAND_CHARS);
            let last_run_at = fields.time("last_run_at");
            let last_exit = fields.whole("last_exit", 0..=255);
            Some(CronEntry {
                user: user?,
                schedule: schedule?,
                command: command?,
                last_run_at,
                last_exit,
            })
        });
        Some(Self {
            timezone: timezone?,
            entries: entries?,
        })
    }

    fn rows(&self) -> &[Self] {
        std::slice::from_ref(self)
    }

    fn correct_times(&mut self, correct: &dyn Fn(UnixMs) -> UnixMs) {
        for entry in &mut self.entries {
            entry.last_run_at = entry.last_run_at.map(correct);
        }
    }

    fn subject(_: &Self) -> Option<&str> {
        None
    }
}

//! `backups`: the nights' runs, told when they end.

use super::View;
use crate::simulate::calendar::{Every, MINUTE_MS};
use crate::simulate::fault::FaultKind;
use crate::simulate::host::{BackupJob, What};
use crate::simulate::noise::whole;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::{BackupStatus, Backups};

/// What a tool says of a run that a restart ended.
pub(in crate::simulate) const INTERRUPTED: &str = "interrupted";

/// One run of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulate) struct Run {
    pub(in crate::simulate) started_at: UnixMs,
    pub(in crate::simulate) finished_at: UnixMs,
}

/// The last run of a job that began up to `at`.
pub(in crate::simulate) fn last_run(view: &View<'_>, n: usize, job: &BackupJob, at: UnixMs) -> Run {
    let due = view.host.zone.last_on(at, job.every, job.minute_of_day);
    let step = due.0.cast_unsigned();
    let noise = view.host.noise;
    let took = job.minutes * noise.between(What::JobRun.nth(n), step, 0.85, 1.25);
    Run {
        started_at: due,
        finished_at: UnixMs(due.0 + (took * MINUTE_MS as f64) as i64),
    }
}

/// Whether one is under way.
pub(super) fn runs(view: &View<'_>) -> bool {
    let mut jobs = view.host.backups.iter().enumerate();
    jobs.any(|(n, job)| last_run(view, n, job, view.at).finished_at > view.at)
        && !view.suffers(&FaultKind::BackupsStop)
}

/// Runs that ended after `since` and up to now, in order.
pub(in crate::simulate) fn finished(view: &View<'_>, since: UnixMs) -> Vec<Backups> {
    let mut found = Vec::new();
    for (n, job) in view.host.backups.iter().enumerate() {
        let mut run = last_run(view, n, job, view.at);
        // An agent that was away for long tells the last week.
        for _ in 0..8 {
            if run.finished_at > since && run.finished_at <= view.at {
                found.extend(report(view, n, job, run).map(|report| (run.finished_at, report)));
            }
            if run.started_at < since {
                break;
            }
            run = last_run(view, n, job, UnixMs(run.started_at.0 - 1));
        }
    }
    found.sort_by_key(|(finished_at, _)| *finished_at);
    found.into_iter().map(|(_, report)| report).collect()
}

/// What the tool tells of a run; `None` when it never ran.
fn report(view: &View<'_>, n: usize, job: &BackupJob, run: Run) -> Option<Backups> {
    let noise = view.host.noise;
    let step = run.started_at.0.cast_unsigned();
    let day = run.started_at.0 / (24 * 60 * MINUTE_MS);
    // A hundredth of a percent more each day, for five years.
    let grown = 1.0 + 1e-4 * (day.rem_euclid(1_800) as f64);
    let bytes = whole(job.bytes * grown * noise.between(What::JobRun.nth(n), step + 1, 0.96, 1.04));
    let mut told = Backups {
        tool: job.tool.to_owned(),
        job: job.job.to_owned(),
        status: BackupStatus::Success,
        started_at: Some(view.clock(run.started_at)),
        finished_at: view.clock(run.finished_at),
        bytes: Some(bytes),
        accounts_total: job.accounts,
        accounts_failed: job.accounts.map(|_| 0),
        message: None,
    };
    for fault in view
        .faults
        .iter()
        .filter(|fault| fault.lasts(run.started_at))
    {
        match fault.kind {
            FaultKind::BackupsStop | FaultKind::Silence => return None,
            FaultKind::BackupsFail => {
                told.status = BackupStatus::Failed;
                told.bytes = None;
                told.accounts_failed = None;
                told.message = Some("destination refused the connection".to_owned());
            }
            FaultKind::BackupsPartial => {
                told.status = BackupStatus::Partial;
                told.accounts_failed = job.accounts.map(|all| (all / 20).max(1));
                told.message =
                    Some("some accounts were left out: quota of the destination".to_owned());
            }
            FaultKind::BackupsEmpty => told.bytes = Some(0),
            _ => {}
        }
    }
    // A restart in between ends it.
    let restarted = view.host.boot(view.faults, run.finished_at).down_from > run.started_at;
    if restarted {
        told.status = BackupStatus::Failed;
        told.bytes = None;
        told.accounts_failed = None;
        told.message = Some(INTERRUPTED.to_owned());
    }
    Some(told)
}

/// The least time between two runs of a job, days.
pub(in crate::simulate) const fn days_between(every: Every) -> i64 {
    match every {
        Every::Days(days, _) => days,
        Every::Weekday(_) => 7,
        Every::MonthDay(_) => 28,
    }
}

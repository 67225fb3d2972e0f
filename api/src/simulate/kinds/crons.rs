//! `crons`: each job ran when it last was due; a busy host runs it some seconds later.

use super::View;
use crate::simulate::fault::FaultKind;
use crate::simulate::host::{CronJob, What};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::{CronEntry, Crons};

pub(super) fn measure(view: &View<'_>) -> Crons {
    let jobs = view.host.crons.iter().enumerate();
    Crons {
        timezone: view.host.zone.tz.name().to_owned(),
        entries: jobs.map(|(n, job)| entry(view, n, job)).collect(),
    }
}

fn entry(view: &View<'_>, n: usize, job: &CronJob) -> CronEntry {
    let due = last_run(view, job);
    let noise = view.host.noise;
    let late = noise.choose(What::Cron.nth(n), due.0.cast_unsigned(), 3) as i64;
    let began = UnixMs(due.0 + 1_000 + late * 1_000);
    let failed =
        job.user != "root" && noise.fraction(What::Cron.nth(n), due.0.cast_unsigned() + 1) < 0.01;
    CronEntry {
        user: job.user.clone(),
        schedule: job.due.schedule(),
        command: job.command.clone(),
        last_run_at: Some(began.min(view.clock(view.at))),
        last_exit: Some(u64::from(failed)),
    }
}

/// The last time it was due and something ran it, by the host's clock: cron goes by it, and logs are stamped by it when
/// it runs, whatever becomes of the clock later.
fn last_run(view: &View<'_>, job: &CronJob) -> UnixMs {
    let mut due = job.due.last(&view.host.zone, view.clock(view.at));
    // Each of them moves the search back to before it, at most once.
    for _ in 0..=view.faults.len() {
        let stopped = view.faults.iter().find(|fault| {
            matches!(fault.kind, FaultKind::CronStops | FaultKind::Reboot { .. })
                && fault.lasts(due)
        });
        match stopped {
            Some(fault) => due = job.due.last(&view.host.zone, UnixMs(fault.from.0 - 1)),
            None => break,
        }
    }
    due
}

//! What happens at night: backups, and clocks that are put back or forth.

use super::entry::Anomaly;
use super::plan::Planner;
use super::verdict::{Case, FIVES, Verdict, days_of, secs};
use crate::simulate::calendar::{DAY_MS, Zone};
use crate::simulate::fault::{Fault, FaultKind};
use crate::simulate::host::Host;
use crate::simulate::kinds::View;
use crate::simulate::kinds::backups::{INTERRUPTED, Run, days_between, finished, last_run};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::{BackupStatus, Backups};

/// Without a success of any job for so long a server's backups are stale.
const STALE: std::time::Duration = secs(30 * 3_600);

impl Planner<'_> {
    pub(super) fn night(&mut self, case: &Case<'_>, what: &Anomaly) {
        match what {
            Anomaly::BackupStops {} => self.backups_stop(case),
            Anomaly::BackupFails {} => {
                self.backups_end(case, FaultKind::BackupsFail, "backup_failed", "high")
            }
            Anomaly::BackupPartial {} => {
                self.backups_end(case, FaultKind::BackupsPartial, "backup_partial", "medium")
            }
            Anomaly::BackupEmpty {} => {
                self.backups_end(case, FaultKind::BackupsEmpty, "backup_partial", "medium")
            }
            Anomaly::DstChange { zone } => {
                self.fault(case, FaultKind::Zone(*zone));
                let end = case
                    .until
                    .or(self.stage.end)
                    .unwrap_or(UnixMs(case.from.0 + 28 * DAY_MS));
                let changes: Vec<UnixMs> = Zone::of(*zone).changes(case.from, end).collect();
                if changes.is_empty() {
                    self.left_out(case.kind, "no clock is put back or forth in this time");
                }
                for from in changes {
                    let week = UnixMs(from.0 + 7 * DAY_MS);
                    let this = Case {
                        from,
                        until: Some(week),
                        ..*case
                    };
                    let also = &["cron_overdue", "backup_stale", "mail_ramp"];
                    self.truth(&this, Verdict::quiet("outgoing_mail_abuse").or(also));
                }
            }
            _ => {}
        }
    }

    /// Runs of a host's jobs in order of their ends, with what detectors call the job.
    fn runs(case: &Case<'_>, days: i64) -> Vec<(Run, String)> {
        let view = View::of(case.host, &[], case.from);
        let mut runs = Vec::new();
        for (n, job) in case.host.backups.iter().enumerate() {
            let mut at = UnixMs(case.from.0 + days * DAY_MS);
            let first = UnixMs(case.from.0 - (days_between(job.every) + 1) * DAY_MS);
            while at > first {
                let run = last_run(&view, n, job, at);
                runs.push((run, subject(job.tool, job.job)));
                at = UnixMs(run.started_at.0 - 1);
            }
        }
        runs.sort_by_key(|(run, _)| run.finished_at);
        runs
    }

    /// Whatever restarts a host ends the backup that runs there, nights of its own among it.
    pub(super) fn interrupted_backups(&mut self) {
        // With the zones that `dst_change` gives its hosts.
        let fleet = self.stage.fleet.clone();
        let fleet = fleet.with_faults(self.plan.faults.clone());
        let end = self
            .stage
            .end
            .unwrap_or(UnixMs(self.stage.begin.0 + 28 * DAY_MS));
        for host in (0..fleet.len()).filter_map(|server| fleet.host(server)) {
            let faults = self
                .plan
                .faults
                .iter()
                .filter(|fault| fault.server == host.n);
            let faults: Vec<Fault> = faults.cloned().collect();
            let mut since = self.stage.begin;
            while since < end {
                let until = UnixMs(end.0.min(since.0 + DAY_MS));
                let view = View::of(host, &faults, until);
                for run in finished(&view, since) {
                    if run.status == BackupStatus::Failed
                        && run.message.as_deref() == Some(INTERRUPTED)
                    {
                        self.interrupted(host, &faults, &run);
                    }
                }
                since = until;
            }
        }
    }

    fn interrupted(&mut self, host: &Host, faults: &[Fault], run: &Backups) {
        let boot = host.boot(faults, run.finished_at);
        let told_at = run.finished_at.max(boot.up_at);
        let away = |kind: &FaultKind| matches!(kind, FaultKind::NetworkCut | FaultKind::Silence);
        let hidden = faults.iter().any(|fault| {
            away(&fault.kind) && fault.overlap(told_at, told_at.plus(FIVES)) > secs(0)
        });
        let case = Case {
            kind: "backup_interrupted",
            host,
            from: boot.down_from,
            until: Some(told_at.plus(secs(1))),
        };
        let verdict = Verdict::incident("backup_failed", "high", FIVES)
            .after(told_at.since(boot.down_from))
            .about(subject(&run.tool, &run.job))
            .or(&["backup_stale", "backup_partial"]);
        self.truth(&case, if hidden { verdict.either() } else { verdict });
    }

    fn backups_stop(&mut self, case: &Case<'_>) {
        self.fault(case, FaultKind::BackupsStop);
        let runs = Self::runs(case, 0);
        let last = runs.iter().rfind(|(run, _)| run.started_at < case.from);
        let stale_at = last
            .map_or(case.from, |(run, _)| run.finished_at)
            .plus(STALE);
        if case.until.is_some_and(|until| until <= stale_at) {
            self.truth(case, Verdict::quiet("backup_stale"));
            return;
        }
        let verdict = Verdict::incident("backup_stale", "high", secs(3_600 * 2));
        self.truth(
            case,
            verdict
                .after(stale_at.since(case.from))
                .or(&["backup_failed"]),
        );
    }

    fn backups_end(
        &mut self,
        case: &Case<'_>,
        kind: FaultKind,
        detector: &'static str,
        severity: &'static str,
    ) {
        let days = days_of(case, 30) + 1;
        self.fault(case, kind);
        let lasts = |at: UnixMs| at >= case.from && case.until.is_none_or(|until| at < until);
        let runs = Self::runs(case, days);
        let mut bad = runs.iter().filter(|(run, _)| lasts(run.started_at));
        let Some((first, _)) = bad.next() else {
            self.left_out(case.kind, "no backup runs in this time");
            return;
        };
        let mut subjects: Vec<String> = runs
            .iter()
            .filter(|(run, _)| lasts(run.started_at))
            .map(|(_, subject)| subject.clone())
            .collect();
        subjects.sort();
        subjects.dedup();
        // A run that began badly ends badly.
        let last = runs
            .iter()
            .rfind(|(run, _)| lasts(run.started_at))
            .map(|(run, _)| run.finished_at);
        let until = case
            .until
            .map(|until| until.max(last.map_or(until, |last| last.plus(secs(1)))));
        let verdict =
            Verdict::incident(detector, severity, FIVES).after(first.finished_at.since(case.from));
        let verdict = verdict.or(&["backup_stale"]);
        self.truth(
            &Case { until, ..*case },
            Verdict {
                subjects,
                ..verdict
            },
        );
    }
}

/// As detectors name a job: the same name is another job in another tool.
fn subject(tool: &str, job: &str) -> String {
    format!("{tool}/{job}")
}

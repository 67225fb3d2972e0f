//! `backup_failed`: a backup run ended and nothing of it can be relied on.
//!
//! The status is the one that was stored with the run. It ends with the next full success of the same job: a part of a
//! backup is no backup.

use super::backup::{command, name, run_of};
use super::{
    Also, Context, Detector, Finding, Info, Judgement, Observation, Title, Verdict, page_hold,
};
use noc_pipeline::control::Severity;
use noc_pipeline::payload::{BackupStatus, Kind};
use noc_storage::relational::backup_runs::Run;

/// The detector.
#[derive(Debug, Clone, Copy)]
pub struct BackupFailed;

impl Detector for BackupFailed {
    type State = ();

    const INFO: Info = Info {
        key: "backup_failed",
        code: 20,
        version: 1,
        kinds: &[Kind::Backups],
        also: &[Also::Late],
        compares_reports: false,
        judges: None,
        name: "Backup failed",
        about: "A backup run ended as failed. It is over with the next full success of the same job.",
        severities: &[Severity::High],
        numbers: &[],
        docs: include_str!("docs/backup_failed.md"),
    };

    fn judge<'a>(&self, (): &(), at: &Context<'a>) -> Judgement<'a, ()> {
        let is_report = matches!(at.seen, Observation::Report(_) | Observation::Late(_));
        let verdict = run_of(at).filter(|_| is_report).and_then(|(run, subject)| {
            match run.status {
                BackupStatus::Failed => Some(Verdict::breach(subject, finding(run))),
                BackupStatus::Success => Some(Verdict::clear(subject)),
                // Better than nothing, and not what was lost.
                BackupStatus::Partial => None,
            }
        });
        Judgement {
            patch: None,
            verdicts: verdict.into_iter().collect(),
        }
    }
}

fn finding(run: &Run) -> Finding {
    let words = run.message.as_deref().unwrap_or("it gives no reason");
    Finding {
        severity: Severity::High,
        hold: page_hold(Severity::High),
        title: Title {
            before: format!("Backup {} failed on ", name(run)),
            after: String::new(),
        },
        observed: format!(
            "{} says that its run failed: {}",
            run.tool,
            super::shell::clipped(words, 300)
        ),
        expected: "a full success".to_owned(),
        samples: 1,
        threshold: None,
        command: command(&run.tool),
        rule: None,
        evidence: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Outcome;
    use crate::detect::backup::tests::ran;
    use crate::detect::bench::{Bench, record};
    use crate::facts::Fact;
    use noc_pipeline::clock::UnixMs;

    const T: UnixMs = UnixMs(1_778_155_200_000);

    fn look(status: BackupStatus, job: &str, late: bool) -> Vec<(String, Outcome)> {
        let mut bench = Bench::new(BackupFailed);
        let (told, run) = ran(job, status, T, T);
        bench.fact = Some(Fact::Backup(Box::new(run)));
        let record = record(T.0, told);
        bench.look(if late {
            Observation::Late(&record)
        } else {
            Observation::Report(&record)
        })
    }

    #[test]
    fn fires_for_a_failed_run_also_when_its_report_is_late() {
        for late in [false, true] {
            let said = look(BackupStatus::Failed, "daily", late);
            let Some((subject, Outcome::Breach(finding))) = said.first() else {
                panic!("{said:?}");
            };
            assert_eq!(subject, "jetbackup/daily");
            assert_eq!(finding.severity, Severity::High);
            assert_eq!(finding.title.of("web-1"), "Backup daily failed on web-1");
            assert!(finding.observed.ends_with("failed: as told"));
        }
    }

    #[test]
    fn a_full_success_of_the_job_ends_it_and_a_part_does_not() {
        let clear = vec![("jetbackup/daily".to_owned(), Outcome::Clear)];
        assert_eq!(look(BackupStatus::Success, "daily", false), clear);
        assert_eq!(look(BackupStatus::Partial, "daily", false), vec![]);
        let other = look(BackupStatus::Success, "weekly", false);
        assert_eq!(other, vec![("jetbackup/weekly".to_owned(), Outcome::Clear)]);
    }

    #[test]
    fn quiet_where_no_run_is_told_of() {
        let mut bench = Bench::new(BackupFailed);
        let (told, _) = ran("daily", BackupStatus::Failed, T, T);
        let record = record(T.0, told);
        assert_eq!(bench.look(Observation::Report(&record)), vec![]);
        assert_eq!(bench.look(Observation::Repeat(&record)), vec![]);
    }
}

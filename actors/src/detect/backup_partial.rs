//! `backup_partial`: a backup run ended and some of it is missing.
//!
//! Either its tool says so, or what it calls a success is none: nothing written, accounts left out, or far smaller than
//! the same job's runs before. That is judged once, in [`crate::facts`], where the run is taken.

use super::backup::{command, name, run_of};
use super::series::{Judged, Of};
use super::{
    Also, Context, Detector, Finding, Info, Judgement, Number, Numbers, Observation, Title,
    Verdict, page_hold,
};
use crate::facts::Shrink;
use noc_pipeline::control::Severity;
use noc_pipeline::payload::{BackupStatus, Kind, Unit};
use noc_storage::relational::backup_runs::Run;

/// The detector.
#[derive(Debug, Clone, Copy)]
pub struct BackupPartial;

const SHRINK: &str = "shrink_pct";

/// How much smaller than usual a success may be on this server.
#[must_use]
pub fn shrink(numbers: Numbers<'_>) -> Shrink {
    Shrink {
        pct: numbers.get(&BackupPartial::INFO, SHRINK),
    }
}

impl Detector for BackupPartial {
    type State = ();

    const INFO: Info = Info {
        key: "backup_partial",
        code: 21,
        version: 1,
        kinds: &[Kind::Backups],
        also: &[Also::Late],
        compares_reports: true,
        judges: Some(Judged {
            metrics: &["backups.bytes"],
            of: Of::Subject,
            fine: None,
        }),
        name: "Backup incomplete",
        about: "A backup run ended with parts missing: its tool says so, it wrote nothing, accounts failed, or it is \
                far smaller than the last runs of the same job.",
        severities: &[Severity::Medium],
        numbers: &[Number {
            key: SHRINK,
            unit: Unit::Percent,
            default: 80.0,
            min: 10.0,
            max: 99.0,
            about: "A success so much smaller than the median of its job's last 10 runs is incomplete",
        }],
        docs: include_str!("docs/backup_partial.md"),
    };

    fn judge<'a>(&self, (): &(), at: &Context<'a>) -> Judgement<'a, ()> {
        let is_report = matches!(at.seen, Observation::Report(_) | Observation::Late(_));
        let verdict = run_of(at).filter(|_| is_report).and_then(|(run, subject)| {
            match run.status {
                BackupStatus::Partial => {
                    let limit = at.number(&Self::INFO, SHRINK);
                    Some(Verdict::breach(subject, finding(run, limit)))
                }
                BackupStatus::Success => Some(Verdict::clear(subject)),
                // Worse, and told by another detector: what is missing is still missing.
                BackupStatus::Failed => None,
            }
        });
        Judgement {
            patch: None,
            verdicts: verdict.into_iter().collect(),
        }
    }
}

fn finding(run: &Run, limit: f64) -> Finding {
    let accounts = run.accounts_failed.zip(run.accounts_total);
    let observed = match (&run.doubt, accounts, &run.message) {
        (Some(doubt), Some((failed @ 1.., total)), _) => {
            format!("{doubt}: {failed} of {total}")
        }
        (Some(doubt), ..) => doubt.clone(),
        (None, Some((failed @ 1.., total)), _) => {
            format!("{}: {failed} of {total} accounts failed", run.tool)
        }
        (None, _, Some(words)) => {
            format!("{}: {}", run.tool, super::shell::clipped(words, 300))
        }
        (None, _, None) => format!("{} says that parts are missing", run.tool),
    };
    Finding {
        severity: Severity::Medium,
        hold: page_hold(Severity::Medium),
        title: Title {
            before: format!("Backup {} is incomplete on ", name(run)),
            after: String::new(),
        },
        observed,
        expected: "a full success of its usual size".to_owned(),
        samples: 1,
        threshold: Some(limit),
        command: command(&run.tool),
        rule: None,
        evidence: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::backup::tests::ran;
    use crate::detect::bench::{Bench, record, rule};
    use crate::detect::{Outcome, Rules};
    use crate::facts::Fact;
    use noc_pipeline::clock::UnixMs;
    use noc_pipeline::control::{Condition, Rule};
    use noc_pipeline::id::ServerId;

    const T: UnixMs = UnixMs(1_778_155_200_000);

    fn look(status: BackupStatus, doubt: Option<&str>) -> Vec<(String, Outcome)> {
        let mut bench = Bench::new(BackupPartial);
        let (told, mut run) = ran("daily", status, T, T);
        run.doubt = doubt.map(str::to_owned);
        bench.fact = Some(Fact::Backup(Box::new(run)));
        bench.look(Observation::Late(&record(T.0, told)))
    }

    #[test]
    fn fires_for_a_part_and_for_a_success_that_is_none() {
        for (doubt, words) in [
            (None, "jetbackup: as told"),
            (
                Some("success was told with 0 bytes"),
                "success was told with 0 bytes",
            ),
        ] {
            let said = look(BackupStatus::Partial, doubt);
            let Some((subject, Outcome::Breach(finding))) = said.first() else {
                panic!("{said:?}");
            };
            assert_eq!(subject, "jetbackup/daily");
            assert_eq!(finding.severity, Severity::Medium);
            assert_eq!(finding.observed, words);
        }
    }

    #[test]
    fn a_full_success_ends_it_and_a_failure_does_not() {
        let clear = vec![("jetbackup/daily".to_owned(), Outcome::Clear)];
        assert_eq!(look(BackupStatus::Success, None), clear);
        assert_eq!(look(BackupStatus::Failed, None), vec![]);
    }

    #[test]
    fn the_limit_is_set_by_rules() {
        let of = |rules: &Rules| {
            shrink(Numbers {
                server: ServerId(1),
                tags: &[],
                rules,
            })
        };
        let mut rules = Rules::default();
        assert_eq!(of(&rules), Shrink::default());
        rules.set(Rule {
            condition: Condition::Detector {
                detector: "backup_partial".to_owned(),
                numbers: [(SHRINK.to_owned(), 50.0)].into(),
                off: false,
            },
            ..rule(1, "metrics.cpu_pct", 1.0)
        });
        assert_eq!(of(&rules), Shrink { pct: 50.0 });
    }
}

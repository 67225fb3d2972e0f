//! `backup_stale`: backups do not come any more.
//!
//! Looked at once an hour, by the time of the server's own reports. While a server is silent nothing is said of its
//! backups: that is another trouble. After a gap in its reports, whoever made it, an hour must pass first: runs of the
//! meantime may still be on their way from the agent's spool.

mod learn;

pub use self::learn::Backups;
use self::learn::{Job, Success};
use super::backup::{hours, run_of};
use super::{
    Also, Context, Detector, Finding, Info, Judgement, Number, Observation, Outcome, Title,
    Verdict, page_hold,
};
use crate::incident::lifecycle::Phase;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use noc_pipeline::payload::{BackupStatus, Kind, Unit};
use std::time::Duration;

/// Servers with this tag must have backups, whether or not any was ever reported.
pub const TAG: &str = "backup";

const MAX_AGE: &str = "max_age_s";
const FACTOR: &str = "factor";
const SETTLE: &str = "settle_s";

/// The detector.
#[derive(Debug, Clone, Copy)]
pub struct BackupStale;

impl Detector for BackupStale {
    type State = Backups;

    const INFO: Info = Info {
        key: "backup_stale",
        code: 22,
        version: 1,
        kinds: &[Kind::Metrics, Kind::Backups],
        also: &[Also::Late],
        compares_reports: false,
        judges: None,
        name: "Backups stale",
        about: "No backup job of the server succeeded for 30 h, or a job is later than its usual interval allows. \
                Servers that never reported a backup count only when they are tagged `backup`.",
        severities: &[Severity::High],
        numbers: &[
            Number {
                key: MAX_AGE,
                unit: Unit::Seconds,
                default: 108_000.0,
                min: 3_600.0,
                max: 7_776_000.0,
                about: "A server without a success of any job for so long has no backups",
            },
            Number {
                key: FACTOR,
                unit: Unit::Count,
                default: 1.25,
                min: 1.0,
                max: 10.0,
                about: "A job may take so many of its usual intervals, and the time it runs",
            },
            Number {
                key: SETTLE,
                unit: Unit::Seconds,
                default: 3_600.0,
                min: 600.0,
                max: 86_400.0,
                about: "After a gap in the server's reports nothing is said for so long",
            },
        ],
        docs: include_str!("../docs/backup_stale.md"),
    };

    fn judge<'a>(&self, state: &Backups, at: &Context<'a>) -> Judgement<'a, Backups> {
        let mut next = state.clone();
        let verdicts = match at.seen {
            Observation::Report(record) if record.report.kind() == Kind::Metrics => {
                next.heard(record.event_at);
                next.forget_resolved_by_hand(at);
                next.look(record.event_at, at)
            }
            Observation::Report(record) | Observation::Late(record) => {
                next.ran(record.received_at, at)
            }
            _ => Vec::new(),
        };
        Judgement {
            patch: Some(next),
            verdicts,
        }
    }
}

fn seconds(at: &Context<'_>, key: &str) -> Duration {
    Duration::from_secs_f64(at.number(&BackupStale::INFO, key).max(0.0))
}

impl Backups {
    /// A run was told of: it teaches, and a fresh success ends what it contradicts.
    fn ran<'a>(&mut self, now: UnixMs, at: &Context<'a>) -> Vec<Verdict<'a>> {
        let Some((run, subject)) = run_of(at) else {
            return Vec::new();
        };
        let finished_at = run.finished_at.min(now);
        let success = (run.status == BackupStatus::Success).then_some(Success {
            started_at: run.started_at,
            finished_at,
        });
        self.told(&subject, now, success);
        if success.is_none() {
            return Vec::new();
        }
        let age = now.since(finished_at);
        let mut out = Vec::new();
        let factor = at.number(&BackupStale::INFO, FACTOR);
        let job = self.jobs.iter().find(|job| *job.job == *subject);
        let limit = job.and_then(|job| job.limit(now, factor));
        if age < limit.unwrap_or_else(|| seconds(at, MAX_AGE)) {
            out.push(Verdict::clear(subject));
        }
        if age < seconds(at, MAX_AGE) {
            out.push(Verdict::clear(""));
        }
        out
    }

    /// A job that is gone for good: whoever resolves its incident by hand says so. It is learned anew when it runs.
    fn forget_resolved_by_hand(&mut self, at: &Context<'_>) {
        self.jobs.retain(|job| {
            let track = at.tracks.get(BackupStale::INFO.code, &job.job);
            !track.is_some_and(|track| matches!(track.phase, Phase::Quiet(_)))
        });
    }

    fn look<'a>(&mut self, now: UnixMs, at: &Context<'a>) -> Vec<Verdict<'a>> {
        if !self.is_due(now, seconds(at, SETTLE)) {
            return Vec::new();
        }
        let mut out = vec![self.server(now, at)];
        let is_breach = |v: &Verdict<'_>| matches!(v.outcome, Outcome::Breach(_));
        let all_stale = out.first().is_some_and(is_breach);
        let factor = at.number(&BackupStale::INFO, FACTOR);
        for job in &self.jobs {
            let open = at.open(&BackupStale::INFO, &job.job).is_some();
            let Some((limit, good_at)) = job.limit(now, factor).zip(job.good_at()) else {
                continue;
            };
            let age = now.since(good_at);
            // One incident says enough while nothing succeeds at all.
            if age > limit && (open || !all_stale) {
                out.push(Verdict::breach(
                    job.job.to_string(),
                    job.finding(age, limit),
                ));
            } else if age <= limit && open {
                out.push(Verdict::clear(job.job.to_string()));
            }
        }
        out
    }

    /// The server as a whole.
    fn server<'a>(&self, now: UnixMs, at: &Context<'a>) -> Verdict<'a> {
        let limit = seconds(at, MAX_AGE);
        let tagged = at.tags.iter().any(|tag| tag == TAG);
        let good_at = self.jobs.iter().filter_map(Job::good_at).max();
        let (since, observed) = match (good_at, self.first_told(), self.since()) {
            (Some(good_at), ..) => (good_at, "no backup job succeeded for"),
            (None, Some(told), _) => (told, "backup jobs report, and none succeeded for"),
            (None, None, Some(since)) if tagged => (since, "no backup was ever reported in"),
            _ => return Verdict::unknown("", "no backup was ever reported: not configured"),
        };
        let age = now.since(since);
        if age <= limit {
            return Verdict::clear("");
        }
        let samples = u32::try_from(self.jobs.len()).unwrap_or(u32::MAX);
        Verdict::breach(
            "",
            Finding {
                observed: format!("{observed} {}", hours(age)),
                expected: format!("a success of any job within {}", hours(limit)),
                samples,
                threshold: Some(limit.as_secs_f64()),
                title: Title {
                    before: "No backup of ".to_owned(),
                    after: format!(" for {}", hours(age)),
                },
                ..blank()
            },
        )
    }
}

impl Job {
    fn finding(&self, age: Duration, limit: Duration) -> Finding {
        Finding {
            observed: format!("the last success of {} is {} old", self.job, hours(age)),
            expected: format!("a success within {}, as it usually comes", hours(limit)),
            samples: self.samples(),
            threshold: Some(limit.as_secs_f64()),
            title: Title {
                before: format!("Backup {} is late on ", self.job),
                after: String::new(),
            },
            ..blank()
        }
    }
}

fn blank() -> Finding {
    Finding {
        severity: Severity::High,
        hold: page_hold(Severity::High),
        title: Title::default(),
        observed: String::new(),
        expected: String::new(),
        samples: 0,
        threshold: None,
        command: None,
        rule: None,
        evidence: None,
    }
}

#[cfg(test)]
mod tests;

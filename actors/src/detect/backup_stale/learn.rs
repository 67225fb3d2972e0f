//! What is learned of a server's backup jobs: when they last succeeded, how far apart, how long they take.
//!
//! Times are whole minutes. A job's usual interval is the second largest of its last gaps: jobs that rest at weekends
//! keep their long gap, and a single outage makes none.

use noc_pipeline::clock::UnixMs;
use serde::{Deserialize, Serialize};
use std::time::Duration;

const MINUTE_MS: i64 = 60_000;
/// So many jobs are remembered, those that succeeded last.
const MAX_JOBS: usize = 64;
/// So many gaps and durations of a job.
const MAX_SAMPLES: usize = 24;
/// A job is known once a whole week of it was seen.
const KNOWN_AFTER: Duration = Duration::from_secs(8 * 86_400);
/// Gaps that tell an interval; fewer where they are long.
const GAPS: usize = 5;
const LONG_GAPS: usize = 3;
const LONG_MINUTES: u32 = 4 * 1_440;
/// Reports further apart than this are a gap.
const GAP_MINUTES: u32 = 15;

/// What is remembered of a server.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Backups {
    pub(super) jobs: Vec<Job>,
    /// When its first report came.
    since: u32,
    /// When its first run was told of.
    first_told: u32,
    /// Since when its reports come without a gap.
    steady_since: u32,
    /// When the last one came.
    heard_at: u32,
    /// The last hour it was looked at in, hours since 1970.
    looked_at: u32,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Job {
    /// Such as `jetbackup/daily`.
    pub(super) job: Box<str>,
    /// When it was first told of.
    since: u32,
    /// When its last success ended; 0: never.
    good_at: u32,
    /// Between its last successes, minutes.
    gaps: Vec<u32>,
    /// How long its last successes took, minutes.
    took: Vec<u32>,
}

/// A run that succeeded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Success {
    pub(super) started_at: Option<UnixMs>,
    pub(super) finished_at: UnixMs,
}

/// Whole minutes since 1970.
fn minutes_of(at: UnixMs) -> u32 {
    u32::try_from(at.0 / MINUTE_MS).unwrap_or_default()
}

fn at(minutes: u32) -> Option<UnixMs> {
    (minutes > 0).then_some(UnixMs(i64::from(minutes) * MINUTE_MS))
}

fn push(samples: &mut Vec<u32>, sample: u32) {
    if samples.len() >= MAX_SAMPLES {
        samples.remove(0);
    }
    samples.push(sample);
}

impl Backups {
    pub(super) fn first_told(&self) -> Option<UnixMs> {
        at(self.first_told)
    }

    pub(super) fn since(&self) -> Option<UnixMs> {
        at(self.since)
    }

    /// A report came.
    pub(super) fn heard(&mut self, now: UnixMs) {
        let now = minutes_of(now);
        if self.since == 0 {
            self.since = now;
        }
        if now.saturating_sub(self.heard_at) > GAP_MINUTES {
            self.steady_since = now;
        }
        self.heard_at = self.heard_at.max(now);
    }

    /// Whether to look: once an hour, and not soon after a gap.
    pub(super) fn is_due(&mut self, now: UnixMs, settle: Duration) -> bool {
        let now = minutes_of(now);
        let steady = Duration::from_secs(u64::from(now.saturating_sub(self.steady_since)) * 60);
        if now / 60 <= self.looked_at || steady < settle {
            return false;
        }
        self.looked_at = now / 60;
        true
    }

    /// A run of a job was told of, good or bad.
    pub(super) fn told(&mut self, job: &str, now: UnixMs, success: Option<Success>) {
        let now = minutes_of(now);
        if self.first_told == 0 {
            self.first_told = now;
        }
        let known = self.jobs.iter().position(|known| *known.job == *job);
        let mut of = known.map_or_else(
            || Job {
                job: job.into(),
                since: now,
                ..Job::default()
            },
            |place| self.jobs.remove(place),
        );
        if let Some(success) = success {
            of.succeeded(success);
        }
        if self.jobs.len() >= MAX_JOBS {
            let oldest = self.jobs.iter().map(|job| job.good_at).min();
            let place = self.jobs.iter().position(|job| Some(job.good_at) == oldest);
            if let Some(place) = place {
                self.jobs.remove(place);
            }
        }
        self.jobs.push(of);
    }
}

impl Job {
    pub(super) fn good_at(&self) -> Option<UnixMs> {
        at(self.good_at)
    }

    pub(super) fn samples(&self) -> u32 {
        u32::try_from(self.gaps.len()).unwrap_or(u32::MAX)
    }

    fn succeeded(
        &mut self,
        Success {
            started_at,
            finished_at,
        }: Success,
    ) {
        let finished = minutes_of(finished_at);
        if finished <= self.good_at {
            return; // Told again, or overtaken.
        }
        if self.good_at > 0 {
            push(&mut self.gaps, finished - self.good_at);
        }
        self.good_at = finished;
        if let Some(started_at) = started_at {
            let took = finished_at.since(started_at).as_secs() / 60;
            push(&mut self.took, u32::try_from(took).unwrap_or(u32::MAX));
        }
    }

    /// How old its last success may become, once that is known.
    pub(super) fn limit(&self, now: UnixMs, factor: f64) -> Option<Duration> {
        let known_for = now.since(at(self.since)?);
        let mut gaps = self.gaps.clone();
        gaps.sort_unstable_by(|a, b| b.cmp(a));
        let largest = gaps.first().copied()?;
        let enough = if largest >= LONG_MINUTES {
            LONG_GAPS
        } else {
            GAPS
        };
        if known_for < KNOWN_AFTER || gaps.len() < enough {
            return None;
        }
        let interval = match gaps.get(1) {
            Some(second) if gaps.len() >= GAPS => *second,
            _ => largest,
        };
        let mut took = self.took.clone();
        took.sort_unstable();
        // The nearest rank: of up to 24 samples the last or the one before.
        let rank = (took.len() * 95).div_ceil(100);
        let p95 = rank.checked_sub(1).and_then(|rank| took.get(rank));
        let minutes = f64::from(interval) * factor + f64::from(p95.copied().unwrap_or_default());
        Some(Duration::from_secs_f64((minutes * 60.0).max(0.0)))
    }
}

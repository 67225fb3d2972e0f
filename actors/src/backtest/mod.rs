//! What a rule would have done: the very same detectors and incidents' lifecycle over what was recorded.
//!
//! * Rules on metrics read raw rows of the series store, server by server and day by day ([`recorded`]).
//! * Rules on built-in detectors need whole payloads and read the payload log, record by record ([`logged`]).
//!
//! Each rule that is tried is a [`lane::Lane`]: its own rules, its own state of each server, its own incidents; so a draft
//! and the rule in force see the same measurements and do not see each other. Time is the measurements' own: a partition
//! clock that starts with them. Nothing is stored and nobody is told.
//!
//! A log that begins within the span is replayed from there: [`Answer::from`]. Nothing of the span at all is an error.
//!
//! Work is bounded by a [`Budget`]. What was not reached is said, never guessed: [`Answer::truncated`].
//!
//! Where it differs from life: payloads that came too late to be judged then are in the series store all the same, what
//! people did (acknowledged, resolved, time off) did not happen, and servers have the tags they have now.

mod drawn;
mod lane;
mod logged;
mod recorded;
#[cfg(test)]
mod tests;

pub use drawn::{Drawn, MOST_POINTS, MOST_SERIES, Point};
pub use lane::{Incident, StillLearning};

use crate::detect::{self, Detector, Registered, Rules, baseline_rule, server_down, threshold};
use lane::Lane;
use noc_pipeline::clock::{Stopwatch, UnixMs};
use noc_pipeline::control::{Condition, Control, Rule, ServerSettings};
use noc_pipeline::id::ServerId;
use noc_pipeline::log::{LogError, PayloadLog};
use noc_pipeline::payload::{Kind, find_metric};
use noc_storage::relational::alert_rules::ANY_DETECTOR;
use noc_storage::series::{SeriesError, SeriesStore};
use std::time::Duration;

/// Longest span that may be tried.
pub const MAX_SPAN: Duration = Duration::from_secs(31 * 86_400);
/// Rules on a baseline learn for so long before the span begins, where that is recorded.
pub const LEARN_BASELINE: Duration = Duration::from_secs(7 * 86_400);
/// Built-in detectors see so much of the log before the span begins, where that is kept.
pub const LEARN_DETECTOR: Duration = Duration::from_secs(24 * 3_600);
/// So many incidents of a rule are kept; one that opens more is no use.
pub const MOST_INCIDENTS: usize = 20_000;

/// What is to be tried.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The rule.
    pub rule: Rule,
    /// The rule in force that it would replace.
    pub in_force: Option<Rule>,
    /// The other rules in force.
    pub others: Vec<Rule>,
    /// The monitored servers, whether or not the rules are for them.
    pub servers: Vec<ServerSettings>,
    /// First instant.
    pub from: UnixMs,
    /// Last instant, exclusive.
    pub to: UnixMs,
    /// Whose measurements are drawn; `None`: those of the servers with the first incidents.
    pub draw: Option<ServerId>,
    /// How much work it may be.
    pub budget: Budget,
}

/// How much work a backtest may be.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Values, or payloads, that are judged.
    pub samples: u64,
    /// Time it takes.
    pub time: Duration,
}

impl Default for Budget {
    /// 20 million in 30 s.
    fn default() -> Self {
        Self {
            samples: 20_000_000,
            time: Duration::from_secs(30),
        }
    }
}

/// Where recorded measurements come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The series store: one metric.
    Series {
        /// Of which kind.
        kind: Kind,
        /// Its field.
        field: &'static str,
    },
    /// The payload log: whole payloads.
    Log,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Servers that were replayed to the end.
    pub servers: u64,
    /// Servers that the rules are for.
    pub servers_in_scope: u64,
    /// Values, or payloads, that were judged, those before the span included.
    pub samples: u64,
    /// The budget was used up before everything was replayed.
    pub truncated: bool,
    /// Since when every server was replayed: the begin of the span, or that of the log where it begins later.
    pub from: UnixMs,
    /// How far every server that counts was replayed: the end of the span, or where the log's replay stopped.
    pub reached: UnixMs,
    /// Since when measurements were replayed, to learn from.
    pub learned_since: UnixMs,
    /// What the rule would have opened, by time.
    pub incidents: Vec<Incident>,
    /// What the rule in force opened in the same replay.
    pub in_force: Option<Vec<Incident>>,
    /// Measurements with the rule's limits, 3 at most.
    pub drawn: Vec<Drawn>,
    /// Subjects that the rule could not judge for a part of the span, or all of it.
    pub learning: Vec<StillLearning>,
}

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
pub enum BacktestError {
    /// The rule looks at a metric that does not exist.
    #[error("the rule looks at no metric")]
    NoMetric,
    /// The rule and the one in force judge different sorts of records.
    #[error("a rule on metrics and a rule on a detector cannot be compared")]
    NotComparable,
    /// The log holds nothing of the span.
    #[error("the payload log begins at {first}: a rule on a detector cannot be tried before that")]
    LogBegins {
        /// With which record; the end of the span where there is none at all.
        first: UnixMs,
    },
    /// The series store did not answer.
    #[error(transparent)]
    Series(#[from] SeriesError),
    /// The log did not answer.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// What a rule is tried on.
///
/// # Errors
/// [`BacktestError::NoMetric`].
pub fn source(rule: &Rule) -> Result<Source, BacktestError> {
    match &rule.condition {
        Condition::Threshold { metric, .. } | Condition::Baseline { metric, .. } => {
            let spec = find_metric(metric).ok_or(BacktestError::NoMetric)?;
            Ok(Source::Series {
                kind: spec.kind,
                field: spec.field,
            })
        }
        Condition::Detector { .. } => Ok(Source::Log),
    }
}

impl Plan {
    /// What it is tried on.
    ///
    /// # Errors
    /// [`BacktestError::NoMetric`], [`BacktestError::NotComparable`].
    pub fn source(&self) -> Result<Source, BacktestError> {
        let of = source(&self.rule)?;
        let other = self.in_force.as_ref().map(source).transpose()?;
        match (of, other) {
            (Source::Log, Some(Source::Series { .. }))
            | (Source::Series { .. }, Some(Source::Log)) => Err(BacktestError::NotComparable),
            _ => Ok(of),
        }
    }

    /// One lane for each rule that is tried, the draft first.
    fn lanes(&self) -> Result<Vec<Lane>, BacktestError> {
        let tried = std::iter::once(&self.rule).chain(&self.in_force);
        tried.map(|rule| self.lane(rule)).collect()
    }

    fn lane(&self, rule: &Rule) -> Result<Lane, BacktestError> {
        let source = source(rule)?;
        let mut rules = Rules::default();
        if source == Source::Log {
            self.others.iter().cloned().for_each(|r| rules.set(r));
        }
        rules.set(rule.clone());
        let (detectors, about) = judges(rule);
        Ok(Lane::new(rule.clone(), source, rules, detectors, about))
    }

    /// Since when measurements are replayed, so that what has to be learned is known when the span begins.
    fn learn_from(&self) -> UnixMs {
        let tried = std::iter::once(&self.rule).chain(&self.in_force);
        let before = tried.map(|rule| match rule.condition {
            Condition::Threshold { for_seconds, .. } => Duration::from_secs(for_seconds.into()),
            Condition::Baseline { .. } => LEARN_BASELINE,
            Condition::Detector { .. } => LEARN_DETECTOR,
        });
        self.from.minus(before.max().unwrap_or_default())
    }

    /// The servers that one of the rules is for.
    fn in_scope(&self) -> Vec<&ServerSettings> {
        let tried = || std::iter::once(&self.rule).chain(&self.in_force);
        let covered = |server: &&ServerSettings| {
            server.active && tried().any(|rule| rule.scope.covers(server.server, &server.tags))
        };
        self.servers.iter().filter(covered).collect()
    }
}

/// The detectors that a rule needs, and the one whose incidents it is about; `None`: all of them.
fn judges(rule: &Rule) -> (Vec<&'static dyn Registered>, Option<u8>) {
    let of = |code: u8| {
        detect::registry()
            .iter()
            .copied()
            .filter(move |d| d.info().code == code)
    };
    match &rule.condition {
        Condition::Threshold { .. } => {
            let code = threshold::Threshold::INFO.code;
            (of(code).collect(), Some(code))
        }
        Condition::Baseline { .. } => {
            let code = baseline_rule::BaselineRule::INFO.code;
            (of(code).collect(), Some(code))
        }
        Condition::Detector { detector, .. } if detector == ANY_DETECTOR => {
            (detect::registry().to_vec(), None)
        }
        Condition::Detector { detector, .. } => {
            // A server that is down holds everything else of it.
            let down = server_down::ServerDown::INFO.code;
            let code = detect::code_of(detector).unwrap_or(down);
            let also = of(down).chain(of(code).filter(|d| d.info().code != down));
            (also.collect(), Some(code))
        }
    }
}

/// How much was done, and whether it is enough.
#[derive(Debug)]
struct Meter {
    budget: Budget,
    since: Stopwatch,
    samples: u64,
}

impl Meter {
    fn start(budget: Budget) -> Self {
        Self {
            budget,
            since: Stopwatch::start(),
            samples: 0,
        }
    }

    fn is_used_up(&self) -> bool {
        self.samples >= self.budget.samples || self.since.elapsed() >= self.budget.time
    }
}

/// Tries a rule on metrics.
///
/// # Errors
/// See [`BacktestError`].
pub async fn over_series(series: &dyn SeriesStore, plan: &Plan) -> Result<Answer, BacktestError> {
    plan.source()?;
    recorded::replay(series, plan).await
}

/// Tries a rule on a built-in detector.
///
/// # Errors
/// See [`BacktestError`].
pub async fn over_log(log: &dyn PayloadLog, plan: &Plan) -> Result<Answer, BacktestError> {
    plan.source()?;
    logged::replay(log, plan).await
}

/// Incidents of both, by server and subject, matched where they overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Difference {
    /// What only the rule that is tried would have opened.
    pub only_new: u64,
    /// What only the rule in force opened.
    pub only_old: u64,
    /// Incidents of the rule that is tried which overlap one of the rule in force.
    pub both: u64,
}

/// Compares incidents of two rules.
#[must_use]
pub fn difference(new: &[Incident], old: &[Incident]) -> Difference {
    let alike = |a: &Incident, b: &Incident| {
        let ends_before =
            |a: &Incident, b: &Incident| a.resolved_at.is_some_and(|end| end < b.opened_at);
        a.server == b.server
            && a.subject == b.subject
            && a.detector == b.detector
            && !ends_before(a, b)
            && !ends_before(b, a)
    };
    let without = |of: &[Incident], other: &[Incident]| {
        let alone = of.iter().filter(|a| !other.iter().any(|b| alike(a, b)));
        u64::try_from(alone.count()).unwrap_or(u64::MAX)
    };
    let only_new = without(new, old);
    Difference {
        only_new,
        only_old: without(old, new),
        both: u64::try_from(new.len())
            .unwrap_or(u64::MAX)
            .saturating_sub(only_new),
    }
}

/// Words in the log that a replay takes over: what was said to detectors, and of the fleet. Operators' rules and tags are
/// those of now.
const fn is_taken_over(control: &Control) -> bool {
    matches!(control, Control::Told { .. } | Control::Fleet(_))
}

//! What a detector says about a subject.

use super::evidence::MailEvidence;
use noc_pipeline::control::Severity;
use std::borrow::Cow;
use std::time::Duration;

/// One judgement of one subject.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict<'a> {
    /// Mount, service, rule ...; empty where the detector is about the server itself.
    pub subject: Cow<'a, str>,
    /// The judgement.
    pub outcome: Outcome,
}

/// Breach, clear, or why neither. Only the first two move an incident.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It is wrong.
    Breach(Box<Finding>),
    /// It is right.
    Clear,
    /// Too few samples to say, of those needed.
    Learning {
        /// Samples in a row so far.
        have: u32,
        /// Samples in a row that decide.
        need: u32,
    },
    /// Nothing can be said; never opens and never resolves.
    Unknown {
        /// Why.
        reason: &'static str,
    },
}

/// What is wrong, for people.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// How bad.
    pub severity: Severity,
    /// How long it is shown before anybody is paged.
    pub hold: Duration,
    /// The title, in what stands before and after the server's name.
    pub title: Title,
    /// What was seen, with unit.
    pub observed: String,
    /// What would be fine, with unit.
    pub expected: String,
    /// How many samples the judgement rests on.
    pub samples: u32,
    /// The limit that applied, in the metric's unit.
    pub threshold: Option<f64>,
    /// What an operator may want to paste into a shell of that host; the platform never runs it.
    pub command: Option<String>,
    /// The user's rule that judged: id and version.
    pub rule: Option<(i64, i64)>,
    /// What a case of mail abuse shows; it makes the incident a case.
    pub evidence: Option<Box<MailEvidence>>,
}

/// A title around the server's name, which the log does not carry.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Title {
    /// Before the name.
    pub before: String,
    /// After the name.
    pub after: String,
}

impl Title {
    /// The title for a server of this name.
    #[must_use]
    pub fn of(&self, server: &str) -> String {
        format!("{}{server}{}", self.before, self.after)
    }
}

/// How long an incident of this severity is shown before the first page, unless its detector says otherwise.
#[must_use]
pub const fn page_hold(severity: Severity) -> Duration {
    Duration::from_secs(match severity {
        Severity::Critical => 0,
        Severity::High => 120,
        Severity::Medium | Severity::Low | Severity::Info => 300,
    })
}

impl Outcome {
    /// The names of [`Outcome::index`].
    pub const NAMES: [&'static str; 4] = ["breach", "clear", "learning", "unknown"];

    /// Its place in [`Outcome::NAMES`].
    #[must_use]
    pub const fn index(&self) -> usize {
        match self {
            Self::Breach(_) => 0,
            Self::Clear => 1,
            Self::Learning { .. } => 2,
            Self::Unknown { .. } => 3,
        }
    }
}

impl Outcome {
    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Breach(_) => "breach",
            Self::Clear => "clear",
            Self::Learning { .. } => "learning",
            Self::Unknown { .. } => "unknown",
        }
    }
}

impl<'a> Verdict<'a> {
    /// It is wrong.
    pub fn breach(subject: impl Into<Cow<'a, str>>, finding: Finding) -> Self {
        Self {
            subject: subject.into(),
            outcome: Outcome::Breach(Box::new(finding)),
        }
    }

    /// It is right.
    pub fn clear(subject: impl Into<Cow<'a, str>>) -> Self {
        Self {
            subject: subject.into(),
            outcome: Outcome::Clear,
        }
    }

    /// Too few samples yet.
    pub fn learning(subject: impl Into<Cow<'a, str>>, have: u32, need: u32) -> Self {
        Self {
            subject: subject.into(),
            outcome: Outcome::Learning { have, need },
        }
    }

    /// Nothing can be said.
    pub fn unknown(subject: impl Into<Cow<'a, str>>, reason: &'static str) -> Self {
        Self {
            subject: subject.into(),
            outcome: Outcome::Unknown { reason },
        }
    }
}

//! What shall be made of a thing, and how soon.

use super::Expect;
use crate::simulate::calendar::DAY_MS;
use crate::simulate::host::Host;
use noc_pipeline::clock::UnixMs;
use std::time::Duration;

/// One thing on one server, or on a group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) kind: &'static str,
    pub(super) host: &'a Host,
    pub(super) from: UnixMs,
    pub(super) until: Option<UnixMs>,
}

/// What shall be made of it.
#[derive(Debug, Clone)]
pub(super) struct Verdict {
    pub(super) expect: Expect,
    pub(super) detector: &'static str,
    pub(super) also: &'static [&'static str],
    pub(super) severity: Option<&'static str>,
    pub(super) subjects: Vec<String>,
    /// After the first instant.
    pub(super) onset: Duration,
    /// Two reports of its kind, or what else may pass.
    pub(super) within: Duration,
}

/// Two reports of a kind that is sent each minute.
pub(super) const MINUTES: Duration = Duration::from_secs(120);
/// Two reports of a kind that is sent each 5 minutes.
pub(super) const FIVES: Duration = Duration::from_secs(600);
/// Two reports of a kind that is sent each hour.
pub(super) const HOURS: Duration = Duration::from_secs(7_200);

pub(super) const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

impl Verdict {
    pub(super) fn incident(
        detector: &'static str,
        severity: &'static str,
        within: Duration,
    ) -> Self {
        Self {
            expect: Expect::Incident,
            detector,
            also: &[],
            severity: Some(severity),
            subjects: Vec::new(),
            onset: Duration::ZERO,
            within,
        }
    }

    pub(super) fn quiet(detector: &'static str) -> Self {
        Self {
            expect: Expect::Quiet,
            severity: None,
            ..Self::incident(detector, "", Duration::ZERO)
        }
    }

    pub(super) fn either(self) -> Self {
        Self {
            expect: Expect::Either,
            ..self
        }
    }

    pub(super) fn after(self, onset: Duration) -> Self {
        Self { onset, ..self }
    }

    pub(super) fn about(self, subject: impl Into<String>) -> Self {
        Self {
            subjects: vec![subject.into()],
            ..self
        }
    }

    pub(super) fn or(self, also: &'static [&'static str]) -> Self {
        Self { also, ..self }
    }
}

/// Days that a case lasts, at most so many.
pub(super) fn days_of(case: &Case<'_>, most: i64) -> i64 {
    let lasted = case.until.map_or(i64::MAX, |until| until.0 - case.from.0);
    (lasted / DAY_MS).min(most)
}

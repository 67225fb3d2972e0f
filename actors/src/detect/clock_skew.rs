//! `clock_skew`: the agent's clock is 5 min or more away from ours.
//!
//! Ingest corrects such payloads, so nothing is lost; but a host whose clock is wrong fails at TLS, mail and cron.
//! Cleared by three good payloads in a row.

use super::{
    Context, Detector, Finding, Info, Judgement, Number, Observation, Title, Verdict, page_hold,
};
use noc_pipeline::control::Severity;
use noc_pipeline::payload::{Kind, Unit};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The detector.
#[derive(Debug, Clone, Copy)]
pub struct ClockSkew;

/// Good payloads since the last bad one; `None` while all is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Skew {
    good: Option<u32>,
}

impl Detector for ClockSkew {
    type State = Skew;

    const INFO: Info = Info {
        key: "clock_skew",
        code: 6,
        version: 2,
        kinds: Kind::ALL,
        also: &[],
        compares_reports: false,
        judges: None,
        name: "Clock skew",
        about: "The host's clock is 5 min or more away from ours. Its measurements are corrected and kept.",
        severities: &[Severity::Low],
        numbers: &[
            Number {
                key: "limit_s",
                unit: Unit::Seconds,
                default: 300.0,
                min: 1.0,
                max: 86_400.0,
                about: "How far away the host's clock may be, either way",
            },
            Number {
                key: "good_payloads",
                unit: Unit::Count,
                default: 3.0,
                min: 1.0,
                max: 100.0,
                about: "Good payloads in a row that end it",
            },
        ],
        docs: include_str!("docs/clock_skew.md"),
    };

    fn judge<'a>(&self, state: &Skew, at: &Context<'a>) -> Judgement<'a, Skew> {
        let Observation::Report(record) = at.seen else {
            return Judgement {
                patch: None,
                verdicts: Vec::new(),
            };
        };
        let limit = at.seconds(&Self::INFO, "limit_s");
        let need = at.count(&Self::INFO, "good_payloads");
        let bad = Duration::from_millis(record.skew_ms.unsigned_abs()) >= limit;
        let (good, verdict) = match (bad, state.good) {
            (true, _) => (Some(0), Verdict::breach("", finding(record.skew_ms, limit))),
            (false, None) => (None, Verdict::clear("")),
            (false, Some(good)) if good + 1 >= need => (None, Verdict::clear("")),
            (false, Some(good)) => (Some(good + 1), Verdict::learning("", good + 1, need)),
        };
        Judgement {
            patch: Some(Skew { good }),
            verdicts: vec![verdict],
        }
    }
}

fn finding(skew_ms: i64, limit: Duration) -> Finding {
    let way = if skew_ms > 0 { "behind" } else { "ahead of" };
    Finding {
        severity: Severity::Low,
        hold: page_hold(Severity::Low),
        title: Title {
            before: "Clock is wrong on ".to_owned(),
            after: String::new(),
        },
        observed: format!("{} s {way} ours", skew_ms.unsigned_abs() / 1000),
        expected: format!("within {} s", limit.as_secs()),
        samples: 1,
        threshold: Some(limit.as_secs_f64()),
        command: Some("timedatectl; chronyc tracking".to_owned()),
        rule: None,
        evidence: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Outcome;
    use crate::detect::bench::{Bench, metrics, outcome, tuned};

    #[test]
    fn fires_either_way_and_clears_after_three_good_payloads() {
        let mut bench = Bench::new(ClockSkew);
        let mut look = |skew_ms: i64| {
            let mut record = metrics(0, |_| {});
            record.skew_ms = skew_ms;
            outcome(bench.look(Observation::Report(&record)), "")
        };
        assert_eq!(look(299_999), Outcome::Clear);
        assert!(matches!(look(300_000), Outcome::Breach(_)));
        assert_eq!(look(0), Outcome::Learning { have: 1, need: 3 });
        assert!(matches!(look(-300_000), Outcome::Breach(_)));
        assert_eq!(look(0), Outcome::Learning { have: 1, need: 3 });
        assert_eq!(look(0), Outcome::Learning { have: 2, need: 3 });
        assert_eq!(look(0), Outcome::Clear);
        assert_eq!(look(0), Outcome::Clear);
    }

    #[test]
    fn a_rule_sets_how_far_is_too_far() {
        let mut bench = Bench::new(ClockSkew);
        bench.rules = tuned("clock_skew", &[("limit_s", 20.0), ("good_payloads", 1.0)]);
        let mut look = |skew_ms: i64| {
            let mut record = metrics(0, |_| {});
            record.skew_ms = skew_ms;
            outcome(bench.look(Observation::Report(&record)), "")
        };
        assert_eq!(look(19_999), Outcome::Clear);
        let Outcome::Breach(finding) = look(-20_000) else {
            panic!("20 s are too far");
        };
        assert_eq!(finding.observed, "20 s ahead of ours");
        assert_eq!(finding.expected, "within 20 s");
        assert_eq!(look(0), Outcome::Clear);
    }
}

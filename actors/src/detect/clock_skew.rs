//! `clock_skew`: the agent's clock is 5 min or more away from ours.
//!
//! Ingest corrects such payloads, so nothing is lost; but a host whose clock is wrong fails at TLS, mail and cron.
//! Cleared by three good payloads in a row.

use super::{Context, Detector, Finding, Info, Judgement, Observation, Title, Verdict, page_hold};
use noc_pipeline::control::Severity;
use noc_pipeline::payload::Kind;
use serde::{Deserialize, Serialize};

/// Breach from here on, milliseconds, either way.
pub const LIMIT_MS: u64 = 300_000;
/// Cleared after so many good payloads in a row.
pub const GOOD_PAYLOADS: u8 = 3;

/// The detector.
#[derive(Debug, Clone, Copy)]
pub struct ClockSkew;

/// Good payloads since the last bad one; `None` while all is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Skew {
    good: Option<u8>,
}

impl Detector for ClockSkew {
    type State = Skew;

    const INFO: Info = Info {
        key: "clock_skew",
        code: 6,
        version: 1,
        kinds: Kind::ALL,
        also: &[],
        name: "Clock skew",
        about: "The host's clock is 5 min or more away from ours. Its measurements are corrected and kept.",
        severities: &[Severity::Low],
    };

    fn judge<'a>(&self, state: &Skew, at: &Context<'a>) -> Judgement<'a, Skew> {
        let Observation::Report(record) = at.seen else {
            return Judgement {
                patch: None,
                verdicts: Vec::new(),
            };
        };
        let bad = record.skew_ms.unsigned_abs() >= LIMIT_MS;
        let (good, verdict) = match (bad, state.good) {
            (true, _) => (Some(0), Verdict::breach("", finding(record.skew_ms))),
            (false, None) => (None, Verdict::clear("")),
            (false, Some(good)) if good + 1 >= GOOD_PAYLOADS => (None, Verdict::clear("")),
            (false, Some(good)) => (
                Some(good + 1),
                Verdict::learning("", u32::from(good) + 1, u32::from(GOOD_PAYLOADS)),
            ),
        };
        Judgement {
            patch: Some(Skew { good }),
            verdicts: vec![verdict],
        }
    }
}

fn finding(skew_ms: i64) -> Finding {
    let way = if skew_ms > 0 { "behind" } else { "ahead of" };
    Finding {
        severity: Severity::Low,
        hold: page_hold(Severity::Low),
        title: Title {
            before: "Clock is wrong on ".to_owned(),
            after: String::new(),
        },
        observed: format!("{} s {way} ours", skew_ms.unsigned_abs() / 1000),
        expected: format!("within {} s", LIMIT_MS / 1000),
        samples: 1,
        threshold: Some(300.0),
        command: None,
        rule: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Outcome;
    use crate::detect::bench::{Bench, metrics, outcome};

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
}

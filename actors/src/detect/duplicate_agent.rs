//! `duplicate_agent`: two agents speak with one secret, as after a cloned disk.
//!
//! Either of two signs: one (boot_id, seq) with two bodies; or, twice, a live payload of an earlier run after a
//! later one began. After that each return to the earlier run is a sign, and not each payload of it: whichever of the two
//! stays alone is no duplicate any more. A spool drained after a restart is old and no sign. Cleared by three good
//! payloads in a row once 10 min passed without a sign (two agents that send in turn show three good ones in every
//! minute).
//!
//! While it is open, detectors that compare reports are held: see [`super::Info::compares_reports`].

use super::{
    Also, Context, Detector, Finding, Info, Judgement, Number, Observation, Title, Verdict,
    page_hold,
};
use crate::state::ClockMs;
use noc_pipeline::control::Severity;
use noc_pipeline::payload::{Kind, Unit};
use noc_pipeline::record::PayloadRecord;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;

/// So many bodies are remembered.
const BODIES: usize = 8;
/// So many runs are remembered.
const RUNS: usize = 8;

/// The detector.
#[derive(Debug, Clone, Copy)]
pub struct DuplicateAgent;

/// What is remembered of a server's agent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Agents {
    /// Runs of the agent that sent live, first seen first.
    runs: Vec<Uuid>,
    /// The latest payloads' numbers and bodies.
    bodies: Vec<(u64, u64)>,
    /// Live payloads of earlier runs since the last run began, up to two.
    back: u8,
    /// The run of the last live payload.
    last: Option<Uuid>,
    /// The last sign.
    sign: Option<ClockMs>,
    /// Good payloads since.
    good: u32,
}

impl Detector for DuplicateAgent {
    type State = Agents;

    const INFO: Info = Info {
        key: "duplicate_agent",
        code: 7,
        version: 3,
        kinds: Kind::ALL,
        also: &[Also::Repeats],
        compares_reports: false,
        judges: None,
        name: "Duplicate agent",
        about: "Two agents report as one server: a number with two bodies, or two runs of the agent alive at once.",
        severities: &[Severity::High],
        numbers: &[
            Number {
                key: "live_s",
                unit: Unit::Seconds,
                default: 120.0,
                min: 10.0,
                max: 600.0,
                about: "A payload younger than this at arrival was sent live, and not out of a spool",
            },
            Number {
                key: "quiet_s",
                unit: Unit::Seconds,
                default: 600.0,
                min: 60.0,
                max: 86_400.0,
                about: "How long no sign of a second agent ends it",
            },
            Number {
                key: "good_payloads",
                unit: Unit::Count,
                default: 3.0,
                min: 1.0,
                max: 100.0,
                about: "Good payloads in a row that end it, besides",
            },
        ],
        docs: include_str!("docs/duplicate_agent.md"),
    };

    fn judge<'a>(&self, state: &Agents, at: &Context<'a>) -> Judgement<'a, Agents> {
        let (Observation::Report(record) | Observation::Repeat(record)) = at.seen else {
            return Judgement {
                patch: None,
                verdicts: Vec::new(),
            };
        };
        let mut next = state.clone();
        let sign = match at.seen {
            Observation::Repeat(_) => next.other_body(record),
            _ => next.two_runs(record, at.seconds(&Self::INFO, "live_s")),
        };
        let verdict = match (sign, next.sign) {
            (Some(observed), _) => {
                (next.sign, next.good) = (Some(at.clock), 0);
                Some(Verdict::breach("", finding(observed)))
            }
            // A repeat that is one: it says nothing about a second agent.
            (None, _) if matches!(at.seen, Observation::Repeat(_)) => None,
            (None, None) => Some(Verdict::clear("")),
            (None, Some(last)) => {
                next.good = next.good.saturating_add(1);
                let need = at.count(&Self::INFO, "good_payloads");
                let quiet = at.seconds(&Self::INFO, "quiet_s");
                if next.good >= need && at.clock.since(last) >= quiet {
                    (next.sign, next.good) = (None, 0);
                    Some(Verdict::clear(""))
                } else {
                    Some(Verdict::learning("", next.good.min(need), need))
                }
            }
        };
        Judgement {
            patch: Some(next),
            verdicts: verdict.into_iter().collect(),
        }
    }
}

impl Agents {
    fn other_body(&self, record: &PayloadRecord) -> Option<String> {
        let number = number(record);
        let known = self.bodies.iter().find(|(n, _)| *n == number)?;
        (known.1 != record.body_hash).then(|| {
            format!(
                "number {} of one run of the agent came with two different bodies",
                record.seq
            )
        })
    }

    fn two_runs(&mut self, record: &PayloadRecord, live: Duration) -> Option<String> {
        if self.bodies.len() >= BODIES {
            self.bodies.remove(0);
        }
        self.bodies.push((number(record), record.body_hash));
        if record.received_at.since(record.event_at) >= live {
            return None;
        }
        let other_spoke = self.last != Some(record.boot_id);
        self.last = Some(record.boot_id);
        match self.runs.iter().position(|run| *run == record.boot_id) {
            None => {
                if self.runs.len() >= RUNS {
                    self.runs.remove(0);
                }
                self.runs.push(record.boot_id);
                self.back = 0;
                None
            }
            Some(at) if at + 1 == self.runs.len() => None,
            Some(_) => {
                let second = self.back == 1;
                self.back = self.back.saturating_add(1).min(2);
                (second || (self.back == 2 && other_spoke)).then(|| {
                    "an earlier run of the agent still sends after a later one began".to_owned()
                })
            }
        }
    }
}

/// One number for (run, seq): enough to compare eight of them.
fn number(record: &PayloadRecord) -> u64 {
    let (high, low) = record.boot_id.as_u64_pair();
    (high ^ low).wrapping_add(record.seq)
}

fn finding(observed: String) -> Finding {
    Finding {
        severity: Severity::High,
        hold: page_hold(Severity::High),
        title: Title {
            before: "Two agents report as ".to_owned(),
            after: String::new(),
        },
        observed,
        expected: "one agent per server: enrol the clone under a name of its own".to_owned(),
        samples: 1,
        threshold: None,
        command: None,
        rule: None,
        evidence: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Outcome;
    use crate::detect::bench::{Bench, metrics, outcome, tuned};

    fn payload(run: u128, seq: u64, body: u64) -> PayloadRecord {
        let mut record = metrics(0, |_| {});
        record.boot_id = Uuid::from_u128(run);
        record.seq = seq;
        record.body_hash = body;
        record
    }

    #[test]
    fn fires_for_one_number_with_two_bodies_and_not_for_a_retry() {
        let mut bench = Bench::new(DuplicateAgent);
        let first = payload(1, 5, 100);
        assert_eq!(
            outcome(bench.look(Observation::Report(&first)), ""),
            Outcome::Clear
        );
        assert!(bench.look(Observation::Repeat(&first)).is_empty());
        let other = payload(1, 5, 101);
        let got = outcome(bench.look(Observation::Repeat(&other)), "");
        assert!(matches!(got, Outcome::Breach(_)));
    }

    #[test]
    fn fires_when_an_earlier_run_is_alive_twice_and_clears_when_it_stops() {
        let mut bench = Bench::new(DuplicateAgent);
        let mut look = |run, seq, clock| {
            bench.clock = ClockMs(clock);
            outcome(bench.look(Observation::Report(&payload(run, seq, seq))), "")
        };
        assert_eq!(look(1, 1, 0), Outcome::Clear);
        assert_eq!(look(2, 1, 0), Outcome::Clear, "a restart");
        assert_eq!(
            look(1, 2, 0),
            Outcome::Clear,
            "the last words of the old run"
        );
        assert!(matches!(look(1, 3, 0), Outcome::Breach(_)));
        for seq in 2..9 {
            assert!(matches!(look(2, seq, 599_999), Outcome::Learning { .. }));
        }
        assert_eq!(look(2, 9, 600_000), Outcome::Clear);
    }

    /// The clone, which began later, was shut down: the host that is left goes on with its run.
    #[test]
    fn clears_when_the_later_one_stops() {
        let mut bench = Bench::new(DuplicateAgent);
        let mut look = |run, seq, clock| {
            bench.clock = ClockMs(clock);
            outcome(bench.look(Observation::Report(&payload(run, seq, seq))), "")
        };
        for (run, seq) in [(1, 1), (2, 1), (1, 2)] {
            assert_eq!(look(run, seq, 0), Outcome::Clear);
        }
        assert!(matches!(look(1, 3, 0), Outcome::Breach(_)));
        look(2, 2, 60_000);
        assert!(matches!(look(1, 4, 61_000), Outcome::Breach(_)), "in turns");
        for seq in 5..9 {
            assert!(matches!(look(1, seq, 660_999), Outcome::Learning { .. }));
        }
        assert_eq!(look(1, 9, 661_000), Outcome::Clear);
        // It was not gone for good.
        look(2, 3, 700_000);
        assert!(matches!(look(1, 10, 700_001), Outcome::Breach(_)));
    }

    #[test]
    fn quiet_for_a_spool_drained_after_a_restart() {
        let mut bench = Bench::new(DuplicateAgent);
        for (run, seq) in [(1, 1), (2, 1)] {
            bench.look(Observation::Report(&payload(run, seq, 0)));
        }
        for seq in 2..20 {
            let mut old = payload(1, seq, 0);
            old.received_at = old.event_at.plus(Duration::from_secs(120));
            let got = outcome(bench.look(Observation::Report(&old)), "");
            assert_eq!(got, Outcome::Clear);
        }
    }

    #[test]
    fn a_rule_sets_when_it_is_over() {
        let mut bench = Bench::new(DuplicateAgent);
        let numbers = [("quiet_s", 60.0), ("good_payloads", 1.0)];
        bench.rules = tuned("duplicate_agent", &numbers);
        let mut look = |run, seq, clock| {
            bench.clock = ClockMs(clock);
            outcome(bench.look(Observation::Report(&payload(run, seq, seq))), "")
        };
        for (run, seq) in [(1, 1), (2, 1), (1, 2)] {
            look(run, seq, 0);
        }
        assert!(matches!(look(1, 3, 0), Outcome::Breach(_)));
        assert!(matches!(look(2, 2, 59_999), Outcome::Learning { .. }));
        assert_eq!(look(2, 3, 60_000), Outcome::Clear);
    }
}

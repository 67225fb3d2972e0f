//! `server_down`: the agent is silent.
//!
//! Silence is measured on the partition clock. After 3 metric intervals it is shown as high and nobody is paged;
//! after 300 s it is critical. Both wait for the report that is due just then: ticks take a while, and the clock knows
//! to 5 s only when the last one came. An agent that said goodbye has 15 min before its silence counts. Any fresh
//! payload clears it. It needs no memory of its own: the server's presence says everything.

use super::{
    Also, Context, Detector, Finding, Info, Judgement, Number, Numbers, Observation, Title,
    Verdict, Waking,
};
use crate::incident::lifecycle::Phase;
use crate::state::{ClockMs, Presence};
use noc_pipeline::control::Severity;
use noc_pipeline::payload::{Kind, Unit};
use std::time::Duration;

/// The hold of the high stage. It ends by becoming critical, which pages at once, or by a fresh payload.
pub const NOT_PAGED: Duration = Duration::from_secs(24 * 3600);

/// The detector.
#[derive(Debug, Clone, Copy)]
pub struct ServerDown;

/// When silence becomes what.
#[derive(Debug, Clone, Copy)]
struct Deadlines {
    /// How long a silence is shown before it is paged, and how long it lasts before it is shown.
    high_after: Duration,
    critical_after: Duration,
    high: ClockMs,
    critical: ClockMs,
}

/// `None` for a server that was never heard of.
fn deadlines(presence: Presence, numbers: Numbers<'_>) -> Option<Deadlines> {
    let seconds = |key| numbers.seconds(&ServerDown::INFO, key);
    let seen = presence.last_seen?;
    let high_after = seconds("high_after_s");
    // A rule that pages earlier than it shows means to page at once.
    let critical_after = seconds("critical_after_s").max(high_after);
    let shown = seen.plus(high_after).plus(seconds("late_s"));
    let high = match presence.goodbye_at {
        Some(goodbye) => shown.max(goodbye.plus(seconds("goodbye_grace_s"))),
        None => shown,
    };
    Some(Deadlines {
        high_after,
        critical_after,
        high,
        critical: high.plus(critical_after.saturating_sub(high_after)),
    })
}

impl Detector for ServerDown {
    type State = ();

    const INFO: Info = Info {
        key: "server_down",
        code: 1,
        version: 1,
        kinds: Kind::ALL,
        also: &[Also::Silence],
        compares_reports: false,
        judges: None,
        name: "Server down",
        about: "Nothing fresh came from the agent for 180 s (high, shown) or 300 s (critical, paged), and the report due \
                then is late. \
                An announced stop has 15 min of grace.",
        severities: &[Severity::High, Severity::Critical],
        numbers: &[
            Number {
                key: "high_after_s",
                unit: Unit::Seconds,
                default: 180.0,
                min: 90.0,
                max: 86_400.0,
                about: "Silence that is shown",
            },
            Number {
                key: "critical_after_s",
                unit: Unit::Seconds,
                default: 300.0,
                min: 90.0,
                max: 86_400.0,
                about: "Silence that is paged",
            },
            Number {
                key: "late_s",
                unit: Unit::Seconds,
                default: 20.0,
                min: 0.0,
                max: 300.0,
                about: "How long a report that is due just then is waited for, before either; 5 s of it are what our \
                        heartbeats cannot tell",
            },
            Number {
                key: "goodbye_grace_s",
                unit: Unit::Seconds,
                default: 900.0,
                min: 0.0,
                max: 86_400.0,
                about: "How long an agent that was stopped in order may be away before its silence counts",
            },
        ],
        docs: include_str!("docs/server_down.md"),
    };

    fn judge<'a>(&self, (): &(), at: &Context<'a>) -> Judgement<'a, ()> {
        let verdict = match at.seen {
            Observation::Report(_) => Verdict::clear(""),
            _ => match deadlines(at.presence, at.numbers()) {
                Some(deadlines) if at.clock >= deadlines.high => {
                    Verdict::breach("", finding(at, deadlines))
                }
                Some(_) => Verdict::unknown("", "not silent for long"),
                None => Verdict::unknown("", "never heard of"),
            },
        };
        Judgement {
            patch: None,
            verdicts: vec![verdict],
        }
    }

    fn wake(&self, at: &Waking<'_>) -> Option<ClockMs> {
        let Deadlines { high, critical, .. } = deadlines(at.presence, at.numbers)?;
        match at.incident.map(|track| (track.phase, track.severity)) {
            Some((Phase::Open, Severity::Critical)) => None,
            Some((Phase::Open, _)) => Some(critical),
            Some((Phase::Quiet(until), _)) => Some(high.max(until)),
            Some((Phase::Resolved(_), _)) | None => Some(high),
        }
    }
}

fn finding(at: &Context<'_>, deadlines: Deadlines) -> Finding {
    let silent = at.presence.last_seen.map(|seen| at.clock.since(seen));
    let goodbye = if at.presence.goodbye_at.is_some() {
        " after its agent was stopped"
    } else {
        ""
    };
    let (severity, hold, threshold) = if at.clock >= deadlines.critical {
        (Severity::Critical, Duration::ZERO, deadlines.critical_after)
    } else {
        (Severity::High, NOT_PAGED, deadlines.high_after)
    };
    Finding {
        severity,
        hold,
        title: Title {
            before: "Server down: ".to_owned(),
            after: String::new(),
        },
        observed: format!(
            "silent for {} s{goodbye}",
            silent.unwrap_or_default().as_secs()
        ),
        expected: "a report every 60 s".to_owned(),
        samples: 0,
        threshold: Some(threshold.as_secs_f64()),
        command: None,
        rule: None,
        evidence: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Outcome;
    use crate::detect::Rules;
    use crate::detect::bench::{Bench, metrics, outcome, tuned};
    use crate::incident::lifecycle::Track;
    use noc_pipeline::id::ServerId;

    fn wake(presence: Presence, incident: Option<&Track>, rules: &Rules) -> Option<ClockMs> {
        ServerDown.wake(&Waking {
            presence,
            incident,
            numbers: Numbers {
                server: ServerId(1),
                tags: &[],
                rules,
            },
        })
    }

    fn silent(presence: Presence, clock: u64) -> Outcome {
        let mut bench = Bench::new(ServerDown);
        bench.clock = ClockMs(clock * 1000);
        bench.presence = presence;
        outcome(bench.look(Observation::Silence), "")
    }

    fn seen(last: u64, goodbye: Option<u64>) -> Presence {
        Presence {
            last_seen: Some(ClockMs(last * 1000)),
            goodbye_at: goodbye.map(|s| ClockMs(s * 1000)),
        }
    }

    fn severity(outcome: &Outcome) -> Option<Severity> {
        match outcome {
            Outcome::Breach(finding) => Some(finding.severity),
            _ => None,
        }
    }

    #[test]
    fn fires_high_after_180_s_and_critical_after_300_s_and_the_20_s_of_a_late_report() {
        let at = |clock| severity(&silent(seen(100, None), clock));
        assert_eq!(at(299), None);
        assert_eq!(at(300), Some(Severity::High));
        assert_eq!(at(419), Some(Severity::High));
        assert_eq!(at(420), Some(Severity::Critical));
    }

    /// Heartbeats fall anywhere between reports, ticks take up to 15 s longer than others, and two of them in a row may
    /// be lost: the third is on time, and nothing was said before it. Without the wait it was, 2 to 5 s too early.
    #[test]
    fn quiet_until_the_third_report_is_late() {
        let silent_at = |phase_ms: u64, took_ms: [u64; 2], lost: u64| {
            let came_ms = 600_000 + took_ms[0];
            // The clock's last beat before the report.
            let known_ms = (came_ms - phase_ms) / 5_000 * 5_000 + phase_ms;
            let presence = Presence {
                last_seen: Some(ClockMs(known_ms)),
                goodbye_at: None,
            };
            let next_ms = 600_000 + (lost + 1) * 60_000 + took_ms[1];
            let first_ms = (came_ms - phase_ms).div_ceil(5_000) * 5_000 + phase_ms;
            let said = (first_ms..next_ms).step_by(5_000).filter_map(|clock| {
                let mut bench = Bench::new(ServerDown);
                bench.clock = ClockMs(clock);
                bench.presence = presence;
                severity(&outcome(bench.look(Observation::Silence), ""))
            });
            said.max()
        };
        for phase_ms in (0..5_000).step_by(250) {
            for took in [[0, 0], [0, 15_000], [900, 8_000], [15_000, 0]] {
                assert_eq!(silent_at(phase_ms, took, 2), None, "{phase_ms} {took:?}");
                // Four lost ones were shown; the fifth is not paged before it comes.
                assert_eq!(silent_at(phase_ms, took, 4), Some(Severity::High));
            }
            assert_eq!(silent_at(phase_ms, [0, 0], 3), Some(Severity::High));
        }
    }

    #[test]
    fn quiet_for_15_min_after_a_goodbye() {
        assert_eq!(severity(&silent(seen(100, Some(100)), 999)), None);
        assert_eq!(
            severity(&silent(seen(100, Some(100)), 1000)),
            Some(Severity::High)
        );
        assert_eq!(
            severity(&silent(seen(100, Some(100)), 1120)),
            Some(Severity::Critical)
        );
        // A goodbye long ago changes nothing.
        assert_eq!(severity(&silent(seen(9_000, Some(100)), 9_199)), None);
    }

    #[test]
    fn a_server_never_heard_of_is_unknown() {
        assert_eq!(
            silent(Presence::default(), 100_000),
            Outcome::Unknown {
                reason: "never heard of"
            }
        );
    }

    #[test]
    fn any_fresh_payload_clears() {
        let mut bench = Bench::new(ServerDown);
        let record = metrics(0, |_| {});
        assert_eq!(
            outcome(bench.look(Observation::Report(&record)), ""),
            Outcome::Clear
        );
    }

    #[test]
    fn it_wants_to_be_woken_until_the_worst_is_said() {
        let presence = seen(100, None);
        let rules = Rules::default();
        let woken = |phase, severity| {
            let track = Track {
                detector: ServerDown::INFO.code,
                subject: "".into(),
                phase,
                severity,
                occurrences: 1,
                breached_at: ClockMs(0),
                touched_at: ClockMs(0),
                resolves: Vec::new(),
                flapping: false,
            };
            wake(presence, Some(&track), &rules)
        };
        let at = |seconds: u64| Some(ClockMs(seconds * 1000));
        assert_eq!(wake(presence, None, &rules), at(300));
        assert_eq!(woken(Phase::Open, Severity::High), at(420));
        assert_eq!(woken(Phase::Open, Severity::Critical), None);
        let quiet = Phase::Quiet(ClockMs(2_000_000));
        assert_eq!(woken(quiet, Severity::Critical), at(2000));
        let resolved = Phase::Resolved(ClockMs(90_000));
        assert_eq!(woken(resolved, Severity::Critical), at(300));
        assert_eq!(wake(Presence::default(), None, &rules), None);
    }

    #[test]
    fn a_rule_moves_its_moments_and_the_wake_with_them() {
        let mut bench = Bench::new(ServerDown);
        bench.presence = seen(100, None);
        let set = |numbers: &[(&str, f64)]| tuned("server_down", numbers);
        bench.rules = set(&[("high_after_s", 600.0), ("critical_after_s", 1_800.0)]);
        let at = |seconds: u64| Some(ClockMs(seconds * 1000));
        assert_eq!(wake(bench.presence, None, &bench.rules), at(720));
        let mut silent = |seconds: u64| {
            bench.clock = ClockMs(seconds * 1000);
            severity(&outcome(bench.look(Observation::Silence), ""))
        };
        assert_eq!(silent(719), None);
        assert_eq!(silent(720), Some(Severity::High));
        assert_eq!(silent(1_920), Some(Severity::Critical));
        // Paged before it is shown: at once.
        bench.rules = set(&[
            ("critical_after_s", 90.0),
            ("goodbye_grace_s", 0.0),
            ("late_s", 0.0),
        ]);
        bench.presence = seen(100, Some(100));
        bench.clock = ClockMs(280_000);
        let got = outcome(bench.look(Observation::Silence), "");
        assert_eq!(severity(&got), Some(Severity::Critical));
    }
}

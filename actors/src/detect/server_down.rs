//! `server_down`: the agent is silent.
//!
//! Silence is measured on the partition clock. After 3 metric intervals it is shown as high and nobody is paged;
//! after 300 s it is critical. An agent that said goodbye has 15 min before its silence counts. Any fresh payload
//! clears it. It needs no memory of its own: the server's presence says everything.

use super::{Also, Context, Detector, Finding, Info, Judgement, Observation, Title, Verdict};
use crate::incident::lifecycle::{Phase, Track};
use crate::state::{ClockMs, Presence};
use noc_pipeline::control::Severity;
use noc_pipeline::payload::Kind;
use std::time::Duration;

/// Shown, not paged.
pub const HIGH_AFTER: Duration = Duration::from_secs(180);
/// Paged.
pub const CRITICAL_AFTER: Duration = Duration::from_secs(300);
/// How long an agent that said goodbye may be away before its silence counts.
pub const GOODBYE_GRACE: Duration = Duration::from_secs(900);
/// The hold of the high stage. It ends by becoming critical, which pages at once, or by a fresh payload.
pub const NOT_PAGED: Duration = Duration::from_secs(24 * 3600);

/// The detector.
#[derive(Debug, Clone, Copy)]
pub struct ServerDown;

/// The moments at which silence becomes high and critical.
fn deadlines(presence: Presence) -> Option<(ClockMs, ClockMs)> {
    let seen = presence.last_seen?;
    let high = match presence.goodbye_at {
        Some(goodbye) => seen.plus(HIGH_AFTER).max(goodbye.plus(GOODBYE_GRACE)),
        None => seen.plus(HIGH_AFTER),
    };
    Some((high, high.plus(CRITICAL_AFTER.saturating_sub(HIGH_AFTER))))
}

impl Detector for ServerDown {
    type State = ();

    const INFO: Info = Info {
        key: "server_down",
        code: 1,
        version: 1,
        kinds: Kind::ALL,
        also: &[Also::Silence],
        name: "Server down",
        about: "Nothing fresh came from the agent for 180 s (high, shown) or 300 s (critical, paged). \
                An announced stop has 15 min of grace.",
        severities: &[Severity::High, Severity::Critical],
    };

    fn judge<'a>(&self, (): &(), at: &Context<'a>) -> Judgement<'a, ()> {
        let verdict = match at.seen {
            Observation::Report(_) => Verdict::clear(""),
            _ => match (at.presence.last_seen, deadlines(at.presence)) {
                (Some(seen), Some((high, _))) if at.clock >= high => {
                    Verdict::breach("", finding(at.presence, at.clock.since(seen), at.clock))
                }
                (Some(_), _) => Verdict::unknown("", "not silent for long"),
                (None, _) => Verdict::unknown("", "never heard of"),
            },
        };
        Judgement {
            patch: None,
            verdicts: vec![verdict],
        }
    }

    fn wake(&self, presence: Presence, incident: Option<&Track>) -> Option<ClockMs> {
        let (high, critical) = deadlines(presence)?;
        match incident.map(|track| (track.phase, track.severity)) {
            Some((Phase::Open, Severity::Critical)) => None,
            Some((Phase::Open, _)) => Some(critical),
            Some((Phase::Quiet(until), _)) => Some(high.max(until)),
            Some((Phase::Resolved(_), _)) | None => Some(high),
        }
    }
}

fn finding(presence: Presence, silent: Duration, clock: ClockMs) -> Finding {
    let critical = deadlines(presence).is_some_and(|(_, critical)| clock >= critical);
    let goodbye = if presence.goodbye_at.is_some() {
        " after its agent was stopped"
    } else {
        ""
    };
    Finding {
        severity: if critical {
            Severity::Critical
        } else {
            Severity::High
        },
        hold: if critical { Duration::ZERO } else { NOT_PAGED },
        title: Title {
            before: "Server down: ".to_owned(),
            after: String::new(),
        },
        observed: format!("silent for {} s{goodbye}", silent.as_secs()),
        expected: "a report every 60 s".to_owned(),
        samples: 0,
        threshold: Some(if critical {
            CRITICAL_AFTER.as_secs_f64()
        } else {
            HIGH_AFTER.as_secs_f64()
        }),
        command: None,
        rule: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Outcome;
    use crate::detect::bench::{Bench, metrics, outcome};

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
    fn fires_high_at_180_s_and_critical_at_300_s() {
        assert_eq!(severity(&silent(seen(100, None), 279)), None);
        assert_eq!(
            severity(&silent(seen(100, None), 280)),
            Some(Severity::High)
        );
        assert_eq!(
            severity(&silent(seen(100, None), 399)),
            Some(Severity::High)
        );
        assert_eq!(
            severity(&silent(seen(100, None), 400)),
            Some(Severity::Critical)
        );
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
        let wake = |phase, severity| {
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
            ServerDown.wake(presence, Some(&track))
        };
        let at = |seconds: u64| Some(ClockMs(seconds * 1000));
        assert_eq!(ServerDown.wake(presence, None), at(280));
        assert_eq!(wake(Phase::Open, Severity::High), at(400));
        assert_eq!(wake(Phase::Open, Severity::Critical), None);
        let quiet = Phase::Quiet(ClockMs(2_000_000));
        assert_eq!(wake(quiet, Severity::Critical), at(2000));
        let resolved = Phase::Resolved(ClockMs(90_000));
        assert_eq!(wake(resolved, Severity::Critical), at(280));
        assert_eq!(ServerDown.wake(Presence::default(), None), None);
    }
}

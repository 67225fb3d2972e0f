//! `probe_silent`: one kind of report stopped while others arrive. Subject: the kind.
//!
//! Time counts on the partition clock and only while the server is heard of: a silence of the whole server adds
//! [`GAP`] at most, so neither an outage of ours nor one of the host makes its probes look silent. A report that says
//! that its source cannot be read is a report. Kinds that were never seen here, and those sent on an event, are not
//! watched; neither is a kind whose incident was resolved by hand, until it comes again.

use super::{
    Context, Detector, Finding, Info, Judgement, Number, Observation, Title, Verdict, page_hold,
    span,
};
use crate::incident::lifecycle::{Phase, TOUCH, Track};
use noc_pipeline::control::Severity;
use noc_pipeline::payload::{Kind, Unit};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// So much of the time between two reports of a server counts as time in which it was there.
pub const GAP: Duration = Duration::from_secs(90);

/// The detector.
#[derive(Debug, Clone, Copy)]
pub struct ProbeSilent;

/// When what was heard.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Heard {
    /// The last report of any kind, seconds of the partition clock.
    at_s: u32,
    /// Seconds in which the server was there.
    present_s: u32,
    /// Kinds by their codes, and `present_s` at the last report of each.
    kinds: Vec<(u8, u32)>,
}

impl Detector for ProbeSilent {
    type State = Heard;

    const INFO: Info = Info {
        key: "probe_silent",
        code: 12,
        version: 1,
        kinds: Kind::ALL,
        also: &[],
        compares_reports: true,
        judges: None,
        name: "Probe silent",
        about: "One kind of report stopped for three of its intervals while others arrive.",
        severities: &[Severity::Medium],
        numbers: &[Number {
            key: "intervals",
            unit: Unit::Count,
            default: 3.0,
            min: 2.0,
            max: 100.0,
            about: "For how many of its intervals a kind may be missing",
        }],
        docs: include_str!("docs/probe_silent.md"),
    };

    fn judge<'a>(&self, state: &Heard, at: &Context<'a>) -> Judgement<'a, Heard> {
        let Observation::Report(record) = at.seen else {
            return Judgement {
                patch: None,
                verdicts: Vec::new(),
            };
        };
        let arrived = record.report.kind();
        let track = |kind: Kind| at.tracks.get(Self::INFO.code, kind.name());
        let mut next = state.clone();
        next.hear(arrived, at);
        let mut verdicts = Vec::new();
        if track(arrived).is_some() {
            verdicts.push(Verdict::clear(arrived.name()));
        }
        let intervals = at.number(&Self::INFO, "intervals");
        let present_s = next.present_s;
        next.kinds.retain(|&(code, last_s)| {
            let Some((kind, interval)) = Kind::from_code(code).and_then(with_interval) else {
                return false;
            };
            let silent = Duration::from_secs(present_s.saturating_sub(last_s).into());
            let limit = interval.mul_f64(intervals);
            if silent < limit {
                return true;
            }
            match track(kind) {
                // Somebody knows that it is gone.
                Some(Track {
                    phase: Phase::Quiet(_),
                    ..
                }) => return false,
                Some(known)
                    if known.phase == Phase::Open && at.clock.since(known.touched_at) < TOUCH => {}
                _ => verdicts.push(Verdict::breach(
                    kind.name(),
                    finding(kind, interval, silent, limit),
                )),
            }
            true
        });
        Judgement {
            patch: Some(next),
            verdicts,
        }
    }

    /// Kinds that only the other host sent are not missed.
    fn alone_again(&self, _: &Heard) -> Option<Heard> {
        Some(Heard::default())
    }
}

fn with_interval(kind: Kind) -> Option<(Kind, Duration)> {
    kind.interval().map(|interval| (kind, interval))
}

impl Heard {
    fn hear(&mut self, kind: Kind, at: &Context<'_>) {
        let now_s = u32::try_from(at.clock.0 / 1_000).unwrap_or(u32::MAX);
        if !self.kinds.is_empty() {
            let gap = Duration::from_secs(now_s.saturating_sub(self.at_s).into());
            let counted = u32::try_from(gap.min(GAP).as_secs()).unwrap_or(u32::MAX);
            self.present_s = self.present_s.saturating_add(counted);
        }
        self.at_s = now_s;
        if kind.interval().is_none() {
            return;
        }
        match self.kinds.iter_mut().find(|(code, _)| *code == kind.code()) {
            Some((_, last)) => *last = self.present_s,
            None => self.kinds.push((kind.code(), self.present_s)),
        }
    }
}

fn finding(kind: Kind, interval: Duration, silent: Duration, limit: Duration) -> Finding {
    Finding {
        severity: Severity::Medium,
        hold: page_hold(Severity::Medium),
        title: Title {
            before: format!("No {} reports from ", kind.name()),
            after: String::new(),
        },
        observed: format!(
            "none of kind {} for {} while others arrive",
            kind.name(),
            span::in_words(silent)
        ),
        expected: format!("one every {}", span::in_words(interval)),
        samples: 0,
        threshold: Some(limit.as_secs_f64()),
        command: Some("sudo journalctl -u hostseba-noc-agent -n 100 --no-pager".to_owned()),
        rule: None,
        evidence: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Outcome;
    use crate::detect::bench::{
        Bench, disks, metrics, open_track, processes, record, tuned, unreadable,
    };
    use crate::state::ClockMs;
    use noc_pipeline::payload::{Cpanel, Lifecycle, LifecycleEvent, LifecycleReason};
    use noc_pipeline::record::PayloadRecord;

    struct Story(Bench<ProbeSilent>);

    impl Story {
        fn new() -> Self {
            Self(Bench::new(ProbeSilent))
        }

        /// One report; the subjects in breach.
        fn see(&mut self, seconds: u64, record: &PayloadRecord) -> Vec<String> {
            self.0.clock = ClockMs(seconds * 1_000);
            let verdicts = self.0.look(Observation::Report(record));
            let breaches = verdicts
                .into_iter()
                .filter(|(_, outcome)| matches!(outcome, Outcome::Breach(_)));
            breaches.map(|(subject, _)| subject).collect()
        }

        fn metrics(&mut self, seconds: u64) -> Vec<String> {
            self.see(seconds, &metrics(0, |_| {}))
        }
    }

    #[test]
    fn fires_at_three_intervals_of_the_kind_that_stopped() {
        let mut story = Story::new();
        for minute in 0..10 {
            story.see(minute * 60, &processes(0, vec![]));
            story.see(minute * 60, &disks(0, vec![]));
            assert!(story.metrics(minute * 60).is_empty());
        }
        // Processes stopped after 540 s, disks too.
        assert!(story.metrics(600).is_empty());
        assert!(story.metrics(660).is_empty());
        assert!(story.metrics(719).is_empty());
        assert_eq!(story.metrics(720), ["processes"]);
        for minute in 13..24 {
            assert_eq!(story.metrics(minute * 60), ["processes"]);
        }
        assert_eq!(story.metrics(1_440), ["processes", "disks"], "900 s");
        story.0.clock = ClockMs(1_440_000);
        let open = open_track(ProbeSilent::INFO.code, "processes", story.0.clock);
        story.0.tracks = open;
        let got = story.0.look(Observation::Report(&processes(0, vec![])));
        assert_eq!(got[0], ("processes".to_owned(), Outcome::Clear));
        assert_eq!(story.metrics(1_500), ["disks"]);
    }

    #[test]
    fn its_words() {
        let mut bench = Bench::new(ProbeSilent);
        bench.look(Observation::Report(&processes(0, vec![])));
        for minute in 1..=3 {
            bench.clock = ClockMs(minute * 60_000);
            let mut got = bench.look(Observation::Report(&metrics(0, |_| {})));
            if minute == 3 {
                let Some((_, Outcome::Breach(finding))) = got.pop() else {
                    panic!("three intervals");
                };
                let title = finding.title.of("web-01");
                assert_eq!(title, "No processes reports from web-01");
                let observed = "none of kind processes for 3 min while others arrive";
                assert_eq!(finding.observed, observed);
                assert_eq!(finding.expected, "one every 1 min");
            }
        }
    }

    #[test]
    fn quiet_while_the_whole_server_is_silent_and_when_it_is_back() {
        let mut story = Story::new();
        for minute in 0..3 {
            story.see(minute * 60, &processes(0, vec![]));
            story.metrics(minute * 60);
        }
        // Away for an hour; the first report is alone.
        assert!(story.metrics(3_720).is_empty());
        story.see(3_722, &processes(0, vec![]));
        assert!(story.metrics(3_780).is_empty());
    }

    #[test]
    fn quiet_for_kinds_never_seen_sent_on_events_or_unreadable() {
        let mut story = Story::new();
        let start = Lifecycle {
            event: LifecycleEvent::Start,
            reason: LifecycleReason::Unknown,
        };
        story.see(0, &record(0, start));
        for minute in 0..100 {
            story.see(minute * 60, &unreadable(0, Kind::Mysql));
            assert!(story.metrics(minute * 60).is_empty(), "minute {minute}");
        }
    }

    #[test]
    fn a_slow_kind_has_hours() {
        let mut story = Story::new();
        story.see(0, &record(0, Cpanel::default()));
        for minute in 0..180 {
            assert!(story.metrics(minute * 60).is_empty(), "minute {minute}");
        }
        assert_eq!(story.metrics(180 * 60), ["cpanel"]);
    }

    #[test]
    fn resolved_by_hand_it_is_watched_again_once_it_comes_again() {
        let mut story = Story::new();
        story.see(0, &processes(0, vec![]));
        for minute in 1..3 {
            story.metrics(minute * 60);
        }
        assert_eq!(story.metrics(180), ["processes"]);
        let code = ProbeSilent::INFO.code;
        story.0.tracks = open_track(code, "processes", ClockMs(180_000));
        story
            .0
            .tracks
            .resolved_by_hand(code, "processes", ClockMs(190_000));
        for minute in 4..90 {
            assert!(story.metrics(minute * 60).is_empty(), "minute {minute}");
        }
        story.see(5_400, &processes(0, vec![]));
        story.metrics(5_460);
        story.metrics(5_520);
        // The track is gone by now.
        story.0.tracks = crate::incident::lifecycle::Tracks::default();
        assert_eq!(story.metrics(5_580), ["processes"]);
    }

    #[test]
    fn an_open_one_is_said_again_once_a_minute_and_a_rule_sets_how_many_intervals() {
        let mut story = Story::new();
        story.0.rules = tuned("probe_silent", &[("intervals", 5.0)]);
        story.see(0, &processes(0, vec![]));
        for minute in 1..5 {
            assert!(story.metrics(minute * 60).is_empty());
        }
        assert_eq!(story.metrics(300), ["processes"]);
        story.0.tracks = open_track(ProbeSilent::INFO.code, "processes", ClockMs(300_000));
        assert!(story.metrics(320).is_empty());
        assert_eq!(story.metrics(360), ["processes"]);
    }

    #[test]
    fn its_state_is_small() {
        let mut story = Story::new();
        for kind in Kind::ALL {
            story.see(2_000_000_000, &unreadable(0, *kind));
        }
        let packed = postcard::to_stdvec(&story.0.state).unwrap();
        assert!(packed.len() < 80, "{} bytes", packed.len());
    }
}

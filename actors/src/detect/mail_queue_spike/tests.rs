//! Queues that are in trouble, and queues that only look so.

use super::*;
use crate::detect::Outcome;
use crate::detect::bench::{Bench, outcome, record, unreadable};
use crate::incident::lifecycle::{Moment, step};
use crate::state::ClockMs;
use noc_pipeline::payload::QueueSender;

const FIVE: i64 = 300_000;
const START: i64 = 1_772_409_600_000;

/// A server whose incidents open and resolve as in life.
struct Story {
    bench: Bench<MailQueueSpike>,
    at: i64,
}

impl Story {
    fn new() -> Self {
        Self {
            bench: Bench::new(MailQueueSpike),
            at: START,
        }
    }

    /// So many reports of the same counts.
    fn usual(reports: usize, frozen: u64, deferred: u64) -> Self {
        let mut story = Self::new();
        for _ in 0..reports {
            assert_eq!(story.see(Some(frozen), Some(deferred)), Outcome::Clear);
        }
        story
    }

    fn see(&mut self, frozen: Option<u64>, deferred: Option<u64>) -> Outcome {
        self.see_after(FIVE, frozen, deferred)
    }

    fn see_after(&mut self, ms: i64, frozen: Option<u64>, deferred: Option<u64>) -> Outcome {
        self.at += ms;
        self.bench.clock = ClockMs(u64::try_from(self.at - START).unwrap());
        let queue = MailQueue {
            mta: "exim".into(),
            frozen,
            deferred,
            top_senders: vec![QueueSender {
                domain: String::new(),
                count: Some(620),
            }],
            ..MailQueue::default()
        };
        let record = record(self.at, queue);
        let said = outcome(self.bench.look(Observation::Report(&record)), "");
        let moment = Moment {
            clock: self.bench.clock,
            server_down: false,
            fleet_silent: false,
        };
        let known = self.bench.tracks.get(8, "").cloned();
        let after = step(8, "", known.as_ref(), &said, moment);
        self.bench.tracks.take(8, "", after.memory);
        said
    }

    fn is_open(&self) -> bool {
        self.bench.tracks.is_open(8)
    }
}

#[test]
fn fires_for_frozen_messages_and_clears_after_three_calm_reports() {
    let mut story = Story::usual(100, 20, 40);
    let Outcome::Breach(finding) = story.see(Some(812), Some(40)) else {
        panic!("40 times the usual");
    };
    assert_eq!(finding.severity, Severity::High);
    assert_eq!(
        finding.title.of("mail-02"),
        "Mail queue of mail-02 holds 812 frozen messages"
    );
    assert_eq!(
        finding.observed,
        "812 frozen messages in the queue of exim, most from bounces (620)"
    );
    assert_eq!(
        finding.expected,
        "about 20, the mean of 100 reports of 24 h before"
    );
    assert_eq!((finding.threshold, finding.samples), (Some(60.0), 100));
    assert_eq!(
        finding.command.as_deref(),
        Some("sudo exiqgrep -z -b | head -n 50")
    );
    assert_eq!(
        story.see(Some(30), Some(40)),
        Outcome::Learning { have: 1, need: 3 }
    );
    assert!(matches!(story.see(Some(70), Some(40)), Outcome::Breach(_)));
    for have in 1..3 {
        assert_eq!(
            story.see(Some(45), Some(40)),
            Outcome::Learning { have, need: 3 }
        );
    }
    assert_eq!(story.see(Some(39), Some(40)), Outcome::Clear);
    assert!(!story.is_open());
}

#[test]
fn quiet_for_a_queue_that_is_always_large() {
    let mut story = Story::usual(288, 400, 900);
    for frozen in [450, 700, 900, 1_199, 800] {
        assert_eq!(story.see(Some(frozen), Some(2_000)), Outcome::Clear);
    }
}

#[test]
fn quiet_below_the_floor_however_many_times_the_usual() {
    let mut story = Story::usual(50, 0, 0);
    assert_eq!(story.see(Some(50), Some(299)), Outcome::Clear);
    assert!(matches!(story.see(Some(51), Some(0)), Outcome::Breach(_)));
}

#[test]
fn while_it_learns_only_very_many_frozen_messages_count() {
    let mut story = Story::new();
    for _ in 0..11 {
        assert_eq!(story.see(Some(400), Some(5_000)), Outcome::Clear);
    }
    assert!(matches!(
        story.see(Some(501), Some(5_000)),
        Outcome::Breach(_)
    ));
}

#[test]
fn a_dead_smarthost_shows_in_three_reports_in_a_row() {
    let mut story = Story::usual(100, 5, 100);
    assert_eq!(
        story.see(Some(5), Some(600)),
        Outcome::Learning { have: 1, need: 3 }
    );
    assert_eq!(
        story.see(Some(5), Some(700)),
        Outcome::Learning { have: 2, need: 3 }
    );
    assert_eq!(
        story.see(Some(5), Some(90)),
        Outcome::Clear,
        "a mailing went out"
    );
    for _ in 0..2 {
        story.see(Some(5), Some(600));
    }
    let Outcome::Breach(finding) = story.see(Some(5), Some(900)) else {
        panic!("three in a row");
    };
    assert!(finding.observed.starts_with("900 deferred messages"));
    assert!(finding.expected.starts_with("about 99.9,"));
}

#[test]
fn three_reports_with_a_gap_or_twice_the_same_are_not_in_a_row() {
    let mut story = Story::usual(100, 5, 100);
    story.see(Some(5), Some(600));
    story.see(Some(5), Some(600));
    let gap = story.see_after(3_600_000, Some(5), Some(600));
    assert_eq!(gap, Outcome::Learning { have: 1, need: 3 });
    let again = record(
        story.at,
        MailQueue {
            deferred: Some(600),
            ..MailQueue::default()
        },
    );
    for _ in 0..3 {
        assert!(story.bench.look(Observation::Report(&again)).is_empty());
    }
}

#[test]
fn a_trouble_does_not_become_normal_by_lasting() {
    let mut story = Story::usual(100, 20, 40);
    for _ in 0..288 * 4 {
        assert!(matches!(story.see(Some(300), Some(40)), Outcome::Breach(_)));
    }
    let Outcome::Breach(finding) = story.see(Some(300), Some(40)) else {
        panic!("still");
    };
    assert!(
        finding.expected.starts_with("about 20,"),
        "{}",
        finding.expected
    );
    assert!(finding.expected.ends_with("call it the new normal"));
}

#[test]
fn a_trouble_that_is_resolved_by_hand_is_not_learned_either() {
    let mut story = Story::usual(100, 20, 40);
    story.see(Some(300), Some(40));
    let clock = story.bench.clock;
    story.bench.tracks.resolved_by_hand(8, "", clock);
    for _ in 0..20 {
        assert!(matches!(story.see(Some(300), Some(40)), Outcome::Breach(_)));
    }
}

#[test]
fn called_the_new_normal_it_clears_and_a_further_spike_still_shows() {
    let mut story = Story::usual(100, 20, 40);
    for _ in 0..5 {
        story.see(Some(300), Some(40));
    }
    let word = Observation::Told {
        subject: "",
        word: &Word::NewNormal,
        at: UnixMs(story.at),
    };
    assert!(story.bench.look(word).is_empty());
    for _ in 0..12 {
        story.see(Some(300), Some(40));
    }
    assert!(!story.is_open(), "it is usual now");
    assert_eq!(story.see(Some(310), Some(40)), Outcome::Clear);
    assert!(matches!(story.see(Some(950), Some(40)), Outcome::Breach(_)));
}

#[test]
fn no_data_neither_opens_nor_clears() {
    let mut story = Story::usual(100, 20, 40);
    story.see(Some(300), Some(40));
    let unread = unreadable(story.at + 1, Kind::MailQueue);
    let said = outcome(story.bench.look(Observation::Report(&unread)), "");
    assert!(matches!(said, Outcome::Unknown { .. }));
    for _ in 0..5 {
        let said = story.see(None, Some(40));
        assert_eq!(said, Outcome::Learning { have: 0, need: 3 });
    }
    assert!(matches!(story.see(None, None), Outcome::Unknown { .. }));
    assert!(story.is_open());
}

#[test]
fn a_mail_server_that_freezes_nothing_is_judged_by_what_it_defers() {
    let mut story = Story::new();
    for _ in 0..50 {
        assert_eq!(story.see(None, Some(40)), Outcome::Clear);
    }
    for _ in 0..3 {
        story.see(None, Some(4_000));
    }
    assert!(story.is_open());
    for _ in 0..3 {
        story.see(None, Some(40));
    }
    assert!(!story.is_open());
}

#[test]
fn numbers_are_taken_from_rules_and_a_report_of_the_future_teaches_nothing() {
    let mut story = Story::usual(100, 20, 40);
    let mut ahead = record(
        story.at + FIVE,
        MailQueue {
            frozen: Some(40),
            ..MailQueue::default()
        },
    );
    ahead.event_at = UnixMs(story.at + 100 * FIVE);
    let before = story.bench.state.frozen.clone();
    story.bench.look(Observation::Report(&ahead));
    assert_eq!(story.bench.state.frozen, before);
    let mut rule = crate::detect::bench::rule(1, "metrics.cpu_pct", 1.0);
    rule.condition = noc_pipeline::control::Condition::Detector {
        detector: "mail_queue_spike".into(),
        numbers: [("frozen_floor".to_owned(), 2_000.0)].into(),
        off: false,
    };
    story.bench.rules.set(rule);
    let said = story.see_after(101 * FIVE, Some(1_900), Some(40));
    assert_eq!(said, Outcome::Clear);
}

//! Days of a cache.

use super::*;
use crate::detect::Outcome;
use crate::detect::bench::{Bench, open_track_of, outcome, record, tuned, unreadable};
use crate::incident::lifecycle::Tracks;
use crate::state::ClockMs;

const DAY: i64 = 1_440;

struct Story {
    bench: Bench<LitespeedCache>,
    minute: i64,
    told: Litespeed,
}

impl Story {
    fn new() -> Self {
        Self {
            bench: Bench::new(LitespeedCache),
            minute: 0,
            told: Litespeed {
                requests_total: Some(1_000),
                static_hits_total: Some(100),
                public_hits_total: Some(100),
                private_hits_total: Some(0),
                report_age_s: Some(5),
                ..Litespeed::default()
            },
        }
    }

    fn look(&mut self) -> Option<Outcome> {
        let told = record(self.minute * 60_000, self.told.clone());
        let mut got = self.bench.look(Observation::Report(&told));
        got.pop().map(|(_, outcome)| outcome)
    }

    /// Minutes with so many requests for the cache in each, and so many percent of them answered.
    fn run(&mut self, minutes: i64, asked: u64, pct: u64) -> Option<Outcome> {
        let mut last = None;
        for _ in 0..minutes {
            self.minute += 1;
            let add = |counter: &mut Option<u64>, more| *counter = counter.map(|n| n + more);
            add(&mut self.told.requests_total, asked + 30);
            add(&mut self.told.static_hits_total, 30);
            add(&mut self.told.public_hits_total, asked * pct / 100);
            last = self.look();
        }
        last
    }
}

fn is_breach(outcome: Option<&Outcome>) -> bool {
    matches!(outcome, Some(Outcome::Breach(_)))
}

#[test]
fn fires_thirty_points_under_its_own_median_and_is_over_within_fifteen() {
    let mut story = Story::new();
    let got = story.run(4 * DAY - 2, 120, 90);
    assert_eq!(got, Some(Outcome::Learning { have: 3, need: 4 }));
    assert_eq!(story.run(120, 120, 90), Some(Outcome::Clear));
    let got = story.run(65, 120, 61);
    assert_eq!(got, Some(Outcome::Clear), "29 under");
    let Some(Outcome::Breach(finding)) = story.run(65, 120, 40) else {
        panic!("50 points under");
    };
    assert_eq!(finding.severity, Severity::Low);
    assert_eq!(finding.title.of("web-1"), "The web cache is cold on web-1");
    assert!(
        finding.observed.starts_with("40 % of "),
        "{}",
        finding.observed
    );
    assert_eq!(finding.expected, "about 90 %, the median of 4 days");
    assert_eq!(finding.threshold, Some(60.0));
    let got = story.run(65, 120, 70);
    assert!(matches!(got, Some(Outcome::Unknown { .. })), "20 under");
    assert_eq!(story.run(65, 120, 75), Some(Outcome::Clear));
}

#[test]
fn quiet_for_a_cache_that_never_was_warm() {
    let mut story = Story::new();
    for day in 0..20 {
        let got = story.run(DAY, 120, 20 + day % 3);
        assert!(!is_breach(got.as_ref()), "day {day}");
    }
}

#[test]
fn too_few_requests_say_nothing() {
    let mut story = Story::new();
    story.run(5 * DAY, 120, 90);
    let got = story.run(120, 50, 0);
    assert!(matches!(got, Some(Outcome::Unknown { .. })));
    let got = story.run(120, 0, 0);
    assert!(matches!(got, Some(Outcome::Unknown { .. })), "no request");
    assert!(is_breach(story.run(65, 60, 0).as_ref()), "one a second");
}

#[test]
fn a_restart_of_the_web_server_is_no_cold_cache() {
    let mut story = Story::new();
    story.run(5 * DAY, 120, 90);
    for _ in 0..30 {
        story.told.requests_total = Some(10);
        story.told.static_hits_total = Some(0);
        story.told.public_hits_total = Some(0);
        assert!(!is_breach(story.run(10, 120, 90).as_ref()));
    }
}

#[test]
fn a_stopped_server_missing_counters_and_gaps_are_no_measurement() {
    let mut story = Story::new();
    story.run(5 * DAY, 120, 90);
    assert!(is_breach(story.run(65, 120, 10).as_ref()));
    let running = story.told.clone();
    story.told.report_age_s = Some(61);
    assert!(matches!(story.look(), Some(Outcome::Unknown { .. })));
    story.told = Litespeed {
        private_hits_total: None,
        ..running.clone()
    };
    assert!(matches!(story.look(), Some(Outcome::Unknown { .. })));
    let broken = unreadable(story.minute * 60_000, Kind::Litespeed);
    let got = story.bench.look(Observation::Report(&broken));
    assert!(matches!(outcome(got, ""), Outcome::Unknown { .. }));
    // Away for hours, with many more requests than fit an hour.
    story.told = running;
    story.look();
    story.minute += 300;
    story.run(1, 5_000_000, 100);
    assert_eq!(story.bench.state.slots, []);
    let got = story.run(20, 120, 90);
    assert!(matches!(got, Some(Outcome::Unknown { .. })), "not an hour");
    assert_eq!(story.run(60, 120, 90), Some(Outcome::Clear));
}

#[test]
fn nothing_is_learned_while_it_is_open_until_it_is_the_new_normal() {
    let mut story = Story::new();
    story.run(5 * DAY, 120, 90);
    assert!(is_breach(story.run(65, 120, 20).as_ref()));
    let code = LitespeedCache::INFO.code;
    story.bench.tracks = open_track_of(code, "", ClockMs(0), Severity::Low);
    assert!(is_breach(story.run(10 * DAY, 120, 20).as_ref()));
    let said = Observation::Told {
        subject: "",
        word: &Word::NewNormal,
        at: UnixMs(story.minute * 60_000),
    };
    assert_eq!(outcome(story.bench.look(said), ""), Outcome::Clear);
    story.bench.tracks = Tracks::default();
    let got = story.run(6 * DAY, 120, 20);
    assert_eq!(got, Some(Outcome::Clear));
}

#[test]
fn one_odd_day_does_not_move_the_median_and_the_state_is_small() {
    let mut story = Story::new();
    story.run(9 * DAY, 120, 90);
    story.run(DAY, 120, 62);
    story.run(30 * DAY, 120, 90);
    assert_eq!(story.bench.state.days.len(), 14);
    let packed = postcard::to_stdvec(&story.bench.state).unwrap();
    assert!(packed.len() < 250, "{} bytes", packed.len());
    story.bench.rules = tuned("litespeed_cache", &[("baseline_days", 5.0)]);
    story.run(DAY, 120, 90);
    assert_eq!(story.bench.state.days.len(), 5);
}

#[test]
fn a_rule_sets_its_numbers() {
    let mut story = Story::new();
    let numbers = [
        ("drop_points", 5.0),
        ("clear_points", 1.0),
        ("window_s", 900.0),
        ("min_requests_per_s", 0.1),
        ("min_days", 1.0),
    ];
    story.bench.rules = tuned("litespeed_cache", &numbers);
    story.run(2 * DAY, 10, 90);
    assert!(is_breach(story.run(25, 10, 80).as_ref()));
    let got = story.run(30, 10, 90);
    assert_eq!(got, Some(Outcome::Clear));
}

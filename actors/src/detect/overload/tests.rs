//! Loads and nights.

use super::*;
use crate::detect::Outcome;
use crate::detect::bench::{Bench, metrics, outcome, record, tuned, unreadable};
use noc_pipeline::payload::Inventory;

/// 2026-05-07 12:00 UTC, 18:00 in Dhaka.
const NOON: i64 = 1_778_155_200_000;

struct Story {
    bench: Bench<Overload>,
    start: i64,
}

impl Story {
    fn new() -> Self {
        Self {
            bench: Bench::new(Overload),
            start: NOON,
        }
    }

    fn told(&mut self, minute: i64, set: impl FnOnce(&mut Metrics)) -> Vec<(String, Outcome)> {
        let told = metrics(self.start + minute * 60_000, |m| {
            m.cores = Some(4);
            m.iowait_pct = Some(1.0);
            m.steal_pct = Some(0.0);
            set(m);
        });
        self.bench.look(Observation::Report(&told))
    }

    fn load(&mut self, minute: i64, load: f64, iowait: f64) -> Outcome {
        let told = self.told(minute, |m| {
            m.load1 = Some(load);
            m.iowait_pct = Some(iowait);
        });
        outcome(told, "")
    }

    fn lives_in(&mut self, zone: &str) {
        let told = Inventory {
            timezone: zone.to_owned(),
            ..Inventory::default()
        };
        self.bench.look(Observation::Report(&record(0, told)));
    }

    /// Whether eleven minutes of this load and much waiting are a breach.
    fn fires_at(&mut self, load: f64) -> bool {
        self.load(-1, 0.0, 0.0);
        (0..=10).any(|minute| matches!(self.load(minute, load, 50.0), Outcome::Breach(_)))
    }
}

#[test]
fn fires_after_ten_minutes_and_is_over_at_half() {
    let mut story = Story::new();
    assert_eq!(story.load(0, 16.0, 90.0), Outcome::Clear);
    for minute in 1..11 {
        let have = u32::try_from(minute - 1).unwrap() * 60;
        let learning = Outcome::Learning { have, need: 600 };
        assert_eq!(story.load(minute, 16.1, 31.0), learning);
    }
    let Outcome::Breach(finding) = story.load(11, 40.0, 55.0) else {
        panic!("ten minutes");
    };
    assert_eq!(finding.title.of("web-01"), "web-01 is overloaded");
    let observed = "load 40.0 on 4 cores for 10 min, 55 % of the time waiting for disks";
    assert_eq!(finding.observed, observed);
    assert_eq!(finding.expected, "load up to 16");
    assert!(matches!(story.load(12, 12.0, 0.0), Outcome::Unknown { .. }));
    let got = story.load(13, 17.0, 0.0);
    assert!(matches!(got, Outcome::Breach(_)), "it goes on");
    assert_eq!(story.load(14, 8.0, 0.0), Outcome::Clear);
    assert_eq!(story.bench.state, Load::default());
}

#[test]
fn quiet_for_much_to_do_without_waiting() {
    let mut story = Story::new();
    for minute in 0..200 {
        let got = story.load(minute, 40.0, if minute % 3 == 0 { 60.0 } else { 5.0 });
        assert!(!matches!(got, Outcome::Breach(_)), "minute {minute}");
    }
    // Once it waits half of the time it is one, however long it did not.
    let fired = (200..206).find(|m| matches!(story.load(*m, 40.0, 60.0), Outcome::Breach(_)));
    assert!(fired.is_some());
}

#[test]
fn steal_and_a_full_swap_are_causes_too_and_swap_alone_is_none() {
    type Cause = fn(&mut Metrics);
    let causes: [(Cause, f64, bool); 4] = [
        (|m| m.steal_pct = Some(31.0), 20.0, true),
        (
            |m| (m.swap_total_bytes, m.swap_used_bytes) = (Some(1_000), Some(950)),
            20.0,
            true,
        ),
        (
            |m| (m.swap_total_bytes, m.swap_used_bytes) = (Some(1_000), Some(1_000)),
            3.0,
            false,
        ),
        (
            |m| (m.swap_total_bytes, m.swap_used_bytes) = (Some(0), Some(0)),
            20.0,
            false,
        ),
    ];
    for (n, (cause, load, fires)) in causes.into_iter().enumerate() {
        let mut story = Story::new();
        let mut last = Outcome::Clear;
        for minute in 0..12 {
            let told = story.told(minute, |m| {
                m.load1 = Some(load);
                cause(m);
            });
            last = outcome(told, "");
        }
        assert_eq!(matches!(last, Outcome::Breach(_)), fires, "cause {n}");
    }
}

#[test]
fn a_gap_starts_the_waiting_anew() {
    let mut story = Story::new();
    for minute in 0..9 {
        story.load(minute, 40.0, 50.0);
    }
    let anew = Outcome::Learning { have: 0, need: 600 };
    assert_eq!(story.load(12, 40.0, 50.0), anew);
}

#[test]
fn a_load_that_is_not_told_is_unknown() {
    let mut story = Story::new();
    assert!(story.told(0, |m| m.load1 = None).is_empty());
    assert!(story.fires_at(40.0));
    for hidden in [
        (None, Some(4)),
        (Some(40.0), None),
        (Some(f64::NAN), Some(4)),
    ] {
        let told = story.told(11, |m| (m.load1, m.cores) = hidden);
        assert!(matches!(outcome(told, ""), Outcome::Unknown { .. }));
    }
    let broken = unreadable(NOON, Kind::Metrics);
    assert!(story.bench.look(Observation::Report(&broken)).is_empty());
    let got = story.load(12, 40.0, 50.0);
    assert!(matches!(got, Outcome::Breach(_)), "still");
}

#[test]
fn nights_of_the_hosts_own_zone_raise_the_load() {
    let mut story = Story::new();
    story.bench.rules = tuned("overload", &[("night_factor", 3.0)]);
    // 02:00 in Dhaka is 20:00 UTC.
    story.start = NOON + 8 * 3_600_000;
    assert!(story.fires_at(20.0), "no zone is known");
    story.lives_in("Asia/Dhaka");
    assert!(!story.fires_at(20.0));
    assert!(story.fires_at(49.0));
    story.lives_in("Local/Nowhere");
    assert!(story.fires_at(20.0), "such a zone has no night");
    story.lives_in("UTC");
    assert!(story.fires_at(20.0), "an evening there");
    // Over midnight.
    let numbers = [
        ("night_factor", 3.0),
        ("night_from_h", 20.0),
        ("night_to_h", 4.0),
    ];
    story.bench.rules = tuned("overload", &numbers);
    assert!(!story.fires_at(20.0));
    story.start = NOON + 17 * 3_600_000;
    assert!(story.fires_at(20.0), "05:00 UTC");
}

/// What is usual for disks at night is none for hypervisor and swap.
#[test]
fn nights_may_raise_what_waiting_for_disks_is_and_nothing_else() {
    let mut story = Story::new();
    story.bench.rules = tuned("overload", &[("night_wait_pct", 80.0)]);
    story.lives_in("Asia/Dhaka");
    assert!(story.fires_at(20.0), "18:00 there");
    story.start = NOON + 8 * 3_600_000;
    assert!(!story.fires_at(20.0), "02:00 there");
    let mut steal = |minute| {
        let told = story.told(minute, |m| {
            m.load1 = Some(20.0);
            m.steal_pct = Some(50.0);
        });
        matches!(outcome(told, ""), Outcome::Breach(_))
    };
    assert!((20..=31).any(&mut steal));
}

#[test]
fn a_night_follows_the_zones_summer_time() {
    let mut story = Story::new();
    let numbers = [
        ("night_factor", 3.0),
        ("night_from_h", 1.0),
        ("night_to_h", 2.0),
    ];
    story.bench.rules = tuned("overload", &numbers);
    story.lives_in("Europe/Berlin");
    // 01:10 local time: 00:10 UTC in winter, 23:10 UTC in summer.
    let (january, july) = (1_767_226_200_000, 1_782_860_400_000 + 600_000);
    for start in [january, july] {
        story.start = start;
        assert!(!story.fires_at(20.0), "{start}");
        story.start = start - 3_600_000;
        assert!(story.fires_at(20.0), "{start}");
    }
}

#[test]
fn a_rule_sets_its_numbers() {
    let mut story = Story::new();
    let numbers = [
        ("load_per_core", 1.0),
        ("lasting_s", 60.0),
        ("wait_pct", 90.0),
        ("swap_pct", 50.0),
    ];
    story.bench.rules = tuned("overload", &numbers);
    let mut swap = |minute, used| {
        let told = story.told(minute, |m| {
            m.load1 = Some(4.5);
            m.iowait_pct = Some(80.0);
            (m.swap_total_bytes, m.swap_used_bytes) = (Some(1_000), Some(used));
        });
        outcome(told, "")
    };
    swap(0, 500);
    assert!(matches!(swap(1, 500), Outcome::Breach(_)));
}

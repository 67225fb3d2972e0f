//! A small fleet for a few days with a little of what the default script has: whoever breaks a detector that finds these,
//! or the way to it, hears of it here.

use super::replay::{Order, Played};
use super::score::{Fate, Scores, score};
use super::{Figures, takes_part};
use noc_actors::detect::registry;
use noc_api::simulate::{Expect, Script};

const SCRIPT: &str = r#"
[[anomaly]]
kind = "server_silent"
at = "1d 3h 25m"
lasts = "50m"

[[anomaly]]
kind = "network_gap"
at = "1d 5h 10m"
lasts = "1m"
count = 2

[[anomaly]]
kind = "our_outage"
at = "1d 8h"
lasts = "25m"

[[anomaly]]
kind = "reboot"
goodbye = true
at = "1d 9h"
lasts = "6m"
count = 2

[[anomaly]]
kind = "service_down"
service = "exim"
at = "1d 10h 30m"
lasts = "25m"

[[anomaly]]
kind = "duplicate_agent"
at = "1d 11h"
lasts = "20m"

[[anomaly]]
kind = "clock_skew"
behind = "9m"
at = "1d 12h"
lasts = "20m"

[[anomaly]]
kind = "bad_numbers"
at = "1d 12h"
lasts = "20m"

[[anomaly]]
kind = "campaign"
at = "1d 12h 30m"
lasts = "40m"
count = 6
per_minute = 8

[[anomaly]]
kind = "disk_fill"
at = "1d 13h"
lasts = "3h"
full_after = "2h"

[[anomaly]]
kind = "inode_fill"
at = "1d 14h"
lasts = "3h"
full_after = "2h"
"#;

/// Starts on the day before trouble: a day is enough for what these detectors learn.
fn order() -> Order {
    Order {
        servers: 12,
        days: 2,
        seed: 3,
        script: Script::parse(SCRIPT).unwrap(),
        threads: 2,
        block: 30,
        restarts: None,
        detectors: registry(),
    }
}

fn scores(played: &Played) -> Scores {
    score(&played.truth, &played.incidents, &takes_part)
}

#[test]
fn what_the_detectors_are_there_for_is_found_in_time_and_nothing_else() {
    let played = order().play().unwrap();
    let scores = scores(&played);
    let figures = Figures::of(&played, &scores, (3, 12, 2), 0.0);
    let table = figures.table();
    assert_eq!(played.left_out, [""; 0]);
    assert_eq!(played.failures, [""; 0]);
    assert!(played.payloads > 12 * 2 * 1_440 * 3, "{}", played.payloads);
    let mut expected = 0;
    for scored in &scores.truths {
        let truth = &played.truth[scored.truth];
        if truth.expect == Expect::Incident {
            expected += 1;
            assert_eq!(scored.fate, Fate::Met, "{}\n{table}", truth.to_line());
        }
    }
    assert_eq!(expected, 7, "{table}");
    assert_eq!(figures.false_pages, 0, "{table}");
    assert_eq!(figures.false_incidents, 0, "{table}");
    assert!(figures.goals_met, "{table}");
}

#[test]
fn restarts_threads_and_blocks_change_nothing() {
    let order = Order {
        servers: 6,
        ..order()
    };
    let played = order.play().unwrap();
    assert!(!played.incidents.is_empty());
    let other = Order {
        restarts: Some(11),
        threads: 3,
        block: 7,
        ..order
    };
    let again = other.play().unwrap();
    assert_eq!(played.incidents, again.incidents);
    assert_eq!(played.states, again.states);
    assert_eq!(played.payloads, again.payloads);
    assert_eq!(again.failures, [""; 0]);
}

#[test]
fn without_the_servers_detectors_only_the_fleets_find_something_and_the_goals_are_missed() {
    let blind = Order {
        detectors: &[],
        ..order()
    };
    let played = blind.play().unwrap();
    let figures = Figures::of(&played, &scores(&played), (3, 12, 2), 0.0);
    let found: Vec<_> = played.incidents.iter().map(|i| i.detector).collect();
    assert_eq!(found, ["attack_campaign"]);
    assert!((figures.recall - 1.0 / 7.0).abs() < f64::EPSILON);
    assert_eq!(figures.unmet.len(), 6);
    assert!(!figures.goals_met);
}

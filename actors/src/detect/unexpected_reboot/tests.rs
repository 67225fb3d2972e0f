//! Hosts that come back.

use super::*;
use crate::detect::Outcome;
use crate::detect::bench::{Bench, metrics, open_track_of, outcome, record, tuned};
use crate::incident::lifecycle::{Memory, Tracks};
use noc_pipeline::payload::{Inventory, Lifecycle, LifecycleReason};
use uuid::Uuid;

const NOON: i64 = 1_778_155_200_000;

struct Story(Bench<UnexpectedReboot>);

fn of_run(run: u32, mut record: PayloadRecord) -> PayloadRecord {
    record.boot_id = Uuid::from_fields(run, 0, 0, &[0; 8]);
    record
}

impl Story {
    fn new() -> Self {
        Self(Bench::new(UnexpectedReboot))
    }

    fn look(&mut self, second: i64, record: &PayloadRecord) -> Option<Outcome> {
        self.0.clock = ClockMs(second.unsigned_abs() * 1_000);
        let mut got = self.0.look(Observation::Report(record));
        assert!(got.len() < 2);
        got.pop().map(|(_, outcome)| outcome)
    }

    /// A report of the uptime by a run of the agent.
    fn up(&mut self, second: i64, run: u32, uptime_s: impl Into<Option<u64>>) -> Option<Outcome> {
        let uptime_s = uptime_s.into();
        let told = metrics(NOON + second * 1_000, |m| m.uptime_s = uptime_s);
        self.look(second, &of_run(run, told))
    }

    fn says(&mut self, second: i64, run: u32, event: LifecycleEvent) {
        let reason = LifecycleReason::Unknown;
        let told = record(NOON + second * 1_000, Lifecycle { event, reason });
        self.look(second, &of_run(run, told));
    }

    fn inventory(&mut self, second: i64, run: u32, boot_second: i64) -> Option<Outcome> {
        let told = Inventory {
            boot_at: UnixMs(NOON + boot_second * 1_000),
            ..Inventory::default()
        };
        let told = record(NOON + second * 1_000, told);
        self.look(second, &of_run(run, told))
    }
}

fn finding(outcome: Option<Outcome>) -> Finding {
    match outcome {
        Some(Outcome::Breach(finding)) => *finding,
        other => panic!("no breach: {other:?}"),
    }
}

#[test]
fn fires_once_when_the_uptime_falls_and_is_over_a_day_later() {
    let mut story = Story::new();
    assert_eq!(story.up(0, 1, 100_000), Some(Outcome::Clear));
    assert_eq!(story.up(60, 1, 100_060), Some(Outcome::Clear));
    story.says(290, 2, LifecycleEvent::Start);
    let finding = finding(story.up(300, 2, 70));
    assert_eq!(finding.severity, Severity::High);
    assert_eq!(finding.hold, page_hold(Severity::High));
    assert_eq!(
        finding.title.of("web-01"),
        "web-01 was restarted without notice"
    );
    assert_eq!(
        finding.observed,
        "restarted at 2026-05-07 12:03 UTC after 1 d 3 h"
    );
    for minute in 6..1_445 {
        assert_eq!(story.up(minute * 60, 2, 70), None, "minute {minute}");
    }
    assert_eq!(story.up(300 + 86_400, 2, 86_470), Some(Outcome::Clear));
}

#[test]
fn quiet_after_a_goodbye_however_long_it_was_away() {
    let mut story = Story::new();
    story.up(0, 1, 100_000);
    story.says(30, 1, LifecycleEvent::Stop);
    story.says(90_000, 2, LifecycleEvent::Start);
    assert_eq!(story.up(90_001, 2, 20), Some(Outcome::Clear));
    // That goodbye is used up.
    let again = story.up(90_061, 3, 10);
    assert_eq!(finding(again).severity, Severity::High);
}

#[test]
fn a_goodbye_of_the_agent_alone_excuses_no_later_reboot() {
    let mut story = Story::new();
    story.up(0, 1, 1_000);
    story.says(30, 1, LifecycleEvent::Stop);
    story.says(32, 2, LifecycleEvent::Start);
    assert_eq!(story.up(60, 2, 1_060), Some(Outcome::Clear), "an upgrade");
    finding(story.up(300, 3, 40));
}

#[test]
fn a_report_taken_before_the_goodbye_does_not_use_it_up() {
    let mut story = Story::new();
    story.up(0, 1, 1_000);
    story.says(30, 1, LifecycleEvent::Stop);
    assert_eq!(story.up(29, 1, 1_029), Some(Outcome::Clear));
    assert_eq!(story.up(300, 2, 40), Some(Outcome::Clear));
}

#[test]
fn quiet_for_a_wobble_a_clock_that_is_set_and_an_uptime_not_told() {
    let mut story = Story::new();
    story.up(0, 1, 1_000);
    assert_eq!(story.up(60, 1, 400), Some(Outcome::Clear), "the same run");
    assert_eq!(story.up(120, 2, 399), Some(Outcome::Clear), "rounded");
    assert_eq!(story.up(180, 2, None), Some(Outcome::Clear));
    // The host's clock was put back by an hour: its uptime did not fall.
    assert_eq!(story.up(-3_420, 3, 520), Some(Outcome::Clear));
}

#[test]
fn only_reports_in_order_are_looked_at() {
    let mut story = Story::new();
    story.up(0, 1, 1_000);
    let old = of_run(2, metrics(NOON, |m| m.uptime_s = Some(5)));
    for seen in [Observation::Late(&old), Observation::Repeat(&old)] {
        assert!(story.0.look(seen).is_empty());
    }
    assert_eq!(story.up(60, 1, 1_060), Some(Outcome::Clear));
}

#[test]
fn three_within_an_hour_are_critical() {
    let mut story = Story::new();
    story.up(0, 1, 100_000);
    let severity = |outcome| finding(outcome).severity;
    assert_eq!(severity(story.up(600, 2, 300)), Severity::High);
    assert_eq!(severity(story.up(1_200, 3, 200)), Severity::High);
    let third = finding(story.up(1_800, 4, 100));
    assert_eq!(
        (third.severity, third.hold),
        (Severity::Critical, Duration::ZERO)
    );
    let title = third.title.of("web-01");
    assert_eq!(title, "web-01 was restarted without notice, 3 times in 1 h");
    // An hour later it is one again.
    story.up(5_400, 4, 3_700);
    assert_eq!(severity(story.up(5_460, 5, 50)), Severity::High);
}

#[test]
fn a_rule_sets_how_many_are_critical_and_when_it_is_over() {
    let mut story = Story::new();
    let numbers = [("critical_count", 2.0), ("clear_after_s", 600.0)];
    story.0.rules = tuned("unexpected_reboot", &numbers);
    story.up(0, 1, 1_000);
    finding(story.up(60, 2, 30));
    let second = finding(story.up(120, 3, 10));
    assert_eq!(second.severity, Severity::Critical);
    assert_eq!(story.up(719, 3, 609), None);
    assert_eq!(story.up(720, 3, 610), Some(Outcome::Clear));
}

#[test]
fn after_server_down_paged_it_is_one_more_record_and_no_page() {
    let mut story = Story::new();
    story.up(0, 1, 1_000);
    let code = ServerDown::INFO.code;
    let mut tracks = open_track_of(code, "", ClockMs(300_000), Severity::Critical);
    let mut track = tracks.get(code, "").cloned().unwrap();
    track.phase = Phase::Resolved(ClockMs(900_000));
    tracks.take(code, "", Memory::Set(Box::new(track)));
    story.0.tracks = tracks;
    let got = finding(story.up(900, 2, 30));
    assert_eq!((got.severity, got.hold), (Severity::High, NOT_PAGED));
    assert!(
        got.observed
            .ends_with("its silence was paged as server down")
    );
    // Another one later is told anew.
    assert_eq!(
        finding(story.up(1_560, 3, 10)).hold,
        page_hold(Severity::High)
    );
}

#[test]
fn two_agents_in_turns_are_another_detectors_trouble() {
    let mut story = Story::new();
    story.up(0, 1, 100_000);
    let code = DuplicateAgent::INFO.code;
    story.0.tracks = open_track_of(code, "", ClockMs(0), Severity::High);
    for second in 1..20 {
        let (run, uptime) = if second % 2 == 0 {
            (1, 100_000)
        } else {
            (2, 50)
        };
        let got = story.up(second, run, uptime);
        assert!(matches!(got, Some(Outcome::Unknown { .. })));
    }
    story.0.tracks = Tracks::default();
    assert_eq!(story.up(60, 2, 30), Some(Outcome::Clear));
}

#[test]
fn the_inventory_agrees_decides_alone_or_takes_it_back() {
    let mut story = Story::new();
    story.up(0, 1, 100_000);
    story.inventory(1, 1, -100_000);
    story.inventory(290, 2, 229);
    let told = finding(story.up(300, 2, 70)).observed;
    assert!(
        told.ends_with("after 1 d 3 h, by its inventory too"),
        "{told}"
    );
    assert_eq!(story.inventory(400, 2, 230), None);
    // An uptime that counts from something else than the start.
    let mut story = Story::new();
    story.up(0, 1, 100_000);
    finding(story.up(300, 2, 70));
    assert_eq!(story.inventory(310, 2, -100_001), Some(Outcome::Clear));
    // Hosts that do not tell their uptime.
    let mut story = Story::new();
    story.inventory(0, 1, -5_000);
    assert_eq!(story.inventory(60, 1, -4_000), Some(Outcome::Clear));
    assert_eq!(story.inventory(70, 2, -3_990), Some(Outcome::Clear));
    let told = finding(story.inventory(100, 3, 90)).observed;
    assert_eq!(
        told,
        "restarted at 2026-05-07 12:01 UTC, by its inventory too"
    );
    story.says(200, 3, LifecycleEvent::Stop);
    assert_eq!(story.inventory(900, 4, 880), None, "expected");
}

#[test]
fn it_remembers_so_many() {
    let mut story = Story::new();
    let _: fn(_, &str) -> Outcome = outcome;
    story.up(0, 0, 1_000_000);
    for n in 1_u32..200 {
        story.up(i64::from(n) * 60, n, u64::from(1_000 - n * 3));
    }
    assert_eq!(story.0.state.reboots.len(), MOST);
    let packed = postcard::to_stdvec(&story.0.state).unwrap();
    assert!(packed.len() < 400, "{} bytes", packed.len());
}

//! Hours that come twice, late, in part, of the future, or not at all.

use super::*;
use crate::detect::bench::unreadable;
use noc_pipeline::payload::Kind;

const TEN: i64 = 10 * 24 + 10;

#[test]
fn the_complete_hour_teaches_once_and_running_ones_never() {
    let mut story = Story::known(10, 40);
    let before = story.state().clone();
    for _ in 0..11 {
        story.see(hour(TEN).mailbox(90).running());
    }
    assert!(*story.state() == before, "running hours leave no trace");
    story.see(hour(TEN).mailbox(60));
    let once = story.state().clone();
    story.see(hour(TEN).mailbox(60));
    assert!(
        *story.state() == once,
        "the same hour again changes nothing"
    );
}

#[test]
fn a_restarted_agent_that_counts_anew_replaces_the_hour() {
    let mut story = Story::known(10, 40);
    story.see(hour(TEN).mailbox(90));
    let mut other = Story::known(10, 40);
    other.see(hour(TEN).mailbox(20));
    other.see(hour(TEN).mailbox(90));
    assert!(story.state() == other.state());
}

#[test]
fn a_late_hour_is_judged_and_learned() {
    let mut story = Story::known(10, 12);
    let mut late = record(START + (TEN + 9) * HOUR, hour(TEN).mailbox(900).0);
    late.event_at = UnixMs(START + (TEN + 1) * HOUR);
    let said = story.bench.look(Observation::Late(&late));
    assert!(matches!(said[0].1, Outcome::Breach(_)));
}

#[test]
fn an_hour_of_the_future_is_passed_over() {
    let mut story = Story::known(10, 12);
    let before = story.state().clone();
    let now = START + TEN * HOUR;
    assert_eq!(story.see_at(now, hour(TEN + 2).mailbox(9_000)), []);
    // Called complete before it can be over: judged, because it cannot shrink, and not learned.
    let said = story.see_at(now + 600_000, hour(TEN).mailbox(90));
    assert!(said.is_empty() && *story.state() == before);
}

#[test]
fn a_gap_of_the_agent_is_no_quiet_time() {
    let mut with_gap = Story::new();
    for number in 0..14 * 24 {
        // Days 8 to 10 were never told.
        if !(8..11).contains(&(number / 24)) {
            with_gap.see(hour(number).mailbox(300));
        }
    }
    let state = with_gap.state().clone();
    assert_eq!(with_gap.breaches(hour(14 * 24 + 3).mailbox(1_400)), [""; 0]);
    let unread = unreadable(START, Kind::EmailStats);
    assert!(with_gap.bench.look(Observation::Report(&unread)).is_empty());
    drop(state);
}

#[test]
fn two_hours_across_which_a_mailing_goes_are_each_judged_alone() {
    let mut story = Story::known(10, 12);
    assert_eq!(story.breaches(hour(TEN).mailbox(99)), [""; 0]);
    assert_eq!(story.breaches(hour(TEN + 1).mailbox(99).running()), [""; 0]);
}

#[test]
fn hours_far_above_the_usual_are_not_learned_while_a_ramp_is_open() {
    let ramp = |open: bool| {
        let mut story = Story::known(10, 12);
        if open {
            let finding = Finding {
                severity: Severity::Medium,
                hold: std::time::Duration::ZERO,
                title: Default::default(),
                observed: String::new(),
                expected: String::new(),
                samples: 1,
                threshold: None,
                command: None,
                rule: None,
                evidence: None,
            };
            let at = Moment {
                clock: story.bench.clock,
                server_down: false,
                fleet_silent: false,
            };
            let breach = Outcome::Breach(Box::new(finding));
            let step = step(10, INFO, None, &breach, at);
            story.bench.tracks.take(10, INFO, step.memory);
        }
        for day in 0..7 {
            story.see(hour(TEN + day * 24).login("info@customer.example", 90, |_| {}));
        }
        let later = hour(TEN + 7 * 24).login("info@customer.example", 110, |_| {});
        story.breaches(later)
    };
    assert_eq!(ramp(false), [""; 0]);
    assert_eq!(ramp(true), [INFO]);
}

#[test]
fn packed_at_any_point_it_goes_on_as_if_nothing_had_been() {
    // The bench packs after each change; here the packed part goes through the framework's own door.
    use crate::detect::{Context, Registered};
    let mut packed: Option<Box<[u8]>> = None;
    let mut story = Story::new();
    for number in 0..400 {
        let mail = if number % 50 == 49 { 1_000 } else { 30 };
        let record = record(
            START + number * HOUR + 65 * 60_000,
            hour(number).mailbox(mail).0,
        );
        story.bench.look(Observation::Report(&record));
        let at = Context {
            server: noc_pipeline::id::ServerId(1),
            seen: Observation::Report(&record),
            clock: story.bench.clock,
            presence: story.bench.presence,
            tags: &[],
            rules: &story.bench.rules,
            tracks: &story.bench.tracks,
            fleet: &story.bench.fleet,
            fact: None,
        };
        if let Some(patch) = OutgoingMailAbuse.judge_packed(packed.as_deref(), &at).patch {
            packed = Some(patch);
        }
    }
    let state: Mail = postcard::from_bytes(&packed.unwrap()[1..]).unwrap();
    assert!(state == *story.state());
}

//! Lives of one incident.

use super::*;
use crate::detect::Title;
use proptest::prelude::*;

const DETECTOR: u8 = 2;

#[derive(Default)]
struct Story {
    tracks: Tracks,
    clock: ClockMs,
    server_down: bool,
    fleet_silent: bool,
}

impl Story {
    fn at(&mut self, seconds: u64) -> &mut Self {
        self.clock = ClockMs(seconds * 1000);
        self
    }

    fn see(&mut self, outcome: Outcome) -> (Option<&'static str>, Option<Reason>) {
        let at = Moment {
            clock: self.clock,
            server_down: self.server_down,
            fleet_silent: self.fleet_silent,
        };
        let known = self.tracks.get(DETECTOR, "exim").cloned();
        let step = step(DETECTOR, "exim", known.as_ref(), &outcome, at);
        self.tracks.take(DETECTOR, "exim", step.memory);
        let name = step.change.map(|c| match c {
            Change::Open { flapping: true, .. } => "open flapping",
            Change::Open { .. } => "open",
            Change::Reopen { flapping: true, .. } => "reopen flapping",
            Change::Reopen { .. } => "reopen",
            Change::Touch { .. } => "touch",
            Change::Rise { .. } => "rise",
            Change::Resolve { .. } => "resolve",
        });
        (name, step.reason)
    }

    fn breach(&mut self) -> Option<&'static str> {
        self.see(breach(Severity::High)).0
    }

    fn clear(&mut self) -> Option<&'static str> {
        self.see(Outcome::Clear).0
    }
}

fn breach(severity: Severity) -> Outcome {
    Outcome::Breach(Box::new(Finding {
        severity,
        hold: Duration::ZERO,
        title: Title::default(),
        observed: String::new(),
        expected: String::new(),
        samples: 1,
        threshold: None,
        command: None,
        rule: None,
        evidence: None,
    }))
}

#[test]
fn opens_once_touches_once_a_minute_and_resolves() {
    let mut s = Story::default();
    assert_eq!(s.at(0).breach(), Some("open"));
    assert_eq!(s.at(59).breach(), None);
    assert_eq!(s.at(60).breach(), Some("touch"));
    assert_eq!(s.at(61).breach(), None);
    assert_eq!(s.tracks.get(DETECTOR, "exim").unwrap().occurrences, 4);
    assert_eq!(s.at(120).clear(), Some("resolve"));
    assert_eq!(s.clear(), None);
}

#[test]
fn while_its_group_is_silent_nothing_opens_and_nothing_gets_worse() {
    let mut s = Story {
        fleet_silent: true,
        ..Story::default()
    };
    let held = Some(Reason::HeldByFleetSilent);
    assert_eq!(s.at(0).see(breach(Severity::High)), (None, held));
    s.fleet_silent = false;
    assert_eq!(s.at(5).breach(), Some("open"));
    s.fleet_silent = true;
    let worse = breach(Severity::Critical);
    assert_eq!(s.at(120).see(worse.clone()), (Some("touch"), held));
    let track = s.tracks.get(DETECTOR, "exim").unwrap();
    assert_eq!(track.severity, Severity::High);
    s.fleet_silent = false;
    assert_eq!(
        s.at(125).see(worse).0,
        Some("rise"),
        "it is over and still so"
    );
    s.fleet_silent = true;
    assert_eq!(s.at(130).clear(), Some("resolve"), "what returns returns");
}

#[test]
fn severity_rises_and_never_falls() {
    let mut s = Story::default();
    assert_eq!(s.see(breach(Severity::Medium)).0, Some("open"));
    assert_eq!(s.see(breach(Severity::Critical)).0, Some("rise"));
    assert_eq!(s.see(breach(Severity::Medium)).0, None);
    let track = s.tracks.get(DETECTOR, "exim").unwrap();
    assert_eq!(track.severity, Severity::Critical);
}

#[test]
fn within_10_min_of_an_automatic_resolve_it_reopens_later_it_is_new() {
    let mut s = Story::default();
    s.at(0).breach();
    s.at(10).clear();
    assert_eq!(s.at(609).breach(), Some("reopen"));
    s.at(610).clear();
    assert_eq!(s.at(1210).breach(), Some("open"));
}

#[test]
fn what_comes_back_milder_rises_again() {
    let mut s = Story::default();
    s.at(0).see(breach(Severity::Critical));
    s.at(10).clear();
    assert_eq!(s.at(60).see(breach(Severity::High)).0, Some("reopen"));
    assert_eq!(s.at(180).see(breach(Severity::Critical)).0, Some("rise"));
    assert_eq!(s.at(181).see(breach(Severity::Critical)).0, None);
}

#[test]
fn after_a_manual_resolve_it_is_quiet_for_30_min_or_until_one_clear() {
    let mut s = Story::default();
    s.at(0).breach();
    s.tracks.resolved_by_hand(DETECTOR, "exim", s.clock);
    let quiet = (None, Some(Reason::QuietAfterManualResolve));
    assert_eq!(s.at(1799).see(breach(Severity::Critical)), quiet);
    assert_eq!(s.at(1800).breach(), Some("open"));
    s.tracks.resolved_by_hand(DETECTOR, "exim", s.clock);
    assert_eq!(s.at(1810).clear(), None, "people resolved it already");
    assert_eq!(s.at(1820).breach(), Some("open"));
}

#[test]
fn nothing_opens_while_the_server_is_down() {
    let mut s = Story {
        server_down: true,
        ..Story::default()
    };
    let held = (None, Some(Reason::HeldByServerDown));
    assert_eq!(s.see(breach(Severity::Critical)), held);
    s.server_down = false;
    assert_eq!(s.breach(), Some("open"));
}

#[test]
fn the_fifth_breach_in_30_min_says_it_flaps_and_stays_open() {
    let mut s = Story::default();
    for n in 0..4 {
        let expected = if n == 0 { "open" } else { "reopen" };
        assert_eq!(s.at(n * 240).breach(), Some(expected));
        assert_eq!(s.at(n * 240 + 120).clear(), Some("resolve"));
    }
    assert_eq!(s.at(960).breach(), Some("reopen flapping"));
    let held = (None, Some(Reason::HeldOpenFlapping));
    assert_eq!(s.at(970).see(Outcome::Clear), held);
    assert_eq!(s.at(1000).breach(), None);
    assert_eq!(s.at(4599).see(Outcome::Clear), held);
    assert_eq!(s.at(4600).clear(), Some("resolve"));
    assert_eq!(
        s.at(4601).breach(),
        Some("reopen"),
        "counted from the start"
    );
}

#[test]
fn no_data_neither_opens_nor_resolves() {
    let mut s = Story::default();
    for (outcome, reason) in [
        (Outcome::Learning { have: 1, need: 2 }, Reason::Learning),
        (Outcome::Unknown { reason: "test" }, Reason::Unknown),
    ] {
        assert_eq!(s.see(outcome.clone()), (None, Some(reason)));
        s.breach();
        assert_eq!(s.see(outcome), (None, Some(reason)));
        s.clear();
    }
}

#[test]
fn what_can_no_longer_matter_is_forgotten() {
    let mut s = Story::default();
    s.at(0).breach();
    s.at(10).clear();
    s.tracks.prune(ClockMs(1_809_000));
    assert_ne!(s.tracks, Tracks::default());
    s.tracks.prune(ClockMs(1_810_000));
    assert_eq!(s.tracks, Tracks::default());
}

proptest! {
    /// Whatever happens, opens and resolves alternate: never two incidents of one key, never a resolve of none.
    #[test]
    fn at_most_one_is_open(events in proptest::collection::vec((0_u8..4, 1_u64..2_000), 0..200)) {
        let mut s = Story::default();
        let (mut open, mut now) = (false, 0);
        for (event, after) in events {
            now += after;
            s.at(now);
            let change = match event {
                0 => s.breach(),
                1 => s.clear(),
                2 => s.see(Outcome::Unknown { reason: "test" }).0,
                _ => {
                    let clock = s.clock;
                    open &= !s.tracks.is_open(DETECTOR);
                    s.tracks.resolved_by_hand(DETECTOR, "exim", clock);
                    None
                }
            };
            match change {
                Some("open" | "open flapping" | "reopen" | "reopen flapping") => {
                    prop_assert!(!open);
                    open = true;
                }
                Some("resolve") => {
                    prop_assert!(open);
                    open = false;
                }
                Some(_) => prop_assert!(open),
                None => {}
            }
            prop_assert_eq!(open, s.tracks.is_open(DETECTOR));
            s.tracks.prune(s.clock);
        }
    }
}

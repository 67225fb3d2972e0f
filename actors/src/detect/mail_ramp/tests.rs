//! Mail that grows from day to day, and mail that only swings.

use super::*;
use crate::detect::Outcome;
use crate::detect::bench::{Bench, record};
use crate::incident::lifecycle::{Moment, step};
use crate::state::ClockMs;
use noc_pipeline::payload::Distinct;
use noc_pipeline::payload::email_stats::{DomainStats, LoginStats, ScriptStats};

const HOUR: i64 = 3_600_000;
/// Monday, 2 March 2026, 00:00 UTC.
const START: i64 = 1_772_409_600_000;
const INFO: &str = "login:info@customer.example";

struct Story {
    bench: Bench<MailRamp>,
    day: i64,
    open: bool,
}

impl Story {
    fn new() -> Self {
        Self {
            bench: Bench::new(MailRamp),
            day: 0,
            open: false,
        }
    }

    fn known(days: usize, per_day: u64) -> Self {
        let mut story = Self::new();
        for _ in 0..days {
            assert_eq!(story.day(per_day), [""; 0]);
        }
        story
    }

    /// A day of the mailbox, a tenth of it in each hour from 8 on; the subjects that came into breach.
    fn day(&mut self, per_day: u64) -> Vec<String> {
        self.day_of(0..24, |hour| {
            if (8..18).contains(&hour) {
                per_day / 10
            } else {
                0
            }
        })
    }

    fn day_of(&mut self, hours: std::ops::Range<i64>, mail: impl Fn(i64) -> u64) -> Vec<String> {
        let mut found = Vec::new();
        for hour in hours {
            found.extend(self.see(self.day * 24 + hour, mailbox(mail(hour))));
        }
        self.day += 1;
        found.sort();
        found.dedup();
        found
    }

    fn see(&mut self, hour: i64, stats: EmailStats) -> Vec<String> {
        let stats = EmailStats {
            hour: UnixMs(START + hour * HOUR),
            ..stats
        };
        self.bench.clock = ClockMs(u64::try_from((hour + 1) * HOUR).unwrap());
        let record = record(START + (hour + 1) * HOUR, stats);
        let mut found = Vec::new();
        for (subject, outcome) in self.bench.look(Observation::Report(&record)) {
            let at = Moment {
                clock: self.bench.clock,
                server_down: false,
                fleet_silent: false,
            };
            let known = self.bench.tracks.get(10, &subject).cloned();
            let step = step(10, &subject, known.as_ref(), &outcome, at);
            self.bench.tracks.take(10, &subject, step.memory);
            if let Outcome::Breach(finding) = outcome {
                assert_eq!(finding.severity, Severity::Medium);
                found.push(subject);
            }
        }
        self.bench.tracks.prune(self.bench.clock);
        self.open = self.bench.tracks.is_open(10);
        found
    }
}

fn mailbox(recipients: u64) -> EmailStats {
    EmailStats {
        hour: UnixMs(0),
        complete: true,
        domains: vec![DomainStats {
            domain: "customer.example".to_owned(),
            recipients: Some(recipients),
            ..DomainStats::default()
        }],
        logins: vec![LoginStats {
            login: "info@customer.example".to_owned(),
            recipients: Some(recipients),
            domains: Some(Distinct::named(["customer.example".to_owned()])),
            ..LoginStats::default()
        }],
        scripts: Vec::new(),
        addresses: Vec::new(),
    }
}

#[test]
fn fires_on_the_fourth_day_and_clears_under_twice_the_usual() {
    let mut story = Story::known(28, 200);
    for _ in 0..3 {
        assert_eq!(story.day(650), [""; 0]);
    }
    assert_eq!(
        story.day(650),
        [INFO],
        "one incident: the domain is a part of it"
    );
    assert!(story.open);
    story.day(500);
    assert!(story.open);
    story.day(450);
    assert!(story.open, "more than twice the usual");
    story.day(390);
    story.day(200);
    assert!(!story.open);
    for _ in 0..3 {
        assert_eq!(story.day(620), [""; 0], "days of the ramp were not learned");
    }
    assert_eq!(story.day(620), [INFO]);
}

#[test]
fn fires_for_a_ramp_that_every_hour_and_week_would_learn() {
    let mut story = Story::known(28, 200);
    let (mut mail, mut found) = (200.0_f64, None);
    for day in 0..40 {
        mail *= 1.08;
        if !story.day(mail as u64).is_empty() {
            found = Some(day);
            break;
        }
    }
    assert!(found.is_some_and(|day| day < 25), "{found:?}");
    for _ in 0..60 {
        story.day(mail as u64);
        assert!(story.open, "it does not become usual by lasting");
    }
}

#[test]
fn quiet_for_small_numbers_two_days_and_swings_of_the_week() {
    let mut story = Story::known(28, 10);
    for _ in 0..10 {
        assert_eq!(
            story.day(300),
            [""; 0],
            "few are few, however many times the usual"
        );
    }
    let mut story = Story::known(28, 200);
    for _ in 0..10 {
        for mail in [2_000, 2_000, 200] {
            assert_eq!(story.day(mail), [""; 0], "two days are a campaign");
        }
    }
    let mut story = Story::new();
    for day in 0..60 {
        let mail = if day % 7 >= 5 { 100 } else { 900 };
        assert_eq!(story.day(mail), [""; 0]);
    }
}

#[test]
fn the_title_and_sentences_are_for_people() {
    let mut story = Story::known(28, 200);
    for _ in 0..3 {
        story.day(4_500);
    }
    let stats = EmailStats {
        hour: UnixMs(START + story.day * 24 * HOUR),
        ..mailbox(5)
    };
    let record = record(START + (story.day * 24 + 1) * HOUR, stats);
    let said = story.bench.look(Observation::Report(&record));
    let Some((_, Outcome::Breach(finding))) = said.into_iter().find(|(s, _)| s == INFO) else {
        panic!("three days");
    };
    assert_eq!(
        finding.title.of("web-01"),
        "Mail of mailbox info@customer.example on web-01 grew to 4,500 recipients a day"
    );
    assert_eq!(
        finding.observed,
        "4,500, 4,500, 4,500 recipients on the last 3 days"
    );
    assert_eq!(
        finding.expected,
        "about 200 recipients a day, the median of 28 days before"
    );
    assert_eq!((finding.threshold, finding.samples), (Some(600.0), 28));
}

#[test]
fn a_new_sender_needs_much_more_and_a_server_that_is_known() {
    let script = |recipients| EmailStats {
        domains: Vec::new(),
        logins: Vec::new(),
        scripts: vec![ScriptStats {
            path: "/home/x/a.php".to_owned(),
            recipients: Some(recipients),
            ..ScriptStats::default()
        }],
        ..mailbox(0)
    };
    for (known, per_hour, fires) in [(12, 50, true), (12, 40, false), (2, 50, false)] {
        let mut story = Story::known(known, 20);
        let from = story.day * 24;
        let found = (0..80).any(|hour| !story.see(from + hour, script(per_hour)).is_empty());
        assert_eq!(found, fires, "{known} days, {per_hour} an hour");
    }
}

#[test]
fn half_days_are_no_days_and_hours_told_twice_count_once() {
    let mut story = Story::known(28, 200);
    for _ in 0..5 {
        story.day(650);
        // The agent was away: neither a quiet day nor a busy one.
        assert_eq!(story.day_of(0..12, |_| 0), [""; 0]);
        if story.open {
            break;
        }
    }
    assert!(
        story.open,
        "three busy days with two unknown ones between them"
    );

    let mut story = Story::known(28, 200);
    for _ in 0..5 {
        for hour in 0..24 {
            for _ in 0..4 {
                let found = story.see(story.day * 24 + hour, mailbox(20));
                assert!(found.is_empty());
            }
        }
        story.day += 1;
    }
}

#[test]
fn running_hours_and_hours_of_the_future_say_nothing() {
    let mut story = Story::known(28, 200);
    let before = story.bench.state.clone();
    for ahead in [0, 3] {
        let stats = EmailStats {
            hour: UnixMs(START + (story.day * 24 + ahead) * HOUR),
            complete: ahead > 0,
            ..mailbox(9_000)
        };
        let record = record(START + story.day * 24 * HOUR, stats);
        assert!(story.bench.look(Observation::Report(&record)).is_empty());
    }
    assert_eq!(story.bench.state, before);
}

#[test]
fn the_new_normal_is_judged_by_the_days_since() {
    let mut story = Story::known(28, 200);
    for _ in 0..5 {
        story.day(1_500);
    }
    assert!(story.open);
    let told = Observation::Told {
        subject: INFO,
        word: &Word::NewNormal,
        at: UnixMs(0),
    };
    assert!(story.bench.look(told).is_empty());
    for _ in 0..9 {
        story.day(1_500);
    }
    assert!(!story.open, "1,500 a day are usual now");
    for _ in 0..4 {
        assert_eq!(story.day(3_000), [""; 0]);
    }
    for _ in 0..4 {
        story.day(6_000);
    }
    assert!(story.open, "four times as many are not");
}

#[test]
fn a_sender_with_a_case_of_abuse_is_no_ramp_as_well() {
    let mut story = Story::known(28, 200);
    let finding = Finding {
        severity: Severity::High,
        hold: std::time::Duration::ZERO,
        title: Title::default(),
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
    for subject in [INFO, "domain:customer.example"] {
        let step = step(9, subject, None, &breach, at);
        story.bench.tracks.take(9, subject, step.memory);
    }
    for _ in 0..6 {
        assert_eq!(story.day(5_000), [""; 0]);
    }
}

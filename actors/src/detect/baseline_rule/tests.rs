use super::*;
use crate::detect::bench::{Bench, disks, metrics, record, rule};
use crate::detect::{Measured, Outcome};
use crate::incident::lifecycle::{Moment, Tracks, step};
use crate::state::ClockMs;
use noc_pipeline::control::Scope;
use noc_pipeline::payload::{Mysql, Partition};

const MIN: i64 = 60_000;
const HOUR: i64 = 60 * MIN;

fn baseline(id: i64, metric: &str, factor: f64, min_value: f64, for_seconds: u32) -> Rule {
    Rule {
        condition: Condition::Baseline {
            metric: metric.to_owned(),
            factor,
            min_value,
            for_seconds,
            direction: Direction::Above,
            deviations: 3.0,
        },
        ..rule(id, metric, 0.0)
    }
}

fn towards(direction: Direction, mut rule: Rule) -> Rule {
    if let Condition::Baseline { direction: to, .. } = &mut rule.condition {
        *to = direction;
    }
    rule
}

fn bench(rule: Rule) -> Bench<BaselineRule> {
    let mut bench = Bench::new(BaselineRule);
    bench.rules.set(rule);
    bench
}

/// One value, and what it leads to; the incident lives as it does in life.
fn load(b: &mut Bench<BaselineRule>, at: i64, load1: Option<f64>) -> Vec<(String, Outcome)> {
    b.clock = ClockMs(u64::try_from(at).unwrap());
    let got = b.look(Observation::Report(&metrics(at, |m| m.load1 = load1)));
    live(&mut b.tracks, b.clock, &got);
    got
}

fn live(tracks: &mut Tracks, clock: ClockMs, said: &[(String, Outcome)]) {
    for (subject, outcome) in said {
        let code = BaselineRule::INFO.code;
        let at = Moment {
            clock,
            server_down: false,
            fleet_silent: false,
        };
        let step = step(code, subject, tracks.get(code, subject), outcome, at);
        tracks.take(code, subject, step.memory);
    }
}

/// So many hours of a value each minute.
fn usual(b: &mut Bench<BaselineRule>, from: i64, hours: i64, value: f64) -> i64 {
    for minute in 0..hours * 60 {
        let wobble = [0.0, 0.1, -0.1][usize::try_from(minute % 3).unwrap()] * value;
        load(b, from + minute * MIN, Some(value + wobble));
    }
    from + hours * HOUR
}

fn is_breach(got: &[(String, Outcome)]) -> bool {
    got.iter().any(|(_, o)| matches!(o, Outcome::Breach(_)))
}

fn is_clear(got: &[(String, Outcome)]) -> bool {
    got.iter().any(|(_, o)| *o == Outcome::Clear)
}

#[test]
fn fires_at_three_times_the_usual_and_says_what_is_usual() {
    let mut b = bench(baseline(1, "metrics.load1", 3.0, 2.0, 120));
    let now = usual(&mut b, 0, 13, 2.0);
    assert!(!is_breach(&load(&mut b, now, Some(6.5))));
    assert!(!is_breach(&load(&mut b, now + MIN, Some(7.0))));
    let got = load(&mut b, now + 2 * MIN, Some(8.0));
    let [(subject, Outcome::Breach(finding))] = got.as_slice() else {
        panic!("120 s in breach: {got:?}");
    };
    assert_eq!(subject, "1");
    assert_eq!(finding.title.of("web-01"), "Rule 1 on web-01");
    assert_eq!(finding.observed, "Load (1 min) 8, 4.0 times the usual");
    assert_eq!(
        finding.expected,
        "at most 6: usual is 2 (all of the last 13 hours), for 120 s"
    );
    assert_eq!((finding.samples, finding.rule), (13, Some((1, 1))));
    assert_eq!(finding.threshold, Some(6.0));
    assert!(
        !is_clear(&load(&mut b, now + 3 * MIN, Some(5.0))),
        "not half way back"
    );
    assert!(is_clear(&load(&mut b, now + 4 * MIN, Some(3.9))));
}

#[test]
fn quiet_while_it_learns_below_the_floor_and_within_its_own_swing() {
    let mut b = bench(baseline(1, "metrics.load1", 3.0, 10.0, 0));
    let now = usual(&mut b, 0, 11, 2.0);
    let got = load(&mut b, now, Some(500.0));
    assert!(
        matches!(got[0].1, Outcome::Learning { have: 11, need: 12 }),
        "{got:?}"
    );
    let now = usual(&mut b, now + MIN, 2, 2.0);
    assert!(!is_breach(&load(&mut b, now, Some(9.9))), "under the floor");
    assert!(is_breach(&load(&mut b, now + MIN, Some(10.1))));

    let mut wild = bench(baseline(1, "metrics.load1", 1.5, 0.0, 0));
    for minute in 0..14 * 60 {
        let value = if minute % 4 == 0 { 9.0 } else { 2.0 };
        assert!(
            !is_breach(&load(&mut wild, minute * MIN, Some(value))),
            "at {minute}"
        );
    }
}

#[test]
fn a_night_that_is_like_every_night_is_quiet_and_the_same_by_day_is_not() {
    let mut b = bench(baseline(1, "metrics.load1", 2.0, 1.0, 300));
    let mut opened = Vec::new();
    for minute in 0..6 * 24 * 60 {
        let hour = minute / 60;
        let nightly = (hour % 24 == 2 && minute % 60 < 30) || hour == 5 * 24 + 14;
        let got = load(&mut b, minute * MIN, Some(if nightly { 20.0 } else { 2.0 }));
        if is_breach(&got) {
            opened.push(hour);
        }
    }
    opened.dedup();
    assert!(opened.contains(&(5 * 24 + 14)), "{opened:?}");
    assert!(
        opened.iter().filter(|h| *h % 24 == 2).all(|h| *h < 4 * 24),
        "{opened:?}"
    );
}

#[test]
fn what_is_seen_while_open_is_not_learned_until_72_hours_or_an_operator_says_so() {
    let mut b = bench(baseline(1, "metrics.load1", 3.0, 1.0, 0));
    let start = usual(&mut b, 0, 48, 2.0);
    let mut told = b.state.clone();
    let now = usual(&mut b, start, 71, 50.0);
    assert!(b.tracks.get(29, "1").is_some());
    assert!(
        is_breach(&load(&mut b, now, Some(50.0))),
        "still out of the usual after 71 h"
    );
    let now = usual(&mut b, now, 3, 50.0);
    assert!(
        !is_breach(&load(&mut b, now, Some(50.0))),
        "this is how it is"
    );

    std::mem::swap(&mut b.state, &mut told);
    b.tracks = Tracks::default();
    let now = usual(&mut b, start, 13, 50.0);
    assert!(is_breach(&load(&mut b, now, Some(50.0))));
    b.look(Observation::Told {
        subject: "1",
        word: &Word::NewNormal,
        at: UnixMs(now),
    });
    assert!(is_clear(&load(&mut b, now + MIN, Some(50.0))));
}

#[test]
fn no_data_and_gaps_never_clear_and_start_the_waiting_anew() {
    let mut b = bench(baseline(1, "metrics.load1", 3.0, 1.0, 120));
    let now = usual(&mut b, 0, 13, 2.0);
    assert!(!is_breach(&load(&mut b, now, Some(50.0))));
    assert!(load(&mut b, now + MIN, None).is_empty());
    assert!(load(&mut b, now + MIN, Some(f64::NAN)).is_empty());
    let late = now + 30 * MIN;
    assert!(!is_breach(&load(&mut b, late, Some(50.0))), "a gap");
    load(&mut b, late + MIN, Some(50.0));
    assert!(is_breach(&load(&mut b, late + 2 * MIN, Some(50.0))));
    assert!(load(&mut b, late + 5 * HOUR, None).is_empty());
    assert!(is_clear(&load(&mut b, late + 6 * HOUR, Some(2.0))));
}

#[test]
fn downwards_it_needs_something_that_could_be_missed() {
    let mut b = bench(towards(
        Direction::Below,
        baseline(1, "metrics.load1", 4.0, 1.0, 0),
    ));
    let now = usual(&mut b, 0, 13, 2.0);
    assert!(!is_breach(&load(&mut b, now, Some(200.0))));
    let got = load(&mut b, now + MIN, Some(0.2));
    let [(_, Outcome::Breach(finding))] = got.as_slice() else {
        panic!("a tenth of the usual: {got:?}");
    };
    assert!(
        finding.expected.starts_with("at least 0.5:"),
        "{}",
        finding.expected
    );
    let mut idle = bench(towards(
        Direction::Both,
        baseline(1, "metrics.load1", 4.0, 1.0, 0),
    ));
    let now = usual(&mut idle, 0, 13, 0.5);
    assert!(!is_breach(&load(&mut idle, now, Some(0.0))));
    assert!(is_breach(&load(&mut idle, now + MIN, Some(30.0))));
}

#[test]
fn counters_are_judged_by_their_steps_and_a_reset_is_no_step() {
    let mut b = bench(baseline(1, "mysql.slow_queries_total", 3.0, 0.5, 0));
    let mut total = 1_000_000;
    let look = |b: &mut Bench<BaselineRule>, minute: i64, total: u64| {
        let body = Mysql {
            slow_queries_total: Some(total),
            ..Mysql::default()
        };
        b.look(Observation::Report(&record(minute * MIN, body)))
    };
    for minute in 0..13 * 60 {
        total += 60;
        assert!(!is_breach(&look(&mut b, minute, total)));
    }
    let got = look(&mut b, 780, 100);
    assert!(got.is_empty(), "it was restarted: {got:?}");
    assert!(!is_breach(&look(&mut b, 781, 160)));
    let got = look(&mut b, 782, 160 + 60 * 5);
    let [(_, Outcome::Breach(finding))] = got.as_slice() else {
        panic!("5 a second: {got:?}");
    };
    assert_eq!(
        finding.observed,
        "MySQL: Slow statements 5 a second, 5.0 times the usual"
    );
}

#[test]
fn a_rule_that_no_longer_applies_or_looks_at_something_else_clears_and_forgets() {
    let original = baseline(1, "metrics.load1", 3.0, 1.0, 0);
    let changes = [
        None,
        Some(Rule {
            enabled: false,
            ..original.clone()
        }),
        Some(Rule {
            scope: Scope::Tags(vec!["web".into()]),
            ..original.clone()
        }),
        Some(baseline(1, "metrics.load5", 3.0, 1.0, 0)),
    ];
    for change in changes {
        let mut b = bench(original.clone());
        let now = usual(&mut b, 0, 13, 2.0);
        assert!(is_breach(&load(&mut b, now, Some(50.0))));
        match change {
            Some(rule) => b.rules.set(rule),
            None => b.rules.remove(1),
        }
        assert!(is_clear(&b.look(Observation::Rules)));
        assert_eq!(b.state, Watches::default());
    }
    let mut b = bench(original.clone());
    let now = usual(&mut b, 0, 13, 2.0);
    b.rules.set(Rule {
        version: 2,
        name: "Renamed".into(),
        ..original
    });
    b.look(Observation::Rules);
    assert!(
        is_breach(&load(&mut b, now, Some(50.0))),
        "what was learned stays"
    );
}

#[test]
fn each_mount_is_learned_by_itself_and_there_are_never_too_many() {
    let mut b = bench(baseline(7, "disks.used_pct", 1.5, 0.0, 0));
    let mount = |name: String, used| Partition {
        mount: name,
        bytes_total: Some(100),
        bytes_used: Some(used),
        ..Partition::default()
    };
    let two = |root, home| vec![mount("/".into(), root), mount("/home".into(), home)];
    for tick in 0..13 * 12 {
        b.look(Observation::Report(&disks(tick * 5 * MIN, two(10, 80))));
    }
    let got = b.look(Observation::Report(&disks(13 * HOUR, two(20, 80))));
    let [(subject, Outcome::Breach(finding))] = got.as_slice() else {
        panic!("only / doubled: {got:?}");
    };
    assert_eq!(subject, "7:/");
    assert_eq!(finding.title.of("web-01"), "Rule 7 (/) on web-01");
    for day in 1..5 {
        let many = (0..MOST).map(|n| mount(format!("/{day}/{n}"), 1)).collect();
        b.look(Observation::Report(&disks(
            13 * HOUR + day * 24 * HOUR,
            many,
        )));
        assert!(b.state.0.len() <= MOST);
    }
    assert!(
        b.state.0.iter().any(|w| &*w.of == "/"),
        "it is in breach and stays"
    );
    assert!(b.state.0.iter().any(|w| w.of.starts_with("/4/")));
}

#[test]
fn recorded_numbers_are_judged_as_reports_are() {
    let rule = baseline(1, "metrics.load1", 3.0, 1.0, 120);
    let (mut live, mut replay) = (bench(rule.clone()), bench(rule));
    for minute in 0..16 * 60 {
        let value = if minute > 15 * 60 {
            40.0
        } else {
            2.0 + f64::from(minute % 7) / 10.0
        };
        let at = i64::from(minute) * MIN;
        let measured = Measured {
            kind: Kind::Metrics,
            field: "load1",
            event_at: UnixMs(at),
            values: vec![("".into(), value)],
        };
        let seen = live.look(Observation::Report(&metrics(at, |m| m.load1 = Some(value))));
        assert_eq!(seen, replay.look(Observation::Measured(&measured)));
    }
    assert_eq!(live.state, replay.state);
    assert!(live.state.0[0].is_firing());
}

//! Against the embedded stores, and against what the same payloads lead to in life.

use super::*;
use crate::detect::bench::{disks, metrics, rule};
use crate::server_actor::evaluate::{Item, Surroundings, What, evaluate};
use crate::state::{ClockMs, ServerState};
use noc_pipeline::control::{Direction, Scope, Word};
use noc_pipeline::embedded::{Embedded, EmbeddedOptions};
use noc_pipeline::id::{NodeId, Offset, PartitionId};
use noc_pipeline::payload::{Comparator, Partition};
use noc_pipeline::record::{PayloadRecord, Record};
use noc_storage::series::{EmbeddedSeries, SeriesRow};
use std::sync::Arc;
use uuid::Uuid;

/// 2026-05-07T12:00:00Z.
const T0: i64 = 1_778_155_200_000;
const MIN: i64 = 60_000;
const HOUR: i64 = 60 * MIN;
const DAY: i64 = 24 * HOUR;

fn servers(n: u32) -> Vec<ServerSettings> {
    let one = |id| ServerSettings {
        server: ServerId(id),
        tags: vec![if id.is_multiple_of(2) { "even" } else { "odd" }.to_owned()],
        active: true,
    };
    (1..=n).map(one).collect()
}

fn plan(rule: Rule, n: u32, from: i64, to: i64) -> Plan {
    Plan {
        rule,
        in_force: None,
        others: Vec::new(),
        servers: servers(n),
        from: UnixMs(from),
        to: UnixMs(to),
        draw: None,
        budget: Budget::default(),
    }
}

fn cpu_above(id: i64, threshold: f64, for_seconds: u32) -> Rule {
    Rule {
        condition: Condition::Threshold {
            metric: "metrics.cpu_pct".to_owned(),
            comparator: Comparator::Above,
            threshold,
            for_seconds,
            clear_threshold: None,
        },
        ..rule(id, "metrics.cpu_pct", threshold)
    }
}

fn load_above_usual(id: i64, factor: f64) -> Rule {
    Rule {
        condition: Condition::Baseline {
            metric: "metrics.load1".to_owned(),
            factor,
            min_value: 1.0,
            for_seconds: 120,
            direction: Direction::Above,
            deviations: 3.0,
        },
        ..rule(id, "metrics.load1", 0.0)
    }
}

fn of(server: u32, mut record: PayloadRecord) -> PayloadRecord {
    record.server = ServerId(server);
    record.seq = u64::try_from(record.event_at.0).unwrap();
    record
}

/// A minute's metrics of a server.
fn minute(server: u32, at: i64, cpu: f64) -> PayloadRecord {
    let set = |m: &mut noc_pipeline::payload::Metrics| {
        m.cpu_pct = Some(cpu);
        m.load1 = Some(cpu / 10.0);
    };
    of(server, metrics(at, set))
}

async fn store(records: &[PayloadRecord]) -> (tempfile::TempDir, EmbeddedSeries) {
    let dir = tempfile::tempdir().unwrap();
    let series = EmbeddedSeries::open(dir.path()).unwrap();
    for chunk in records.chunks(2_000) {
        let rows = chunk.iter().map(|record| SeriesRow {
            server: record.server,
            event_at: record.event_at,
            received_at: record.received_at,
            report: Arc::clone(&record.report),
        });
        series.write(rows.collect()).await.unwrap();
    }
    (dir, series)
}

/// Two hours of three servers; the second one is busy from 12:30 to 12:40, and to 95 from 13:00 to 13:20.
fn three_servers() -> Vec<PayloadRecord> {
    let cpu = |server, n| match (server, n) {
        (2, 30..40) => 91.0,
        (2, 60..80) => 95.0,
        _ => 20.0,
    };
    let all = (1..=3).flat_map(|server| (0..120).map(move |n| (server, n)));
    all.map(|(server, n)| minute(server, T0 + n * MIN, cpu(server, n)))
        .collect()
}

fn times(incidents: &[Incident]) -> Vec<(u32, i64, Option<i64>)> {
    let minutes = |at: UnixMs| (at.0 - T0) / MIN;
    let one = |i: &Incident| (i.server.0, minutes(i.opened_at), i.resolved_at.map(minutes));
    incidents.iter().map(one).collect()
}

#[tokio::test]
async fn a_threshold_is_tried_on_raw_rows_and_compared_with_the_rule_in_force() {
    let (_dir, series) = store(&three_servers()).await;
    let mut plan = plan(cpu_above(7, 93.0, 300), 3, T0, T0 + 2 * HOUR);
    plan.in_force = Some(cpu_above(7, 90.0, 120));
    let answer = over_series(&series, &plan).await.unwrap();
    assert_eq!(times(&answer.incidents), [(2, 65, Some(80))]);
    let old = answer.in_force.unwrap();
    assert_eq!(times(&old), [(2, 32, Some(40)), (2, 62, Some(80))]);
    let compared = difference(&answer.incidents, &old);
    assert_eq!(
        compared,
        Difference {
            only_new: 0,
            only_old: 1,
            both: 1
        }
    );
    let [incident] = answer.incidents.as_slice() else {
        panic!("one");
    };
    assert_eq!(incident.title.of("web-02"), "Rule 7 on web-02");
    assert_eq!((incident.subject.as_str(), incident.rule), ("", Some(7)));
    assert_eq!((answer.servers, answer.servers_in_scope), (3, 3));
    assert_eq!((answer.samples, answer.truncated), (360, false));
    assert_eq!(answer.drawn.len(), MOST_SERIES);
    let first = &answer.drawn[0];
    assert_eq!((first.server, first.threshold), (ServerId(2), Some(93.0)));
    assert_eq!(first.points.len(), 120);
    assert_eq!(first.points[65].value, 95.0);
    assert_eq!(first.points[65].expected, None);
}

#[tokio::test]
async fn only_servers_of_the_scope_are_read_and_drawn() {
    let (_dir, series) = store(&three_servers()).await;
    let mut odd = plan(cpu_above(1, 90.0, 0), 3, T0, T0 + 2 * HOUR);
    odd.rule.scope = Scope::Tags(vec!["odd".to_owned()]);
    odd.draw = Some(ServerId(2));
    let answer = over_series(&series, &odd).await.unwrap();
    assert!(answer.incidents.is_empty() && answer.drawn.is_empty());
    assert_eq!((answer.servers, answer.samples), (2, 240));
    odd.servers[0].active = false;
    let answer = over_series(&series, &odd).await.unwrap();
    assert_eq!((answer.servers, answer.samples), (1, 120));
}

/// Numbers that look random and are the same each time.
fn noise(n: i64) -> f64 {
    let mixed = (n.wrapping_mul(6_364_136_223_846_793_005) ^ (n << 17)).rotate_left(23);
    f64::from(u16::try_from(mixed.rem_euclid(1_000)).unwrap()) / 1_000.0
}

/// Nine days of one server: busy by day, noisy, with gaps, bursts, and three hours of trouble.
fn nine_days() -> Vec<PayloadRecord> {
    let of_minute = |n: i64| -> Option<f64> {
        let hour = n / 60;
        if n % 997 < 9 {
            return None;
        }
        let usual = if hour % 24 < 12 { 20.0 } else { 60.0 };
        let burst = if n % 1_313 < 4 { 3.5 } else { 1.0 };
        let trouble = if (200..203).contains(&hour) { 9.0 } else { 1.0 };
        Some(usual * burst * trouble * (0.8 + 0.4 * noise(n)))
    };
    let all = (0..9 * 24 * 60).filter_map(|n| Some((n, of_minute(n)?)));
    all.map(|(n, cpu)| minute(1, T0 + n * MIN, cpu)).collect()
}

/// What the same payloads lead to in life, from the first on.
fn in_life(rule: &Rule, records: &[PayloadRecord]) -> Vec<(i64, Option<i64>)> {
    use crate::incident::lifecycle::Change;
    let (mut state, mut rules) = (ServerState::default(), Rules::default());
    rules.set(rule.clone());
    let fleet = detect::Fleet::default();
    let around = Surroundings {
        server: ServerId(1),
        settings: None,
        rules: &rules,
        fleet: &fleet,
        detectors: detect::registry(),
    };
    let code = judges(rule).1;
    let mut found: Vec<(i64, Option<i64>)> = Vec::new();
    for record in records {
        let at = record.event_at.0;
        let item = Item {
            offset: Offset(0),
            clock: ClockMs(u64::try_from(at - T0).unwrap()),
            at: record.event_at,
            what: What::Payload(Arc::new(Record::Payload(record.clone()))),
        };
        for effect in evaluate(&mut state, &item, around, &mut |_, _| {}).effects {
            match effect.change {
                _ if Some(effect.detector) != code => {}
                Change::Open { .. } => found.push((at, None)),
                Change::Reopen { .. } => found.last_mut().unwrap().1 = None,
                Change::Resolve { .. } => found.last_mut().unwrap().1 = Some(at),
                Change::Touch { .. } | Change::Rise { .. } => {}
            }
        }
    }
    found
}

#[tokio::test]
async fn it_opens_and_ends_exactly_what_life_does() {
    let records = nine_days();
    let (_dir, series) = store(&records).await;
    let end = T0 + 9 * DAY;
    let rules = [
        cpu_above(1, 80.0, 0),
        cpu_above(1, 100.0, 120),
        load_above_usual(1, 1.5),
        load_above_usual(1, 3.0),
    ];
    for rule in rules {
        let live = in_life(&rule, &records);
        let answer = over_series(&series, &plan(rule.clone(), 1, T0, end))
            .await
            .unwrap();
        let found = answer.incidents.iter();
        let found: Vec<_> = found
            .map(|i| (i.opened_at.0, i.resolved_at.map(|at| at.0)))
            .collect();
        assert_eq!(found, live, "{rule:?}");
        assert!(!found.is_empty(), "{rule:?}");
    }
}

#[tokio::test]
async fn a_baseline_is_learned_before_the_span_and_drawn_with_it() {
    let (_dir, series) = store(&nine_days()).await;
    let from = T0 + 8 * DAY;
    let answer = over_series(
        &series,
        &plan(load_above_usual(1, 3.0), 1, from, from + DAY),
    )
    .await
    .unwrap();
    assert_eq!(answer.incidents.len(), 1, "{:?}", answer.incidents);
    let opened = answer.incidents[0].opened_at.0 - T0;
    assert!((200 * HOUR..200 * HOUR + 10 * MIN).contains(&opened));
    assert!(answer.learning.is_empty(), "{:?}", answer.learning);
    let [drawn] = answer.drawn.as_slice() else {
        panic!("one server: {:?}", answer.drawn.len());
    };
    assert!(drawn.points.len() > 1_000 && drawn.points.len() <= MOST_POINTS);
    assert!(
        drawn
            .points
            .iter()
            .all(|p| p.expected.is_some() && p.upper.is_some())
    );
    assert!(drawn.points.iter().all(|p| p.at.0 >= from));

    let young = over_series(&series, &plan(load_above_usual(1, 3.0), 1, T0, T0 + DAY))
        .await
        .unwrap();
    let [learning] = young.learning.as_slice() else {
        panic!("nothing was known at its beginning: {:?}", young.learning);
    };
    let known = learning.known_from.expect("known by the end").0 - T0;
    assert!((12 * HOUR..14 * HOUR).contains(&known), "{known}");
}

#[tokio::test]
async fn a_used_up_budget_is_said_and_halves_are_left_out() {
    let mut records = Vec::new();
    for server in 1..=40 {
        for n in 0..40 {
            records.push(minute(server, T0 + n * HOUR, 95.0));
        }
    }
    let (_dir, series) = store(&records).await;
    let mut plan = plan(cpu_above(1, 90.0, 0), 40, T0, T0 + 40 * HOUR);
    let whole = over_series(&series, &plan).await.unwrap();
    assert_eq!(
        (whole.truncated, whole.servers, whole.incidents.len()),
        (false, 40, 40)
    );
    plan.budget.samples = 1_000;
    let part = over_series(&series, &plan).await.unwrap();
    assert_eq!(
        (part.truncated, part.servers, part.incidents.len()),
        (true, 16, 16)
    );
    assert!(part.incidents.iter().all(|i| i.server.0 <= 16));
}

#[tokio::test]
async fn many_points_become_the_most_conspicuous_of_each_stretch() {
    let records: Vec<_> = (0..3 * 24 * 60)
        .map(|n| minute(1, T0 + n * MIN, if n == 2_000 { 99.0 } else { 20.0 }))
        .collect();
    let (_dir, series) = store(&records).await;
    let answer = over_series(&series, &plan(cpu_above(1, 98.0, 0), 1, T0, T0 + 3 * DAY))
        .await
        .unwrap();
    let points = &answer.drawn[0].points;
    assert!(
        points.len() <= MOST_POINTS && points.len() > 1_900,
        "{}",
        points.len()
    );
    assert!(
        points
            .iter()
            .any(|p| p.value == 99.0 && p.at.0 == T0 + 2_000 * MIN)
    );
}

#[test]
fn a_metric_and_a_detector_are_not_compared() {
    let mut plan = plan(cpu_above(1, 90.0, 0), 1, T0, T0 + HOUR);
    plan.in_force = Some(Rule {
        condition: Condition::routing("disk_bytes"),
        ..cpu_above(2, 1.0, 0)
    });
    assert!(matches!(plan.source(), Err(BacktestError::NotComparable)));
}

fn log_of(records: Vec<Record>) -> (tempfile::TempDir, Arc<dyn PayloadLog>) {
    let dir = tempfile::tempdir().unwrap();
    let options = EmbeddedOptions {
        partitions: 1,
        min_free_bytes: 0,
        ..EmbeddedOptions::default()
    };
    let log: Arc<dyn PayloadLog> = Embedded::open(dir.path(), options).unwrap().log;
    let entries = records.into_iter().map(|r| (PartitionId(0), r.encode()));
    futures::executor::block_on(log.append(entries.collect())).unwrap();
    (dir, log)
}

/// Three hours of two servers with a heartbeat every 5 s; the second one's disk is full from the second hour on, and in
/// the last hour the first one is silent.
fn three_hours() -> Vec<Record> {
    let node = NodeId(Uuid::from_u128(1));
    let mut records = Vec::new();
    for beat in 0..3 * 720 {
        let at = T0 + beat * 5_000;
        records.push(Record::Heartbeat {
            at: UnixMs(at),
            node,
        });
        if beat % 12 != 0 {
            continue;
        }
        for server in 1..=2 {
            if server == 1 && beat >= 2 * 720 {
                continue;
            }
            let full = server == 2 && (720..2 * 720).contains(&beat);
            let partition = Partition {
                mount: "/home".into(),
                bytes_total: Some(100_000_000_000),
                bytes_used: Some(if full { 99_500_000_000 } else { 10_000_000_000 }),
                ..Partition::default()
            };
            let record = of(server, disks(at, vec![partition]));
            records.push(Record::Payload(record));
        }
    }
    records
}

fn about(detector: &str, off: bool) -> Rule {
    Rule {
        condition: Condition::Detector {
            detector: detector.to_owned(),
            numbers: std::collections::BTreeMap::new(),
            off,
        },
        ..rule(5, "metrics.cpu_pct", 0.0)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_detector_is_tried_on_the_log_with_its_silence_and_its_wakes() {
    let (_dir, log) = log_of(three_hours());
    let mut plan = plan(about("disk_bytes", true), 2, T0 + 30 * MIN, T0 + 3 * HOUR);
    plan.in_force = Some(about("disk_bytes", false));
    let answer = over_log(&*log, &plan).await.unwrap();
    assert!(
        answer.incidents.is_empty(),
        "it is off: {:?}",
        answer.incidents
    );
    let old = answer.in_force.unwrap();
    let [full] = old.as_slice() else {
        panic!("one full disk: {old:?}");
    };
    assert_eq!((full.server, full.subject.as_str()), (ServerId(2), "/home"));
    assert_eq!(times(&old)[0].1, 60);
    assert!(
        (120..=135).contains(&times(&old)[0].2.unwrap()),
        "{:?}",
        times(&old)
    );
    assert_eq!((answer.truncated, answer.servers), (false, 2));

    plan.rule = about("server_down", false);
    plan.in_force = None;
    let down = over_log(&*log, &plan).await.unwrap().incidents;
    let [down] = down.as_slice() else {
        panic!("one server is silent: {down:?}");
    };
    assert_eq!(
        (down.server, down.severity),
        (ServerId(1), noc_pipeline::control::Severity::Critical)
    );
    assert_eq!((down.opened_at.0 - T0) / MIN, 119 + 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_begins_within_the_span_is_tried_from_there_and_one_behind_it_not() {
    let (_dir, log) = log_of(three_hours());
    let early = plan(about("disk_bytes", false), 2, T0 - 20 * HOUR, T0 + 3 * HOUR);
    let answer = over_log(&*log, &early).await.unwrap();
    assert_eq!(
        (answer.from, answer.learned_since),
        (UnixMs(T0), UnixMs(T0))
    );
    assert_eq!(times(&answer.incidents)[0].1, 60);
    assert_eq!((answer.truncated, answer.servers), (false, 2));
    let before = plan(about("disk_bytes", false), 2, T0 - HOUR, T0);
    let refused = over_log(&*log, &before).await.unwrap_err();
    assert!(matches!(refused, BacktestError::LogBegins { first } if first == UnixMs(T0)));
    let (_dir, empty) = log_of(Vec::new());
    let refused = over_log(&*empty, &early).await.unwrap_err();
    assert!(matches!(refused, BacktestError::LogBegins { first } if first == early.to));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_budget_is_said() {
    let (_dir, log) = log_of(three_hours());
    let mut short = plan(about("disk_bytes", false), 2, T0 + MIN, T0 + 3 * HOUR);
    short.budget.samples = 10;
    let answer = over_log(&*log, &short).await.unwrap();
    assert_eq!(
        (answer.truncated, answer.samples, answer.servers),
        (true, 10, 0)
    );
    assert!(answer.reached < UnixMs(T0 + HOUR), "{}", answer.reached);
    let word = Control::Told {
        server: ServerId(1),
        detector: "baseline".to_owned(),
        subject: String::new(),
        word: Word::NewNormal,
    };
    assert!(is_taken_over(&word));
}

//! Which status a server gets, what is written early, and what never goes back.

use super::*;
use noc_pipeline::payload::{Metrics, Report};
use std::collections::BTreeSet;

const NOW: UnixMs = UnixMs(1_767_225_600_000);
const WEB: ServerId = ServerId(1);
const DB: ServerId = ServerId(2);

fn report(server: ServerId, at: UnixMs, cpu_pct: f64) -> SeriesRow {
    SeriesRow {
        server,
        event_at: at,
        received_at: at,
        report: Arc::new(Report::Data(
            Metrics {
                cpu_pct: Some(cpu_pct),
                ram_used_bytes: Some(1),
                ram_total_bytes: Some(4),
                load1: Some(0.5),
                ..Metrics::default()
            }
            .into(),
        )),
    }
}

fn row(server: ServerId, status: Status, seen: Option<UnixMs>) -> server::Model {
    server::Model {
        id: i64::from(server.0),
        name: format!("server-{server}"),
        hostname: None,
        os: None,
        arch: None,
        agent_version: None,
        tags: serde_json::json!([]),
        status: status.name().to_owned(),
        is_active: status != Status::Disabled,
        cpu: None,
        ram: None,
        load1: None,
        last_metric_at: seen.map(UnixMs::to_datetime),
        last_seen_at: seen.map(UnixMs::to_datetime),
        agent_secret_hash: None,
        secret_changed_at: None,
        changed_at: NOW.to_datetime(),
        enrolled_at: None,
        re_enrol_until: None,
        disabled_until: None,
        created_at: NOW.to_datetime(),
    }
}

fn drained(latest: &Latest, which: Which) -> BTreeSet<ServerId> {
    let rows = latest.drain(which);
    latest.settled(&rows);
    rows.into_iter().map(|(server, _)| server).collect()
}

#[test]
fn a_report_brings_a_server_up_and_silence_makes_it_stale() {
    use Status::{Disabled, Down, Registering, Stale, Unknown, Up};
    let (fresh, silent) = (STALE_AFTER - Duration::from_millis(1), STALE_AFTER);
    for before in [Registering, Up, Stale, Down, Unknown] {
        assert_eq!(status_after(before, fresh), Up, "{before:?}");
    }
    for before in [Registering, Up, Stale, Unknown] {
        assert_eq!(status_after(before, silent), Stale, "{before:?}");
    }
    assert_eq!(status_after(Down, silent), Down, "an incident is open");
    for after in [fresh, silent] {
        assert_eq!(status_after(Disabled, after), Disabled);
    }
}

#[test]
fn the_newest_of_everything_is_shown_and_changes_are_told() {
    let latest = Latest::default();
    latest.take(&report(WEB, NOW, 30.0));
    latest.take(&report(WEB, NOW.minus(Duration::from_secs(60)), 10.0));
    latest.take(&report(DB, NOW, 5.0));
    let rows = latest.drain(Which::All);
    let found = [
        row(WEB, Status::Registering, None),
        row(DB, Status::Up, Some(NOW.minus(Duration::from_secs(60)))),
    ];
    let (shown, changed) = bring_up_to_date(&found, &rows, NOW);
    assert_eq!(changed, [WEB]);
    assert_eq!(
        shown[0],
        servers::Latest {
            server: WEB,
            status: Status::Up,
            last_seen_at: Some(NOW),
            metrics: Some(LatestMetrics {
                at: NOW,
                cpu: Some(30.0),
                ram: Some(25.0),
                load1: Some(0.5),
            }),
        }
    );
}

#[test]
fn a_log_that_is_read_again_takes_nothing_back() {
    let latest = Latest::default();
    latest.take(&report(WEB, NOW.minus(Duration::from_secs(600)), 99.0));
    let rows = latest.drain(Which::All);
    let found = [row(WEB, Status::Up, Some(NOW))];
    let (shown, changed) = bring_up_to_date(&found, &rows, NOW);
    assert_eq!(changed, []);
    let [one] = &*shown else {
        panic!("one row: {shown:?}");
    };
    assert_eq!(
        (one.status, one.last_seen_at, one.metrics),
        (Status::Up, Some(NOW), None)
    );
    let (none, _) = bring_up_to_date(&[], &rows, NOW);
    assert_eq!(none, [], "deleted");
}

#[test]
fn only_servers_not_known_to_be_up_are_written_early() {
    let latest = Latest::default();
    latest.take(&report(WEB, NOW, 1.0));
    assert_eq!(drained(&latest, Which::Early), BTreeSet::from([WEB]));
    latest.take(&report(WEB, NOW, 2.0));
    latest.take(&report(DB, NOW, 2.0));
    assert_eq!(drained(&latest, Which::Early), BTreeSet::from([DB]));
    latest.changed(WEB);
    assert_eq!(drained(&latest, Which::Early), BTreeSet::from([WEB]));
    latest.take(&report(WEB, NOW, 3.0));
    latest.take(&report(DB, NOW, 3.0));
    assert_eq!(drained(&latest, Which::All), BTreeSet::from([WEB, DB]));
}

#[test]
fn what_could_not_be_written_waits_unless_something_newer_came() {
    let latest = Latest::default();
    latest.take(&report(WEB, NOW, 1.0));
    let failed = latest.drain(Which::All);
    let later = NOW.plus(Duration::from_secs(60));
    latest.take(&report(WEB, later, 2.0));
    latest.give_back(&failed);
    let [(WEB, values)] = latest.drain(Which::All)[..] else {
        panic!("one row");
    };
    assert_eq!(values.seen, later);
    assert_eq!(values.metrics.unwrap().cpu, Some(2.0));
}

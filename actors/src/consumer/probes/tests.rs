//! What is written, what is not, and what waits.

use super::*;
use noc_pipeline::payload::{Disks, KindError, Metrics, Mysql, Partition};
use noc_storage::relational::servers;
use noc_storage::series::EmbeddedSeries;

const NOW: UnixMs = UnixMs(1_767_225_600_000);
const WEB: ServerId = ServerId(1);

fn later(seconds: u64) -> UnixMs {
    NOW.plus(Duration::from_secs(seconds))
}

fn report(server: ServerId, at: UnixMs, iowait_pct: f64) -> SeriesRow {
    let body = Metrics {
        iowait_pct: Some(iowait_pct),
        ..Metrics::default()
    };
    SeriesRow {
        server,
        event_at: at,
        received_at: at,
        report: Arc::new(Report::Data(body.into())),
    }
}

fn refused(server: ServerId, at: UnixMs) -> SeriesRow {
    let report = Report::Unreadable {
        kind: Kind::Disks,
        error: KindError::NoPermission,
        hint: Some("run doctor".to_owned()),
    };
    SeriesRow {
        report: Arc::new(report),
        ..report_at(server, at)
    }
}

fn report_at(server: ServerId, at: UnixMs) -> SeriesRow {
    report(server, at, 0.0)
}

/// What is written, and noted as such.
fn written(probes: &Probes, now: UnixMs) -> Vec<(Kind, UnixMs, Option<f64>)> {
    let rows = probes.drain(now);
    probes.settled(&rows);
    let rows = rows.into_iter();
    rows.map(|row| (row.kind, row.observed_at, row.values[1]))
        .collect()
}

#[test]
fn only_what_changed_is_written_or_what_would_look_silent() {
    let probes = Probes::default();
    probes.take(&report(WEB, NOW, 1.0), 0);
    probes.take(&refused(WEB, NOW), 0);
    assert_eq!(
        written(&probes, NOW),
        [(Kind::Metrics, NOW, Some(1.0)), (Kind::Disks, NOW, None)]
    );
    probes.take(&report(WEB, later(60), 1.0), 0);
    probes.take(&refused(WEB, later(60)), 0);
    assert_eq!(written(&probes, later(60)), [], "it says the same");
    probes.take(&report(WEB, later(70), 2.0), 0);
    assert_eq!(written(&probes, later(70)).len(), 1, "a value changed");
    probes.take(&refused(WEB, later(120)), 0);
    assert_eq!(
        written(&probes, later(120)),
        [(Kind::Disks, later(120), None)],
        "it said the same for two minutes"
    );
}

#[test]
fn the_newest_report_counts_whichever_comes_last() {
    let probes = Probes::default();
    probes.take(&report(WEB, later(60), 2.0), 0);
    probes.take(&report(WEB, NOW, 1.0), 0);
    assert_eq!(
        written(&probes, later(60)),
        [(Kind::Metrics, later(60), Some(2.0))]
    );
    probes.take(&report(WEB, NOW, 3.0), 0);
    assert_eq!(written(&probes, later(70)), [], "a log that is read again");
}

#[test]
fn what_could_not_be_written_waits_unless_something_newer_came() {
    let probes = Probes::default();
    probes.take(&report(WEB, NOW, 1.0), 0);
    let failed = probes.drain(NOW);
    probes.take(&report(WEB, later(60), 2.0), 0);
    probes.give_back(&failed, &[]);
    assert_eq!(
        written(&probes, later(60)),
        [(Kind::Metrics, later(60), Some(2.0))]
    );
    probes.take(&report(WEB, later(120), 3.0), 0);
    let failed = probes.drain(later(120));
    probes.give_back(&failed, &[]);
    assert_eq!(written(&probes, later(120)).len(), 1, "and once more");
}

#[test]
fn a_clock_is_noted_when_it_moves() {
    let probes = Probes::default();
    let noted = |skew_ms, at| {
        probes.take(&report_at(WEB, at), skew_ms);
        let skews = probes.drain_skews();
        probes.settled_skews(&skews);
        skews.first().map(|skew| skew.skew_ms)
    };
    assert_eq!(noted(-400, NOW), Some(-400));
    assert_eq!(noted(500, later(60)), None, "that is the network");
    assert_eq!(noted(600, later(120)), Some(600));
    assert_eq!(
        noted(601, later(3_720)),
        Some(601),
        "an hour later it is seen"
    );
}

#[test]
fn who_is_not_heard_of_is_forgotten() {
    let probes = Probes::default();
    probes.take(&report_at(WEB, NOW), 5);
    assert_eq!(written(&probes, NOW).len(), 1);
    probes.settled_skews(&probes.drain_skews());
    assert_eq!(written(&probes, later(25 * 3_600)), []);
    let news = probes.0.lock();
    assert!(news.written.is_empty() && news.written_skews.is_empty());
}

#[tokio::test]
async fn it_reaches_the_database_and_waits_while_that_is_away() {
    let db = Db::open_temporary().await.unwrap();
    let row = servers::create(db.write(), "web-01", &[], NOW).await;
    let server = row.unwrap().server_id();
    let probes = Probes::default();
    probes.take(&report(server, NOW, 7.5), 1_234);
    probes.take(&report(ServerId(999), NOW, 7.5), 1_234);
    let dir = tempfile::tempdir().unwrap();
    let series = EmbeddedSeries::open(dir.path()).unwrap();
    write_rows(&db, &series, &probes, NOW).await.unwrap();
    write_skews(&db, &probes).await.unwrap();
    let stored = server_probes::of_servers(db.read(), &[server, ServerId(999)]).await;
    let stored = stored.unwrap();
    assert_eq!(stored.len(), 1, "nobody brings a deleted server back");
    assert_eq!(stored[0].values[1], Some(7.5));
    let known = agent_health::of_servers(db.read(), &[server])
        .await
        .unwrap();
    assert_eq!(known[&server].skew_ms, Some(1_234));
}

/// The reports before it say when a disk will be full; of a host without such a pace nothing is said.
#[tokio::test]
async fn when_disks_will_be_full_is_stored_with_the_last_report() {
    let db = Db::open_temporary().await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let series = EmbeddedSeries::open(dir.path()).unwrap();
    let probes = Probes::default();
    let mut servers = Vec::new();
    for (name, mib_a_report) in [("fills", 100), ("stands", 0)] {
        let row = servers::create(db.write(), name, &[], NOW).await;
        let server = row.unwrap().server_id();
        servers.push(server);
        // Every 5 min of two hours; 12 reports an hour.
        for n in 0..=24_u64 {
            let disk = |mount: &str, used: u64| Partition {
                mount: mount.to_owned(),
                bytes_total: Some(10_000 << 20),
                bytes_used: Some(used << 20),
                ..Partition::default()
            };
            let partitions = vec![disk("/", 5_000), disk("/home", 5_200 + n * mib_a_report)];
            let row = SeriesRow {
                report: Arc::new(Report::Data(Disks { partitions }.into())),
                ..report_at(server, later(n * 300))
            };
            series.write(vec![row.clone()]).await.unwrap();
            probes.take(&row, 0);
        }
    }
    write_rows(&db, &series, &probes, later(7_210))
        .await
        .unwrap();
    let stored = server_probes::of_servers(db.read(), &servers)
        .await
        .unwrap();
    let hours: Vec<_> = stored.iter().map(|row| row.values[HOURS_TO_FULL]).collect();
    // 2,400 MiB are left, at 1,200 an hour.
    assert_eq!(hours, [Some(2.0), None]);
    let pages: Vec<_> = stored.iter().map(|row| row.values[0]).collect();
    assert_eq!(pages, [Some(76.0), Some(52.0)], "the rest is as it was");
}

#[test]
fn a_hint_beside_measurements_is_kept_for_the_agents_page() {
    let probes = Probes::default();
    let mysql = Mysql {
        flavour: "mariadb".to_owned(),
        version: "10.11".to_owned(),
        hint: Some("GRANT SLAVE MONITOR".to_owned()),
        ..Mysql::default()
    };
    let row = SeriesRow {
        report: Arc::new(Report::Data(mysql.into())),
        ..report_at(WEB, NOW)
    };
    probes.take(&row, 0);
    let [stored] = &probes.drain(NOW)[..] else {
        panic!("one row")
    };
    assert_eq!(
        (stored.error, stored.hint.as_deref()),
        (None, Some("GRANT SLAVE MONITOR"))
    );
}

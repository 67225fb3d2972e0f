//! The series store on a real QuestDB: the contract, and what only this back end can be asked.
//!
//! Needs `make stack`, or a server named by `NOC_TEST_QUESTDB_URL`. Every test has tables of its own and drops them.
//! Tests that kill or pause a server start one of their own from the jars that `make stack` has fetched.

use noc_pipeline::clock::{Stopwatch, UnixMs};
use noc_pipeline::id::{LogId, Offset, PartitionId, ServerId};
use noc_pipeline::payload::{Disks, Kind, Metrics, Partition, Payload, Report};
use noc_storage::series::{
    QuestDbOptions, QuestDbSeries, RangeQuery, SeriesError, SeriesRow, SeriesStore,
};
use noc_tests::eventually;
use noc_tests::questdb::{OwnServer, Tables, exec};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use uuid::Uuid;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
/// 2026-05-07T00:00:00Z.
const T0: i64 = 1_778_112_000_000;
const ONE: ServerId = ServerId(1);
const LOG: LogId = LogId(Uuid::from_u128(7));
/// By when a server is killed, started again and written to.
const DEADLINE: Duration = Duration::from_secs(60);
const ZERO: PartitionId = PartitionId(0);

async fn fresh() -> (QuestDbSeries, Tables) {
    let tables = Tables::new();
    (tables.open().await, tables)
}

mod contract {
    noc_storage::series_contract!(super::fresh());
}

fn row(server: ServerId, at: i64, payload: impl Into<Payload>) -> SeriesRow {
    SeriesRow {
        server,
        event_at: UnixMs(at),
        received_at: UnixMs(at.saturating_add(250)),
        report: Arc::new(Report::Data(payload.into())),
    }
}

fn cpu(server: ServerId, at: i64, cpu_pct: f64) -> SeriesRow {
    let body = Metrics {
        cpu_pct: Some(cpu_pct),
        ..Metrics::default()
    };
    row(server, at, body)
}

fn disk(mount: &str, used: u64) -> Partition {
    Partition {
        mount: mount.to_owned(),
        bytes_used: Some(used),
        ..Partition::default()
    }
}

fn query(kind: Kind, field: &str, from: i64, to: i64) -> RangeQuery {
    RangeQuery {
        server: ONE,
        kind,
        fields: vec![field.to_owned()],
        from: UnixMs(from),
        to: UnixMs(to),
        points: 10_000,
    }
}

async fn counted(store: &QuestDbSeries, from: i64, to: i64) -> u64 {
    let query = query(Kind::Metrics, "cpu_pct", from, to);
    let series = store.range(&query).await.unwrap();
    series.columns.iter().flat_map(|c| &c.count).sum()
}

#[tokio::test]
async fn every_double_comes_back_to_the_bit() {
    let (store, _tables) = fresh().await;
    // All finite bit patterns, by a generator that visits all powers of two and all lengths of mantissas.
    let mut bits = 0x9e37_79b9_7f4a_7c15_u64;
    let values = std::iter::repeat_with(|| {
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        f64::from_bits(bits >> (bits % 23))
    });
    let hundredths = (0..2_000).map(|i| f64::from(i * 7) / 100.0);
    let edges = [
        f64::MAX,
        f64::MIN_POSITIVE,
        5e-324,
        0.1 + 0.2,
        9_007_199_254_740_991.0,
    ];
    let values = values.filter(|v| v.is_finite()).take(6_000);
    let values: Vec<f64> = edges.into_iter().chain(hundredths).chain(values).collect();
    let at = |i: usize| T0 + i64::try_from(i).unwrap() * 400;
    let rows = values.iter().enumerate().map(|(i, v)| cpu(ONE, at(i), *v));
    store.write(rows.collect()).await.unwrap();
    let all = query(Kind::Metrics, "cpu_pct", T0, T0 + HOUR);
    let series = store.range(&all).await.unwrap();
    assert_eq!(series.at.len(), values.len());
    for (i, value) in values.iter().enumerate() {
        assert_eq!(series.at[i], UnixMs(at(i)), "milliseconds survive");
        let read = series.columns[0].avg[i].unwrap();
        assert_eq!(
            read.to_bits(),
            value.to_bits(),
            "{value:e} came back as {read:e}"
        );
    }
}

#[tokio::test]
async fn hostile_subjects_are_only_names() {
    let (store, _tables) = fresh().await;
    let names = [
        "/it's",
        "/\"quoted\"",
        "/back\\slash\\",
        "/new\nline\r\ttab",
        "/a=b,c d",
        "/'; DROP TABLE server_metrics; --",
        "/snow\u{2603}man \u{1f4be}",
        "/nul\u{0}and\u{1f}bell\u{7}",
        "/$1 %s {} \\u0041 \\n",
        "/ ",
    ];
    let partitions: Vec<_> = names
        .iter()
        .zip(1..)
        .map(|(name, i)| disk(name, i))
        .collect();
    let body = Disks { partitions };
    store.write(vec![row(ONE, T0, body)]).await.unwrap();
    store.roll_up(UnixMs(T0), UnixMs(T0 + HOUR)).await.unwrap();
    let mut expected: Vec<_> = names
        .iter()
        .zip(1..)
        .map(|(n, i)| ((*n).to_owned(), f64::from(i)))
        .collect();
    expected.sort_by(|a, b| a.0.cmp(&b.0));
    for (to, hourly) in [(T0 + HOUR, false), (T0 + 5 * HOUR, true)] {
        let all = query(Kind::Disks, "bytes_used", T0, to);
        let series = store.range(&all).await.unwrap();
        assert_eq!(series.hourly, hourly);
        let read = series.columns.iter();
        let read: Vec<_> = read
            .map(|c| (c.subject.clone().unwrap(), c.avg[0].unwrap()))
            .collect();
        assert_eq!(read, expected);
    }
    // Reports hold no control characters since ingest, and are read back without.
    let plain = names.iter().filter(|name| !name.contains(char::is_control));
    let partitions = plain.zip(1..).map(|(name, i)| disk(name, i)).collect();
    let body = Disks { partitions };
    let newer = row(ONE, T0 + HOUR, body.clone());
    store.write(vec![newer]).await.unwrap();
    let latest = store.latest(Kind::Disks, &[ONE]).await.unwrap();
    assert_eq!(*latest[&ONE].report, Report::Data(Payload::from(body)));
}

#[tokio::test]
async fn a_kind_that_gained_a_field_gains_its_columns() {
    let (store, tables) = fresh().await;
    store.write(vec![cpu(ONE, T0, 1.0)]).await.unwrap();
    store.roll_up(UnixMs(T0), UnixMs(T0 + HOUR)).await.unwrap();
    drop(store);
    let old = [
        ("server_metrics", vec!["load5"]),
        (
            "server_metrics_hourly",
            vec!["load5_avg", "load5_min", "load5_max", "load5_count"],
        ),
    ];
    for (table, columns) in old {
        for column in columns {
            let table = tables.name(table);
            exec(
                &tables.url,
                &format!("ALTER TABLE \"{table}\" DROP COLUMN {column}"),
            )
            .await
            .unwrap();
        }
    }
    for table in ["server_metrics", "server_metrics_hourly"] {
        let sql = format!("table_columns('{}')", tables.name(table));
        eventually("the columns to be gone", async || {
            let columns = exec(&tables.url, &sql).await.unwrap().to_string();
            (!columns.contains("load5")).then_some(())
        })
        .await;
    }
    let store = tables.open().await;
    let body = Metrics {
        load5: Some(2.5),
        ..Metrics::default()
    };
    store
        .write(vec![row(ONE, T0 + MINUTE, body)])
        .await
        .unwrap();
    assert_eq!(
        store.roll_up(UnixMs(T0), UnixMs(T0 + HOUR)).await.unwrap(),
        1
    );
    let load = query(Kind::Metrics, "load5", T0, T0 + 5 * HOUR);
    let series = store.range(&load).await.unwrap();
    assert!(series.hourly);
    assert_eq!(
        (series.columns[0].avg[0], series.columns[0].count[0]),
        (Some(2.5), 1)
    );
    assert_eq!(
        counted(&store, T0, T0 + 5 * HOUR).await,
        1,
        "what was there stays"
    );
}

#[tokio::test]
async fn a_table_of_another_shape_is_refused_and_named() {
    let wrong = [
        (
            "server SYMBOL, cpu_pct DOUBLE",
            "ts, server",
            "column server is SYMBOL and must be INT",
        ),
        (
            "server INT, cpu_pct VARCHAR",
            "ts, server",
            "column cpu_pct is VARCHAR and must be DOUBLE",
        ),
        ("server INT, cpu_pct DOUBLE", "ts", "server is not one"),
    ];
    for (columns, keys, reason) in wrong {
        let tables = Tables::new();
        let table = tables.name("server_metrics");
        let sql = format!(
            "CREATE TABLE \"{table}\" (ts TIMESTAMP, {columns}) TIMESTAMP(ts) \
             PARTITION BY DAY WAL DEDUP UPSERT KEYS({keys})"
        );
        exec(&tables.url, &sql).await.unwrap();
        let error = QuestDbSeries::open(tables.options()).await.unwrap_err();
        assert!(!error.is_retryable());
        let text = error.to_string();
        assert!(text.contains(&table) && text.contains(reason), "{text}");
    }
}

#[tokio::test]
async fn rows_that_no_table_takes_are_refused_for_good() {
    let (store, _tables) = fresh().await;
    for bad in [
        cpu(ONE, -1, 1.0),
        cpu(ONE, i64::MAX, 1.0),
        cpu(ServerId(u32::MAX), T0, 1.0),
    ] {
        let error = store.write(vec![cpu(ONE, T0, 1.0), bad]).await.unwrap_err();
        assert!(matches!(error, SeriesError::Refused { .. }) && !error.is_retryable());
    }
    store.write(vec![cpu(ONE, T0, 1.0)]).await.unwrap();
    let nobody = store
        .latest(Kind::Metrics, &[ServerId(u32::MAX)])
        .await
        .unwrap();
    assert!(nobody.is_empty());
}

#[tokio::test]
async fn two_nodes_open_write_and_roll_up_beside_each_other() {
    let tables = Tables::new();
    let (a, b) = tokio::join!(tables.open(), tables.open());
    let batch = |offset: i64| -> Vec<SeriesRow> {
        let minutes = offset * 20..offset * 20 + 40;
        minutes.map(|m| cpu(ONE, T0 + m * MINUTE, 1.0)).collect()
    };
    // Both write overlapping rows, as an old owner of a partition and the new one do.
    let write = async |store: &QuestDbSeries, partition: u32| {
        for offset in 0..10_u32 {
            let at = (PartitionId(partition), LOG, Offset(u64::from(offset)));
            let rows = batch(i64::from(offset));
            store.write_at(rows, at.0, at.1, at.2).await.unwrap();
        }
    };
    tokio::join!(write(&a, 0), write(&b, 1));
    eventually("all rows, each once", async || {
        (counted(&a, T0, T0 + 4 * HOUR).await == 220).then_some(())
    })
    .await;
    let all = (UnixMs(T0), UnixMs(T0 + 4 * HOUR));
    assert_eq!(a.roll_up(all.0, all.1).await.unwrap(), 4);
    let query = query(Kind::Metrics, "cpu_pct", T0, T0 + 4 * HOUR);
    assert!(
        b.range(&query).await.unwrap().hourly,
        "one node's work is the other's"
    );
    b.write(vec![cpu(ONE, T0 + MINUTE / 2, 9.0)]).await.unwrap();
    let seen = a.range(&query).await.unwrap();
    assert_eq!(
        seen.columns[0].max[0..2],
        [Some(1.0), Some(9.0)],
        "read raw again"
    );
    let (made, also) = tokio::join!(a.roll_up_late(), b.roll_up_late());
    assert!(made.unwrap() + also.unwrap() >= 1);
    let seen = a.range(&query).await.unwrap();
    assert_eq!(
        (seen.columns[0].count[0], seen.columns[0].max[0]),
        (61, Some(9.0))
    );
    assert_eq!(a.position(ZERO).await.unwrap(), Some((LOG, Offset(9))));
    let behind = b.position(ZERO).await.unwrap();
    assert!(
        behind.is_none_or(|(_, offset)| offset <= Offset(9)),
        "never ahead"
    );
}

#[tokio::test]
async fn a_position_settles_before_it_is_stored() {
    let tables = Tables::new();
    let settling = |settle: Duration| {
        let mut options = tables.options();
        options.settle = Some(settle);
        QuestDbSeries::open(options)
    };
    let other = tables.open().await;
    let store = settling(Duration::from_secs(3_600)).await.unwrap();
    store
        .write_at(vec![cpu(ONE, T0, 1.0)], ZERO, LOG, Offset(5))
        .await
        .unwrap();
    assert_eq!(store.position(ZERO).await.unwrap(), Some((LOG, Offset(5))));
    assert_eq!(
        other.position(ZERO).await.unwrap(),
        None,
        "a crash now replays all"
    );
    let store = settling(Duration::ZERO).await.unwrap();
    store
        .write_at(Vec::new(), ZERO, LOG, Offset(6))
        .await
        .unwrap();
    eventually("the stored position", async || {
        (other.position(ZERO).await.unwrap() == Some((LOG, Offset(6)))).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_server_forgotten_by_one_node_is_forgotten_by_all() {
    let tables = Tables::new();
    let (a, b) = (tables.open().await, tables.open().await);
    a.write(vec![cpu(ONE, T0, 1.0)]).await.unwrap();
    assert_eq!(counted(&b, T0, T0 + HOUR).await, 1);
    a.forget(ONE).await.unwrap();
    assert_eq!(counted(&a, T0, T0 + HOUR).await, 0);
    eventually("the other node to know", async || {
        (counted(&b, T0, T0 + HOUR).await == 0).then_some(())
    })
    .await;
    b.write(vec![cpu(ONE, T0 + MINUTE, 1.0)]).await.unwrap();
    assert_eq!(counted(&a, T0, T0 + HOUR).await, 1, "it came back");
}

#[tokio::test]
async fn a_server_that_is_away_is_an_error_soon_and_no_longer_once_it_is_back() {
    let mut server = OwnServer::start();
    let mut options = QuestDbOptions::new(&server.url()).unwrap();
    options.connect_timeout = Duration::from_millis(500);
    options.write_timeout = Duration::from_secs(2);
    options.query_timeout = Duration::from_secs(2);
    let store = QuestDbSeries::open(options).await.unwrap();
    store.write(vec![cpu(ONE, T0, 1.0)]).await.unwrap();
    let write = |minute: i64| {
        let rows = vec![cpu(ONE, T0 + minute * MINUTE, 1.0)];
        store.write_at(rows, ZERO, LOG, Offset(1))
    };
    let away = async || {
        let since = Stopwatch::start();
        let error = write(1).await.unwrap_err();
        assert!(error.is_retryable(), "{error}");
        let asked = query(Kind::Metrics, "cpu_pct", T0, T0 + HOUR);
        let error = store.range(&asked).await.unwrap_err();
        assert!(error.is_retryable(), "{error}");
        assert!(
            since.elapsed() < Duration::from_secs(15),
            "{:?}",
            since.elapsed()
        );
    };
    server.pause();
    away().await;
    server.resume();
    eventually("the first write after a pause", async || {
        write(1).await.ok()
    })
    .await;
    server.kill();
    away().await;
    server.start_again();
    eventually("the first write after a kill", async || write(2).await.ok()).await;
    eventually("all rows", async || {
        (counted(&store, T0, T0 + HOUR).await == 3).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_while_it_is_written_to_loses_nothing() {
    let mut server = OwnServer::start();
    let mut options = QuestDbOptions::new(&server.url()).unwrap();
    options.write_timeout = Duration::from_secs(5);
    options.settle = Some(Duration::ZERO);
    let store = QuestDbSeries::open(options.clone()).await.unwrap();
    let batch = |offset: u64| -> Vec<SeriesRow> {
        let minutes = (0..100).map(|i| i64::try_from(offset).unwrap() * 100 + i);
        minutes.map(|m| cpu(ONE, T0 + m * MINUTE, 1.0)).collect()
    };
    let back = AtomicBool::new(false);
    let write = async {
        let (mut next, mut tried, mut failures) = (0, 0, 0);
        let since = Stopwatch::start();
        while !back.load(Ordering::SeqCst) || failures == 0 || next <= tried {
            tried = tried.max(next);
            assert!(since.elapsed() < DEADLINE, "stuck at {next}");
            match store.write_at(batch(next), ZERO, LOG, Offset(next)).await {
                Ok(()) => next += 1,
                Err(error) => {
                    assert!(error.is_retryable(), "{error}");
                    failures += 1;
                    // As the consumer does: read on after what is stored.
                    let position =
                        eventually("the position", async || store.position(ZERO).await.ok()).await;
                    next = position.map_or(0, |(_, offset)| offset.0 + 1);
                }
            }
        }
        next
    };
    let kill = async {
        eventually("some of it", async || {
            let position = store.position(ZERO).await.ok().flatten();
            position.filter(|(_, offset)| offset.0 > 10)
        })
        .await;
        tokio::task::block_in_place(|| server.kill());
        tokio::task::block_in_place(|| server.start_again());
        back.store(true, Ordering::SeqCst);
    };
    let (written, ()) = tokio::join!(write, kill);
    let again = QuestDbSeries::open(options).await.unwrap();
    let minutes = i64::try_from(written).unwrap() * 100;
    eventually("every row, once", async || {
        let rows = counted(&again, T0, T0 + minutes * MINUTE).await;
        (rows == 100 * written).then_some(())
    })
    .await;
    let stored = again.position(ZERO).await.unwrap();
    assert!(
        stored.is_some_and(|(_, offset)| offset.0 < written),
        "{stored:?}"
    );
}

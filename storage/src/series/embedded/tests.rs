//! The contract, and what only this back end can be asked: what a kill, a torn journal and a failure leave behind.

use super::*;
use crate::series::Aggregate;
use noc_pipeline::payload::{Disks, Metrics, Partition, Payload, Report};
use proptest::prelude::*;
use std::collections::BTreeMap;
use tempfile::TempDir;
use uuid::Uuid;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const T0: i64 = 1_778_112_000_000;
const ONE: ServerId = ServerId(1);
const LOG: LogId = LogId(Uuid::from_u128(7));
const ZERO: PartitionId = PartitionId(0);

async fn fresh() -> (EmbeddedSeries, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    (EmbeddedSeries::open(&dir).unwrap(), dir)
}

crate::series_contract!(fresh());

fn cpu(server: ServerId, at: i64, cpu_pct: f64) -> SeriesRow {
    let body = Metrics {
        cpu_pct: Some(cpu_pct),
        ..Metrics::default()
    };
    row(server, at, Payload::from(body))
}

fn row(server: ServerId, at: i64, payload: Payload) -> SeriesRow {
    SeriesRow {
        server,
        event_at: UnixMs(at),
        received_at: UnixMs(at),
        report: Arc::new(Report::Data(payload)),
    }
}

fn cpu_of(server: ServerId, from: i64, to: i64) -> RangeQuery {
    RangeQuery {
        server,
        kind: Kind::Metrics,
        fields: vec!["cpu_pct".to_owned()],
        from: UnixMs(from),
        to: UnixMs(to),
        points: 10_000,
    }
}

/// What `kill -9` leaves: the files as they are now, copied while the store is open.
fn killed(dir: &TempDir) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    copy_tree(dir.path(), copy.path());
    copy
}

fn copy_tree(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy_tree(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// The journal being written: the one with the highest number.
fn journal(dir: &TempDir) -> PathBuf {
    let files = std::fs::read_dir(dir.path().join("store")).unwrap();
    let mut journals: Vec<_> = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "jnl"))
        .collect();
    journals.sort();
    journals.pop().expect("a journal")
}

async fn write_some(store: &EmbeddedSeries, batches: u64) {
    for offset in 0..batches {
        let at = T0 + i64::try_from(offset).unwrap() * MINUTE;
        let rows = vec![cpu(ONE, at, 1.0)];
        store
            .write_at(rows, ZERO, LOG, Offset(offset))
            .await
            .unwrap();
    }
}

async fn rows_of(store: &EmbeddedSeries) -> usize {
    store
        .range(&cpu_of(ONE, T0, T0 + HOUR))
        .await
        .unwrap()
        .at
        .len()
}

#[tokio::test]
async fn an_orderly_close_stores_the_positions() {
    let dir = tempfile::tempdir().unwrap();
    let store = EmbeddedSeries::open_with(&dir, Duration::MAX).unwrap();
    write_some(&store, 10).await;
    drop(store);
    let store = EmbeddedSeries::open(&dir).unwrap();
    assert_eq!(store.position(ZERO).await.unwrap(), Some((LOG, Offset(9))));
    assert_eq!(rows_of(&store).await, 10);
}

#[tokio::test]
async fn after_a_kill_rows_are_there_and_the_position_is_not_ahead() {
    let dir = tempfile::tempdir().unwrap();
    let store = EmbeddedSeries::open_with(&dir, Duration::MAX).unwrap();
    write_some(&store, 10).await;
    let store = EmbeddedSeries::open(killed(&dir)).unwrap();
    assert_eq!(rows_of(&store).await, 10);
    assert_eq!(
        store.position(ZERO).await.unwrap(),
        None,
        "it was not synced yet: all is replayed"
    );
    let latest = store.latest(Kind::Metrics, &[ONE]).await.unwrap();
    assert_eq!(latest[&ONE].event_at, UnixMs(T0 + 9 * MINUTE));
}

/// Where the journal's last record ends: the file is longer, it is made at full size and filled.
fn journal_end(dir: &TempDir) -> usize {
    let bytes = std::fs::read(journal(dir)).unwrap();
    bytes.iter().rposition(|b| *b != 0).unwrap() + 1
}

#[tokio::test]
async fn a_journal_torn_anywhere_never_puts_the_position_ahead_of_the_rows() {
    let dir = tempfile::tempdir().unwrap();
    let store = EmbeddedSeries::open_with(&dir, Duration::ZERO).unwrap();
    write_some(&store, 1).await;
    let first = journal_end(&dir);
    write_some(&store, 8).await;
    let last = journal_end(&dir);
    assert!(
        last > first + 1_000,
        "there is something to tear: {first} to {last}"
    );
    let mut seen = std::collections::BTreeSet::new();
    for (nth, cut) in (first..last).step_by((last - first) / 23).enumerate() {
        let torn = killed(&dir);
        let mut bytes = std::fs::read(journal(&torn)).unwrap();
        match nth % 4 {
            0 => bytes.truncate(cut),
            1 => bytes[cut..].fill(0),
            2 => bytes[cut..last].fill(0xa5),
            // A block that never reached the disk, while later ones did.
            _ => bytes[cut..last.min(cut + 512)].fill(0),
        }
        std::fs::write(journal(&torn), bytes).unwrap();
        let store = EmbeddedSeries::open(&torn).unwrap();
        let (log, position) = store
            .position(ZERO)
            .await
            .unwrap()
            .expect("the first is whole");
        let rows = rows_of(&store).await;
        assert_eq!(
            (log, rows as u64),
            (LOG, position.0 + 1),
            "cut at {cut} of {last}"
        );
        seen.insert(rows);
        write_some(&store, 10).await;
        assert_eq!(rows_of(&store).await, 10, "the replay brings back the rest");
    }
    assert!(seen.len() > 4, "cuts hit different batches: {seen:?}");
}

#[tokio::test]
async fn rolled_up_dropped_and_late_hours_are_known_after_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let store = EmbeddedSeries::open(&dir).unwrap();
    let at = (T0 - 2 * DAY..T0 + 5 * HOUR).step_by(5 * 60_000);
    store
        .write(at.map(|at| cpu(ONE, at, 1.0)).collect())
        .await
        .unwrap();
    store
        .roll_up(UnixMs(T0), UnixMs(T0 + 5 * HOUR))
        .await
        .unwrap();
    store.write(vec![cpu(ONE, T0 + 1, 50.0)]).await.unwrap();
    let retention = Retention {
        raw: Duration::from_secs(86_400),
        ..Retention::default()
    };
    store.retain(UnixMs(T0 + DAY), retention).await.unwrap();

    let copy = killed(&dir);
    let store = EmbeddedSeries::open(&copy).unwrap();
    let raw_days = |store: &EmbeddedSeries| {
        store
            .shared
            .store("test")
            .unwrap()
            .view()
            .days
            .into_keys()
            .collect::<Vec<_>>()
    };
    assert_eq!(raw_days(&store), [T0 / DAY]);
    // Written to an hour rolled up before the kill: the hourly row must go, although nobody rolled up since.
    store
        .write(vec![cpu(ONE, T0 + HOUR + 1, 70.0)])
        .await
        .unwrap();
    let range = cpu_of(ONE, T0 - 2 * DAY, T0 + 5 * HOUR);
    let before = store.range(&range).await.unwrap();
    assert_eq!(
        before.columns[0]
            .max
            .iter()
            .flatten()
            .copied()
            .fold(0.0, f64::max),
        70.0
    );
    assert_eq!(store.roll_up_late().await.unwrap(), 2);
    let after = store.range(&range).await.unwrap();
    let count = |series: &Series| series.columns[0].count.iter().sum::<u64>();
    assert_eq!((count(&before), count(&after)), (53 * 12 + 2, 53 * 12 + 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rows_written_while_their_hour_is_rolled_up_are_never_lost_from_it() {
    let (store, _dir) = fresh().await;
    let writers = (0..4u32).map(|server| {
        let store = store.clone();
        tokio::spawn(async move {
            for i in 0..120u64 {
                let at = T0 + i64::try_from(i * 7 % 120).unwrap() * MINUTE;
                let rows = vec![cpu(ServerId(server), at, 1.0)];
                let partition = PartitionId(server);
                store
                    .write_at(rows, partition, LOG, Offset(i))
                    .await
                    .unwrap();
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
        store
            .roll_up(UnixMs(T0), UnixMs(T0 + 2 * HOUR))
            .await
            .unwrap();
        store.roll_up_late().await.unwrap();
    }
    for writer in writers {
        writer.await.unwrap();
    }
    for last in [false, true] {
        for server in 0..4 {
            let series = store
                .range(&cpu_of(ServerId(server), T0, T0 + 4 * HOUR))
                .await
                .unwrap();
            assert_eq!(series.columns[0].count.iter().sum::<u64>(), 120);
            assert!(
                !last || series.at.len() == 2,
                "both hours are hourly rows in the end"
            );
        }
        store.roll_up_late().await.unwrap();
        store
            .roll_up(UnixMs(T0), UnixMs(T0 + 2 * HOUR))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn after_a_failure_the_store_is_opened_again() {
    let (store, _dir) = fresh().await;
    write_some(&store, 5).await;
    let open = store.shared.store("test").unwrap();
    let failure = Failure::Fjall(fjall::Error::Poisoned);
    let error = store.shared.explain("write", &open, failure);
    assert!(error.is_retryable());
    let error = store
        .position(ZERO)
        .await
        .expect_err("a call under way still holds it open");
    assert!(error.is_retryable(), "{error}");
    drop(open);
    assert_eq!(rows_of(&store).await, 5);
    write_some(&store, 8).await;
    assert_eq!(rows_of(&store).await, 8);
}

#[tokio::test]
async fn a_second_process_is_refused() {
    let (_store, dir) = fresh().await;
    let error = EmbeddedSeries::open(&dir).expect_err("locked");
    assert!(matches!(
        error,
        SeriesError::Unavailable {
            operation: "open",
            ..
        }
    ));
}

/// Rows by key, and for each subject its value: the store as a map.
type Naive = BTreeMap<(u32, i64), BTreeMap<String, f64>>;

#[derive(Debug, Clone)]
enum Step {
    Write(Vec<(u32, i64, BTreeMap<String, u16>)>),
    RollUp(i64, i64),
    RollUpLate,
    Compare {
        server: u32,
        from: i64,
        len: i64,
        points: usize,
    },
}

/// Times within 30 hours around a midnight, many of them the same.
fn time() -> impl Strategy<Value = i64> {
    (0..30 * 12i64).prop_map(|five_minutes| T0 - 6 * HOUR + five_minutes * 5 * MINUTE)
}

fn step() -> impl Strategy<Value = Step> {
    let subjects = prop::collection::btree_map("/[ab]?", any::<u16>(), 0..3);
    let rows = prop::collection::vec((0..3u32, time(), subjects), 0..40);
    prop_oneof![
        4 => rows.prop_map(Step::Write),
        2 => (time(), 0..20 * HOUR).prop_map(|(from, len)| Step::RollUp(from, from + len)),
        1 => Just(Step::RollUpLate),
        4 => (0..3u32, time(), 0..30 * HOUR, 1..400usize)
            .prop_map(|(server, from, len, points)| Step::Compare { server, from, len, points }),
    ]
}

fn disks(server: u32, at: i64, used: &BTreeMap<String, u16>) -> SeriesRow {
    let partition = |(mount, used): (&String, &u16)| Partition {
        mount: mount.clone(),
        bytes_used: Some(u64::from(*used)),
        ..Partition::default()
    };
    let partitions = used.iter().map(partition).collect();
    row(ServerId(server), at, Payload::from(Disks { partitions }))
}

/// Count, sum, minimum, maximum by subject.
type Totals = BTreeMap<String, (u64, f64, f64, f64)>;

fn add(totals: &mut Totals, subject: &str, (count, sum, min, max): (u64, f64, f64, f64)) {
    let empty = (0, 0.0, f64::INFINITY, f64::NEG_INFINITY);
    let total = totals.entry(subject.to_owned()).or_insert(empty);
    *total = (
        total.0 + count,
        total.1 + sum,
        total.2.min(min),
        total.3.max(max),
    );
}

fn naive_totals(naive: &Naive, server: u32, from: i64, to: i64) -> Totals {
    let mut totals = Totals::new();
    for subjects in naive
        .range((server, from)..(server, to))
        .map(|(_, subjects)| subjects)
    {
        for (subject, value) in subjects {
            add(&mut totals, subject, (1, *value, *value, *value));
        }
    }
    totals
}

fn totals(series: &Series) -> Totals {
    let mut totals = Totals::new();
    for column in &series.columns {
        for i in 0..series.at.len() {
            if let Some(avg) = column.avg[i] {
                let count = column.count[i];
                let (min, max) = (column.min[i].unwrap(), column.max[i].unwrap());
                let subject = column.subject.as_deref().unwrap();
                add(&mut totals, subject, (count, avg * count as f64, min, max));
            }
        }
    }
    totals
}

fn assert_same(a: &Totals, b: &Totals) {
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    for (a, b) in a.values().zip(b.values()) {
        assert_eq!((a.0, a.2, a.3), (b.0, b.2, b.3), "count, minimum, maximum");
        assert!(
            (a.1 - b.1).abs() <= 1e-6 * b.1.abs(),
            "sum {} is not {}",
            a.1,
            b.1
        );
    }
}

async fn compare(
    store: &EmbeddedSeries,
    naive: &Naive,
    (server, from, to): (u32, i64, i64),
    points: usize,
) {
    let query = RangeQuery {
        kind: Kind::Disks,
        fields: vec!["bytes_used".to_owned()],
        points,
        ..cpu_of(ServerId(server), from, to)
    };
    let series = store.range(&query).await.unwrap();
    assert!(series.at.len() <= points.max((to - from) as usize / HOUR as usize + 2));
    assert!(series.at.is_sorted());
    let expected = naive_totals(naive, server, from, to);
    assert_same(&totals(&series), &expected);
    if !series.hourly && series.bucket_ms == 0 {
        let at: Vec<_> = naive
            .range((server, from)..(server, to))
            .filter(|(_, subjects)| !subjects.is_empty())
            .map(|((_, at), _)| UnixMs(*at))
            .collect();
        assert_eq!(series.at, at);
    }
    let top = TopQuery {
        kind: Kind::Disks,
        field: "bytes_used".to_owned(),
        from: query.from,
        to: query.to,
        by: Aggregate::Max,
        limit: 3,
    };
    let top: Vec<_> = store
        .top(&top)
        .await
        .unwrap()
        .into_iter()
        .map(|t| t.value)
        .collect();
    let mut largest: Vec<_> = (0..3)
        .flat_map(|s| naive_totals(naive, s, from, to).into_values())
        .map(|t| t.3)
        .collect();
    largest.sort_by(|a, b| b.total_cmp(a));
    largest.truncate(3);
    assert_eq!(top, largest);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn any_history_reads_like_a_map_of_rows(steps in prop::collection::vec(step(), 1..25)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (store, _dir) = fresh().await;
            let mut naive = Naive::new();
            for step in steps {
                match step {
                    Step::Write(rows) => {
                        // A payload without subjects holds no numbers: it is not stored, and replaces nothing.
                        for (server, at, used) in rows.iter().filter(|row| !row.2.is_empty()) {
                            let values = used.iter().map(|(k, v)| (k.clone(), f64::from(*v)));
                            naive.insert((*server, *at), values.collect());
                        }
                        let rows = rows.iter().filter(|row| !row.2.is_empty());
                        let rows = rows.map(|(server, at, used)| disks(*server, *at, used));
                        store.write(rows.collect()).await.unwrap();
                    }
                    Step::RollUp(from, to) => {
                        store.roll_up(UnixMs(from), UnixMs(to)).await.unwrap();
                    }
                    Step::RollUpLate => {
                        store.roll_up_late().await.unwrap();
                    }
                    Step::Compare { server, from, len, points } => {
                        compare(&store, &naive, (server, from, from + len), points).await;
                    }
                }
            }
            compare(&store, &naive, (0, T0 - DAY, T0 + 2 * DAY), 400).await;
        });
    }
}

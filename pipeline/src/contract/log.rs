//! What every payload log does.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a case that does not hold must stop its test"
)]

use super::{heartbeat, payload, soon};
use crate::clock::UnixMs;
use crate::control::{Control, ServerSettings};
use crate::id::{Offset, PartitionId, ServerId};
use crate::log::{LogError, PayloadLog};
use crate::payload::{Kind, KindError, Report};
use crate::record::{Encoded, Entry, PayloadRecord, Record};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// One test of each case; takes an expression that gives a fresh `(Arc<payload log>, guard)`.
#[macro_export]
macro_rules! log_contract {
    ($factory:expr) => {
        $crate::contract_cases! { log, $factory;
            a_new_log_is_empty,
            records_come_back_as_they_went_in,
            positions_follow_the_order_of_a_call,
            partitions_count_on_their_own,
            a_read_begins_where_it_is_told_and_ends_at_max,
            every_record_can_be_read_from_the_start,
            records_of_one_call_stand_together,
            a_reader_is_woken_by_a_record,
            a_reader_is_not_woken_by_another_partition,
            a_reader_beyond_the_end_is_told,
            nothing_comes_within_the_wait,
            an_empty_call_changes_nothing,
            an_unknown_partition_is_refused_with_the_whole_call,
            a_record_of_512_kib_fits,
            trim_drops_the_old_and_reads_there_say_so,
            trim_keeps_the_newest,
            trim_of_nothing_drops_nothing,
            appends_go_on_after_a_trim,
        }
    };
}

const P0: PartitionId = PartitionId(0);
const P1: PartitionId = PartitionId(1);
const NO_WAIT: Duration = Duration::ZERO;
const HOUR: i64 = 3_600_000;

async fn append(log: &dyn PayloadLog, records: Vec<(PartitionId, Encoded)>) -> Vec<Offset> {
    soon("append", log.append(records)).await.expect("appends")
}

async fn read(log: &dyn PayloadLog, partition: PartitionId, from: u64, max: usize) -> Vec<Entry> {
    let read = log.read(partition, Offset(from), max, Duration::from_secs(10));
    soon("read", read).await.expect("reads")
}

/// Everything from `from` to the end, however many reads it takes.
async fn read_all(log: &dyn PayloadLog, partition: PartitionId, from: u64) -> Vec<Entry> {
    let end = log.bounds(partition).await.expect("has bounds").end;
    let mut all: Vec<Entry> = Vec::new();
    let mut next = Offset(from);
    while next < end {
        let entries = read(log, partition, next.0, 100).await;
        next = entries
            .last()
            .expect("a read before the end gives records")
            .offset
            .next();
        all.extend(entries);
    }
    all
}

fn seq(entry: &Entry) -> u64 {
    match &**entry.record().expect("a record of ours") {
        Record::Payload(payload) => payload.seq,
        other => panic!("expected a payload, got {other:?}"),
    }
}

/// Bounds are empty, reads give nothing.
pub async fn a_new_log_is_empty(log: Arc<dyn PayloadLog>) {
    assert!(log.partitions() >= 2, "the suite needs two partitions");
    for p in 0..log.partitions() {
        let bounds = log.bounds(PartitionId(p)).await.expect("has bounds");
        assert_eq!(bounds.first, bounds.end);
        let none = log.read(PartitionId(p), bounds.end, 10, NO_WAIT).await;
        assert!(none.expect("reads").is_empty());
    }
}

/// Bytes and meaning are those appended, for every type of record.
pub async fn records_come_back_as_they_went_in(log: Arc<dyn PayloadLog>) {
    let unreadable = Record::Payload(PayloadRecord {
        server: ServerId(u32::MAX),
        received_at: UnixMs(i64::MAX),
        event_at: UnixMs(0),
        skew_ms: i64::MIN,
        boot_id: Uuid::max(),
        seq: u64::MAX,
        body_hash: u64::MAX,
        report: Arc::new(Report::Unreadable {
            kind: Kind::Disks,
            error: KindError::Timeout,
            hint: Some("df hängt\u{1F4BE}".to_owned()),
        }),
    });
    let settings = Record::Control {
        at: UnixMs(5),
        control: Control::ServerSettings(ServerSettings {
            server: ServerId(3),
            tags: vec!["env:prod".to_owned()],
            active: true,
        }),
    };
    let records = [
        payload(1, 1, UnixMs(4)),
        heartbeat(UnixMs(5)),
        unreadable.encode(),
        settings.encode(),
    ];
    append(&*log, records.iter().map(|r| (P0, r.clone())).collect()).await;
    let entries = read_all(&*log, P0, 0).await;
    assert_eq!(entries.len(), records.len());
    for (entry, appended) in entries.iter().zip(&records) {
        assert_eq!(entry.bytes, appended.bytes);
        assert_eq!(entry.record().expect("a record of ours"), &appended.record);
    }
}

/// The answer names each record's position, in the order given, across partitions.
pub async fn positions_follow_the_order_of_a_call(log: Arc<dyn PayloadLog>) {
    let at = UnixMs(1);
    let first = append(&*log, vec![(P0, payload(0, 10, at))]).await;
    assert_eq!(first, [Offset(0)]);
    let offsets = append(
        &*log,
        vec![
            (P1, payload(1, 11, at)),
            (P0, payload(0, 12, at)),
            (P1, payload(1, 13, at)),
            (P0, payload(0, 14, at)),
        ],
    )
    .await;
    assert_eq!(offsets, [Offset(0), Offset(1), Offset(1), Offset(2)]);
    let seqs = |entries: Vec<Entry>| entries.iter().map(seq).collect::<Vec<_>>();
    assert_eq!(seqs(read_all(&*log, P0, 0).await), [10, 12, 14]);
    assert_eq!(seqs(read_all(&*log, P1, 0).await), [11, 13]);
}

/// Bounds of one say nothing about another.
pub async fn partitions_count_on_their_own(log: Arc<dyn PayloadLog>) {
    append(
        &*log,
        vec![(P0, heartbeat(UnixMs(1))), (P0, heartbeat(UnixMs(2)))],
    )
    .await;
    assert_eq!(log.bounds(P0).await.expect("has bounds").end, Offset(2));
    assert_eq!(log.bounds(P1).await.expect("has bounds").end, Offset(0));
}

/// Reads give consecutive positions from `from` on, at most `max`.
pub async fn a_read_begins_where_it_is_told_and_ends_at_max(log: Arc<dyn PayloadLog>) {
    for call in 0..4 {
        let records = (0..5)
            .map(|i| (P0, payload(0, call * 5 + i, UnixMs(1))))
            .collect();
        append(&*log, records).await;
    }
    let entries = read(&*log, P0, 7, 6).await;
    assert!((1..=6).contains(&entries.len()));
    for (entry, expected) in entries.iter().zip(7..) {
        assert_eq!(
            (entry.partition, entry.offset, seq(entry)),
            (P0, Offset(expected), expected)
        );
    }
    assert_eq!(read(&*log, P0, 19, 6).await.len(), 1);
    let none = log.read(P0, Offset(0), 0, NO_WAIT).await.expect("reads");
    assert!(none.is_empty(), "max 0 gives nothing");
}

/// Nothing is lost or doubled between reads, from whichever part of the back end they are answered.
pub async fn every_record_can_be_read_from_the_start(log: Arc<dyn PayloadLog>) {
    let mut expected = 0;
    for call in 1..=30_u64 {
        let records: Vec<_> = (expected..expected + call * 7)
            .map(|s| (P1, payload(1, s, UnixMs(1))))
            .collect();
        expected += call * 7;
        append(&*log, records).await;
    }
    let entries = read_all(&*log, P1, 0).await;
    let seqs: Vec<_> = entries.iter().map(|e| (e.offset.0, seq(e))).collect();
    assert_eq!(seqs, (0..expected).map(|s| (s, s)).collect::<Vec<_>>());
}

/// Calls at the same time do not mix their records within a partition, and leave no gap.
pub async fn records_of_one_call_stand_together(log: Arc<dyn PayloadLog>) {
    let calls = (0..40_u64).map(|call| {
        let log = Arc::clone(&log);
        tokio::spawn(async move {
            let records = (0..5)
                .map(|i| (P0, payload(0, call * 5 + i, UnixMs(1))))
                .collect();
            let offsets = log.append(records).await.expect("appends");
            (call, offsets)
        })
    });
    let mut by_offset = vec![None; 200];
    for call in calls.collect::<Vec<_>>() {
        let (call, offsets) = soon("append", call).await.expect("no panic");
        for (i, offset) in offsets.iter().enumerate() {
            assert_eq!(offset.0, offsets[0].0 + i as u64, "one after another");
            by_offset[usize::try_from(offset.0).expect("small")] = Some(call * 5 + i as u64);
        }
    }
    let entries = read_all(&*log, P0, 0).await;
    let seqs: Vec<_> = entries.iter().map(|e| Some(seq(e))).collect();
    assert_eq!(seqs, by_offset);
}

/// A read that waits ends with the record, long before its wait.
pub async fn a_reader_is_woken_by_a_record(log: Arc<dyn PayloadLog>) {
    let reader = tokio::spawn({
        let log = Arc::clone(&log);
        async move {
            log.read(P0, Offset(0), 10, Duration::from_secs(3_600))
                .await
        }
    });
    tokio::task::yield_now().await;
    append(&*log, vec![(P0, payload(0, 42, UnixMs(1)))]).await;
    let entries = soon("the waiting read", reader)
        .await
        .expect("no panic")
        .expect("reads");
    assert_eq!(entries.iter().map(seq).collect::<Vec<_>>(), [42]);
}

/// A record elsewhere is not this reader's.
pub async fn a_reader_is_not_woken_by_another_partition(log: Arc<dyn PayloadLog>) {
    let reader = tokio::spawn({
        let log = Arc::clone(&log);
        async move {
            log.read(P0, Offset(0), 10, Duration::from_secs(3_600))
                .await
        }
    });
    append(&*log, vec![(P1, payload(1, 1, UnixMs(1)))]).await;
    append(&*log, vec![(P0, payload(0, 2, UnixMs(1)))]).await;
    let entries = soon("the waiting read", reader)
        .await
        .expect("no panic")
        .expect("reads");
    assert_eq!(entries.iter().map(seq).collect::<Vec<_>>(), [2]);
}

/// Nobody was ever told of such a position: the reader knows another log, or this one lost what it had. Waiting would
/// give it other records under the positions it counts on. The end itself is waited at.
pub async fn a_reader_beyond_the_end_is_told(log: Arc<dyn PayloadLog>) {
    let beyond = |asked: u64| {
        let log = Arc::clone(&log);
        async move {
            let read = log.read(P0, Offset(asked), 10, Duration::from_secs(3_600));
            let error = soon("the read", read).await.expect_err("is told");
            assert!(!error.is_retryable());
            let LogError::Replaced {
                partition,
                asked,
                end,
            } = error
            else {
                panic!("{error:?}")
            };
            (partition, asked, end)
        }
    };
    assert_eq!(beyond(1).await, (P0, Offset(1), Offset(0)));
    for seq in 0..3 {
        append(&*log, vec![(P0, payload(0, seq, UnixMs(1)))]).await;
    }
    assert_eq!(beyond(1_000).await, (P0, Offset(1_000), Offset(3)));
    let end = log.read(P0, Offset(3), 10, NO_WAIT).await.expect("waits");
    assert!(end.is_empty());
    append(&*log, vec![(P0, payload(0, 3, UnixMs(1)))]).await;
    let entries = read(&*log, P0, 3, 10).await;
    assert_eq!(entries.iter().map(seq).collect::<Vec<_>>(), [3]);
}

/// Without a record a read ends empty after its wait.
pub async fn nothing_comes_within_the_wait(log: Arc<dyn PayloadLog>) {
    let read = log.read(P0, Offset(0), 10, Duration::from_millis(20));
    assert!(soon("the read", read).await.expect("reads").is_empty());
}

/// No records, no positions.
pub async fn an_empty_call_changes_nothing(log: Arc<dyn PayloadLog>) {
    assert!(append(&*log, Vec::new()).await.is_empty());
    assert_eq!(log.bounds(P0).await.expect("has bounds").end, Offset(0));
}

/// One wrong partition and nothing of the call is taken.
pub async fn an_unknown_partition_is_refused_with_the_whole_call(log: Arc<dyn PayloadLog>) {
    let partitions = log.partitions();
    let wrong = PartitionId(partitions);
    let records = vec![(P0, heartbeat(UnixMs(1))), (wrong, heartbeat(UnixMs(1)))];
    let is_refused = |error: LogError| matches!(error, LogError::NoSuchPartition { partition, partitions: n } if partition == wrong && n == partitions);
    assert!(is_refused(log.append(records).await.expect_err("refused")));
    assert!(is_refused(log.bounds(wrong).await.expect_err("refused")));
    assert!(is_refused(
        log.read(wrong, Offset(0), 1, NO_WAIT)
            .await
            .expect_err("refused")
    ));
    assert_eq!(log.bounds(P0).await.expect("has bounds").end, Offset(0));
}

/// The largest payload that ingest takes.
pub async fn a_record_of_512_kib_fits(log: Arc<dyn PayloadLog>) {
    let hint = Some("x".repeat(512 * 1024));
    let report = Report::Unreadable {
        kind: Kind::Processes,
        error: KindError::CollectorError,
        hint,
    };
    let record = Record::Payload(PayloadRecord {
        server: ServerId(0),
        received_at: UnixMs(1),
        event_at: UnixMs(1),
        skew_ms: 0,
        boot_id: Uuid::nil(),
        seq: 1,
        body_hash: 1,
        report: Arc::new(report),
    })
    .encode();
    append(
        &*log,
        vec![
            (P0, record.clone()),
            (P0, record.clone()),
            (P0, heartbeat(UnixMs(2))),
        ],
    )
    .await;
    let entries = read_all(&*log, P0, 0).await;
    assert_eq!(entries.len(), 3);
    assert_eq!(entries[1].bytes, record.bytes);
}

/// Three hours of records, received a minute apart, in calls of ten.
async fn three_hours(log: &dyn PayloadLog) {
    for ten in 0..18_i64 {
        let minutes = ten * 10..ten * 10 + 10;
        let records = minutes.map(|minute| {
            (
                P0,
                payload(0, minute.unsigned_abs(), UnixMs(minute * 60_000)),
            )
        });
        append(log, records.collect()).await;
    }
}

/// What was received before the time goes, what was received after stays, and a read in the gap names its end.
pub async fn trim_drops_the_old_and_reads_there_say_so(log: Arc<dyn PayloadLog>) {
    three_hours(&*log).await;
    let dropped = soon("trim", log.trim(UnixMs(2 * HOUR)))
        .await
        .expect("trims");
    let bounds = log.bounds(P0).await.expect("has bounds");
    assert_eq!(bounds.end, Offset(180));
    assert!((1..=120).contains(&bounds.first.0), "{bounds:?}");
    assert_eq!(dropped, bounds.first.0);
    let error = log
        .read(P0, Offset(0), 10, NO_WAIT)
        .await
        .expect_err("a gap");
    assert!(!error.is_retryable());
    let LogError::Trimmed {
        partition,
        asked,
        first,
    } = error
    else {
        panic!("{error:?}")
    };
    assert_eq!((partition, asked, first), (P0, Offset(0), bounds.first));
    let rest = read_all(&*log, P0, bounds.first.0).await;
    assert_eq!(
        rest.iter().map(seq).collect::<Vec<_>>(),
        (bounds.first.0..180).collect::<Vec<_>>()
    );
}

/// However old, the newest record of a partition stays: positions go on from it.
pub async fn trim_keeps_the_newest(log: Arc<dyn PayloadLog>) {
    three_hours(&*log).await;
    soon("trim", log.trim(UnixMs(1_000 * HOUR)))
        .await
        .expect("trims");
    let bounds = log.bounds(P0).await.expect("has bounds");
    assert_eq!(bounds.end, Offset(180));
    assert!(bounds.first < bounds.end);
    assert_eq!(seq(&read(&*log, P0, 179, 1).await[0]), 179);
}

/// A second trim to the same time, and a trim of an empty log.
pub async fn trim_of_nothing_drops_nothing(log: Arc<dyn PayloadLog>) {
    assert_eq!(log.trim(UnixMs(HOUR)).await.expect("trims"), 0);
    three_hours(&*log).await;
    assert_eq!(log.trim(UnixMs(0)).await.expect("trims"), 0);
    log.trim(UnixMs(2 * HOUR)).await.expect("trims");
    assert_eq!(log.trim(UnixMs(2 * HOUR)).await.expect("trims"), 0);
}

/// Positions go on where they were.
pub async fn appends_go_on_after_a_trim(log: Arc<dyn PayloadLog>) {
    three_hours(&*log).await;
    log.trim(UnixMs(1_000 * HOUR)).await.expect("trims");
    assert_eq!(
        append(&*log, vec![(P0, payload(0, 180, UnixMs(1)))]).await,
        [Offset(180)]
    );
    assert_eq!(
        read(&*log, P0, 180, 10)
            .await
            .iter()
            .map(seq)
            .collect::<Vec<_>>(),
        [180]
    );
}

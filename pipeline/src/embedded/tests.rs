//! What only the embedded back ends promise: survival of crashes and damage, one process, group commit.

use super::*;
use crate::clock::UnixMs;
use crate::contract::{DEADLINE, heartbeat, payload, soon};
use crate::dead_letter::DeadLetters;
use crate::id::{Offset, PartitionId};
use crate::log::{LogError, PayloadLog};
use crate::record::{Encoded, Entry, Record};
use crate::snapshot::{Snapshot, SnapshotKey, Snapshots};
use std::fs;
use tempfile::TempDir;

mod contracts {
    mod log {
        crate::log_contract!({
            let (embedded, dir) = crate::contract::temporary();
            (embedded.log, dir)
        });
    }
    mod log_without_memory {
        // Every read goes to the disk.
        crate::log_contract!({
            let (log, dir) = super::super::open_new(crate::embedded::EmbeddedOptions {
                tail_bytes: 0,
                ..super::super::options()
            });
            (log.log, dir)
        });
    }
    mod snapshots {
        crate::snapshots_contract!({
            let (embedded, dir) = crate::contract::temporary();
            (embedded.snapshots, dir)
        });
    }
    mod live_bus {
        crate::live_bus_contract!({
            let (embedded, dir) = crate::contract::temporary();
            (embedded.bus, dir)
        });
    }
    mod dead_letters {
        crate::dead_letters_contract!({
            let (embedded, dir) = crate::contract::temporary();
            (embedded.dead_letters, dir)
        });
    }
}

const P0: PartitionId = PartitionId(0);

fn options() -> EmbeddedOptions {
    EmbeddedOptions {
        min_free_bytes: 0,
        ..EmbeddedOptions::default()
    }
}

fn open_new(options: EmbeddedOptions) -> (Embedded, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    (Embedded::open(dir.path(), options).unwrap(), dir)
}

async fn append(log: &EmbeddedLog, seqs: std::ops::Range<u64>) {
    for seq in seqs {
        soon("append", log.append(vec![(P0, payload(0, seq, UnixMs(1)))]))
            .await
            .unwrap();
    }
}

fn seq(entry: &Entry) -> u64 {
    match &**entry.record().unwrap() {
        Record::Payload(payload) => payload.seq,
        other => panic!("{other:?}"),
    }
}

async fn seqs(log: &EmbeddedLog) -> Vec<u64> {
    let bounds = log.bounds(P0).await.unwrap();
    let mut found: Vec<u64> = Vec::new();
    let mut next = bounds.first;
    while next < bounds.end {
        let entries = soon("read", log.read(P0, next, 1_000, DEADLINE))
            .await
            .unwrap();
        next = entries.last().unwrap().offset.next();
        found.extend(entries.iter().map(seq));
    }
    found
}

fn journals(dir: &TempDir) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir.path().join("log")).unwrap();
    let mut journals: Vec<_> = entries
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "jnl"))
        .collect();
    journals.sort();
    journals
}

#[tokio::test]
async fn everything_is_there_after_it_was_opened_anew() {
    let (first, dir) = open_new(options());
    append(&first.log, 0..20).await;
    let (node, log_id) = (first.node, first.log.log_id());
    let snapshot = Snapshot {
        key: SnapshotKey::Partition,
        log_id,
        epoch: crate::id::Epoch(1),
        offset: Offset(19),
        state: "state".into(),
    };
    first
        .snapshots
        .put(P0, vec![snapshot.clone()])
        .await
        .unwrap();
    drop(first);

    let second = Embedded::open(dir.path(), options()).unwrap();
    assert_eq!((second.node, second.log.log_id()), (node, log_id));
    assert_eq!(second.snapshots.load(P0).await.unwrap(), [snapshot]);
    append(&second.log, 20..25).await;
    assert_eq!(seqs(&second.log).await, (0..25).collect::<Vec<_>>());
    drop(second);

    let third = Embedded::open(dir.path(), options()).unwrap();
    assert_eq!(seqs(&third.log).await, (0..25).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_second_process_is_refused_and_told_who_is_first() {
    let (first, dir) = open_new(options());
    let error = Embedded::open(dir.path(), options()).unwrap_err();
    assert!(
        matches!(&error, OpenError::Locked { holder, .. } if *holder == std::process::id().to_string())
    );
    assert!(
        error.to_string().contains("is in use by process"),
        "{error}"
    );
    // One part that is still used holds the directory.
    let bus_and_snapshots = (first.bus.clone(), first.snapshots.clone());
    drop(first);
    assert!(matches!(
        Embedded::open(dir.path(), options()),
        Err(OpenError::Locked { .. })
    ));
    drop(bus_and_snapshots);
    Embedded::open(dir.path(), options()).unwrap();
}

#[tokio::test]
async fn another_number_of_partitions_is_refused() {
    let (first, dir) = open_new(options());
    drop(first);
    let other = EmbeddedOptions {
        partitions: 5,
        ..options()
    };
    let error = Embedded::open(dir.path(), other).unwrap_err();
    assert!(
        matches!(error, OpenError::PartitionCount { found: 4, asked: 5 }),
        "{error}"
    );
}

/// As a crash leaves it: the log as it was on disk at that moment, without a close.
fn crashed_copy(dir: &TempDir, cut: Option<(&PathBuf, &[u8])>) -> TempDir {
    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            let target = to.join(path.file_name().unwrap());
            if path.is_dir() {
                copy(&path, &target);
            } else if path.extension().is_none_or(|e| e != "jnl") {
                fs::copy(&path, target).unwrap();
            }
        }
    }
    let crashed = tempfile::tempdir().unwrap();
    copy(&dir.path().join("log"), &crashed.path().join("log"));
    for journal in journals(dir) {
        let bytes = match cut {
            Some((path, bytes)) if *path == journal => bytes.to_vec(),
            _ => written(&journal),
        };
        fs::write(
            crashed
                .path()
                .join("log")
                .join(journal.file_name().unwrap()),
            bytes,
        )
        .unwrap();
    }
    crashed
}

/// A journal without the zeros it was preallocated with.
fn written(journal: &Path) -> Vec<u8> {
    let mut bytes = fs::read(journal).unwrap();
    bytes.truncate(
        bytes
            .iter()
            .rposition(|b| *b != 0)
            .map_or(0, |last| last + 1),
    );
    bytes
}

#[tokio::test]
async fn a_torn_tail_costs_what_nobody_was_told_of() {
    let (embedded, dir) = open_new(options());
    let journal = journals(&dir).pop().unwrap();
    // After each acknowledgement, how long the journal was: what a cut behind that point must not lose.
    let mut lengths = vec![written(&journal).len()];
    for seq in 0..6 {
        append(&embedded.log, seq..seq + 1).await;
        lengths.push(written(&journal).len());
    }
    let bytes = written(&journal);
    let mut cuts: Vec<usize> = (lengths[0]..bytes.len()).step_by(83).collect();
    cuts.extend(&lengths);
    for (index, cut) in cuts.into_iter().enumerate() {
        let acknowledged = lengths.iter().filter(|length| **length <= cut).count() as u64 - 1;
        {
            // The file may end there, or go on with what was preallocated.
            let torn = [&bytes[..cut], &vec![0; index % 2 * 512]].concat();
            let crashed = crashed_copy(&dir, Some((&journal, &torn)));
            let opened = Embedded::open(crashed.path(), options()).unwrap();
            assert_eq!(
                seqs(&opened.log).await,
                (0..acknowledged).collect::<Vec<_>>(),
                "cut at {cut}"
            );
            // And what is appended next is not confused by what was cut off.
            append(&opened.log, acknowledged..acknowledged + 1).await;
            drop(opened);
            let opened = Embedded::open(crashed.path(), options()).unwrap();
            assert_eq!(
                seqs(&opened.log).await,
                (0..=acknowledged).collect::<Vec<_>>(),
                "cut at {cut}"
            );
        }
    }
}

#[tokio::test]
async fn damage_before_intact_records_is_reported_never_skipped() {
    let (embedded, dir) = open_new(options());
    let journal = journals(&dir).pop().unwrap();
    let from = written(&journal).len();
    append(&embedded.log, 0..3).await;
    let damaged_until = written(&journal).len();
    append(&embedded.log, 3..6).await;
    let bytes = written(&journal);
    for at in (from..damaged_until).step_by(17) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x55;
        let crashed = crashed_copy(&dir, Some((&journal, &damaged)));
        match Embedded::open(crashed.path(), options()) {
            Err(OpenError::Damaged { .. } | OpenError::Database { .. }) => {}
            Err(other) => panic!("flipped at {at}: {other}"),
            Ok(opened) => {
                // A flip that the format does not notice must not have changed a thing.
                assert_eq!(
                    seqs(&opened.log).await,
                    (0..6).collect::<Vec<_>>(),
                    "flipped at {at}"
                );
            }
        }
    }
    let mut zeroed = bytes.clone();
    zeroed[from + 10..from + 60].fill(0);
    let crashed = crashed_copy(&dir, Some((&journal, &zeroed)));
    assert!(Embedded::open(crashed.path(), options()).is_err());
}

#[tokio::test]
async fn calls_at_the_same_time_share_a_commit() {
    let slow = EmbeddedOptions {
        commit_interval: Duration::from_millis(200),
        ..options()
    };
    let (embedded, dir) = open_new(slow);
    let journal = journals(&dir).pop().unwrap();
    append(&embedded.log, 0..1).await;
    let before = commits(&written(&journal));
    let calls: Vec<_> = (1..=50)
        .map(|seq| {
            let log = Arc::clone(&embedded.log);
            tokio::spawn(async move { log.append(vec![(P0, payload(0, seq, UnixMs(1)))]).await })
        })
        .collect();
    for call in calls {
        soon("append", call).await.unwrap().unwrap();
    }
    let made = commits(&written(&journal)) - before;
    assert!(
        (1..=5).contains(&made),
        "{made} commits for 50 calls within one interval"
    );
    assert_eq!(seqs(&embedded.log).await.len(), 51);
}

/// A full commit does not wait for the interval.
#[tokio::test]
async fn a_full_commit_begins_at_once() {
    let endless = EmbeddedOptions {
        commit_interval: Duration::from_secs(3_600),
        commit_records: 10,
        ..options()
    };
    let (embedded, _dir) = open_new(endless);
    append(&embedded.log, 0..1).await;
    let ten = (1..11)
        .map(|seq| (P0, payload(0, seq, UnixMs(1))))
        .collect();
    soon("append", embedded.log.append(ten)).await.unwrap();
    let records = (11..18)
        .map(|seq| (P0, payload(0, seq, UnixMs(1))))
        .collect();
    let log = Arc::clone(&embedded.log);
    let waiting = tokio::spawn(async move { log.append(records).await });
    let more = (18..21)
        .map(|seq| (P0, payload(0, seq, UnixMs(1))))
        .collect();
    soon("append", embedded.log.append(more)).await.unwrap();
    soon("append", waiting).await.unwrap().unwrap();
}

#[tokio::test]
async fn what_waits_when_the_log_is_dropped_is_committed() {
    let endless = EmbeddedOptions {
        commit_interval: Duration::from_secs(3_600),
        ..options()
    };
    let (embedded, dir) = open_new(endless);
    append(&embedded.log, 0..1).await;
    let log = Arc::clone(&embedded.log);
    let mut waiting =
        Box::pin(async move { log.append(vec![(P0, payload(0, 1, UnixMs(1)))]).await });
    assert!(futures::poll!(&mut waiting).is_pending());
    embedded.log.close();
    soon("the waiting append", waiting).await.unwrap();
    let refused = embedded
        .log
        .append(vec![(P0, heartbeat(UnixMs(1)))])
        .await
        .unwrap_err();
    assert!(refused.is_retryable(), "{refused}");
    drop(embedded);
    let opened = Embedded::open(dir.path(), options()).unwrap();
    assert_eq!(seqs(&opened.log).await, [0, 1]);
}

fn commits(journal: &[u8]) -> usize {
    journal.windows(4).filter(|w| *w == b"FJL\x03").count()
}

#[tokio::test]
async fn a_failed_commit_is_not_acknowledged_and_the_log_recovers() {
    let (embedded, _dir) = open_new(options());
    append(&embedded.log, 0..5).await;
    embedded.log.fail_next_commit();
    let error = embedded
        .log
        .append(vec![(P0, payload(0, 5, UnixMs(1)))])
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            LogError::Unavailable {
                operation: "append",
                ..
            }
        ),
        "{error}"
    );
    // While it is opened anew requests are refused, not kept waiting; then they are taken again.
    let again = async {
        while let Err(error) = embedded
            .log
            .append(vec![(P0, payload(0, 5, UnixMs(1)))])
            .await
        {
            assert!(error.is_retryable(), "{error}");
            tokio::task::yield_now().await;
        }
    };
    soon("recovery", again).await;
    assert_eq!(seqs(&embedded.log).await, [0, 1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn a_full_disk_refuses_records_and_keeps_reading() {
    let (embedded, dir) = open_new(options());
    append(&embedded.log, 0..3).await;
    drop(embedded);
    let full = EmbeddedOptions {
        min_free_bytes: u64::MAX,
        ..options()
    };
    let embedded = Embedded::open(dir.path(), full).unwrap();
    let error = embedded
        .log
        .append(vec![(P0, heartbeat(UnixMs(1)))])
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            LogError::DiskFull {
                needed_bytes: u64::MAX,
                ..
            }
        ) && error.is_retryable()
    );
    assert_eq!(seqs(&embedded.log).await, [0, 1, 2]);
    assert_eq!(soon("trim", embedded.log.trim(UnixMs(0))).await.unwrap(), 0);
}

#[tokio::test]
async fn more_than_the_queue_holds_is_refused_at_once() {
    let small = EmbeddedOptions {
        queue_bytes: 1_000,
        commit_interval: Duration::from_secs(3_600),
        ..options()
    };
    let (embedded, _dir) = open_new(small);
    append(&embedded.log, 0..1).await;
    let records = |n: u64| -> Vec<(PartitionId, Encoded)> {
        (0..n).map(|seq| (P0, payload(0, seq, UnixMs(1)))).collect()
    };
    let log = Arc::clone(&embedded.log);
    let mut waiting = Box::pin(async move { log.append(records(1)).await });
    assert!(futures::poll!(&mut waiting).is_pending());
    let error = soon("append", embedded.log.append(records(20)))
        .await
        .unwrap_err();
    assert!(
        error.is_retryable() && error.to_string().contains("too much waits"),
        "{error}"
    );
    embedded.log.close();
    soon("the waiting append", waiting).await.unwrap();
}

#[tokio::test]
async fn retention_survives_a_restart() {
    let (embedded, dir) = open_new(options());
    for hour in 0..10 {
        let at = UnixMs(i64::from(hour) * 3_600_000);
        let record = payload(0, u64::try_from(hour).unwrap(), at);
        embedded.log.append(vec![(P0, record)]).await.unwrap();
    }
    assert_eq!(embedded.log.trim(UnixMs(6 * 3_600_000)).await.unwrap(), 6);
    drop(embedded);
    let opened = Embedded::open(dir.path(), options()).unwrap();
    let bounds = opened.log.bounds(P0).await.unwrap();
    assert_eq!((bounds.first, bounds.end), (Offset(6), Offset(10)));
    assert_eq!(seqs(&opened.log).await, [6, 7, 8, 9]);
}

#[tokio::test]
async fn snapshots_recover_from_a_failed_database() {
    let (embedded, _dir) = open_new(options());
    let snapshot = Snapshot {
        key: SnapshotKey::Partition,
        log_id: embedded.log.log_id(),
        epoch: crate::id::Epoch(1),
        offset: Offset(1),
        state: "state".into(),
    };
    let put = || embedded.snapshots.put(P0, vec![snapshot.clone()]);
    put().await.unwrap();
    embedded.snapshots.fail().await;
    put().await.unwrap();
    assert_eq!(embedded.snapshots.load(P0).await.unwrap(), [snapshot]);
    assert!(embedded.dead_letters.list(1).await.unwrap().is_empty());
}

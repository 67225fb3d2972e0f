//! How fast the log on Kafka is, and what it costs this process. Not part of a test run:
//! `cargo test ... --test it contract_kafka::measure -- --ignored --nocapture`.

use super::{LONG, options};
use noc_pipeline::clock::{Stopwatch, UnixMs};
use noc_pipeline::id::{LogId, Offset, PartitionId, ServerId};
use noc_pipeline::kafka::{Kafka, KafkaOptions, TemporaryTopics};
use noc_pipeline::log::PayloadLog;
use noc_pipeline::payload::{Disks, Partition, Report};
use noc_pipeline::record::{Encoded, PayloadRecord, Record};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use uuid::Uuid;

const RECORDS: u64 = 100_000;
const TASKS: u64 = 64;

/// About 2 KB, with numbers as servers have them.
fn record(server: u32, seq: u64) -> Encoded {
    let mut state = seq.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut number = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        Some(state >> 24)
    };
    let partitions = (0..11).map(|n| Partition {
        mount: format!("/home{n}/customers"),
        device: format!("/dev/mapper/vg0-home{n}"),
        fstype: "ext4".to_owned(),
        bytes_total: number(),
        bytes_used: number(),
        inodes_total: number(),
        inodes_used: number(),
    });
    let disks = Disks {
        partitions: partitions.collect(),
    };
    Record::Payload(PayloadRecord {
        server: ServerId(server),
        received_at: UnixMs(1_700_000_000_000),
        event_at: UnixMs(1_700_000_000_000),
        skew_ms: 3,
        boot_id: Uuid::from_u128(7),
        seq,
        body_hash: seq,
        report: Arc::new(Report::Data(disks.into())),
    })
    .encode()
}

/// User and system time of this process so far.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("proc");
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .expect("fields")
        .split(' ')
        .collect();
    let ticks: u64 = [12, 13]
        .iter()
        .map(|n| fields[*n].parse::<u64>().expect("ticks"))
        .sum();
    Duration::from_millis(ticks * 10)
}

async fn measure(partitions: u32, linger: Duration, follow: bool) {
    let options = KafkaOptions {
        partitions,
        linger,
        ..options()
    };
    let _topics = TemporaryTopics::new(&options);
    let opened = Kafka::open(options, LogId(Uuid::new_v4())).await;
    let kafka = opened.expect("opens");
    let bytes = record(1, 1).bytes.len();
    let next = Arc::new(AtomicU64::new(0));
    // Made before the clock starts: ingest makes them with or without Kafka.
    let records: Arc<Vec<Encoded>> = Arc::new(
        (0..RECORDS)
            .map(|n| record(u32::try_from(n % 997).expect("small"), n))
            .collect(),
    );
    let followers: Vec<_> = (0..if follow { partitions } else { 0 })
        .map(|partition| {
            let log = Arc::clone(&kafka.log);
            let expected = (0..RECORDS)
                .filter(|n| n % 997 % u64::from(partitions) == u64::from(partition))
                .count() as u64;
            tokio::spawn(async move {
                let mut next = Offset(0);
                while next.0 < expected {
                    let read = log.read(PartitionId(partition), next, 1_000, LONG).await;
                    next = read
                        .expect("reads")
                        .last()
                        .map_or(next, |e| e.offset.next());
                }
            })
        })
        .collect();
    let (watch, before) = (Stopwatch::start(), cpu());
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let (log, next, records) = (
                Arc::clone(&kafka.log),
                Arc::clone(&next),
                Arc::clone(&records),
            );
            tokio::spawn(async move {
                let mut took = Vec::new();
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let Some(record) = usize::try_from(n).ok().and_then(|n| records.get(n)) else {
                        return took;
                    };
                    let id = ServerId(u32::try_from(n % 997).expect("small")).partition(partitions);
                    let watch = Stopwatch::start();
                    log.append(vec![(id, record.clone())])
                        .await
                        .expect("appends");
                    took.push(watch.elapsed());
                }
            })
        })
        .collect();
    let mut took = Vec::new();
    for task in tasks {
        took.extend(task.await.expect("no panic"));
    }
    for follower in followers {
        follower.await.expect("no panic");
    }
    let (wall, cpu) = (
        watch.elapsed().as_secs_f64(),
        (cpu() - before).as_secs_f64(),
    );
    took.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
    let rate = RECORDS as f64 / wall;
    println!(
        "{partitions} partitions, linger {linger:?}, followed {follow}: {bytes} bytes a record, {rate:.0} records/s, \
         {wall:.2} s, {cpu:.2} CPU-s, ack p50 {:?} p99 {:?}",
        took[took.len() / 2],
        took[took.len() * 99 / 100]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement, no test"]
async fn appends_of_one_record_from_64_tasks() {
    for partitions in [4, 64] {
        for (linger, follow) in [(2, false), (5, false), (2, true)] {
            measure(partitions, Duration::from_millis(linger), follow).await;
        }
    }
}

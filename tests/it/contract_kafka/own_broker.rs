//! A broker of the test's own, which may be killed: what was acknowledged stays, in its order.

use super::{LONG, P0, seqs};
use futures::future::join_all;
use noc_pipeline::clock::{Stopwatch, UnixMs, sleep};
use noc_pipeline::contract::{payload, soon};
use noc_pipeline::id::{LogId, Offset, PartitionId};
use noc_pipeline::kafka::{Kafka, KafkaOptions, temporary_options};
use noc_pipeline::log::{LogError, PayloadLog};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use uuid::Uuid;

/// One broker below a temporary folder, run by the script that runs the stack.
struct Broker {
    dir: TempDir,
    port: u16,
}

/// Where free ports are looked for next.
static NEXT_PORT: AtomicU16 = AtomicU16::new(0);

fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the workspace").to_path_buf()
}

impl Broker {
    fn start() -> Self {
        let stack = std::env::var_os("STACK_DIR").map(PathBuf::from);
        let stack = stack.unwrap_or_else(|| root().join(".stack"));
        let jars = stack.join("lib");
        assert!(
            jars.join(".complete").exists(),
            "no Kafka below {}: `make stack` fetches it",
            jars.display()
        );
        let dir = tempfile::tempdir().expect("a temporary folder");
        std::os::unix::fs::symlink(jars, dir.path().join("lib")).expect("a link to the jars");
        // The script's ports lie at fixed distances from its base. Tests at the same time take different ones, below those
        // that the system gives to whoever connects.
        let free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
        let tries = || NEXT_PORT.fetch_add(307, Ordering::Relaxed) % 8_000 + 20_000;
        let port = std::iter::repeat_with(tries)
            .take(60)
            .find(|base| free(base + 91) && free(base + 191))
            .expect("free ports");
        let broker = Self { dir, port };
        broker.script("start");
        broker
    }

    fn script(&self, what: &str) {
        let done = Command::new(root().join("tests/stack/stack.sh"))
            .args([what, "kafka-1"])
            .env("STACK_DIR", self.dir.path())
            .env("STACK_PORT", self.port.to_string())
            // Nothing but one broker.
            .env_remove("STACK")
            .status()
            .expect("the stack's script runs");
        assert!(done.success(), "stack.sh {what} kafka-1: {done}");
    }

    fn options(&self) -> KafkaOptions {
        temporary_options(&format!("127.0.0.1:{}", self.port + 91))
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.script("kill");
    }
}

/// `kill -9` and a new start under load, twice: what was acknowledged is there once or more, in the order of
/// acknowledgement, and what readers saw before is what they see after.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_broker_loses_and_reorders_nothing_acknowledged() {
    let broker = Broker::start();
    let options = KafkaOptions {
        produce_timeout: Duration::from_secs(2),
        ..broker.options()
    };
    let opened = Kafka::open(options, LogId(Uuid::new_v4())).await;
    let kafka = Arc::new(opened.expect("opens"));
    let stop = Arc::new(AtomicBool::new(false));
    // Each writer has its partition, and repeats what was not acknowledged, as agents do.
    let writers: Vec<_> = (0..4_u32)
        .map(|partition| {
            let (kafka, stop) = (Arc::clone(&kafka), Arc::clone(&stop));
            tokio::spawn(async move {
                let (mut seq, mut refused) = (0_u64, 0_u64);
                let mut acknowledged = Vec::new();
                while !stop.load(Ordering::Acquire) {
                    let records = (seq..seq + 3).map(|n| {
                        let id = PartitionId(partition);
                        (id, payload(partition, n, UnixMs(1)))
                    });
                    match kafka.log.append(records.collect()).await {
                        Ok(offsets) => {
                            acknowledged.extend((seq..).zip(offsets));
                            seq += 3;
                        }
                        Err(error) => {
                            assert!(error.is_retryable(), "{error:?}");
                            refused += 1;
                        }
                    }
                }
                (acknowledged, refused)
            })
        })
        .collect();
    let first = soon("the first records", kafka.log.read(P0, Offset(0), 10, LONG));
    let before = first.await.expect("reads");
    for _ in 0..2 {
        tokio::task::block_in_place(|| broker.script("kill"));
        // Long enough for writers to be refused, not only delayed.
        let down = Stopwatch::start();
        while down.elapsed() < Duration::from_secs(3) {
            sleep(Duration::from_millis(50)).await;
        }
        tokio::task::block_in_place(|| broker.script("start"));
        soon("an append after the start", async {
            let beat = || vec![(P0, payload(0, u64::MAX, UnixMs(1)))];
            while kafka.log.append(beat()).await.is_err() {}
        })
        .await;
    }
    stop.store(true, Ordering::Release);
    let mut refused = 0;
    for (partition, writer) in (0..).map(PartitionId).zip(writers) {
        let (acknowledged, not) = soon("a writer", writer).await.expect("no panic");
        refused += not;
        assert!(acknowledged.is_sorted_by_key(|(_, offset)| *offset));
        let mut found = Vec::new();
        let last = acknowledged.last().expect("something was acknowledged").1;
        while (found.len() as u64) <= last.0 {
            let from = Offset(found.len() as u64);
            let read = kafka.log.read(partition, from, 1_000, LONG);
            found.extend(seqs(&soon("read", read).await.expect("reads")));
        }
        for (seq, offset) in acknowledged {
            let at = usize::try_from(offset.0).expect("small");
            assert_eq!(found[at], seq, "{partition} at {offset}");
        }
    }
    assert!(refused > 0, "the broker was away, and nobody was told");
    let again = kafka.log.read(P0, Offset(0), before.len(), LONG);
    let again = soon("reading again", again).await.expect("reads");
    assert_eq!(seqs(&again), seqs(&before)[..again.len()]);
}

/// A broker that is there and does not answer: appends are told in time, and go on when it goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_broker_is_told_in_time() {
    let broker = Broker::start();
    let options = KafkaOptions {
        produce_timeout: Duration::from_secs(1),
        ..broker.options()
    };
    let opened = Kafka::open(options, LogId(Uuid::new_v4())).await;
    let kafka = opened.expect("opens");
    let append = || kafka.log.append(vec![(P0, payload(0, 1, UnixMs(1)))]);
    soon("append", append()).await.expect("appends");
    tokio::task::block_in_place(|| broker.script("pause"));
    let watch = Stopwatch::start();
    let told = soon("append", append()).await;
    let took = watch.elapsed();
    // Both readers of 64 partitions, say, which ask for bounds now and then: none waits for all before it.
    let asking = (0..128).map(|_| kafka.log.bounds(P0));
    let answers = soon("bounds", join_all(asking)).await;
    tokio::task::block_in_place(|| broker.script("resume"));
    assert!(answers.iter().all(Result::is_err), "{answers:?}");
    assert!(
        matches!(told, Err(LogError::Unavailable { .. })),
        "{told:?}"
    );
    assert!(took < Duration::from_secs(4), "{took:?}");
    soon("going on", async { while append().await.is_err() {} }).await;
}

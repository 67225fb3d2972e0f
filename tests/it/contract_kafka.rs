//! The Kafka back ends pass the pipeline's contracts, on a real broker; and what is Kafka's alone.

mod measure;
mod own_broker;
#[cfg(feature = "kafka-tls")]
mod tls;

use noc_pipeline::clock::{Stopwatch, UnixMs, sleep};
use noc_pipeline::contract::{heartbeat, payload, soon};
use noc_pipeline::dead_letter::{DeadLetter, DeadLetters};
use noc_pipeline::id::{Epoch, LogId, Offset, PartitionId, ServerId};
use noc_pipeline::kafka::{
    Kafka, KafkaError, KafkaOptions, TemporaryTopics, fingerprint, temporary, temporary_options,
};
use noc_pipeline::live::{LiveBus, LiveEvent};
use noc_pipeline::log::{LogError, PayloadLog};
use noc_pipeline::record::{Entry, Record};
use noc_pipeline::snapshot::{Snapshot, SnapshotKey, Snapshots};
use noc_tests::parts::Servers;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::TryRecvError;
use uuid::Uuid;

const P0: PartitionId = PartitionId(0);
const LONG: Duration = Duration::from_secs(30);

/// For topics of a test's own.
fn options() -> KafkaOptions {
    let servers = Servers::known();
    KafkaOptions {
        security: servers.kafka_security(),
        ..temporary_options(&servers.brokers)
    }
}

async fn fresh() -> (Kafka, TemporaryTopics) {
    temporary(options()).await
}

mod log {
    noc_pipeline::log_contract!({
        let (kafka, topics) = super::fresh().await;
        (kafka.log.clone(), (kafka, topics))
    });
}

mod snapshots {
    noc_pipeline::snapshots_contract!({
        let (kafka, topics) = super::fresh().await;
        (kafka.snapshots.clone(), (kafka, topics))
    });
}

mod live_bus {
    noc_pipeline::live_bus_contract!({
        let (kafka, topics) = super::fresh().await;
        (kafka.bus.clone(), (kafka, topics))
    });
}

mod dead_letters {
    noc_pipeline::dead_letters_contract!({
        let (kafka, topics) = super::fresh().await;
        (kafka.dead_letters.clone(), (kafka, topics))
    });
}

/// Another node on the same topics.
async fn join(topics: &TemporaryTopics) -> Kafka {
    let opened = Kafka::open(topics.options(), LogId(Uuid::nil())).await;
    opened.expect("a second node opens the topics of the first")
}

fn seq(entry: &Entry) -> u64 {
    match &**entry.record().expect("a record of ours") {
        Record::Payload(payload) => payload.seq,
        other => panic!("expected a payload, got {other:?}"),
    }
}

fn seqs(entries: &[Entry]) -> Vec<u64> {
    entries.iter().map(seq).collect()
}

async fn append(kafka: &Kafka, seq: u64) -> Offset {
    let records = vec![(P0, payload(0, seq, UnixMs(1)))];
    let appended = soon("append", kafka.log.append(records)).await;
    appended.expect("appends")[0]
}

async fn read(kafka: &Kafka, from: u64) -> Vec<Entry> {
    let read = kafka.log.read(P0, Offset(from), 1_000, LONG);
    soon("read", read).await.expect("reads")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_write_one_log_and_read_the_same() {
    let (one, topics) = fresh().await;
    let two = join(&topics).await;
    for n in 0..20 {
        let (node, other) = if n % 2 == 0 {
            (&one, &two)
        } else {
            (&two, &one)
        };
        assert_eq!(append(node, n).await, Offset(n));
        assert_eq!(seqs(&read(other, n).await), [n]);
    }
    let (all, same) = (read(&one, 0).await, read(&two, 0).await);
    assert_eq!(seqs(&all), (0..20).collect::<Vec<_>>());
    for (entry, other) in all.iter().zip(&same) {
        assert_eq!((entry.offset, &entry.bytes), (other.offset, &other.bytes));
    }
    // What another node appended counts within the age that bounds may have.
    let bounds = two.log.bounds(P0).await.expect("has bounds");
    assert_eq!((bounds.first, bounds.end), (Offset(0), Offset(20)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_reader_hears_of_another_nodes_record_at_once() {
    let (one, topics) = fresh().await;
    let two = join(&topics).await;
    // The first read finds its place; what is measured is a reader that follows.
    append(&one, 0).await;
    read(&two, 0).await;
    let mut took: Vec<Duration> = Vec::new();
    for n in 1..=50 {
        let log = Arc::clone(&two.log);
        let reader = tokio::spawn(async move { log.read(P0, Offset(n), 10, LONG).await });
        append(&one, n).await;
        let since = Stopwatch::start();
        let entries = soon("the waiting read", reader).await.expect("no panic");
        took.push(since.elapsed());
        assert_eq!(seqs(&entries.expect("reads")), [n]);
    }
    took.sort_unstable();
    // Between the acknowledgement and the reader's waking; a polled log would take half of its pause.
    assert!(took[25] < Duration::from_millis(25), "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_at_three_places_get_everything_and_a_fourth_is_refused() {
    let (kafka, _topics) = fresh().await;
    for call in 0..20_u64 {
        let records = (0..50).map(|n| (P0, payload(0, call * 50 + n, UnixMs(1))));
        kafka.log.append(records.collect()).await.expect("appends");
    }
    let readers = [0_u64, 300, 700].map(|from| {
        let log = Arc::clone(&kafka.log);
        tokio::spawn(async move {
            let mut next = from;
            while next < 1_000 {
                // Different paces, so that they meet and part.
                let max = usize::try_from(7 + from % 11).expect("small");
                let read = log.read(P0, Offset(next), max, LONG);
                for entry in soon("read", read).await.expect("reads") {
                    assert_eq!((entry.offset.0, seq(&entry)), (next, next));
                    next += 1;
                }
            }
        })
    });
    for reader in readers {
        soon("a reader", reader).await.expect("reads everything");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replaced_topic_is_recognised() {
    let (kafka, topics) = fresh().await;
    for n in 0..10 {
        append(&kafka, n).await;
    }
    assert_eq!(read(&kafka, 0).await.len(), 10);
    topics.delete().await;
    let options = topics.options();
    // Deleting takes the brokers a moment.
    let anew = soon("making the topics anew", async {
        loop {
            match Kafka::open(options.clone(), LogId(Uuid::nil())).await {
                Ok(kafka) => break kafka,
                Err(_) => sleep(Duration::from_millis(50)).await,
            }
        }
    })
    .await;
    append(&anew, 100).await;
    let told = soon("being told", async {
        loop {
            let read = kafka
                .log
                .read(P0, Offset(10), 10, Duration::from_millis(100));
            match read.await {
                Err(error @ LogError::Replaced { .. }) => break error,
                Err(error) => assert!(error.is_retryable(), "{error:?}"),
                Ok(entries) => assert!(entries.is_empty(), "{entries:?}"),
            }
        }
    });
    let LogError::Replaced { asked, .. } = told.await else {
        unreachable!()
    };
    assert_eq!(asked, Offset(10));
}

/// Even once the new log is longer than the old one was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replaced_topic_that_grew_is_recognised() {
    let (kafka, topics) = fresh().await;
    for n in 0..3 {
        append(&kafka, n).await;
    }
    assert_eq!(read(&kafka, 0).await.len(), 3);
    topics.delete().await;
    // The reader notices that the topic is gone, before there is another.
    let gone = soon("noticing", async {
        loop {
            match kafka
                .log
                .read(P0, Offset(3), 10, Duration::from_millis(100))
                .await
            {
                Ok(entries) => assert!(entries.is_empty()),
                Err(error) => break error,
            }
        }
    });
    assert!(gone.await.is_retryable());
    let options = topics.options();
    let anew = soon("making the topics anew", async {
        loop {
            match Kafka::open(options.clone(), LogId(Uuid::nil())).await {
                Ok(kafka) => break kafka,
                Err(_) => sleep(Duration::from_millis(50)).await,
            }
        }
    })
    .await;
    for n in 100..120 {
        append(&anew, n).await;
    }
    soon("being told", async {
        loop {
            match kafka
                .log
                .read(P0, Offset(3), 10, Duration::from_millis(100))
                .await
            {
                Err(LogError::Replaced { .. }) => break,
                Err(error) => assert!(error.is_retryable(), "{error:?}"),
                Ok(entries) => assert!(
                    entries.is_empty(),
                    "other records at our position: {entries:?}"
                ),
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_number_of_partitions_is_refused() {
    let (_kafka, topics) = fresh().await;
    let options = KafkaOptions {
        partitions: 8,
        ..topics.options()
    };
    let error = Kafka::connect(options.clone()).await.expect_err("refused");
    assert!(matches!(error, KafkaError::Unfit { .. }) && !error.is_retryable());
    let text = error.to_string();
    assert!(
        text.contains("payloads has partitions: 4, 8 is needed"),
        "{text}"
    );
    let error = Kafka::inspect(options).await.expect_err("refused");
    assert!(error.to_string().contains("4, 8"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_on_the_cluster_is_told_and_looking_changes_nothing() {
    let options = self::options();
    let facts = Kafka::inspect(options.clone()).await.expect("looks");
    assert!(facts.brokers >= 1 && facts.topics.is_empty());
    assert!(
        Kafka::inspect(options.clone())
            .await
            .expect("looks")
            .topics
            .is_empty()
    );
    let _guard = TemporaryTopics::new(&options);
    let connected = Kafka::connect(options.clone()).await.expect("connects");
    let facts = connected.facts();
    assert_eq!(
        facts,
        &Kafka::inspect(options.clone()).await.expect("looks")
    );
    let names: Vec<_> = facts
        .topics
        .iter()
        .map(|t| (t.name.strip_prefix(&options.topic_prefix), t.partitions))
        .collect();
    let expected = [
        ("payloads", 4),
        ("snapshots", 4),
        ("live", 1),
        ("dead-letters", 1),
    ];
    assert_eq!(names, expected.map(|(name, n)| (Some(name), n)));
    let copies = facts.brokers.min(3);
    assert!(facts.topics.iter().all(|t| t.replication == copies));
    assert_eq!(facts.survives_a_broker(), copies == 3);
    assert_eq!(facts.warnings, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_can_be_looked_at_before_it_is_opened() {
    let (kafka, topics) = fresh().await;
    append(&kafka, 7).await;
    let entries = read(&kafka, 0).await;
    let connected = Kafka::connect(topics.options()).await.expect("connects");
    let bounds = connected.bounds().await.expect("has bounds");
    assert_eq!(
        bounds.iter().map(|b| b.end.0).collect::<Vec<_>>(),
        [1, 0, 0, 0]
    );
    let look = async |partition, offset| {
        let look = connected.fingerprint(PartitionId(partition), Offset(offset));
        look.await
    };
    let found = look(0, 0).await.expect("looks");
    assert_eq!(found, Some(fingerprint(&entries[0].bytes)));
    assert_eq!(look(0, 1).await.expect("looks"), None);
    assert_eq!(look(1, 0).await.expect("looks"), None);
    assert!(matches!(
        look(4, 0).await,
        Err(LogError::NoSuchPartition { .. })
    ));
    let id = LogId(Uuid::new_v4());
    let opened = connected.open(id).await.expect("opens");
    assert_eq!(opened.log.log_id(), id);
    assert_eq!(seqs(&read(&opened, 0).await), [7]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_too_large_is_no_matter_of_trying_again() {
    let (kafka, _topics) = fresh().await;
    let mut record = heartbeat(UnixMs(1));
    record.bytes = vec![0; 3 << 20].into();
    let refused = kafka
        .log
        .append(vec![(P0, record)])
        .await
        .expect_err("refused");
    assert!(
        matches!(refused, LogError::TooLarge { bytes } if bytes == 3 << 20),
        "{refused:?}"
    );
    assert!(!refused.is_retryable());
    assert_eq!(append(&kafka, 1).await, Offset(0));
}

fn snapshot(epoch: u64, offset: u64, state: &str) -> Snapshot {
    Snapshot {
        key: SnapshotKey::Server(ServerId(1)),
        log_id: LogId(Uuid::nil()),
        epoch: Epoch(epoch),
        offset: Offset(offset),
        state: state.to_owned().into(),
    }
}

/// An owner that lost its partition and does not know yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_owners_snapshot_does_not_hide_its_successors() {
    let (late, topics) = fresh().await;
    let successor = join(&topics).await;
    let put = async |kafka: &Kafka, s| kafka.snapshots.put(P0, vec![s]).await.expect("puts");
    put(&late, snapshot(1, 90, "late")).await;
    put(&successor, snapshot(2, 10, "successor")).await;
    put(&late, snapshot(1, 99, "later")).await;
    let third = join(&topics).await;
    for kafka in [&late, &successor, &third] {
        let key = SnapshotKey::Server(ServerId(1));
        let got = kafka
            .snapshots
            .get(P0, key)
            .await
            .expect("gets")
            .expect("kept");
        assert_eq!(got.state, "successor");
        let loaded = kafka.snapshots.load(P0).await.expect("loads");
        assert_eq!(loaded, [got]);
    }
    successor
        .snapshots
        .remove(P0, SnapshotKey::Server(ServerId(1)))
        .await
        .expect("removes");
    assert!(late.snapshots.load(P0).await.expect("loads").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_hear_each_other_and_themselves_once() {
    let (one, topics) = fresh().await;
    let two = join(&topics).await;
    let mut ears = [one.bus.subscribe(), two.bus.subscribe()];
    let event = |incident| LiveEvent::IncidentOpened { incident };
    one.bus.publish(event(1)).await;
    for ear in &mut ears {
        assert_eq!(soon("hear", ear.recv()).await, Ok(event(1)));
    }
    // When the second event is there, a repeat of the first would be too.
    two.bus.publish(event(2)).await;
    for ear in &mut ears {
        assert_eq!(soon("hear", ear.recv()).await, Ok(event(2)));
        assert_eq!(ear.try_recv(), Err(TryRecvError::Empty));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_share_dead_letters() {
    let (one, topics) = fresh().await;
    let two = join(&topics).await;
    let letter = |at| DeadLetter {
        partition: P0,
        offset: Offset(4),
        stage: "decode".to_owned(),
        at: UnixMs(at),
        server: None,
        reason: "no record".to_owned(),
        bytes: vec![1, 2, 3].into(),
    };
    one.dead_letters.put(letter(1)).await.expect("puts");
    two.dead_letters
        .put(letter(2))
        .await
        .expect("changes nothing");
    for kafka in [&one, &two] {
        let listed = kafka.dead_letters.list(10).await.expect("lists");
        assert_eq!(listed, [letter(1)]);
    }
    assert!(
        two.dead_letters
            .remove(P0, Offset(4), "decode")
            .await
            .expect("removes")
    );
    assert!(one.dead_letters.list(10).await.expect("lists").is_empty());
}

/// Nothing listens there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_broker_is_an_error_that_may_pass() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = closed.local_addr().expect("an address").to_string();
    drop(closed);
    let error = soon("an answer", Kafka::connect(temporary_options(&address))).await;
    let error = error.expect_err("nobody there");
    assert!(error.is_retryable());
    assert!(error.to_string().contains(&address), "{error}");
}

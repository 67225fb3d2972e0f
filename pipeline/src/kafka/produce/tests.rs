//! The producer against librdkafka's own mock of a cluster, which can be told to fail.

use super::*;
use crate::clock::sleep;
use crate::contract::soon;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};

const TOPIC: &str = "noc.payloads";

fn cluster(
    change: impl FnOnce(&mut KafkaOptions),
) -> (MockCluster<'static, DefaultProducerContext>, Producer) {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic(TOPIC, 3, 1).unwrap();
    let mut options = KafkaOptions {
        brokers: cluster.bootstrap_servers(),
        partitions: 3,
        produce_timeout: Duration::from_secs(5),
        ..KafkaOptions::default()
    };
    change(&mut options);
    let producer = Producer::new(Arc::new(options)).unwrap();
    (cluster, producer)
}

fn record(partition: i32, value: &[u8]) -> Outgoing<'_> {
    Outgoing {
        partition,
        key: None,
        value: Some(value),
        timestamp: None,
    }
}

async fn send(producer: &Producer, records: &[Outgoing<'_>]) -> Answer {
    soon("send", producer.send(TOPIC, records)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn offsets_come_in_the_order_given() {
    let (_cluster, producer) = cluster(|_| {});
    let places = [1, 0, 1, 2, 0].map(|partition| record(partition, b"x"));
    assert_eq!(send(&producer, &places).await.unwrap(), [0, 0, 1, 0, 1]);
    assert_eq!(send(&producer, &places).await.unwrap(), [2, 2, 3, 1, 3]);
    assert!(send(&producer, &[]).await.unwrap().is_empty());
    assert_eq!(producer.waiting_bytes(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_is_bounded_and_refused_at_once() {
    let (cluster, producer) = cluster(|options| options.queue_bytes = 1_000);
    send(&producer, &[record(0, b"connect")]).await.unwrap();
    cluster
        .broker_round_trip_time(1, Duration::from_secs(2))
        .unwrap();
    let large = vec![0; 800];
    let waiting = producer.send(TOPIC, &[record(0, &large)]);
    let watch = Stopwatch::start();
    let refused = send(&producer, &[record(1, &large)]).await.unwrap_err();
    assert!(watch.elapsed() < Duration::from_secs(1));
    assert!(refused.to_string().contains("too much waits"), "{refused}");
    assert_eq!(producer.waiting_bytes(), 800);
    assert_eq!(soon("the first", waiting).await.unwrap(), [1]);
    assert_eq!(producer.waiting_bytes(), 0);
    assert_eq!(send(&producer, &[record(1, &large)]).await.unwrap(), [0]);
    // A single call may be larger than the limit.
    assert!(send(&producer, &[record(2, &[1; 5_000])]).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_is_away_is_an_error_in_time_and_passes() {
    let (cluster, producer) = cluster(|options| options.produce_timeout = Duration::from_secs(2));
    send(&producer, &[record(0, b"connect")]).await.unwrap();
    cluster.broker_down(1).unwrap();
    let watch = Stopwatch::start();
    assert!(matches!(
        send(&producer, &[record(0, b"x")]).await,
        Err(ProduceError::Failed(_))
    ));
    let took = watch.elapsed();
    assert!(took < Duration::from_secs(6), "{took:?}");
    cluster.broker_up(1).unwrap();
    soon("its return", async {
        while producer.send(TOPIC, &[record(0, b"x")]).await.is_err() {}
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_that_pass_are_not_seen() {
    let (cluster, producer) = cluster(|_| {});
    send(&producer, &[record(0, b"connect")]).await.unwrap();
    let errors = [
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
    ];
    cluster.request_errors(RDKafkaApiKey::Produce, &errors);
    assert_eq!(send(&producer, &[record(0, b"x")]).await.unwrap(), [1]);
}

/// An idempotent producer that lost count stops for good; ours is made anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fatal_error_costs_one_call_and_a_new_producer() {
    let (cluster, producer) = cluster(|_| {});
    send(&producer, &[record(0, b"connect")]).await.unwrap();
    let before = Arc::clone(&producer.current.read());
    let lost_count = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER];
    cluster.request_errors(RDKafkaApiKey::Produce, &lost_count);
    assert!(matches!(
        send(&producer, &[record(0, b"x")]).await,
        Err(ProduceError::Failed(_))
    ));
    cluster.clear_request_errors(RDKafkaApiKey::Produce);
    soon("a producer that works", async {
        while producer.send(TOPIC, &[record(0, b"x")]).await.is_err() {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    assert!(before.client.client().fatal_error().is_some());
    assert!(!Arc::ptr_eq(&before, &producer.current.read()));
    drop(before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_too_large_says_so() {
    let (_cluster, producer) = cluster(|_| {});
    let refused = send(&producer, &[record(0, &vec![0; 3 << 20])]).await;
    assert!(matches!(refused, Err(ProduceError::TooLarge { bytes }) if bytes == 3 << 20));
    assert_eq!(producer.waiting_bytes(), 0);
    assert_eq!(send(&producer, &[record(0, b"x")]).await.unwrap(), [0]);
}

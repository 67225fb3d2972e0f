//! Ingest on a log that misbehaves: an answer in time, and the truth in it.

use actix_web::web::Data;
use actix_web::{App, test};
use async_trait::async_trait;
use noc_api::config;
use noc_api::ingest::{self, Agents, Ingest};
use noc_api::metrics::Registry;
use noc_pipeline::clock::{Stopwatch, UnixMs};
use noc_pipeline::id::{LogId, Offset, PartitionId};
use noc_pipeline::log::{Bounds, LogError, PayloadLog};
use noc_pipeline::record::{Encoded, Entry};
use noc_tests::{Harness, TestAgent, metrics};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How the log misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Never answers.
    Stuck,
    /// Stores the records, and says that it did not.
    LosesAnswers,
}

/// A log with a fault, for its first `faulty` appends.
struct FaultyLog {
    inner: Arc<dyn PayloadLog>,
    fault: Fault,
    faulty: AtomicUsize,
}

#[async_trait]
impl PayloadLog for FaultyLog {
    fn partitions(&self) -> u32 {
        self.inner.partitions()
    }

    fn log_id(&self) -> LogId {
        self.inner.log_id()
    }

    async fn append(&self, records: Vec<(PartitionId, Encoded)>) -> Result<Vec<Offset>, LogError> {
        let left = self.faulty.load(Ordering::SeqCst);
        if left == 0 {
            return self.inner.append(records).await;
        }
        self.faulty.store(left - 1, Ordering::SeqCst);
        if self.fault == Fault::Stuck {
            return std::future::pending().await;
        }
        self.inner.append(records).await?;
        Err(LogError::Unavailable {
            operation: "append",
            reason: "the answer got lost".into(),
        })
    }

    async fn read(
        &self,
        partition: PartitionId,
        from: Offset,
        max: usize,
        wait: Duration,
    ) -> Result<Vec<Entry>, LogError> {
        self.inner.read(partition, from, max, wait).await
    }

    async fn bounds(&self, partition: PartitionId) -> Result<Bounds, LogError> {
        self.inner.bounds(partition).await
    }

    async fn trim(&self, before: UnixMs) -> Result<u64, LogError> {
        self.inner.trim(before).await
    }
}

/// Posts the same payload `times` times to an ingest of its own on a log with a fault: the statuses.
async fn post(harness: &Harness, agent: &TestAgent, fault: Fault, times: usize) -> Vec<u16> {
    let mut parts = harness.parts().clone();
    parts.registry = Registry::new();
    parts.log = Arc::new(FaultyLog {
        inner: Arc::clone(&harness.parts().log),
        fault,
        faulty: AtomicUsize::new(1),
    });
    let agents = Agents::load(parts.clone(), 10, 120).await.unwrap();
    let settings = config::Ingest {
        append_timeout_ms: 200,
        ..config::Ingest::default()
    };
    let ingest = Ingest::new(parts, agents, &settings, Vec::new()).unwrap();
    let app = App::new()
        .app_data(Data::new(ingest))
        .configure(ingest::configure);
    let app = test::init_service(app).await;
    let body = agent.clone().payload(metrics()).to_string();
    let mut statuses = Vec::new();
    for _ in 0..times {
        let request = test::TestRequest::post()
            .uri("/api/agent/metrics")
            .insert_header(("authorization", agent.bearer()))
            .insert_header(("content-type", "application/json"))
            .set_payload(body.clone());
        let answer = test::call_service(&app, request.to_request()).await;
        if answer.status() == 503 {
            assert!(answer.headers().contains_key("retry-after"));
        }
        statuses.push(answer.status().as_u16());
    }
    statuses
}

#[actix_rt::test]
async fn a_log_that_does_not_answer_is_503_in_time() {
    let harness = Harness::start().await;
    let agent = harness.enrol("web-1").await;
    let watch = Stopwatch::start();
    assert_eq!(post(&harness, &agent, Fault::Stuck, 2).await, [503, 202]);
    assert!(watch.elapsed() < Duration::from_secs(5));
    assert_eq!(harness.logged(agent.server()).await.len(), 1);
}

#[actix_rt::test]
async fn a_payload_whose_answer_got_lost_is_taken_again_and_known_by_its_number() {
    let harness = Harness::start().await;
    let agent = harness.enrol("web-1").await;
    assert_eq!(
        post(&harness, &agent, Fault::LosesAnswers, 3).await,
        [503, 202, 202]
    );
    // Twice in the log, with one number: readers know the second for what it is. The third came after a 202.
    let logged = harness.logged(agent.server()).await;
    assert_eq!(logged.iter().map(|p| p.seq).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(logged[0].body_hash, logged[1].body_hash);
}

//! Topics that go away again, for tests.

use super::topics::with_admin;
use super::{Kafka, KafkaError, KafkaOptions};
use crate::id::LogId;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Deletes the topics when it is dropped.
#[derive(Debug)]
pub struct TemporaryTopics {
    options: Arc<KafkaOptions>,
}

impl TemporaryTopics {
    /// Of these options.
    #[must_use]
    pub fn new(options: &KafkaOptions) -> Self {
        Self {
            options: Arc::new(options.clone()),
        }
    }

    /// How they are reached.
    #[must_use]
    pub fn options(&self) -> KafkaOptions {
        KafkaOptions::clone(&self.options)
    }

    /// Deletes them now, as an operator would by mistake.
    ///
    /// # Panics
    /// When they cannot be deleted.
    #[expect(clippy::expect_used, reason = "a test without its back end must stop")]
    pub async fn delete(&self) {
        let deleted = delete_topics(Arc::clone(&self.options)).await;
        deleted.expect("topics can be deleted");
    }
}

/// Deletes the topics of these options; those that are not there are no trouble.
///
/// # Errors
/// When no broker can be asked.
pub async fn delete_topics(options: Arc<KafkaOptions>) -> Result<(), KafkaError> {
    with_admin(options, async |admin| admin.delete_all().await).await
}

impl Drop for TemporaryTopics {
    fn drop(&mut self) {
        let options = Arc::clone(&self.options);
        // On a thread of its own, with a runtime of its own: the test's ends with the test.
        let done = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let Ok(runtime) = runtime else { return };
            if let Err(error) = runtime.block_on(delete_topics(options)) {
                tracing::warn!(%error, "topics of a test stay behind");
            }
        });
        // A process that ends does not wait for its threads.
        drop(done.join());
    }
}

/// Options for topics of one test: a prefix of its own, 4 partitions, and a retention that keeps what tests date to
/// 1970.
#[must_use]
pub fn temporary_options(brokers: &str) -> KafkaOptions {
    KafkaOptions {
        brokers: brokers.to_owned(),
        partitions: 4,
        topic_prefix: format!("noc-test-{}.", Uuid::new_v4().simple()),
        retention: Duration::from_secs(100 * 366 * 24 * 3_600),
        ..KafkaOptions::default()
    }
}

/// The Kafka pipeline on topics that go away with the guard; see [`temporary_options`].
///
/// # Panics
/// When it cannot be opened.
#[expect(clippy::panic, reason = "a test without its back end must stop")]
pub async fn temporary(options: KafkaOptions) -> (Kafka, TemporaryTopics) {
    let guard = TemporaryTopics::new(&options);
    let brokers = options.brokers.clone();
    match Kafka::open(options, LogId(Uuid::new_v4())).await {
        Ok(kafka) => (kafka, guard),
        Err(error) => panic!("Kafka at {brokers}: {error:?}; `make stack` starts one"),
    }
}

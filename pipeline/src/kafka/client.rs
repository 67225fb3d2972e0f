//! Consumer clients that are told what to read, and what librdkafka says about itself.
//!
//! A client holds one position in each partition assigned to it. Each partition's records go into a queue of their
//! own, from which whoever reads the partition takes them; what is not taken is not fetched, so memory is bounded
//! without a thread of ours between librdkafka and the reader.

use super::KafkaError;
use super::error::passes_within;
use super::options::{KafkaOptions, REQUEST_TIMEOUT};
use crate::clock::Stopwatch;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::base_consumer::PartitionQueue;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::KafkaError as ClientError;
use rdkafka::{ClientConfig, Offset as KafkaOffset, TopicPartitionList};
use std::sync::Arc;
use std::time::Duration;

/// Passes what librdkafka says on to our log. Errors of partitions come back from their queues and are handled there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log_line(level, facility, message);
    }

    fn error(&self, error: ClientError, reason: &str) {
        tracing::debug!(%error, reason, "kafka client reports");
    }
}

impl ConsumerContext for Quiet {}

pub(super) fn log_line(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Emerg
        | RDKafkaLogLevel::Alert
        | RDKafkaLogLevel::Critical
        | RDKafkaLogLevel::Error
        | RDKafkaLogLevel::Warning => {
            tracing::warn!(target: "librdkafka", facility, "{message}");
        }
        RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info | RDKafkaLogLevel::Debug => {
            tracing::debug!(target: "librdkafka", facility, "{message}");
        }
    }
}

/// The records of one partition as one client gets them.
pub(super) type Queue = PartitionQueue<Quiet>;

/// A consumer client.
pub(super) struct Reader {
    consumer: Arc<BaseConsumer<Quiet>>,
}

impl Reader {
    /// Connects in the background; nothing is asked of a broker yet.
    pub(super) fn new(options: &KafkaOptions, config: &ClientConfig) -> Result<Self, KafkaError> {
        let consumer = config
            .create_with_context(Quiet)
            .map_err(client("make a consumer", options))?;
        Ok(Self {
            consumer: Arc::new(consumer),
        })
    }

    /// The queue of a partition. `arrived` is called, on librdkafka's threads, when it is no longer empty.
    ///
    /// To be made anew before each assignment, once the one before is dropped: a topic that was deleted and made anew
    /// has other queues, and of two for one partition the one dropped last would silence the other.
    pub(super) fn queue(
        &self,
        topic: &str,
        partition: i32,
        arrived: impl Fn() + Send + Sync + 'static,
    ) -> Option<Queue> {
        let mut queue = self.consumer.split_partition_queue(topic, partition)?;
        queue.set_nonempty_callback(arrived);
        Some(queue)
    }

    /// Begins to fetch from `offset` on. Waits for librdkafka's main thread, not for a broker.
    pub(super) fn assign(
        &self,
        topic: &str,
        partition: i32,
        offset: i64,
    ) -> Result<(), ClientError> {
        let mut list = TopicPartitionList::with_capacity(1);
        list.add_partition_offset(topic, partition, KafkaOffset::Offset(offset))?;
        self.consumer.incremental_assign(&list)
    }

    /// Fetches no more of the partition, and forgets what its queue holds.
    pub(super) fn unassign(&self, topic: &str, partition: i32, queue: &Queue) {
        let mut list = TopicPartitionList::with_capacity(1);
        list.add_partition(topic, partition);
        if let Err(error) = self.consumer.incremental_unassign(&list) {
            tracing::debug!(%error, topic, partition, "partition was not assigned");
        }
        // Records of an ended assignment are dropped by librdkafka, its errors are not.
        while queue.poll(Duration::ZERO).is_some() {}
    }

    /// First and next offset of each of `partitions`. Blocks for up to [`REQUEST_TIMEOUT`].
    pub(super) fn bounds(
        &self,
        topic: &str,
        partitions: std::ops::Range<i32>,
    ) -> Result<Vec<(i64, i64)>, ClientError> {
        let first = self.offsets(topic, partitions.clone(), KafkaOffset::Beginning)?;
        let end = self.offsets(topic, partitions, KafkaOffset::End)?;
        Ok(first.into_iter().zip(end).collect())
    }

    /// The next offset of one partition. Blocks for up to [`REQUEST_TIMEOUT`].
    pub(super) fn end(&self, topic: &str, partition: i32) -> Result<i64, ClientError> {
        let ends = self.offsets(topic, partition..partition + 1, KafkaOffset::End)?;
        Ok(ends.first().copied().unwrap_or_default())
    }

    /// The first offset of each of `partitions` whose time is `time` or later; `None` where there is none. Blocks for
    /// up to [`REQUEST_TIMEOUT`].
    pub(super) fn offsets_at(
        &self,
        topic: &str,
        partitions: std::ops::Range<i32>,
        time: i64,
    ) -> Result<Vec<Option<i64>>, ClientError> {
        let found = self.offsets(topic, partitions, KafkaOffset::Offset(time))?;
        Ok(found
            .into_iter()
            .map(|at| (at >= 0).then_some(at))
            .collect())
    }

    /// One request to each leader for all of its partitions.
    fn offsets(
        &self,
        topic: &str,
        partitions: std::ops::Range<i32>,
        what: KafkaOffset,
    ) -> Result<Vec<i64>, ClientError> {
        let mut list = TopicPartitionList::with_capacity(partitions.len());
        for partition in partitions.clone() {
            list.add_partition_offset(topic, partition, what)?;
        }
        let since = Stopwatch::start();
        loop {
            let answer = self
                .consumer
                .offsets_for_times(list.clone(), REQUEST_TIMEOUT);
            let answer = answer.and_then(|found| {
                let offset = |partition| {
                    let Some(element) = found.find_partition(topic, partition) else {
                        return Ok(-1);
                    };
                    element.error()?;
                    Ok(element.offset().to_raw().unwrap_or(-1))
                };
                partitions.clone().map(offset).collect()
            });
            match answer {
                // A leader has just changed, or a broker has not heard of a new topic yet: the client asks anew.
                Err(error)
                    if error
                        .rdkafka_error_code()
                        .and_then(passes_within)
                        .is_some_and(|time| since.elapsed() < time) =>
                {
                    std::thread::park_timeout(Duration::from_millis(20));
                }
                answer => return answer,
            }
        }
    }

    /// Serves what librdkafka has to say; to be called now and then.
    pub(super) fn serve(&self) {
        // With no time at all only one event would be served.
        while let Some(event) = self.consumer.poll(Duration::from_millis(1)) {
            if let Err(error) = event {
                tracing::debug!(%error, "kafka consumer reports");
            }
        }
    }
}

/// Runs what blocks where blocking is allowed.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| error.to_string())
}

pub(super) fn client(
    operation: &'static str,
    options: &KafkaOptions,
) -> impl FnOnce(ClientError) -> KafkaError + use<> {
    let brokers = options.brokers.clone();
    move |source| KafkaError::Client {
        operation,
        brokers,
        source,
    }
}

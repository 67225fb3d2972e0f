//! The Kafka back ends: the four contracts for an installation of several nodes.
//!
//! ```text
//! append ──> produce ──> librdkafka producer ──┐                        one a node
//!                                              ├── brokers: payloads, snapshots, live, dead-letters
//! read ──> partition ──> lane <── consumers ───┤                        one to three a node
//! load, get, list ──> scan <── consumer ───────┘                        one a node
//! ```
//!
//! The README says what is promised; here is who keeps it.
//!
//! * `produce` keeps order and durability: one idempotent producer, `acks=all`, bounded memory.
//! * `partition` and `lane` let any number of readers follow a partition at up to three positions, with a constant
//!   number of clients and threads, each record fetched, copied and decoded once for all readers that keep up.
//! * `scan` reads a stretch of a topic for the other back ends.
//! * `topics` makes and checks the topics.
//! * `keeper` is the one thread of ours.
//!
//! A crash of a node loses nothing here: whatever it holds in memory is a copy of what the topics hold. Which log this
//! is (its [`LogId`]) Kafka cannot say: whoever opens it decides, after a look at what [`Connected`] shows.

mod bus;
mod client;
mod dead_letters;
mod error;
mod keeper;
mod lane;
mod log;
mod options;
mod partition;
mod produce;
mod recent;
mod scan;
mod snapshot_index;
mod snapshots;
#[cfg(any(test, feature = "contract"))]
mod temporary;
mod topics;

pub use bus::KafkaBus;
pub use dead_letters::KafkaDeadLetters;
pub use error::KafkaError;
pub use log::KafkaLog;
pub use options::{
    KafkaLogin, KafkaOptions, KafkaPassword, KafkaSecurity, KafkaTls, SaslMechanism,
};
pub use snapshots::KafkaSnapshots;
#[cfg(any(test, feature = "contract"))]
pub use temporary::{TemporaryTopics, delete_topics, temporary, temporary_options};
pub use topics::{KafkaFacts, TopicFacts};

use crate::id::{LogId, Offset, PartitionId};
use crate::log::{Bounds, LogError};
use bus::{Air, Ear};
use client::{Reader, blocking, client};
use keeper::{Bell, Keeper};
use log::Payloads;
use produce::Producer;
use scan::{ScanError, Scanner};
use std::sync::Arc;
use std::time::Duration;
use topics::{DEAD_LETTERS, LIVE, PAYLOADS, SNAPSHOTS, with_admin};
use xxhash_rust::xxh3::xxh3_64;

/// The pipeline's four contracts on Kafka. The clients end when the last of them is dropped, which may block for a
/// moment.
#[derive(Debug)]
pub struct Kafka {
    /// The payload log.
    pub log: Arc<KafkaLog>,
    /// Snapshots of actor state.
    pub snapshots: Arc<KafkaSnapshots>,
    /// Records set aside.
    pub dead_letters: Arc<KafkaDeadLetters>,
    /// Live events of all nodes.
    pub bus: Arc<KafkaBus>,
    /// What was found on the cluster.
    pub facts: KafkaFacts,
}

/// Kafka, reached, with its topics made and checked; the log is not open yet.
pub struct Connected {
    options: Arc<KafkaOptions>,
    facts: KafkaFacts,
    payloads: Arc<Payloads>,
    scanner: Arc<Scanner>,
}

impl std::fmt::Debug for Connected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connected")
            .field("facts", &self.facts)
            .finish_non_exhaustive()
    }
}

/// What tells one record from another at the same position: a hash of its bytes, the same in every version.
#[must_use]
pub fn fingerprint(record: &[u8]) -> u64 {
    xxh3_64(record)
}

impl Kafka {
    /// Reaches the brokers, makes the topics that are missing and checks those that exist.
    ///
    /// # Errors
    /// See [`KafkaError`]; [`KafkaError::is_retryable`] tells which may pass.
    pub async fn connect(options: KafkaOptions) -> Result<Connected, KafkaError> {
        options.check()?;
        let options = Arc::new(options);
        let prepared = with_admin(Arc::clone(&options), async |admin| admin.prepare().await);
        let facts = prepared.await?;
        for warning in &facts.warnings {
            tracing::warn!("{warning}");
        }
        let config = options.consumer(Duration::from_millis(10), 256 << 10);
        let reader = Arc::new(Reader::new(&options, &config)?);
        Ok(Connected {
            payloads: Arc::new(Payloads::new(Arc::clone(&options), Arc::clone(&reader))),
            scanner: Arc::new(Scanner::new(reader)),
            facts,
            options,
        })
    }

    /// Reaches the brokers and opens the log as the one with this id.
    ///
    /// # Errors
    /// See [`KafkaError`]; [`KafkaError::is_retryable`] tells which may pass.
    pub async fn open(options: KafkaOptions, log_id: LogId) -> Result<Self, KafkaError> {
        Self::connect(options).await?.open(log_id).await
    }

    /// Looks at the cluster and the topics that exist, and changes nothing.
    ///
    /// # Errors
    /// When brokers do not answer, or when a topic exists that [`Kafka::connect`] would refuse.
    pub async fn inspect(options: KafkaOptions) -> Result<KafkaFacts, KafkaError> {
        options.check()?;
        with_admin(Arc::new(options), async |admin| admin.inspect().await).await
    }
}

impl Connected {
    /// What was found on the cluster.
    #[must_use]
    pub fn facts(&self) -> &KafkaFacts {
        &self.facts
    }

    /// First and next position of every partition, by its number.
    ///
    /// # Errors
    /// When the brokers cannot be reached.
    pub async fn bounds(&self) -> Result<Vec<Bounds>, LogError> {
        self.payloads.bounds(Duration::ZERO).await
    }

    /// The [`fingerprint`] of the record at a position; `None` when the log has no such position.
    ///
    /// # Errors
    /// When the brokers cannot be reached.
    pub async fn fingerprint(
        &self,
        partition: PartitionId,
        offset: Offset,
    ) -> Result<Option<u64>, LogError> {
        let failed = |reason: String| LogError::Unavailable {
            operation: "fingerprint",
            reason,
        };
        let (topic, partitions) = (self.options.topic(PAYLOADS), self.options.partitions);
        if partition.0 >= partitions {
            return Err(LogError::NoSuchPartition {
                partition,
                partitions,
            });
        }
        let number = i32::try_from(partition.0).unwrap_or(i32::MAX);
        let at = i64::try_from(offset.0).unwrap_or(i64::MAX);
        let bounds = self.scanner.bounds(&topic, number).await;
        let (first, end) = bounds.map_err(|error| failed(error.to_string()))?;
        if !(first..end).contains(&at) {
            return Ok(None);
        }
        match self.scanner.at(&topic, number, at).await {
            Ok(bytes) => Ok(bytes.as_deref().map(fingerprint)),
            Err(ScanError::OutOfRange) => Ok(None),
            Err(ScanError::Failed(reason)) => Err(failed(reason)),
        }
    }

    /// Opens the log as the one with this id.
    ///
    /// # Errors
    /// See [`KafkaError`]; [`KafkaError::is_retryable`] tells which may pass.
    pub async fn open(self, log_id: LogId) -> Result<Kafka, KafkaError> {
        let Self {
            options,
            facts,
            payloads,
            scanner,
        } = self;
        let producer = Arc::new(Producer::new(Arc::clone(&options))?);
        let air = Arc::new(Air::new(options.topic(LIVE), Arc::clone(&producer)));
        let bell = Arc::new(Bell::default());
        let mut ear = Ear::new(
            Arc::clone(&air),
            payloads.first_reader()?,
            Arc::clone(&bell),
        );
        let seated = blocking(move || ear.sit_down().map(|()| ear)).await;
        let ear = seated
            .map_err(|reason| KafkaError::Internal {
                operation: "listen to live events",
                reason,
            })?
            .map_err(client("listen to live events", &options))?;
        let kept = Keeper::start(bell, Arc::clone(&payloads), ear)?;
        let keeper = Arc::new(kept);
        let log = KafkaLog::new(payloads, Arc::clone(&producer), log_id, Arc::clone(&keeper));
        let snapshots = KafkaSnapshots::new(
            options.topic(SNAPSHOTS),
            options.partitions,
            Arc::clone(&producer),
            Arc::clone(&scanner),
            Arc::clone(&keeper),
        );
        let dead_letters = KafkaDeadLetters::new(
            options.topic(DEAD_LETTERS),
            producer,
            scanner,
            Arc::clone(&keeper),
        );
        Ok(Kafka {
            log: Arc::new(log),
            snapshots: Arc::new(snapshots),
            dead_letters: Arc::new(dead_letters),
            bus: Arc::new(KafkaBus::new(air, keeper)),
            facts,
        })
    }
}

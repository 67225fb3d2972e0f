//! [`PayloadLog`] on Kafka.

use super::client::{Reader, blocking};
use super::keeper::Keeper;
use super::partition::{Look, Partition, Readers};
use super::produce::{Outgoing, ProduceError, Producer};
use super::topics::{PAYLOADS, with_admin};
use super::{KafkaError, KafkaOptions};
use crate::clock::{Stopwatch, UnixMs};
use crate::id::{LogId, Offset, PartitionId};
use crate::log::{Bounds, LogError, PayloadLog};
use crate::record::{Encoded, Entry};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;

/// Records that are known to be there come within this time, or the read fails.
const FETCH: Duration = Duration::from_secs(8);
/// Bounds may be this old, as far as others' appends and Kafka's own retention go.
const BOUNDS_AGE: Duration = Duration::from_millis(500);

/// What the log and those beside it share of the `payloads` topic.
pub(super) struct Payloads {
    pub(super) options: Arc<KafkaOptions>,
    topic: String,
    partitions: Vec<Partition>,
    readers: Readers,
    /// For questions that are no reading.
    scanner: Arc<Reader>,
    /// When all bounds were asked for last, and what came of it; held while they are asked for.
    asked: tokio::sync::Mutex<Option<(Stopwatch, Result<(), LogError>)>>,
}

/// The payload log on Kafka.
pub struct KafkaLog {
    payloads: Arc<Payloads>,
    producer: Arc<Producer>,
    log_id: LogId,
    _keeper: Arc<Keeper>,
}

impl std::fmt::Debug for KafkaLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KafkaLog")
            .field("topic", &self.payloads.topic)
            .field("log_id", &self.log_id)
            .finish_non_exhaustive()
    }
}

impl Payloads {
    pub(super) fn new(options: Arc<KafkaOptions>, scanner: Arc<Reader>) -> Self {
        let topic = options.topic(PAYLOADS);
        let partitions = (0..options.partitions)
            .map(|id| Partition::new(PartitionId(id)))
            .collect();
        let readers = Readers::new(topic.clone(), {
            let options = Arc::clone(&options);
            move || {
                let config = options.consumer(Duration::from_millis(50), 1 << 20);
                Reader::new(&options, &config)
            }
        });
        Self {
            options,
            topic,
            partitions,
            readers,
            scanner,
            asked: tokio::sync::Mutex::default(),
        }
    }

    fn partition(&self, id: PartitionId) -> Result<&Partition, LogError> {
        let index = usize::try_from(id.0).unwrap_or(usize::MAX);
        self.partitions.get(index).ok_or(LogError::NoSuchPartition {
            partition: id,
            partitions: self.options.partitions,
        })
    }

    fn numbers(&self) -> std::ops::Range<i32> {
        0..i32::try_from(self.partitions.len()).unwrap_or(i32::MAX)
    }

    /// Asks for the bounds of all partitions: two requests to each broker.
    async fn ask_bounds(&self, operation: &'static str) -> Result<(), LogError> {
        let before: Vec<Bounds> = self.partitions.iter().map(Partition::known).collect();
        let (scanner, topic, numbers) = (
            Arc::clone(&self.scanner),
            self.topic.clone(),
            self.numbers(),
        );
        let asked = blocking(move || scanner.bounds(&topic, numbers)).await;
        let failed = |reason| LogError::Unavailable { operation, reason };
        let bounds = asked.map_err(failed)?.map_err(|e| failed(e.to_string()))?;
        for ((partition, before), (first, end)) in self.partitions.iter().zip(before).zip(bounds) {
            partition.learn(before, first, end);
        }
        Ok(())
    }

    /// All bounds, at most `age` old; so may the failure be, so that those who waited do not each wait for another.
    pub(super) async fn bounds(&self, age: Duration) -> Result<Vec<Bounds>, LogError> {
        let mut asked = self.asked.lock().await;
        let last = asked.as_ref().filter(|(at, _)| at.elapsed() < age);
        if let Some((_, outcome)) = last {
            outcome.clone()?;
        } else {
            let before = Stopwatch::start();
            let outcome = self.ask_bounds("bounds").await;
            // Bounds are as old as the question, a failure is as old as the answer.
            let at = outcome
                .as_ref()
                .map_or_else(|_| Stopwatch::start(), |()| before);
            *asked = Some((at, outcome.clone()));
            outcome?;
        }
        Ok(self.partitions.iter().map(Partition::known).collect())
    }

    /// Takes a lane at `from`, after a look whether the partition has that position.
    async fn seat(self: &Arc<Self>, id: PartitionId, from: Offset) -> Result<(), LogError> {
        let _one = self.partition(id)?.seating.lock().await;
        let payloads = Arc::clone(self);
        let seated = blocking(move || {
            let failed = |reason| LogError::Unavailable {
                operation: "read",
                reason,
            };
            let partition = payloads.partition(id)?;
            let (number, before) = (partition.number(), partition.known());
            let bounds = payloads.scanner.bounds(&payloads.topic, number..number + 1);
            for (first, end) in bounds.map_err(|error| failed(error.to_string()))? {
                partition.learn(before, first, end);
            }
            let bounds = partition.known();
            if from < bounds.first {
                return Err(partition.trimmed(from, bounds.first));
            }
            if from > bounds.end {
                return Err(partition.replaced(from, bounds.end));
            }
            partition.seat(from, bounds, &payloads.readers)
        });
        seated.await.map_err(|reason| LogError::Unavailable {
            operation: "read",
            reason,
        })?
    }

    async fn read(
        self: &Arc<Self>,
        id: PartitionId,
        from: Offset,
        max: usize,
        wait: Duration,
    ) -> Result<Vec<Entry>, LogError> {
        let partition = self.partition(id)?;
        if max == 0 {
            return Ok(Vec::new());
        }
        let since = Stopwatch::start();
        loop {
            let changed = partition.changed.notified();
            tokio::pin!(changed);
            // From here on nothing that comes is missed.
            changed.as_mut().enable();
            let _waiting_here = match partition.look(from, max, &self.readers) {
                Look::Entries(entries) => return Ok(entries),
                Look::Failed(error) => return Err(error),
                Look::Seat => {
                    self.seat(id, from).await?;
                    continue;
                }
                Look::Wait(token) => token,
            };
            let known = from < partition.known().end;
            let limit = if known { wait.max(FETCH) } else { wait };
            let left = limit.saturating_sub(since.elapsed());
            if !left.is_zero() && tokio::time::timeout(left, changed).await.is_ok() {
                continue;
            }
            if known {
                return Err(LogError::Unavailable {
                    operation: "read",
                    reason: format!(
                        "partition {id} has a record at offset {from}, it did not come within {limit:?}"
                    ),
                });
            }
            return Ok(Vec::new());
        }
    }

    /// Drops records by their time. Kafka's own retention does so too, by whole segments.
    async fn trim(self: &Arc<Self>, before: UnixMs) -> Result<u64, LogError> {
        // Nobody asks for bounds meanwhile, so that an older answer does not undo what is learnt here.
        let mut asked = self.asked.lock().await;
        self.ask_bounds("trim").await?;
        let known: Vec<Bounds> = self.partitions.iter().map(Partition::known).collect();
        let (scanner, topic, numbers) = (
            Arc::clone(&self.scanner),
            self.topic.clone(),
            self.numbers(),
        );
        let found = blocking(move || scanner.offsets_at(&topic, numbers, timestamp(before))).await;
        let found = found
            .map_err(unavailable)?
            .map_err(|error| unavailable(error.to_string()))?;
        let targets: Vec<(i32, i64)> = self
            .partitions
            .iter()
            .zip(known.iter().zip(found))
            .filter_map(|(partition, (bounds, found))| {
                // The newest record stays, however old.
                let newest = bounds.end.0.checked_sub(1)?;
                let found = found.and_then(|at| u64::try_from(at).ok());
                let target = found.map_or(newest, |at| at.min(newest));
                let target = (target > bounds.first.0).then_some(target)?;
                Some((partition.number(), i64::try_from(target).ok()?))
            })
            .collect();
        if targets.is_empty() {
            return Ok(0);
        }
        let topic = self.topic.clone();
        let firsts = with_admin(Arc::clone(&self.options), async move |admin| {
            admin.delete_before(&topic, &targets).await
        });
        let firsts = firsts.await.map_err(|error| unavailable(reason(&error)))?;
        let mut dropped = 0;
        for (number, first) in firsts {
            let index = usize::try_from(number).unwrap_or(usize::MAX);
            if let (Some(partition), Some(bounds)) = (self.partitions.get(index), known.get(index))
            {
                let now = u64::try_from(first).unwrap_or_default();
                dropped += now.saturating_sub(bounds.first.0);
                partition.dropped(first);
            }
        }
        *asked = Some((Stopwatch::start(), Ok(())));
        Ok(dropped)
    }

    /// Keeps the clients going; to be called a few times a second.
    pub(super) fn serve(&self) {
        self.readers.serve();
        self.scanner.serve();
    }

    /// Gives up lanes that nobody reads.
    pub(super) fn rest(&self) {
        for partition in &self.partitions {
            partition.rest(&self.readers);
        }
    }

    /// The client of the first lane, for who else follows a topic.
    pub(super) fn first_reader(&self) -> Result<Arc<Reader>, KafkaError> {
        self.readers.open(0)
    }

    /// Ends the lanes' clients.
    pub(super) fn close(&self) {
        for partition in &self.partitions {
            partition.close(&self.readers);
        }
        self.readers.close();
    }
}

/// The message's time: Kafka knows none before 1970, and 0 means "now" to librdkafka.
fn timestamp(at: UnixMs) -> i64 {
    at.0.max(1)
}

fn unavailable(reason: String) -> LogError {
    LogError::Unavailable {
        operation: "trim",
        reason,
    }
}

/// An error with its cause.
pub(super) fn reason(error: &KafkaError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}

impl KafkaLog {
    pub(super) fn new(
        payloads: Arc<Payloads>,
        producer: Arc<Producer>,
        log_id: LogId,
        keeper: Arc<Keeper>,
    ) -> Self {
        Self {
            payloads,
            producer,
            log_id,
            _keeper: keeper,
        }
    }
}

#[async_trait]
impl PayloadLog for KafkaLog {
    fn partitions(&self) -> u32 {
        self.payloads.options.partitions
    }

    fn log_id(&self) -> LogId {
        self.log_id
    }

    async fn append(&self, records: Vec<(PartitionId, Encoded)>) -> Result<Vec<Offset>, LogError> {
        let mut outgoing = Vec::with_capacity(records.len());
        for (id, record) in &records {
            outgoing.push(Outgoing {
                partition: self.payloads.partition(*id)?.number(),
                key: None,
                value: Some(&record.bytes),
                timestamp: Some(timestamp(record.record.received_at())),
            });
        }
        for (id, record) in &records {
            self.payloads.partition(*id)?.note(record);
        }
        let sent = self.producer.send(&self.payloads.topic, &outgoing);
        drop(outgoing);
        let offsets = sent.await.map_err(|error| match error {
            ProduceError::TooLarge { bytes } => LogError::TooLarge { bytes },
            ProduceError::Failed(reason) => LogError::Unavailable {
                operation: "append",
                reason,
            },
        })?;
        let mut positions = Vec::with_capacity(offsets.len());
        for ((id, _), offset) in records.iter().zip(offsets) {
            let offset = Offset(u64::try_from(offset).unwrap_or_default());
            self.payloads.partition(*id)?.appended(offset);
            positions.push(offset);
        }
        Ok(positions)
    }

    async fn read(
        &self,
        partition: PartitionId,
        from: Offset,
        max: usize,
        wait: Duration,
    ) -> Result<Vec<Entry>, LogError> {
        self.payloads.read(partition, from, max, wait).await
    }

    async fn bounds(&self, partition: PartitionId) -> Result<Bounds, LogError> {
        let partition = self.payloads.partition(partition)?;
        self.payloads.bounds(BOUNDS_AGE).await?;
        Ok(partition.known())
    }

    async fn trim(&self, before: UnixMs) -> Result<u64, LogError> {
        self.payloads.trim(before).await
    }
}

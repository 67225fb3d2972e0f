//! The one producer of a node: what is written to any of the topics goes through it.
//!
//! * **Order.** The records of one call for one partition are put into librdkafka's queue of that partition under a
//!   lock of that partition, so they stand together in it; an idempotent producer sends the queue in its order, with
//!   retries too, so they stand together in the log.
//! * **Answer.** A call is answered when each of its records is reported: with all offsets, or with the first error.
//!   After an error some of them may be in the log: callers repeat.
//! * **Bounds.** Bytes that wait are counted over all calls; more than `queue_bytes` are refused at once. librdkafka
//!   reports every record by `produce_timeout`; should it not, the call ends a second later all the same.
//! * **Fatal errors.** Where an idempotent producer can no longer keep its promise it stops for good. The next call
//!   makes a new one; what the old one held is answered with an error.

use super::KafkaError;
use super::client::{client, log_line};
use super::options::KafkaOptions;
use crate::clock::Stopwatch;
use parking_lot::{Mutex, RwLock};
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError as ClientError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::oneshot;

/// A producer is made anew at most this often.
const REBUILD_PAUSE: Duration = Duration::from_secs(1);
/// After the produce timeout librdkafka gets this long to say so.
const GRACE: Duration = Duration::from_secs(1);

/// One record to be written.
#[derive(Clone, Copy)]
pub(super) struct Outgoing<'a> {
    pub(super) partition: i32,
    pub(super) key: Option<&'a [u8]>,
    /// `None` is a tombstone.
    pub(super) value: Option<&'a [u8]>,
    /// The message's time in Unix ms; `None`: now.
    pub(super) timestamp: Option<i64>,
}

/// Why something was not written, as far as is known.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum ProduceError {
    /// A record is larger than the topic takes.
    #[error("a record of {bytes} bytes is too large")]
    TooLarge { bytes: usize },
    /// Anything else; it may pass.
    #[error("{0}")]
    Failed(String),
}

/// Writes to topics.
pub(super) struct Producer {
    options: Arc<KafkaOptions>,
    current: RwLock<Arc<Sender>>,
    rebuilt: Mutex<Option<Stopwatch>>,
    /// One lock a partition; topics share them.
    order: Vec<Mutex<()>>,
    waiting: Arc<AtomicUsize>,
}

/// One librdkafka producer.
struct Sender {
    client: ThreadedProducer<Reports>,
    broken: Arc<AtomicBool>,
}

impl Producer {
    pub(super) fn new(options: Arc<KafkaOptions>) -> Result<Self, KafkaError> {
        let sender = Sender::new(&options)?;
        let partitions = usize::try_from(options.partitions).unwrap_or(1).max(1);
        Ok(Self {
            options,
            current: RwLock::new(Arc::new(sender)),
            rebuilt: Mutex::default(),
            order: std::iter::repeat_with(Mutex::default)
                .take(partitions)
                .collect(),
            waiting: Arc::default(),
        })
    }

    /// Writes all records, returns their offsets in the order given. Dropping the future does not take them back.
    pub(super) fn send(
        &self,
        topic: &str,
        records: &[Outgoing<'_>],
    ) -> impl Future<Output = Result<Vec<i64>, ProduceError>> + Send + use<> {
        let sent = self.enqueue(topic, records);
        let limit = self.options.produce_timeout.saturating_add(GRACE);
        async move {
            let Some(answer) = sent? else {
                return Ok(Vec::new());
            };
            match tokio::time::timeout(limit, answer).await {
                Ok(Ok(result)) => result,
                Ok(Err(_)) => failed("the producer is gone"),
                Err(_) => failed(&format!("no acknowledgement within {limit:?}")),
            }
        }
    }

    fn enqueue(
        &self,
        topic: &str,
        records: &[Outgoing<'_>],
    ) -> Result<Option<oneshot::Receiver<Answer>>, ProduceError> {
        if records.is_empty() {
            return Ok(None);
        }
        let sender = self.sender()?;
        let bytes = records.iter().map(size).sum();
        let lease = Lease::take(&self.waiting, bytes, self.options.queue_bytes)?;
        let (answer, answered) = oneshot::channel();
        let call = Arc::new(Call::new(records, answer, lease));
        let mut refused = 0;
        for group in &call.groups {
            let index = usize::try_from(group.partition).unwrap_or(0) % self.order.len();
            let Some(lock) = self.order.get(index) else {
                continue;
            };
            let _in_order = lock.lock();
            for place in &group.places {
                let Some(record) = records.get(*place) else {
                    continue;
                };
                if let Err(error) = sender.send(topic, record, &call) {
                    call.fail(error);
                    refused += 1;
                }
            }
        }
        call.settle(refused);
        Ok(Some(answered))
    }

    /// The producer to use; a new one after a fatal error.
    fn sender(&self) -> Result<Arc<Sender>, ProduceError> {
        let sender = Arc::clone(&self.current.read());
        if !sender.broken.load(Ordering::Acquire) {
            return Ok(sender);
        }
        let mut rebuilt = self.rebuilt.lock();
        let current = Arc::clone(&self.current.read());
        if !Arc::ptr_eq(&sender, &current) {
            return Ok(current);
        }
        if rebuilt.is_some_and(|last| last.elapsed() < REBUILD_PAUSE) {
            return failed("the producer failed and is made anew in a moment");
        }
        *rebuilt = Some(Stopwatch::start());
        let reason = sender.client.client().fatal_error();
        tracing::error!(?reason, "kafka producer cannot go on, making a new one");
        let new = Sender::new(&self.options).map_err(|e| ProduceError::Failed(e.to_string()))?;
        let new = Arc::new(new);
        *self.current.write() = Arc::clone(&new);
        // Its end waits for its threads, and tells the calls that still wait.
        drop(std::thread::spawn(move || drop((sender, current))));
        Ok(new)
    }

    /// How many bytes wait for their acknowledgement.
    #[cfg(test)]
    pub(super) fn waiting_bytes(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    /// Sends without waiting for an answer; false when it cannot be taken now.
    pub(super) fn send_and_forget(&self, topic: &str, record: Outgoing<'_>) -> bool {
        let sent = self.enqueue(topic, &[record]);
        sent.is_ok()
    }
}

impl Sender {
    fn new(options: &KafkaOptions) -> Result<Self, KafkaError> {
        let broken = Arc::new(AtomicBool::new(false));
        let context = Reports {
            broken: Arc::clone(&broken),
        };
        let made = options.producer().create_with_context(context);
        let client = made.map_err(client("make a producer", options))?;
        Ok(Self { client, broken })
    }

    fn send(
        &self,
        topic: &str,
        record: &Outgoing<'_>,
        call: &Arc<Call>,
    ) -> Result<(), ProduceError> {
        let message = BaseRecord::<[u8], [u8], _> {
            topic,
            partition: Some(record.partition),
            payload: record.value,
            key: record.key,
            timestamp: record.timestamp,
            headers: None,
            delivery_opaque: Arc::clone(call),
        };
        self.client
            .send(message)
            .map_err(|(error, _)| self.judge(&error, size(record)))
    }

    fn judge(&self, error: &ClientError, bytes: usize) -> ProduceError {
        judge(error, bytes, &self.broken)
    }
}

fn judge(error: &ClientError, bytes: usize, broken: &AtomicBool) -> ProduceError {
    match error.rdkafka_error_code() {
        Some(RDKafkaErrorCode::MessageSizeTooLarge | RDKafkaErrorCode::InvalidMessageSize) => {
            return ProduceError::TooLarge { bytes };
        }
        Some(RDKafkaErrorCode::Fatal) => broken.store(true, Ordering::Release),
        _ => {}
    }
    ProduceError::Failed(error.to_string())
}

fn size(record: &Outgoing<'_>) -> usize {
    let part = |part: Option<&[u8]>| part.map_or(0, <[u8]>::len);
    part(record.key).saturating_add(part(record.value))
}

fn failed<T>(reason: &str) -> Result<T, ProduceError> {
    Err(ProduceError::Failed(reason.to_owned()))
}

type Answer = Result<Vec<i64>, ProduceError>;

/// The records of one call that go to one partition.
struct Group {
    partition: i32,
    /// Where they stand in the call.
    places: Vec<usize>,
}

/// One call, shared by its records until the last of them is reported.
struct Call {
    groups: Vec<Group>,
    state: Mutex<CallState>,
}

struct CallState {
    /// Reports to come.
    waiting: usize,
    /// Offsets so far, by place in the call.
    offsets: Vec<i64>,
    /// How many of each group are reported: reports of a partition come in the order sent.
    reported: Vec<usize>,
    answer: Option<oneshot::Sender<Answer>>,
    /// Given back once librdkafka holds none of the records.
    lease: Option<Lease>,
}

impl Call {
    fn new(records: &[Outgoing<'_>], answer: oneshot::Sender<Answer>, lease: Lease) -> Self {
        let mut groups: Vec<Group> = Vec::with_capacity(1);
        for (place, record) in records.iter().enumerate() {
            match groups.iter_mut().find(|g| g.partition == record.partition) {
                Some(group) => group.places.push(place),
                None => groups.push(Group {
                    partition: record.partition,
                    places: vec![place],
                }),
            }
        }
        let state = CallState {
            waiting: records.len(),
            offsets: vec![-1; records.len()],
            reported: vec![0; groups.len()],
            answer: Some(answer),
            lease: Some(lease),
        };
        Self {
            groups,
            state: Mutex::new(state),
        }
    }

    /// A record of this partition stands at this offset.
    fn delivered(&self, partition: i32, offset: i64) {
        let mut state = self.state.lock();
        let group = self.groups.iter().position(|g| g.partition == partition);
        if let Some(index) = group
            && let Some(done) = state.reported.get_mut(index)
        {
            let nth = *done;
            *done += 1;
            let place = self.groups.get(index).and_then(|g| g.places.get(nth));
            if let Some(place) = place.copied()
                && let Some(slot) = state.offsets.get_mut(place)
            {
                *slot = offset;
            }
        }
        drop(state);
        self.settle(1);
    }

    /// Answers with an error, at once; what else is reported of the call does not matter any more.
    fn fail(&self, error: ProduceError) {
        // An error says that whoever asked is gone.
        if let Some(answer) = self.state.lock().answer.take() {
            drop(answer.send(Err(error)));
        }
    }

    /// So many more are reported, or were never sent.
    fn settle(&self, reports: usize) {
        let mut state = self.state.lock();
        state.waiting = state.waiting.saturating_sub(reports);
        if state.waiting > 0 {
            return;
        }
        state.lease = None;
        let Some(answer) = state.answer.take() else {
            return;
        };
        let offsets = std::mem::take(&mut state.offsets);
        drop(state);
        // A repeat that the broker knew already may be acknowledged without its place.
        let result = if offsets.iter().any(|offset| *offset < 0) {
            failed("the broker did not say where the records stand")
        } else {
            Ok(offsets)
        };
        drop(answer.send(result));
    }
}

/// Memory held by one call.
struct Lease {
    bytes: usize,
    waiting: Arc<AtomicUsize>,
}

impl Lease {
    fn take(waiting: &Arc<AtomicUsize>, bytes: usize, limit: usize) -> Result<Self, ProduceError> {
        let before = waiting.fetch_add(bytes, Ordering::AcqRel);
        let lease = Self {
            bytes,
            waiting: Arc::clone(waiting),
        };
        if before > 0 && before.saturating_add(bytes) > limit {
            return failed("too much waits for Kafka");
        }
        Ok(lease)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.waiting.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}

/// Takes librdkafka's reports, on its polling thread.
struct Reports {
    broken: Arc<AtomicBool>,
}

impl ClientContext for Reports {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log_line(level, facility, message);
    }

    fn error(&self, error: ClientError, reason: &str) {
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::Fatal) {
            self.broken.store(true, Ordering::Release);
        }
        tracing::warn!(%error, reason, "kafka producer reports");
    }
}

impl ProducerContext for Reports {
    type DeliveryOpaque = Arc<Call>;

    fn delivery(&self, delivery: &DeliveryResult<'_>, call: Arc<Call>) {
        match delivery {
            Ok(message) => call.delivered(message.partition(), message.offset()),
            Err((error, message)) => {
                call.fail(judge(error, message.payload_len(), &self.broken));
                call.settle(1);
            }
        }
    }
}

#[cfg(test)]
mod tests;

//! [`LiveBus`] on Kafka: one topic with one partition, which every node reads from where it ends when the node starts.
//!
//! This node's subscribers are told at once and without Kafka; what comes back from the topic is told to them only
//! when it is another node's. So a node hears itself once, and hears itself while Kafka is away.

use super::client::{Queue, Reader};
use super::keeper::{Bell, Keeper};
use super::produce::{Outgoing, Producer};
use crate::clock::Stopwatch;
use crate::live::{LiveBus, LiveEvent};
use async_trait::async_trait;
use rand::random;
use rdkafka::error::KafkaError as ClientError;
use rdkafka::message::Message;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::broadcast;

/// Events a reader may lag behind before it loses the oldest.
const CAPACITY: usize = 4_096;
/// The topic's end is looked for this often, while it is not found.
const RETRY: Duration = Duration::from_secs(1);

/// Fan-out to readers of every node.
pub struct KafkaBus {
    air: Arc<Air>,
    _keeper: Arc<Keeper>,
}

/// What the bus and its ear share.
pub(super) struct Air {
    topic: String,
    producer: Arc<Producer>,
    /// Tells our own events from others', as the messages' key.
    origin: [u8; 8],
    sender: broadcast::Sender<LiveEvent>,
    dropped: AtomicU64,
}

impl std::fmt::Debug for KafkaBus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KafkaBus")
            .field("topic", &self.air.topic)
            .finish_non_exhaustive()
    }
}

impl KafkaBus {
    pub(super) fn new(air: Arc<Air>, keeper: Arc<Keeper>) -> Self {
        Self {
            air,
            _keeper: keeper,
        }
    }
}

impl Air {
    pub(super) fn new(topic: String, producer: Arc<Producer>) -> Self {
        Self {
            topic,
            producer,
            origin: random(),
            sender: broadcast::Sender::new(CAPACITY),
            dropped: AtomicU64::new(0),
        }
    }

    fn tell(&self, event: LiveEvent) {
        // An error says that nobody listens, which is nobody's loss.
        drop(self.sender.send(event));
    }

    /// Tells what came from other nodes; an error means that some was lost, and that the place must be taken anew.
    fn hear(&self, queue: &Queue) -> Result<(), String> {
        while let Some(message) = queue.poll(Duration::ZERO) {
            let message = message.map_err(|error| error.to_string())?;
            if message.key() == Some(&self.origin) {
                continue;
            }
            match serde_json::from_slice(message.payload().unwrap_or_default()) {
                Ok(event) => self.tell(event),
                // A newer node may say what we do not know.
                Err(error) => tracing::debug!(%error, "live event is not known"),
            }
        }
        Ok(())
    }
}

#[async_trait]
impl LiveBus for KafkaBus {
    async fn publish(&self, event: LiveEvent) {
        let air = &self.air;
        air.tell(event);
        let Ok(value) = serde_json::to_vec(&event) else {
            return;
        };
        let record = Outgoing {
            partition: 0,
            key: Some(&air.origin),
            value: Some(&value),
            timestamp: None,
        };
        if !air.producer.send_and_forget(&air.topic, record) {
            let dropped = air.dropped.fetch_add(1, Ordering::Relaxed);
            if dropped.is_power_of_two() || dropped == 0 {
                tracing::warn!(
                    dropped = dropped + 1,
                    "live events were not sent to other nodes"
                );
            }
        }
    }

    fn subscribe(&self) -> broadcast::Receiver<LiveEvent> {
        self.air.sender.subscribe()
    }
}

/// Reads the topic on behalf of a bus.
pub(super) struct Ear {
    air: Arc<Air>,
    reader: Arc<Reader>,
    bell: Arc<Bell>,
    /// While the topic is followed.
    queue: Option<Queue>,
    tried: Option<Stopwatch>,
}

impl Ear {
    /// The bell rings when something came.
    pub(super) fn new(air: Arc<Air>, reader: Arc<Reader>, bell: Arc<Bell>) -> Self {
        Self {
            air,
            reader,
            bell,
            queue: None,
            tried: None,
        }
    }

    /// Begins at the topic's end. Blocks while brokers are asked.
    pub(super) fn sit_down(&mut self) -> Result<(), ClientError> {
        self.tried = Some(Stopwatch::start());
        let end = self.reader.end(&self.air.topic, 0)?;
        let bell = Arc::clone(&self.bell);
        let queue = self.reader.queue(&self.air.topic, 0, move || bell.ring());
        self.reader.assign(&self.air.topic, 0, end)?;
        self.queue = queue;
        Ok(())
    }

    /// Tells what came. After an error goes on at the end: what lay between is lost, which a live bus may.
    pub(super) fn serve(&mut self) {
        if let Some(queue) = &self.queue {
            if let Err(reason) = self.air.hear(queue) {
                tracing::warn!(reason, "live events may be lost, going on with the next");
                self.reader.unassign(&self.air.topic, 0, queue);
                self.queue = None;
            }
        } else if self.tried.is_none_or(|at| at.elapsed() > RETRY)
            && let Err(error) = self.sit_down()
        {
            tracing::debug!(%error, "live events of other nodes cannot be read");
        }
    }
}

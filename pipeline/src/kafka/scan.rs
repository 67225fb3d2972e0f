//! Reads of a stretch of a partition, once: snapshots, dead letters, a record at a place.
//!
//! All of them share one client; a partition is scanned by one at a time. The client fetches nothing between scans.

use super::client::{Queue, Reader, blocking};
use super::error::is_out_of_range;
use crate::clock::Stopwatch;
use parking_lot::Mutex;
use rdkafka::message::Message;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// A scan to which nothing comes for this long fails.
const STALL: Duration = Duration::from_secs(10);
/// A compacted partition may end in a hole, where nothing comes: after this long a record is written behind it.
const HOLE: Duration = Duration::from_secs(2);

/// Why a scan did not reach its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum ScanError {
    /// The position is not in the partition (any more).
    #[error("the position is not kept")]
    OutOfRange,
    /// Anything else; it may pass.
    #[error("{0}")]
    Failed(String),
}

/// One message as a scan shows it.
pub(super) struct Seen<'a> {
    pub(super) offset: i64,
    pub(super) key: &'a [u8],
    /// `None` is a tombstone.
    pub(super) value: Option<&'a [u8]>,
}

/// Scans partitions.
pub(super) struct Scanner {
    reader: Arc<Reader>,
    slots: Mutex<HashMap<(String, i32), Arc<Slot>>>,
}

#[derive(Default)]
struct Slot {
    arrived: Arc<Notify>,
    /// Held while the partition is scanned.
    one: tokio::sync::Mutex<()>,
}

/// Ends the assignment however a scan ends.
struct Assigned<'a> {
    reader: &'a Reader,
    topic: &'a str,
    partition: i32,
    queue: &'a Queue,
}

impl Drop for Assigned<'_> {
    fn drop(&mut self) {
        self.reader.unassign(self.topic, self.partition, self.queue);
    }
}

impl Scanner {
    pub(super) fn new(reader: Arc<Reader>) -> Self {
        Self {
            reader,
            slots: Mutex::default(),
        }
    }

    /// First and next offset.
    pub(super) async fn bounds(
        &self,
        topic: &str,
        partition: i32,
    ) -> Result<(i64, i64), ScanError> {
        let (reader, name) = (Arc::clone(&self.reader), topic.to_owned());
        let asked = blocking(move || reader.bounds(&name, partition..partition + 1)).await;
        let bounds = asked.map_err(ScanError::Failed)?;
        let bounds = bounds.map_err(|error| ScanError::Failed(error.to_string()))?;
        Ok(bounds.first().copied().unwrap_or_default())
    }

    /// The next offset.
    pub(super) async fn end(&self, topic: &str, partition: i32) -> Result<i64, ScanError> {
        let (reader, name) = (Arc::clone(&self.reader), topic.to_owned());
        let asked = blocking(move || reader.end(&name, partition)).await;
        let end = asked.map_err(ScanError::Failed)?;
        end.map_err(|error| ScanError::Failed(error.to_string()))
    }

    /// Shows `each` the messages from `from` up to, not including, `end`, until it breaks off.
    ///
    /// `nudge` is called once when nothing comes for a while: it may write behind `end`.
    pub(super) async fn scan(
        &self,
        topic: &str,
        partition: i32,
        (from, end): (i64, i64),
        mut nudge: Option<impl FnOnce() + Send>,
        mut each: impl FnMut(Seen<'_>) -> ControlFlow<()> + Send,
    ) -> Result<(), ScanError> {
        if from >= end {
            return Ok(());
        }
        let slot = self.slot(topic, partition);
        let _one = slot.one.lock().await;
        let wake = Arc::clone(&slot.arrived);
        let queue = self
            .reader
            .queue(topic, partition, move || wake.notify_waiters())
            .ok_or_else(|| ScanError::Failed(format!("no queue for {topic} {partition}")))?;
        self.reader
            .assign(topic, partition, from)
            .map_err(|error| ScanError::Failed(error.to_string()))?;
        let _assigned = Assigned {
            reader: &self.reader,
            topic,
            partition,
            queue: &queue,
        };
        let mut quiet = Stopwatch::start();
        loop {
            let arrived = slot.arrived.notified();
            tokio::pin!(arrived);
            arrived.as_mut().enable();
            while let Some(event) = queue.poll(Duration::ZERO) {
                quiet = Stopwatch::start();
                let message = match event {
                    Ok(message) => message,
                    Err(error) if error.rdkafka_error_code().is_some_and(is_out_of_range) => {
                        return Err(ScanError::OutOfRange);
                    }
                    Err(error) => return Err(ScanError::Failed(error.to_string())),
                };
                let offset = message.offset();
                if offset < from {
                    continue;
                }
                if offset >= end {
                    return Ok(());
                }
                let seen = Seen {
                    offset,
                    key: message.key().unwrap_or_default(),
                    value: message.payload(),
                };
                if each(seen).is_break() || offset >= end - 1 {
                    return Ok(());
                }
            }
            let silent = quiet.elapsed();
            if silent >= STALL {
                return Err(ScanError::Failed(format!(
                    "partition {partition} of {topic} gave nothing for {STALL:?}"
                )));
            }
            if silent >= HOLE
                && let Some(nudge) = nudge.take()
            {
                nudge();
            }
            // A deadline passed is no error here: look again.
            drop(tokio::time::timeout(HOLE, arrived).await);
        }
    }

    /// The value of the message at `offset`; `None` when there is no such message.
    pub(super) async fn at(
        &self,
        topic: &str,
        partition: i32,
        offset: i64,
    ) -> Result<Option<Vec<u8>>, ScanError> {
        let mut found = None;
        let scanned = self.scan(
            topic,
            partition,
            (offset, offset.saturating_add(1)),
            None::<fn()>,
            |seen| {
                if seen.offset == offset {
                    found = seen.value.map(<[u8]>::to_vec);
                }
                ControlFlow::Break(())
            },
        );
        match scanned.await {
            Ok(()) => Ok(found),
            Err(ScanError::OutOfRange) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn slot(&self, topic: &str, partition: i32) -> Arc<Slot> {
        let mut slots = self.slots.lock();
        let slot = slots.entry((topic.to_owned(), partition));
        Arc::clone(slot.or_default())
    }
}

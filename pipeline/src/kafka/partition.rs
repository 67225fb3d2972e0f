//! One partition of the log as its readers see it: up to [`LANES`] positions at once, and what is known of its bounds.

use super::KafkaError;
use super::client::Reader;
use super::lane::{Halt, Lane, Seat};
use super::recent::Recent;
use crate::id::{Offset, PartitionId};
use crate::log::{Bounds, LogError};
use crate::record::{Encoded, Entry};
use bytes::Bytes;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

/// Readers of a partition that may stand at different positions: the actors, the series, and one more. As many
/// consumer clients a node.
pub(super) const LANES: usize = 3;
/// A lane that nobody read for this long is given up: its records need not be fetched twice.
const IDLE: Duration = Duration::from_secs(10);

/// One partition.
pub(super) struct Partition {
    pub(super) id: PartitionId,
    lanes: Mutex<Lanes>,
    /// Something came, or a lane changed hands.
    pub(super) changed: Arc<Notify>,
    /// Lanes are taken one at a time.
    pub(super) seating: tokio::sync::Mutex<()>,
    recent: Mutex<Recent>,
    followed: AtomicBool,
    first: AtomicU64,
    end: AtomicU64,
}

#[derive(Default)]
struct Lanes {
    lanes: [Lane; LANES],
    /// The last records of lanes that were given up: the log must still have them there.
    proofs: VecDeque<(Offset, Bytes)>,
}

impl Lanes {
    fn leave(&mut self, index: usize, reader: &Reader, topic: &str, partition: i32) {
        let Some(lane) = self.lanes.get_mut(index) else {
            return;
        };
        if let Some(last) = lane.leave(reader, topic, partition) {
            self.proofs.retain(|(at, _)| *at != last.0);
            self.proofs.push_back(last);
        }
        while self.proofs.len() > LANES {
            self.proofs.pop_front();
        }
    }
}

/// What a look at the lanes came to.
pub(super) enum Look {
    /// Records, at least one.
    Entries(Vec<Entry>),
    /// Nothing yet; hold this while waiting.
    Wait(Arc<()>),
    /// No lane stands there: take one.
    Seat,
    /// The read fails.
    Failed(LogError),
}

impl Partition {
    pub(super) fn new(id: PartitionId) -> Self {
        Self {
            id,
            lanes: Mutex::default(),
            changed: Arc::default(),
            seating: tokio::sync::Mutex::default(),
            recent: Mutex::default(),
            followed: AtomicBool::new(false),
            first: AtomicU64::new(0),
            end: AtomicU64::new(0),
        }
    }

    /// Its number as Kafka takes it.
    pub(super) fn number(&self) -> i32 {
        i32::try_from(self.id.0).unwrap_or(i32::MAX)
    }

    /// What is known of its bounds; they may be wider by now.
    pub(super) fn known(&self) -> Bounds {
        let first = self.first.load(Ordering::Acquire);
        Bounds {
            first: Offset(first),
            end: Offset(self.end.load(Ordering::Acquire).max(first)),
        }
    }

    /// What the brokers say; `before` is what was known when they were asked.
    pub(super) fn learn(&self, before: Bounds, first: i64, end: i64) {
        let first = u64::try_from(first).unwrap_or_default();
        let end = u64::try_from(end).unwrap_or_default();
        self.first.store(first, Ordering::Release);
        if end < before.end.0 {
            tracing::error!(
                partition = self.id.0,
                expected = before.end.0,
                found = end,
                "payload log was replaced or lost acknowledged records"
            );
            self.end.store(end, Ordering::Release);
        } else {
            // An append may have been acknowledged since the brokers were asked.
            self.end.fetch_max(end, Ordering::AcqRel);
        }
    }

    /// Records before `first` were dropped.
    pub(super) fn dropped(&self, first: i64) {
        let first = u64::try_from(first).unwrap_or_default();
        self.first.fetch_max(first, Ordering::AcqRel);
    }

    /// A record of ours stands at `offset`.
    pub(super) fn appended(&self, offset: Offset) {
        self.end.fetch_max(offset.next().0, Ordering::AcqRel);
    }

    /// A record is about to be appended here.
    pub(super) fn note(&self, record: &Encoded) {
        if self.followed.load(Ordering::Relaxed) {
            self.recent.lock().note(record);
        }
    }

    /// Up to `max` records from `from` on, from a lane that stands there. Waits for nothing.
    pub(super) fn look(&self, from: Offset, max: usize, readers: &Readers) -> Look {
        let known = self.known();
        if from < known.first {
            return Look::Failed(self.trimmed(from, known.first));
        }
        let mut guard = self.lanes.lock();
        // Of several the foremost: the others come to rest.
        let lane = guard
            .lanes
            .iter_mut()
            .enumerate()
            .filter(|(_, lane)| lane.seat.as_ref().is_some_and(|seat| seat.covers(from)))
            .max_by_key(|(_, lane)| lane.seat.as_ref().map(Seat::next));
        let Some((index, lane)) = lane else {
            return Look::Seat;
        };
        let (Some(queue), Some(seat)) = (&lane.queue, &mut lane.seat) else {
            return Look::Seat;
        };
        let halt = match seat.read(queue, &self.recent, from, max) {
            Ok(entries) => {
                self.end.fetch_max(seat.next().0, Ordering::AcqRel);
                if entries.is_empty() {
                    return Look::Wait(seat.token());
                }
                return Look::Entries(entries);
            }
            Err(halt) => halt,
        };
        if let Halt::Later(reason) = halt {
            return Look::Failed(unavailable(reason));
        }
        if let Some(reader) = readers.get(index) {
            guard.leave(index, &reader, &readers.topic, self.number());
        }
        drop(guard);
        self.changed.notify_waiters();
        match halt {
            Halt::Lost(reason) => {
                tracing::warn!(
                    reason,
                    partition = self.id.0,
                    "payload log cannot be read on"
                );
                // Whoever waits here looks for its place anew, and asks for bounds first.
                Look::Seat
            }
            Halt::Later(reason) => Look::Failed(unavailable(reason)),
            Halt::Replaced => Look::Failed(self.replaced(from, from)),
            Halt::Gap { came } => Look::Failed(LogError::Corrupt {
                reason: format!(
                    "partition {}: offset {} comes where {from} is next",
                    self.id, came
                ),
            }),
            Halt::Damaged(reason) => Look::Failed(LogError::Corrupt {
                reason: format!("partition {} at offset {from}: {reason}", self.id),
            }),
        }
    }

    /// Seats a lane at `from`, which lies within `bounds`. Blocks for librdkafka's main thread.
    pub(super) fn seat(
        &self,
        from: Offset,
        bounds: Bounds,
        readers: &Readers,
    ) -> Result<(), LogError> {
        let mut guard = self.lanes.lock();
        let covered = |lane: &Lane| lane.seat.as_ref().is_some_and(|seat| seat.covers(from));
        if guard.lanes.iter().any(covered) {
            return Ok(());
        }
        let seats = guard.lanes.iter().map(|lane| lane.seat.as_ref());
        let free = seats
            .enumerate()
            .filter(|(_, seat)| seat.is_none_or(|seat| !seat.is_waited_on()))
            .max_by_key(|(index, seat)| {
                let idle = seat.map_or(Duration::MAX, Seat::idle);
                (idle, std::cmp::Reverse(*index))
            });
        let Some((index, _)) = free else {
            return Err(unavailable(format!(
                "partition {} is read at {LANES} positions already",
                self.id
            )));
        };
        let opened = readers.open(index);
        let reader = opened.map_err(|error| unavailable(error.to_string()))?;
        guard.leave(index, &reader, &readers.topic, self.number());
        let Lanes { lanes, proofs } = &mut *guard;
        let Some(lane) = lanes.get_mut(index) else {
            return Ok(());
        };
        lane.queue = None;
        let changed = Arc::clone(&self.changed);
        let arrived = move || changed.notify_waiters();
        lane.queue = reader.queue(&readers.topic, self.number(), arrived);
        let proof = proofs
            .iter()
            .find(|(at, _)| at.next() == from && bounds.first <= *at)
            .map(|(_, bytes)| bytes.clone());
        let seat = Seat::new(self.id, from, proof);
        let at = i64::try_from(seat.fetch_from().0).unwrap_or(i64::MAX);
        reader
            .assign(&readers.topic, self.number(), at)
            .map_err(|error| unavailable(error.to_string()))?;
        lane.seat = Some(seat);
        self.followed.store(true, Ordering::Relaxed);
        drop(guard);
        self.changed.notify_waiters();
        Ok(())
    }

    /// Gives up lanes that nobody reads. To be called now and then.
    pub(super) fn rest(&self, readers: &Readers) {
        let mut guard = self.lanes.lock();
        let mut seated = false;
        for index in 0..LANES {
            let seat = guard.lanes.get(index).and_then(|lane| lane.seat.as_ref());
            let Some(seat) = seat else { continue };
            if seat.idle() <= IDLE {
                seated = true;
            } else if let Some(reader) = readers.get(index) {
                guard.leave(index, &reader, &readers.topic, self.number());
            }
        }
        if !seated && self.followed.swap(false, Ordering::Relaxed) {
            self.recent.lock().clear();
        }
    }

    /// Lets go of everything of the clients, so that they can end.
    pub(super) fn close(&self, readers: &Readers) {
        let mut guard = self.lanes.lock();
        for index in 0..LANES {
            if let Some(reader) = readers.get(index) {
                guard.leave(index, &reader, &readers.topic, self.number());
            }
        }
        guard.lanes.iter_mut().for_each(|lane| lane.queue = None);
    }

    pub(super) fn trimmed(&self, asked: Offset, first: Offset) -> LogError {
        LogError::Trimmed {
            partition: self.id,
            asked,
            first,
        }
    }

    pub(super) fn replaced(&self, asked: Offset, end: Offset) -> LogError {
        LogError::Replaced {
            partition: self.id,
            asked,
            end,
        }
    }
}

/// The clients of the lanes, made when first needed.
pub(super) struct Readers {
    pub(super) topic: String,
    make: Box<dyn Fn() -> Result<Reader, KafkaError> + Send + Sync>,
    clients: Mutex<[Option<Arc<Reader>>; LANES]>,
}

impl Readers {
    pub(super) fn new(
        topic: String,
        make: impl Fn() -> Result<Reader, KafkaError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            topic,
            make: Box::new(make),
            clients: Mutex::default(),
        }
    }

    pub(super) fn get(&self, lane: usize) -> Option<Arc<Reader>> {
        self.clients.lock().get(lane).cloned().flatten()
    }

    pub(super) fn open(&self, lane: usize) -> Result<Arc<Reader>, KafkaError> {
        let mut clients = self.clients.lock();
        if let Some(Some(reader)) = clients.get(lane) {
            return Ok(Arc::clone(reader));
        }
        let reader = Arc::new((self.make)()?);
        if let Some(slot) = clients.get_mut(lane) {
            *slot = Some(Arc::clone(&reader));
        }
        Ok(reader)
    }

    /// Serves what the clients have to say.
    pub(super) fn serve(&self) {
        let clients: Vec<_> = self.clients.lock().iter().flatten().cloned().collect();
        clients.iter().for_each(|reader| reader.serve());
    }

    /// Ends the clients, once no lane uses them.
    pub(super) fn close(&self) {
        *self.clients.lock() = Default::default();
    }
}

fn unavailable(reason: String) -> LogError {
    LogError::Unavailable {
        operation: "read",
        reason,
    }
}

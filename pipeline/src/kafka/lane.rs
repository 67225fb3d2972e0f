//! Where one client stands in one partition, and the newest records that came from there.
//!
//! A lane is *seated* while its client fetches the partition. It is moved by whoever reads at its end; others read
//! what it still holds.

use super::client::{Queue, Reader};
use super::error::{is_damage, is_out_of_range, is_topic_gone};
use super::recent::Recent;
use crate::clock::Stopwatch;
use crate::id::{Offset, PartitionId};
use crate::record::Entry;
use bytes::{Bytes, BytesMut};
use parking_lot::Mutex;
use rdkafka::error::KafkaError as ClientError;
use rdkafka::message::{BorrowedMessage, Message};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// Kept of a partition, in bytes of the encoded form, for readers a little behind.
const TAIL_BYTES: usize = 1 << 20;
/// One read ends after about this much.
const READ_BYTES: usize = 512 << 10;
/// Records are copied out of librdkafka into pieces of this size, so that not each is an allocation.
const ARENA_BYTES: usize = 64 << 10;

/// One client's place in one partition.
#[derive(Default)]
pub(super) struct Lane {
    /// Of the seat, or of the one before.
    pub(super) queue: Option<Queue>,
    pub(super) seat: Option<Seat>,
}

/// A seated lane.
pub(super) struct Seat {
    partition: PartitionId,
    tail: VecDeque<Entry>,
    bytes: usize,
    /// The position after the newest record that came.
    next: Offset,
    /// What stood before `next` when the seat was taken again after an error; proves that the log is the same.
    proof: Option<Bytes>,
    /// What the next read at `next` is told.
    halted: Option<Halt>,
    arena: BytesMut,
    /// Held by readers that wait here.
    token: Arc<()>,
    used: Stopwatch,
}

/// Why a lane cannot go on.
#[derive(Debug)]
pub(super) enum Halt {
    /// The position is not in the partition, or the topic is not the one it was: ask for bounds and sit down anew.
    Lost(String),
    /// What stands before our position is not what we read there.
    Replaced,
    /// Records are missing: this one came instead of the next.
    Gap { came: Offset },
    /// What came cannot be what was written.
    Damaged(String),
    /// It may pass by itself.
    Later(String),
}

impl Seat {
    /// A seat whose next record is `next`; with a proof the record before it is fetched first and compared.
    pub(super) fn new(partition: PartitionId, next: Offset, proof: Option<Bytes>) -> Self {
        Self {
            partition,
            tail: VecDeque::new(),
            bytes: 0,
            next,
            proof,
            halted: None,
            arena: BytesMut::new(),
            token: Arc::default(),
            used: Stopwatch::start(),
        }
    }

    /// Where its client begins to fetch.
    pub(super) fn fetch_from(&self) -> Offset {
        let back = u64::from(self.proof.is_some());
        Offset(self.next.0.saturating_sub(back))
    }

    pub(super) fn next(&self) -> Offset {
        self.next
    }

    /// Whether a reader at `from` is served here.
    pub(super) fn covers(&self, from: Offset) -> bool {
        let first = self.tail.front().map_or(self.next, |entry| entry.offset);
        first <= from && from <= self.next
    }

    /// To be held while waiting here.
    pub(super) fn token(&self) -> Arc<()> {
        Arc::clone(&self.token)
    }

    /// Whether a reader waits here.
    pub(super) fn is_waited_on(&self) -> bool {
        Arc::strong_count(&self.token) > 1
    }

    /// Since somebody read here.
    pub(super) fn idle(&self) -> Duration {
        if self.is_waited_on() {
            return Duration::ZERO;
        }
        self.used.elapsed()
    }

    /// The record before `next`, and where it stands.
    pub(super) fn last(&self) -> Option<(Offset, Bytes)> {
        // A copy: it must not hold the piece of memory it lies in.
        let copy = |entry: &Entry| (entry.offset, Bytes::copy_from_slice(&entry.bytes));
        let last = self.tail.back().map(copy);
        let unproven = || {
            let before = self.next.0.checked_sub(1)?;
            Some((Offset(before), self.proof.clone()?))
        };
        last.or_else(unproven)
    }

    /// Up to `max` records from `from` on, which the seat covers; takes them from the client where it holds none.
    pub(super) fn read(
        &mut self,
        queue: &Queue,
        recent: &Mutex<Recent>,
        from: Offset,
        max: usize,
    ) -> Result<Vec<Entry>, Halt> {
        self.used = Stopwatch::start();
        if from < self.next {
            return Ok(self.held(from, max));
        }
        if let Some(halt) = self.halted.take() {
            return Err(halt);
        }
        let mut entries = Vec::new();
        let mut bytes = 0;
        while entries.len() < max
            && bytes < READ_BYTES
            && let Some(event) = queue.poll(Duration::ZERO)
        {
            match self.take(event, recent) {
                Ok(None) => {}
                Ok(Some(entry)) => {
                    bytes += entry.bytes.len();
                    entries.push(entry);
                }
                Err(halt) if entries.is_empty() => return Err(halt),
                // What came before it is fine: the next read is told.
                Err(halt) => {
                    self.halted = Some(halt);
                    break;
                }
            }
        }
        for entry in &entries {
            self.keep(entry.clone());
        }
        Ok(entries)
    }

    fn held(&self, from: Offset, max: usize) -> Vec<Entry> {
        let first = self.tail.front().map_or(self.next, |entry| entry.offset);
        let skip = usize::try_from(from.0.saturating_sub(first.0)).unwrap_or(usize::MAX);
        self.tail.iter().skip(skip).take(max).cloned().collect()
    }

    fn take(
        &mut self,
        event: Result<BorrowedMessage<'_>, ClientError>,
        recent: &Mutex<Recent>,
    ) -> Result<Option<Entry>, Halt> {
        let message = event.map_err(|error| halt(&error))?;
        let offset = Offset(u64::try_from(message.offset()).unwrap_or_default());
        let payload = message.payload().unwrap_or_default();
        if let Some(proof) = &self.proof
            && offset.next() == self.next
        {
            if proof != payload {
                return Err(Halt::Replaced);
            }
            self.proof = None;
            return Ok(None);
        }
        if offset < self.next {
            // From before the seat was taken.
            return Ok(None);
        }
        if offset > self.next {
            return Err(Halt::Gap { came: offset });
        }
        // Retention may have taken the proof meanwhile.
        self.proof = None;
        let known = recent.lock().take(payload);
        let entry = match known {
            Some(encoded) => Entry::from_encoded(self.partition, offset, encoded),
            None => {
                let entry = Entry::from_bytes(self.partition, offset, self.copy(payload));
                // Decoded here, once, for every reader; what is no record says so to each.
                if let Err(error) = entry.record() {
                    tracing::debug!(%error, partition = self.partition.0, offset = offset.0, "no record");
                }
                entry
            }
        };
        self.next = offset.next();
        Ok(Some(entry))
    }

    fn copy(&mut self, payload: &[u8]) -> Bytes {
        if payload.len() > ARENA_BYTES / 4 {
            return Bytes::copy_from_slice(payload);
        }
        if self.arena.capacity() < payload.len() {
            self.arena = BytesMut::with_capacity(ARENA_BYTES);
        }
        self.arena.extend_from_slice(payload);
        self.arena.split().freeze()
    }

    fn keep(&mut self, entry: Entry) {
        self.bytes = self.bytes.saturating_add(entry.bytes.len());
        self.tail.push_back(entry);
        while self.bytes > TAIL_BYTES && self.tail.len() > 1 {
            let Some(oldest) = self.tail.pop_front() else {
                break;
            };
            self.bytes = self.bytes.saturating_sub(oldest.bytes.len());
        }
    }
}

fn halt(error: &ClientError) -> Halt {
    match error.rdkafka_error_code() {
        Some(code) if is_out_of_range(code) || is_topic_gone(code) => Halt::Lost(error.to_string()),
        Some(code) if is_damage(code) => Halt::Damaged(error.to_string()),
        _ => Halt::Later(error.to_string()),
    }
}

impl Lane {
    /// Gives the seat up; returns the last record read, to prove the log by when it is taken again.
    pub(super) fn leave(
        &mut self,
        reader: &Reader,
        topic: &str,
        partition: i32,
    ) -> Option<(Offset, Bytes)> {
        let seat = self.seat.take()?;
        if let Some(queue) = &self.queue {
            reader.unassign(topic, partition, queue);
        }
        seat.last()
    }
}

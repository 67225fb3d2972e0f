//! Which positions may be stored, and which answer at once.
//!
//! A position stored must never be ahead of the rows on disk. QuestDB accepts rows into files that the kernel has
//! not written out yet, unless its commits are synced; so a note waits until it is old enough, and what is stored
//! trails behind what is noted by one to two times that. A server that was started again may have lost what it had
//! accepted last: then no note holds any more, and every partition that noted something is told so once.

use noc_pipeline::clock::Stopwatch;
use noc_pipeline::id::{LogId, Offset, PartitionId};
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// A position in a log.
pub type Position = (LogId, Offset);

/// Notes answer for this long at least after the last one: who gave a partition away and gets it back later asks the
/// server.
const FRESH: Duration = Duration::from_secs(60);

/// What this process noted.
#[derive(Debug, Default)]
pub struct Positions {
    notes: HashMap<PartitionId, Note>,
    /// Those that noted something before the server was started again, and do not know yet.
    unaware: HashSet<PartitionId>,
}

#[derive(Debug)]
struct Note {
    last: Position,
    since: Stopwatch,
    /// The next to be stored, and since when it has been noted.
    candidate: Option<(Position, Stopwatch)>,
}

impl Positions {
    /// Notes a position; returns one that is old enough to be stored.
    pub fn note(
        &mut self,
        partition: PartitionId,
        position: Position,
        settle: Duration,
    ) -> Option<Position> {
        let now = Stopwatch::start();
        let note = self.notes.entry(partition).or_insert(Note {
            last: position,
            since: now,
            candidate: None,
        });
        (note.last, note.since) = (position, now);
        let (candidate, since) = note.candidate.get_or_insert((position, now));
        // Another log begins: what is old belongs to the one before.
        if candidate.0 != position.0 {
            (*candidate, *since) = (position, now);
        }
        if since.elapsed() < settle {
            return None;
        }
        let settled = if settle.is_zero() {
            position
        } else {
            *candidate
        };
        (*candidate, *since) = (position, now);
        Some(settled)
    }

    /// The last note of a partition.
    pub fn noted(&self, partition: PartitionId, settle: Duration) -> Option<Position> {
        let fresh = FRESH.max(settle.saturating_mul(2));
        let note = self.notes.get(&partition);
        note.filter(|note| note.since.elapsed() < fresh)
            .map(|note| note.last)
    }

    /// Drops every note.
    pub fn forget_all(&mut self) {
        self.unaware
            .extend(self.notes.drain().map(|(partition, _)| partition));
    }

    /// Drops a partition's note.
    pub fn forget(&mut self, partition: PartitionId) {
        self.notes.remove(&partition);
    }

    /// Whether a partition must read on after its stored position before it writes more.
    pub fn is_unaware(&self, partition: PartitionId) -> bool {
        self.unaware.contains(&partition)
    }

    /// A partition has asked for its position.
    pub fn told(&mut self, partition: PartitionId) {
        self.unaware.remove(&partition);
    }
}

/// The name that a partition's position is stored under.
pub fn name(partition: PartitionId) -> String {
    format!("position/{partition}")
}

/// A position as text.
pub fn to_text((log, offset): Position) -> String {
    format!("{log} {offset}")
}

/// Reads [`to_text`].
pub fn from_text(text: &str) -> Option<Position> {
    let (log, offset) = text.split_once(' ')?;
    Some((LogId(log.parse().ok()?), Offset(offset.parse().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const LOG: LogId = LogId(Uuid::from_u128(1));
    const ZERO: PartitionId = PartitionId(0);

    #[test]
    fn positions_are_read_back() {
        let position = (LOG, Offset(u64::MAX));
        assert_eq!(from_text(&to_text(position)), Some(position));
        assert_eq!(from_text("nonsense"), None);
    }

    #[test]
    fn what_is_stored_trails_behind_what_is_noted() {
        let mut positions = Positions::default();
        let settle = Duration::from_secs(3_600);
        for offset in 0..10 {
            assert_eq!(positions.note(ZERO, (LOG, Offset(offset)), settle), None);
        }
        assert_eq!(positions.noted(ZERO, settle), Some((LOG, Offset(9))));
        let settled = positions.note(ZERO, (LOG, Offset(10)), Duration::from_nanos(1));
        assert_eq!(
            settled,
            Some((LOG, Offset(0))),
            "the oldest note, not the last"
        );
        let other = LogId(Uuid::from_u128(2));
        assert_eq!(positions.note(ZERO, (other, Offset(0)), settle), None);
        let at_once = positions.note(ZERO, (other, Offset(1)), Duration::ZERO);
        assert_eq!(at_once, Some((other, Offset(1))));
    }

    #[test]
    fn after_a_restart_of_the_server_every_partition_is_told_once() {
        let mut positions = Positions::default();
        positions.note(ZERO, (LOG, Offset(1)), Duration::ZERO);
        positions.forget_all();
        assert_eq!(positions.noted(ZERO, Duration::ZERO), None);
        assert!(positions.is_unaware(ZERO) && !positions.is_unaware(PartitionId(1)));
        positions.told(ZERO);
        assert!(!positions.is_unaware(ZERO));
    }
}

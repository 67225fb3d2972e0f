//! The newest records of one partition, decoded and in memory: what readers that keep up read, without the disk.

use crate::id::Offset;
use crate::log::Bounds;
use crate::record::Entry;
use std::collections::VecDeque;

/// A run of records that ends with the partition's newest.
#[derive(Debug)]
pub(super) struct Tail {
    bounds: Bounds,
    entries: VecDeque<Entry>,
    bytes: usize,
    limit: usize,
}

impl Tail {
    /// An empty tail of a partition with these bounds.
    pub(super) fn new(bounds: Bounds, limit: usize) -> Self {
        Self {
            bounds,
            entries: VecDeque::new(),
            bytes: 0,
            limit,
        }
    }

    /// What the partition holds, on disk and here.
    pub(super) fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// The partition was opened anew: what is here may not be there.
    pub(super) fn reset(&mut self, bounds: Bounds) {
        *self = Self::new(bounds, self.limit);
    }

    /// Records before this one were dropped.
    pub(super) fn trimmed(&mut self, first: Offset) {
        self.bounds.first = first;
    }

    /// Adds the next records.
    pub(super) fn push(&mut self, entries: impl IntoIterator<Item = Entry>) {
        for entry in entries {
            self.bounds.end = entry.offset.next();
            self.bytes += entry.bytes.len();
            self.entries.push_back(entry);
        }
        while self.bytes > self.limit {
            let Some(oldest) = self.entries.pop_front() else {
                break;
            };
            self.bytes -= oldest.bytes.len();
        }
    }

    /// Up to `max` records from `from` on; `None` when `from` is older than what is here.
    pub(super) fn read(&self, from: Offset, max: usize) -> Option<Vec<Entry>> {
        let first = self.entries.front()?.offset;
        let skip = usize::try_from(from.0.checked_sub(first.0)?).ok()?;
        Some(self.entries.iter().skip(skip).take(max).cloned().collect())
    }
}

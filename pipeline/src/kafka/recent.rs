//! What this node appended a moment ago, kept decoded: when it comes back from Kafka it need not be decoded again.
//!
//! Found by the hash of its bytes and proven by the bytes themselves, so what a reader gets is what stands in Kafka,
//! whoever wrote it and in whatever order it arrives.

use crate::record::Encoded;
use std::collections::{HashMap, VecDeque};
use xxhash_rust::xxh3::xxh3_64;

/// Kept of each partition, in bytes of the encoded form.
const LIMIT: usize = 1 << 20;

/// Of one partition.
#[derive(Default)]
pub(super) struct Recent {
    by_hash: HashMap<u64, Encoded>,
    order: VecDeque<(u64, usize)>,
    bytes: usize,
}

impl Recent {
    /// Remembers a record, and forgets the oldest beyond the limit.
    pub(super) fn note(&mut self, record: &Encoded) {
        let hash = xxh3_64(&record.bytes);
        let size = record.bytes.len();
        // Of two that are equal, or collide, the later one stays; the earlier one's place in the order is harmless.
        self.by_hash.insert(hash, record.clone());
        self.order.push_back((hash, size));
        self.bytes = self.bytes.saturating_add(size);
        while self.bytes > LIMIT {
            let Some((oldest, size)) = self.order.pop_front() else {
                break;
            };
            self.bytes = self.bytes.saturating_sub(size);
            self.by_hash.remove(&oldest);
        }
    }

    /// The record with these bytes, if it was noted.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Option<Encoded> {
        if self.by_hash.is_empty() {
            return None;
        }
        let hash = xxh3_64(bytes);
        if self.by_hash.get(&hash)?.bytes != bytes {
            return None;
        }
        self.by_hash.remove(&hash)
    }

    /// Nobody reads the partition here any more.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::UnixMs;
    use crate::contract::payload;

    #[test]
    fn a_record_is_found_once_by_its_bytes() {
        let mut recent = Recent::default();
        let record = payload(1, 2, UnixMs(3));
        recent.note(&record);
        assert!(recent.take(b"others").is_none());
        let found = recent.take(&record.bytes).unwrap();
        assert_eq!(found.record, record.record);
        assert!(recent.take(&record.bytes).is_none());
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut recent = Recent::default();
        let first = payload(1, 0, UnixMs(3));
        let many = LIMIT / first.bytes.len() + 10;
        for seq in 0..many as u64 {
            recent.note(&payload(1, seq, UnixMs(3)));
        }
        assert!(recent.bytes <= LIMIT);
        assert!(recent.by_hash.len() < many);
        assert!(recent.take(&first.bytes).is_none(), "the oldest goes first");
        assert!(
            recent
                .take(&payload(1, many as u64 - 1, UnixMs(3)).bytes)
                .is_some()
        );
        recent.clear();
        assert_eq!((recent.bytes, recent.order.len()), (0, 0));
    }
}

//! What one commit adds to one partition: a block.
//!
//! | part | bytes | content |
//! |---|---|---|
//! | key | 8 | offset of the first record, big endian |
//! | | 4 | how many records, big endian |
//! | | 8 | newest `received_at` in it, Unix ms, big endian |
//! | value | 1 | version, 1 |
//! | | 4 + n each | a record: its length, big endian, and its bytes |
//!
//! Retention and bounds read keys only. One item a commit instead of one a record keeps the memtable and the index
//! small, and a block is the "whole batch" that retention drops.

use crate::clock::UnixMs;
use crate::id::Offset;
use crate::record::Encoded;
use bytes::Bytes;

const VERSION: u8 = 1;

/// A block's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BlockKey {
    pub(super) first: Offset,
    pub(super) count: u32,
    pub(super) newest: UnixMs,
}

impl BlockKey {
    /// The position after its last record.
    pub(super) fn end(self) -> Offset {
        Offset(self.first.0.saturating_add(u64::from(self.count)))
    }

    pub(super) fn encode(self) -> [u8; 20] {
        let mut key = [0; 20];
        let (first, rest) = key.split_at_mut(8);
        let (count, newest) = rest.split_at_mut(4);
        first.copy_from_slice(&self.first.0.to_be_bytes());
        count.copy_from_slice(&self.count.to_be_bytes());
        newest.copy_from_slice(&self.newest.0.to_be_bytes());
        key
    }

    pub(super) fn decode(key: &[u8]) -> Option<Self> {
        let (first, rest) = key.split_first_chunk::<8>()?;
        let (count, rest) = rest.split_first_chunk::<4>()?;
        Some(Self {
            first: Offset(u64::from_be_bytes(*first)),
            count: u32::from_be_bytes(*count),
            newest: UnixMs(i64::from_be_bytes(rest.try_into().ok()?)),
        })
    }

    /// The greatest key whose block begins at or before `offset`.
    pub(super) fn upper(offset: Offset) -> [u8; 20] {
        let mut key = [0xff; 20];
        let (first, _) = key.split_at_mut(8);
        first.copy_from_slice(&offset.0.to_be_bytes());
        key
    }
}

/// Key and value of the block that holds `records` from `first` on.
pub(super) fn encode(first: Offset, records: &[Encoded]) -> (BlockKey, Vec<u8>) {
    let bytes: usize = records
        .iter()
        .map(|r| r.bytes.len().saturating_add(4))
        .sum();
    let mut value = Vec::with_capacity(bytes.saturating_add(1));
    value.push(VERSION);
    let mut newest = UnixMs(i64::MIN);
    for Encoded { bytes, record } in records {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        value.extend_from_slice(&length.to_be_bytes());
        value.extend_from_slice(bytes);
        newest = newest.max(record.received_at());
    }
    let count = u32::try_from(records.len()).unwrap_or(u32::MAX);
    let key = BlockKey {
        first,
        count,
        newest,
    };
    (key, value)
}

/// The records of a block; `None` when it is not as its key says.
pub(super) fn decode(key: BlockKey, value: &[u8]) -> Option<Vec<Bytes>> {
    let value = Bytes::copy_from_slice(value);
    if value.first() != Some(&VERSION) {
        return None;
    }
    let mut records = Vec::with_capacity(usize::try_from(key.count).ok()?.min(4_096));
    let mut at = 1;
    while at < value.len() {
        let (length, _) = value.get(at..)?.split_first_chunk::<4>()?;
        let start = at.checked_add(4)?;
        let end = start.checked_add(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        value.get(start..end)?;
        records.push(value.slice(start..end));
        at = end;
    }
    (u32::try_from(records.len()) == Ok(key.count)).then_some(records)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::NodeId;
    use crate::record::Record;
    use proptest::prelude::*;
    use uuid::Uuid;

    proptest! {
        #[test]
        fn a_block_is_read_as_it_was_written(first in 0..u64::MAX - 100, times in prop::collection::vec(any::<i64>(), 1..20)) {
            let beat = |at: &i64| Record::Heartbeat { at: UnixMs(*at), node: NodeId(Uuid::nil()) }.encode();
            let records: Vec<_> = times.iter().map(beat).collect();
            let (key, value) = encode(Offset(first), &records);
            prop_assert_eq!(BlockKey::decode(&key.encode()), Some(key));
            prop_assert_eq!(key.newest.0, *times.iter().max().unwrap());
            prop_assert_eq!(key.end(), Offset(first + times.len() as u64));
            let bytes: Vec<_> = records.iter().map(|r| r.bytes.clone()).collect();
            prop_assert_eq!(decode(key, &value), Some(bytes));
            prop_assert_eq!(decode(BlockKey { count: key.count + 1, ..key }, &value), None);
            prop_assert_eq!(decode(key, &value[..value.len() - 1]), None);
        }

        #[test]
        fn any_bytes_are_answered(key in prop::collection::vec(any::<u8>(), 0..24), value in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Some(key) = BlockKey::decode(&key) {
                drop(decode(key, &value));
            }
        }
    }
}

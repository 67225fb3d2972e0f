//! Which snapshots a partition of the topic holds, and where; and how they are written.

use crate::id::{Epoch, LogId, Offset, ServerId};
use crate::snapshot::{Snapshot, SnapshotKey};
use bytes::Bytes;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

const VERSION: u8 = 1;

/// One snapshot's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct At {
    pub(super) key: SnapshotKey,
    pub(super) epoch: Epoch,
    /// The last record it includes.
    pub(super) offset: Offset,
    /// Its own offset in the topic.
    pub(super) at: i64,
}

/// What a partition holds up to a position.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// The position read up to; `None` before the first read.
    next: Option<i64>,
    /// Mostly one of each key, with the owner's epoch.
    kept: HashMap<SnapshotKey, Vec<At>>,
}

impl Index {
    pub(super) fn next(&self) -> Option<i64> {
        self.next
    }

    /// Nothing is known yet; reading begins here.
    pub(super) fn begin(&mut self, first: i64) {
        self.clear();
        self.next = Some(first);
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Everything before `end` was read.
    pub(super) fn reached(&mut self, end: i64) {
        self.next = self.next.max(Some(end));
    }

    /// A record that is no snapshot.
    pub(super) fn passed(&mut self, at: i64) {
        self.next = self.next.max(Some(at.saturating_add(1)));
    }

    /// A snapshot was read at `at`.
    pub(super) fn seen(&mut self, snapshot: &Snapshot, at: i64) {
        self.passed(at);
        self.keep(snapshot, at);
    }

    /// The removal of a key of one epoch was read at `at`.
    pub(super) fn seen_removal(&mut self, key: SnapshotKey, epoch: Epoch, at: i64) {
        self.passed(at);
        self.forget(key, epoch);
    }

    /// A snapshot of ours was acknowledged at `at`. Returns the same key's snapshots of older epochs.
    pub(super) fn stored(&mut self, snapshot: &Snapshot, at: i64) -> Vec<At> {
        self.passed_if_next(at);
        self.keep(snapshot, at);
        let kept = self.kept.get(&snapshot.key).into_iter().flatten();
        kept.filter(|kept| kept.epoch < snapshot.epoch)
            .copied()
            .collect()
    }

    /// A removal of ours was acknowledged at `at`.
    pub(super) fn removed(&mut self, key: SnapshotKey, epoch: Epoch, at: i64) {
        self.passed_if_next(at);
        self.forget(key, epoch);
    }

    /// A record of ours need not be read; others' that stand before it must be.
    fn passed_if_next(&mut self, at: i64) {
        if self.next == Some(at) {
            self.passed(at);
        }
    }

    fn forget(&mut self, key: SnapshotKey, epoch: Epoch) {
        if let Some(kept) = self.kept.get_mut(&key) {
            kept.retain(|kept| kept.epoch != epoch);
            if kept.is_empty() {
                self.kept.remove(&key);
            }
        }
    }

    fn keep(&mut self, snapshot: &Snapshot, at: i64) {
        let new = At {
            key: snapshot.key,
            epoch: snapshot.epoch,
            offset: snapshot.offset,
            at,
        };
        let kept = self.kept.entry(snapshot.key).or_default();
        match kept.iter_mut().find(|kept| kept.epoch == new.epoch) {
            Some(old) if old.offset <= new.offset => *old = new,
            Some(_) => {}
            None => kept.push(new),
        }
    }

    /// The newest of a key.
    pub(super) fn newest(&self, key: SnapshotKey) -> Option<At> {
        let kept = self.kept.get(&key)?;
        kept.iter().max_by_key(|at| (at.epoch, at.offset)).copied()
    }

    /// Every epoch's of a key.
    pub(super) fn all(&self, key: SnapshotKey) -> Vec<At> {
        self.kept.get(&key).cloned().unwrap_or_default()
    }

    /// Of each key the newest, where it is not older than what is kept.
    pub(super) fn newer(&self, snapshots: Vec<Snapshot>) -> Vec<Snapshot> {
        let position = |s: &Snapshot| (s.epoch, s.offset);
        let mut newest = BTreeMap::<SnapshotKey, Snapshot>::new();
        for snapshot in snapshots {
            let other = newest.get(&snapshot.key);
            if other.is_none_or(|other| position(other) < position(&snapshot)) {
                newest.insert(snapshot.key, snapshot);
            }
        }
        newest.retain(|key, snapshot| {
            self.newest(*key)
                .is_none_or(|kept| (kept.epoch, kept.offset) <= position(snapshot))
        });
        newest.into_values().collect()
    }
}

/// A key's bytes, and how many of them count.
pub(super) fn encode_key(key: SnapshotKey, epoch: Epoch) -> ([u8; 13], usize) {
    let mut out = [0; 13];
    let mut length = 0;
    let mut put = |bytes: &[u8]| {
        for (slot, byte) in out.iter_mut().skip(length).zip(bytes) {
            *slot = *byte;
        }
        length += bytes.len();
    };
    match key {
        SnapshotKey::Partition => put(&[0]),
        SnapshotKey::Server(server) => {
            put(&[1]);
            put(&server.0.to_be_bytes());
        }
    }
    put(&epoch.0.to_be_bytes());
    (out, length)
}

pub(super) fn decode_key(bytes: &[u8]) -> Option<(SnapshotKey, Epoch)> {
    let (tag, rest) = bytes.split_first()?;
    let (key, epoch) = match tag {
        0 => (SnapshotKey::Partition, rest),
        1 => {
            let (server, rest) = rest.split_first_chunk::<4>()?;
            (
                SnapshotKey::Server(ServerId(u32::from_be_bytes(*server))),
                rest,
            )
        }
        _ => return None,
    };
    Some((key, Epoch(u64::from_be_bytes(epoch.try_into().ok()?))))
}

pub(super) fn encode_value(snapshot: &Snapshot) -> Vec<u8> {
    let mut out = Vec::with_capacity(25_usize.saturating_add(snapshot.state.len()));
    out.push(VERSION);
    out.extend_from_slice(snapshot.log_id.0.as_bytes());
    out.extend_from_slice(&snapshot.offset.0.to_be_bytes());
    out.extend_from_slice(&snapshot.state);
    out
}

pub(super) fn decode_value(key: SnapshotKey, epoch: Epoch, value: &[u8]) -> Option<Snapshot> {
    let (version, rest) = value.split_first()?;
    let (log_id, rest) = rest.split_first_chunk::<16>()?;
    let (offset, state) = rest.split_first_chunk::<8>()?;
    (*version == VERSION).then(|| Snapshot {
        key,
        log_id: LogId(Uuid::from_bytes(*log_id)),
        epoch,
        offset: Offset(u64::from_be_bytes(*offset)),
        state: Bytes::copy_from_slice(state),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn snapshot(server: u32, epoch: u64, offset: u64) -> Snapshot {
        Snapshot {
            key: SnapshotKey::Server(ServerId(server)),
            log_id: LogId(Uuid::nil()),
            epoch: Epoch(epoch),
            offset: Offset(offset),
            state: Bytes::from_static(b"state"),
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(server: Option<u32>, epoch: u64, offset: u64, log_id: u128, state: Vec<u8>) {
            let key = server.map_or(SnapshotKey::Partition, |id| SnapshotKey::Server(ServerId(id)));
            let (bytes, length) = encode_key(key, Epoch(epoch));
            prop_assert_eq!(decode_key(&bytes[..length]), Some((key, Epoch(epoch))));
            let written = Snapshot {
                key,
                log_id: LogId(Uuid::from_u128(log_id)),
                epoch: Epoch(epoch),
                offset: Offset(offset),
                state: state.into(),
            };
            let value = encode_value(&written);
            prop_assert_eq!(decode_value(key, Epoch(epoch), &value), Some(written));
        }

        #[test]
        fn any_bytes_are_answered(key: Vec<u8>, value: Vec<u8>) {
            if let Some((key, epoch)) = decode_key(&key) {
                drop(decode_value(key, epoch, &value));
            }
            drop(decode_value(SnapshotKey::Partition, Epoch(1), &value));
        }

        /// Whatever order they stand in, the newest by (epoch, offset) is found.
        #[test]
        fn the_newest_is_found_in_any_order(positions in prop::collection::vec((0..4u64, 0..50u64), 1..20)) {
            let mut index = Index::default();
            index.begin(0);
            for (at, (epoch, offset)) in positions.iter().enumerate() {
                index.seen(&snapshot(1, *epoch, *offset), at as i64);
            }
            let newest = index.newest(SnapshotKey::Server(ServerId(1))).unwrap();
            let expected = positions.iter().max().unwrap();
            prop_assert_eq!((newest.epoch.0, newest.offset.0), *expected);
            prop_assert_eq!(index.next(), Some(positions.len() as i64));
        }
    }

    #[test]
    fn what_others_wrote_in_between_is_still_read() {
        let mut index = Index::default();
        index.begin(0);
        index.stored(&snapshot(1, 1, 1), 0);
        assert_eq!(index.next(), Some(1), "ours alone need not be read again");
        index.stored(&snapshot(2, 1, 1), 2);
        assert_eq!(index.next(), Some(1), "offset 1 is another's");
        index.removed(SnapshotKey::Server(ServerId(2)), Epoch(1), 3);
        assert_eq!(index.next(), Some(1));
        assert!(index.newest(SnapshotKey::Server(ServerId(2))).is_none());
    }

    #[test]
    fn a_newer_epoch_names_the_older_ones() {
        let mut index = Index::default();
        index.begin(0);
        index.stored(&snapshot(1, 1, 9), 0);
        let outdated = index.stored(&snapshot(1, 2, 3), 1);
        assert_eq!(outdated.len(), 1);
        assert_eq!((outdated[0].epoch, outdated[0].at), (Epoch(1), 0));
        index.removed(outdated[0].key, outdated[0].epoch, 2);
        assert_eq!(index.all(SnapshotKey::Server(ServerId(1))).len(), 1);
        assert!(index.newer(vec![snapshot(1, 1, 99)]).is_empty());
        assert_eq!(
            index.newer(vec![snapshot(1, 2, 3)]).len(),
            1,
            "a repeat is fine"
        );
    }
}

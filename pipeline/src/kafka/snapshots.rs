//! [`Snapshots`] on a compacted topic, in the Kafka partition of the same number.
//!
//! | | bytes |
//! |---|---|
//! | key | 0 for the partition's own, or 1 and the server (4); the epoch (8) |
//! | value | version, 1; log id (16), offset (8), the state |
//!
//! All big endian. Compaction keeps the last record of a key, so a key holds what one owner wrote: an owner that lost
//! its partition cannot overwrite what its successor stores, however late it writes. Readers take the newest by (epoch,
//! offset), whatever stands last. Once a newer epoch's snapshot is acknowledged, the older epochs' are removed.
//!
//! What stands where is kept in memory, not the states themselves, and brought up to date before each use: what
//! another node wrote counts at once.

use super::keeper::Keeper;
use super::produce::{Outgoing, Producer};
use super::scan::{ScanError, Scanner, Seen};
use super::snapshot_index::{At, Index, decode_key, decode_value, encode_key, encode_value};
use crate::id::{Epoch, PartitionId};
use crate::snapshot::{Snapshot, SnapshotError, SnapshotKey, Snapshots};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use tokio::sync::{Mutex, MutexGuard};

/// The key of the record that is written behind a hole at the end of a partition.
const FILLER: &[u8] = &[2];
/// A partition that is compacted or replaced while it is read is read again, this often.
const TRIES: usize = 5;

/// What a whole read of a partition gives: of each key and epoch the newest.
type States = BTreeMap<(SnapshotKey, Epoch), Snapshot>;

/// The snapshot store on Kafka.
pub struct KafkaSnapshots {
    topic: String,
    producer: Arc<Producer>,
    scanner: Arc<Scanner>,
    partitions: Vec<Mutex<Index>>,
    _keeper: Arc<Keeper>,
}

impl std::fmt::Debug for KafkaSnapshots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KafkaSnapshots")
            .field("topic", &self.topic)
            .finish_non_exhaustive()
    }
}

fn failed(operation: &'static str) -> impl Fn(String) -> SnapshotError {
    move |reason| SnapshotError { operation, reason }
}

impl KafkaSnapshots {
    pub(super) fn new(
        topic: String,
        partitions: u32,
        producer: Arc<Producer>,
        scanner: Arc<Scanner>,
        keeper: Arc<Keeper>,
    ) -> Self {
        Self {
            topic,
            producer,
            scanner,
            partitions: (0..partitions).map(|_| Mutex::default()).collect(),
            _keeper: keeper,
        }
    }

    async fn index(&self, partition: PartitionId) -> Result<(i32, MutexGuard<'_, Index>), String> {
        let place = usize::try_from(partition.0).unwrap_or(usize::MAX);
        let index = self.partitions.get(place);
        let index = index.ok_or_else(|| format!("there is no partition {partition}"))?;
        let number = i32::try_from(partition.0).unwrap_or(i32::MAX);
        Ok((number, index.lock().await))
    }

    /// Reads what was written since the last time; everything, into `states` too, when they are given.
    async fn refresh(
        &self,
        partition: i32,
        index: &mut Index,
        mut states: Option<&mut States>,
    ) -> Result<(), String> {
        if states.is_some() {
            index.clear();
        }
        for _ in 0..TRIES {
            let end = match index.next() {
                None => {
                    let bounds = self.scanner.bounds(&self.topic, partition).await;
                    let (first, end) = bounds.map_err(|e| e.to_string())?;
                    index.begin(first);
                    end
                }
                Some(_) => {
                    let end = self.scanner.end(&self.topic, partition).await;
                    end.map_err(|e| e.to_string())?
                }
            };
            let from = index.next().unwrap_or_default();
            if end < from {
                // The topic was made anew.
                index.clear();
                continue;
            }
            let nudge = || self.fill(partition);
            let scanned = self
                .scanner
                .scan(&self.topic, partition, (from, end), Some(nudge), |seen| {
                    note(index, states.as_deref_mut(), &seen);
                    ControlFlow::Continue(())
                })
                .await;
            match scanned {
                Ok(()) => {
                    index.reached(end);
                    return Ok(());
                }
                Err(ScanError::OutOfRange) => {
                    index.clear();
                    if let Some(states) = &mut states {
                        states.clear();
                    }
                }
                Err(ScanError::Failed(reason)) => return Err(reason),
            }
        }
        Err("the partition changes faster than it can be read".to_owned())
    }

    fn fill(&self, partition: i32) {
        let filler = Outgoing {
            partition,
            key: Some(FILLER),
            value: None,
            timestamp: None,
        };
        if !self.producer.send_and_forget(&self.topic, filler) {
            tracing::warn!(
                partition,
                "snapshots end in a hole that cannot be filled now"
            );
        }
    }

    async fn store(
        &self,
        partition: i32,
        index: &mut Index,
        snapshots: Vec<Snapshot>,
    ) -> Result<(), String> {
        let newest = index.newer(snapshots);
        if newest.is_empty() {
            return Ok(());
        }
        let encoded: Vec<([u8; 13], usize, Vec<u8>)> = newest
            .iter()
            .map(|s| {
                let (key, length) = encode_key(s.key, s.epoch);
                (key, length, encode_value(s))
            })
            .collect();
        let outgoing: Vec<Outgoing<'_>> = encoded
            .iter()
            .map(|(key, length, value)| Outgoing {
                partition,
                key: key.get(..*length),
                value: Some(value),
                timestamp: None,
            })
            .collect();
        let sent = self.producer.send(&self.topic, &outgoing);
        drop(outgoing);
        drop(encoded);
        let offsets = sent.await.map_err(|error| error.to_string())?;
        let mut outdated = Vec::new();
        for (snapshot, at) in newest.iter().zip(offsets) {
            outdated.extend(index.stored(snapshot, at));
        }
        // A failure leaves them for the next time; readers pass them over.
        if let Err(error) = self.drop_keys(partition, index, &outdated).await {
            tracing::debug!(%error, partition, "older snapshots are not removed yet");
        }
        Ok(())
    }

    async fn drop_keys(
        &self,
        partition: i32,
        index: &mut Index,
        keys: &[At],
    ) -> Result<(), String> {
        let encoded: Vec<_> = keys.iter().map(|at| encode_key(at.key, at.epoch)).collect();
        let outgoing: Vec<Outgoing<'_>> = encoded
            .iter()
            .map(|(key, length)| Outgoing {
                partition,
                key: key.get(..*length),
                value: None,
                timestamp: None,
            })
            .collect();
        let sent = self.producer.send(&self.topic, &outgoing);
        drop(outgoing);
        let offsets = sent.await.map_err(|error| error.to_string())?;
        for (at, offset) in keys.iter().zip(offsets) {
            index.removed(at.key, at.epoch, offset);
        }
        Ok(())
    }
}

fn note(index: &mut Index, states: Option<&mut States>, seen: &Seen<'_>) {
    let Some((key, epoch)) = decode_key(seen.key) else {
        index.passed(seen.offset);
        return;
    };
    let Some(value) = seen.value else {
        index.seen_removal(key, epoch, seen.offset);
        if let Some(states) = states {
            states.remove(&(key, epoch));
        }
        return;
    };
    // What a newer version wrote is nothing to this one.
    let Some(snapshot) = decode_value(key, epoch, value) else {
        index.passed(seen.offset);
        return;
    };
    index.seen(&snapshot, seen.offset);
    if let Some(states) = states {
        let kept = states.get(&(key, epoch));
        if kept.is_none_or(|kept| kept.offset <= snapshot.offset) {
            states.insert((key, epoch), snapshot);
        }
    }
}

#[async_trait]
impl Snapshots for KafkaSnapshots {
    async fn put(
        &self,
        partition: PartitionId,
        snapshots: Vec<Snapshot>,
    ) -> Result<(), SnapshotError> {
        if snapshots.is_empty() {
            return Ok(());
        }
        let failed = failed("put");
        let (number, mut index) = self.index(partition).await.map_err(&failed)?;
        self.refresh(number, &mut index, None)
            .await
            .map_err(&failed)?;
        self.store(number, &mut index, snapshots)
            .await
            .map_err(failed)
    }

    async fn get(
        &self,
        partition: PartitionId,
        key: SnapshotKey,
    ) -> Result<Option<Snapshot>, SnapshotError> {
        let failed = failed("get");
        let (number, mut index) = self.index(partition).await.map_err(&failed)?;
        for _ in 0..TRIES {
            self.refresh(number, &mut index, None)
                .await
                .map_err(&failed)?;
            let Some(at) = index.newest(key) else {
                return Ok(None);
            };
            let value = self.scanner.at(&self.topic, number, at.at).await;
            let value = value.map_err(|error| failed(error.to_string()))?;
            let snapshot = value.and_then(|value| decode_value(key, at.epoch, &value));
            if snapshot.is_some() {
                return Ok(snapshot);
            }
            // It was compacted away, or the topic was made anew: what is known of the partition is worth nothing.
            index.clear();
        }
        Err(failed(
            "the snapshot moves faster than it can be read".to_owned(),
        ))
    }

    async fn load(&self, partition: PartitionId) -> Result<Vec<Snapshot>, SnapshotError> {
        let failed = failed("load");
        let (number, mut index) = self.index(partition).await.map_err(&failed)?;
        let mut states = States::new();
        let read = self.refresh(number, &mut index, Some(&mut states)).await;
        read.map_err(&failed)?;
        let mut newest = BTreeMap::<SnapshotKey, Snapshot>::new();
        for snapshot in states.into_values() {
            // By key, then by epoch: the later one is the newer.
            newest.insert(snapshot.key, snapshot);
        }
        Ok(newest.into_values().collect())
    }

    async fn remove(&self, partition: PartitionId, key: SnapshotKey) -> Result<(), SnapshotError> {
        let failed = failed("remove");
        let (number, mut index) = self.index(partition).await.map_err(&failed)?;
        self.refresh(number, &mut index, None)
            .await
            .map_err(&failed)?;
        let all = index.all(key);
        let dropped = self.drop_keys(number, &mut index, &all).await;
        dropped.map_err(failed)
    }
}

//! [`Snapshots`] in the `state` database.
//!
//! Key: partition (u32), then 0 for the partition's own or 1 and the server (u32). Value: log id (16 bytes), epoch
//! (u64), offset (u64), the state. All big endian.

use super::state::StateDb;
use crate::id::{Epoch, LogId, Offset, PartitionId, ServerId};
use crate::snapshot::{Snapshot, SnapshotError, SnapshotKey, Snapshots};
use async_trait::async_trait;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// The embedded snapshot store.
pub struct EmbeddedSnapshots {
    state: Arc<StateDb>,
}

impl std::fmt::Debug for EmbeddedSnapshots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmbeddedSnapshots").finish_non_exhaustive()
    }
}

impl EmbeddedSnapshots {
    pub(super) fn new(state: Arc<StateDb>) -> Self {
        Self { state }
    }

    /// As if the disk had failed under it.
    #[cfg(test)]
    pub(super) async fn fail(&self) {
        let failing = self.state.run(|_| Err::<(), _>(fjall::Error::Poisoned));
        failing.await.unwrap_err();
    }
}

fn encode_key(partition: PartitionId, key: SnapshotKey) -> Vec<u8> {
    let mut out = partition.0.to_be_bytes().to_vec();
    match key {
        SnapshotKey::Partition => out.push(0),
        SnapshotKey::Server(server) => {
            out.push(1);
            out.extend_from_slice(&server.0.to_be_bytes());
        }
    }
    out
}

fn decode_key(key: &[u8]) -> Option<SnapshotKey> {
    match key.get(4..)?.split_first()? {
        (0, []) => Some(SnapshotKey::Partition),
        (1, server) => {
            let server = u32::from_be_bytes(server.try_into().ok()?);
            Some(SnapshotKey::Server(ServerId(server)))
        }
        _ => None,
    }
}

fn encode_value(snapshot: &Snapshot) -> Vec<u8> {
    let mut out = Vec::with_capacity(32 + snapshot.state.len());
    out.extend_from_slice(snapshot.log_id.0.as_bytes());
    out.extend_from_slice(&snapshot.epoch.0.to_be_bytes());
    out.extend_from_slice(&snapshot.offset.0.to_be_bytes());
    out.extend_from_slice(&snapshot.state);
    out
}

fn decode_value(key: SnapshotKey, value: &[u8]) -> Option<Snapshot> {
    let (log_id, rest) = value.split_first_chunk::<16>()?;
    let (epoch, rest) = rest.split_first_chunk::<8>()?;
    let (offset, state) = rest.split_first_chunk::<8>()?;
    Some(Snapshot {
        key,
        log_id: LogId(Uuid::from_bytes(*log_id)),
        epoch: Epoch(u64::from_be_bytes(*epoch)),
        offset: Offset(u64::from_be_bytes(*offset)),
        state: Bytes::copy_from_slice(state),
    })
}

fn failed(operation: &'static str) -> impl Fn(String) -> SnapshotError {
    move |reason| SnapshotError { operation, reason }
}

#[async_trait]
impl Snapshots for EmbeddedSnapshots {
    async fn put(
        &self,
        partition: PartitionId,
        snapshots: Vec<Snapshot>,
    ) -> Result<(), SnapshotError> {
        let put = self.state.run(move |tables| {
            let _guard = tables.one_at_a_time();
            let mut newest = BTreeMap::<SnapshotKey, Snapshot>::new();
            for snapshot in snapshots {
                let position = (snapshot.epoch, snapshot.offset);
                let kept = newest.get(&snapshot.key);
                if kept.is_none_or(|kept| (kept.epoch, kept.offset) < position) {
                    newest.insert(snapshot.key, snapshot);
                }
            }
            let mut batch = tables.batch();
            for (key, snapshot) in newest {
                let bytes = encode_key(partition, key);
                let kept = tables.snapshots.get(&bytes)?;
                let kept = kept.and_then(|value| decode_value(key, &value));
                let position = (snapshot.epoch, snapshot.offset);
                if kept.is_none_or(|kept| (kept.epoch, kept.offset) <= position) {
                    batch.insert(&tables.snapshots, bytes, encode_value(&snapshot));
                }
            }
            batch.commit()
        });
        put.await.map_err(failed("put"))
    }

    async fn get(
        &self,
        partition: PartitionId,
        key: SnapshotKey,
    ) -> Result<Option<Snapshot>, SnapshotError> {
        let get = self
            .state
            .run(move |tables| tables.snapshots.get(encode_key(partition, key)));
        let value = get.await.map_err(failed("get"))?;
        Ok(value.and_then(|value| decode_value(key, &value)))
    }

    async fn load(&self, partition: PartitionId) -> Result<Vec<Snapshot>, SnapshotError> {
        let load = self.state.run(move |tables| {
            let mut found = Vec::new();
            for guard in tables.snapshots.prefix(partition.0.to_be_bytes()) {
                let (key, value) = guard.into_inner()?;
                found.extend(decode_key(&key).and_then(|key| decode_value(key, &value)));
            }
            Ok(found)
        });
        load.await.map_err(failed("load"))
    }

    async fn remove(&self, partition: PartitionId, key: SnapshotKey) -> Result<(), SnapshotError> {
        let remove = self.state.run(move |tables| {
            let _guard = tables.one_at_a_time();
            let mut batch = tables.batch();
            batch.remove(&tables.snapshots, encode_key(partition, key));
            batch.commit()
        });
        remove.await.map_err(failed("remove"))
    }
}

//! Snapshots of actor state, so that a restart replays a minute and not three days.

use crate::id::{Epoch, LogId, Offset, PartitionId, ServerId};
use async_trait::async_trait;
use bytes::Bytes;

/// Whose state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SnapshotKey {
    /// The partition actor's: clock, rules, settings, last seen, replay position.
    Partition,
    /// One server's.
    Server(ServerId),
}

/// State as it was after the record at `offset`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Whose.
    pub key: SnapshotKey,
    /// The log it belongs to; of another log it says nothing about positions.
    pub log_id: LogId,
    /// The owner's epoch when it was taken.
    pub epoch: Epoch,
    /// The last record it includes.
    pub offset: Offset,
    /// The state, as its owner encodes it.
    pub state: Bytes,
}

/// Keeps the newest snapshot by (epoch, offset) of each key. Every back end passes [`crate::contract::snapshots`].
#[async_trait]
pub trait Snapshots: Send + Sync {
    /// Stores, durably once it returns. One that is older by (epoch, offset) than what is kept changes nothing.
    ///
    /// # Errors
    /// When the store cannot be reached; any subset may be stored.
    async fn put(
        &self,
        partition: PartitionId,
        snapshots: Vec<Snapshot>,
    ) -> Result<(), SnapshotError>;

    /// The newest of one key.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn get(
        &self,
        partition: PartitionId,
        key: SnapshotKey,
    ) -> Result<Option<Snapshot>, SnapshotError>;

    /// The newest of every key of a partition, by key.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn load(&self, partition: PartitionId) -> Result<Vec<Snapshot>, SnapshotError>;

    /// Forgets a key, whatever its epoch.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn remove(&self, partition: PartitionId, key: SnapshotKey) -> Result<(), SnapshotError>;
}

/// What can go wrong with snapshots; all of it may pass.
#[derive(Debug, Clone, thiserror::Error)]
#[error("snapshot store unavailable during {operation}: {reason}")]
pub struct SnapshotError {
    /// What was tried.
    pub operation: &'static str,
    /// What the back end said.
    pub reason: String,
}

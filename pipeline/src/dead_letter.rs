//! Records set aside: what could not be decoded or judged, with its bytes and the reason. The partition goes on.

use crate::clock::UnixMs;
use crate::id::{Offset, PartitionId, ServerId};
use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// One record set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Where it stood in the log; with `stage` it identifies the letter.
    pub partition: PartitionId,
    /// Where it stood in the log.
    pub offset: Offset,
    /// Who could not use it: `decode`, `series`, or a detector's key.
    pub stage: String,
    /// When it was set aside.
    pub at: UnixMs,
    /// Whose it was, where that could be read.
    pub server: Option<ServerId>,
    /// What went wrong.
    pub reason: String,
    /// The record as it stood in the log.
    pub bytes: Bytes,
}

/// Keeps what was set aside, for 7 days. Every back end passes [`crate::contract::dead_letters`].
#[async_trait]
pub trait DeadLetters: Send + Sync {
    /// Sets a record aside, durably once it returns. The same (partition, offset, stage) again changes nothing.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn put(&self, letter: DeadLetter) -> Result<(), DeadLetterError>;

    /// The newest `limit`, newest first.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn list(&self, limit: usize) -> Result<Vec<DeadLetter>, DeadLetterError>;

    /// Removes one, after it was replayed or read. False when it was not there.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn remove(
        &self,
        partition: PartitionId,
        offset: Offset,
        stage: &str,
    ) -> Result<bool, DeadLetterError>;

    /// Drops letters set aside before `before`; returns how many.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn retain(&self, before: UnixMs) -> Result<u64, DeadLetterError>;
}

/// What can go wrong with dead letters; all of it may pass.
#[derive(Debug, Clone, thiserror::Error)]
#[error("dead letters unavailable during {operation}: {reason}")]
pub struct DeadLetterError {
    /// What was tried.
    pub operation: &'static str,
    /// What the back end said.
    pub reason: String,
}

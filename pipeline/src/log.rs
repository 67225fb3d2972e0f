//! The payload log: what is acknowledged to an agent stands here first.

use crate::clock::UnixMs;
use crate::id::{LogId, Offset, PartitionId};
use crate::record::{Encoded, Entry};
use async_trait::async_trait;
use std::time::Duration;

/// First and next position of a partition: records `first..end` can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The oldest position still kept.
    pub first: Offset,
    /// The position that the next record gets.
    pub end: Offset,
}

/// An append-only log in partitions. Every back end passes [`crate::contract::log`].
#[async_trait]
pub trait PayloadLog: Send + Sync {
    /// How many partitions there are; fixed for the log's life.
    fn partitions(&self) -> u32;

    /// Which incarnation of the log this is.
    fn log_id(&self) -> LogId;

    /// Appends each record to its partition, and returns once all of them are durable, with their positions in
    /// the order given. Records of one call for one partition stand one after another.
    ///
    /// # Errors
    /// Nothing is promised about which of the records are in the log: the caller repeats the call, and readers
    /// know repeats by `(server, boot_id, seq)`.
    async fn append(&self, records: Vec<(PartitionId, Encoded)>) -> Result<Vec<Offset>, LogError>;

    /// Reads up to `max` records from `from` on. Waits up to `wait` for the first one; empty when none came.
    ///
    /// # Errors
    /// [`LogError::Trimmed`] when `from` lies before what is kept: the gap must be reported, not skipped silently.
    /// [`LogError::Replaced`] when `from` lies beyond the end: nobody was ever told of such a position.
    async fn read(
        &self,
        partition: PartitionId,
        from: Offset,
        max: usize,
        wait: Duration,
    ) -> Result<Vec<Entry>, LogError>;

    /// What can be read now.
    ///
    /// # Errors
    /// When the log cannot be reached.
    async fn bounds(&self, partition: PartitionId) -> Result<Bounds, LogError>;

    /// Drops records received before `before`, in whole batches from the oldest on; keeps the newest record of
    /// each partition. Returns how many were dropped.
    ///
    /// # Errors
    /// When the log cannot be reached.
    async fn trim(&self, before: UnixMs) -> Result<u64, LogError>;
}

/// What can go wrong with the log.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LogError {
    /// The log cannot take or give records now; try again.
    #[error("payload log unavailable during {operation}: {reason}")]
    Unavailable {
        /// What was tried.
        operation: &'static str,
        /// What the back end said.
        reason: String,
    },
    /// The disk is full or nearly so.
    #[error("payload log refuses records: {free_bytes} bytes free, {needed_bytes} needed")]
    DiskFull {
        /// What is free.
        free_bytes: u64,
        /// What must stay free.
        needed_bytes: u64,
    },
    /// The position asked for is no longer kept.
    #[error("partition {partition} is kept from offset {first}, asked for {asked}")]
    Trimmed {
        /// Which partition.
        partition: PartitionId,
        /// The position asked for.
        asked: Offset,
        /// The oldest kept.
        first: Offset,
    },
    /// The position asked for lies beyond the end, or what stands before it is not what was read there: the log is
    /// not the one the reader knows. Its owner takes a new [`LogId`].
    #[error(
        "partition {partition} ends at offset {end}, asked for {asked}: the log was replaced or lost records"
    )]
    Replaced {
        /// Which partition.
        partition: PartitionId,
        /// The position asked for.
        asked: Offset,
        /// Where it ends.
        end: Offset,
    },
    /// A record is larger than the log takes.
    #[error("the payload log takes no record of {bytes} bytes")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// There is no such partition.
    #[error("no partition {partition}: the log has {partitions}")]
    NoSuchPartition {
        /// The one asked for.
        partition: PartitionId,
        /// How many there are.
        partitions: u32,
    },
    /// What was found on disk is not a log this version can read.
    #[error("payload log is damaged: {reason}")]
    Corrupt {
        /// What was found, and where.
        reason: String,
    },
}

impl LogError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::DiskFull { .. })
    }
}

//! Ids as newtypes, so that a server is never passed where a partition is meant.

use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number_id! {
    /// A monitored server, as numbered by the relational store.
    ServerId(u32)
}
number_id! {
    /// One of the log's partitions, counted from 0.
    PartitionId(u32)
}
number_id! {
    /// Position of a record in its partition, counted from 0, without gaps while the log lives.
    Offset(u64)
}
number_id! {
    /// Generation of a partition's ownership; each claim adds 1.
    Epoch(u64)
}
number_id! {
    /// One incarnation of a log. Positions of another incarnation mean nothing.
    LogId(Uuid)
}
number_id! {
    /// A `noc` process's data directory, for as long as that directory lives.
    NodeId(Uuid)
}

impl ServerId {
    /// The partition that holds everything of this server: `server % partitions`.
    ///
    /// `partitions` of 0 is read as 1.
    #[must_use]
    pub fn partition(self, partitions: u32) -> PartitionId {
        PartitionId(self.0 % partitions.max(1))
    }
}

impl Offset {
    /// The position after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

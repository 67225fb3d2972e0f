//! The embedded back ends: the whole pipeline in one process on one data directory.
//!
//! ```text
//! <data dir>/
//!   lock       held exclusively while open; a second process is refused and told who holds it
//!   node-id    the node's UUID
//!   log/       fjall database: one keyspace a partition, and `meta` (log id, partition count)
//!   state/     fjall database: snapshots, dead letters
//! ```
//!
//! `log` and `state` are two databases so that rewriting snapshots never shares a journal, and so a lock and an
//! fsync, with what agents wait for; and `state` can be deleted when it is lost: the log makes it anew.

mod block;
mod bus;
mod commit;
mod dead_letters;
mod journal;
mod lock;
mod log;
mod queue;
mod snapshots;
mod state;
mod store;
mod tail;

pub use bus::InProcessBus;
pub use dead_letters::EmbeddedDeadLetters;
pub use journal::cut_at_damage;
pub use lock::{DataDir, released};
pub use log::EmbeddedLog;
pub use snapshots::EmbeddedSnapshots;

use crate::id::NodeId;
use lock::DirLock;
use state::StateDb;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How the embedded back ends behave. The defaults suit 1 to 100,000 servers.
#[derive(Debug, Clone)]
pub struct EmbeddedOptions {
    /// Partitions of a new log; an existing log must have as many.
    pub partitions: u32,
    /// A commit waits until this long after the one before it, unless it is full. A sync costs 50 to 95 us of CPU
    /// however much it writes, so this bounds them to 500 a second; a request that comes after a quiet moment is
    /// committed at once.
    pub commit_interval: Duration,
    /// A commit with so many records is full.
    pub commit_records: usize,
    /// Requests that wait for the disk may hold this much; more are refused.
    pub queue_bytes: usize,
    /// Newest records of each partition kept decoded in memory, in bytes of their encoded form.
    pub tail_bytes: usize,
    /// Below this much free space records are refused, so that reads and deletes can go on.
    pub min_free_bytes: u64,
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        Self {
            partitions: 4,
            commit_interval: Duration::from_millis(2),
            commit_records: 256,
            queue_bytes: 64 << 20,
            tail_bytes: 4 << 20,
            min_free_bytes: 512 << 20,
        }
    }
}

/// The pipeline's four contracts on one data directory. The directory stays locked while any of them lives.
#[derive(Debug)]
pub struct Embedded {
    /// Id of this data directory.
    pub node: NodeId,
    /// The payload log.
    pub log: Arc<EmbeddedLog>,
    /// Snapshots of actor state.
    pub snapshots: Arc<EmbeddedSnapshots>,
    /// Records set aside.
    pub dead_letters: Arc<EmbeddedDeadLetters>,
    /// Live events within the process.
    pub bus: Arc<InProcessBus>,
}

impl Embedded {
    /// Opens or creates everything under `dir`. Blocks: recovery reads what the log did not write to tables yet,
    /// at most 128 MiB.
    ///
    /// # Errors
    /// See [`OpenError`]; none of them is helped by trying again at once.
    pub fn open(dir: &Path, options: EmbeddedOptions) -> Result<Self, OpenError> {
        std::fs::create_dir_all(dir).map_err(|source| OpenError::io("create", dir, source))?;
        let lock = Arc::new(DirLock::acquire(dir)?);
        let node = lock::node_id(dir)?;
        let log = EmbeddedLog::open(&dir.join("log"), options, Arc::clone(&lock))?;
        let state = Arc::new(StateDb::open(dir.join("state"), lock)?);
        Ok(Self {
            node,
            log: Arc::new(log),
            snapshots: Arc::new(EmbeddedSnapshots::new(Arc::clone(&state))),
            dead_letters: Arc::new(EmbeddedDeadLetters::new(state)),
            bus: Arc::new(InProcessBus::default()),
        })
    }
}

/// Why a data directory cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process works on it.
    #[error("{} is in use by process {holder}: stop it, or choose another NOC_DATA_DIR", dir.display())]
    Locked {
        /// The data directory.
        dir: PathBuf,
        /// Its process id, as it wrote it down; `unknown` when it could not be read.
        holder: String,
    },
    /// A file or folder could not be used.
    #[error("cannot {operation} {}", path.display())]
    Io {
        /// What was tried.
        operation: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A database could not be used.
    #[error("cannot {operation} database {}", path.display())]
    Database {
        /// What was tried.
        operation: &'static str,
        /// On what.
        path: PathBuf,
        /// What the database said.
        source: fjall::Error,
    },
    /// The log was made with another number of partitions; servers would change theirs.
    #[error(
        "the log has {found} partitions, {asked} were asked for: the number is fixed for a log's life"
    )]
    PartitionCount {
        /// What it has.
        found: u32,
        /// What the options say.
        asked: u32,
    },
    /// Acknowledged records would be lost if it were opened.
    #[error(
        "{} is damaged after byte {at}, acknowledged records may stand there: restore it, or move its folder away to begin an empty log",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where the last whole commit ends.
        at: u64,
    },
    /// Something of ours in it cannot be read.
    #[error("{} holds {what} that cannot be read", path.display())]
    Unreadable {
        /// The database or file.
        path: PathBuf,
        /// What.
        what: &'static str,
    },
}

impl OpenError {
    fn io(operation: &'static str, path: &Path, source: std::io::Error) -> Self {
        let path = path.to_owned();
        Self::Io {
            operation,
            path,
            source,
        }
    }

    fn database(operation: &'static str, path: &Path, source: fjall::Error) -> Self {
        let path = path.to_owned();
        Self::Database {
            operation,
            path,
            source,
        }
    }

    fn unreadable(path: &Path, what: &'static str) -> Self {
        let path = path.to_owned();
        Self::Unreadable { path, what }
    }
}

#[cfg(test)]
mod tests;

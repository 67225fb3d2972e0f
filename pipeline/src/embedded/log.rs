//! [`PayloadLog`] on one disk. See [`super::commit`] for how it is written.

use super::lock::DirLock;
use super::queue::{Partition, Request, Shared};
use super::store::Store;
use super::tail::Tail;
use super::{EmbeddedOptions, OpenError, commit};
use crate::clock::UnixMs;
use crate::id::{LogId, Offset, PartitionId};
use crate::log::{Bounds, LogError, PayloadLog};
use crate::record::{Encoded, Entry};
use async_trait::async_trait;
use parking_lot::Mutex;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::{oneshot, watch};

/// One read from disk ends after about this much.
const READ_BYTES: usize = 4 << 20;

/// The embedded payload log. Dropping it commits what waits and closes the database.
pub struct EmbeddedLog {
    shared: Arc<Shared>,
    log_id: LogId,
    writer: Mutex<Option<JoinHandle<()>>>,
    _lock: Arc<DirLock>,
}

impl std::fmt::Debug for EmbeddedLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmbeddedLog")
            .field("path", &self.shared.path)
            .field("log_id", &self.log_id)
            .finish_non_exhaustive()
    }
}

impl EmbeddedLog {
    pub(super) fn open(
        path: &Path,
        mut options: EmbeddedOptions,
        lock: Arc<DirLock>,
    ) -> Result<Self, OpenError> {
        options.partitions = options.partitions.max(1);
        let store = Store::open(path, options.partitions)?;
        let log_id = store.log_id();
        let bounds = store
            .bounds()
            .map_err(|source| OpenError::database("read", path, source))?;
        let partitions = bounds
            .into_iter()
            .map(|bounds| Partition {
                tail: Mutex::new(Tail::new(bounds, options.tail_bytes)),
                end: watch::Sender::new(bounds.end),
            })
            .collect();
        let shared = Arc::new(Shared::new(path.to_owned(), options, store, partitions));
        let writer = std::thread::Builder::new()
            .name("noc-log".to_owned())
            .spawn({
                let shared = Arc::clone(&shared);
                move || commit::run(&shared)
            })
            .map_err(|source| OpenError::io("start the writer of", path, source))?;
        Ok(Self {
            shared,
            log_id,
            writer: Mutex::new(Some(writer)),
            _lock: lock,
        })
    }

    fn partition(&self, id: PartitionId) -> Result<(usize, &Partition), LogError> {
        let index = usize::try_from(id.0).unwrap_or(usize::MAX);
        let found = self.shared.partitions.get(index);
        found
            .map(|partition| (index, partition))
            .ok_or(LogError::NoSuchPartition {
                partition: id,
                partitions: self.partitions(),
            })
    }

    async fn ask<T>(
        &self,
        operation: &'static str,
        request: impl FnOnce(oneshot::Sender<Result<T, LogError>>) -> Request,
    ) -> Result<T, LogError> {
        let (answer, answered) = oneshot::channel();
        self.shared.send(request(answer));
        answered.await.unwrap_or_else(|_| {
            Err(LogError::Unavailable {
                operation,
                reason: "the writer is gone".to_owned(),
            })
        })
    }

    async fn read_disk(
        &self,
        partition: PartitionId,
        index: usize,
        from: Offset,
        max: usize,
    ) -> Result<Vec<Entry>, LogError> {
        let shared = Arc::clone(&self.shared);
        let read = tokio::task::spawn_blocking(move || {
            let guard = shared.store.read();
            let store = guard.as_ref().ok_or_else(|| LogError::Unavailable {
                operation: "read",
                reason: "the log is closed after a failure".to_owned(),
            })?;
            store.read(index, from, max, READ_BYTES)
        });
        let records = read.await.map_err(|error| LogError::Unavailable {
            operation: "read",
            reason: error.to_string(),
        })??;
        let entry = |(offset, bytes)| Entry::from_bytes(partition, offset, bytes);
        Ok(records.into_iter().map(entry).collect())
    }

    /// Commits what waits, closes the database and refuses everything from then on. Dropping the log does the same;
    /// this is for shutdown, when others may still hold it.
    pub fn close(&self) {
        self.shared.stop();
        if let Some(Err(_)) = self.writer.lock().take().map(JoinHandle::join) {
            tracing::error!(path = %self.shared.path.display(), "payload log's writer panicked");
        }
    }

    #[cfg(test)]
    pub(super) fn fail_next_commit(&self) {
        let flag = &self.shared.fail_next_commit;
        flag.store(true, std::sync::atomic::Ordering::SeqCst);
    }
}

impl Drop for EmbeddedLog {
    fn drop(&mut self) {
        self.close();
    }
}

#[async_trait]
impl PayloadLog for EmbeddedLog {
    fn partitions(&self) -> u32 {
        self.shared.options.partitions
    }

    fn log_id(&self) -> LogId {
        self.log_id
    }

    async fn append(&self, records: Vec<(PartitionId, Encoded)>) -> Result<Vec<Offset>, LogError> {
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let mut bytes = 0;
        for (partition, record) in &records {
            self.partition(*partition)?;
            bytes += record.bytes.len();
        }
        self.ask("append", |answer| Request::Append {
            records,
            bytes,
            answer,
        })
        .await
    }

    async fn read(
        &self,
        id: PartitionId,
        from: Offset,
        max: usize,
        wait: Duration,
    ) -> Result<Vec<Entry>, LogError> {
        let (index, partition) = self.partition(id)?;
        let mut ends = partition.end.subscribe();
        loop {
            let (bounds, entries) = {
                let tail = partition.tail.lock();
                (tail.bounds(), tail.read(from, max))
            };
            if from < bounds.first {
                return Err(LogError::Trimmed {
                    partition: id,
                    asked: from,
                    first: bounds.first,
                });
            }
            if from > bounds.end {
                return Err(LogError::Replaced {
                    partition: id,
                    asked: from,
                    end: bounds.end,
                });
            }
            if from >= bounds.end || max == 0 {
                let came = ends.wait_for(|end| *end > from);
                if max == 0 || tokio::time::timeout(wait, came).await.is_err() {
                    return Ok(Vec::new());
                }
                continue;
            }
            let entries = match entries {
                Some(entries) => entries,
                None => self.read_disk(id, index, from, max).await?,
            };
            if !entries.is_empty() {
                return Ok(entries);
            }
            // Trimmed, or opened anew, between the two looks: look again.
            tokio::task::yield_now().await;
        }
    }

    async fn bounds(&self, id: PartitionId) -> Result<Bounds, LogError> {
        let (_, partition) = self.partition(id)?;
        Ok(partition.tail.lock().bounds())
    }

    async fn trim(&self, before: UnixMs) -> Result<u64, LogError> {
        self.ask("trim", |answer| Request::Trim { before, answer })
            .await
    }
}

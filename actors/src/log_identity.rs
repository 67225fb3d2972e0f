//! Which log is read, where the log itself cannot say: a Kafka topic that was deleted and made anew has the same name.
//!
//! The database gives such a log its id ([`noc_storage::relational::logs`]). With each partition snapshot a mark is
//! noted: what stood at the snapshot's position. The log is another one where it ends before a mark, or holds
//! something else there; it then gets a new id.
//!
//! * At start every mark is compared before anything is read.
//! * A running owner looks whenever the log ends before its position or failed to be read, and with each snapshot. It
//!   writes its snapshots, then takes a new id for the log, which voids all claims of partitions; every node notices at
//!   its next look, does the same, and claims its own again under the new id.
//! * Under a new id both consumers read the log from its first record, so nothing in it is skipped. Actors keep their
//!   state, and know payloads they have taken before by `(server, boot_id, seq)`, heartbeats by their time, and settings
//!   are absolute; so records that stand in both logs are not judged twice. The series are upserts.
//! * Lost is what stood in the old log alone and was not read yet; that is said once, as an error.

use async_trait::async_trait;
use bytes::Bytes;
use noc_pipeline::clock::{Clock, UnixMs};
use noc_pipeline::id::{LogId, Offset, PartitionId};
use noc_pipeline::log::{Bounds, LogError, PayloadLog};
use noc_pipeline::record::{Encoded, Entry};
use noc_storage::relational::logs::{self, Mark};
use noc_storage::relational::{Db, StoreError};
use parking_lot::RwLock;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;

/// Why a log's id cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The database cannot be asked.
    #[error("id of the log")]
    Store(#[from] StoreError),
    /// The log cannot be compared with its marks.
    #[error("comparing the log with what is known of it")]
    Log(#[from] LogError),
}

/// A log with the id that the database gave it.
pub struct IdentifiedLog {
    inner: Arc<dyn PayloadLog>,
    kind: String,
    db: Db,
    clock: Arc<dyn Clock>,
    id: RwLock<LogId>,
}

impl std::fmt::Debug for IdentifiedLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IdentifiedLog")
            .field("kind", &self.kind)
            .field("id", &*self.id.read())
            .finish_non_exhaustive()
    }
}

/// What stands at a position, in a form short enough to keep.
fn fingerprint(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

impl IdentifiedLog {
    /// Compares the log with its marks, and finds or makes its id. `kind` names the log in the database: all nodes
    /// that read it say the same.
    ///
    /// # Errors
    /// See [`IdentityError`].
    pub async fn open(
        inner: Arc<dyn PayloadLog>,
        kind: impl Into<String>,
        db: Db,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, IdentityError> {
        let kind = kind.into();
        let id = logs::begin(&db, &kind, clock.now()).await?;
        let log = Self {
            inner,
            kind,
            db,
            clock,
            id: RwLock::new(id),
        };
        for mark in logs::marks(log.db.write(), id).await? {
            if !log.agrees(&mark).await? {
                log.replaced(id).await?;
                break;
            }
        }
        Ok(Arc::new(log))
    }

    /// Whether the log still holds what it held there. A mark that retention has passed agrees: a new log begins at 0.
    async fn agrees(&self, mark: &Mark) -> Result<bool, LogError> {
        if mark.partition.0 >= self.inner.partitions() {
            return Ok(true);
        }
        let found = self.bytes_at(mark.partition, mark.offset).await?;
        Ok(match found {
            Found::Bytes(bytes) => fingerprint(&bytes) == mark.fingerprint,
            Found::Trimmed => true,
            Found::Beyond => false,
        })
    }

    async fn bytes_at(&self, partition: PartitionId, offset: Offset) -> Result<Found, LogError> {
        let bounds = self.inner.bounds(partition).await?;
        if offset >= bounds.end {
            return Ok(Found::Beyond);
        }
        if offset < bounds.first {
            return Ok(Found::Trimmed);
        }
        let read = self.inner.read(partition, offset, 1, READ_WAIT).await;
        let entries = match read {
            Err(LogError::Trimmed { .. }) => return Ok(Found::Trimmed),
            read => read?,
        };
        match entries.into_iter().next() {
            Some(entry) if entry.offset == offset => Ok(Found::Bytes(entry.bytes)),
            Some(_) => Ok(Found::Beyond),
            None => Err(LogError::Unavailable {
                operation: "compare with a mark",
                reason: format!("nothing read at {offset} of partition {partition}"),
            }),
        }
    }

    /// Whether this is still the log that was read up to `next`, and whose last record held `last`.
    ///
    /// # Errors
    /// When the log cannot be read; that says nothing.
    pub(crate) async fn goes_on(
        &self,
        partition: PartitionId,
        next: Offset,
        last: Option<&Bytes>,
    ) -> Result<bool, LogError> {
        let Some(before) = next.0.checked_sub(1).map(Offset) else {
            return Ok(true);
        };
        Ok(match self.bytes_at(partition, before).await? {
            Found::Bytes(bytes) => last.is_none_or(|last| *last == bytes),
            Found::Trimmed => true,
            Found::Beyond => false,
        })
    }

    /// Notes what was last taken of a partition.
    ///
    /// # Errors
    /// When the database cannot be reached; the mark before it stays good.
    pub(crate) async fn mark(
        &self,
        id: LogId,
        partition: PartitionId,
        offset: Offset,
        bytes: &Bytes,
    ) -> Result<(), StoreError> {
        let mark = Mark {
            partition,
            offset,
            fingerprint: fingerprint(bytes),
        };
        logs::note(self.db.write(), id, &mark, self.clock.now()).await
    }

    /// Takes a new id in the place of `old`, unless another node did; goes on under the current one.
    ///
    /// # Errors
    /// When the database cannot be reached; nothing changed then.
    pub(crate) async fn replaced(&self, old: LogId) -> Result<LogId, StoreError> {
        let known = self.log_id();
        if known != old {
            return Ok(known);
        }
        let new = logs::replace(&self.db, &self.kind, old, self.clock.now()).await?;
        tracing::error!(
            log.old = %old,
            log.new = %new,
            "the log is another one than before: it is read from its first record; what only the old one held is lost"
        );
        *self.id.write() = new;
        Ok(new)
    }

    /// Asks for the id that all nodes use now; true when it is another than before.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub(crate) async fn refresh(&self) -> Result<bool, StoreError> {
        let current = logs::current(self.db.write(), &self.kind).await?;
        let mut id = self.id.write();
        let changed = current.filter(|current| current != &*id);
        if let Some(new) = changed {
            tracing::warn!(log.old = %*id, log.new = %new, "another node found that the log was replaced");
            *id = new;
        }
        Ok(changed.is_some())
    }
}

/// How long a comparison waits for the log.
const READ_WAIT: Duration = Duration::from_secs(2);

/// What a position holds.
enum Found {
    Bytes(Bytes),
    /// Retention went past it.
    Trimmed,
    /// The log does not reach there.
    Beyond,
}

#[async_trait]
impl PayloadLog for IdentifiedLog {
    fn partitions(&self) -> u32 {
        self.inner.partitions()
    }

    fn log_id(&self) -> LogId {
        *self.id.read()
    }

    async fn append(&self, records: Vec<(PartitionId, Encoded)>) -> Result<Vec<Offset>, LogError> {
        self.inner.append(records).await
    }

    async fn read(
        &self,
        partition: PartitionId,
        from: Offset,
        max: usize,
        wait: Duration,
    ) -> Result<Vec<Entry>, LogError> {
        self.inner.read(partition, from, max, wait).await
    }

    async fn bounds(&self, partition: PartitionId) -> Result<Bounds, LogError> {
        self.inner.bounds(partition).await
    }

    async fn trim(&self, before: UnixMs) -> Result<u64, LogError> {
        self.inner.trim(before).await
    }
}

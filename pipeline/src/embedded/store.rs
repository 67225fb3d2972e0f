//! The log's database: one keyspace a partition, keys in the order of offsets.

use super::block::{self, BlockKey};
use super::{OpenError, journal};
use crate::clock::UnixMs;
use crate::id::{LogId, Offset};
use crate::log::{Bounds, LogError};
use bytes::Bytes;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use std::path::Path;
use uuid::Uuid;

/// Memory of one partition before it is written as a table.
const MEMTABLE_BYTES: u64 = 16 << 20;

/// Journals kept before tables are forced out; a restart reads at most this much.
const JOURNAL_BYTES: u64 = 128 << 20;

/// Blocks dropped in one commit.
const TRIM_BLOCKS: usize = 4_096;

/// The open database.
pub(super) struct Store {
    db: Database,
    partitions: Vec<Keyspace>,
    log_id: LogId,
}

/// A block as the writer hands it over.
pub(super) struct NewBlock {
    pub(super) partition: usize,
    pub(super) key: BlockKey,
    pub(super) value: Vec<u8>,
}

impl Store {
    pub(super) fn open(path: &Path, partitions: u32) -> Result<Self, OpenError> {
        journal::check(path)?;
        let failed =
            |operation| move |source: fjall::Error| OpenError::database(operation, path, source);
        let db = Database::builder(path)
            .cache_size(16 << 20)
            .max_journaling_size(JOURNAL_BYTES)
            // Records are compressed in tables; in the journal it would cost more CPU than it saves.
            .journal_compression(fjall::CompressionType::None)
            .worker_threads(2)
            .open()
            .map_err(failed("open"))?;
        let meta = db
            .keyspace("meta", KeyspaceCreateOptions::default)
            .map_err(failed("open"))?;
        let log_id = identity(&db, &meta, path, partitions)?;
        let options = || KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE_BYTES);
        let keyspaces = (0..partitions)
            .map(|p| db.keyspace(&format!("partition-{p}"), options))
            .collect::<Result<_, _>>()
            .map_err(failed("open"))?;
        Ok(Self {
            db,
            partitions: keyspaces,
            log_id,
        })
    }

    pub(super) fn log_id(&self) -> LogId {
        self.log_id
    }

    /// First and next position of every partition.
    pub(super) fn bounds(&self) -> Result<Vec<Bounds>, fjall::Error> {
        self.partitions.iter().map(bounds_of).collect()
    }

    /// Writes blocks; they are durable once it returns. After an error the database must be opened anew.
    pub(super) fn commit(&self, blocks: Vec<NewBlock>) -> Result<(), fjall::Error> {
        let mut batch = self.db.batch().durability(Some(PersistMode::SyncData));
        for NewBlock {
            partition,
            key,
            value,
        } in blocks
        {
            if let Some(keyspace) = self.partitions.get(partition) {
                batch.insert(keyspace, key.encode(), value);
            }
        }
        batch.commit()
    }

    /// Records from `from` on, up to `max` of them or a little over `max_bytes`.
    pub(super) fn read(
        &self,
        partition: usize,
        from: Offset,
        max: usize,
        max_bytes: usize,
    ) -> Result<Vec<(Offset, Bytes)>, LogError> {
        let Some(keyspace) = self.partitions.get(partition) else {
            return Ok(Vec::new());
        };
        let mut records = Vec::new();
        let mut bytes = 0;
        // The block that holds `from` begins at or before it.
        let upper = BlockKey::upper(from);
        let start = match keyspace.range(..=upper).next_back() {
            Some(guard) => guard.key().map_err(unavailable)?,
            None => upper.into(),
        };
        for guard in keyspace.range(start.to_vec()..) {
            let (key, value) = guard.into_inner().map_err(unavailable)?;
            let corrupt = || LogError::Corrupt {
                reason: format!("partition {partition}, block {}", hex::encode(&key)),
            };
            let key = BlockKey::decode(&key).ok_or_else(corrupt)?;
            if key.end() <= from {
                continue;
            }
            let block = block::decode(key, &value).ok_or_else(corrupt)?;
            for (offset, record) in (key.first.0..).map(Offset).zip(block) {
                if offset >= from {
                    bytes += record.len();
                    records.push((offset, record));
                }
                if records.len() >= max {
                    return Ok(records);
                }
            }
            if bytes >= max_bytes {
                return Ok(records);
            }
        }
        Ok(records)
    }

    /// Drops blocks all of whose records were received before `before`, oldest first, never the newest block of a
    /// partition. Returns how many records went and the new bounds.
    pub(super) fn trim(&self, before: UnixMs) -> Result<(u64, Vec<Bounds>), fjall::Error> {
        let mut dropped = 0;
        for keyspace in &self.partitions {
            loop {
                let Some(newest) = keyspace.last_key_value() else {
                    break;
                };
                let newest = newest.key()?;
                let mut batch = self.db.batch().durability(Some(PersistMode::SyncData));
                for guard in keyspace.iter().take(TRIM_BLOCKS) {
                    let key = guard.key()?;
                    match BlockKey::decode(&key) {
                        Some(block) if block.newest < before && key != newest => {
                            dropped += u64::from(block.count);
                            batch.remove(keyspace, key);
                        }
                        _ => break,
                    }
                }
                let full = batch.len() == TRIM_BLOCKS;
                batch.commit()?;
                if !full {
                    break;
                }
            }
        }
        Ok((dropped, self.bounds()?))
    }
}

fn bounds_of(keyspace: &Keyspace) -> Result<Bounds, fjall::Error> {
    let key = |guard: Option<fjall::Guard>| -> Result<Option<BlockKey>, fjall::Error> {
        let key = guard.map(fjall::Guard::key).transpose()?;
        Ok(key.and_then(|key| BlockKey::decode(&key)))
    };
    let first = key(keyspace.first_key_value())?;
    let last = key(keyspace.last_key_value())?;
    Ok(Bounds {
        first: first.map_or(Offset(0), |key| key.first),
        end: last.map_or(Offset(0), BlockKey::end),
    })
}

/// The log's id and partition count: written when it is new, compared when it is not.
fn identity(
    db: &Database,
    meta: &Keyspace,
    path: &Path,
    partitions: u32,
) -> Result<LogId, OpenError> {
    let failed =
        |operation| move |source: fjall::Error| OpenError::database(operation, path, source);
    let get = |key: &str| meta.get(key).map_err(failed("read"));
    if let Some(id) = get("log_id")? {
        let id = Uuid::from_slice(&id).map_err(|_| OpenError::unreadable(path, "a log id"))?;
        let found = get("partitions")?
            .and_then(|bytes| Some(u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?)))
            .ok_or_else(|| OpenError::unreadable(path, "a partition count"))?;
        if found != partitions {
            return Err(OpenError::PartitionCount {
                found,
                asked: partitions,
            });
        }
        return Ok(LogId(id));
    }
    let id = Uuid::new_v4();
    let mut batch = db.batch().durability(Some(PersistMode::SyncAll));
    batch.insert(meta, "log_id", id.as_bytes().as_slice());
    batch.insert(meta, "partitions", partitions.to_be_bytes());
    batch.commit().map_err(failed("write"))?;
    Ok(LogId(id))
}

fn unavailable(error: fjall::Error) -> LogError {
    match error {
        // A table block whose checksum does not match stays so.
        fjall::Error::Storage(error) if !matches!(error, fjall::LsmError::Io(_)) => {
            LogError::Corrupt {
                reason: error.to_string(),
            }
        }
        error => LogError::Unavailable {
            operation: "read",
            reason: error.to_string(),
        },
    }
}

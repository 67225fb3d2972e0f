//! The open database: its keyspaces, and the state that writers share.

use super::SeriesError;
use super::codec::BadRow;
use super::days::Days;
use super::keys::{day_of, time_bytes, time_from_bytes};
use super::schema::{Schema, Stored};
use fjall::config::{BlockSizePolicy, CompressionPolicy, FilterPolicy};
use fjall::{
    CompressionType, Database, Keyspace, KeyspaceCreateOptions, PersistMode, Readable, Snapshot,
};
use noc_pipeline::clock::{Stopwatch, UnixMs};
use noc_pipeline::embedded::cut_at_damage;
use noc_pipeline::id::{LogId, Offset, PartitionId, ServerId};
use noc_pipeline::payload::Kind;
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::path::Path;
use std::time::Duration;
use uuid::Uuid;

const MIB: u64 = 1024 * 1024;
const META_SCHEMA: &str = "schema";
const META_ROLLED_UNTIL: &str = "rolled_until";
const META_RAW_FLOOR: &str = "raw_floor";
const RAW_PREFIX: &str = "raw-";
const EVENTS_PREFIX: &str = "events-";

/// Why an operation inside of the store failed; the shell turns it into a [`SeriesError`].
#[derive(Debug)]
pub enum Failure {
    /// The engine.
    Fjall(fjall::Error),
    /// A row that cannot be read, before its key is known.
    Row(BadRow),
    /// Anything already put into words.
    Series(SeriesError),
}

impl From<fjall::Error> for Failure {
    fn from(error: fjall::Error) -> Self {
        Self::Fjall(error)
    }
}

impl From<BadRow> for Failure {
    fn from(bad: BadRow) -> Self {
        Self::Row(bad)
    }
}

impl From<SeriesError> for Failure {
    fn from(error: SeriesError) -> Self {
        Self::Series(error)
    }
}

impl Failure {
    /// Says which row could not be read.
    pub fn at(self, kind: Kind, key: &[u8]) -> Self {
        match self {
            Self::Row(BadRow(reason)) => Self::Series(SeriesError::Damaged {
                kind: kind.name().to_owned(),
                key: hex::encode(key),
                reason,
            }),
            other => other,
        }
    }
}

/// What writers share. Whoever commits rows holds it from the first check to the end of the commit.
#[derive(Debug)]
pub struct State {
    /// `event_at` of the newest payload by kind and server; filled as servers report.
    pub newest: HashMap<(u8, ServerId), UnixMs>,
    /// No hour from here on has an hourly row.
    pub rolled_until: UnixMs,
    /// No raw row before this is kept or taken.
    pub raw_floor: UnixMs,
    /// Newest positions noted, stored or not.
    pub positions: HashMap<PartitionId, (LogId, Offset)>,
    /// Those that are not stored yet.
    pub unstored: HashSet<PartitionId>,
    /// Since the journal was last synced with positions.
    pub since_sync: Stopwatch,
}

/// The open database.
pub struct Store {
    pub db: Database,
    pub latest: Keyspace,
    pub hourly: Keyspace,
    pub late: Keyspace,
    pub positions: Keyspace,
    meta: Keyspace,
    raw: Days,
    events: Days,
    pub schema: Schema,
    pub state: Mutex<State>,
    /// Held by whoever makes hourly rows, and by writers of rows for hours that may have one. Taken before `state`.
    pub rolling: Mutex<()>,
    pub sync_every: Duration,
    /// Held from before the journal is looked at until after the database is closed.
    _lock: File,
}

/// Takes the key and the bytes of a row.
pub type EachRow<'e> = dyn FnMut(&[u8], &[u8]) -> Result<(), Failure> + 'e;

/// One consistent look at what is stored, numbers or events.
pub struct View {
    pub at: Snapshot,
    pub days: BTreeMap<i64, Keyspace>,
    pub raw_floor: UnixMs,
}

fn rows_options() -> KeyspaceCreateOptions {
    KeyspaceCreateOptions::default()
        .manual_journal_persist(true)
        .max_memtable_size(32 * MIB)
        .data_block_size_policy(BlockSizePolicy::all(16 * 1024))
        .data_block_compression_policy(CompressionPolicy::all(CompressionType::Lz4))
        .filter_policy(FilterPolicy::disabled())
}

fn latest_options() -> KeyspaceCreateOptions {
    KeyspaceCreateOptions::default()
        .manual_journal_persist(true)
        .max_memtable_size(32 * MIB)
        .data_block_compression_policy(CompressionPolicy::all(CompressionType::Lz4))
}

fn small_options() -> KeyspaceCreateOptions {
    KeyspaceCreateOptions::default()
        .manual_journal_persist(true)
        .max_memtable_size(4 * MIB)
}

impl Store {
    /// Opens or makes the database in `dir`.
    pub fn open(dir: &Path, sync_every: Duration) -> Result<Self, Failure> {
        let lock = lock(dir).map_err(|error| cannot_open(&error))?;
        cut_at_damage(dir).map_err(|error| cannot_open(&error))?;
        let db = Database::builder(dir)
            .manual_journal_persist(true)
            .max_journaling_size(128 * MIB)
            .open()?;
        let meta = db.keyspace("meta", small_options)?;
        let stored: Stored = match meta.get(META_SCHEMA)? {
            Some(json) => {
                serde_json::from_slice(&json).map_err(|error| SeriesError::Unavailable {
                    operation: "open",
                    reason: format!("stored schema: {error}"),
                })?
            }
            None => Stored::new(),
        };
        let (schema, extended) = Schema::extend(stored.clone());
        if extended != stored {
            let json = serde_json::to_vec(&extended).unwrap_or_default();
            meta.insert(META_SCHEMA, json)?;
            db.persist(PersistMode::SyncData)?;
        }
        let time = |key: &str| -> Result<UnixMs, Failure> {
            let stored = meta
                .get(key)?
                .and_then(|bytes| bytes.as_ref().try_into().ok());
            Ok(stored.map_or(UnixMs(i64::MIN), time_from_bytes))
        };
        let raw_floor = time(META_RAW_FLOOR)?;
        let state = State {
            newest: HashMap::new(),
            rolled_until: time(META_ROLLED_UNTIL)?,
            raw_floor,
            positions: HashMap::new(),
            unstored: HashSet::new(),
            since_sync: Stopwatch::start(),
        };
        let store = Self {
            latest: db.keyspace("latest", latest_options)?,
            hourly: db.keyspace("hourly", rows_options)?,
            late: db.keyspace("late", small_options)?,
            positions: db.keyspace("positions", small_options)?,
            raw: Days::open(&db, RAW_PREFIX, rows_options)?,
            events: Days::open(&db, EVENTS_PREFIX, rows_options)?,
            meta,
            db,
            schema,
            state: Mutex::new(state),
            rolling: Mutex::new(()),
            sync_every,
            _lock: lock,
        };
        // A crash while days were dropped leaves some of them behind.
        store.drop_days_before(raw_floor)?;
        Ok(store)
    }

    /// A look at the numbers stored now.
    pub fn view(&self) -> View {
        self.view_of(&self.raw)
    }

    /// A look at the events stored now.
    pub fn event_view(&self) -> View {
        self.view_of(&self.events)
    }

    fn view_of(&self, days: &Days) -> View {
        let raw_floor = self.state.lock().raw_floor;
        let days = days.all();
        View {
            at: self.db.snapshot(),
            days,
            raw_floor,
        }
    }

    /// Raw rows of a day; made at the first row.
    pub fn day(&self, day: i64) -> Result<Keyspace, Failure> {
        self.raw.get(&self.db, day)
    }

    /// Events of a day; made at the first one.
    pub fn event_day(&self, day: i64) -> Result<Keyspace, Failure> {
        self.events.get(&self.db, day)
    }

    /// Moves the end of what may have hourly rows, durably, before the first such row is made.
    pub fn advance_rolled_until(&self, to: UnixMs) -> Result<(), Failure> {
        let mut state = self.state.lock();
        if to > state.rolled_until {
            self.store_time(META_ROLLED_UNTIL, to)?;
            state.rolled_until = to;
        }
        Ok(())
    }

    /// Moves the end of what is dropped, durably, before anything is dropped.
    pub fn advance_raw_floor(&self, to: UnixMs) -> Result<(), Failure> {
        let mut state = self.state.lock();
        if to > state.raw_floor {
            self.store_time(META_RAW_FLOOR, to)?;
            state.raw_floor = to;
        }
        Ok(())
    }

    /// Drops raw rows and events of days that end at or before `floor`, with their files. Returns about how many raw
    /// rows that were.
    pub fn drop_days_before(&self, floor: UnixMs) -> Result<u64, Failure> {
        self.events.drop_before(&self.db, floor)?;
        self.raw.drop_before(&self.db, floor)
    }

    /// The position stored for a partition.
    pub fn stored_position(
        &self,
        partition: PartitionId,
    ) -> Result<Option<(LogId, Offset)>, Failure> {
        let Some(bytes) = self.positions.get(partition.0.to_be_bytes())? else {
            return Ok(None);
        };
        let read = || {
            let (log, offset) = bytes.split_first_chunk::<16>()?;
            let offset = u64::from_be_bytes(offset.try_into().ok()?);
            Some((LogId(Uuid::from_bytes(*log)), Offset(offset)))
        };
        Ok(read())
    }

    fn store_time(&self, key: &str, at: UnixMs) -> Result<(), Failure> {
        self.meta.insert(key, time_bytes(at))?;
        self.db.persist(PersistMode::SyncData)?;
        Ok(())
    }
}

/// Adds a position to a batch.
pub fn put_position(
    batch: &mut fjall::OwnedWriteBatch,
    positions: &Keyspace,
    partition: PartitionId,
    (log_id, offset): (LogId, Offset),
) {
    let mut value = [0; 24];
    let (log, rest) = value.split_at_mut(16);
    log.copy_from_slice(log_id.0.as_bytes());
    rest.copy_from_slice(&offset.0.to_be_bytes());
    batch.insert(positions, partition.0.to_be_bytes(), value);
}

/// Fjall locks its folder as well, but only while it already reads the journal.
fn lock(dir: &Path) -> std::io::Result<File> {
    std::fs::create_dir_all(dir)?;
    let file = File::create(dir.with_extension("lock"))?;
    file.try_lock()?;
    Ok(file)
}

fn cannot_open(reason: &dyn std::fmt::Display) -> SeriesError {
    SeriesError::Unavailable {
        operation: "open",
        reason: reason.to_string(),
    }
}

impl View {
    /// Calls `each` with key and bytes of every raw row of one server in `from..to`, oldest first.
    pub fn raw_rows(
        &self,
        (kind, server): (Kind, ServerId),
        (from, to): (UnixMs, UnixMs),
        each: &mut EachRow<'_>,
    ) -> Result<(), Failure> {
        let from = from.max(self.raw_floor);
        if from >= to {
            return Ok(());
        }
        let last = day_of(UnixMs(to.0.saturating_sub(1)));
        for keyspace in self
            .days
            .range(day_of(from)..=last)
            .map(|(_, keyspace)| keyspace)
        {
            let keys =
                super::keys::row_key(kind, server, from)..super::keys::row_key(kind, server, to);
            for row in self.at.range(keyspace, keys) {
                let (key, bytes) = row.into_inner()?;
                each(&key, &bytes)?;
            }
        }
        Ok(())
    }
}

impl Drop for Store {
    /// Stores the positions noted since the last sync, so that an orderly restart replays nothing.
    fn drop(&mut self) {
        let state = self.state.get_mut();
        if state.unstored.is_empty() {
            return;
        }
        let mut batch = self.db.batch().durability(Some(PersistMode::SyncData));
        for (partition, position) in &state.positions {
            put_position(&mut batch, &self.positions, *partition, *position);
        }
        if let Err(error) = batch.commit() {
            tracing::warn!(%error, "series positions not stored at close: the last second is replayed");
        }
    }
}

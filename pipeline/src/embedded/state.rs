//! The `state` database, shared by snapshots and dead letters, opened anew after a failure.

use super::OpenError;
use super::lock::DirLock;
use crate::clock::Stopwatch;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, OwnedWriteBatch, PersistMode};
use parking_lot::{Mutex, MutexGuard, RwLock};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A database that could not be opened is tried again after this.
const REOPEN_PAUSE: Duration = Duration::from_secs(1);

/// The open database.
pub(super) struct Tables {
    db: Database,
    pub(super) snapshots: Keyspace,
    pub(super) letters: Keyspace,
    pub(super) letters_by_time: Keyspace,
    writing: Mutex<()>,
}

impl Tables {
    fn open(path: &Path) -> Result<Self, fjall::Error> {
        let db = Database::builder(path)
            .cache_size(16 << 20)
            .max_journaling_size(128 << 20)
            .worker_threads(1)
            .open()?;
        let keyspace = |name: &str| {
            db.keyspace(name, || {
                KeyspaceCreateOptions::default().max_memtable_size(16 << 20)
            })
        };
        Ok(Self {
            snapshots: keyspace("snapshots")?,
            letters: keyspace("dead_letters")?,
            letters_by_time: keyspace("dead_letters_by_time")?,
            writing: Mutex::new(()),
            db,
        })
    }

    /// Held while something is looked up and then changed.
    pub(super) fn one_at_a_time(&self) -> MutexGuard<'_, ()> {
        self.writing.lock()
    }

    /// Changes that are durable once committed.
    pub(super) fn batch(&self) -> OwnedWriteBatch {
        self.db.batch().durability(Some(PersistMode::SyncData))
    }
}

/// Gives work access to the tables, and closes them when it fails: a failed write poisons the database, and only a
/// new one can be trusted.
pub(super) struct StateDb {
    path: PathBuf,
    tables: RwLock<Option<Tables>>,
    closed_since: Mutex<Option<Stopwatch>>,
    _lock: Arc<DirLock>,
}

impl StateDb {
    pub(super) fn open(path: PathBuf, lock: Arc<DirLock>) -> Result<Self, OpenError> {
        let tables =
            Tables::open(&path).map_err(|source| OpenError::database("open", &path, source))?;
        Ok(Self {
            path,
            tables: RwLock::new(Some(tables)),
            closed_since: Mutex::new(None),
            _lock: lock,
        })
    }

    /// Runs blocking work off the async workers. What fails, or panics, becomes the message.
    pub(super) async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Tables) -> Result<T, fjall::Error> + Send + 'static,
    ) -> Result<T, String> {
        let this = Arc::clone(self);
        match tokio::task::spawn_blocking(move || this.with(work)).await {
            Ok(done) => done,
            Err(error) => Err(error.to_string()),
        }
    }

    fn with<T>(&self, work: impl FnOnce(&Tables) -> Result<T, fjall::Error>) -> Result<T, String> {
        if self.tables.read().is_none() {
            self.reopen()?;
        }
        let done = match self.tables.read().as_ref() {
            Some(tables) => work(tables),
            None => return Err("closed after a failure".to_owned()),
        };
        done.map_err(|error| {
            tracing::error!(%error, path = %self.path.display(), "state database failed, closing it");
            *self.tables.write() = None;
            error.to_string()
        })
    }

    fn reopen(&self) -> Result<(), String> {
        let mut tables = self.tables.write();
        let mut closed_since = self.closed_since.lock();
        let early = closed_since.is_some_and(|since| since.elapsed() < REOPEN_PAUSE);
        if tables.is_some() {
            return Ok(());
        }
        if early {
            return Err("closed after a failure".to_owned());
        }
        match Tables::open(&self.path) {
            Ok(opened) => {
                *closed_since = None;
                *tables = Some(opened);
                Ok(())
            }
            Err(error) => {
                *closed_since = Some(Stopwatch::start());
                Err(error.to_string())
            }
        }
    }
}

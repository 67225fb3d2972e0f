//! The series store on fjall: one packed row a payload, hourly rows made from them.
//!
//! | keyspace | key | value |
//! |---|---|---|
//! | `raw-<day>` | kind, server, event time | values of all fields and subjects, see [`codec`] |
//! | `hourly` | kind, server, hour | mean, minimum, maximum and count of each |
//! | `latest` | kind, server | times and normalised JSON of the newest payload |
//! | `late` | hour, kind, server | nothing: this hour is to be rolled up again |
//! | `events-<day>` | see [`events`] | rows of text, and what finds them |
//! | `positions` | partition | log and offset up to which everything is stored |
//! | `meta` | name | places of fields, how far was rolled up, what was dropped |
//!
//! Invariants:
//! * an hourly row, where there is one, agrees with the raw rows of its hour;
//! * a stored position is never ahead of the stored rows;
//! * the newest payload is never replaced by an older one.
//!
//! A failure leaves behind a prefix of what was committed: the journal is cut at the first batch that is not whole.
//! After an error of the engine the database is closed and opened again by the next call.

mod codec;
mod days;
mod events;
mod keys;
mod read;
mod recent;
mod retain;
mod rollup;
mod schema;
mod store;
mod write;

#[cfg(test)]
mod tests;

use super::{
    Event, EventCount, EventGroup, EventPage, EventQuery, Latest, RangeQuery, Recent, RecentQuery,
    Retention, Series, SeriesError, SeriesRow, SeriesStore, Top, TopQuery,
};
use async_trait::async_trait;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::{LogId, Offset, PartitionId, ServerId};
use noc_pipeline::payload::Kind;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use store::{Failure, Store};

/// The series store in the data directory. Cheap to clone; the last clone closes it.
#[derive(Clone)]
pub struct EmbeddedSeries {
    shared: Arc<Shared>,
}

struct Shared {
    dir: PathBuf,
    sync_every: Duration,
    store: Mutex<Option<Arc<Store>>>,
}

impl std::fmt::Debug for EmbeddedSeries {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut out = f.debug_struct("EmbeddedSeries");
        out.field("dir", &self.shared.dir).finish_non_exhaustive()
    }
}

impl EmbeddedSeries {
    /// Opens the database `store` in `data_dir`, which is made if need be. Blocks while the journal is read.
    ///
    /// # Errors
    /// [`SeriesError::Unavailable`] when it cannot be opened, such as when another process has.
    pub fn open(data_dir: impl AsRef<Path>) -> Result<Self, SeriesError> {
        Self::open_with(data_dir, Duration::from_secs(1))
    }

    /// As [`EmbeddedSeries::open`]; positions are stored, and the journal synced, at most once in `sync_every`.
    ///
    /// # Errors
    /// As [`EmbeddedSeries::open`].
    pub fn open_with(
        data_dir: impl AsRef<Path>,
        sync_every: Duration,
    ) -> Result<Self, SeriesError> {
        let shared = Shared {
            dir: data_dir.as_ref().join("store"),
            sync_every,
            store: Mutex::new(None),
        };
        shared.store("open")?;
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    async fn run<T: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&Store) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, SeriesError> {
        let shared = self.shared.clone();
        let done = tokio::task::spawn_blocking(move || {
            let store = shared.store(operation)?;
            work(&store).map_err(|failure| shared.explain(operation, &store, failure))
        });
        done.await.map_err(|error| unavailable(operation, &error))?
    }
}

impl Shared {
    /// The open database; opens it after a failure.
    fn store(&self, operation: &'static str) -> Result<Arc<Store>, SeriesError> {
        let mut slot = self.store.lock();
        if let Some(store) = slot.as_ref() {
            return Ok(store.clone());
        }
        let opened = Store::open(&self.dir, self.sync_every)
            .map_err(|failure| in_words(operation, failure))?;
        Ok(slot.insert(Arc::new(opened)).clone())
    }

    /// Puts a failure into words. After one of the engine the database is not used any more: calls under way end,
    /// the last of them closes it, and only then can it be opened again.
    fn explain(
        &self,
        operation: &'static str,
        failed: &Arc<Store>,
        failure: Failure,
    ) -> SeriesError {
        if let Failure::Fjall(error) = &failure {
            tracing::error!(operation, %error, "series store failed, opening it again");
            let mut slot = self.store.lock();
            if slot.as_ref().is_some_and(|open| Arc::ptr_eq(open, failed)) {
                *slot = None;
            }
        }
        in_words(operation, failure)
    }
}

fn in_words(operation: &'static str, failure: Failure) -> SeriesError {
    match failure {
        Failure::Fjall(error) => unavailable(operation, &error),
        Failure::Row(bad) => SeriesError::Damaged {
            kind: "unknown".to_owned(),
            key: String::new(),
            reason: bad.0,
        },
        Failure::Series(error) => error,
    }
}

fn unavailable(operation: &'static str, reason: &dyn std::fmt::Display) -> SeriesError {
    SeriesError::Unavailable {
        operation,
        reason: reason.to_string(),
    }
}

#[async_trait]
impl SeriesStore for EmbeddedSeries {
    async fn write(&self, rows: Vec<SeriesRow>) -> Result<(), SeriesError> {
        self.run("write", move |store| store.write(&rows, None))
            .await
    }

    async fn write_at(
        &self,
        rows: Vec<SeriesRow>,
        partition: PartitionId,
        log_id: LogId,
        offset: Offset,
    ) -> Result<(), SeriesError> {
        let position = Some((partition, log_id, offset));
        self.run("write", move |store| store.write(&rows, position))
            .await
    }

    async fn position(
        &self,
        partition: PartitionId,
    ) -> Result<Option<(LogId, Offset)>, SeriesError> {
        self.run("position", move |store| store.position(partition))
            .await
    }

    async fn range(&self, query: &RangeQuery) -> Result<Series, SeriesError> {
        let query = query.clone();
        self.run("range", move |store| store.range(&query)).await
    }

    async fn recent(
        &self,
        query: &RecentQuery,
    ) -> Result<HashMap<ServerId, Vec<Recent>>, SeriesError> {
        let query = query.clone();
        self.run("recent", move |store| store.recent(&query)).await
    }

    async fn latest(
        &self,
        kind: Kind,
        servers: &[ServerId],
    ) -> Result<HashMap<ServerId, Latest>, SeriesError> {
        let servers = servers.to_vec();
        self.run("latest", move |store| store.latest(kind, &servers))
            .await
    }

    async fn top(&self, query: &TopQuery) -> Result<Vec<Top>, SeriesError> {
        let query = query.clone();
        self.run("top", move |store| store.top(&query)).await
    }

    async fn write_events(&self, events: Vec<Event>) -> Result<(), SeriesError> {
        self.run("write_events", move |store| store.write_events(&events))
            .await
    }

    async fn events(&self, query: &EventQuery) -> Result<EventPage, SeriesError> {
        let query = query.clone();
        self.run("events", move |store| store.read_events(&query))
            .await
    }

    async fn count_events(&self, count: &EventCount) -> Result<Vec<EventGroup>, SeriesError> {
        let count = count.clone();
        self.run("count_events", move |store| store.count_events(&count))
            .await
    }

    async fn roll_up(&self, from: UnixMs, to: UnixMs) -> Result<u64, SeriesError> {
        self.run("roll_up", move |store| store.roll_up(from, to))
            .await
    }

    async fn roll_up_late(&self) -> Result<u64, SeriesError> {
        self.run("roll_up_late", Store::roll_up_late).await
    }

    async fn retain(&self, now: UnixMs, retention: Retention) -> Result<u64, SeriesError> {
        self.run("retain", move |store| store.retain(now, retention))
            .await
    }

    async fn forget(&self, server: ServerId) -> Result<(), SeriesError> {
        self.run("forget", move |store| store.forget(server)).await
    }
}

//! The series store on QuestDB: written by ILP over HTTP, read by SQL over HTTP.
//!
//! | table | key | columns |
//! |---|---|---|
//! | `server_metrics`, `process_checks`, `disk_partitions` | ts, server (, subject) | one DOUBLE a field of the kind |
//! | the same with `_hourly` | hour, server (, subject) | mean, minimum, maximum and count of each |
//! | `firewall_events`, `email_logins`, `email_scripts`, `email_addresses`, `decisions` | ts, server, event | rows of text; `event` is a hash of their key |
//! | `series_reports` | ts, server, kind | the normalised JSON of every report of the last hours |
//! | `series_silent` | ts, server, kind | the last report of servers that are silent for longer |
//! | `series_late_hours` | hour, server, kind, mark | whether the hour was rolled up again since |
//! | `series_rolled_hours` | hour, kind | nothing: the hour was rolled up for all servers |
//! | `series_state` | name | positions, what was dropped, numbers of servers that were forgotten |
//!
//! All are WAL tables with `DEDUP UPSERT KEYS`, so whatever is written twice is there once, and no call but
//! [`SeriesStore::forget`] depends on what another has read. Any number of nodes may use the same tables.
//!
//! Invariants:
//! * a position is stored only after the rows it covers were accepted, and settled (see [`positions`]);
//! * an hour that was rolled up agrees with its raw rows, or holds a mark (see [`rollup`]).
//!
//! A failure leaves behind any subset of what a call was to write; repeating the call completes it.

mod encode;
mod events;
mod hours;
mod latest;
mod options;
mod positions;
mod range;
mod recent;
mod rest;
mod retain;
mod rollup;
mod sql;
mod state;
mod store;
mod tables;
mod top;
mod write;
mod writer;

pub use options::QuestDbOptions;

use super::{
    Event, EventCount, EventGroup, EventPage, EventQuery, Latest, RangeQuery, Recent, RecentQuery,
    Retention, Series, SeriesError, SeriesRow, SeriesStore, Top, TopQuery,
};
use async_trait::async_trait;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::{LogId, Offset, PartitionId, ServerId};
use noc_pipeline::payload::Kind;
use std::collections::HashMap;
use std::sync::Arc;
use store::{OPEN, Store};

/// The series store on a QuestDB server. Cheap to clone; the last clone ends its threads.
#[derive(Debug, Clone)]
pub struct QuestDbSeries {
    store: Arc<Store>,
}

impl QuestDbSeries {
    /// Opens the store: makes the tables and columns that are not there, and checks the others.
    ///
    /// A server that cannot be reached is no error: the tables are made once it can, and until then every call says
    /// [`SeriesError::Unavailable`].
    ///
    /// # Errors
    /// [`SeriesError::Refused`] when the prefix cannot be part of a name, or a table there is another one.
    pub async fn open(options: QuestDbOptions) -> Result<Self, SeriesError> {
        let store = Arc::new(Store::new(options)?);
        match store.prepare(OPEN).await {
            Err(error) if error.is_retryable() => {
                tracing::warn!(%error, "questdb cannot be used yet");
            }
            opened => drop(opened?),
        }
        Ok(Self { store })
    }
}

#[async_trait]
impl SeriesStore for QuestDbSeries {
    async fn write(&self, rows: Vec<SeriesRow>) -> Result<(), SeriesError> {
        self.store.write(rows).await
    }

    async fn write_at(
        &self,
        rows: Vec<SeriesRow>,
        partition: PartitionId,
        log_id: LogId,
        offset: Offset,
    ) -> Result<(), SeriesError> {
        self.store.write_at(rows, partition, (log_id, offset)).await
    }

    async fn position(
        &self,
        partition: PartitionId,
    ) -> Result<Option<(LogId, Offset)>, SeriesError> {
        self.store.position(partition).await
    }

    async fn range(&self, query: &RangeQuery) -> Result<Series, SeriesError> {
        self.store.range(query).await
    }

    async fn recent(
        &self,
        query: &RecentQuery,
    ) -> Result<HashMap<ServerId, Vec<Recent>>, SeriesError> {
        self.store.recent(query).await
    }

    async fn latest(
        &self,
        kind: Kind,
        servers: &[ServerId],
    ) -> Result<HashMap<ServerId, Latest>, SeriesError> {
        self.store.latest(kind, servers).await
    }

    async fn top(&self, query: &TopQuery) -> Result<Vec<Top>, SeriesError> {
        self.store.top(query).await
    }

    async fn write_events(&self, events: Vec<Event>) -> Result<(), SeriesError> {
        self.store.write_events(events).await
    }

    async fn events(&self, query: &EventQuery) -> Result<EventPage, SeriesError> {
        self.store.read_events(query).await
    }

    async fn count_events(&self, count: &EventCount) -> Result<Vec<EventGroup>, SeriesError> {
        self.store.count_events(count).await
    }

    async fn roll_up(&self, from: UnixMs, to: UnixMs) -> Result<u64, SeriesError> {
        self.store.roll_up(from, to).await
    }

    async fn roll_up_late(&self) -> Result<u64, SeriesError> {
        self.store.roll_up_late().await
    }

    async fn retain(&self, now: UnixMs, retention: Retention) -> Result<u64, SeriesError> {
        self.store.retain(now, retention).await
    }

    async fn forget(&self, server: ServerId) -> Result<(), SeriesError> {
        self.store.forget(server).await
    }
}

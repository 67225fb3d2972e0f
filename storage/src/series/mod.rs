//! Measurements over time.
//!
//! A row is one payload of one server. Writing is an upsert by (kind, server, time), so a replay of the log writes the
//! same rows again and changes nothing. The time is the payload's event time, but for kinds that say otherwise
//! ([`SeriesRow::row_at`]). A payload's events are written with it, see [`events`].

pub mod aggregate;
pub mod embedded;
mod error;
pub mod events;
pub mod fill;
pub mod limits;
pub mod questdb;
pub mod recent;
pub mod sampler;
pub mod trend;

#[cfg(any(test, feature = "contract"))]
#[expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "it is all tests, but its functions are not marked so"
)]
pub mod contract;

pub use embedded::EmbeddedSeries;
pub use error::SeriesError;
pub use events::{
    CountOrder, Event, EventCondition, EventCount, EventCursor, EventGroup, EventPage, EventQuery,
    EventTest,
};
pub use questdb::{QuestDbOptions, QuestDbSeries};
pub use recent::{Recent, RecentQuery};

use async_trait::async_trait;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::{LogId, Offset, PartitionId, ServerId};
use noc_pipeline::payload::{Kind, Report};
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Most points a range may ask for.
pub const MAX_POINTS: usize = 10_000;

/// Longest span a range may ask for: the 13 months that hourly rows are kept, and some days.
pub const MAX_RANGE: Duration = Duration::from_secs(400 * 86_400);

/// Longest span a top list may ask for; it reads every server.
pub const MAX_TOP_RANGE: Duration = Duration::from_secs(31 * 86_400);

/// Ranges up to this long are answered from raw rows alone.
pub const RAW_SPAN: Duration = Duration::from_secs(3_600);

/// One payload, as the series store takes it.
#[derive(Debug, Clone)]
pub struct SeriesRow {
    /// Whose.
    pub server: ServerId,
    /// When it was true.
    pub event_at: UnixMs,
    /// When we got it.
    pub received_at: UnixMs,
    /// What it says.
    pub report: Arc<Report>,
}

impl SeriesRow {
    /// The time at which its numbers are stored; `None` when they are not: something better stands there, or will.
    #[must_use]
    pub fn row_at(&self) -> Option<UnixMs> {
        self.report.row_at(self.event_at, self.received_at)
    }

    /// Calls `each` with every event it holds.
    fn for_each_event(&self, each: &mut dyn FnMut(Event)) {
        let Some(row_at) = self.row_at() else { return };
        let server = self.server;
        self.report
            .for_each_event(row_at, self.received_at, &mut |row| {
                each(Event { server, row });
            });
    }
}

/// Asks for some fields of one server over time.
#[derive(Debug, Clone)]
pub struct RangeQuery {
    /// Whose.
    pub server: ServerId,
    /// Of which kind; it decides the table.
    pub kind: Kind,
    /// Fields by name, every field of the kind when empty; for kinds with several subjects (disks: mounts) every
    /// subject is answered.
    pub fields: Vec<String>,
    /// First instant, inclusive.
    pub from: UnixMs,
    /// Last instant, exclusive.
    pub to: UnixMs,
    /// At most so many points a column, 1 to [`MAX_POINTS`]; more rows than that are put into equal buckets of time.
    pub points: usize,
}

/// The answer: one time axis, any number of columns on it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Series {
    /// Start of each bucket (or time of each row), ascending. Buckets in which nothing was measured are listed
    /// between the first and the last that hold something, so a gap is seen as one.
    pub at: Vec<UnixMs>,
    /// Milliseconds a bucket spans, whole hours once hourly rows were read; 0 when `at` holds the rows' own times.
    pub bucket_ms: i64,
    /// Whether hourly rows were read for a part of the range (it ends with two hours of raw rows all the same).
    pub hourly: bool,
    /// One column a field and subject, by field in the order asked for, then by subject.
    pub columns: Vec<Column>,
}

/// One field of one subject over time; all vectors are as long as the axis, `None` where nothing was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Column {
    /// Name of the field.
    pub field: String,
    /// Mount, domain ...; `None` for kinds about the host itself.
    pub subject: Option<String>,
    /// Mean, weighted by count.
    pub avg: Vec<Option<f64>>,
    /// Smallest.
    pub min: Vec<Option<f64>>,
    /// Largest.
    pub max: Vec<Option<f64>>,
    /// How many measurements the three stand for; 0 where they are `None`.
    pub count: Vec<u64>,
}

/// The newest payload of a kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Latest {
    /// When it was true.
    pub event_at: UnixMs,
    /// When we got it.
    pub received_at: UnixMs,
    /// What it says.
    pub report: Arc<Report>,
}

/// Asks which subjects have the largest values.
#[derive(Debug, Clone)]
pub struct TopQuery {
    /// Of which kind.
    pub kind: Kind,
    /// By which field.
    pub field: String,
    /// First instant, inclusive.
    pub from: UnixMs,
    /// Last instant, exclusive.
    pub to: UnixMs,
    /// How a subject's values become one.
    pub by: Aggregate,
    /// At most so many.
    pub limit: usize,
}

/// How several values become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregate {
    /// The mean.
    Avg,
    /// The largest.
    Max,
    /// The sum.
    Sum,
}

/// One line of a top list.
#[derive(Debug, Clone, PartialEq)]
pub struct Top {
    /// Whose.
    pub server: ServerId,
    /// Mount, domain ...
    pub subject: Option<String>,
    /// The aggregated value.
    pub value: f64,
}

/// How long what is kept.
#[derive(Debug, Clone, Copy)]
pub struct Retention {
    /// Raw rows younger than this stay.
    pub raw: Duration,
    /// Hourly rows younger than this stay.
    pub hourly: Duration,
}

impl Default for Retention {
    /// Raw rows 30 days, hourly rows 13 months.
    fn default() -> Self {
        Self {
            raw: Duration::from_secs(30 * 86_400),
            hourly: Duration::from_secs(396 * 86_400),
        }
    }
}

/// Measurements over time. Every back end passes the suite `series::contract`.
#[async_trait]
pub trait SeriesStore: Send + Sync {
    /// Upserts rows and their events, readable once it returns, and as durable as the back end is. Rows older than
    /// [`SeriesStore::retain`] has kept are left out.
    ///
    /// # Errors
    /// Any subset may be stored; the caller repeats the call, unless it was [`SeriesError::Refused`].
    async fn write(&self, rows: Vec<SeriesRow>) -> Result<(), SeriesError>;

    /// What a consumer of the log calls: upserts rows and notes that everything of `partition` up to and including
    /// `offset` is stored. The rows are accepted once it returns; they can be read at once from the embedded back
    /// end, and shortly after, mostly within a tenth of a second, from QuestDB.
    ///
    /// A crash may lose the newest rows together with the newest notes, never rows that a kept note covers: who
    /// reads on after [`SeriesStore::position`] writes again what was lost. `rows` may be empty, when records
    /// without measurements were passed over.
    ///
    /// # Errors
    /// Any subset may be stored, the position is not. The caller reads on after [`SeriesStore::position`]: what was
    /// written since that was noted may be lost, too.
    async fn write_at(
        &self,
        rows: Vec<SeriesRow>,
        partition: PartitionId,
        log_id: LogId,
        offset: Offset,
    ) -> Result<(), SeriesError>;

    /// The last position noted for a partition, and in which log; `None` before the first. Positions of another
    /// log than the one being read say nothing: start at that log's first record.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn position(
        &self,
        partition: PartitionId,
    ) -> Result<Option<(LogId, Offset)>, SeriesError>;

    /// Fields of one server over time. Ranges over [`RAW_SPAN`] read hourly rows, but the last two hours touched,
    /// hours cut by an end of the range and hours without an hourly row from raw rows.
    ///
    /// # Errors
    /// [`SeriesError::NoSuchField`] names the field that the kind does not have; [`SeriesError::InvalidRange`],
    /// [`SeriesError::RangeTooLong`] and [`SeriesError::InvalidPoints`] what is refused before anything is read.
    async fn range(&self, query: &RangeQuery) -> Result<Series, SeriesError>;

    /// Raw rows of several servers, for rates and trends; of servers without any there is no entry. Subjects are in the
    /// order of their names.
    ///
    /// # Errors
    /// [`SeriesError::NoSuchField`], [`SeriesError::InvalidRange`], [`SeriesError::RangeTooLong`], and
    /// [`SeriesError::AnswerTooLarge`] for too many servers or rows.
    async fn recent(
        &self,
        query: &RecentQuery,
    ) -> Result<HashMap<ServerId, Vec<Recent>>, SeriesError>;

    /// The newest payload of a kind for each of the servers that ever sent one.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn latest(
        &self,
        kind: Kind,
        servers: &[ServerId],
    ) -> Result<HashMap<ServerId, Latest>, SeriesError>;

    /// The subjects with the largest values, largest first; equal ones by server and subject. Reads the same rows
    /// as [`SeriesStore::range`] would.
    ///
    /// # Errors
    /// As [`SeriesStore::range`]; the span is limited to [`MAX_TOP_RANGE`].
    async fn top(&self, query: &TopQuery) -> Result<Vec<Top>, SeriesError>;

    /// Upserts events that belong to no report, readable once it returns, and as durable as the back end is. Those
    /// older than [`SeriesStore::retain`] has kept are left out.
    ///
    /// # Errors
    /// As [`SeriesStore::write`].
    async fn write_events(&self, events: Vec<Event>) -> Result<(), SeriesError>;

    /// Events, newest first, page by page.
    ///
    /// # Errors
    /// [`SeriesError::NoSuchColumn`], [`SeriesError::InvalidCondition`], [`SeriesError::InvalidLimit`] and
    /// [`SeriesError::InvalidRange`] are refused before anything is read.
    async fn events(&self, query: &EventQuery) -> Result<EventPage, SeriesError>;

    /// How many events there are of each sort, the foremost sorts only.
    ///
    /// # Errors
    /// As [`SeriesStore::events`]; [`SeriesError::RangeTooLong`] above [`events::MAX_COUNT_RANGE`], and
    /// [`SeriesError::TooManyToCount`] when the back end would take too long.
    async fn count_events(&self, count: &EventCount) -> Result<Vec<EventGroup>, SeriesError>;

    /// Makes the hourly rows of the whole hours within `from..to` anew from raw rows; the same result however
    /// often. Hours whose raw rows are no longer kept stay as they are. Returns how many rows were made.
    ///
    /// # Errors
    /// [`SeriesError::InvalidRange`] when `from` lies behind `to`; or the store cannot be reached.
    async fn roll_up(&self, from: UnixMs, to: UnixMs) -> Result<u64, SeriesError>;

    /// Makes anew the hourly rows of hours that got raw rows after they were rolled up. Until then such hours
    /// are read from raw rows. Returns how many rows were made.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn roll_up_late(&self) -> Result<u64, SeriesError>;

    /// Drops what is older than kept, in whole UTC days: up to one day more may stay. Events are kept as long as raw
    /// rows. The newest payload of a kind stays whatever its age. Returns how many rows of numbers were dropped, at
    /// least about.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn retain(&self, now: UnixMs, retention: Retention) -> Result<u64, SeriesError>;

    /// Drops everything of one server.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn forget(&self, server: ServerId) -> Result<(), SeriesError>;
}

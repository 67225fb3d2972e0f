//! Hourly rows: `INSERT INTO ... SELECT` from raw ones, by a job.
//!
//! One order of steps keeps an hourly row from missing a raw one, with any number of nodes writing:
//!
//! 1. a writer has raw rows accepted, and then, if their hour has ended, marks the hour;
//! 2. who rolls up reads the marks, waits until the raw rows accepted by then are readable, and only then reads them;
//! 3. the hourly rows are readable before the hour counts as rolled up and the marks read in step 2 count as done.
//!
//! A mark that comes in between is left standing, and while one stands, the hour is read from raw rows. A failure
//! leaves hourly rows that nobody reads, or marks that have the work done once more.

use super::encode::{Mark, mark_lines, rolled_lines};
use super::hours::{DAY_MS, HOUR_MS, Span, day, next_hour, pieces};
use super::rest::cell;
use super::sql::{from_micros, list, micros, within};
use super::store::Store;
use super::tables::KindTables;
use crate::series::SeriesError;
use crate::series::limits::check_order;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::Kind;
use std::collections::{BTreeMap, BTreeSet};

const ROLL_UP: &str = "roll_up";
const ROLL_UP_LATE: &str = "roll_up_late";

/// Marks worked off at a time.
const MARKS: usize = 20_000;

/// Servers named in one statement.
const CHUNK: usize = 500;

/// Lines put at a time.
const LINES: usize = 5_000;

impl Store {
    /// Makes the hourly rows of all whole hours of `from..to` that have ended and whose raw rows are kept.
    pub async fn roll_up(&self, from: UnixMs, to: UnixMs) -> Result<u64, SeriesError> {
        check_order(from, to)?;
        let _rolling = self.rolling.lock().await;
        let state = self.prepare_anew(ROLL_UP).await?;
        let span = (next_hour(from).max(next_hour(state.raw_floor)), to);
        self.roll_up_span(ROLL_UP, span).await
    }

    /// As [`Store::roll_up`], by whoever holds the lock.
    pub async fn roll_up_span(
        &self,
        operation: &'static str,
        (from, to): Span,
    ) -> Result<u64, SeriesError> {
        let running = self.options.clock.now().hour();
        let Some((first, end)) = self.kept(operation).await? else {
            return Ok(0);
        };
        let span = (from.max(first), to.hour().min(end).min(running));
        let mut made = 0;
        for span in pieces(span, DAY_MS) {
            made += self.roll_up_day(operation, span).await?;
        }
        Ok(made)
    }

    /// From the first hour to the end of the last one that has raw rows of any kind.
    async fn kept(&self, operation: &'static str) -> Result<Option<Span>, SeriesError> {
        let raw = self.raw_tables();
        self.applied(operation, &raw).await?;
        let mut kept: Option<Span> = None;
        for table in raw {
            let first = self.edge(operation, table, "").await?;
            let last = self.edge(operation, table, "DESC").await?;
            if let (Some(first), Some(last)) = (first, last) {
                let span = (first, UnixMs(last.0 + HOUR_MS));
                let known = kept.unwrap_or(span);
                kept = Some((known.0.min(span.0), known.1.max(span.1)));
            }
        }
        Ok(kept)
    }

    fn raw_tables(&self) -> Vec<&str> {
        let kinds = self.tables.kinds.iter();
        kinds.map(|tables| tables.raw.as_str()).collect()
    }

    fn hourly_tables(&self) -> Vec<&str> {
        let kinds = self.tables.kinds.iter();
        kinds.map(|tables| tables.hourly.as_str()).collect()
    }

    /// The hour of the first row of a table, or of the last.
    async fn edge(
        &self,
        operation: &'static str,
        table: &str,
        order: &str,
    ) -> Result<Option<UnixMs>, SeriesError> {
        let sql = format!("SELECT ts::LONG FROM \"{table}\" ORDER BY ts {order} LIMIT 1");
        let at = self.job(operation, &sql).await?.number(operation)?;
        Ok(at.map(|at| from_micros(at).hour()))
    }

    async fn roll_up_day(&self, operation: &'static str, span: Span) -> Result<u64, SeriesError> {
        let marks = self.marks(operation, span, usize::MAX).await?;
        self.applied(operation, &self.raw_tables()).await?;
        let mut made = 0;
        for tables in &self.tables.kinds {
            made += self.roll_up_kind(operation, tables, span, "").await?;
        }
        self.applied(operation, &self.hourly_tables()).await?;
        let mut rolled = Vec::new();
        for (hour, _) in pieces(span, HOUR_MS) {
            rolled.extend(self.tables.kinds.iter().map(|tables| (tables.kind, hour)));
        }
        let lines = rolled_lines(&self.tables.rolled, rolled);
        self.put(operation, &self.tables.rolled, lines).await?;
        self.done(operation, &marks).await?;
        self.applied(operation, &[&self.tables.rolled]).await?;
        Ok(made)
    }

    /// Makes the hourly rows of a kind; returns of how many hours of servers.
    async fn roll_up_kind(
        &self,
        operation: &'static str,
        tables: &KindTables,
        span: Span,
        condition: &str,
    ) -> Result<u64, SeriesError> {
        let of = format!("FROM \"{}\" WHERE {} {condition}", tables.raw, within(span));
        let hours = format!(
            "SELECT count() FROM (SELECT DISTINCT timestamp_floor('h', ts) hour, server {of})"
        );
        let hours = self.job(operation, &hours).await?.number(operation)?;
        let hours = u64::try_from(hours.unwrap_or(0)).unwrap_or(0);
        if hours > 0 {
            self.job(operation, &insert(tables, &of)).await?;
        }
        Ok(hours)
    }

    /// Marks that are not done, of hours in a span.
    async fn marks(
        &self,
        operation: &'static str,
        span: Span,
        limit: usize,
    ) -> Result<Vec<Mark>, SeriesError> {
        let late = &self.tables.late;
        self.applied(operation, &[late]).await?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let sql = format!(
            "SELECT ts::LONG, server, kind, mark FROM \"{late}\" WHERE NOT done AND {} LIMIT {limit}",
            within(span)
        );
        let answer = self.job(operation, &sql).await?;
        let rows = answer.rows(operation)?;
        let mark = |row: &Vec<_>| {
            let whole = |i| cell(row, i).whole();
            Some(Mark {
                hour: from_micros(whole(0)?),
                kind: u8::try_from(whole(2)?).ok()?,
                number: i32::try_from(whole(1)?).ok()?,
                mark: whole(3)?,
            })
        };
        Ok(rows.iter().filter_map(mark).collect())
    }

    /// Says that marks are worked off.
    async fn done(&self, operation: &'static str, marks: &[Mark]) -> Result<(), SeriesError> {
        let late = &self.tables.late;
        for marks in marks.chunks(LINES) {
            let lines = mark_lines(late, marks.to_vec(), true);
            self.put(operation, late, lines).await?;
        }
        self.applied(operation, &[late]).await
    }

    /// Makes anew the hourly rows of marked hours.
    pub async fn roll_up_late(&self) -> Result<u64, SeriesError> {
        let _rolling = self.rolling.lock().await;
        let state = self.prepare_anew(ROLL_UP_LATE).await?;
        let running = self.options.clock.now().hour();
        let mut made = 0;
        loop {
            let all = (UnixMs(0), running);
            let marks = self.marks(ROLL_UP_LATE, all, MARKS).await?;
            if marks.is_empty() {
                return Ok(made);
            }
            self.applied(ROLL_UP_LATE, &self.raw_tables()).await?;
            let mut days: BTreeMap<(Kind, UnixMs), (Span, BTreeSet<i32>)> = BTreeMap::new();
            for mark in &marks {
                let kind = Kind::from_code(mark.kind);
                let kind = kind.filter(|kind| self.tables.of(*kind).is_some());
                let (Some(kind), Some(_)) = (kind, state.server(mark.number)) else {
                    continue;
                };
                if mark.hour < state.raw_floor {
                    continue;
                }
                let hour = (mark.hour, UnixMs(mark.hour.0 + HOUR_MS));
                let key = (kind, day(mark.hour));
                let (span, numbers) = days.entry(key).or_insert((hour, BTreeSet::new()));
                *span = (span.0.min(hour.0), span.1.max(hour.1));
                numbers.insert(mark.number);
            }
            for ((kind, _), (span, numbers)) in days {
                let Some(tables) = self.tables.of(kind) else {
                    continue;
                };
                let numbers: Vec<_> = numbers.into_iter().collect();
                for chunk in numbers.chunks(CHUNK) {
                    let condition = format!("AND server IN ({})", list(chunk));
                    made += self
                        .roll_up_kind(ROLL_UP_LATE, tables, span, &condition)
                        .await?;
                }
            }
            self.applied(ROLL_UP_LATE, &self.hourly_tables()).await?;
            self.done(ROLL_UP_LATE, &marks).await?;
        }
    }

    /// Drops the partitions of a table that end at or before a time; returns how many rows that were.
    pub async fn drop_before(
        &self,
        operation: &'static str,
        table: &str,
        floor: UnixMs,
    ) -> Result<u64, SeriesError> {
        let before = format!("ts < {}", micros(floor));
        let sql = format!("SELECT count() FROM \"{table}\" WHERE {before}");
        let rows = self.job(operation, &sql).await?.number(operation)?;
        let rows = u64::try_from(rows.unwrap_or(0)).unwrap_or(0);
        if rows > 0 {
            let sql = format!("ALTER TABLE \"{table}\" DROP PARTITION WHERE {before}");
            self.job(operation, &sql).await?;
        }
        Ok(rows)
    }
}

/// The statement that makes hourly rows of raw ones.
fn insert(tables: &KindTables, of: &str) -> String {
    let keys = tables.key_columns();
    let mut columns = String::new();
    let mut values = String::new();
    for spec in tables.kind.metrics() {
        let field = spec.field;
        for part in ["avg", "min", "max", "count"] {
            columns += &format!(", \"{field}_{part}\"");
        }
        values += &format!(
            ", avg(\"{field}\"), min(\"{field}\"), max(\"{field}\"), count(\"{field}\")::INT"
        );
    }
    format!(
        "INSERT INTO \"{}\" (ts{keys}{columns}) \
         SELECT timestamp_floor('h', ts) hour{keys}{values} {of} ORDER BY hour",
        tables.hourly
    )
}

//! Hourly rows: made from raw rows by a job, thrown away by whoever writes a raw row beneath one.
//!
//! An hourly row, where there is one, always says what the raw rows of its hour say; so a reader may take either.
//! A writer of a row for an hour that may have been rolled up removes the hourly row and leaves a mark, in the batch
//! that stores the raw row. `rolled_until` tells writers, without reading, which hours cannot have been.

use super::codec::{RowWriter, read_row};
use super::keys::{
    DAY_MS, HOUR_MS, day_of, day_start, late_key, next_hour, row_key, row_time, split_late_key,
    split_subject_key,
};
use super::store::{Failure, Store, View};
use crate::series::aggregate::{BySubject, Summary, merge_into};
use crate::series::limits::check_order;
use fjall::{Keyspace, OwnedWriteBatch, PersistMode, Readable};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::Kind;

/// Servers rolled up, or marks worked off, at a time: late writers wait no longer than that takes.
const CHUNK: usize = 256;

/// The hour being summed up of one server: a summary of each place, by subject.
type Hourly = BySubject<Vec<Option<Summary>>>;

fn add(hourly: &mut Hourly, subject: Option<&str>, values: &[Option<f64>]) {
    let cells = hourly.entry(subject);
    if cells.len() < values.len() {
        cells.resize(values.len(), None);
    }
    for (cell, value) in cells.iter_mut().zip(values) {
        if let Some(value) = value {
            merge_into(cell, &Summary::of(*value));
        }
    }
}

/// Four values a place: all means, then all minima, maxima, counts.
fn pack(hourly: Hourly, writer: &mut RowWriter) {
    writer.start();
    let mut values = Vec::new();
    for (subject, cells) in hourly.into_sorted() {
        values.clear();
        values.extend(cells.iter().map(|cell| cell.map(|c| short_mean(&c))));
        values.extend(cells.iter().map(|cell| cell.map(|c| c.min)));
        values.extend(cells.iter().map(|cell| cell.map(|c| c.max)));
        #[expect(clippy::cast_precision_loss, reason = "rows of one hour")]
        values.extend(cells.iter().map(|cell| cell.map(|c| c.count as f64)));
        writer.subject(subject.as_deref(), values.iter().copied());
    }
}

/// The mean with the digits of an `f32`, which takes half the room: at most 6e-8 of it away.
fn short_mean(summary: &Summary) -> f64 {
    let mean = summary.avg();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "that is the point; checked below"
    )]
    let short = f64::from(mean as f32);
    if short.is_finite() && (short - mean).abs() <= mean.abs() * 1e-7 {
        short.clamp(summary.min, summary.max)
    } else {
        mean
    }
}

/// What an hourly row says about the field at a place.
pub fn summary_at(values: &[Option<f64>], place: usize) -> Option<Summary> {
    let n = values.len() / 4;
    if place >= n {
        return None;
    }
    let get = |part: usize| values.get(part * n + place).copied().flatten();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "written from a u64"
    )]
    let count = get(3)? as u64;
    Some(Summary::of_mean(get(0)?, get(1)?, get(2)?, count.max(1)))
}

impl Store {
    /// Makes the hourly rows of all whole hours of `from..to` whose raw rows are kept.
    pub fn roll_up(&self, from: UnixMs, to: UnixMs) -> Result<u64, Failure> {
        check_order(from, to)?;
        let floor = next_hour(self.view().raw_floor);
        let (from, to) = (next_hour(from).max(floor), to.hour());
        if from >= to {
            return Ok(0);
        }
        // From here on writers of rows of these hours take the lock that is held while their hourly rows are made.
        self.advance_rolled_until(to)?;
        let view = self.view();
        let last = day_of(UnixMs(to.0 - 1));
        let mut made = 0;
        for (day, keyspace) in view.days.range(day_of(from)..=last) {
            let start = day_start(*day);
            let span = (from.max(start), to.min(UnixMs(start.0 + DAY_MS)));
            for kind in Kind::ALL {
                let mut servers = Servers::new(*kind, span);
                loop {
                    let chunk = servers.next_chunk(&view, keyspace)?;
                    if chunk.is_empty() {
                        break;
                    }
                    made += self.roll_up_chunk(*kind, &chunk, span)?;
                }
            }
        }
        Ok(made)
    }

    fn roll_up_chunk(
        &self,
        kind: Kind,
        servers: &[ServerId],
        (from, to): (UnixMs, UnixMs),
    ) -> Result<u64, Failure> {
        let _rolling = self.rolling.lock();
        let view = self.view();
        let mut batch = self.db.batch().durability(Some(PersistMode::SyncData));
        let mut made = 0;
        for server in servers {
            made += self.roll_up_server(&view, &mut batch, (kind, *server), (from, to))?;
        }
        if let (Some(first), Some(last)) = (servers.first(), servers.last()) {
            let mut hour = from;
            while hour < to {
                let marks = late_key(hour, kind, *first)..=late_key(hour, kind, *last);
                for mark in view.at.range(&self.late, marks) {
                    batch.remove(&self.late, mark.key()?);
                }
                hour = UnixMs(hour.0 + HOUR_MS);
            }
        }
        batch.commit()?;
        Ok(made)
    }

    /// Puts the hourly rows of one server into the batch.
    fn roll_up_server(
        &self,
        view: &View,
        batch: &mut OwnedWriteBatch,
        (kind, server): (Kind, ServerId),
        span: (UnixMs, UnixMs),
    ) -> Result<u64, Failure> {
        let mut writer = RowWriter::default();
        let mut values = Vec::new();
        let mut current: Option<(UnixMs, Hourly)> = None;
        let mut made = 0;
        let mut finish = |done: Option<(UnixMs, Hourly)>| {
            let Some((hour, hourly)) = done else { return };
            pack(hourly, &mut writer);
            if let Some(row) = writer.finish() {
                batch.insert(&self.hourly, row_key(kind, server, hour), row);
                made += 1;
            }
        };
        view.raw_rows((kind, server), span, &mut |key, bytes| {
            let hour = row_time(key).unwrap_or_default().hour();
            if current.as_ref().is_none_or(|(of, _)| *of != hour) {
                finish(current.replace((hour, Hourly::default())));
            }
            let Some((_, hourly)) = &mut current else {
                return Ok(());
            };
            read_row(bytes, &mut values, |subject, values| {
                add(hourly, subject, values);
                Ok(())
            })
            .map_err(|failure: Failure| failure.at(kind, key))
        })?;
        finish(current);
        Ok(made)
    }

    /// Makes anew the hourly rows of marked hours.
    pub fn roll_up_late(&self) -> Result<u64, Failure> {
        let mut made = 0;
        loop {
            let _rolling = self.rolling.lock();
            let view = self.view();
            let mut batch = self.db.batch().durability(Some(PersistMode::SyncData));
            let mut marks = 0;
            for mark in view.at.iter(&self.late).take(CHUNK) {
                let key = mark.key()?;
                marks += 1;
                if let Some((hour, kind, server)) = split_late_key(&key)
                    && hour >= view.raw_floor
                {
                    let span = (hour, UnixMs(hour.0 + HOUR_MS));
                    made += self.roll_up_server(&view, &mut batch, (kind, server), span)?;
                }
                batch.remove(&self.late, key);
            }
            if marks == 0 {
                return Ok(made);
            }
            batch.commit()?;
        }
    }
}

/// The servers that have rows of a kind in a span, found by jumping from one to the next.
pub struct Servers {
    kind: Kind,
    from: UnixMs,
    to: UnixMs,
    /// The first server not looked at yet; `None` after the last.
    next: Option<ServerId>,
}

impl Servers {
    pub fn new(kind: Kind, (from, to): (UnixMs, UnixMs)) -> Self {
        Self {
            kind,
            from,
            to,
            next: Some(ServerId(0)),
        }
    }

    /// Up to [`CHUNK`] servers, ascending; empty after the last.
    pub fn next_chunk(
        &mut self,
        view: &View,
        keyspace: &Keyspace,
    ) -> Result<Vec<ServerId>, Failure> {
        let end = row_key(self.kind, ServerId(u32::MAX), UnixMs(i64::MAX));
        let mut found = Vec::new();
        while let Some(server) = self.next {
            if found.len() == CHUNK {
                break;
            }
            let start = row_key(self.kind, server, self.from);
            let Some(row) = view.at.range(keyspace, start..=end).next() else {
                self.next = None;
                break;
            };
            let key = row.key()?;
            let (Some((_, of)), Some(at)) = (split_subject_key(&key), row_time(&key)) else {
                self.next = None;
                break;
            };
            if of != server && at < self.from {
                self.next = Some(of);
                continue;
            }
            if at < self.to {
                found.push(of);
            }
            self.next = of.0.checked_add(1).map(ServerId);
        }
        Ok(found)
    }
}

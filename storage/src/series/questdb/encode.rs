//! Rows as lines of ILP.

use super::tables::{KindTables, Tables};
use super::writer::Fill;
use crate::series::{SeriesError, SeriesRow};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::Kind;
use questdb::ingress::{Buffer, ColumnName, TableName, TimestampMicros};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Lines from which a batch is cut.
pub const LINES: usize = 5_000;

/// Latest time taken: 2200-01-01. QuestDB begins in 1970, and a month of nonsense far ahead would keep a partition.
const MAX_TIME: UnixMs = UnixMs(7_258_118_400_000);

/// A payload under the number that its server has in the tables.
#[derive(Debug, Clone)]
pub struct Numbered {
    pub number: i32,
    pub row: SeriesRow,
    /// The time its numbers are stored at; `None` when they are not.
    pub at: Option<UnixMs>,
}

/// Refuses what no table takes.
pub fn check(row: &SeriesRow) -> Result<i32, SeriesError> {
    check_place(row.server, row.event_at)?;
    check_place(row.server, row.row_at().unwrap_or(row.event_at))
}

/// Refuses a server or a time that no table takes; returns the number that the server was born with.
pub fn check_place(server: ServerId, at: UnixMs) -> Result<i32, SeriesError> {
    let refused = |reason: String| SeriesError::Refused {
        operation: "write",
        reason,
    };
    if at.0 < 0 || at >= MAX_TIME {
        return Err(refused(format!(
            "event time {at} is not between 1970 and 2200"
        )));
    }
    i32::try_from(server.0).map_err(|_| refused(format!("server {server} is above 2^31")))
}

/// Of rows of the same kind, server and time only the newest payload's are stored, the last of equal ones.
pub fn drop_replaced(rows: &mut [Numbered]) {
    let mut last: HashMap<(Kind, i32, UnixMs), (UnixMs, usize)> =
        HashMap::with_capacity(rows.len());
    for (i, row) in rows.iter().enumerate() {
        let Some(at) = row.at else { continue };
        let this = (row.row.event_at, i);
        let known = last.entry((row.row.report.kind(), row.number, at));
        let known = known.or_insert(this);
        *known = this.max(*known);
    }
    for (i, row) in rows.iter_mut().enumerate() {
        let of = row.at.map(|at| (row.row.report.kind(), row.number, at));
        let known = of.and_then(|of| last.get(&of));
        row.at = row.at.filter(|_| known.is_some_and(|(_, last)| *last == i));
    }
}

/// Batches of raw rows by kind, cut after some thousands of lines.
pub fn raw_batches(
    tables: &Tables,
    rows: &[Numbered],
    raw_floor: UnixMs,
) -> Vec<(Kind, Vec<Numbered>)> {
    let mut batches: Vec<(Kind, Vec<Numbered>)> = Vec::new();
    let mut open: BTreeMap<Kind, (usize, usize)> = BTreeMap::new();
    for row in rows {
        let kind = row.row.report.kind();
        if tables.of(kind).is_none() || row.at.is_none_or(|at| at < raw_floor) {
            continue;
        }
        let Some(payload) = row.row.report.data() else {
            continue;
        };
        let mut lines = 0;
        payload.for_each_row(&mut |_, _| lines += 1);
        if lines == 0 {
            continue;
        }
        let (batch, filled) = open.entry(kind).or_insert((batches.len(), 0));
        if *filled >= LINES {
            (*batch, *filled) = (batches.len(), 0);
        }
        *filled += lines;
        match batches.get_mut(*batch) {
            Some((_, batch)) => batch.push(row.clone()),
            None => batches.push((kind, vec![row.clone()])),
        }
    }
    batches
}

/// Lines of a kind's raw table. A value that is absent, or no number, is a column left out.
pub fn raw_lines(tables: &KindTables, rows: Vec<Numbered>) -> Fill {
    let (table, subject_column) = (tables.raw.clone(), tables.subject);
    let fields: Vec<_> = tables
        .kind
        .metrics()
        .iter()
        .map(|spec| spec.field)
        .collect();
    Arc::new(move |buffer| {
        let table = TableName::new(&table)?;
        for Numbered { number, row, at } in &rows {
            let (Some(payload), Some(at)) = (row.report.data(), at) else {
                continue;
            };
            let mut done = Ok(());
            payload.for_each_row(&mut |subject, values| {
                if done.is_err() {
                    return;
                }
                done = (|| {
                    buffer.table(table)?;
                    buffer.column_i64(ColumnName::new_unchecked("server"), i64::from(*number))?;
                    if let (Some(column), Some(subject)) = (subject_column, subject) {
                        buffer.column_str(ColumnName::new_unchecked(column), subject)?;
                    }
                    for (field, value) in fields.iter().zip(values) {
                        if let Some(value) = value.filter(|value| value.is_finite()) {
                            buffer.column_f64(ColumnName::new_unchecked(field), value)?;
                        }
                    }
                    buffer.at(stamp(*at))
                })();
            });
            done?;
        }
        Ok(())
    })
}

/// The newest report of each kind and server, the last of equal ones.
pub fn newest(rows: &[Numbered]) -> Vec<Numbered> {
    let mut newest: BTreeMap<(Kind, i32), &Numbered> = BTreeMap::new();
    for row in rows {
        let known = newest
            .entry((row.row.report.kind(), row.number))
            .or_insert(row);
        if row.row.event_at >= known.row.event_at {
            *known = row;
        }
    }
    newest.into_values().cloned().collect()
}

/// Lines of the table of reports.
pub fn report_lines(table: &str, rows: Vec<Numbered>) -> Fill {
    let table = table.to_owned();
    Arc::new(move |buffer| {
        let mut json = Vec::new();
        for Numbered { number, row, .. } in &rows {
            json.clear();
            row.report.write_json(&mut json);
            buffer
                .table(TableName::new(&table)?)?
                .column_i64(ColumnName::new_unchecked("server"), i64::from(*number))?
                .column_i64(
                    ColumnName::new_unchecked("kind"),
                    i64::from(row.report.kind().code()),
                )?
                .column_ts(
                    ColumnName::new_unchecked("received_at"),
                    stamp(row.received_at),
                )?
                .column_str(
                    ColumnName::new_unchecked("report"),
                    String::from_utf8_lossy(&json).as_ref(),
                )?
                .at(stamp(row.event_at))?;
        }
        Ok(())
    })
}

/// A mark: this hour of this server and kind holds rows that an hourly row may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    pub hour: UnixMs,
    pub kind: u8,
    pub number: i32,
    /// Tells marks of the same hour apart, so that working one off leaves a newer one standing.
    pub mark: i64,
}

/// Marks for rows whose hour had ended at `now`.
pub fn marks(batches: &[(Kind, Vec<Numbered>)], now: UnixMs, mark: i64) -> Vec<Mark> {
    let running = now.hour();
    let mut marks = BTreeSet::new();
    for (kind, rows) in batches {
        for Numbered { number, at, .. } in rows {
            let Some(hour) = at.map(UnixMs::hour) else {
                continue;
            };
            if hour < running {
                marks.insert(Mark {
                    hour,
                    kind: kind.code(),
                    number: *number,
                    mark,
                });
            }
        }
    }
    marks.into_iter().collect()
}

/// Lines of the table of late hours.
pub fn mark_lines(table: &str, marks: Vec<Mark>, done: bool) -> Fill {
    let table = table.to_owned();
    Arc::new(move |buffer| {
        for mark in &marks {
            buffer
                .table(TableName::new(&table)?)?
                .column_i64(ColumnName::new_unchecked("server"), i64::from(mark.number))?
                .column_i64(ColumnName::new_unchecked("kind"), i64::from(mark.kind))?
                .column_i64(ColumnName::new_unchecked("mark"), mark.mark)?
                .column_bool(ColumnName::new_unchecked("done"), done)?
                .at(stamp(mark.hour))?;
        }
        Ok(())
    })
}

/// Lines that say which hours of a kind were rolled up.
pub fn rolled_lines(table: &str, hours: Vec<(Kind, UnixMs)>) -> Fill {
    let table = table.to_owned();
    Arc::new(move |buffer| {
        for (kind, hour) in &hours {
            buffer
                .table(TableName::new(&table)?)?
                .column_i64(ColumnName::new_unchecked("kind"), i64::from(kind.code()))?
                .at(stamp(*hour))?;
        }
        Ok(())
    })
}

/// Lines of names and values. All have the same time, so that a name has one row.
pub fn state_lines(table: &str, values: Vec<(String, String)>) -> Fill {
    let table = table.to_owned();
    Arc::new(move |buffer: &mut Buffer| {
        for (name, value) in &values {
            buffer
                .table(TableName::new(&table)?)?
                .column_str(ColumnName::new_unchecked("name"), name.as_str())?
                .column_str(ColumnName::new_unchecked("value"), value.as_str())?
                .at(TimestampMicros::new(0))?;
        }
        Ok(())
    })
}

/// A time as ILP takes it.
pub fn stamp(at: UnixMs) -> TimestampMicros {
    TimestampMicros::new(super::sql::micros(at))
}

//! Events as lines of ILP.

use super::super::encode::{LINES, Numbered, check_place, stamp};
use super::super::writer::Fill;
use crate::series::Event;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::{EventTable, EventValue};
use questdb::ingress::{ColumnName, TableName};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An event under the number that its server has in the tables.
#[derive(Debug, Clone)]
pub struct NumberedEvent {
    pub number: i32,
    pub event: Event,
}

/// The events of payloads, those of the newest last: of rows that are the same the last one stays.
pub fn of_rows(rows: &[Numbered]) -> Vec<NumberedEvent> {
    let mut order: Vec<&Numbered> = rows.iter().collect();
    order.sort_by_key(|row| row.row.event_at);
    let mut events = Vec::new();
    for Numbered { number, row, .. } in order {
        row.for_each_event(&mut |event| {
            // Times were put right at ingest; one that no table takes must not cost the others.
            if check_place(event.server, event.row.at).is_ok() {
                events.push(NumberedEvent {
                    number: *number,
                    event,
                });
            }
        });
    }
    events
}

/// Batches of events that are still kept, by table, cut after some thousands.
pub fn event_batches(
    events: Vec<NumberedEvent>,
    raw_floor: UnixMs,
) -> Vec<(EventTable, Vec<NumberedEvent>)> {
    let mut by_table: BTreeMap<EventTable, Vec<NumberedEvent>> = BTreeMap::new();
    for event in events {
        if event.event.row.at >= raw_floor {
            let of_table = by_table.entry(event.event.row.table).or_default();
            of_table.push(event);
        }
    }
    let mut batches = Vec::new();
    for (table, mut events) in by_table {
        while events.len() > LINES {
            let rest = events.split_off(LINES);
            batches.push((table, std::mem::replace(&mut events, rest)));
        }
        batches.push((table, events));
    }
    batches
}

/// Lines of a table of events. A cell that is not known is a column left out.
pub fn event_lines(table: &str, events: Vec<NumberedEvent>) -> Fill {
    let table = table.to_owned();
    Arc::new(move |buffer| {
        for NumberedEvent { number, event } in &events {
            let row = &event.row;
            buffer
                .table(TableName::new(&table)?)?
                .column_i64(ColumnName::new_unchecked("server"), i64::from(*number))?
                .column_i64(ColumnName::new_unchecked("event"), row.key())?;
            for (column, cell) in row.table.columns().iter().zip(&row.values) {
                let name = ColumnName::new_unchecked(column.name);
                match cell {
                    Some(EventValue::Text(text)) => buffer.column_str(name, text.as_str())?,
                    Some(EventValue::Number(number)) if number.is_finite() => {
                        buffer.column_f64(name, *number)?
                    }
                    Some(EventValue::YesNo(yes)) => buffer.column_i64(name, i64::from(*yes))?,
                    Some(EventValue::Number(_)) | None => buffer,
                };
            }
            buffer.at(stamp(row.at))?;
        }
        Ok(())
    })
}

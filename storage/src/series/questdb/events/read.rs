//! Events, newest first.
//!
//! Sorting all of a month to show its last page would cost a second, so the last hour is asked first, then the last day,
//! then the rest.

use super::super::rest::{Cell, cell};
use super::super::sql::{from_micros, list, micros, within};
use super::super::state::State;
use super::super::store::Store;
use super::conditions::{Span, column, value};
use crate::series::events::check_events;
use crate::series::{Event, EventCursor, EventPage, EventQuery, SeriesError};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::{EventRow, EventTable};

const EVENTS: &str = "events";

/// How far back the first two statements look, milliseconds.
const STEPS: [i64; 2] = [3_600_000, 86_400_000];

impl Store {
    /// Events, newest first.
    pub async fn read_events(&self, query: &EventQuery) -> Result<EventPage, SeriesError> {
        let asked = check_events(query)?;
        let mut page = EventPage {
            events: Vec::new(),
            next: None,
        };
        let state = self.prepare(EVENTS).await?;
        let (table, mut to) = (query.table, query.to);
        let mut after = String::new();
        if let Some(cursor) = query.after {
            to = to.min(UnixMs(cursor.at.0.saturating_add(1)));
            after = before(&state, cursor);
        }
        let span = (query.from.max(state.raw_floor), to);
        if span.0 >= span.1 {
            return Ok(page);
        }
        let conditions = self
            .event_conditions(EVENTS, &state, table, &asked, span)
            .await?;
        let Some(conditions) = conditions else {
            return Ok(page);
        };
        let columns = (0..table.columns().len()).map(|place| column(table, place));
        let columns = list(columns);
        let mut last = None;
        for span in steps(span) {
            // One more than asked for, to know whether there are more.
            let sql = format!(
                "SELECT ts::LONG, server, event, {columns} FROM \"{}\" \
                 WHERE {}{conditions}{after} ORDER BY ts DESC, server DESC, event DESC LIMIT {}",
                self.tables.event(table),
                within(span),
                query.limit + 1 - page.events.len()
            );
            let answer = self.read(EVENTS, &sql).await?;
            for row in answer.rows(EVENTS)? {
                let Some((event, cursor)) = event(&state, table, &row) else {
                    continue;
                };
                if page.events.len() == query.limit {
                    page.next = last;
                    return Ok(page);
                }
                last = Some(cursor);
                page.events.push(event);
            }
        }
        Ok(page)
    }
}

/// The condition that a row comes after a cursor.
fn before(state: &State, cursor: EventCursor) -> String {
    let (at, key) = (micros(cursor.at), cursor.key);
    let number = state.number_of(cursor.server).unwrap_or(i32::MAX);
    format!(" AND (ts < {at} OR server < {number} OR (server = {number} AND event < {key}))")
}

fn event(state: &State, table: EventTable, row: &[Cell<'_>]) -> Option<(Event, EventCursor)> {
    let at = from_micros(cell(row, 0).whole()?);
    let number = i32::try_from(cell(row, 1).whole()?).ok()?;
    let server = state.server(number)?;
    let cursor = EventCursor {
        at,
        server,
        key: cell(row, 2).whole()?,
    };
    let places = 0..table.columns().len();
    let values = places.map(|place| value(table, place, cell(row, 3 + place)));
    let row = EventRow {
        table,
        at,
        values: values.collect(),
    };
    Some((Event { server, row }, cursor))
}

/// A span in pieces, the last one first.
fn steps((from, to): Span) -> Vec<Span> {
    let mut pieces = Vec::with_capacity(STEPS.len() + 1);
    let mut end = to;
    for step in STEPS {
        let start = UnixMs(to.0.saturating_sub(step)).max(from);
        if start < end {
            pieces.push((start, end));
            end = start;
        }
    }
    if from < end {
        pieces.push((from, end));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_piece_comes_first_and_nothing_is_left_out() {
        let day = 86_400_000;
        let at = UnixMs;
        assert_eq!(
            steps((at(0), at(30 * day))),
            [
                (at(30 * day - 3_600_000), at(30 * day)),
                (at(29 * day), at(30 * day - 3_600_000)),
                (at(0), at(29 * day)),
            ]
        );
        assert_eq!(steps((at(5), at(9))), [(at(5), at(9))]);
        assert_eq!(steps((at(0), at(day))).len(), 2);
    }
}

//! Writing: raw rows, reports and events at once, then marks for hours that have ended, then the position.

use super::encode::{
    Numbered, check, check_place, drop_replaced, mark_lines, marks, newest, raw_batches, raw_lines,
    report_lines, state_lines,
};
use super::events::write::{NumberedEvent, event_batches, event_lines, of_rows};
use super::positions::{Position, from_text, name, to_text};
use super::rest::{cell, unavailable};
use super::sql::quoted;
use super::store::Store;
use crate::series::{Event, SeriesError, SeriesRow};
use futures::future::try_join_all;
use noc_pipeline::id::PartitionId;
use std::time::Duration;

const WRITE: &str = "write";

/// Clocks of nodes that write and nodes that roll up may differ by this.
const CLOCKS_DIFFER: Duration = Duration::from_secs(5);

impl Store {
    /// Has rows accepted; returns the tables that got some.
    ///
    /// A mark is put only after its rows are accepted, and whether one is needed is decided after that, too: who
    /// rolls an hour up reads the marks first, waits for raw rows accepted until then, and reads those. So a row is
    /// in the hourly row, or its mark is left standing.
    async fn accept(&self, rows: Vec<SeriesRow>) -> Result<Vec<&str>, SeriesError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let state = self.prepare(WRITE).await?;
        let mut numbered = Vec::with_capacity(rows.len());
        for row in rows {
            let number = state.number(row.server, check(&row)?);
            let at = row.row_at();
            numbered.push(Numbered { number, row, at });
        }
        drop_replaced(&mut numbered);
        let batches = raw_batches(&self.tables, &numbered, state.raw_floor);
        let mut touched = vec![self.tables.reports.as_str()];
        let mut puts = Vec::with_capacity(batches.len() + 1);
        for (kind, rows) in &batches {
            if let Some(tables) = self.tables.of(*kind) {
                let lines = raw_lines(tables, rows.clone());
                puts.push(self.put(WRITE, &tables.raw, lines));
                if !touched.contains(&tables.raw.as_str()) {
                    touched.push(&tables.raw);
                }
            }
        }
        let reports = report_lines(&self.tables.reports, newest(&numbered));
        puts.push(self.put(WRITE, &self.tables.reports, reports));
        let events = event_batches(of_rows(&numbered), state.raw_floor);
        for (table, events) in events {
            let name = self.tables.event(table);
            puts.push(self.put(WRITE, name, event_lines(name, events)));
            if !touched.contains(&name) {
                touched.push(name);
            }
        }
        try_join_all(puts).await?;
        let now = self.options.clock.now().plus(CLOCKS_DIFFER);
        let marks = marks(&batches, now, i64::from(rand::random::<u32>()));
        if !marks.is_empty() {
            let lines = mark_lines(&self.tables.late, marks, false);
            self.put(WRITE, &self.tables.late, lines).await?;
            touched.push(&self.tables.late);
        }
        Ok(touched)
    }

    /// Stores events that belong to no report, readable once it returns.
    pub async fn write_events(&self, events: Vec<Event>) -> Result<(), SeriesError> {
        let state = self.prepare(WRITE).await?;
        let mut numbered = Vec::with_capacity(events.len());
        for event in events {
            let born = check_place(event.server, event.row.at)?;
            let number = state.number(event.server, born);
            numbered.push(NumberedEvent { number, event });
        }
        let mut touched = Vec::new();
        let mut puts = Vec::new();
        for (table, events) in event_batches(numbered, state.raw_floor) {
            let name = self.tables.event(table);
            puts.push(self.put(WRITE, name, event_lines(name, events)));
            if !touched.contains(&name) {
                touched.push(name);
            }
        }
        try_join_all(puts).await?;
        self.applied(WRITE, &touched).await
    }

    /// Stores rows, readable once it returns.
    pub async fn write(&self, rows: Vec<SeriesRow>) -> Result<(), SeriesError> {
        let touched = self.accept(rows).await?;
        self.applied(WRITE, &touched).await
    }

    /// Has rows accepted and notes the position.
    pub async fn write_at(
        &self,
        rows: Vec<SeriesRow>,
        partition: PartitionId,
        position: Position,
    ) -> Result<(), SeriesError> {
        let written = self.try_write_at(rows, partition, position).await;
        if written.is_err() {
            self.positions.lock().forget(partition);
        }
        written
    }

    async fn try_write_at(
        &self,
        rows: Vec<SeriesRow>,
        partition: PartitionId,
        position: Position,
    ) -> Result<(), SeriesError> {
        let settle = self.settle(WRITE).await?;
        if self.positions.lock().is_unaware(partition) {
            return Err(unavailable(
                WRITE,
                &"the server was started again: read on after the stored position",
            ));
        }
        self.accept(rows).await?;
        let settled = self.positions.lock().note(partition, position, settle);
        if let Some(settled) = settled {
            let value = (name(partition), to_text(settled));
            let lines = state_lines(&self.tables.state, vec![value]);
            self.put(WRITE, &self.tables.state, lines).await?;
        }
        Ok(())
    }

    /// The last position noted here, or the one stored.
    pub async fn position(&self, partition: PartitionId) -> Result<Option<Position>, SeriesError> {
        const POSITION: &str = "position";
        self.prepare_anew(POSITION).await?;
        let settle = self.settle(POSITION).await?;
        let noted = {
            let mut positions = self.positions.lock();
            positions.told(partition);
            positions.noted(partition, settle)
        };
        if noted.is_some() {
            return Ok(noted);
        }
        // Else what was stored a moment ago, perhaps by the partition's last owner, is read again for nothing.
        self.applied(POSITION, &[&self.tables.state]).await?;
        let sql = format!(
            "SELECT value FROM \"{}\" WHERE name = {}",
            self.tables.state,
            quoted(&name(partition))
        );
        let answer = self.read(POSITION, &sql).await?;
        let rows = answer.rows(POSITION)?;
        let value = rows.first().and_then(|row| cell(row, 0).text());
        Ok(value.as_deref().and_then(from_text))
    }
}

//! Writing events, and dropping a server's.

use super::super::keys::day_of;
use super::super::store::{Failure, Store};
use super::keys::{BY_SERVER, key, lookup, place, place_of, rows};
use super::{cells, read};
use crate::series::Event;
use fjall::{OwnedWriteBatch, PersistMode, Readable};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::EventTable;
use std::collections::BTreeMap;

/// Rows removed in one batch.
const CHUNK: usize = 1_024;

/// Events on their way into a batch of the database: each key once, the last of several wins.
#[derive(Debug, Default)]
pub struct EventBatch {
    /// Time, key and bytes, by day and key.
    puts: BTreeMap<(i64, Vec<u8>), (UnixMs, Vec<u8>)>,
}

impl EventBatch {
    /// Takes an event.
    pub fn add(&mut self, event: &Event) {
        let (row, at) = (&event.row, event.row.at);
        let mut put = |key: Vec<u8>, bytes: Vec<u8>| {
            self.puts.insert((day_of(at), key), (at, bytes));
        };
        let mut bytes = Vec::with_capacity(160);
        for cell in &row.values {
            cells::put(&mut bytes, cell.as_ref());
        }
        let place = place(event.cursor());
        put(key(&rows(row.table), place), bytes);
        let by_server = lookup(row.table, BY_SERVER, u64::from(event.server.0));
        put(key(&by_server, place), Vec::new());
        for found_by in row.table.lookups() {
            let of = row.table.place(found_by.column);
            let (Some(of), Some(value)) = (of, row.get(found_by.column)) else {
                continue;
            };
            let mut carried = Vec::with_capacity(16);
            for column in found_by.carries {
                cells::put(&mut carried, row.get(column));
            }
            let prefix = lookup(row.table, found_by.code, row.table.hash(of, value));
            put(key(&prefix, place), carried);
        }
    }

    /// Puts what is still kept into a batch.
    pub fn fill(
        self,
        store: &Store,
        batch: &mut OwnedWriteBatch,
        raw_floor: UnixMs,
    ) -> Result<(), Failure> {
        let mut open = None;
        for ((day, key), (at, bytes)) in self.puts {
            if at < raw_floor {
                continue;
            }
            let keyspace = match &open {
                Some((known, keyspace)) if *known == day => keyspace,
                _ => &open.insert((day, store.event_day(day)?)).1,
            };
            batch.insert(keyspace, key, bytes);
        }
        Ok(())
    }
}

impl Store {
    /// Stores events that belong to no report, durably.
    pub fn write_events(&self, events: &[Event]) -> Result<(), Failure> {
        let mut puts = EventBatch::default();
        for event in events {
            puts.add(event);
        }
        let state = self.state.lock();
        let mut batch = self.db.batch().durability(Some(PersistMode::SyncData));
        puts.fill(self, &mut batch, state.raw_floor)?;
        Ok(batch.commit()?)
    }

    /// Removes the events of a server that are there now.
    pub fn forget_events(&self, server: ServerId) -> Result<(), Failure> {
        let view = self.event_view();
        for keyspace in view.days.values() {
            let mut batch = self.db.batch();
            for table in EventTable::ALL.iter().copied() {
                let of_server = lookup(table, BY_SERVER, u64::from(server.0));
                for found in view.at.prefix(keyspace, &of_server) {
                    let found = found.key()?;
                    let Some(place) = place_of(&found) else {
                        continue;
                    };
                    let row_key = key(&rows(table), place);
                    if let Some(bytes) = view.at.get(keyspace, &row_key)? {
                        let row = read::row(table, place, &bytes)?;
                        for by in table.lookups() {
                            let of = table.place(by.column);
                            if let (Some(of), Some(value)) = (of, row.get(by.column)) {
                                let prefix = lookup(table, by.code, table.hash(of, value));
                                batch.remove(keyspace, key(&prefix, place));
                            }
                        }
                    }
                    batch.remove(keyspace, row_key);
                    batch.remove(keyspace, found);
                    if batch.len() >= CHUNK {
                        let full = std::mem::replace(&mut batch, self.db.batch());
                        full.durability(Some(PersistMode::Buffer)).commit()?;
                    }
                }
            }
            batch.durability(Some(PersistMode::SyncData)).commit()?;
        }
        Ok(())
    }
}

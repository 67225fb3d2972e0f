//! Dropping what is too old, and servers that are gone.

use super::Retention;
use super::keys::{day_of, day_start, row_key, split_late_key, subject_key};
use super::rollup::Servers;
use super::store::{Failure, Store};
use fjall::{Keyspace, PersistMode, Readable};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::Kind;
use std::ops::Range;

/// Keys removed in one batch.
const CHUNK: usize = 4096;

impl Store {
    /// Drops raw days, days of events and hourly rows older than kept. Raw days are rolled up once more before they go, so nothing
    /// is lost if the hourly job never ran.
    pub fn retain(&self, now: UnixMs, retention: Retention) -> Result<u64, Failure> {
        let floor = day_start(day_of(now.minus(retention.raw)));
        let oldest = self.view().days.keys().next().copied();
        if let Some(oldest) = oldest.filter(|day| day_start(*day) < floor) {
            self.roll_up(day_start(oldest), floor)?;
        }
        self.advance_raw_floor(floor)?;
        let mut dropped = self.drop_days_before(floor)?;
        let hourly_floor = day_start(day_of(now.minus(retention.hourly)));
        for kind in Kind::ALL {
            let mut servers = Servers::new(*kind, (UnixMs(i64::MIN), hourly_floor));
            loop {
                let chunk = servers.next_chunk(&self.view(), &self.hourly)?;
                if chunk.is_empty() {
                    break;
                }
                for server in chunk {
                    let oldest = row_key(*kind, server, UnixMs(i64::MIN));
                    let keys = oldest..row_key(*kind, server, hourly_floor);
                    dropped += self.remove(&self.hourly, keys)?;
                }
            }
        }
        Ok(dropped)
    }

    /// Drops everything of one server.
    pub fn forget(&self, server: ServerId) -> Result<(), Failure> {
        let _rolling = self.rolling.lock();
        let view = self.view();
        for kind in Kind::ALL {
            let keys = || {
                let last = row_key(*kind, server, UnixMs(i64::MAX));
                row_key(*kind, server, UnixMs(i64::MIN))..last
            };
            for keyspace in view.days.values().chain([&self.hourly]) {
                self.remove(keyspace, keys())?;
            }
        }
        self.forget_events(server)?;
        let mut state = self.state.lock();
        let mut batch = self.db.batch().durability(Some(PersistMode::SyncData));
        for kind in Kind::ALL {
            batch.remove(&self.latest, subject_key(*kind, server));
            state.newest.remove(&(kind.code(), server));
        }
        for mark in view.at.iter(&self.late) {
            let key = mark.key()?;
            if split_late_key(&key).is_some_and(|(_, _, of)| of == server) {
                batch.remove(&self.late, key);
            }
        }
        Ok(batch.commit()?)
    }

    /// Removes the keys of a range that are there now; returns how many.
    fn remove(&self, keyspace: &Keyspace, keys: Range<[u8; 13]>) -> Result<u64, Failure> {
        let view = self.db.snapshot();
        let mut batch = self.db.batch();
        let mut removed = 0;
        for row in view.range(keyspace, keys) {
            batch.remove(keyspace, row.key()?);
            removed += 1;
            if batch.len() == CHUNK {
                let full = std::mem::replace(&mut batch, self.db.batch());
                full.durability(Some(PersistMode::Buffer)).commit()?;
            }
        }
        batch.durability(Some(PersistMode::Buffer)).commit()?;
        Ok(removed)
    }
}

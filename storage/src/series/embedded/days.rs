//! One keyspace a day: dropping a day drops its files.

use super::keys::{day_of, day_start};
use super::store::Failure;
use fjall::{Database, Keyspace, KeyspaceCreateOptions};
use noc_pipeline::clock::UnixMs;
use parking_lot::RwLock;
use std::collections::BTreeMap;

/// The keyspaces of some days.
pub struct Days {
    /// Their names are this and the day's number.
    prefix: &'static str,
    options: fn() -> KeyspaceCreateOptions,
    of: RwLock<BTreeMap<i64, Keyspace>>,
}

impl Days {
    /// Opens those that are there.
    pub fn open(
        db: &Database,
        prefix: &'static str,
        options: fn() -> KeyspaceCreateOptions,
    ) -> Result<Self, Failure> {
        let mut of = BTreeMap::new();
        for name in db.list_keyspace_names() {
            let day = name.strip_prefix(prefix).and_then(|day| day.parse().ok());
            if let Some(day) = day {
                of.insert(day, db.keyspace(&name, options)?);
            }
        }
        Ok(Self {
            prefix,
            options,
            of: RwLock::new(of),
        })
    }

    /// The keyspace of a day; made at the first row.
    pub fn get(&self, db: &Database, day: i64) -> Result<Keyspace, Failure> {
        if let Some(keyspace) = self.of.read().get(&day) {
            return Ok(keyspace.clone());
        }
        let mut of = self.of.write();
        let keyspace = db.keyspace(&format!("{}{day}", self.prefix), self.options)?;
        of.insert(day, keyspace.clone());
        Ok(keyspace)
    }

    /// All of them, by day.
    pub fn all(&self) -> BTreeMap<i64, Keyspace> {
        self.of.read().clone()
    }

    /// Drops days that end at or before `floor`, with their files. Returns about how many keys that were.
    pub fn drop_before(&self, db: &Database, floor: UnixMs) -> Result<u64, Failure> {
        let mut dropped = 0;
        loop {
            let first = self.of.read().first_key_value().map(|(day, _)| *day);
            let Some(day) = first.filter(|day| day_start(*day) < floor && *day < day_of(floor))
            else {
                return Ok(dropped);
            };
            let Some(keyspace) = self.of.write().remove(&day) else {
                return Ok(dropped);
            };
            dropped += keyspace.approximate_len() as u64;
            db.delete_keyspace(keyspace)?;
        }
    }
}

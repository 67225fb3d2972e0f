//! What is collected for the servers before it is handed out.

use crate::server_actor::evaluate::Item;
use noc_pipeline::id::{Offset, ServerId};
use noc_pipeline::record::Entry;
use std::collections::HashMap;

/// What is collected for the servers, in the order they first appear.
#[derive(Default)]
pub(super) struct Work {
    pub servers: Vec<(ServerId, Vec<Item>)>,
    place: HashMap<ServerId, usize>,
    /// The records, each once and in order, should one have to be set aside.
    entries: Vec<Entry>,
}

impl Work {
    pub fn push(&mut self, server: ServerId, item: Item, entry: &Entry) {
        let place = *self.place.entry(server).or_insert(self.servers.len());
        match self.servers.get_mut(place) {
            Some((_, items)) => items.push(item),
            None => self.servers.push((server, vec![item])),
        }
        if self.entries.last().map(|last| last.offset) != Some(entry.offset) {
            self.entries.push(entry.clone());
        }
    }

    /// The record at `offset`.
    pub fn entry(&self, offset: Offset) -> Option<&Entry> {
        let place = self
            .entries
            .binary_search_by_key(&offset, |entry| entry.offset)
            .ok()?;
        self.entries.get(place)
    }
}

//! Reading events, newest first, day by day.

use super::super::keys::day_of;
use super::super::store::{Failure, Store, View};
use super::cells;
use super::keys::{BY_SERVER, Place, cursor, floor, key, lookup, place, place_of, rows};
use crate::series::events::{Checked, check_events};
use crate::series::{Event, EventPage, EventQuery, EventTest, SeriesError};
use fjall::{Guard, Keyspace, Readable};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::{EventRow, EventTable};
use std::collections::{BinaryHeap, HashSet};

/// Rows looked at for one page; then it ends as it is.
const MAX_LOOKED_AT: usize = 100_000;

/// Servers whose lists are merged; of more, all rows are looked at.
const MAX_MERGED: usize = 64;

/// What leads to the rows.
#[derive(Debug)]
pub enum Lead {
    /// All rows of the time.
    Time,
    /// Those of some values of a lookup.
    Values {
        /// Its code.
        lookup: u8,
        /// Hashes of the values.
        hashes: Vec<u64>,
    },
}

impl Lead {
    /// The one that leads to the fewest rows, as far as can be told.
    pub fn of(table: EventTable, asked: &Checked) -> Self {
        let mut values = asked.conditions.iter().filter_map(|condition| {
            let ([place], EventTest::OneOf(values)) = (&condition.places[..], &condition.test)
            else {
                return None;
            };
            let lookup = table.lookup(table.columns().get(*place)?.name)?;
            let hashes: HashSet<u64> = values.iter().map(|v| table.hash(*place, v)).collect();
            Some(Self::Values {
                lookup: lookup.code,
                hashes: hashes.into_iter().collect(),
            })
        });
        if let Some(lead) = values.next() {
            return lead;
        }
        match &asked.servers {
            Some(servers) if servers.len() <= MAX_MERGED => Self::Values {
                lookup: BY_SERVER,
                hashes: servers.iter().map(|server| u64::from(server.0)).collect(),
            },
            _ => Self::Time,
        }
    }

    /// What the keys begin with that lead there.
    pub fn prefixes(&self, table: EventTable) -> Vec<Vec<u8>> {
        match self {
            Self::Time => vec![rows(table)],
            Self::Values { lookup: of, hashes } => {
                let hashes = hashes.iter();
                hashes.map(|hash| lookup(table, *of, *hash)).collect()
            }
        }
    }
}

/// An event row out of its bytes.
pub fn row(table: EventTable, place: Place, bytes: &[u8]) -> Result<EventRow, Failure> {
    let values = cells::read(bytes).map_err(|bad| damaged(table, place, bad.0))?;
    Ok(EventRow {
        table,
        at: cursor(place).at,
        values,
    })
}

/// Says which event cannot be read.
pub fn damaged(table: EventTable, place: Place, reason: &'static str) -> Failure {
    Failure::Series(SeriesError::Damaged {
        kind: table.name().to_owned(),
        key: hex::encode(place),
        reason,
    })
}

/// Keys of several prefixes with their values, by place, the newest first.
struct Merged<I> {
    streams: Vec<I>,
    heads: BinaryHeap<(Place, usize)>,
    bytes: Vec<Option<fjall::Slice>>,
}

impl<I: Iterator<Item = Guard>> Merged<I> {
    fn new(streams: Vec<I>) -> Result<Self, Failure> {
        let mut merged = Self {
            bytes: vec![None; streams.len()],
            heads: BinaryHeap::with_capacity(streams.len()),
            streams,
        };
        for nth in 0..merged.streams.len() {
            merged.advance(nth)?;
        }
        Ok(merged)
    }

    fn advance(&mut self, nth: usize) -> Result<(), Failure> {
        let next = self.streams.get_mut(nth).and_then(Iterator::next);
        let Some(next) = next else { return Ok(()) };
        let (key, bytes) = next.into_inner()?;
        if let (Some(place), Some(slot)) = (place_of(&key), self.bytes.get_mut(nth)) {
            *slot = Some(bytes);
            self.heads.push((place, nth));
        }
        Ok(())
    }

    fn next(&mut self) -> Result<Option<(Place, fjall::Slice)>, Failure> {
        let Some((place, nth)) = self.heads.pop() else {
            return Ok(None);
        };
        let bytes = self.bytes.get_mut(nth).and_then(Option::take);
        self.advance(nth)?;
        Ok(bytes.map(|bytes| (place, bytes)))
    }
}

impl View {
    /// Days that hold events of a span, with the part of it that is kept.
    pub fn event_days(
        &self,
        (from, to): (UnixMs, UnixMs),
    ) -> (UnixMs, impl DoubleEndedIterator<Item = &Keyspace>) {
        let from = from.max(self.raw_floor);
        let last = day_of(UnixMs(to.0.saturating_sub(1)));
        let days = (from < to).then(|| self.days.range(day_of(from)..=last));
        (
            from,
            days.into_iter().flatten().map(|(_, keyspace)| keyspace),
        )
    }
}

impl Store {
    /// Events, newest first.
    pub fn read_events(&self, query: &EventQuery) -> Result<EventPage, Failure> {
        let asked = check_events(query)?;
        let table = query.table;
        let lead = Lead::of(table, &asked);
        let view = self.event_view();
        let mut end = floor(query.to);
        let mut to = query.to;
        if let Some(after) = query.after {
            end = end.min(place(after));
            to = to.min(UnixMs(after.at.0.saturating_add(1)));
        }
        let mut page = EventPage {
            events: Vec::new(),
            next: None,
        };
        let mut looked_at = 0;
        let (from, days) = view.event_days((query.from, to));
        for day in days.rev() {
            let prefixes = lead.prefixes(table).into_iter();
            let streams = prefixes.map(|prefix| {
                let keys = key(&prefix, floor(from))..key(&prefix, end);
                view.at.range(day, keys).rev()
            });
            let mut merged = Merged::new(streams.collect())?;
            while let Some((at, bytes)) = merged.next()? {
                if page.events.len() == query.limit || looked_at == MAX_LOOKED_AT {
                    return Ok(page);
                }
                looked_at += 1;
                page.next = Some(cursor(at));
                let server = cursor(at).server;
                if asked.servers.as_ref().is_some_and(|s| !s.contains(&server)) {
                    continue;
                }
                let bytes = match lead {
                    Lead::Time => Some(bytes),
                    Lead::Values { .. } => view.at.get(day, key(&rows(table), at))?,
                };
                let Some(bytes) = bytes else { continue };
                let row = row(table, at, &bytes)?;
                let holds = |place: usize| row.values.get(place).and_then(Option::as_ref);
                if asked.conditions.iter().all(|c| c.holds(holds)) {
                    page.events.push(Event { server, row });
                }
            }
        }
        page.next = None;
        Ok(page)
    }
}

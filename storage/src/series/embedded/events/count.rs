//! Counting events by what they say.
//!
//! A count by a looked-up column, of all servers, reads that lookup and not the rows: its keys stand together by value,
//! so most of them are counted without looking anything up, and only the groups given back are read in full.

use super::super::store::{Failure, Store, View};
use super::cells;
use super::keys::{Place, cursor, floor, hash_of, key, lookups, place_of, rows};
use super::read::{Lead, damaged, row};
use crate::series::events::{CheckedCount, check_count, compare};
use crate::series::{CountOrder, EventCount, EventGroup, SeriesError};
use fjall::{Keyspace, Readable};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::EventValue;
use noc_pipeline::payload::events::Lookup;
use std::collections::{HashMap, HashSet};

/// Most rows counted at once.
const MAX_COUNTED: usize = 5_000_000;

/// Most groups kept while counting.
const MAX_KEPT: usize = 500_000;

/// What tells groups apart: the server, and the cells as bytes. The looked-up column stands as its hash.
type GroupKey = (Option<ServerId>, Vec<u8>);

/// Rows of one sort, so far.
struct Group {
    by: Vec<Option<EventValue>>,
    count: u64,
    sums: Vec<f64>,
    servers: HashSet<ServerId>,
    last_server: Option<ServerId>,
    newest: Vec<Option<(UnixMs, EventValue)>>,
    /// The newest row, for what a lookup does not tell, and the place of its day.
    last: (Place, usize),
}

/// The lookup that a count reads in place of rows, and at what place in it each column stands.
#[derive(Clone, Copy)]
struct Index {
    lookup: &'static Lookup,
    /// Place of the looked-up column.
    column: usize,
}

/// One row, as far as it is known.
enum Cells {
    Row(Vec<Option<EventValue>>),
    Carried(Index, Vec<Option<EventValue>>),
}

impl Cells {
    fn get(&self, place: usize, columns: &Columns) -> Option<&EventValue> {
        match self {
            Self::Row(cells) => cells.get(place)?.as_ref(),
            Self::Carried(_, cells) => cells.get((*columns.carried.get(place)?)?)?.as_ref(),
        }
    }
}

/// Where each column of the table stands among the carried ones.
struct Columns {
    carried: Vec<Option<usize>>,
}

impl Index {
    /// The lookup from which all of a count can be answered.
    fn of(count: &EventCount, asked: &CheckedCount) -> Option<(Self, Columns)> {
        let table = count.table;
        table.lookups().iter().find_map(|lookup| {
            let column = table.place(lookup.column)?;
            let carried: Vec<Option<usize>> = table
                .columns()
                .iter()
                .map(|column| lookup.carries.iter().position(|c| *c == column.name))
                .collect();
            let is_carried = |place: &usize| carried.get(*place).is_some_and(Option::is_some);
            let tested = asked.of.conditions.iter().flat_map(|c| &c.places);
            let mut read = tested.chain(&asked.sums).chain(&asked.newest);
            let mut by = asked.by.iter();
            let fits = asked.by.contains(&column)
                && by.all(|place| *place == column || is_carried(place))
                && read.all(is_carried);
            fits.then_some((Self { lookup, column }, Columns { carried }))
        })
    }
}

struct Counting<'c> {
    asked: &'c CheckedCount,
    by_server: bool,
    columns: Columns,
    groups: HashMap<GroupKey, Group>,
    /// The group of the last row, kept apart: the next one mostly is of it, too.
    current: Option<(GroupKey, Group)>,
    counted: usize,
}

impl Counting<'_> {
    /// Counts a row if it is asked for; `hash` stands for the looked-up column.
    fn take(&mut self, place: Place, day: usize, cells: &Cells, hash: u64) -> Result<(), Failure> {
        let at = cursor(place);
        let asked = self.asked;
        if asked
            .of
            .servers
            .as_ref()
            .is_some_and(|s| !s.contains(&at.server))
        {
            return Ok(());
        }
        let columns = &self.columns;
        let cell = |place: usize| cells.get(place, columns);
        if !asked.of.conditions.iter().all(|c| c.holds(cell)) {
            return Ok(());
        }
        let mut bytes = Vec::with_capacity(24);
        for place in &asked.by {
            match cells {
                Cells::Carried(index, _) if *place == index.column => {
                    bytes.extend_from_slice(&hash.to_be_bytes());
                }
                _ => cells::put(&mut bytes, cell(*place)),
            }
        }
        let group_key = (self.by_server.then_some(at.server), bytes);
        if self
            .current
            .as_ref()
            .is_none_or(|(key, _)| *key != group_key)
        {
            if let Some((key, group)) = self.current.take() {
                self.groups.insert(key, group);
            }
            if self.groups.len() >= MAX_KEPT {
                return Err(too_many("different ones", MAX_KEPT));
            }
            let known = self.groups.remove(&group_key);
            let fresh = || Group {
                by: asked.by.iter().map(|place| cell(*place).cloned()).collect(),
                count: 0,
                sums: vec![0.0; asked.sums.len()],
                servers: HashSet::new(),
                last_server: None,
                newest: vec![None; asked.newest.len()],
                last: (place, day),
            };
            self.current = Some((group_key, known.unwrap_or_else(fresh)));
        }
        let Some((_, group)) = &mut self.current else {
            return Ok(());
        };
        group.count += 1;
        if group.last_server != Some(at.server) {
            group.servers.insert(at.server);
            group.last_server = Some(at.server);
        }
        for (sum, of) in group.sums.iter_mut().zip(&asked.sums) {
            *sum += cell(*of).and_then(EventValue::as_number).unwrap_or(0.0);
        }
        for (newest, of) in group.newest.iter_mut().zip(&asked.newest) {
            let older = newest.as_ref().is_none_or(|(known, _)| *known <= at.at);
            if let (true, Some(cell)) = (older, cell(*of)) {
                *newest = Some((at.at, cell.clone()));
            }
        }
        group.last = group.last.max((place, day));
        Ok(())
    }

    fn looked_at(&mut self) -> Result<(), Failure> {
        self.counted += 1;
        if self.counted > MAX_COUNTED {
            return Err(too_many("rows", MAX_COUNTED));
        }
        Ok(())
    }

    fn finish(mut self) -> Vec<Group> {
        if let Some((key, group)) = self.current.take() {
            self.groups.insert(key, group);
        }
        self.groups.into_values().collect()
    }
}

fn too_many(what: &'static str, most: usize) -> Failure {
    Failure::Series(SeriesError::TooManyToCount { what, most })
}

impl Store {
    /// How many events there are of each sort.
    pub fn count_events(&self, count: &EventCount) -> Result<Vec<EventGroup>, Failure> {
        let asked = check_count(count)?;
        let view = self.event_view();
        let (from, days) = view.event_days((count.from, count.to));
        let days: Vec<&Keyspace> = days.collect();
        let lead = Lead::of(count.table, &asked.of);
        let index = match lead {
            Lead::Time => Index::of(count, &asked),
            Lead::Values { .. } => None,
        };
        let (index, columns) = index.map_or_else(
            || {
                (
                    None,
                    Columns {
                        carried: Vec::new(),
                    },
                )
            },
            |(index, columns)| (Some(index), columns),
        );
        let mut counting = Counting {
            asked: &asked,
            by_server: count.by_server,
            columns,
            groups: HashMap::new(),
            current: None,
            counted: 0,
        };
        let span = (floor(from), floor(count.to));
        for (nth, day) in days.iter().enumerate() {
            match index {
                Some(index) => count_lookup(&view, day, nth, count, index, span, &mut counting)?,
                None => count_rows(&view, day, nth, count, &lead, span, &mut counting)?,
            }
        }
        let groups = counting.finish();
        finish(&view, &days, count, &asked, index, groups)
    }
}

/// Counts the rows that a lead leads to.
fn count_rows(
    view: &View,
    day: &Keyspace,
    nth: usize,
    count: &EventCount,
    lead: &Lead,
    (from, to): (Place, Place),
    counting: &mut Counting<'_>,
) -> Result<(), Failure> {
    let table = count.table;
    for prefix in lead.prefixes(table) {
        for found in view.at.range(day, key(&prefix, from)..key(&prefix, to)) {
            let (found, bytes) = found.into_inner()?;
            let Some(place) = place_of(&found) else {
                continue;
            };
            counting.looked_at()?;
            let bytes = match lead {
                Lead::Time => Some(bytes),
                Lead::Values { .. } => view.at.get(day, key(&rows(table), place))?,
            };
            if let Some(bytes) = bytes {
                let row = row(table, place, &bytes)?;
                counting.take(place, nth, &Cells::Row(row.values), 0)?;
            }
        }
    }
    Ok(())
}

/// Counts the keys of a lookup.
fn count_lookup(
    view: &View,
    day: &Keyspace,
    nth: usize,
    count: &EventCount,
    index: Index,
    (from, to): (Place, Place),
    counting: &mut Counting<'_>,
) -> Result<(), Failure> {
    let prefix = lookups(count.table, index.lookup.code);
    for found in view.at.prefix(day, &prefix) {
        let (found, bytes) = found.into_inner()?;
        let (Some(place), Some(hash)) = (place_of(&found), hash_of(&found)) else {
            continue;
        };
        counting.looked_at()?;
        if place < from || place >= to {
            continue;
        }
        let carried = cells::read(&bytes).map_err(|bad| damaged(count.table, place, bad.0))?;
        counting.take(place, nth, &Cells::Carried(index, carried), hash)?;
    }
    Ok(())
}

/// The groups asked for, in order, with what a lookup did not tell.
fn finish(
    view: &View,
    days: &[&Keyspace],
    count: &EventCount,
    asked: &CheckedCount,
    index: Option<Index>,
    groups: Vec<Group>,
) -> Result<Vec<EventGroup>, Failure> {
    let mut found: Vec<(EventGroup, (Place, usize))> = Vec::with_capacity(groups.len());
    for group in groups {
        let last = cursor(group.last.0);
        let newest = group.newest.into_iter().map(|cell| Some(cell?.1));
        let shown = EventGroup {
            by: group.by,
            server: count.by_server.then_some(last.server),
            count: group.count,
            servers: group.servers.len() as u64,
            sums: group.sums,
            newest: newest.collect(),
            last_at: last.at,
        };
        found.push((shown, group.last));
    }
    let order = (count.order, count.ascending);
    let compare_found =
        |a: &(EventGroup, (Place, usize)), b: &(EventGroup, (Place, usize))| by(order, &a.0, &b.0);
    if found.len() > count.limit {
        // Those beyond the limit need no order among themselves.
        found.select_nth_unstable_by(count.limit, compare_found);
        found.truncate(count.limit);
    }
    if let Some(index) = index {
        for (group, (place, day)) in &mut found {
            let Some(day) = days.get(*day) else { continue };
            let Some(bytes) = view.at.get(day, key(&rows(count.table), *place))? else {
                continue;
            };
            let mut row = row(count.table, *place, &bytes)?;
            let value = row.values.get_mut(index.column).and_then(Option::take);
            let nth = asked.by.iter().position(|place| *place == index.column);
            if let Some(cell) = nth.and_then(|nth| group.by.get_mut(nth)) {
                *cell = value;
            }
        }
    }
    found.sort_by(compare_found);
    Ok(found.into_iter().map(|(group, _)| group).collect())
}

fn by(
    (order, ascending): (CountOrder, bool),
    a: &EventGroup,
    b: &EventGroup,
) -> std::cmp::Ordering {
    compare(a, b, order, ascending)
}

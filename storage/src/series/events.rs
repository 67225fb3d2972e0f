//! Events: rows of text with a time, beside the numbers. What they are is told in `noc_pipeline::payload::events`.
//!
//! Those of a report are written with it, by [`super::SeriesStore::write`]; others by
//! [`super::SeriesStore::write_events`]. A row replaces the one of the same table, server, time and key. Rows are kept as
//! long as raw rows are.

use super::SeriesError;
use super::limits::check_order;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::events::{ColumnType, EventRow, EventTable, EventValue};
use std::cmp::Ordering;
use std::collections::HashSet;
use std::time::Duration;

/// Most rows of one page.
pub const MAX_EVENT_PAGE: usize = 1_000;

/// Most groups of one count that are given back.
pub const MAX_GROUPS: usize = 1_000;

/// Longest span that rows are counted over.
pub const MAX_COUNT_RANGE: Duration = Duration::from_secs(31 * 86_400);

/// Most servers named in one question, so that a statement with all of them and [`MAX_CONDITION_BYTES`] of text fits into
/// the 32 KiB that QuestDB takes.
pub const MAX_NAMED_SERVERS: usize = 1_000;

/// Most conditions of one question.
pub const MAX_CONDITIONS: usize = 8;

/// Most bytes of text in the conditions of one question: quotes count twice, and each value as 8 more. An IPv6 address and
/// the ranges that hold it fit.
pub const MAX_CONDITION_BYTES: usize = 5_500;

/// Most columns that rows are grouped by, summed up, or shown beside a group, of each.
pub const MAX_GROUP_COLUMNS: usize = 4;

/// An event row of a server.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Whose.
    pub server: ServerId,
    /// What happened.
    pub row: EventRow,
}

/// Where a page ended. Rows are in descending order of this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventCursor {
    /// Time of its last row.
    pub at: UnixMs,
    /// Its server.
    pub server: ServerId,
    /// Its key.
    pub key: i64,
}

/// What must hold of a row. A cell that is not known passes no test.
#[derive(Debug, Clone, PartialEq)]
pub struct EventCondition {
    /// Names of columns, 1 to [`MAX_GROUP_COLUMNS`]: one of their cells must pass.
    pub columns: Vec<String>,
    /// What the cell must be.
    pub test: EventTest,
}

/// What a cell must be.
#[derive(Debug, Clone, PartialEq)]
pub enum EventTest {
    /// One of these, exactly. None at all finds nothing.
    OneOf(Vec<EventValue>),
    /// Text that holds this, in any case.
    Contains(String),
    /// Text that begins with this, in the same case.
    StartsWith(String),
}

/// Asks for rows, newest first; rows of the same time by server and key, descending.
#[derive(Debug, Clone)]
pub struct EventQuery {
    /// Of which table.
    pub table: EventTable,
    /// Of these servers; `None`: of all.
    pub servers: Option<Vec<ServerId>>,
    /// First instant, inclusive.
    pub from: UnixMs,
    /// Last instant, exclusive.
    pub to: UnixMs,
    /// All of these must hold.
    pub conditions: Vec<EventCondition>,
    /// At most so many, 1 to [`MAX_EVENT_PAGE`].
    pub limit: usize,
    /// Go on after this, which an earlier page gave.
    pub after: Option<EventCursor>,
}

/// Some rows, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct EventPage {
    /// The rows.
    pub events: Vec<Event>,
    /// Where to go on; `None`: there are no more. A page may end before it is full, even empty, when very many rows were
    /// looked at in vain: then there is a cursor, and going on is up to the caller.
    pub next: Option<EventCursor>,
}

/// Asks how many rows there are of each sort.
#[derive(Debug, Clone)]
pub struct EventCount {
    /// Of which table.
    pub table: EventTable,
    /// Of these servers; `None`: of all.
    pub servers: Option<Vec<ServerId>>,
    /// First instant, inclusive.
    pub from: UnixMs,
    /// Last instant, exclusive.
    pub to: UnixMs,
    /// All of these must hold.
    pub conditions: Vec<EventCondition>,
    /// Rows with the same cells in these columns are a group; with none, and not by server, all rows are one.
    pub by: Vec<String>,
    /// Whether each server's rows are groups of their own.
    pub by_server: bool,
    /// Number columns to be summed up.
    pub sums: Vec<String>,
    /// Columns whose newest known cell is given for each group.
    pub newest: Vec<String>,
    /// Which groups come first.
    pub order: CountOrder,
    /// The other way around: those with the fewest rows, the oldest ... first.
    pub ascending: bool,
    /// At most so many groups, 1 to [`MAX_GROUPS`].
    pub limit: usize,
}

/// Which groups come first. Equals: the one with the newer last row, then by their cells and server, whatever the
/// direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountOrder {
    /// With the most rows.
    Count,
    /// Of the most servers.
    Servers,
    /// With the largest sum, of the column at this place of [`EventCount::sums`].
    Sum(usize),
    /// With the newest row.
    Last,
}

/// Rows of one sort.
#[derive(Debug, Clone, PartialEq)]
pub struct EventGroup {
    /// Their cells, in the order of [`EventCount::by`].
    pub by: Vec<Option<EventValue>>,
    /// Whose, when counted by server.
    pub server: Option<ServerId>,
    /// How many.
    pub count: u64,
    /// Of how many servers.
    pub servers: u64,
    /// In the order of [`EventCount::sums`]; cells that are not known add nothing.
    pub sums: Vec<f64>,
    /// In the order of [`EventCount::newest`]; `None` where no row of the group knows it.
    pub newest: Vec<Option<EventValue>>,
    /// Time of the newest row.
    pub last_at: UnixMs,
}

/// A checked condition: places of the columns, and what one of their cells must be.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    pub places: Vec<usize>,
    pub test: EventTest,
}

impl Condition {
    /// Whether one of a row's cells passes; `cell` gives the cell at a place.
    pub fn holds<'c>(&self, cell: impl Fn(usize) -> Option<&'c EventValue>) -> bool {
        let mut cells = self.places.iter().filter_map(|place| cell(*place));
        cells.any(|cell| self.passes(cell))
    }

    fn passes(&self, cell: &EventValue) -> bool {
        let text = || cell.as_text().unwrap_or_default();
        match &self.test {
            EventTest::OneOf(values) => values.contains(cell),
            EventTest::Contains(part) => text().to_lowercase().contains(&part.to_lowercase()),
            EventTest::StartsWith(start) => text().starts_with(start.as_str()),
        }
    }
}

/// A question whose columns are known to be there.
#[derive(Debug, Clone)]
pub(super) struct Checked {
    pub conditions: Vec<Condition>,
    /// `None`: all servers.
    pub servers: Option<HashSet<ServerId>>,
}

/// What a count asks for, by places.
#[derive(Debug, Clone)]
pub(super) struct CheckedCount {
    pub of: Checked,
    pub by: Vec<usize>,
    pub sums: Vec<usize>,
    pub newest: Vec<usize>,
}

/// Refuses what cannot be asked.
pub(super) fn check_events(query: &EventQuery) -> Result<Checked, SeriesError> {
    check_order(query.from, query.to)?;
    check_limit(query.limit, MAX_EVENT_PAGE)?;
    check(query.table, query.servers.as_deref(), &query.conditions)
}

/// Refuses what cannot be counted.
pub(super) fn check_count(count: &EventCount) -> Result<CheckedCount, SeriesError> {
    super::limits::check_span(count.from, count.to, MAX_COUNT_RANGE)?;
    check_limit(count.limit, MAX_GROUPS)?;
    let places = |columns: &[String]| -> Result<Vec<usize>, SeriesError> {
        if columns.len() > MAX_GROUP_COLUMNS {
            return Err(refused(
                columns.last().map_or("", String::as_str),
                "is a column too many",
            ));
        }
        let columns = columns.iter();
        columns.map(|column| place(count.table, column)).collect()
    };
    let checked = CheckedCount {
        of: check(count.table, count.servers.as_deref(), &count.conditions)?,
        by: places(&count.by)?,
        sums: places(&count.sums)?,
        newest: places(&count.newest)?,
    };
    for (column, place) in count.sums.iter().zip(&checked.sums) {
        if column_type(count.table, *place) != Some(ColumnType::Number) {
            return Err(refused(column, "holds no numbers"));
        }
    }
    match count.order {
        CountOrder::Sum(nth) if nth >= count.sums.len() => {
            Err(refused("order", "names a sum that is not asked for"))
        }
        _ => Ok(checked),
    }
}

fn check(
    table: EventTable,
    servers: Option<&[ServerId]>,
    conditions: &[EventCondition],
) -> Result<Checked, SeriesError> {
    let servers: Option<HashSet<ServerId>> = servers.map(|s| s.iter().copied().collect());
    if servers
        .as_ref()
        .is_some_and(|s| s.len() > MAX_NAMED_SERVERS)
    {
        return Err(refused("server", "is asked for by too many"));
    }
    if conditions.len() > MAX_CONDITIONS {
        return Err(refused("conditions", "are too many"));
    }
    let mut bytes = 0;
    let mut checked = Vec::with_capacity(conditions.len());
    for condition in conditions {
        if !(1..=MAX_GROUP_COLUMNS).contains(&condition.columns.len()) {
            return Err(refused("conditions", "name no column, or too many"));
        }
        let mut places = Vec::with_capacity(condition.columns.len());
        for column in &condition.columns {
            let place = place(table, column)?;
            let (fits, text) = fits(&condition.test, column_type(table, place));
            if !fits {
                return Err(refused(column, "holds nothing of that type"));
            }
            bytes += text;
            if bytes > MAX_CONDITION_BYTES {
                return Err(refused(column, "is compared with too much text"));
            }
            places.push(place);
        }
        checked.push(Condition {
            places,
            test: condition.test.clone(),
        });
    }
    Ok(Checked {
        conditions: checked,
        servers,
    })
}

/// Whether a column of a type can pass a test, and about how many bytes the test takes.
fn fits(test: &EventTest, of: Option<ColumnType>) -> (bool, usize) {
    let weight = |text: &str| text.len() + text.matches('\'').count();
    match test {
        EventTest::OneOf(values) => {
            let text = values.iter().filter_map(EventValue::as_text);
            let bytes = values.len() * 8 + text.map(weight).sum::<usize>();
            let fits = values.iter().all(|value| {
                let finite = value.as_number().is_none_or(f64::is_finite);
                finite && of == Some(value.column_type())
            });
            (fits, bytes)
        }
        EventTest::Contains(part) | EventTest::StartsWith(part) => {
            (of == Some(ColumnType::Text), weight(part))
        }
    }
}

fn place(table: EventTable, column: &str) -> Result<usize, SeriesError> {
    table
        .place(column)
        .ok_or_else(|| SeriesError::NoSuchColumn {
            table: table.name(),
            column: column.to_owned(),
        })
}

fn column_type(table: EventTable, place: usize) -> Option<ColumnType> {
    table.columns().get(place).map(|column| column.column_type)
}

fn check_limit(limit: usize, max: usize) -> Result<(), SeriesError> {
    if (1..=max).contains(&limit) {
        return Ok(());
    }
    Err(SeriesError::InvalidLimit { limit, max })
}

fn refused(column: &str, reason: &'static str) -> SeriesError {
    SeriesError::InvalidCondition {
        column: column.to_owned(),
        reason,
    }
}

impl EventQuery {
    /// The newest rows of a table in `from..to`, of all servers.
    #[must_use]
    pub const fn newest(table: EventTable, from: UnixMs, to: UnixMs) -> Self {
        Self {
            table,
            servers: None,
            from,
            to,
            conditions: Vec::new(),
            limit: 100,
            after: None,
        }
    }
}

impl EventCount {
    /// All rows of a table in `from..to`, as one group.
    #[must_use]
    pub const fn all(table: EventTable, from: UnixMs, to: UnixMs) -> Self {
        Self {
            table,
            servers: None,
            from,
            to,
            conditions: Vec::new(),
            by: Vec::new(),
            by_server: false,
            sums: Vec::new(),
            newest: Vec::new(),
            order: CountOrder::Count,
            ascending: false,
            limit: 100,
        }
    }
}

impl EventCondition {
    /// The cell is one of these.
    #[must_use]
    pub fn one_of<V: Into<EventValue>>(
        column: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        Self {
            columns: vec![column.into()],
            test: EventTest::OneOf(values.into_iter().map(Into::into).collect()),
        }
    }

    /// The cell is this.
    #[must_use]
    pub fn is(column: impl Into<String>, value: impl Into<EventValue>) -> Self {
        Self::one_of(column, [value])
    }

    /// The text holds this, in any case.
    #[must_use]
    pub fn contains(column: impl Into<String>, part: impl Into<String>) -> Self {
        Self {
            columns: vec![column.into()],
            test: EventTest::Contains(part.into()),
        }
    }

    /// Or the cell of this column.
    #[must_use]
    pub fn or_in(mut self, column: impl Into<String>) -> Self {
        self.columns.push(column.into());
        self
    }

    /// The text begins with this.
    #[must_use]
    pub fn starts_with(column: impl Into<String>, start: impl Into<String>) -> Self {
        Self {
            columns: vec![column.into()],
            test: EventTest::StartsWith(start.into()),
        }
    }
}

impl Event {
    /// Its place in the order of rows.
    #[must_use]
    pub fn cursor(&self) -> EventCursor {
        EventCursor {
            at: self.row.at,
            server: self.server,
            key: self.row.key(),
        }
    }
}

/// The order of two groups.
pub(super) fn compare(
    a: &EventGroup,
    b: &EventGroup,
    order: CountOrder,
    ascending: bool,
) -> Ordering {
    let first = match order {
        CountOrder::Count => a.count.cmp(&b.count),
        CountOrder::Servers => a.servers.cmp(&b.servers),
        CountOrder::Sum(nth) => {
            let sum = |group: &EventGroup| group.sums.get(nth).copied().unwrap_or(0.0);
            sum(a).total_cmp(&sum(b))
        }
        CountOrder::Last => a.last_at.cmp(&b.last_at),
    };
    let first = if ascending { first } else { first.reverse() };
    let cells = || a.by.partial_cmp(&b.by).unwrap_or(Ordering::Equal);
    first
        .then(b.last_at.cmp(&a.last_at))
        .then_with(cells)
        .then(a.server.cmp(&b.server))
}

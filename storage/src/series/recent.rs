//! The last rows of several servers at once, as they were measured: what a page of a fleet-wide list derives rates and
//! trends from.

use super::limits::{check_order, field};
use super::{SeriesError, sampler::MAX_CELLS};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::Kind;
use std::collections::HashMap;
use std::time::Duration;

/// Longest span that may be asked for.
pub const MAX_RECENT_RANGE: Duration = Duration::from_secs(25 * 3_600);

/// Most servers that may be asked for: a page of a list.
pub const MAX_RECENT_SERVERS: usize = 200;

/// Asks for raw rows of some servers.
#[derive(Debug, Clone)]
pub struct RecentQuery {
    /// Of which kind.
    pub kind: Kind,
    /// Whose, [`MAX_RECENT_SERVERS`] at most.
    pub servers: Vec<ServerId>,
    /// Fields by name.
    pub fields: Vec<String>,
    /// First instant, inclusive.
    pub from: UnixMs,
    /// Last instant, exclusive; at most [`MAX_RECENT_RANGE`] behind the first.
    pub to: UnixMs,
}

/// The rows of one subject of one server.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Recent {
    /// Mount, domain ...; `None` for kinds about the host itself.
    pub subject: Option<String>,
    /// Times of the rows, ascending.
    pub at: Vec<UnixMs>,
    /// One a field, in the order asked for; each as long as `at`, `None` where nothing was measured.
    pub fields: Vec<Vec<Option<f64>>>,
}

impl Recent {
    /// The values of a field that were measured, with their times, oldest first.
    pub fn points(&self, field: usize) -> impl DoubleEndedIterator<Item = (UnixMs, f64)> + '_ {
        let values = self.fields.get(field).map(Vec::as_slice);
        let values = values.unwrap_or_default().iter();
        let points = self.at.iter().zip(values);
        points.filter_map(|(at, value)| Some((*at, (*value)?)))
    }
}

/// Puts rows together, server by server and subject by subject.
#[derive(Debug)]
pub(super) struct Gather {
    fields: usize,
    cells: usize,
    found: HashMap<ServerId, Vec<Recent>>,
}

impl Gather {
    pub fn new(fields: usize) -> Self {
        Self {
            fields,
            cells: 0,
            found: HashMap::new(),
        }
    }

    /// Adds the next row of a server; those of one server come in ascending order.
    ///
    /// # Errors
    /// [`SeriesError::AnswerTooLarge`] once there are too many of them.
    pub fn add(
        &mut self,
        server: ServerId,
        subject: Option<&str>,
        at: UnixMs,
        values: impl Iterator<Item = Option<f64>>,
    ) -> Result<(), SeriesError> {
        self.cells += self.fields;
        let subjects = self.found.entry(server).or_default();
        if self.cells > MAX_CELLS {
            return Err(SeriesError::AnswerTooLarge {
                columns: subjects.len() * self.fields,
                points: subjects.first().map_or(0, |known| known.at.len()),
            });
        }
        let known = subjects
            .iter_mut()
            .position(|known| known.subject.as_deref() == subject);
        let place = known.unwrap_or(subjects.len());
        if known.is_none() {
            subjects.push(Recent {
                subject: subject.map(str::to_owned),
                at: Vec::new(),
                fields: vec![Vec::new(); self.fields],
            });
        }
        if let Some(recent) = subjects.get_mut(place) {
            recent.at.push(at);
            for (field, value) in recent.fields.iter_mut().zip(values) {
                field.push(value);
            }
        }
        Ok(())
    }

    /// All of it, subjects by name.
    pub fn finish(self) -> HashMap<ServerId, Vec<Recent>> {
        let mut found = self.found;
        for subjects in found.values_mut() {
            subjects.sort_by(|a, b| a.subject.cmp(&b.subject));
        }
        found
    }
}

/// The fields asked for, as positions in [`Kind::metrics`].
pub(super) fn check_recent(query: &RecentQuery) -> Result<Vec<usize>, SeriesError> {
    check_order(query.from, query.to)?;
    let span = query.to.since(query.from);
    if span > MAX_RECENT_RANGE {
        return Err(SeriesError::RangeTooLong {
            days: span.as_secs().div_ceil(86_400),
            max_days: MAX_RECENT_RANGE.as_secs() / 86_400,
        });
    }
    if query.servers.len() > MAX_RECENT_SERVERS {
        return Err(SeriesError::AnswerTooLarge {
            columns: query.servers.len() * query.fields.len(),
            points: 1,
        });
    }
    let names = query.fields.iter();
    names.map(|name| field(query.kind, name)).collect()
}

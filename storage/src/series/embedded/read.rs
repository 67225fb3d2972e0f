//! Reading ranges and top lists: hourly rows where there are any, raw rows where there are not.

use super::codec::read_row;
use super::keys::{HOUR_MS, next_hour, row_key, row_time, split_subject_key};
use super::rollup::summary_at;
use super::store::{Failure, Store, View};
use super::{RangeQuery, Series, Top, TopQuery};
use crate::series::RAW_SPAN;
use crate::series::aggregate::{BySubject, Summary, merge_into};
use crate::series::limits::{check_range, check_top};
use crate::series::sampler::Sampler;
use fjall::{Readable, Slice};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::Kind;

/// Most lines of a top list.
const MAX_TOP: usize = 10_000;

/// An hourly row that stands for the raw rows of its hour.
struct Hour {
    at: UnixMs,
    bytes: Slice,
}

/// One subject of one row: its time, its name, its values by place, and whether those are an hour's.
struct Cells<'a> {
    at: UnixMs,
    subject: Option<&'a str>,
    values: &'a [Option<f64>],
    hourly: bool,
}

impl Cells<'_> {
    fn at_place(&self, place: usize) -> Option<Summary> {
        if self.hourly {
            return summary_at(self.values, place);
        }
        self.values.get(place).copied().flatten().map(Summary::of)
    }
}

impl Store {
    /// Fields of one server over time.
    pub fn range(&self, query: &RangeQuery) -> Result<Series, Failure> {
        let fields = check_range(query)?;
        let (of, span) = ((query.kind, query.server), (query.from, query.to));
        let places = self.places(query.kind, &fields);
        let view = self.view();
        let hours = self.hours(&view, of, span)?;
        let mut sampler = Sampler::new(query.kind, fields, span, query.points, !hours.is_empty());
        let mut current = None;
        walk(&view, of, span, &hours, &mut |cells| {
            if current != Some(cells.at) {
                sampler.start_row(cells.at);
                current = Some(cells.at);
            }
            let values = places.iter().map(|place| cells.at_place(*place));
            Ok(sampler.add(cells.subject, values)?)
        })?;
        Ok(sampler.finish())
    }

    /// The subjects with the largest values.
    pub fn top(&self, query: &TopQuery) -> Result<Vec<Top>, Failure> {
        let field = check_top(query)?;
        let Some(place) = self.places(query.kind, &[field]).first().copied() else {
            return Ok(Vec::new());
        };
        let limit = query.limit.min(MAX_TOP);
        let span = (query.from, query.to);
        let view = self.view();
        let mut top = Vec::new();
        for key in view.at.prefix(&self.latest, [query.kind.code()]) {
            let Some((_, server)) = split_subject_key(&key.key()?) else {
                continue;
            };
            let of = (query.kind, server);
            let hours = self.hours(&view, of, span)?;
            let mut subjects = BySubject::<Option<Summary>>::default();
            walk(&view, of, span, &hours, &mut |cells| {
                if let Some(value) = cells.at_place(place) {
                    merge_into(subjects.entry(cells.subject), &value);
                }
                Ok(())
            })?;
            top.extend(
                subjects
                    .into_sorted()
                    .into_iter()
                    .filter_map(|(subject, value)| {
                        let value = value?.by(query.by);
                        Some(Top {
                            server,
                            subject,
                            value,
                        })
                    }),
            );
            if top.len() > limit * 2 + 1024 {
                keep_largest(&mut top, limit);
            }
        }
        keep_largest(&mut top, limit);
        Ok(top)
    }

    fn places(&self, kind: Kind, fields: &[usize]) -> Vec<usize> {
        self.schema
            .of(kind)
            .map_or_else(Vec::new, |places| places.places(fields))
    }

    /// The hourly rows to be read for a range, ascending.
    ///
    /// Hours count that lie wholly within the range. The last two hours touched are left to raw rows, and so is
    /// everything of a short range; except where raw rows are no longer kept.
    fn hours(
        &self,
        view: &View,
        (kind, server): (Kind, ServerId),
        (from, to): (UnixMs, UnixMs),
    ) -> Result<Vec<Hour>, Failure> {
        let mut end = to.hour().min(view.raw_floor.hour());
        if to.since(from) > RAW_SPAN {
            let last = UnixMs(to.0.saturating_sub(1)).hour();
            end = end.max(UnixMs(last.0.saturating_sub(HOUR_MS)));
        }
        let first = next_hour(from);
        let mut hours = Vec::new();
        if first >= end {
            return Ok(hours);
        }
        let keys = row_key(kind, server, first)..row_key(kind, server, end);
        for row in view.at.range(&self.hourly, keys) {
            let (key, bytes) = row.into_inner()?;
            if let Some(at) = row_time(&key) {
                hours.push(Hour { at, bytes });
            }
        }
        Ok(hours)
    }
}

/// Calls `each` with every subject of every row of `from..to`, oldest first: the hours given, and raw rows between.
fn walk(
    view: &View,
    (kind, server): (Kind, ServerId),
    (from, to): (UnixMs, UnixMs),
    hours: &[Hour],
    each: &mut dyn FnMut(&Cells<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut values = Vec::new();
    let mut cells = |key: &[u8], at, bytes: &[u8], hourly| {
        read_row(bytes, &mut values, |subject, values| {
            each(&Cells {
                at,
                subject,
                values,
                hourly,
            })
        })
        .map_err(|failure: Failure| failure.at(kind, key))
    };
    let mut cursor = from;
    for hour in hours {
        view.raw_rows((kind, server), (cursor, hour.at), &mut |key, bytes| {
            cells(key, row_time(key).unwrap_or_default(), bytes, false)
        })?;
        cells(&row_key(kind, server, hour.at), hour.at, &hour.bytes, true)?;
        cursor = UnixMs(hour.at.0 + HOUR_MS);
    }
    view.raw_rows((kind, server), (cursor, to), &mut |key, bytes| {
        cells(key, row_time(key).unwrap_or_default(), bytes, false)
    })
}

fn keep_largest(top: &mut Vec<Top>, limit: usize) {
    top.sort_by(|a, b| {
        let by_value = b.value.total_cmp(&a.value);
        by_value.then_with(|| (a.server, &a.subject).cmp(&(b.server, &b.subject)))
    });
    top.truncate(limit);
}

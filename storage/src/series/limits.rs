//! What a query may ask for; the same for every back end.

use super::{MAX_POINTS, MAX_RANGE, MAX_TOP_RANGE, RangeQuery, SeriesError, TopQuery};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::Kind;
use std::time::Duration;

const DAY_S: u64 = 86_400;

/// The fields a range asks for, as positions in [`Kind::metrics`], each once, in the order asked for.
///
/// # Errors
/// What [`super::SeriesStore::range`] says about refusals.
pub fn check_range(query: &RangeQuery) -> Result<Vec<usize>, SeriesError> {
    check_span(query.from, query.to, MAX_RANGE)?;
    if !(1..=MAX_POINTS).contains(&query.points) {
        return Err(SeriesError::InvalidPoints {
            points: query.points,
            max: MAX_POINTS,
        });
    }
    if query.fields.is_empty() {
        return Ok((0..query.kind.metrics().len()).collect());
    }
    let mut fields = Vec::with_capacity(query.fields.len());
    for name in &query.fields {
        let field = field(query.kind, name)?;
        if !fields.contains(&field) {
            fields.push(field);
        }
    }
    Ok(fields)
}

/// The field a top list asks for, as position in [`Kind::metrics`].
///
/// # Errors
/// What [`super::SeriesStore::top`] says about refusals.
pub fn check_top(query: &TopQuery) -> Result<usize, SeriesError> {
    check_span(query.from, query.to, MAX_TOP_RANGE)?;
    field(query.kind, &query.field)
}

/// Refuses ranges that end before they begin.
///
/// # Errors
/// [`SeriesError::InvalidRange`].
pub fn check_order(from: UnixMs, to: UnixMs) -> Result<(), SeriesError> {
    if from > to {
        return Err(SeriesError::InvalidRange { from, to });
    }
    Ok(())
}

pub(super) fn check_span(from: UnixMs, to: UnixMs, max: Duration) -> Result<(), SeriesError> {
    check_order(from, to)?;
    let span = to.since(from);
    if span > max {
        return Err(SeriesError::RangeTooLong {
            days: span.as_secs().div_ceil(DAY_S),
            max_days: max.as_secs() / DAY_S,
        });
    }
    Ok(())
}

pub(super) fn field(kind: Kind, name: &str) -> Result<usize, SeriesError> {
    let mut fields = kind.metrics().iter();
    fields
        .position(|spec| spec.field == name)
        .ok_or_else(|| SeriesError::NoSuchField {
            kind,
            field: name.to_owned(),
        })
}

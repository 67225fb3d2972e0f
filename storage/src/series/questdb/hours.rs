//! Which part of a range is read from hourly rows, and which from raw ones.
//!
//! An hour counts as hourly when it was rolled up for all servers and no row came in since; or when its raw rows are
//! no longer kept. The last two hours touched are left to raw rows, and so is everything of a short range.

use super::rest::cell;
use super::sql::{from_micros, within};
use super::state::State;
use super::store::Store;
use super::tables::KindTables;
use crate::series::{RAW_SPAN, SeriesError};
use noc_pipeline::clock::UnixMs;
use std::collections::BTreeSet;

pub const HOUR_MS: i64 = 3_600_000;
pub const DAY_MS: i64 = 86_400_000;

/// From a time up to, and without, another.
pub type Span = (UnixMs, UnixMs);

/// What to read from where, ascending, without overlaps.
#[derive(Debug, PartialEq, Eq)]
pub struct Plan {
    pub hourly: Vec<Span>,
    pub raw: Vec<Span>,
}

/// Start of the first hour that begins at or after a time.
pub fn next_hour(at: UnixMs) -> UnixMs {
    UnixMs(at.0.saturating_add(HOUR_MS - 1)).hour()
}

/// Start of the UTC day that holds a time.
pub fn day(at: UnixMs) -> UnixMs {
    UnixMs(at.0.saturating_sub(at.0.rem_euclid(DAY_MS)))
}

/// A span in pieces that begin and end at whole multiples of `ms`, but for its own ends.
pub fn pieces((from, to): Span, ms: i64) -> impl Iterator<Item = Span> {
    let mut at = from;
    std::iter::from_fn(move || {
        let end = at.0.saturating_sub(at.0.rem_euclid(ms)).saturating_add(ms);
        let piece = (at, UnixMs(end).min(to));
        (at < to).then(|| {
            at = piece.1;
            piece
        })
    })
}

/// The hours that may be read as such: whole ones, but the last two touched.
fn window(state: &State, (from, to): Span) -> Span {
    let mut end = to.hour().min(state.raw_floor.hour());
    if to.since(from) > RAW_SPAN {
        let last = UnixMs(to.0.saturating_sub(1)).hour();
        end = end.max(UnixMs(last.0.saturating_sub(HOUR_MS)));
    }
    (next_hour(from).max(state.hourly_floor), end)
}

/// Puts hours together, and what lies between them.
fn plan(state: &State, (from, to): Span, (first, end): Span, hours: &BTreeSet<UnixMs>) -> Plan {
    let mut hourly: Vec<Span> = Vec::new();
    let mut push = |span: Span| {
        if span.0 >= span.1 {
            return;
        }
        match hourly.last_mut() {
            Some(last) if last.1 == span.0 => last.1 = span.1,
            _ => hourly.push(span),
        }
    };
    push((first, end.min(state.raw_floor)));
    for hour in hours.range(first.max(state.raw_floor)..) {
        if *hour >= end {
            break;
        }
        push((*hour, UnixMs(hour.0 + HOUR_MS)));
    }
    let mut raw = Vec::new();
    let mut cursor = from.max(state.raw_floor);
    for span in &hourly {
        if cursor < span.0 {
            raw.push((cursor, span.0));
        }
        cursor = cursor.max(span.1);
    }
    if cursor < to {
        raw.push((cursor, to));
    }
    Plan { hourly, raw }
}

impl Store {
    /// What to read for one server, or for all of them.
    pub async fn plan(
        &self,
        operation: &'static str,
        state: &State,
        tables: &KindTables,
        number: Option<i32>,
        span: Span,
    ) -> Result<Plan, SeriesError> {
        let (first, end) = window(state, span);
        let mut hours = BTreeSet::new();
        let open = (first.max(state.raw_floor), end);
        if open.0 < open.1 {
            let code = tables.kind.code();
            let of = number.map_or_else(String::new, |number| format!("server = {number} AND"));
            let rolled = format!(
                "SELECT ts::LONG FROM \"{}\" WHERE kind = {code} AND {}",
                self.tables.rolled,
                within(open)
            );
            let late = format!(
                "SELECT DISTINCT ts::LONG FROM \"{}\" WHERE {of} kind = {code} AND NOT done AND {}",
                self.tables.late,
                within(open)
            );
            let (rolled, late) =
                tokio::try_join!(self.times(operation, &rolled), self.times(operation, &late))?;
            hours = &rolled - &late;
        }
        Ok(plan(state, span, (first, end), &hours))
    }

    async fn times(
        &self,
        operation: &'static str,
        sql: &str,
    ) -> Result<BTreeSet<UnixMs>, SeriesError> {
        let answer = self.read(operation, sql).await?;
        let rows = answer.rows(operation)?;
        let times = rows.iter().filter_map(|row| cell(row, 0).whole());
        Ok(times.map(from_micros).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::questdb::state;

    const fn h(hours: i64) -> UnixMs {
        UnixMs(hours * HOUR_MS)
    }

    fn planned(floor: UnixMs, span: Span, rolled: &[i64]) -> Plan {
        let state = State::of([state::raw_floor(floor)].into_iter());
        let hours = rolled.iter().copied().map(h).collect();
        plan(&state, span, window(&state, span), &hours)
    }

    #[test]
    fn hours_are_put_together_and_the_rest_is_raw() {
        let span = (UnixMs(h(1).0 + 5), h(10));
        let plan = planned(h(0), span, &[1, 2, 3, 5, 6, 8, 9]);
        assert_eq!(plan.hourly, [(h(2), h(4)), (h(5), h(7))]);
        assert_eq!(
            plan.raw,
            [(span.0, h(2)), (h(4), h(5)), (h(7), h(10))],
            "a cut hour, one not rolled up, and the last two"
        );
    }

    #[test]
    fn short_ranges_are_raw_unless_nothing_raw_is_kept() {
        let short = (h(4), h(5));
        assert_eq!(planned(h(0), short, &[4]).raw, [short]);
        let plan = planned(h(24), short, &[]);
        assert_eq!((plan.hourly, plan.raw), (vec![short], vec![]));
        let across = planned(h(24), (h(20), h(30)), &[]);
        assert_eq!(across.hourly, [(h(20), h(24))]);
        assert_eq!(across.raw, [(h(24), h(30))]);
    }

    #[test]
    fn pieces_end_at_whole_days() {
        let all: Vec<_> = pieces((h(20), h(50)), DAY_MS).collect();
        assert_eq!(all, [(h(20), h(24)), (h(24), h(48)), (h(48), h(50))]);
        assert_eq!(pieces((h(5), h(5)), DAY_MS).count(), 0);
    }
}

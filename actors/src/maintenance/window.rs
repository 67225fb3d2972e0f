//! When a window is under way: a plain function of what people wrote and the time.
//!
//! * A span is half-open: it begins at its first instant and is over at its end.
//! * A recurrence is wall-clock time in the window's zone. A start or an end that the clock skips is the first instant
//!   after the gap, one that the clock shows twice the first of both. An end that is not after the start lies on the
//!   next day, and the span belongs to the day it starts on.
//! * A recurrence by the day of the month takes the month's last day where the month is shorter; it never drifts.
//! * `starts_at` and `ends_at` bound a recurrence: a span begins at `starts_at` at the earliest and is cut at `ends_at`.

use chrono::{DateTime, Datelike, Days, LocalResult, NaiveDate, NaiveTime, TimeZone, Weekday};
use chrono_tz::Tz;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Scope;
use noc_pipeline::id::ServerId;
use noc_storage::relational::StoreError;
use noc_storage::relational::entity::maintenance_window::Model;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Days looked back for a span that is still under way, and the longest that one may be in days, less one.
const LOOK_BACK_DAYS: u64 = 2;
/// Days looked ahead for the next span: a month and its longest neighbour.
const LOOK_AHEAD_DAYS: u64 = 63;

/// When a window returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "every", rename_all = "snake_case", deny_unknown_fields)]
pub enum Recurrence {
    /// On these days of the week.
    Week {
        /// At least one.
        days: Vec<Weekday>,
        /// From, wall-clock.
        start: NaiveTime,
        /// Until, wall-clock; not after `start`: on the next day.
        end: NaiveTime,
    },
    /// On this day of each month.
    Month {
        /// 1 to 31; the last day where the month is shorter.
        day: u32,
        /// From, wall-clock.
        start: NaiveTime,
        /// Until, wall-clock; not after `start`: on the next day.
        end: NaiveTime,
    },
}

impl Recurrence {
    const fn times(&self) -> (NaiveTime, NaiveTime) {
        match self {
            Self::Week { start, end, .. } | Self::Month { start, end, .. } => (*start, *end),
        }
    }

    fn begins_on(&self, date: NaiveDate) -> bool {
        match self {
            Self::Week { days, .. } => days.contains(&date.weekday()),
            Self::Month { day, .. } => date.day() == (*day).min(last_day(date)),
        }
    }
}

fn last_day(date: NaiveDate) -> u32 {
    u32::from(date.num_days_in_month())
}

/// From the first instant until before the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First instant.
    pub from: UnixMs,
    /// First instant after it; `None`: not before somebody ends it.
    pub until: Option<UnixMs>,
}

impl Span {
    fn covers(&self, at: UnixMs) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }
}

/// A window as far as time and scope go.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// Row of `maintenance_windows`.
    pub id: i64,
    /// Shown.
    pub name: String,
    /// Which servers.
    pub scope: Scope,
    /// Keys of detectors; empty: all.
    pub detectors: Vec<String>,
    /// Of the recurrence.
    pub zone: Tz,
    /// From when on.
    pub starts_at: UnixMs,
    /// Until when.
    pub ends_at: Option<UnixMs>,
    /// When it returns; `None`: one span from `starts_at` to `ends_at`.
    pub recurrence: Option<Recurrence>,
}

impl Window {
    /// Reads a row.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if a column does not hold what was written there.
    pub fn read(row: &Model) -> Result<Self, StoreError> {
        let damaged = |reason: String| StoreError::Damaged {
            what: "maintenance_windows",
            id: row.id.to_string(),
            reason,
        };
        let recurrence = row.recurrence.as_ref().map(Recurrence::deserialize);
        Ok(Self {
            id: row.id,
            name: row.name.clone(),
            scope: Scope::deserialize(&row.scope).map_err(|error| damaged(error.to_string()))?,
            detectors: row.detector_list(),
            zone: row
                .timezone
                .parse()
                .map_err(|_| damaged(format!("{} is no time zone", row.timezone)))?,
            starts_at: row.starts_at.into(),
            ends_at: row.ends_at.map(UnixMs::from),
            recurrence: recurrence
                .transpose()
                .map_err(|error| damaged(error.to_string()))?,
        })
    }

    /// Whether an incident is meant, whenever. What is about the fleet is meant by windows for all servers alone.
    #[must_use]
    pub fn is_about(&self, detector: &str, server: Option<ServerId>, tags: &[String]) -> bool {
        let named = self.detectors.is_empty() || self.detectors.iter().any(|key| key == detector);
        let covered = match server {
            Some(server) => self.scope.covers(server, tags),
            None => self.scope == Scope::All,
        };
        named && covered
    }

    /// The span that is under way.
    #[must_use]
    pub fn under_way(&self, now: UnixMs) -> Option<Span> {
        let Some(recurrence) = &self.recurrence else {
            let span = Span {
                from: self.starts_at,
                until: self.ends_at,
            };
            return Some(span).filter(|span| span.covers(now));
        };
        let today = self.date_of(now)?;
        let days = (0..=LOOK_BACK_DAYS).filter_map(|back| today.checked_sub_days(Days::new(back)));
        days.filter_map(|date| self.span_of(recurrence, date))
            .find(|span| span.covers(now))
    }

    /// The first span that begins after `now`.
    #[must_use]
    pub fn next(&self, now: UnixMs) -> Option<Span> {
        let Some(recurrence) = &self.recurrence else {
            return (self.starts_at > now).then_some(Span {
                from: self.starts_at,
                until: self.ends_at,
            });
        };
        let first = self.date_of(now.max(self.starts_at))?;
        let first = first.checked_sub_days(Days::new(1))?;
        (0..=LOOK_AHEAD_DAYS)
            .filter_map(|ahead| first.checked_add_days(Days::new(ahead)))
            .filter_map(|date| self.span_of(recurrence, date))
            .find(|span| span.from > now)
    }

    fn date_of(&self, at: UnixMs) -> Option<NaiveDate> {
        let at = DateTime::from_timestamp_millis(at.0)?;
        Some(at.with_timezone(&self.zone).date_naive())
    }

    /// The span that begins on a day of the zone, within the window's bounds.
    fn span_of(&self, recurrence: &Recurrence, date: NaiveDate) -> Option<Span> {
        if !recurrence.begins_on(date) {
            return None;
        }
        let (start, end) = recurrence.times();
        let last = if end > start {
            date
        } else {
            date.checked_add_days(Days::new(1))?
        };
        let from = instant(self.zone, date, start)?.max(self.starts_at);
        let until = instant(self.zone, last, end)?;
        let until = self.ends_at.map_or(until, |bound| until.min(bound));
        (from < until).then_some(Span {
            from,
            until: Some(until),
        })
    }
}

/// The instant that a clock in the zone shows: the first of two, and the first one after where it shows none.
fn instant(zone: Tz, date: NaiveDate, time: NaiveTime) -> Option<UnixMs> {
    let wall = date.and_time(time);
    let at = match zone.from_local_datetime(&wall) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at,
        // Clocks jump by whole minutes, by a day at most (an island that changed sides of the date line).
        LocalResult::None => (1..=24 * 60).find_map(|minutes| {
            let later = wall.checked_add_signed(chrono::Duration::minutes(minutes))?;
            zone.from_local_datetime(&later).earliest()
        })?,
    };
    Some(UnixMs(at.timestamp_millis()))
}

/// The longest a one-off window may be, so that a typing error does not silence a fleet for a year.
pub const LONGEST: Duration = Duration::from_secs(31 * 86_400);

#[cfg(test)]
mod tests;

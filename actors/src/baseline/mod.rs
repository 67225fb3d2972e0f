//! What is usual for a server, learned from what it reports. Pure: no clock but the times of the points and of their
//! arrival, so a replay learns the same.
//!
//! | what | learns | remembers |
//! |---|---|---|
//! | [`ring::Ring`] | a count that is told every few minutes | 24 h in buckets of 5 min |
//! | [`hour_of_day::HourOfDay`] | counts of complete hours, by subject | 7 days, and for 30 who was there at all |
//! | [`pattern::Peaks`] | hours that stand out of the usual | 32 days |
//! | [`generic::Baseline`] | any number, for users' rules | hours of 7 days |
//! | [`daily::DailyCounts`] | counts of days, by subject | 32 days |
//! | [`generic`] | any number, for users' rules | a week's hours, and the values just before |
//!
//! Common to all: the newest point has no part in what it is compared with; points of the future or of before 1970 are
//! passed over; the same point again replaces or is passed over and never adds; a subject that is silent for long
//! costs nothing. Subjects are kept as [`id::SubjectId`], counts as [`counts::CountLog`], about a byte each.
//!
//! Every one is compared with a version written for clearness alone, on random histories, in the tests.

pub mod counts;
pub mod daily;
pub mod generic;
pub mod hour_of_day;
pub mod id;
pub mod pattern;
pub mod ring;
pub mod usual;

#[cfg(test)]
mod tests;

use noc_pipeline::clock::UnixMs;
use std::time::Duration;

/// A point may lie so far ahead of its arrival: clocks differ a little.
pub const AHEAD: Duration = Duration::from_secs(300);

/// Hours of a day.
pub const DAY_HOURS: u32 = 24;

const HOUR_MS: i64 = 3_600_000;

/// The hour that holds a time, counted from 1970; `None` before that and beyond what fits.
#[must_use]
pub fn hour_number(at: UnixMs) -> Option<u32> {
    u32::try_from(at.0.div_euclid(HOUR_MS)).ok()
}

/// When an hour begins.
#[must_use]
pub const fn hour_start(hour: u32) -> UnixMs {
    UnixMs(hour as i64 * HOUR_MS)
}

/// Whether an hour can be over, told at `now`.
fn is_over(hour: u32, now: UnixMs) -> bool {
    hour_start(hour.saturating_add(1)) <= now.plus(AHEAD)
}

/// The middle of some numbers, of an even number of them the mean of the middle two; sorts them. `None` of none.
#[must_use]
pub fn median(values: &mut [u32]) -> Option<f64> {
    values.sort_unstable();
    let half = values.len() / 2;
    let upper = f64::from(*values.get(half)?);
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = values.get(half.checked_sub(1)?)?;
    Some(f64::midpoint(f64::from(*lower), upper))
}

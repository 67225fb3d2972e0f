//! Quiet hours: a plain function of what a person wrote and the time.
//!
//! A span is half-open and belongs to the day it starts on: it begins at `start` by the clocks of the person's zone, and
//! is over at the next `end`. An end that is not after the start lies on the next day; equal ends mean that there are
//! none. Where clocks change, a time that they skip is the first instant after, and one that they show twice the first of
//! both, so a span is never missed and spans never overlap.

use crate::oncall::wall_clock::instant;
use chrono::{DateTime, Days, NaiveDate, NaiveTime};
use chrono_tz::Tz;
use noc_pipeline::clock::UnixMs;

/// Minutes of a day.
pub const DAY_MINUTES: u32 = 24 * 60;
/// Days looked back for a span that is still under way: an island may skip one.
const LOOK_BACK_DAYS: u64 = 2;

/// When a person wants to be left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours {
    /// Minute of the day, below [`DAY_MINUTES`].
    pub start: u32,
    /// Minute of the day; equal to `start`: never quiet.
    pub end: u32,
    /// By whose clocks.
    pub zone: Tz,
    /// What is critical waits as well.
    pub block_critical: bool,
}

impl QuietHours {
    /// Whether there are any.
    #[must_use]
    pub const fn is_set(&self) -> bool {
        self.start != self.end
    }

    /// The end of the span that `now` lies in: the first instant that is no longer quiet by it.
    #[must_use]
    pub fn until(&self, now: UnixMs) -> Option<UnixMs> {
        if !self.is_set() {
            return None;
        }
        let today = local_date(self.zone, now)?;
        (0..=LOOK_BACK_DAYS)
            .filter_map(|back| today.checked_sub_days(Days::new(back)))
            .filter_map(|date| self.span_of(date))
            .find(|(from, until)| *from <= now && now < *until)
            .map(|(_, until)| until)
    }

    /// The span that begins on a day.
    fn span_of(&self, date: NaiveDate) -> Option<(UnixMs, UnixMs)> {
        let last = if self.end > self.start {
            date
        } else {
            date.checked_add_days(Days::new(1))?
        };
        let from = at_minute(self.zone, date, self.start)?;
        let until = at_minute(self.zone, last, self.end)?;
        Some((from, until))
    }
}

/// The day that the clocks of a zone show.
pub(super) fn local_date(zone: Tz, at: UnixMs) -> Option<NaiveDate> {
    let at = DateTime::from_timestamp_millis(at.0)?;
    Some(at.with_timezone(&zone).date_naive())
}

/// When the clocks of a zone show a minute of a day.
pub(super) fn at_minute(zone: Tz, date: NaiveDate, minute: u32) -> Option<UnixMs> {
    let time = NaiveTime::from_num_seconds_from_midnight_opt(minute.checked_mul(60)?, 0)?;
    Some(instant(zone, date.and_time(time)))
}

/// `22:00`.
#[must_use]
pub fn clock_time(minute: u32) -> String {
    format!("{:02}:{:02}", minute / 60 % 24, minute % 60)
}

/// Reads `HH:MM`, 00:00 to 23:59.
#[must_use]
pub fn read_clock_time(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let two_digits = |part: &str| part.len() == 2 && part.chars().all(|c| c.is_ascii_digit());
    if !two_digits(hours) || !two_digits(minutes) {
        return None;
    }
    let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

#[cfg(test)]
mod tests;

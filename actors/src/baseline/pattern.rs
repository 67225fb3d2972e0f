//! Hours that stood out, and whether they come again: the newsletter of every Tuesday, the invoices of every month's end.
//!
//! An hour is like a remembered one of the same subject at the same time of the week, or on the same day of the month
//! before (counted from its start or from its end), each with an hour to either side: people are late, and clocks
//! change in spring. A time of the week needs two weeks of the last four, a day of the month the month before.

use super::counts::{CountLog, Entry};
use super::id::SubjectId;
use super::{DAY_HOURS, hour_start};
use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// Hours are remembered for so long: a month and a day.
pub const REMEMBERED: u32 = 32 * DAY_HOURS;
/// Weeks that are looked at.
pub const WEEKS: u32 = 4;
/// Of these weeks so many make a pattern.
pub const RECURRED: usize = 2;
/// So many subjects are remembered of one server, those whose last peak is newest.
pub const MAX_SUBJECTS: usize = 256;
/// So many hours of one subject, the newest.
pub const MAX_HOURS: usize = 48;
const WEEK: u32 = 7 * DAY_HOURS;

/// The remembered hours of one server's subjects. Nothing for those without.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Peaks(Vec<(SubjectId, CountLog)>);

/// A time that came again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recurring {
    /// The largest count of those times.
    pub count: u32,
    /// How many times.
    pub times: u32,
}

impl Peaks {
    /// Remembers an hour; the same hour again replaces.
    pub fn note(&mut self, id: SubjectId, hour: u32, count: u64) {
        let count = u32::try_from(count).unwrap_or(u32::MAX).max(1);
        match self.0.binary_search_by_key(&id, |(id, _)| *id) {
            Ok(at) => {
                if let Some((_, hours)) = self.0.get_mut(at) {
                    hours.set(hour, Entry::Count(count));
                    if hours.iter().count() > MAX_HOURS {
                        let second = hours.iter().nth(1).map(|(at, _)| at);
                        hours.drop_before(second.unwrap_or_default());
                    }
                }
            }
            Err(at) => {
                let mut hours = CountLog::default();
                hours.set(hour, Entry::Count(count));
                self.0.insert(at, (id, hours));
            }
        }
        if self.0.len() > MAX_SUBJECTS {
            let mut last = self.0.iter().map(|(_, hours)| hours.last());
            let oldest = last.by_ref().min();
            let mut all = self.0.iter();
            if let Some(at) = all.position(|(_, hours)| Some(hours.last()) == oldest) {
                self.0.remove(at);
            }
        }
    }

    /// Forgets what is too old at an hour.
    pub fn forget(&mut self, newest: u32) {
        let oldest = newest.saturating_sub(REMEMBERED);
        self.0.retain_mut(|(_, hours)| {
            hours.drop_before(oldest);
            !hours.is_empty()
        });
    }

    /// How many hours of the day before an hour are remembered of a subject.
    #[must_use]
    pub fn of_day_before(&self, id: SubjectId, hour: u32) -> usize {
        let at = self.0.binary_search_by_key(&id, |(id, _)| *id).ok();
        let hours = at.and_then(|at| self.0.get(at)).map(|(_, hours)| hours);
        let within = |at: u32| at < hour && at.saturating_add(DAY_HOURS) > hour;
        hours.map_or(0, |hours| {
            hours.iter().filter(|(at, _)| within(*at)).count()
        })
    }

    /// What was seen of a subject at times that are like this hour; `None` while nothing recurred.
    #[must_use]
    pub fn recurring(&self, id: SubjectId, hour: u32) -> Option<Recurring> {
        let at = self.0.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        let (_, hours) = self.0.get(at)?;
        let largest = |wanted: &dyn Fn(u32) -> bool| {
            let like = hours.iter().filter_map(|(at, entry)| match entry {
                Entry::Count(count) if wanted(at) => Some(count),
                _ => None,
            });
            like.max()
        };
        let weeks = (1..=WEEKS).filter_map(|week| {
            let then = hour.checked_sub(week.saturating_mul(WEEK))?;
            largest(&|at| at.abs_diff(then) <= 1)
        });
        let weeks: Vec<u32> = weeks.collect();
        let weekly = weeks.iter().max().filter(|_| weeks.len() >= RECURRED);
        let monthly = month_before(hour)
            .into_iter()
            .flatten()
            .filter_map(|then| largest(&|at| at.abs_diff(then) <= 1))
            .max();
        let times = weeks.len().max(usize::from(monthly.is_some()));
        Some(Recurring {
            count: weekly.copied().max(monthly)?,
            times: u32::try_from(times).unwrap_or(u32::MAX),
        })
    }
}

/// The same hour on the day of the month before that is as far from its start, and on the one as far from its end.
fn month_before(hour: u32) -> Option<[u32; 2]> {
    let date = hour_start(hour).to_datetime().date_naive();
    let first = date.with_day(1)?;
    let before = first.checked_sub_months(Months::new(1))?;
    let next = first.checked_add_months(Months::new(1))?;
    // A day that the month before does not have is its last one.
    let like_start = date.checked_sub_months(Months::new(1))?;
    let to_end = next.signed_duration_since(date);
    let like_end = first.checked_sub_signed(to_end)?.max(before);
    Some([hour_on(like_start, hour)?, hour_on(like_end, hour)?])
}

fn hour_on(date: NaiveDate, hour: u32) -> Option<u32> {
    let midnight: DateTime<Utc> = date.and_hms_opt(0, 0, 0)?.and_utc();
    super::hour_number(midnight.into())?.checked_add(hour % DAY_HOURS)
}

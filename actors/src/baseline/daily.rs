//! Counts of whole days (UTC) by subject, summed from complete hours.
//!
//! A day counts when it is over and at least [`COVERED_HOURS`] of its hours were told: a day half told is no quiet day.
//! The first count of an hour is the one that is added; told again it is passed over.

use super::counts::{CountLog, Entry};
use super::id::SubjectId;
use super::{DAY_HOURS, is_over};
use noc_pipeline::clock::UnixMs;
use serde::{Deserialize, Serialize};

/// Days kept: 28 to compare with, 3 to be compared, the running one.
pub const DAYS: u32 = 32;
/// A day with fewer hours than this is not known.
pub const COVERED_HOURS: u32 = 20;
/// So many subjects are kept of one server. Beyond, those seen on one day only are forgotten first.
pub const MAX_SUBJECTS: usize = 1_024;

/// Daily counts of the subjects of one server. About 15 bytes a subject, and one to two for each day it had any.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DailyCounts {
    /// Days of which hours were told, ascending, with a bit for each hour.
    told: Vec<(u32, u32)>,
    /// By id.
    subjects: Vec<Subject>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Subject {
    id: SubjectId,
    /// The first day it had any.
    first: u32,
    days: CountLog,
}

impl DailyCounts {
    /// Takes a complete hour that was told at `now`. False for an hour that cannot be over, that was taken before, or of
    /// a day that is not kept any more: it changes nothing.
    pub fn take(
        &mut self,
        hour: u32,
        now: UnixMs,
        counted: impl IntoIterator<Item = (SubjectId, u64)>,
    ) -> bool {
        let day = hour / DAY_HOURS;
        let too_old = |newest: u32| day.saturating_add(DAYS) <= newest;
        if !is_over(hour, now) || self.newest_day().is_some_and(too_old) || !self.tell(hour) {
            return false;
        }
        for (id, count) in counted {
            if count > 0 {
                self.add(id, day, count);
            }
        }
        self.forget();
        true
    }

    fn tell(&mut self, hour: u32) -> bool {
        let (day, bit) = (hour / DAY_HOURS, 1 << (hour % DAY_HOURS));
        let at = match self.told.binary_search_by_key(&day, |(day, _)| *day) {
            Ok(at) => at,
            Err(at) => {
                self.told.insert(at, (day, 0));
                at
            }
        };
        let Some((_, hours)) = self.told.get_mut(at) else {
            return false;
        };
        let is_new = *hours & bit == 0;
        *hours |= bit;
        is_new
    }

    fn add(&mut self, id: SubjectId, day: u32, count: u64) {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let at = match self.subjects.binary_search_by_key(&id, |s| s.id) {
            Ok(at) => at,
            Err(at) => {
                let subject = Subject {
                    id,
                    first: day,
                    days: CountLog::default(),
                };
                self.subjects.insert(at, subject);
                at
            }
        };
        let Some(subject) = self.subjects.get_mut(at) else {
            return;
        };
        subject.first = subject.first.min(day);
        let sum = match subject.days.get(day) {
            Some(Entry::Count(so_far)) => so_far.saturating_add(count),
            Some(Entry::SetAside) => return,
            None => count,
        };
        subject.days.set(day, Entry::Count(sum));
    }

    fn forget(&mut self) {
        let Some(newest) = self.newest_day() else {
            return;
        };
        let oldest = newest.saturating_add(1).saturating_sub(DAYS);
        self.told.retain(|(day, _)| *day >= oldest);
        self.subjects.retain_mut(|subject| {
            subject.days.drop_before(oldest);
            !subject.days.is_empty()
        });
        let Some(over) = self
            .subjects
            .len()
            .checked_sub(MAX_SUBJECTS)
            .filter(|n| *n > 0)
        else {
            return;
        };
        let weight = |s: &Subject| (s.days.first() != s.days.last(), s.days.last(), s.id);
        let mut weights: Vec<_> = self.subjects.iter().map(weight).collect();
        let (_, kept_from, _) = weights.select_nth_unstable(over);
        let kept_from = *kept_from;
        self.subjects.retain(|subject| weight(subject) >= kept_from);
    }

    fn newest_day(&self) -> Option<u32> {
        self.told.last().map(|(day, _)| *day)
    }

    /// Days that are over and known, ascending.
    pub fn known_days(&self) -> impl Iterator<Item = u32> {
        let newest = self.newest_day();
        let known = self.told.iter().filter(move |(day, hours)| {
            let over = Some(*day) != newest || hours >> (DAY_HOURS - 1) & 1 == 1;
            over && hours.count_ones() >= COVERED_HOURS
        });
        known.map(|(day, _)| *day)
    }

    /// The known days of a subject since its first one, ascending, 0 for those without any. Without days that were set
    /// aside. `None` for a subject that is not known.
    #[must_use]
    pub fn days_of(&self, id: SubjectId) -> Option<Vec<(u32, u32)>> {
        let at = self.subjects.binary_search_by_key(&id, |s| s.id).ok()?;
        let subject = self.subjects.get(at)?;
        let mut entries = subject.days.iter().peekable();
        let known = self.known_days().filter(|day| *day >= subject.first);
        let counts = known.filter_map(|day| {
            while entries.next_if(|(at, _)| *at < day).is_some() {}
            match entries.next_if(|(at, _)| *at == day) {
                Some((_, Entry::Count(count))) => Some((day, count)),
                Some((_, Entry::SetAside)) => None,
                None => Some((day, 0)),
            }
        });
        Some(counts.collect())
    }

    /// Days of a subject from `from` on with more than `above` do not count any more: they belonged to a trouble.
    pub fn set_aside(&mut self, id: SubjectId, from: u32, above: f64) {
        if let Some(subject) = self.subject_mut(id) {
            let entries: Vec<_> = subject.days.iter().collect();
            for (day, entry) in entries {
                let much = matches!(entry, Entry::Count(count) if f64::from(count) > above);
                if day >= from && much {
                    subject.days.set(day, Entry::SetAside);
                }
            }
        }
    }

    /// A subject's days before `from` are forgotten, as if it had begun then.
    pub fn begin_anew(&mut self, id: SubjectId, from: u32) {
        if let Some(subject) = self.subject_mut(id) {
            subject.days.drop_before(from);
            subject.first = from;
        }
    }

    fn subject_mut(&mut self, id: SubjectId) -> Option<&mut Subject> {
        let at = self.subjects.binary_search_by_key(&id, |s| s.id).ok()?;
        self.subjects.get_mut(at)
    }

    /// Subjects known.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.subjects.len()
    }

    /// Whether no subject is known.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.subjects.is_empty()
    }
}

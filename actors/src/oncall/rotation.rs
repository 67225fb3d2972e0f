//! Whose turn it is: members follow each other in order, and hand over at a wall-clock time.
//!
//! Turn 0 begins on the day the rotation starts, at its hand-off time, and is the first member's. Turn 1 begins at the
//! first hand-off after that, and so on: of a weekly rotation, the first turn may be shorter than a week. Each turn is
//! placed by its own date and never by adding hours, so no change of clocks moves the next.

use super::wall_clock::instant;
use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Weekday};
use chrono_tz::Tz;
use noc_pipeline::clock::UnixMs;

/// How long a turn is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    /// From one hand-off time to the next.
    Day,
    /// From the hand-off time of one such weekday to that of the next.
    Week(Weekday),
}

/// Whose turn it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// Whose wall clock counts.
    pub zone: Tz,
    /// How long a turn is.
    pub every: Every,
    /// When turns begin and end, by the wall clock.
    pub handoff: NaiveTime,
    /// The local day of the first turn.
    pub starts_on: NaiveDate,
    /// Accounts in the order of their turns. Empty: it is nobody's turn, ever.
    pub members: Vec<i64>,
}

/// One turn, from its hand-off until just before the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// Account.
    pub member: i64,
    /// From then on.
    pub from: UnixMs,
    /// Until just before.
    pub until: UnixMs,
}

impl Rotation {
    /// When turn `number` begins.
    #[must_use]
    pub fn start(&self, number: u32) -> UnixMs {
        let day = self.day(number).unwrap_or(NaiveDate::MAX);
        instant(self.zone, NaiveDateTime::new(day, self.handoff))
    }

    /// The turns that have any time within `from..until`, in order, each whole. A turn whose day a zone leaves out has
    /// no time and is left out with it.
    pub fn turns(&self, from: UnixMs, until: UnixMs) -> impl Iterator<Item = Turn> {
        let first = self.number_at(from).unwrap_or(0);
        let numbers = if self.members.is_empty() {
            first..first
        } else {
            first..u32::MAX
        };
        numbers
            .map(|number| (number, self.start(number)))
            .take_while(move |(_, start)| *start < until)
            .filter_map(|(number, start)| {
                Some(Turn {
                    member: self.member(number)?,
                    from: start,
                    until: self.start(number.saturating_add(1)),
                })
            })
            .filter(move |turn| turn.from < turn.until && turn.until > from)
    }

    /// The last turn that has begun at `at`; `None` before the first.
    fn number_at(&self, at: UnixMs) -> Option<u32> {
        let today = at
            .to_datetime()
            .with_timezone(&self.zone)
            .naive_local()
            .date();
        let days = today.signed_duration_since(self.starts_on).num_days();
        let turns = match self.every {
            Every::Day => days,
            Every::Week(_) => days / 7,
        };
        // Close to it; which side of the hand-off it is on decides the rest.
        let mut number = u32::try_from(turns.saturating_add(2)).unwrap_or(0);
        while self.start(number) > at {
            number = number.checked_sub(1)?;
        }
        while self.start(number.saturating_add(1)) <= at {
            number = number.saturating_add(1);
        }
        Some(number)
    }

    /// The local day on which turn `number` begins.
    fn day(&self, number: u32) -> Option<NaiveDate> {
        let number = u64::from(number);
        let days = match self.every {
            Every::Day => number,
            Every::Week(weekday) => match number.checked_sub(1) {
                None => 0,
                Some(weeks) => {
                    let to_first = u64::from(weekday.days_since(self.starts_on.weekday()));
                    let to_first = if to_first == 0 { 7 } else { to_first };
                    to_first + weeks * 7
                }
            },
        };
        self.starts_on.checked_add_days(Days::new(days))
    }

    fn member(&self, number: u32) -> Option<i64> {
        let place = usize::try_from(number)
            .ok()?
            .checked_rem(self.members.len())?;
        self.members.get(place).copied()
    }
}

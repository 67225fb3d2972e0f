//! Local time: where a host lives, and when something last happened there that happens every so many nights.

use chrono::{DateTime, Datelike, NaiveDate, Offset, TimeZone};
use chrono_tz::Tz;
use noc_pipeline::clock::UnixMs;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

pub(super) const MINUTE_MS: i64 = 60_000;
pub(super) const HOUR_MS: i64 = 3_600_000;
pub(super) const DAY_MS: i64 = 86_400_000;

/// Changes of a zone's offset are known between these years; outside the nearest offset goes on.
const YEARS: std::ops::Range<i32> = 2015..2045;

/// A time zone with its changes laid out, so that looking up an offset costs a few comparisons.
#[derive(Debug)]
pub(super) struct Zone {
    pub(super) tz: Tz,
    /// From when on which offset holds, milliseconds; the first one from ever.
    offsets: Vec<(i64, i64)>,
}

static KNOWN: LazyLock<Mutex<HashMap<Tz, Arc<Zone>>>> = LazyLock::new(Mutex::default);

impl Zone {
    /// Laid out once for the whole process.
    pub(super) fn of(tz: Tz) -> Arc<Self> {
        let mut known = KNOWN.lock();
        Arc::clone(
            known
                .entry(tz)
                .or_insert_with(|| Arc::new(Self::laid_out(tz))),
        )
    }

    fn laid_out(tz: Tz) -> Self {
        let mut at = start_of(YEARS.start);
        let mut offset = offset_of(tz, at);
        let mut offsets = vec![(i64::MIN, offset)];
        while at < start_of(YEARS.end) {
            let next = at + 7 * DAY_MS;
            let then = offset_of(tz, next);
            if then != offset {
                // The week holds the change: halve it down to the minute.
                let (mut before, mut after) = (at, next);
                while after - before > MINUTE_MS {
                    let middle = before + (after - before) / 2 / MINUTE_MS * MINUTE_MS;
                    if offset_of(tz, middle) == offset {
                        before = middle;
                    } else {
                        after = middle;
                    }
                }
                offsets.push((after, then));
                offset = then;
            }
            at = next;
        }
        Self { tz, offsets }
    }

    /// What local clocks are ahead of UTC, milliseconds.
    pub(super) fn offset_ms(&self, at: UnixMs) -> i64 {
        let after = self.offsets.partition_point(|(from, _)| *from <= at.0);
        let known = after.checked_sub(1).and_then(|n| self.offsets.get(n));
        known.map_or(0, |(_, offset)| *offset)
    }

    /// What local clocks show.
    pub(super) fn local(&self, at: UnixMs) -> Local {
        Local(at.0 + self.offset_ms(at))
    }

    /// When local clocks show it. Shown twice: one of both; skipped: as if it were not.
    pub(super) fn at(&self, local: Local) -> UnixMs {
        let guess = UnixMs(local.0 - self.offset_ms(UnixMs(local.0)));
        UnixMs(local.0 - self.offset_ms(guess))
    }

    /// When the offset changes after `from` and up to `to`.
    pub(super) fn changes(&self, from: UnixMs, to: UnixMs) -> impl Iterator<Item = UnixMs> {
        let first = self.offsets.partition_point(|(at, _)| *at <= from.0);
        let later = self.offsets.iter().skip(first).map(|(at, _)| UnixMs(*at));
        later.take_while(move |at| *at <= to)
    }

    /// The last time, up to `at`, that the clock showed this minute of the day on every `days`-th day.
    pub(super) fn last_on(&self, at: UnixMs, every: Every, minute_of_day: i64) -> UnixMs {
        let mut day = self.local(at).day();
        loop {
            day = every.last_day(day);
            let then = self.at(Local(day * DAY_MS + minute_of_day * MINUTE_MS));
            if then <= at {
                return then;
            }
            day -= 1;
        }
    }
}

fn offset_of(tz: Tz, at_ms: i64) -> i64 {
    let at = DateTime::from_timestamp_millis(at_ms).unwrap_or_default();
    let offset = tz.offset_from_utc_datetime(&at.naive_utc());
    i64::from(offset.fix().local_minus_utc()) * 1_000
}

fn start_of(year: i32) -> i64 {
    let day = NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default();
    i64::from(day.num_days_from_ce() - DAYS_TO_1970) * DAY_MS
}

/// Days of the common era before 1970.
const DAYS_TO_1970: i32 = 719_163;

/// Days on which something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Every {
    /// Each so many days, counted from a day of its own.
    Days(i64, i64),
    /// A day of the week, 0 is Monday.
    Weekday(i64),
    /// A day of the month, 1 to 28.
    MonthDay(u32),
}

impl Every {
    /// The last such day up to `day`.
    pub(super) fn last_day(self, day: i64) -> i64 {
        match self {
            Self::Days(days, phase) => day - (day - phase).rem_euclid(days.max(1)),
            Self::Weekday(weekday) => day - (weekday_of(day) - weekday).rem_euclid(7),
            Self::MonthDay(wanted) => {
                let mut day = day;
                while date_of(day).day() != wanted.clamp(1, 28) {
                    day -= 1;
                }
                day
            }
        }
    }
}

/// What a clock shows: milliseconds since it showed the start of 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Local(pub(super) i64);

impl Local {
    /// Days since 1970.
    pub(super) const fn day(self) -> i64 {
        self.0.div_euclid(DAY_MS)
    }

    /// 0 to 1,439.
    pub(super) const fn minute_of_day(self) -> i64 {
        self.0.rem_euclid(DAY_MS) / MINUTE_MS
    }

    /// The calendar's day.
    pub(super) fn date(self) -> NaiveDate {
        date_of(self.day())
    }
}

/// 0 is Monday; 1970 began on a Thursday.
const fn weekday_of(day: i64) -> i64 {
    (day + 3).rem_euclid(7)
}

fn date_of(day: i64) -> NaiveDate {
    let days = i32::try_from(day).unwrap_or(0).saturating_add(DAYS_TO_1970);
    NaiveDate::from_num_days_from_ce_opt(days).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UnixMs {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc().into()
    }

    #[test]
    fn offsets_are_those_of_the_zone() {
        for tz in [
            Tz::UTC,
            Tz::Asia__Dhaka,
            Tz::Europe__Berlin,
            Tz::America__New_York,
        ] {
            let zone = Zone::of(tz);
            for hours in 0..24 * 730 {
                let at = UnixMs(at("2026-01-01T00:30:00Z").0 + hours * HOUR_MS);
                assert_eq!(zone.offset_ms(at), offset_of(tz, at.0), "{tz} {at}");
            }
        }
        let berlin = Zone::of(Tz::Europe__Berlin);
        let changes: Vec<UnixMs> = berlin
            .changes(at("2026-01-01T00:00:00Z"), at("2026-12-31T00:00:00Z"))
            .collect();
        assert_eq!(
            changes,
            [at("2026-03-29T01:00:00Z"), at("2026-10-25T01:00:00Z")]
        );
    }

    #[test]
    fn the_last_night_of_a_rhythm_is_found_across_a_change() {
        let berlin = Zone::of(Tz::Europe__Berlin);
        // Sunday 03:10: two hours ahead of UTC from that night on.
        let sunday = Every::Weekday(6);
        let found = berlin.last_on(at("2026-03-31T12:00:00Z"), sunday, 190);
        assert_eq!(found, at("2026-03-29T01:10:00Z"));
        let before = berlin.last_on(UnixMs(found.0 - 1), sunday, 190);
        assert_eq!(before, at("2026-03-22T02:10:00Z"));
        let first = berlin.last_on(at("2026-03-31T12:00:00Z"), Every::MonthDay(1), 600);
        assert_eq!(first, at("2026-03-01T09:00:00Z"));
        let third = berlin.last_on(at("2026-03-31T12:00:00Z"), Every::Days(3, 1), 0);
        assert_eq!(berlin.local(third).day().rem_euclid(3), 1);
    }
}

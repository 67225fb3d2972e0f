//! When a daily digest is due, and what time it covers: a plain function of what is stored and the time.
//!
//! Digests go by a watermark and not by the clock alone: each covers what happened since the one before, on a day of 23
//! or 25 hours as after an outage, and one that was missed is not made up for twice. Whoever moves to another zone gets
//! neither two within half a day nor none: the next one covers the longer time.

use super::quiet::{at_minute, local_date};
use chrono::Days;
use chrono_tz::Tz;
use noc_pipeline::clock::UnixMs;
use std::time::Duration;

/// Between two digests at least.
pub const APART: Duration = Duration::from_secs(12 * 3_600);

/// A person's daily digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DigestTime {
    /// Minute of the day.
    pub minute: u32,
    /// By whose clocks.
    pub zone: Tz,
    /// From when on the next one covers.
    pub since: UnixMs,
    /// For when the last one was; `None`: there was none.
    pub last_at: Option<UnixMs>,
}

impl DigestTime {
    /// The time of day that the digest due at `now` is for: it covers what happened before it. `None`: none is due.
    #[must_use]
    pub fn due(&self, now: UnixMs) -> Option<UnixMs> {
        let today = local_date(self.zone, now)?;
        let latest = (0..=2)
            .filter_map(|back| today.checked_sub_days(Days::new(back)))
            .filter_map(|date| at_minute(self.zone, date, self.minute))
            .find(|at| *at <= now)?;
        self.may_be_at(latest).then_some(latest)
    }

    /// When the next digest is due after `now`.
    #[must_use]
    pub fn next(&self, now: UnixMs) -> Option<UnixMs> {
        let today = local_date(self.zone, now)?;
        (0..=3)
            .filter_map(|ahead| today.checked_add_days(Days::new(ahead)))
            .filter_map(|date| at_minute(self.zone, date, self.minute))
            .find(|at| *at > now && self.may_be_at(*at))
    }

    fn may_be_at(&self, at: UnixMs) -> bool {
        at > self.since && self.last_at.is_none_or(|last| at >= last.plus(APART))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Tz::{
        America__New_York as NEW_YORK, Asia__Dhaka as DHAKA, Europe__Berlin as BERLIN,
    };
    use proptest::prelude::*;

    const HOUR: i64 = 3_600_000;

    fn at(text: &str) -> UnixMs {
        let at = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
        at.and_utc().into()
    }

    fn daily(zone: Tz, since: &str, last_at: Option<&str>) -> DigestTime {
        DigestTime {
            minute: 9 * 60,
            zone,
            since: at(since),
            last_at: last_at.map(at),
        }
    }

    #[test]
    fn it_is_due_from_its_time_on_and_once() {
        let first = daily(DHAKA, "2026-05-07 01:00", None);
        assert_eq!(first.due(at("2026-05-07 02:59")), None);
        let nine = at("2026-05-07 03:00");
        assert_eq!(first.due(nine), Some(nine));
        assert_eq!(first.due(at("2026-05-07 20:00")), Some(nine), "late");
        assert_eq!(first.next(at("2026-05-07 01:00")), Some(nine));
        let made = daily(DHAKA, "2026-05-07 03:00", Some("2026-05-07 03:00"));
        assert_eq!(made.due(at("2026-05-08 02:59")), None);
        let tomorrow = at("2026-05-08 03:00");
        assert_eq!(made.due(tomorrow), Some(tomorrow));
        assert_eq!(made.next(nine), Some(tomorrow));
    }

    #[test]
    fn whoever_switches_it_on_after_its_time_waits_for_the_next_day() {
        let late = daily(DHAKA, "2026-05-07 04:00", None);
        assert_eq!(late.due(at("2026-05-07 23:00")), None);
        assert_eq!(
            late.due(at("2026-05-08 03:00")),
            Some(at("2026-05-08 03:00"))
        );
    }

    #[test]
    fn after_an_outage_of_days_one_covers_them_all() {
        let made = daily(DHAKA, "2026-05-07 03:00", Some("2026-05-07 03:00"));
        let due = made.due(at("2026-05-10 12:00"));
        assert_eq!(due, Some(at("2026-05-10 03:00")));
    }

    #[test]
    fn a_day_of_23_or_25_hours_has_one() {
        let made = daily(BERLIN, "2026-03-28 08:00", Some("2026-03-28 08:00"));
        assert_eq!(made.next(made.since), Some(at("2026-03-29 07:00")));
        let made = daily(BERLIN, "2026-10-24 07:00", Some("2026-10-24 07:00"));
        assert_eq!(made.next(made.since), Some(at("2026-10-25 08:00")));
    }

    #[test]
    fn who_moves_to_another_zone_gets_neither_two_nor_none() {
        // 09:00 in New York is 10 h after the one of Dhaka: the next day's covers both.
        let moved = daily(NEW_YORK, "2026-05-07 03:00", Some("2026-05-07 03:00"));
        assert_eq!(moved.due(at("2026-05-07 13:00")), None);
        assert_eq!(moved.next(moved.since), Some(at("2026-05-08 13:00")));
        let back = daily(DHAKA, "2026-05-07 13:00", Some("2026-05-07 13:00"));
        assert_eq!(back.next(back.since), Some(at("2026-05-08 03:00")));
    }

    proptest! {
        #[test]
        fn looking_often_makes_one_a_day_and_covers_every_instant_once(
            zone in prop::sample::select(vec![DHAKA, BERLIN, NEW_YORK]),
            minute in 0_u32..1_440,
            start in 1_772_000_000_000_i64..1_795_000_000_000,
            steps in prop::collection::vec(1_i64..30, 20..60),
        ) {
            let mut state = DigestTime { minute, zone, since: UnixMs(start), last_at: None };
            let mut now = start;
            for hours in steps {
                now += hours * HOUR;
                if let Some(until) = state.due(UnixMs(now)) {
                    prop_assert!(until > state.since && until.0 <= now);
                    if let Some(last) = state.last_at {
                        prop_assert!(until.since(last) >= Duration::from_secs(22 * 3_600));
                    }
                    state = DigestTime { since: until, last_at: Some(until), ..state };
                    prop_assert_eq!(state.due(UnixMs(now)), None);
                }
                // Never longer than a day and an hour without one once its time has come.
                prop_assert!(now - state.since.0 <= 25 * HOUR);
            }
        }
    }
}

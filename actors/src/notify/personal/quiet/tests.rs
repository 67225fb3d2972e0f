use super::*;
use chrono::{NaiveDateTime, TimeZone, Timelike};
use chrono_tz::Tz::{
    America__New_York as NEW_YORK, Asia__Dhaka as DHAKA, Asia__Kathmandu as KATHMANDU,
    Australia__Lord_Howe as LORD_HOWE, Europe__Berlin as BERLIN, Pacific__Apia as APIA, UTC,
};
use proptest::prelude::*;

fn hours(start: &str, end: &str, zone: Tz) -> QuietHours {
    QuietHours {
        start: read_clock_time(start).unwrap(),
        end: read_clock_time(end).unwrap(),
        zone,
        block_critical: false,
    }
}

fn utc(text: &str) -> UnixMs {
    let at = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap();
    at.and_utc().into()
}

fn until(quiet: QuietHours, at: &str) -> Option<String> {
    let until = quiet.until(utc(at))?.to_datetime();
    Some(until.format("%Y-%m-%d %H:%M").to_string())
}

#[test]
fn a_span_over_midnight_is_half_open_in_the_persons_zone() {
    let night = hours("22:00", "07:00", DHAKA);
    assert_eq!(until(night, "2026-05-07 15:59:59"), None);
    for at in ["2026-05-07 16:00:00", "2026-05-08 00:59:59"] {
        assert_eq!(
            until(night, at).as_deref(),
            Some("2026-05-08 01:00"),
            "{at}"
        );
    }
    assert_eq!(until(night, "2026-05-08 01:00:00"), None);
    let noon = hours("12:00", "13:30", DHAKA);
    assert_eq!(
        until(noon, "2026-05-07 06:00:00").as_deref(),
        Some("2026-05-07 07:30")
    );
    assert_eq!(until(noon, "2026-05-07 07:30:00"), None);
}

#[test]
fn equal_ends_mean_none_and_a_minute_less_than_a_day_is_nearly_all_of_it() {
    for time in ["00:00", "09:30"] {
        let none = hours(time, time, BERLIN);
        assert!(!none.is_set());
        assert_eq!(until(none, "2026-05-07 09:30:00"), None);
    }
    let most = hours("08:00", "07:59", UTC);
    assert_eq!(
        until(most, "2026-05-07 08:00:00").as_deref(),
        Some("2026-05-08 07:59")
    );
    assert_eq!(until(most, "2026-05-08 07:59:30"), None);
}

/// A clock kept in UTC would shift by an hour when summer time begins.
#[test]
fn the_end_stays_at_its_time_of_day_when_clocks_change() {
    let night = hours("22:00", "07:00", BERLIN);
    assert_eq!(
        until(night, "2026-03-28 22:00:00").as_deref(),
        Some("2026-03-29 05:00"),
        "a night of 8 h"
    );
    assert_eq!(
        until(night, "2026-10-24 21:00:00").as_deref(),
        Some("2026-10-25 06:00"),
        "a night of 10 h"
    );
    // An end that clocks skip is the first instant after; one they show twice the first of both.
    let skipped = hours("22:00", "02:30", BERLIN);
    assert_eq!(
        until(skipped, "2026-03-29 00:59:59").as_deref(),
        Some("2026-03-29 01:00")
    );
    assert_eq!(until(skipped, "2026-03-29 01:00:00"), None);
    assert_eq!(
        until(skipped, "2026-10-25 00:29:59").as_deref(),
        Some("2026-10-25 00:30")
    );
    assert_eq!(
        until(skipped, "2026-10-25 01:15:00"),
        None,
        "it is 02:15 again, and was quiet"
    );
    let half = hours("01:00", "02:15", LORD_HOWE);
    assert_eq!(
        until(half, "2026-10-03 15:00:00").as_deref(),
        Some("2026-10-03 15:30")
    );
    // The night before the day that was skipped, 2011-12-30.
    let island = hours("22:00", "07:00", APIA);
    assert!(until(island, "2011-12-30 09:30:00").is_some());
}

#[test]
fn times_of_day_are_read_and_written() {
    for (text, minute) in [("00:00", 0), ("07:05", 425), ("23:59", 1_439)] {
        assert_eq!(read_clock_time(text), Some(minute));
        assert_eq!(clock_time(minute), text);
    }
    for text in [
        "",
        "7:05",
        "24:00",
        "12:60",
        "12:5",
        "+1:00",
        "12:00:00",
        "১২:০০",
        "noon",
    ] {
        assert_eq!(read_clock_time(text), None, "{text}");
    }
}

fn zones() -> impl Strategy<Value = Tz> {
    prop::sample::select(vec![
        UTC, DHAKA, KATHMANDU, BERLIN, NEW_YORK, LORD_HOWE, APIA,
    ])
}

/// Whether the clocks of a zone were put forward or back within a day of an instant.
fn clocks_change_near(zone: Tz, at: UnixMs) -> bool {
    use chrono::Offset;
    let offset = |hours: i64| {
        let at = DateTime::from_timestamp_millis(at.0 + hours * 3_600_000).unwrap();
        zone.offset_from_utc_datetime(&at.naive_utc())
            .fix()
            .local_minus_utc()
    };
    (-36..36).any(|hours| offset(hours) != offset(hours + 1))
}

proptest! {
    #[test]
    fn away_from_changes_of_the_clock_it_is_what_the_clock_on_the_wall_says(
        zone in zones(),
        start in 0..DAY_MINUTES,
        end in 0..DAY_MINUTES,
        at in 1_700_000_000_000_i64..1_900_000_000_000,
    ) {
        let at = UnixMs(at);
        prop_assume!(!clocks_change_near(zone, at));
        let quiet = QuietHours { start, end, zone, block_critical: false };
        let local = DateTime::from_timestamp_millis(at.0).unwrap().with_timezone(&zone);
        let minute = local.hour() * 60 + local.minute();
        let expected = match start.cmp(&end) {
            std::cmp::Ordering::Less => start <= minute && minute < end,
            std::cmp::Ordering::Equal => false,
            std::cmp::Ordering::Greater => minute >= start || minute < end,
        };
        let until = quiet.until(at);
        prop_assert_eq!(until.is_some(), expected);
        if let Some(until) = until {
            let over = until.to_datetime().with_timezone(&zone);
            prop_assert_eq!(over.hour() * 60 + over.minute(), end);
            prop_assert_eq!(quiet.until(until), None);
        }
    }

    #[test]
    fn a_span_has_one_end_wherever_one_looks_at_it_from(
        zone in zones(),
        start in 0..DAY_MINUTES,
        end in 0..DAY_MINUTES,
        // Around the nights in which clocks change, and any other.
        base in prop::sample::select(vec![
            1_774_735_200_000_i64, 1_792_879_200_000, 1_772_935_200_000, 1_791_036_000_000,
            1_775_311_200_000, 1_325_203_200_000, 1_800_000_000_000,
        ]),
        offset_min in -2_000_i64..2_000,
    ) {
        let at = UnixMs(base + offset_min * 60_000);
        let quiet = QuietHours { start, end, zone, block_critical: false };
        if let Some(until) = quiet.until(at) {
            prop_assert!(at < until);
            prop_assert!(until.since(at).as_secs() <= 26 * 3_600 || zone == APIA);
            for share in 0..8 {
                let between = UnixMs(at.0 + (until.0 - at.0) * share / 8);
                prop_assert_eq!(quiet.until(between), Some(until));
            }
            // What follows at once, where clocks skip both times, is another span.
            prop_assert!(quiet.until(until) != Some(until));
        }
    }
}

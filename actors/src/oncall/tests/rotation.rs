//! Turns of one rotation.

use super::*;
use chrono::Weekday;
use chrono_tz::Tz::{Asia__Dhaka as DHAKA, Europe__Berlin as BERLIN, Pacific__Apia as APIA};

/// `member from`, for the turns of a span.
fn turns(rotation: &Rotation, from: &str, until: &str) -> Vec<String> {
    let turns = rotation.turns(at(from), at(until));
    turns
        .map(|turn| format!("{} {}", turn.member, turn.from.to_datetime().to_rfc3339()))
        .collect()
}

#[test]
fn the_first_turn_lasts_until_the_first_hand_off_after_it() {
    // A Thursday; the hand-off is on Mondays.
    let weekly = rotation(
        DHAKA,
        Every::Week(Weekday::Mon),
        "09:00",
        "2026-11-19",
        &[7, 8, 9],
    );
    assert_eq!(
        turns(&weekly, "2026-11-01T00:00:00Z", "2026-12-15T00:00:00Z"),
        [
            "7 2026-11-19T03:00:00+00:00",
            "8 2026-11-23T03:00:00+00:00",
            "9 2026-11-30T03:00:00+00:00",
            "7 2026-12-07T03:00:00+00:00",
            "8 2026-12-14T03:00:00+00:00",
        ]
    );
    // On the weekday itself it is a whole week.
    let whole = Rotation {
        starts_on: day("2026-11-23"),
        ..weekly
    };
    assert_eq!(
        turns(&whole, "2026-11-23T00:00:00Z", "2026-12-01T00:00:00Z"),
        ["7 2026-11-23T03:00:00+00:00", "8 2026-11-30T03:00:00+00:00"]
    );
}

#[test]
fn a_span_gets_the_turns_that_have_time_in_it() {
    let daily = rotation(DHAKA, Every::Day, "00:00", "2026-01-31", &[1, 2]);
    // 00:00 in Dhaka is 18:00 the day before.
    let one = turns(&daily, "2026-03-01T18:00:00Z", "2026-03-02T18:00:00Z");
    assert_eq!(one.len(), 1);
    let two = turns(&daily, "2026-03-01T17:59:59Z", "2026-03-02T18:00:00Z");
    assert_eq!(two.len(), 2);
    let none = turns(&daily, "2026-01-01T00:00:00Z", "2026-01-30T18:00:00Z");
    assert!(none.is_empty(), "{none:?}");
    let nobody = Rotation {
        members: Vec::new(),
        ..daily
    };
    assert!(turns(&nobody, "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z").is_empty());
}

#[test]
fn a_hand_off_keeps_its_wall_clock_time_over_a_change_of_clocks() {
    let weekly = rotation(
        BERLIN,
        Every::Week(Weekday::Mon),
        "09:00",
        "2026-03-16",
        &[1],
    );
    assert_eq!(
        turns(&weekly, "2026-03-20T00:00:00Z", "2026-04-07T00:00:00Z"),
        [
            "1 2026-03-16T08:00:00+00:00",
            "1 2026-03-23T08:00:00+00:00",
            "1 2026-03-30T07:00:00+00:00",
            "1 2026-04-06T07:00:00+00:00",
        ]
    );
}

#[test]
fn a_day_that_a_zone_leaves_out_has_no_turn() {
    // Samoa went from 29 to 31 December 2011.
    let daily = rotation(APIA, Every::Day, "00:00", "2011-12-28", &[1, 2, 3, 4, 5]);
    assert_eq!(
        turns(&daily, "2011-12-28T12:00:00Z", "2012-01-01T09:00:00Z"),
        [
            "1 2011-12-28T10:00:00+00:00",
            "2 2011-12-29T10:00:00+00:00",
            // The third one's day was left out.
            "4 2011-12-30T10:00:00+00:00",
            "5 2011-12-31T10:00:00+00:00",
        ]
    );
}

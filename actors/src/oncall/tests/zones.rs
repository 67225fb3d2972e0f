//! All zones of the tz database, against a wall clock that is watched minute by minute.

use super::*;
use chrono::{Datelike, Days, NaiveDateTime, Offset, TimeZone, Weekday};
use chrono_tz::TZ_VARIANTS;
use proptest::prelude::*;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// What the wall clock shows.
fn shown(zone: Tz, at: UnixMs) -> NaiveDateTime {
    at.to_datetime().with_timezone(&zone).naive_local()
}

fn offset_s(zone: Tz, at: UnixMs) -> i32 {
    let naive = at.to_datetime().naive_utc();
    zone.offset_from_utc_datetime(&naive)
        .fix()
        .local_minus_utc()
}

/// Whose turn it is at each step of a span, by watching the clock: a hand-off happens when it shows the time of the next
/// one, or more, for the first time.
fn watched(rotation: &Rotation, until: UnixMs, step: i64) -> Vec<(UnixMs, Option<i64>)> {
    let mut begun: Option<usize> = None;
    let mut next = rotation.starts_on;
    let before = NaiveDateTime::new(rotation.starts_on, NaiveTime::MIN);
    let mut now = UnixMs(UnixMs::from(before.and_utc()).0 - 2 * DAY);
    let mut seen = Vec::new();
    while now < until {
        let clock = shown(rotation.zone, now);
        while clock >= NaiveDateTime::new(next, rotation.handoff) {
            begun = Some(begun.map_or(0, |turn| turn + 1));
            next = next + Days::new(1);
            if let Every::Week(weekday) = rotation.every {
                while next.weekday() != weekday {
                    next = next + Days::new(1);
                }
            }
        }
        let member = begun.map(|turn| rotation.members[turn % rotation.members.len()]);
        seen.push((now, member));
        now = UnixMs(now.0 + step);
    }
    seen
}

/// Compares a rotation with what is seen on the clock.
fn compare(rotation: &Rotation, until: UnixMs, step: i64) {
    let seen = watched(rotation, until, step);
    let from = seen[0].0;
    let turns: Vec<Turn> = rotation.turns(from, until).collect();
    for pair in turns.windows(2) {
        assert_eq!(pair[0].until, pair[1].from, "{rotation:?}");
    }
    let mut turns = turns.iter().peekable();
    for (at, member) in seen {
        while turns.next_if(|turn| turn.until <= at).is_some() {}
        let turn = turns.peek().filter(|turn| turn.from <= at);
        let found = turn.map(|turn| turn.member);
        assert_eq!(found, member, "{rotation:?} at {at}");
    }
}

/// Days of a year on which the zone's clocks are changed, as UTC days.
fn changes(zone: Tz, year: i32) -> Vec<NaiveDate> {
    let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
    let noon = |day: NaiveDate| UnixMs::from(day.and_hms_opt(12, 0, 0).unwrap().and_utc());
    let days = first.iter_days().take(366);
    days.filter(|day| offset_s(zone, noon(*day)) != offset_s(zone, noon(*day - Days::new(1))))
        .collect()
}

#[test]
fn every_zone_hands_over_at_the_wall_clock_time_of_each_day() {
    let mut checked = 0;
    for zone in TZ_VARIANTS {
        // Around the largest changes of law (Kwajalein and Samoa left out a day, Korea moved by half an hour), and a year.
        for (starts_on, days) in [
            ("1993-08-01", 60),
            ("2011-12-01", 60),
            ("2018-04-01", 90),
            ("2026-01-01", 366),
        ] {
            for handoff in ["00:00", "02:30"] {
                let daily = rotation(zone, Every::Day, handoff, starts_on, &[1, 2, 3]);
                let begin = daily.start(0);
                let end = UnixMs(begin.0 + days * DAY);
                let mut turns = daily.turns(begin, end).peekable();
                assert_eq!(turns.peek().map(|turn| turn.from), Some(begin));
                let mut before: Option<Turn> = None;
                for turn in turns {
                    assert!(before.is_none_or(|last| last.until == turn.from), "{zone}");
                    let shows = shown(zone, turn.from);
                    let just_before = shown(zone, UnixMs(turn.from.0 - 1_000));
                    // Exactly then, or right after it was skipped.
                    let due = just_before
                        .date()
                        .iter_days()
                        .take_while(|day| *day <= shows.date())
                        .map(|day| NaiveDateTime::new(day, daily.handoff))
                        .find(|due| just_before < *due && *due <= shows);
                    assert!(due.is_some(), "{zone} {handoff}: {just_before} {shows}");
                    if due != Some(shows) {
                        let moved =
                            offset_s(zone, turn.from) - offset_s(zone, UnixMs(turn.from.0 - 1_000));
                        assert!(moved > 0, "{zone} {handoff}: {shows} without a change");
                    }
                    before = Some(turn);
                    checked += 1;
                }
                assert!(before.is_some_and(|last| last.until >= end), "{zone}");
            }
        }
    }
    assert!(checked > 600_000, "{checked}");
}

#[test]
fn every_zone_agrees_with_its_clock_around_each_change() {
    let mut checked = 0;
    for zone in TZ_VARIANTS {
        for year in [1993, 2011, 2018, 2026] {
            for change in changes(zone, year) {
                let starts_on = (change - Days::new(2)).to_string();
                for handoff in ["00:00", "02:30"] {
                    let daily = rotation(zone, Every::Day, handoff, &starts_on, &[1, 2, 3, 4, 5]);
                    let until = UnixMs::from(change.and_time(NaiveTime::MIN).and_utc());
                    compare(&daily, UnixMs(until.0 + 3 * DAY), 15 * MINUTE);
                }
                checked += 1;
            }
        }
    }
    assert!(checked > 600, "{checked} changes of clocks");
}

#[test]
fn lord_howe_moves_by_half_an_hour_and_keeps_its_hand_off() {
    let zone = Tz::Australia__Lord_Howe;
    let weekly = rotation(
        zone,
        Every::Week(Weekday::Mon),
        "09:00",
        "2026-03-30",
        &[1, 2],
    );
    let starts: Vec<String> = weekly
        .turns(at("2026-03-29T23:00:00Z"), at("2026-04-14T00:00:00Z"))
        .map(|turn| turn.from.to_string())
        .collect();
    assert_eq!(
        starts,
        [
            "2026-03-29T22:00:00.000Z",
            "2026-04-05T22:30:00.000Z",
            "2026-04-12T22:30:00.000Z"
        ]
    );
    compare(&weekly, at("2026-04-20T00:00:00Z"), MINUTE);
}

fn weekday() -> impl Strategy<Value = Weekday> {
    (0..7_u8).prop_map(|day| Weekday::try_from(day).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn any_rotation_agrees_with_its_clock(
        zone in prop::sample::select(TZ_VARIANTS.to_vec()),
        year in 1980..2037_i32,
        nearby in 0..12_u64,
        every in prop_oneof![Just(Every::Day), weekday().prop_map(Every::Week)],
        five_minutes in 0..288_u32,
        members in 1..5_i64,
        which in any::<prop::sample::Index>(),
    ) {
        // Where the year has a change of clocks, it is among the days compared.
        let changes = changes(zone, year);
        let first = match changes.is_empty() {
            true => NaiveDate::from_yo_opt(year, 1 + u32::try_from(nearby).unwrap() * 30).unwrap(),
            false => *which.get(&changes) - Days::new(nearby),
        };
        let rotation = Rotation {
            zone,
            every,
            handoff: NaiveTime::from_num_seconds_from_midnight_opt(five_minutes * 300, 0).unwrap(),
            starts_on: first,
            members: (1..=members).collect(),
        };
        let until = UnixMs::from(first.and_time(NaiveTime::MIN).and_utc());
        compare(&rotation, UnixMs(until.0 + 24 * DAY), 5 * MINUTE);
    }
}

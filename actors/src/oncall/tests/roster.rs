//! Who is on duty once stand-ins are counted in.

use super::*;
use chrono_tz::Tz::UTC;
use proptest::prelude::*;
use std::time::Duration;

const HOUR: i64 = 3_600_000;
/// 2026-11-02T00:00:00Z.
const BEGIN: UnixMs = UnixMs(1_793_577_600_000);

fn hour(n: i64) -> UnixMs {
    UnixMs(BEGIN.0 + n * HOUR)
}

/// 1, 2 and 3 have a day each, from the second day on.
fn schedule(stand_ins: &[(i64, i64, Option<i64>, i64, i64)]) -> Schedule {
    let stand_ins = stand_ins.iter();
    Schedule {
        id: 1,
        name: "Night".into(),
        rotation: rotation(UTC, Every::Day, "00:00", "2026-11-03", &[1, 2, 3]),
        stand_ins: stand_ins
            .map(|&(id, user, replaces, from, until)| StandIn {
                id,
                user,
                replaces,
                from: hour(from),
                until: hour(until),
            })
            .collect(),
    }
}

/// `from-until user`, in hours; `*` marks a stand-in.
fn told(schedule: &Schedule, from: i64, until: i64) -> Vec<String> {
    let shifts = schedule.shifts(hour(from), hour(until)).into_iter();
    shifts
        .map(|shift| {
            let hours = |at: UnixMs| (at.0 - BEGIN.0) / HOUR;
            let user = shift.user.map_or("-".to_owned(), |user| user.to_string());
            let mark = if shift.stand_in.is_some() { "*" } else { "" };
            format!("{}-{} {user}{mark}", hours(shift.from), hours(shift.until))
        })
        .collect()
}

#[test]
fn turns_follow_each_other_and_nobody_is_on_duty_before_the_first() {
    let plain = schedule(&[]);
    assert_eq!(
        told(&plain, 12, 80),
        ["12-24 -", "24-48 1", "48-72 2", "72-80 3"]
    );
    assert_eq!(plain.user_at(hour(23)), None);
    assert_eq!(plain.user_at(hour(24)), Some(1));
    assert_eq!(plain.user_at(UnixMs(hour(48).0 - 1)), Some(1));
    assert!(plain.shifts(hour(5), hour(5)).is_empty());
}

#[test]
fn a_stand_in_cuts_into_the_turns_it_replaces() {
    // 9 replaces 2 alone, over the edges of their turn.
    let replaced = schedule(&[(1, 9, Some(2), 40, 60)]);
    assert_eq!(
        told(&replaced, 24, 96),
        ["24-48 1", "48-60 9*", "60-72 2", "72-96 3"]
    );
    // 9 takes over from whoever it is, and fills the gap before the first turn.
    let whoever = schedule(&[(1, 9, None, 20, 60)]);
    assert_eq!(
        told(&whoever, 12, 96),
        ["12-20 -", "20-60 9*", "60-72 2", "72-96 3"]
    );
    // Nobody's turn is nobody's to replace.
    let early = schedule(&[(1, 9, Some(1), 12, 30)]);
    assert_eq!(told(&early, 12, 48), ["12-24 -", "24-30 9*", "30-48 1"]);
}

#[test]
fn a_stand_in_is_applied_once_and_the_last_one_made_counts() {
    // 2 for 1 and 3 for 2, at the same time: not 3 for 1.
    let chain = schedule(&[(1, 2, Some(1), 24, 72), (2, 3, Some(2), 24, 72)]);
    assert_eq!(told(&chain, 24, 72), ["24-48 2*", "48-72 3*"]);
    let circle = schedule(&[(1, 2, Some(1), 24, 72), (2, 1, Some(2), 24, 72)]);
    assert_eq!(told(&circle, 24, 72), ["24-48 2*", "48-72 1*"]);
    let later = schedule(&[(5, 8, None, 30, 40), (4, 9, Some(1), 24, 48)]);
    assert_eq!(told(&later, 24, 48), ["24-30 9*", "30-40 8*", "40-48 9*"]);
}

#[test]
fn duty_begins_and_ends_where_the_person_changes() {
    let ahead = Duration::from_secs(30 * 24 * 3_600);
    let plain = schedule(&[]).duty(hour(50), ahead);
    assert_eq!(
        plain,
        Duty {
            user: Some(2),
            stand_in: None,
            since: hour(48),
            until: Some(hour(72)),
            next: Some(3)
        }
    );
    // 2 stands in for 1: one duty of two days, not two.
    let longer = schedule(&[(1, 2, Some(1), 30, 48)]).duty(hour(40), ahead);
    assert_eq!(
        (longer.since, longer.until, longer.stand_in),
        (hour(30), Some(hour(72)), Some(1))
    );
    // Nobody, and then somebody.
    let nobody = schedule(&[]).duty(hour(1), ahead);
    assert_eq!(
        (nobody.user, nobody.until, nobody.next),
        (None, Some(hour(24)), Some(1))
    );
    // One alone never hands over.
    let mut alone = schedule(&[]);
    alone.rotation.members = vec![1];
    let duty = alone.duty(hour(24 * 200), ahead);
    assert_eq!((duty.user, duty.until, duty.next), (Some(1), None, None));
    assert_eq!(duty.since, hour(24 * 140), "not looked back further");
}

#[test]
fn gaps_are_when_nobody_can_be_told() {
    let plain = schedule(&[(1, 9, None, 30, 40)]);
    let gaps = plain.gaps(hour(0), hour(96), |user| user != 2);
    let gap = |from, until, user| Gap {
        from: hour(from),
        until: hour(until),
        user,
    };
    assert_eq!(gaps, [gap(0, 24, None), gap(48, 72, Some(2))]);
    let gaps = plain.gaps(hour(24), hour(48), |user| user != 1);
    assert_eq!(gaps, [gap(24, 30, Some(1)), gap(40, 48, Some(1))]);
    assert!(plain.gaps(hour(24), hour(96), |_| true).is_empty());
}

fn stand_ins() -> impl Strategy<Value = Vec<(i64, i64, Option<i64>, i64, i64)>> {
    let one = (1..6_i64, prop::option::of(1..4_i64), 0..200_i64, 1..100_i64);
    let some = prop::collection::vec(one, 0..8);
    some.prop_map(|all| {
        let numbered = (1..).zip(all);
        numbered
            .map(|(id, (user, replaces, from, length))| (id, user, replaces, from, from + length))
            .collect()
    })
}

/// Who is on duty in an hour, worked out from scratch.
fn plainly(stand_ins: &[(i64, i64, Option<i64>, i64, i64)], hour: i64) -> Option<i64> {
    let planned = (hour >= 24).then(|| (hour / 24 - 1) % 3 + 1);
    let mut on_duty = planned;
    for &(_, user, replaces, from, until) in stand_ins {
        let whose = replaces.is_none() || replaces == planned;
        if whose && (from..until).contains(&hour) {
            on_duty = Some(user);
        }
    }
    on_duty
}

proptest! {
    #[test]
    fn the_final_schedule_tiles_its_span_and_says_who_each_hour_says(
        stand_ins in stand_ins(), from in 0..150_i64, length in 1..150_i64,
    ) {
        let schedule = schedule(&stand_ins);
        let shifts = schedule.shifts(hour(from), hour(from + length));
        prop_assert_eq!(shifts.first().map(|shift| shift.from), Some(hour(from)));
        prop_assert_eq!(shifts.last().map(|shift| shift.until), Some(hour(from + length)));
        for pair in shifts.windows(2) {
            prop_assert_eq!(pair[0].until, pair[1].from);
            prop_assert_ne!((pair[0].user, pair[0].stand_in), (pair[1].user, pair[1].stand_in));
        }
        for n in from..from + length {
            let expected = plainly(&stand_ins, n);
            let shift = shifts.iter().find(|shift| shift.from <= hour(n) && hour(n) < shift.until);
            prop_assert_eq!(shift.and_then(|shift| shift.user), expected, "hour {}", n);
            prop_assert_eq!(schedule.user_at(hour(n)), expected, "hour {}", n);
        }
    }

    #[test]
    fn duty_agrees_with_the_hours_around_it(stand_ins in stand_ins(), n in 0..250_i64) {
        let schedule = schedule(&stand_ins);
        let duty = schedule.duty(hour(n), Duration::from_secs(400 * 3_600));
        prop_assert_eq!(duty.user, plainly(&stand_ins, n));
        let since = (duty.since.0 - BEGIN.0) / HOUR;
        prop_assert!((since.max(0)..=n).all(|h| plainly(&stand_ins, h) == duty.user));
        if since > 0 {
            prop_assert_ne!(plainly(&stand_ins, since - 1), duty.user);
        }
        let until = duty.until.map(|at| (at.0 - BEGIN.0) / HOUR);
        prop_assert!(until.is_some(), "three people: it always ends");
        let until = until.unwrap_or_default();
        prop_assert!((n..until).all(|h| plainly(&stand_ins, h) == duty.user));
        prop_assert_eq!(plainly(&stand_ins, until), duty.next);
        prop_assert_ne!(duty.next, duty.user);
    }
}

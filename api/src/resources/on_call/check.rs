//! What a schedule and an override may be.

use super::view::{
    HandoffWeekday, NewOnCallOverride, NewOnCallSchedule, OnCallField, OnCallSchedulePatch,
    RotationKind,
};
use super::{Book, LONGEST_OVERRIDE, unreadable};
use crate::error::{ApiError, Problems};
use chrono::{Datelike, NaiveTime, Timelike};
use chrono_tz::Tz;
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::on_call_schedules::{
    Rotation, Schedule, ScheduleChange, ScheduleDraft,
};
use std::collections::BTreeSet;
use std::time::Duration;

const LONGEST_NAME: usize = 120;
const MOST_MEMBERS: usize = 50;
/// How far from now an override may begin.
const FURTHEST: Duration = LONGEST_OVERRIDE;

/// The draft of a schedule that is written in full, or everything that is wrong with it.
pub(super) fn draft(
    new: NewOnCallSchedule,
    book: &Book,
    now: UnixMs,
) -> Result<ScheduleDraft, ApiError> {
    let mut problems = Problems::new();
    let name = new.name.trim();
    problems.require(
        (1..=LONGEST_NAME).contains(&name.chars().count()) && !name.chars().any(char::is_control),
        "name",
        "must have 1 to 120 characters, none of them control characters",
    );
    let zone = new.timezone.parse::<Tz>();
    problems.require(
        zone.is_ok(),
        "timezone",
        "must be the IANA name of a time zone, such as Asia/Dhaka",
    );
    let handoff_minute = minute(&new.handoff_time);
    problems.require(
        handoff_minute.is_some(),
        "handoff_time",
        "must be HH:MM, 00:00 to 23:59",
    );
    let rotation = match (new.rotation, new.handoff_weekday) {
        (RotationKind::Weekly, Some(day)) => Some(Rotation::Weekly(day.number())),
        (RotationKind::Daily, None) => Some(Rotation::Daily),
        (RotationKind::Weekly, None) => {
            problems.add("handoff_weekday", "must be given for a weekly rotation");
            None
        }
        (RotationKind::Daily, Some(_)) => {
            problems.add("handoff_weekday", "must not be given for a daily rotation");
            None
        }
    };
    let today = |zone: Tz| now.to_datetime().with_timezone(&zone).date_naive();
    let starts_on = new.starts_on.or_else(|| zone.ok().map(today));
    problems.require(
        starts_on.is_none_or(|day| (2000..2100).contains(&day.year())),
        "starts_on",
        "must lie within 2000 to 2099",
    );
    check_members(&mut problems, &new.members, book);
    problems.into_result()?;
    match (rotation, handoff_minute, starts_on) {
        (Some(rotation), Some(handoff_minute), Some(starts_on)) => Ok(ScheduleDraft {
            name: name.to_owned(),
            timezone: new.timezone,
            rotation,
            handoff_minute,
            starts_on,
            members: new.members,
        }),
        _ => Err(ApiError::internal("a schedule was checked only in part")),
    }
}

fn check_members(problems: &mut Problems, members: &[i64], book: &Book) {
    problems.require(
        (1..=MOST_MEMBERS).contains(&members.len()),
        "members",
        "must be 1 to 50",
    );
    let mut seen = BTreeSet::new();
    for (place, member) in members.iter().enumerate() {
        let field = format!("members[{place}]");
        problems.require(
            book.people.contains_key(member),
            &field,
            &format!("{member} is nobody"),
        );
        problems.require(seen.insert(*member), &field, "is in it already");
    }
}

/// What a patch makes of a stored schedule, or everything that is wrong with that. What this version cannot read stays as
/// it is stored where the patch gives no other.
pub(super) fn change(
    stored: &Schedule,
    patch: OnCallSchedulePatch,
    book: &Book,
    now: UnixMs,
) -> Result<ScheduleChange, ApiError> {
    let row = &stored.schedule;
    let unread = unreadable::fields(row);
    let keeps = |field, given: bool| !given && unread.contains(&field);
    let keeps_zone = keeps(OnCallField::Timezone, patch.timezone.is_some());
    let keeps_time = keeps(OnCallField::HandoffTime, patch.handoff_time.is_some());
    let keeps_rotation = keeps(OnCallField::Rotation, patch.rotation.is_some());
    if keeps_rotation && patch.handoff_weekday.is_some() {
        let mut problems = Problems::new();
        problems.add("rotation", "must be given: the stored one cannot be read");
        problems.into_result()?;
    }
    let checked = draft(merge(stored, patch, &unread), book, now)?;
    let mut change = ScheduleChange::from(checked);
    if keeps_zone {
        change.timezone.clone_from(&row.timezone);
    }
    if keeps_time {
        change.handoff_minute = row.handoff_minute;
    }
    if keeps_rotation {
        change.rotation = None;
    }
    Ok(change)
}

/// A stored schedule with what a patch gives. For what cannot be read something that passes the check: [`change`] does not
/// store it.
fn merge(
    stored: &Schedule,
    patch: OnCallSchedulePatch,
    unread: &[OnCallField],
) -> NewOnCallSchedule {
    let row = &stored.schedule;
    let (before, weekday) = match row.turns() {
        Ok(Rotation::Weekly(day)) => (RotationKind::Weekly, HandoffWeekday::from_number(day)),
        Ok(Rotation::Daily) | Err(_) => (RotationKind::Daily, None),
    };
    let stored_or = |field, stored: String, passes: &str| {
        if unread.contains(&field) {
            passes.to_owned()
        } else {
            stored
        }
    };
    let zone = stored_or(OnCallField::Timezone, row.timezone.clone(), "UTC");
    let time = clock_time(row.handoff_minute);
    let time = stored_or(OnCallField::HandoffTime, time, "00:00");
    let rotation = patch.rotation.unwrap_or(before);
    // Going daily drops the weekday by itself.
    let kept = weekday.filter(|_| rotation == RotationKind::Weekly);
    NewOnCallSchedule {
        name: patch.name.unwrap_or_else(|| row.name.clone()),
        timezone: patch.timezone.unwrap_or(zone),
        rotation,
        handoff_weekday: patch.handoff_weekday.or(kept),
        handoff_time: patch.handoff_time.unwrap_or(time),
        starts_on: Some(patch.starts_on.unwrap_or(row.starts_on)),
        members: patch.members.unwrap_or_else(|| stored.members.clone()),
    }
}

/// Everything that is wrong with an override.
pub(super) fn check_override(
    new: &NewOnCallOverride,
    book: &Book,
    now: UnixMs,
) -> Result<(), ApiError> {
    let mut problems = Problems::new();
    match book.people.get(&new.user_id) {
        None => problems.add("user_id", format!("{} is nobody", new.user_id)),
        Some(person) if !person.is_active => {
            problems.add("user_id", "is switched off, and would be told nothing");
        }
        Some(_) => {}
    }
    if let Some(replaced) = new.replaces_user_id {
        problems.require(
            book.people.contains_key(&replaced),
            "replaces_user_id",
            &format!("{replaced} is nobody"),
        );
        problems.require(
            replaced != new.user_id,
            "replaces_user_id",
            "is the same person",
        );
    }
    let (from, until) = (UnixMs::from(new.starts_at), UnixMs::from(new.ends_at));
    problems.require(
        from >= now.minus(FURTHEST) && from <= now.plus(FURTHEST),
        "starts_at",
        "must lie within a year from now",
    );
    problems.require(until > from, "ends_at", "must be later than starts_at");
    problems.require(until > now, "ends_at", "must be later than now");
    problems.require(
        until.since(from) <= LONGEST_OVERRIDE,
        "ends_at",
        "may be a year after starts_at at most",
    );
    problems.into_result()
}

/// `HH:MM` of minutes after midnight.
pub(super) fn clock_time(minute: i32) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// Reads [`clock_time`].
fn minute(text: &str) -> Option<i32> {
    let digit = |place: usize| text.as_bytes().get(place).is_some_and(u8::is_ascii_digit);
    let well_formed = text.len() == 5 && digit(0) && text.as_bytes().get(2) == Some(&b':');
    let time = NaiveTime::parse_from_str(text, "%H:%M").ok();
    let time = time.filter(|_| well_formed)?;
    i32::try_from(time.num_seconds_from_midnight() / 60).ok()
}

/// The span of a query, or what is wrong with it. Limits keep an answer small, and its times within what the database
/// can compare.
pub(super) fn span(
    from: Option<UnixMs>,
    until: Option<UnixMs>,
    now: UnixMs,
) -> Result<(UnixMs, UnixMs), ApiError> {
    const MONTH: Duration = Duration::from_secs(28 * 24 * 3_600);
    let from = from.unwrap_or(now);
    let until = until.unwrap_or_else(|| from.plus(MONTH));
    let reach = LONGEST_OVERRIDE * 2;
    let mut problems = Problems::new();
    problems.require(
        from >= now.minus(reach) && from <= now.plus(reach),
        "from",
        "must lie within two years from now",
    );
    problems.require(until > from, "until", "must be later than from");
    problems.require(
        until.since(from) <= LONGEST_OVERRIDE,
        "until",
        "may be a year after from at most",
    );
    problems.into_result().map(|()| (from, until))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_times_are_two_digits_each() {
        for (text, expected) in [("00:00", 0), ("09:30", 570), ("23:59", 1_439)] {
            assert_eq!(minute(text), Some(expected));
            assert_eq!(clock_time(expected), text);
        }
        for wrong in [
            "24:00",
            "9:30",
            "09:60",
            "0930",
            "09:30:00",
            " 9:30",
            "+9:30",
            "",
            "९:३०",
        ] {
            assert_eq!(minute(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn weekdays_are_numbered_from_monday() {
        assert_eq!(HandoffWeekday::Monday.number(), 1);
        assert_eq!(HandoffWeekday::Sunday.number(), 7);
        assert_eq!(
            HandoffWeekday::from_number(3),
            Some(HandoffWeekday::Wednesday)
        );
        assert_eq!(HandoffWeekday::from_number(0), None);
        assert_eq!(HandoffWeekday::from_number(8), None);
    }
}

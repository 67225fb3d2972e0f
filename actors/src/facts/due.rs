//! When a job should run next, and whether it is overdue. Pure.
//!
//! Times are those of the host's zone. A local time that does not exist (clocks go forward) is due by nobody's
//! reckoning: some crons run it right after the change, some do not. One that exists twice (clocks go back) is due the
//! first time.

use super::schedule::{Schedule, Times, parse};
use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Timelike};
use chrono_tz::Tz;
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::cron_checks::JobState;
use std::time::Duration;

/// A job whose time does not come within so many years has none: `0 0 31 2 *`. The next 29 February is 4 years away at
/// most, but for those around 2100.
const HORIZON_YEARS: i32 = 5;

/// A job may begin so late: a sixth of the time to its next run, within these.
const GRACE: (Duration, Duration) = (Duration::from_secs(600), Duration::from_secs(3600));

/// A run noted so far ahead of the host's own clock is no evidence.
const AHEAD: Duration = Duration::from_secs(300);

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// In one word.
    pub state: JobState,
    /// When it should have run, or is to run, after its last run.
    pub expected_at: Option<UnixMs>,
}

const UNKNOWN: Judged = Judged {
    state: JobState::Unknown,
    expected_at: None,
};

/// Judges a job at `now`, all times by the host's clock. `zone` is `None` where its name is not known; `known_since` is
/// when the job was first reported: what was due before is not asked for.
///
/// Without evidence of a run nothing is said: a job that was never seen to run may run unseen.
#[must_use]
pub fn judge(
    schedule: &str,
    zone: Option<Tz>,
    last_run: Option<UnixMs>,
    known_since: UnixMs,
    now: UnixMs,
) -> Judged {
    let times = match (parse(schedule), zone) {
        (Ok(Schedule::AtBoot), _) => {
            return Judged {
                state: JobState::AtBoot,
                expected_at: None,
            };
        }
        (Ok(Schedule::At(times)), Some(zone)) => (times, zone),
        _ => return UNKNOWN,
    };
    let Some(last_run) = last_run.filter(|run| *run <= now.plus(AHEAD)) else {
        return UNKNOWN;
    };
    let Some(expected) = next_due(&times.0, times.1, last_run.max(known_since)) else {
        return UNKNOWN;
    };
    let grace = match next_due(&times.0, times.1, expected) {
        Some(next) => (next.since(expected) / 6).clamp(GRACE.0, GRACE.1),
        None => GRACE.1,
    };
    let overdue = now >= expected.plus(grace);
    Judged {
        state: if overdue {
            JobState::Overdue
        } else {
            JobState::OnTime
        },
        expected_at: Some(expected),
    }
}

/// The first time after `after` at which a job is due; `None` when that is never, or years away.
#[must_use]
pub fn next_due(times: &Times, zone: Tz, after: UnixMs) -> Option<UnixMs> {
    let local = after.to_datetime().with_timezone(&zone).naive_local();
    let last_year = local.year().checked_add(HORIZON_YEARS)?;
    // The first whole minute behind it.
    let mut from = local.time().num_seconds_from_midnight() / 60 + 1;
    let mut day = local.date();
    while day.year() <= last_year {
        if !times.in_month(day.month()) {
            day = first_of_next_month(day)?;
            from = 0;
            continue;
        }
        if times.on_day(day.day(), day.weekday().num_days_from_sunday()) {
            let on_day = times.minutes_since(from);
            let mut due = on_day.filter_map(|minute| instant(day, minute, zone));
            // A local time that comes twice may lie behind us although its name lies ahead.
            if let Some(due) = due.find(|due| *due > after) {
                return Some(due);
            }
        }
        day = day.checked_add_days(Days::new(1))?;
        from = 0;
    }
    None
}

fn first_of_next_month(day: NaiveDate) -> Option<NaiveDate> {
    match day.month() {
        12 => NaiveDate::from_ymd_opt(day.year().checked_add(1)?, 1, 1),
        month => NaiveDate::from_ymd_opt(day.year(), month + 1, 1),
    }
}

fn instant(day: NaiveDate, minute: u32, zone: Tz) -> Option<UnixMs> {
    let time = NaiveTime::from_num_seconds_from_midnight_opt(minute * 60, 0)?;
    let local = zone.from_local_datetime(&NaiveDateTime::new(day, time));
    local.earliest().map(|at| UnixMs(at.timestamp_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use proptest::prelude::*;

    const DHAKA: Tz = Tz::Asia__Dhaka;
    const NEW_YORK: Tz = Tz::America__New_York;

    fn at(text: &str) -> UnixMs {
        UnixMs(
            DateTime::parse_from_rfc3339(text)
                .unwrap()
                .timestamp_millis(),
        )
    }

    fn due(schedule: &str, zone: Tz, after: &str) -> Option<UnixMs> {
        let Ok(Schedule::At(times)) = parse(schedule) else {
            panic!("{schedule}")
        };
        next_due(&times, zone, at(after))
    }

    fn state(schedule: &str, last_run: &str, now: &str) -> JobState {
        let known = UnixMs(0);
        judge(schedule, Some(DHAKA), Some(at(last_run)), known, at(now)).state
    }

    #[test]
    fn the_next_time_is_in_the_hosts_zone() {
        let three_am = due("0 3 * * *", DHAKA, "2026-05-07T00:00:00Z");
        assert_eq!(three_am, Some(at("2026-05-07T21:00:00Z")));
        let cases = [
            (
                "*/5 * * * *",
                "2026-05-07T12:34:56Z",
                "2026-05-07T12:35:00Z",
            ),
            (
                "*/5 * * * *",
                "2026-05-07T12:35:00Z",
                "2026-05-07T12:40:00Z",
            ),
            (
                "*/5 * * * *",
                "2026-05-07T12:35:01Z",
                "2026-05-07T12:40:00Z",
            ),
            (
                "59 23 31 12 *",
                "2026-12-31T23:59:00Z",
                "2027-12-31T23:59:00Z",
            ),
            ("0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"),
            (
                "0 0 1 jan,jul *",
                "2026-01-01T00:00:00Z",
                "2026-07-01T00:00:00Z",
            ),
            (
                "0 0 13 * fri",
                "2026-05-13T00:00:00Z",
                "2026-05-15T00:00:00Z",
            ),
            ("@weekly", "2026-05-07T12:00:00Z", "2026-05-10T00:00:00Z"),
        ];
        for (schedule, after, expected) in cases {
            assert_eq!(
                due(schedule, Tz::UTC, after),
                Some(at(expected)),
                "{schedule}"
            );
        }
    }

    #[test]
    fn a_day_that_never_comes_ends_the_search() {
        for never in [
            "0 0 31 2 *",
            "0 0 30 2 *",
            "0 0 31 4,6,9,11 *",
            "0 0 29 2 */7",
        ] {
            let next = due(never, Tz::UTC, "2026-05-07T00:00:00Z");
            assert!(next.is_none(), "{never}: {next:?}");
        }
        let judged = judge(
            "0 0 31 2 *",
            Some(DHAKA),
            Some(at("2026-01-01T00:00:00Z")),
            UnixMs(0),
            at("2026-05-07T00:00:00Z"),
        );
        assert_eq!(judged, UNKNOWN);
        assert_eq!(
            due("0 0 1 1 *", Tz::UTC, "9999-12-31T23:59:00Z"),
            Some(UnixMs(253_402_300_800_000))
        );
    }

    /// On 8 March 2026 New York goes from 02:00 EST to 03:00 EDT.
    #[test]
    fn a_time_that_is_skipped_is_not_due() {
        let next = due("30 2 * * *", NEW_YORK, "2026-03-07T12:00:00Z");
        assert_eq!(next, Some(at("2026-03-09T06:30:00Z")));
        let run = Some(at("2026-03-07T07:30:05Z"));
        let now = at("2026-03-08T20:00:00Z");
        assert_eq!(
            judge("30 2 * * *", Some(NEW_YORK), run, UnixMs(0), now).state,
            JobState::OnTime
        );
        assert_eq!(
            due("*/30 * * * *", NEW_YORK, "2026-03-08T06:30:00Z"),
            Some(at("2026-03-08T07:00:00Z"))
        );
    }

    /// On 1 November 2026 New York goes from 02:00 EDT back to 01:00 EST.
    #[test]
    fn a_time_that_comes_twice_is_due_once() {
        assert_eq!(
            due("30 1 * * *", NEW_YORK, "2026-11-01T05:00:00Z"),
            Some(at("2026-11-01T05:30:00Z"))
        );
        assert_eq!(
            due("30 1 * * *", NEW_YORK, "2026-11-01T05:30:10Z"),
            Some(at("2026-11-02T06:30:00Z"))
        );
        assert_eq!(
            due("30 1 * * *", NEW_YORK, "2026-11-01T06:30:10Z"),
            Some(at("2026-11-02T06:30:00Z")),
            "run again in the second hour"
        );
        assert_eq!(
            due("*/20 * * * *", NEW_YORK, "2026-11-01T06:10:00Z"),
            Some(at("2026-11-01T07:00:00Z"))
        );
    }

    #[test]
    fn a_job_is_overdue_once_its_grace_is_over() {
        let daily = |now: &str| state("0 3 * * *", "2026-05-06T21:00:02Z", now);
        assert_eq!(daily("2026-05-07T20:00:00Z"), JobState::OnTime);
        assert_eq!(
            daily("2026-05-07T21:59:59Z"),
            JobState::OnTime,
            "within its hour"
        );
        assert_eq!(daily("2026-05-07T22:00:00Z"), JobState::Overdue);
        let hourly = |now: &str| state("@hourly", "2026-05-07T12:00:01Z", now);
        assert_eq!(hourly("2026-05-07T13:09:59Z"), JobState::OnTime);
        assert_eq!(hourly("2026-05-07T13:10:00Z"), JobState::Overdue);
        let judged = judge(
            "@hourly",
            Some(DHAKA),
            Some(at("2026-05-07T12:00:01Z")),
            UnixMs(0),
            at("2026-05-08T00:00:00Z"),
        );
        assert_eq!(
            judged.expected_at,
            Some(at("2026-05-07T13:00:00Z")),
            "the first run that was missed"
        );
    }

    /// A run by hand before the time does not stand for the run at the time.
    #[test]
    fn an_early_run_does_not_satisfy() {
        let state = state("0 3 * * *", "2026-05-07T20:30:00Z", "2026-05-07T23:00:00Z");
        assert_eq!(state, JobState::Overdue);
    }

    #[test]
    fn nothing_is_said_without_evidence_zone_or_schedule() {
        let (now, run) = (at("2026-05-07T12:00:00Z"), Some(at("2026-01-01T00:00:00Z")));
        let known = UnixMs(0);
        assert_eq!(judge("@daily", Some(DHAKA), None, known, now), UNKNOWN);
        assert_eq!(judge("@daily", None, run, known, now), UNKNOWN);
        for unclear in ["0~30 * * * *", "* 22-2 * * *", "5/10 * * * *", "nonsense"] {
            assert_eq!(
                judge(unclear, Some(DHAKA), run, known, now),
                UNKNOWN,
                "{unclear}"
            );
        }
        let ahead = Some(now.plus(Duration::from_secs(301)));
        assert_eq!(judge("@daily", Some(DHAKA), ahead, known, now), UNKNOWN);
        let boot = judge("@reboot", None, None, known, now);
        assert_eq!((boot.state, boot.expected_at), (JobState::AtBoot, None));
    }

    /// A job whose line was changed an hour ago cannot have missed what was due yesterday.
    #[test]
    fn what_was_due_before_the_job_was_known_is_not_asked_for() {
        let run = Some(at("2026-05-01T00:00:00Z"));
        let judged = |now: &str| {
            judge(
                "@hourly",
                Some(DHAKA),
                run,
                at("2026-05-07T11:30:00Z"),
                at(now),
            )
            .state
        };
        assert_eq!(judged("2026-05-07T11:45:00Z"), JobState::OnTime);
        assert_eq!(judged("2026-05-07T12:11:00Z"), JobState::Overdue);
    }

    fn any_field(first: u32, last: u32) -> impl Strategy<Value = String> {
        prop_oneof![
            3 => Just("*".to_owned()),
            1 => (1..9u32).prop_map(|step| format!("*/{step}")),
            2 => (first..=last).prop_map(|value| value.to_string()),
            1 => (first..=last, first..=last).prop_map(|(a, b)| format!("{},{}", a, b)),
            1 => (first.max(1)..=last, first.max(1)..=last).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
        ]
    }

    prop_compose! {
        fn any_schedule()(minute in any_field(0, 59), hour in any_field(0, 23), day in any_field(1, 31),
                          month in any_field(1, 12), weekday in any_field(0, 6)) -> String {
            format!("{minute} {hour} {day} {month} {weekday}")
        }
    }

    /// Whether cron would start the job in this minute: each field compared by itself.
    fn fits(schedule: &str, local: NaiveDateTime) -> bool {
        let fields: Vec<&str> = schedule.split(' ').collect();
        let holds = |field: &str, first: u32, value: u32| {
            field.split(',').any(|part| {
                let (range, step) = part
                    .split_once('/')
                    .map_or((part, 1), |(r, s)| (r, s.parse().unwrap()));
                let (low, high) = match range.split_once('-') {
                    Some((low, high)) => (low.parse().unwrap(), high.parse().unwrap()),
                    None if range == "*" => (first, 99),
                    None => (range.parse().unwrap(), range.parse().unwrap()),
                };
                (low..=high).contains(&value) && (value - low).is_multiple_of(step)
            })
        };
        let day = holds(fields[2], 1, local.day());
        let weekday = holds(fields[4], 0, local.weekday().num_days_from_sunday());
        let days = if fields[2].starts_with('*') || fields[4].starts_with('*') {
            day && weekday
        } else {
            day || weekday
        };
        holds(fields[0], 0, local.minute())
            && holds(fields[1], 0, local.hour())
            && holds(fields[3], 1, local.month())
            && days
    }

    proptest! {
        /// Against the naive way: every minute of the next days is looked at.
        #[test]
        fn the_next_time_is_the_first_minute_that_fits(
            schedule in any_schedule(), zone in prop::sample::select(vec![Tz::UTC, DHAKA, NEW_YORK, Tz::Australia__Lord_Howe]),
            // Around the changes of clocks in 2026.
            after in prop::sample::select(vec!["2026-03-07T12:00:00Z", "2026-10-31T12:00:00Z", "2026-04-04T06:00:00Z", "2026-10-03T06:00:00Z"]),
            offset in 0..86_400_000i64,
        ) {
            let after = UnixMs(at(after).0 + offset);
            let Ok(Schedule::At(times)) = parse(&schedule) else { panic!("{schedule}") };
            let first = (after.0 / 60_000 + 1) * 60_000;
            let naive = (0..3 * 1_440).map(|n| UnixMs(first + n * 60_000)).find(|minute| {
                let local = minute.to_datetime().with_timezone(&zone).naive_local();
                let first_time = zone.from_local_datetime(&local).earliest().unwrap();
                fits(&schedule, local) && first_time.timestamp_millis() == minute.0
            });
            let found = next_due(&times, zone, after).filter(|due| due.0 < first + 3 * 1_440 * 60_000);
            prop_assert_eq!(found, naive, "{} after {}", schedule, after);
        }

        /// Whatever a customer writes into a crontab: an answer, soon.
        #[test]
        fn any_text_is_answered(text in "[0-9*/,~@a-z -]{0,40}", last in any::<i64>(), now in any::<i64>()) {
            let judged = judge(&text, Some(DHAKA), Some(UnixMs(last)), UnixMs(0), UnixMs(now));
            let has_a_time = matches!(judged.state, JobState::OnTime | JobState::Overdue);
            prop_assert_eq!(judged.expected_at.is_some(), has_a_time);
        }
    }
}

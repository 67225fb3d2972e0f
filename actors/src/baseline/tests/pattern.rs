//! Hours that come again.

use super::super::hour_number;
use super::super::pattern::{MAX_HOURS, MAX_SUBJECTS, Peaks, Recurring};
use super::{id, packed_and_back, start_hour};
use chrono::{Datelike, NaiveDate, Timelike};
use proptest::prelude::*;

/// Everything that was noted, looked through with a calendar.
#[derive(Default)]
struct Naive(Vec<(u32, u32, u32)>);

impl Naive {
    fn note(&mut self, subject: u32, hour: u32, count: u32) {
        self.0.retain(|(s, h, _)| (*s, *h) != (subject, hour));
        self.0.push((subject, hour, count));
    }

    fn recurring(&self, subject: u32, hour: u32) -> Option<Recurring> {
        let of: Vec<_> = self.0.iter().filter(|(s, ..)| *s == subject).collect();
        let near = |then: i64| {
            let near = of
                .iter()
                .filter(|(_, h, _)| (i64::from(*h) - then).abs() <= 1);
            near.map(|(.., count)| *count).max()
        };
        let weeks: Vec<u32> = (1..=4)
            .filter_map(|w| near(i64::from(hour) - w * 168))
            .collect();
        let time = date_of(hour);
        let (day, length) = (time.day(), days_in(time.year(), time.month()));
        let (year, month) = match time.month() {
            1 => (time.year() - 1, 12),
            month => (time.year(), month - 1),
        };
        let before = days_in(year, month);
        let from_end = (before + day).saturating_sub(length).max(1);
        let like = [day.min(before), from_end].into_iter().filter_map(|day| {
            let date = NaiveDate::from_ymd_opt(year, month, day).unwrap();
            let then = date.and_hms_opt(time.hour(), 0, 0).unwrap().and_utc();
            near(i64::from(hour_number(then.into()).unwrap()))
        });
        let monthly = like.max();
        let weekly = weeks.iter().max().copied().filter(|_| weeks.len() >= 2);
        Some(Recurring {
            count: weekly.max(monthly)?,
            times: (weeks.len() as u32).max(u32::from(monthly.is_some())),
        })
    }
}

fn date_of(hour: u32) -> chrono::DateTime<chrono::Utc> {
    super::super::hour_start(hour).to_datetime()
}

fn days_in(year: i32, month: u32) -> u32 {
    (28..=31)
        .rev()
        .find(|day| NaiveDate::from_ymd_opt(year, month, *day).is_some())
        .unwrap()
}

proptest! {
    #[test]
    fn it_tells_what_a_calendar_would_tell(
        notes in proptest::collection::vec((0_u32..3, 0_u32..124, 0_u32..3, 1_u32..5_000), 0..60),
        ask in (0_u32..3, 0_u32..124, 0_u32..3),
    ) {
        let (mut peaks, mut naive) = (Peaks::default(), Naive::default());
        let hour = |day: u32, of: u32| start_hour() + day * 24 + of + 22;
        for (subject, day, of, count) in notes {
            if naive.0.iter().filter(|(s, ..)| *s == subject).count() < MAX_HOURS {
                peaks.note(id(subject), hour(day, of), count.into());
                naive.note(subject, hour(day, of), count);
            }
        }
        peaks = packed_and_back(&peaks);
        let asked = hour(ask.1, ask.2);
        prop_assert_eq!(peaks.recurring(id(ask.0), asked), naive.recurring(ask.0, asked));
    }
}

fn on(date: &str, hour: u32) -> u32 {
    let date: NaiveDate = date.parse().unwrap();
    hour_number(date.and_hms_opt(hour, 0, 0).unwrap().and_utc().into()).unwrap()
}

#[test]
fn the_third_newsletter_is_known_also_when_clocks_change() {
    let mut peaks = Peaks::default();
    peaks.note(id(1), on("2026-03-17", 10), 2_000);
    assert_eq!(peaks.recurring(id(1), on("2026-03-24", 10)), None);
    peaks.note(id(1), on("2026-03-24", 10), 2_400);
    let third = peaks.recurring(id(1), on("2026-03-31", 9)).unwrap();
    assert_eq!((third.count, third.times), (2_400, 2));
    assert_eq!(
        peaks.recurring(id(1), on("2026-04-01", 10)),
        None,
        "another day"
    );
    assert_eq!(
        peaks.recurring(id(1), on("2026-03-31", 13)),
        None,
        "another time"
    );
    assert_eq!(
        peaks.recurring(id(2), on("2026-03-31", 10)),
        None,
        "another sender"
    );
}

#[test]
fn the_month_s_end_is_known_from_the_month_before() {
    let mut peaks = Peaks::default();
    peaks.note(id(1), on("2026-02-28", 7), 900);
    assert_eq!(
        peaks.recurring(id(1), on("2026-03-31", 7)).unwrap().count,
        900
    );
    assert_eq!(
        peaks.recurring(id(1), on("2026-03-28", 8)).unwrap().count,
        900
    );
    assert_eq!(peaks.recurring(id(1), on("2026-03-27", 7)), None);
}

#[test]
fn what_is_old_is_forgotten_and_there_is_an_end_to_it() {
    let mut peaks = Peaks::default();
    for n in 0..400 {
        peaks.note(id(n), start_hour() + n, 500);
    }
    let known = (0..400).filter(|n| peaks.recurring(id(*n), start_hour() + n + 744).is_some());
    assert_eq!(known.count(), MAX_SUBJECTS);
    peaks.forget(start_hour() + 33 * 24 + 400);
    assert_eq!(peaks, Peaks::default());
    for hour in 0..100 {
        peaks.note(id(1), start_hour() + hour, 500);
    }
    assert!(postcard::to_stdvec(&peaks).unwrap().len() < 20 + 2 * MAX_HOURS);
}

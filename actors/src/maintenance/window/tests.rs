use super::*;
use chrono::Utc;
use proptest::prelude::*;

fn at(text: &str) -> UnixMs {
    UnixMs(text.parse::<DateTime<Utc>>().unwrap().timestamp_millis())
}

fn time(text: &str) -> NaiveTime {
    text.parse().unwrap()
}

fn window(zone: &str, recurrence: Option<Recurrence>) -> Window {
    Window {
        id: 1,
        name: "patch night".into(),
        scope: Scope::All,
        detectors: Vec::new(),
        zone: zone.parse().unwrap(),
        starts_at: at("2026-01-01T00:00:00Z"),
        ends_at: None,
        recurrence,
    }
}

fn weekly(days: &[Weekday], start: &str, end: &str) -> Recurrence {
    Recurrence::Week {
        days: days.to_vec(),
        start: time(start),
        end: time(end),
    }
}

fn span(from: &str, until: &str) -> Span {
    Span {
        from: at(from),
        until: Some(at(until)),
    }
}

#[test]
fn one_span_is_half_open_and_may_have_no_end() {
    let mut once = window("Asia/Dhaka", None);
    once.ends_at = Some(at("2026-01-01T02:00:00Z"));
    assert!(once.under_way(at("2025-12-31T23:59:59Z")).is_none());
    assert!(once.under_way(at("2026-01-01T00:00:00Z")).is_some());
    assert!(once.under_way(at("2026-01-01T01:59:59Z")).is_some());
    assert!(once.under_way(at("2026-01-01T02:00:00Z")).is_none());
    once.ends_at = None;
    assert!(once.under_way(at("2036-01-01T00:00:00Z")).is_some());
    assert_eq!(once.next(at("2026-01-01T00:00:00Z")), None);
    assert!(once.next(at("2025-12-31T00:00:00Z")).is_some());
}

#[test]
fn a_night_over_the_weekend_belongs_to_the_day_it_starts_on() {
    let saturday = window(
        "Asia/Dhaka",
        Some(weekly(&[Weekday::Sat], "22:00:00", "06:00:00")),
    );
    // Dhaka is at +06:00; 2026-11-21 is a Saturday.
    let night = span("2026-11-21T16:00:00Z", "2026-11-22T00:00:00Z");
    assert_eq!(saturday.under_way(at("2026-11-21T15:59:59Z")), None);
    assert_eq!(saturday.under_way(at("2026-11-21T16:00:00Z")), Some(night));
    assert_eq!(saturday.under_way(at("2026-11-21T23:59:59Z")), Some(night));
    assert_eq!(saturday.under_way(at("2026-11-22T00:00:00Z")), None);
    // Sunday at 22:00 is not Saturday's.
    assert_eq!(saturday.under_way(at("2026-11-22T16:30:00Z")), None);
    assert_eq!(
        saturday.next(at("2026-11-21T16:00:00Z")).map(|s| s.from),
        Some(at("2026-11-28T16:00:00Z"))
    );
}

#[test]
fn the_hour_is_the_zones_before_and_after_its_clocks_change() {
    let daily = [
        Weekday::Mon,
        Weekday::Tue,
        Weekday::Wed,
        Weekday::Thu,
        Weekday::Fri,
        Weekday::Sat,
        Weekday::Sun,
    ];
    let nightly = window(
        "Europe/Berlin",
        Some(weekly(&daily, "02:30:00", "04:00:00")),
    );
    // 2026-03-29: 02:00 to 03:00 does not exist, the first instant after is 03:00 +02:00.
    let spring = nightly.under_way(at("2026-03-29T01:00:00Z"));
    assert_eq!(
        spring,
        Some(span("2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"))
    );
    // 2026-10-25: 02:30 is shown twice, the first one counts.
    let autumn = nightly.under_way(at("2026-10-25T00:30:00Z"));
    assert_eq!(
        autumn,
        Some(span("2026-10-25T00:30:00Z", "2026-10-25T03:00:00Z"))
    );
    let winter = nightly.under_way(at("2026-12-01T01:30:00Z"));
    assert_eq!(
        winter,
        Some(span("2026-12-01T01:30:00Z", "2026-12-01T03:00:00Z"))
    );
}

#[test]
fn the_last_of_the_month_does_not_drift() {
    let monthly = window(
        "UTC",
        Some(Recurrence::Month {
            day: 31,
            start: time("01:00:00"),
            end: time("02:00:00"),
        }),
    );
    let mut now = at("2026-01-01T00:00:00Z");
    let mut days = Vec::new();
    for _ in 0..5 {
        let next = monthly.next(now).unwrap();
        let from = DateTime::from_timestamp_millis(next.from.0).unwrap();
        days.push((from.month(), from.day()));
        now = next.from;
    }
    assert_eq!(days, [(1, 31), (2, 28), (3, 31), (4, 30), (5, 31)]);
}

#[test]
fn bounds_cut_a_recurrence() {
    let mut nightly = window(
        "UTC",
        Some(weekly(
            &[Weekday::Thu, Weekday::Fri],
            "22:00:00",
            "02:00:00",
        )),
    );
    nightly.starts_at = at("2026-01-01T23:00:00Z");
    nightly.ends_at = Some(at("2026-01-03T01:00:00Z"));
    assert_eq!(
        nightly.under_way(at("2026-01-01T23:30:00Z")),
        Some(span("2026-01-01T23:00:00Z", "2026-01-02T02:00:00Z"))
    );
    assert_eq!(nightly.under_way(at("2026-01-01T22:30:00Z")), None);
    assert_eq!(
        nightly.next(at("2026-01-02T03:00:00Z")),
        Some(span("2026-01-02T22:00:00Z", "2026-01-03T01:00:00Z"))
    );
    assert_eq!(nightly.next(at("2026-01-03T01:00:00Z")), None);
}

#[test]
fn what_a_window_is_about() {
    let mut window = window("UTC", None);
    let tags = ["dc:dhaka".to_owned()];
    assert!(window.is_about("disk_bytes", Some(ServerId(1)), &tags));
    assert!(window.is_about("fleet_silent", None, &[]));
    window.detectors = vec!["service_down".into()];
    assert!(!window.is_about("disk_bytes", Some(ServerId(1)), &tags));
    window.scope = Scope::Tags(vec!["dc:dhaka".into()]);
    assert!(window.is_about("service_down", Some(ServerId(1)), &tags));
    assert!(!window.is_about("service_down", Some(ServerId(1)), &[]));
    assert!(!window.is_about("service_down", None, &[]));
}

proptest! {
    /// Minute by minute over a year's changes of clock: whoever walks forward meets exactly the spans that `next`
    /// foretells, in every zone there is.
    #[test]
    fn what_comes_next_is_under_way_when_it_comes(
        zone in 0..chrono_tz::TZ_VARIANTS.len(),
        start in 0_u32..1_440,
        length in 1_u32..1_440,
        days in proptest::collection::btree_set(0_u8..7, 1..=7),
        begin in 0_i64..365 * 86_400,
    ) {
        let clock = |minute: u32| NaiveTime::from_num_seconds_from_midnight_opt(minute % 1_440 * 60, 0).unwrap();
        let days = days.into_iter().map(|day| Weekday::try_from(day).unwrap()).collect();
        let mut window = window("UTC", Some(Recurrence::Week { days, start: clock(start), end: clock(start + length) }));
        window.zone = chrono_tz::TZ_VARIANTS[zone];
        let now = at("2026-01-01T00:00:00Z").plus(Duration::from_secs(begin.unsigned_abs()));
        let next = window.next(now).unwrap();
        prop_assert!(next.from > now);
        prop_assert_eq!(window.under_way(next.from), Some(next));
        let until = next.until.unwrap();
        prop_assert!(window.under_way(UnixMs(until.0 - 1)).is_some());
        if let Some(before) = window.under_way(UnixMs(next.from.0 - 1)) {
            // Only a span of a day or so reaches the next one.
            prop_assert!(before.from < next.from);
        }
    }
}

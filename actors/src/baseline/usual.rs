//! What was usual for a number in each hour, learned from its history as [`super::generic`] learns it; for charts.

use super::generic::{Baseline, Expected, P95_IN_SIGMA, least};
use super::{hour_number, hour_start};
use noc_pipeline::clock::UnixMs;
use std::time::Duration;

/// Of how much history before a time is learned what is usual then: the days that [`Baseline`] looks at, and the day
/// they are counted from.
pub const LEARNED_FROM: Duration = Duration::from_secs(8 * 86_400);

/// An hour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UsualHour {
    /// When it begins.
    pub from: UnixMs,
    /// What was usual in it; `None` while that was being learned.
    pub range: Option<UsualRange>,
}

/// Where nine of ten values of an hour lie, by the hours before it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UsualRange {
    /// One of twenty lies below.
    pub low: f64,
    /// The middle.
    pub mid: f64,
    /// One of twenty lies above.
    pub high: f64,
}

/// The hours touched by `from..to`, oldest first. `points` are in order of time and begin [`LEARNED_FROM`] earlier;
/// `odd` says whether what was seen then was held to be out of the usual; `interval` is how often they come.
#[must_use]
pub fn usual(
    points: impl IntoIterator<Item = (UnixMs, f64)>,
    interval: Option<Duration>,
    (from, to): (UnixMs, UnixMs),
    odd: impl Fn(UnixMs) -> bool,
) -> Vec<UsualHour> {
    let least = least(interval);
    let mut baseline = Baseline::default();
    let (Some(first), Some(last)) = (
        hour_number(from),
        hour_number(to.minus(Duration::from_millis(1))),
    ) else {
        return Vec::new();
    };
    let mut asked = (first..=last).peekable();
    let mut out = Vec::new();
    let mut ask_until = |baseline: &mut Baseline, at: Option<UnixMs>| {
        while let Some(hour) = asked.next_if(|hour| at.is_none_or(|at| hour_start(*hour) <= at)) {
            let from = hour_start(hour);
            let range = range(baseline.expect(from, least));
            out.push(UsualHour { from, range });
        }
    };
    for (at, value) in points {
        ask_until(&mut baseline, Some(at));
        baseline.learn(at, least, value, odd(at));
    }
    ask_until(&mut baseline, None);
    out
}

/// Nothing that is measured lies below 0.
fn range(expected: Expected) -> Option<UsualRange> {
    match expected {
        Expected::Known(band) => Some(UsualRange {
            low: (band.mid - P95_IN_SIGMA * band.down).max(0.0),
            mid: band.mid,
            high: band.mid + P95_IN_SIGMA * band.up,
        }),
        Expected::Learning { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: UnixMs = UnixMs(1_767_225_600_000);
    const MINUTE: Duration = Duration::from_secs(60);
    const HOUR: u32 = 3_600;

    fn at(seconds: u32) -> UnixMs {
        T0.plus(Duration::from_secs(u64::from(seconds)))
    }

    /// Every minute of some days: quiet, but for the third hour of each day.
    fn days(days: u32) -> Vec<(UnixMs, f64)> {
        let minutes = (0..days * 24 * 60).map(|minute| {
            let busy = (minute / 60) % 24 == 3;
            let value = if busy { 80.0 } else { 10.0 } + f64::from(minute % 5);
            (at(minute * 60), value)
        });
        minutes.collect()
    }

    #[test]
    fn each_hour_of_the_day_has_its_own_range_once_it_is_known() {
        let points = days(7);
        let span = (at(6 * 24 * HOUR), at(7 * 24 * HOUR));
        let hours = usual(points, Some(MINUTE), span, |_| false);
        assert_eq!(hours.len(), 24);
        for (place, hour) in hours.iter().enumerate() {
            let range = hour.range.unwrap();
            let mid = if place == 3 { 82.0 } else { 12.0 };
            assert_eq!(
                hour.from,
                at((6 * 24 + u32::try_from(place).unwrap()) * HOUR)
            );
            assert!((range.mid - mid).abs() < 0.01, "{place}: {range:?}");
            assert!(range.low <= range.mid && range.mid <= range.high);
            assert!((range.high - (mid + 2.0)).abs() < 0.1, "{place}: {range:?}");
        }
    }

    #[test]
    fn nothing_is_usual_while_it_is_learned_and_gaps_are_told_of_too() {
        let points = days(2);
        let span = (at(0), at(3 * 24 * HOUR));
        let hours = usual(points, Some(MINUTE), span, |_| false);
        assert_eq!(hours.len(), 72);
        assert!(hours[..12].iter().all(|hour| hour.range.is_none()));
        assert!(hours[12].range.is_some(), "twelve hours are known");
        // The third day holds no report, and something is usual all the same.
        assert!(hours[71].range.is_some());
    }

    #[test]
    fn what_was_odd_does_not_become_usual() {
        let mut points = days(2);
        let odd_from = at(24 * HOUR);
        for (when, value) in &mut points {
            if *when >= odd_from {
                *value = 500.0;
            }
        }
        let span = (at(47 * HOUR), at(48 * HOUR));
        let high = |odd: &dyn Fn(UnixMs) -> bool| {
            let hours = usual(points.clone(), Some(MINUTE), span, odd);
            hours[0].range.unwrap().high
        };
        assert!(high(&|when| when >= odd_from) < 20.0);
        assert!(high(&|_| false) > 400.0, "learned as it came");
    }

    #[test]
    fn no_range_lies_below_zero_and_an_empty_span_has_no_hours() {
        let points: Vec<_> = days(3).into_iter().map(|(when, _)| (when, 0.0)).collect();
        let span = (at(2 * 24 * HOUR), at(2 * 24 * HOUR + 60));
        let hours = usual(points, Some(MINUTE), span, |_| false);
        assert_eq!(hours.len(), 1);
        assert_eq!(hours[0].range.unwrap().low, 0.0);
        let before_1970 = (UnixMs(-10), UnixMs(-5));
        assert!(usual([], None, before_1970, |_| false).is_empty());
    }
}

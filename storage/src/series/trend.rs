//! Where a measurement is going. Pure.
//!
//! The slope is the median of the slopes between all pairs of points (Theil 1950, Sen 1968): a straight line gives its
//! own slope, and a single step, such as a large file that was put somewhere or a queue that was emptied at once, does
//! not count as a pace that goes on.

use noc_pipeline::clock::UnixMs;
use std::time::Duration;

/// Fewer points say nothing.
pub const MIN_POINTS: usize = 4;

/// Points that span less time say nothing.
pub const MIN_SPAN: Duration = Duration::from_secs(15 * 60);

/// Most points looked at, evenly chosen from what is given: pairs grow with the square.
const MAX_POINTS: usize = 100;

/// What takes longer than a year to be full does not fill.
pub const LONGEST_HOURS: f64 = 366.0 * 24.0;

const HOUR_MS: f64 = 3_600_000.0;

/// By how much a measurement grows in an hour; negative when it shrinks, `None` before there is a trend. `points` are in
/// ascending order of time.
#[must_use]
pub fn per_hour(points: &[(UnixMs, f64)]) -> Option<f64> {
    let (first, last) = (points.first()?, points.last()?);
    if points.len() < MIN_POINTS || last.0.since(first.0) < MIN_SPAN {
        return None;
    }
    let step = points.len().div_ceil(MAX_POINTS);
    let chosen: Vec<(UnixMs, f64)> = points.iter().rev().step_by(step).copied().collect();
    let mut slopes = Vec::with_capacity(chosen.len() * chosen.len() / 2);
    for (nth, later) in chosen.iter().enumerate() {
        for earlier in chosen.iter().skip(nth + 1) {
            #[expect(clippy::cast_precision_loss, reason = "spans are hours")]
            let hours = (later.0.0 - earlier.0.0) as f64 / HOUR_MS;
            if hours > 0.0 {
                slopes.push((later.1 - earlier.1) / hours);
            }
        }
    }
    median(&mut slopes)
}

fn median(values: &mut [f64]) -> Option<f64> {
    let count = values.len();
    if count == 0 {
        return None;
    }
    let (before, upper, _) = values.select_nth_unstable_by(count / 2, f64::total_cmp);
    let upper = *upper;
    if count % 2 == 1 {
        return Some(upper);
    }
    let lower = before.iter().copied().max_by(f64::total_cmp)?;
    Some(f64::midpoint(lower, upper))
}

/// Hours until what holds `total` is full, when `used` of it is in use and it fills by so much an hour. `None` when it
/// does not fill, or not within a year; 0 when it is full.
#[must_use]
pub fn hours_to_full(used: f64, total: f64, per_hour: f64) -> Option<f64> {
    if total <= 0.0 || per_hour <= 0.0 {
        return None;
    }
    let hours = (total - used).max(0.0) / per_hour;
    (hours <= LONGEST_HOURS).then_some(hours)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MINUTE: i64 = 60_000;

    fn every_5_min(values: impl IntoIterator<Item = f64>) -> Vec<(UnixMs, f64)> {
        let values = values.into_iter().enumerate();
        values
            .map(|(n, value)| (UnixMs(i64::try_from(n).unwrap() * 5 * MINUTE), value))
            .collect()
    }

    #[test]
    fn a_line_has_its_own_slope() {
        let points = every_5_min((0..72).map(|n| 1_000.0 + f64::from(n) * 10.0));
        assert_eq!(per_hour(&points), Some(120.0));
        let falling = every_5_min((0..5).map(|n| -f64::from(n)));
        assert_eq!(per_hour(&falling), Some(-12.0));
        assert_eq!(per_hour(&every_5_min([7.0; 10])), Some(0.0));
    }

    #[test]
    fn one_large_step_is_no_pace() {
        let put_there = (0..72).map(|n| if n < 60 { 100.0 } else { 50_000.0 });
        assert_eq!(per_hour(&every_5_min(put_there)), Some(0.0));
        let cleaned_up = (0..72).map(|n| f64::from(n) * 10.0 - if n < 50 { 0.0 } else { 400.0 });
        let slope = per_hour(&every_5_min(cleaned_up)).unwrap();
        assert!(slope > 60.0, "it fills on: {slope}");
    }

    #[test]
    fn few_points_or_a_short_time_say_nothing() {
        assert_eq!(per_hour(&[]), None);
        assert_eq!(per_hour(&every_5_min([1.0, 2.0, 3.0])), None);
        let quick: Vec<_> = (0..10).map(|n| (UnixMs(n * MINUTE), 1.0)).collect();
        assert_eq!(per_hour(&quick), None);
        let one_moment: Vec<_> = (0..10).map(|n| (UnixMs(0), n as f64)).collect();
        assert_eq!(per_hour(&one_moment), None);
    }

    #[test]
    fn a_disk_that_does_not_fill_has_no_end() {
        assert_eq!(hours_to_full(40.0, 100.0, 10.0), Some(6.0));
        assert_eq!(hours_to_full(100.0, 100.0, 10.0), Some(0.0));
        assert_eq!(hours_to_full(120.0, 100.0, 10.0), Some(0.0));
        for (used, total, pace) in [
            (40.0, 100.0, 0.0),
            (40.0, 100.0, -3.0),
            (40.0, 0.0, 3.0),
            (40.0, 100.0, 0.001),
            (40.0, 100.0, f64::NAN),
        ] {
            assert_eq!(
                hours_to_full(used, total, pace),
                None,
                "{used} {total} {pace}"
            );
        }
    }

    proptest! {
        #[test]
        fn it_lies_between_the_steepest_steps(values in prop::collection::vec(-1e9..1e9f64, 4..150)) {
            let points = every_5_min(values.iter().copied());
            let steps = values.windows(2).map(|pair| (pair[1] - pair[0]) * 12.0);
            let (low, high) = steps.fold((f64::MAX, f64::MIN), |(low, high), s| (low.min(s), high.max(s)));
            let slope = per_hour(&points).unwrap();
            let slack = 1e-6 * (high - low).abs().max(1.0);
            prop_assert!(slope >= low - slack && slope <= high + slack, "{low} {slope} {high}");
        }
    }
}

//! Scores that were reckoned by hand, and two series made here.

use super::data::{Labels, Series};
use super::score::{PROFILES, Scored, probation, score};
use super::{Chosen, Labelled, detect};
use noc_pipeline::clock::UnixMs;

const MIN: i64 = 60_000;

/// A hundred values, 5 min apart; the first 15 are for learning.
fn hundred() -> Vec<UnixMs> {
    (0..100).map(|n| UnixMs(n * 5 * MIN)).collect()
}

/// The window of the places 50 to 59.
fn window() -> (UnixMs, UnixMs) {
    (UnixMs(50 * 5 * MIN), UnixMs(59 * 5 * MIN))
}

fn scores(detections: &[usize]) -> [f64; 3] {
    let scored = score(&hundred(), detections, &[window()]);
    PROFILES.map(|profile| scored.normalised(&profile).unwrap())
}

fn close(found: [f64; 3], reckoned: [f64; 3]) {
    for (found, reckoned) in found.iter().zip(reckoned) {
        assert!((found - reckoned).abs() < 1e-3, "{found} is not {reckoned}");
    }
}

#[test]
fn silence_is_0_and_the_first_value_of_each_window_is_100() {
    close(scores(&[]), [0.0, 0.0, 0.0]);
    close(scores(&[50]), [100.0, 100.0, 100.0]);
}

#[test]
fn the_later_in_the_window_the_less() {
    // Place 55: y = -0.5, 2 / (1 + e^-2.5) - 1 = 0.848284; of 0.986614 that is 0.859793.
    // standard: (0.859793 + 1) / 2; low FN: (0.859793 + 2) / 3.
    close(scores(&[55]), [92.98963, 92.98963, 95.32642]);
    // Place 59: y = -0.1, 2 / (1 + e^-0.5) - 1 = 0.244919, a share of 0.248242.
    close(scores(&[59]), [62.41208, 62.41208, 74.94138]);
    close(scores(&[55, 59]), scores(&[55]));
}

#[test]
fn false_detections_cost_all_before_and_far_behind_and_less_close_behind() {
    // Before: -0.11, of 2: 5.5 points; low FP twice that; low FN -0.11 of 3.
    close(scores(&[20, 50]), [94.5, 89.0, 96.33333]);
    // Place 64: y = 5 / 9, 2 / (1 + e^(25/9)) - 1 = -0.882929: -0.097122 of 2.
    close(scores(&[50, 64]), [95.14389, 90.28778, 96.76259]);
    // Place 95: y = 4: beyond 3 all of it.
    close(scores(&[50, 95]), [94.5, 89.0, 96.33333]);
    // For learning: nothing.
    close(scores(&[14, 50]), [100.0, 100.0, 100.0]);
    close(scores(&[15, 50]), [94.5, 89.0, 96.33333]);
}

#[test]
fn figures_of_several_series_add_up() {
    let first = score(&hundred(), &[20, 52], &[window()]);
    let second = score(&hundred(), &[], &[window()]);
    let mut all = Scored::default();
    all.add(&first);
    all.add(&second);
    assert_eq!(
        (all.windows, all.found, all.inside, all.outside),
        (2, 1, 1, 1)
    );
    assert_eq!((all.precision(), all.recall()), (Some(0.5), Some(0.5)));
    assert_eq!(all.mean_delay_s(), Some(600.0));
    assert_eq!(Scored::default().normalised(&PROFILES[0]), None);
}

#[test]
fn the_probation_is_15_percent_of_at_most_5000() {
    assert_eq!(
        (probation(100), probation(5_000), probation(20_000)),
        (15, 750, 750)
    );
    let early = (UnixMs(0), UnixMs(10 * 5 * MIN));
    assert_eq!(score(&hundred(), &[5], &[early]), Scored::default());
}

#[test]
fn files_are_read_as_they_are_laid_out_and_bad_lines_are_named() {
    let text = "timestamp,value\n2014-02-14 14:27:00,51.846\n2014-02-14 14:32:00,44.508\n";
    let series = Series::parse(text).unwrap();
    assert_eq!(series.values, [51.846, 44.508]);
    assert_eq!(series.interval().as_secs(), 300);
    let refused = Series::parse("timestamp,value\n2014-02-14 14:27:00,x\n").unwrap_err();
    assert_eq!(refused.to_string(), "line 2 is no `timestamp,value`");
    let labels = r#"{"a/b.csv": [["2014-02-14 14:27:00.000000", "2014-02-14 14:32:00.000000"]], "c.csv": []}"#;
    let labels = Labels::parse(labels).unwrap();
    let all: Vec<_> = labels.iter().collect();
    assert_eq!(all[0], ("a/b.csv", &[(series.at[0], series.at[1])][..]));
    assert_eq!(all[1].1, &[]);
    assert!(Labels::parse(r#"{"a": [["noon", "later"]]}"#).is_err());
}

/// Two weeks of five-minute values, of which one stretch is another.
fn two_weeks(
    odd: std::ops::Range<i64>,
    usual: impl Fn(i64) -> f64,
    is: f64,
) -> (Series, (UnixMs, UnixMs)) {
    let mut text = "timestamp,value\n".to_owned();
    for n in 0..14 * 288 {
        let at = UnixMs(1_392_336_000_000 + n * 5 * MIN).to_datetime();
        let value = if odd.contains(&n) { is } else { usual(n) };
        text.push_str(&format!("{},{value}\n", at.format("%Y-%m-%d %H:%M:%S")));
    }
    let series = Series::parse(&text).unwrap();
    let at = |n: i64| series.at[usize::try_from(n).unwrap()];
    let window = (at(odd.start - 20), at(odd.end + 20));
    (series, window)
}

fn arguments() -> Labelled {
    Labelled {
        data: None,
        labels: None,
        profile: Chosen::All,
        factor: 1.0,
        deviations: 6.0,
        for_seconds: 0,
    }
}

#[test]
fn a_jump_of_a_noisy_flat_series_is_found_at_once_and_nothing_else() {
    let wobble = |n: i64| 40.0 + f64::from(u32::try_from(n * 7_919 % 101).unwrap()) / 25.0;
    let (series, window) = two_weeks(3_000..3_060, wobble, 90.0);
    let detections = detect(&series, &arguments()).unwrap();
    assert_eq!(detections, [3_000]);
    let scored = score(&series.at, &detections, &[window]);
    assert_eq!((scored.found, scored.outside), (1, 0));
    assert_eq!(scored.mean_delay_s(), Some(20.0 * 300.0));
    assert!(scored.normalised(&PROFILES[0]).unwrap() > 97.0);
}

#[test]
fn a_quiet_noon_of_a_daily_rhythm_is_found_though_the_night_is_as_quiet() {
    let day = |n: i64| {
        let noise = f64::from(u32::try_from(n * 7_919 % 101).unwrap()) / 50.0;
        if (96..240).contains(&(n % 288)) {
            100.0 + noise
        } else {
            10.0 + noise
        }
    };
    let noon = 10 * 288 + 144;
    let (series, window) = two_weeks(noon..noon + 12, day, 10.0);
    let detections = detect(&series, &arguments()).unwrap();
    assert_eq!(detections.len(), 1, "{detections:?}");
    let scored = score(&series.at, &detections, &[window]);
    assert_eq!((scored.found, scored.inside, scored.outside), (1, 1, 0));
}

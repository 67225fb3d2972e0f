//! Stories, and a naive version that keeps everything as oracle.

use super::*;
use proptest::prelude::*;

const MIN: i64 = 60_000;

/// Feeds a value every five minutes from `from` for so many hours; what was expected at the end.
fn feed(
    baseline: &mut Baseline,
    from_hour: i64,
    hours: i64,
    frozen: bool,
    value: impl Fn(i64) -> f64,
) -> Expected {
    for tick in 0..hours * 12 {
        let at = UnixMs(from_hour * HOUR_MS + tick * 5 * MIN);
        baseline.learn(at, 6, value(from_hour + tick / 12), frozen);
    }
    baseline.expect(UnixMs((from_hour + hours) * HOUR_MS), 6)
}

fn mid(expected: Expected) -> f64 {
    match expected {
        Expected::Known(band) => band.mid,
        Expected::Learning { .. } => panic!("still learning"),
    }
}

#[test]
fn it_learns_for_twelve_hours_then_by_the_day_then_by_the_hour_of_the_day() {
    let day = |hour: i64| if hour % 24 < 8 { 10.0 } else { 100.0 };
    let mut baseline = Baseline::default();
    assert_eq!(
        feed(&mut baseline, 0, 11, false, day),
        Expected::Learning { have: 11, need: 12 }
    );
    let Expected::Known(band) = feed(&mut baseline, 11, 13, false, day) else {
        panic!("24 hours are known");
    };
    assert_eq!((band.mid, band.hours, band.same_hour), (100.0, 24, false));
    assert!(band.lower(2.0, 3.0) < 10.0, "the night is usual: {band:?}");
    let Expected::Known(band) = feed(&mut baseline, 24, 72, false, day) else {
        panic!("four days are known");
    };
    assert_eq!((band.mid, band.hours, band.same_hour), (10.0, 4, true));
    assert_eq!(band.upper(3.0, 3.0), 30.0);
}

#[test]
fn one_odd_day_and_one_odd_value_move_nothing() {
    let mut baseline = Baseline::default();
    feed(&mut baseline, 0, 6 * 24, false, |hour| {
        if hour / 24 == 3 { 1e6 } else { 50.0 }
    });
    assert_eq!(mid(baseline.expect(UnixMs(6 * 24 * HOUR_MS), 6)), 50.0);
    for tick in 0..12 {
        let value = if tick == 5 { 1e9 } else { 50.0 };
        baseline.learn(UnixMs(6 * 24 * HOUR_MS + tick * 5 * MIN), 6, value, false);
    }
    let hours = baseline.hours.all();
    assert_eq!(hours.len(), 144);
    baseline.expect(UnixMs((6 * 24 + 1) * HOUR_MS), 6);
    assert_eq!(baseline.hours.all().last().map(|h| h.mid), Some(50.0));
}

#[test]
fn frozen_hours_count_for_nothing_until_they_recur_for_72_hours() {
    let mut baseline = Baseline::default();
    feed(&mut baseline, 0, 5 * 24, false, |_| 10.0);
    for hour in 120..192 {
        let now = feed(&mut baseline, hour, 1, true, |_| 500.0);
        let after = hour + 1 - 120;
        let usual = if after < 72 { 10.0 } else { 500.0 };
        assert_eq!(mid(now), usual, "after {after} h");
    }
}

#[test]
fn what_happens_every_night_becomes_usual_and_what_stopped_is_not() {
    let mut baseline = Baseline::default();
    let night = |hour: i64| hour % 24 == 3;
    for hour in 0..8 * 24 {
        let odd = hour >= 96 && night(hour);
        feed(&mut baseline, hour, 1, odd, |h| {
            if odd && night(h) { 90.0 } else { 10.0 }
        });
    }
    assert_eq!(
        mid(baseline.expect(UnixMs((8 * 24 + 3) * HOUR_MS), 6)),
        90.0
    );
    assert_eq!(
        mid(baseline.clone().expect(UnixMs((8 * 24 + 4) * HOUR_MS), 6)),
        10.0
    );
    feed(&mut baseline, 8 * 24, 48, false, |_| 10.0);
    assert_eq!(
        mid(baseline.expect(UnixMs((10 * 24 + 3) * HOUR_MS), 6)),
        10.0
    );
}

#[test]
fn new_normal_keeps_what_was_frozen_and_nothing_else() {
    let mut baseline = Baseline::default();
    feed(&mut baseline, 0, 5 * 24, false, |_| 10.0);
    feed(&mut baseline, 120, 12, true, |_| 500.0);
    assert_eq!(mid(baseline.expect(UnixMs(132 * HOUR_MS), 6)), 10.0);
    baseline.new_normal();
    assert_eq!(mid(baseline.expect(UnixMs(132 * HOUR_MS), 6)), 500.0);
}

#[test]
fn late_values_and_half_empty_hours_teach_nothing() {
    let mut baseline = Baseline::default();
    feed(&mut baseline, 0, 24, false, |_| 10.0);
    let before = baseline.clone();
    baseline.learn(UnixMs(20 * HOUR_MS), 6, 1e9, false);
    assert_eq!(baseline, before);
    for tick in 0..5 {
        baseline.learn(UnixMs(24 * HOUR_MS + tick * MIN), 6, 1e9, false);
    }
    baseline.expect(UnixMs(26 * HOUR_MS), 6);
    assert_eq!(baseline.hours.all().len(), 24, "5 of 12 are no hour");
}

#[test]
fn a_nightly_job_widens_its_hour_upwards_only() {
    let mut baseline = Baseline::default();
    for tick in 0..5 * 24 * 12 {
        let busy = (tick / 12) % 24 == 2 && tick % 12 < 3;
        let value = if busy { 95.0 } else { 10.0 };
        baseline.learn(UnixMs(tick * 5 * MIN), 6, value, false);
    }
    let Expected::Known(night) = baseline.expect(UnixMs((5 * 24 + 2) * HOUR_MS), 6) else {
        panic!("known");
    };
    assert_eq!(night.mid, 10.0);
    assert!(night.upper(2.0, 3.0) > 95.0, "{night:?}");
    assert!((night.lower(2.0, 3.0) - 5.0).abs() < 1e-9, "{night:?}");
}

#[test]
fn a_week_takes_less_than_three_kilobytes_whatever_comes() {
    let mut baseline = Baseline::default();
    for second in 0..9 * 86_400 / 15 {
        baseline.learn(UnixMs(second * 15_000), 120, f64::MAX, false);
    }
    let packed = postcard::to_stdvec(&baseline).unwrap();
    assert!(packed.len() < 3_072, "{} bytes", packed.len());
    assert_eq!(postcard::from_bytes::<Baseline>(&packed).unwrap(), baseline);
    assert!(
        matches!(baseline.expect(UnixMs(9 * 24 * HOUR_MS), 120), Expected::Known(b) if b.mid.is_finite())
    );
}

/// The same, from everything that was ever seen, told in its order.
fn naive(seen: &[(i64, f64, bool)], now: i64, least: usize) -> Expected {
    let mut hours: Vec<(i64, bool, [f64; 3])> = Vec::new();
    let mut last = i64::MIN;
    let mut in_order: Vec<(i64, f64, bool)> = Vec::new();
    for &(at, value, frozen) in seen {
        let hour = at.div_euclid(HOUR_MS);
        if hour >= last {
            last = hour;
            in_order.push((hour, f64::from(single(value)), frozen));
        }
    }
    let mut all: Vec<i64> = in_order.iter().map(|(hour, ..)| *hour).collect();
    all.dedup();
    for hour in all.into_iter().filter(|hour| *hour < last.max(now)) {
        let of: Vec<_> = in_order.iter().filter(|(h, ..)| *h == hour).collect();
        let mut values: Vec<f64> = of.iter().map(|(_, value, _)| *value).collect();
        if values.len() < least {
            continue;
        }
        values.sort_by(f64::total_cmp);
        let at = |share: f64| values[((values.len() - 1) as f64 * share).round() as usize];
        let frozen = of.iter().any(|(.., frozen)| *frozen);
        hours.push((hour, frozen, [at(0.05), at(0.5), at(0.95)]));
    }
    hours.retain(|(hour, ..)| *hour < now && now - hour <= 168);
    let same: Vec<_> = hours.iter().filter(|h| (now - h.0) % 24 == 0).collect();
    let frozen: Vec<_> = same.iter().filter(|h| h.1).collect();
    let recurs = frozen.len() >= 3 && same.iter().rev().take(2).any(|h| h.1);
    let chosen: Vec<_> = same.iter().filter(|h| h.1 == recurs).map(|h| h.2).collect();
    let middle = |get: usize, of: &[[f64; 3]]| {
        let mut values: Vec<f64> = of.iter().map(|figures| figures[get]).collect();
        values.sort_by(f64::total_cmp);
        let n = values.len();
        (values[(n - 1) / 2] + values[n / 2]) / 2.0
    };
    if recurs || chosen.len() >= 4 {
        let mid = middle(1, &chosen);
        let off: Vec<_> = chosen
            .iter()
            .map(|f| [0.0, f64::from(single((f[1] - mid).abs())), 0.0])
            .collect();
        let days = 1.4826 * middle(1, &off);
        let sigma = |edge: f64| {
            ((edge / 1.645).powi(2) + days.powi(2))
                .sqrt()
                .max(mid.abs() * 1e-6)
        };
        return Expected::Known(Band {
            mid,
            up: sigma((middle(2, &chosen) - mid).max(0.0)),
            down: sigma((mid - middle(0, &chosen)).max(0.0)),
            hours: chosen.len() as u32,
            same_hour: true,
        });
    }
    let usual = |days: i64| -> Vec<[f64; 3]> {
        let within = hours.iter().filter(|h| !h.1 && now - h.0 <= days * 24);
        within.map(|h| h.2).collect()
    };
    let any = if usual(1).len() >= 12 {
        usual(1)
    } else {
        usual(7)
    };
    if any.len() < 12 {
        return Expected::Learning {
            have: any.len() as u32,
            need: 12,
        };
    }
    let edge = |get: usize, share: f64| {
        let mut values: Vec<f64> = any.iter().map(|figures| figures[get]).collect();
        values.sort_by(f64::total_cmp);
        values[((values.len() - 1) as f64 * share).round() as usize]
    };
    let mid = middle(1, &any);
    Expected::Known(Band {
        mid,
        up: ((edge(2, 0.9) - mid).max(0.0) / 1.645).max(mid.abs() * 1e-6),
        down: ((mid - edge(0, 0.1)).max(0.0) / 1.645).max(mid.abs() * 1e-6),
        hours: any.len() as u32,
        same_hour: false,
    })
}

fn alike(a: Expected, b: Expected) -> bool {
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0);
    match (a, b) {
        (Expected::Known(a), Expected::Known(b)) => {
            close(a.mid, b.mid)
                && close(a.up, b.up)
                && close(a.down, b.down)
                && (a.hours, a.same_hour) == (b.hours, b.same_hour)
        }
        (a, b) => a == b,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Random values with gaps, freezes and late ones; the packed form is taken up in between.
    #[test]
    fn it_says_what_the_naive_version_says(
        steps in prop::collection::vec(
            (1i64..90, 0.0..1000.0f64, prop::bool::weighted(0.3), prop::bool::weighted(0.03)),
            50..700,
        ),
        least in 1u32..3,
    ) {
        let (mut baseline, mut seen, mut at) = (Baseline::default(), Vec::new(), 0);
        for (n, (minutes, value, frozen, late)) in steps.into_iter().enumerate() {
            at += minutes * MIN;
            let when = if late { (at - 5 * HOUR_MS).max(0) } else { at };
            let got = baseline.expect(UnixMs(when), least);
            prop_assert!(
                late || alike(got, naive(&seen, when.div_euclid(HOUR_MS), least as usize)),
                "{got:?} is not {:?}", naive(&seen, when.div_euclid(HOUR_MS), least as usize)
            );
            baseline.learn(UnixMs(when), least, value, frozen);
            seen.push((when, value, frozen));
            if n % 50 == 0 {
                let packed = postcard::to_stdvec(&baseline).unwrap();
                baseline = postcard::from_bytes(&packed).unwrap();
            }
        }
    }
}

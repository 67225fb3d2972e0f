//! The benchmark's scores, as published by Lavin and Ahmad (2015), "Evaluating Real-time Anomaly Detection Algorithms".
//!
//! * The first 15 % of a series, of at most 5,000 values, are for learning and count for nothing.
//! * A window that is found earns by how early its first detection is: `2 / (1 + e^5y) - 1` at the place `y`, from -1 at
//!   the window's first value towards 0 at its last, as a share of what the first value earns. One that is missed costs
//!   the profile's weight of a miss.
//! * A detection outside costs the profile's weight of a false one: all of it before the first window and far behind one,
//!   less close behind one, by the same function.
//! * The sum is normalised: 0 for a detector that never says anything, 100 for one that says each window's first value.

use super::data::Window;
use noc_pipeline::clock::UnixMs;

/// Weights of what a detector may do right and wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Profile {
    /// Its published name.
    pub name: &'static str,
    /// A window that is found.
    pub hit: f64,
    /// A detection outside.
    pub false_alarm: f64,
    /// A window that is missed.
    pub miss: f64,
}

/// The published ones.
pub static PROFILES: [Profile; 3] = [
    Profile {
        name: "standard",
        hit: 1.0,
        false_alarm: 0.11,
        miss: 1.0,
    },
    Profile {
        name: "reward_low_FP",
        hit: 1.0,
        false_alarm: 0.22,
        miss: 1.0,
    },
    Profile {
        name: "reward_low_FN",
        hit: 1.0,
        false_alarm: 0.11,
        miss: 2.0,
    },
];

const PROBATION: f64 = 0.15;
const PROBATION_OF: usize = 5_000;

/// What a detector did with one series, or with several.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Scored {
    /// Windows behind the probation.
    pub windows: u32,
    /// Windows with at least one detection.
    pub found: u32,
    /// Detections within windows.
    pub inside: u32,
    /// Detections outside.
    pub outside: u32,
    /// What found windows earned, before weights; 1 at most each.
    earned: f64,
    /// What false detections cost, before weights; 1 at most each.
    cost: f64,
    /// Seconds from a window's begin to its first detection, of all that were found.
    delay_s: f64,
}

impl Scored {
    /// Adds another series.
    pub fn add(&mut self, other: &Self) {
        self.windows += other.windows;
        self.found += other.found;
        self.inside += other.inside;
        self.outside += other.outside;
        self.earned += other.earned;
        self.cost += other.cost;
        self.delay_s += other.delay_s;
    }

    /// Share of detections that are within windows; `None` without any.
    pub fn precision(&self) -> Option<f64> {
        let all = f64::from(self.inside) + f64::from(self.outside);
        (all > 0.0).then(|| f64::from(self.inside) / all)
    }

    /// Share of windows that were found; `None` without any.
    pub fn recall(&self) -> Option<f64> {
        (self.windows > 0).then(|| f64::from(self.found) / f64::from(self.windows))
    }

    /// From a window's begin to its first detection; `None` where none was found.
    pub fn mean_delay_s(&self) -> Option<f64> {
        (self.found > 0).then(|| self.delay_s / f64::from(self.found))
    }

    /// The sum of all weights.
    pub fn raw(&self, profile: &Profile) -> f64 {
        let missed = f64::from(self.windows.saturating_sub(self.found));
        profile.hit * self.earned - profile.miss * missed - profile.false_alarm * self.cost
    }

    /// 0 for a detector that says nothing, 100 for a perfect one; `None` where nothing was to be found.
    pub fn normalised(&self, profile: &Profile) -> Option<f64> {
        let windows = f64::from(self.windows);
        let (silent, perfect) = (-profile.miss * windows, profile.hit * windows);
        (self.windows > 0).then(|| 100.0 * (self.raw(profile) - silent) / (perfect - silent))
    }
}

/// `2 / (1 + e^5y) - 1`: 0.99 at -1, 0 at 0, and -1 from 3 on.
fn sigmoid(y: f64) -> f64 {
    if y > 3.0 {
        return -1.0;
    }
    2.0 / (1.0 + (5.0 * y).exp()) - 1.0
}

/// How many values at the beginning count for nothing.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a share of at most 5,000"
)]
pub fn probation(values: usize) -> usize {
    (PROBATION * values.min(PROBATION_OF) as f64) as usize
}

#[expect(clippy::cast_precision_loss, reason = "places within a series")]
fn float(n: usize) -> f64 {
    n as f64
}

/// Scores detections, given as ascending places within the series.
pub fn score(at: &[UnixMs], detections: &[usize], windows: &[Window]) -> Scored {
    let start = probation(at.len());
    let place = |time: &UnixMs| at.partition_point(|t| t < time);
    // First and last place; windows that end within the probation are nobody's to find.
    let windows: Vec<(usize, usize)> = windows
        .iter()
        .map(|(first, last)| (place(first), at.partition_point(|t| t <= last)))
        .filter(|(first, end)| end > first && *end > start)
        .map(|(first, end)| (first, end - 1))
        .collect();
    let mut scored = Scored {
        windows: u32::try_from(windows.len()).unwrap_or(u32::MAX),
        ..Scored::default()
    };
    let mut best = vec![None::<f64>; windows.len()];
    for &detection in detections.iter().filter(|place| **place >= start) {
        let within = windows
            .iter()
            .position(|(first, last)| (*first..=*last).contains(&detection));
        if let Some(window) = within
            && let Some((first, last)) = windows.get(window)
        {
            scored.inside += 1;
            let width = float(last - first + 1);
            let earned = sigmoid(-float(last - detection + 1) / width) / sigmoid(-1.0);
            if let Some(best) = best.get_mut(window) {
                if best.is_none() {
                    let from = at.get(*first).copied().unwrap_or_default();
                    let to = at.get(detection).copied().unwrap_or_default();
                    scored.delay_s += to.since(from).as_secs_f64();
                }
                *best = Some(best.map_or(earned, |known| known.max(earned)));
            }
            continue;
        }
        scored.outside += 1;
        let before = windows.iter().rev().find(|(_, last)| *last < detection);
        scored.cost -= before.map_or(-1.0, |(first, last)| {
            sigmoid(float(detection - last) / float((last - first).max(1)))
        });
    }
    scored.found = u32::try_from(best.iter().flatten().count()).unwrap_or(u32::MAX);
    scored.earned = best.iter().flatten().sum();
    scored
}

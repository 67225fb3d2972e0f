//! How often passwords are tried: in the last 10 minutes, and in the 24 hours before them.
//!
//! A minute leaves the last ten for its hour; while an attack is on it is not learned as normal. Hours without a report
//! are missing and not zero.

use noc_pipeline::clock::UnixMs;
use serde::{Deserialize, Serialize};
use std::time::Duration;

const WINDOW_MINUTES: u32 = 10;
const MAX_HOURS: usize = 24;

/// Counts of attempts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Rate {
    /// Minutes of the last 10 with attempts: minute since 1970, how many.
    recent: Vec<(u32, u32)>,
    /// The last 24 hours with a report: hour since 1970, attempts in it.
    hours: Vec<(u32, u32)>,
    /// The last minute in which it was an attack; 0: never.
    loud_at: u32,
}

fn minute(at: UnixMs) -> u32 {
    u32::try_from(at.0 / 60_000).unwrap_or_default()
}

impl Rate {
    /// A report came, with attempts or without.
    pub(super) fn pass(&mut self, now: UnixMs, frozen: bool) {
        let (now, hour) = (minute(now), minute(now) / 60);
        let first = now.saturating_sub(WINDOW_MINUTES - 1);
        let (left, recent) = self.recent.iter().partition(|(at, _)| *at < first);
        let left: Vec<(u32, u32)> = left;
        self.recent = recent;
        if frozen {
            return;
        }
        for (at, count) in left {
            self.learn(at / 60, count);
        }
        self.learn(hour, 0);
        let oldest = hour.saturating_sub(24);
        self.hours.retain(|(at, _)| *at >= oldest);
        let over = self.hours.len().saturating_sub(MAX_HOURS + 1);
        self.hours.drain(..over);
    }

    fn learn(&mut self, hour: u32, count: u32) {
        match self.hours.binary_search_by_key(&hour, |(at, _)| *at) {
            Ok(place) => {
                if let Some((_, known)) = self.hours.get_mut(place) {
                    *known = known.saturating_add(count);
                }
            }
            Err(place) => self.hours.insert(place, (hour, count)),
        }
    }

    /// An attempt of then, told of now.
    pub(super) fn count(&mut self, at: UnixMs, now: UnixMs, frozen: bool) {
        let (at, now) = (minute(at), minute(now));
        let first = now.saturating_sub(WINDOW_MINUTES - 1);
        if at < first {
            // Read late, such as the first look at a log: it was no part of the last minutes.
            let known = at / 60 >= (now / 60).saturating_sub(24);
            if known && !frozen {
                self.learn(at / 60, 1);
            }
            return;
        }
        match self.recent.iter_mut().find(|(known, _)| *known == at) {
            Some((_, count)) => *count = count.saturating_add(1),
            None => self.recent.push((at, 1)),
        }
    }

    /// Attempts of the last 10 minutes.
    pub(super) fn recent(&self) -> u32 {
        let counts = self.recent.iter().map(|(_, count)| *count);
        counts.fold(0, u32::saturating_add)
    }

    /// Hours that are known.
    pub(super) fn hours(&self) -> u32 {
        u32::try_from(self.hours.len()).unwrap_or(u32::MAX)
    }

    /// Attempts in 10 minutes, on average over the hours before; `None` while there are too few of them.
    pub(super) fn mean(&self, least: u32) -> Option<f64> {
        let sum: f64 = self.hours.iter().map(|(_, count)| f64::from(*count)).sum();
        let hours = f64::from(self.hours());
        (self.hours() >= least).then_some(sum / (hours * 6.0))
    }

    pub(super) fn loud(&mut self, now: UnixMs) {
        self.loud_at = minute(now);
    }

    pub(super) fn is_quiet(&self, now: UnixMs, quiet: Duration) -> bool {
        let silent = minute(now).saturating_sub(self.loud_at);
        Duration::from_secs(u64::from(silent) * 60) >= quiet
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MINUTE: i64 = 60_000;
    const T: i64 = 1_778_155_200_000;

    proptest! {
        /// Against the naive way: every attempt is kept, and counted when it is asked for.
        #[test]
        fn it_counts_like_one_who_keeps_everything(
            steps in prop::collection::vec((1..30i64, 0..20u32), 1..200),
        ) {
            let mut rate = Rate::default();
            let mut all: Vec<i64> = Vec::new();
            let mut reports: Vec<i64> = Vec::new();
            let mut now = T;
            for (minutes, attempts) in steps {
                now += minutes * MINUTE;
                rate.pass(UnixMs(now), false);
                reports.push(now);
                for n in 0..i64::from(attempts) {
                    let at = now - n % 2 * MINUTE;
                    rate.count(UnixMs(at), UnixMs(now), false);
                    all.push(at);
                }
                let first = (now / MINUTE - 9) * MINUTE;
                let recent = all.iter().filter(|at| **at >= first).count();
                prop_assert_eq!(rate.recent() as usize, recent);
                let oldest = now / 3_600_000 - 24;
                let of = |at: i64| at / 3_600_000;
                let mut hours: Vec<i64> = reports.iter().map(|at| of(*at)).collect();
                hours.extend(all.iter().filter(|at| **at < first).map(|at| of(*at)));
                hours.retain(|hour| *hour >= oldest);
                hours.sort_unstable();
                hours.dedup();
                let before = all.iter().filter(|at| **at < first && of(**at) >= oldest).count();
                let mean = before as f64 / (hours.len() as f64 * 6.0);
                let ours = rate.mean(1).unwrap();
                prop_assert!((ours - mean).abs() < 1e-9, "{} {}", ours, mean);
            }
        }
    }

    #[test]
    fn what_comes_while_it_is_frozen_is_not_learned() {
        let mut rate = Rate::default();
        for n in 0..120 {
            let now = UnixMs(T + n * MINUTE);
            rate.pass(now, n >= 60);
            rate.count(now, now, n >= 60);
        }
        for n in 120..135 {
            rate.pass(UnixMs(T + n * MINUTE), true);
        }
        let now = UnixMs(T + 300 * MINUTE);
        rate.pass(now, false);
        // Of the first hour, but for those that were among the last ten when it froze.
        assert_eq!(rate.mean(1).map(|mean| (mean * 100.0).round()), Some(417.0));
        assert_eq!((rate.recent(), rate.hours()), (0, 2));
    }
}

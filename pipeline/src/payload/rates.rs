//! From readings of a counter to a rate. Pure.
//!
//! Agents send counters as they stand. A rate needs two readings, and is unknown (never zero, never negative, never
//! a spike) when the counter was reset in between: when it went back, or when the program that counts is younger than
//! the earlier reading. Which readings are compared is the caller's choice: two reports, or two points of a chart.

use super::{Litespeed, Mysql};
use crate::clock::UnixMs;

/// Clocks and start-up times are rounded to seconds: a program this much too young was not restarted.
const ROUNDING_S: u64 = 2;

/// A counter at one time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// When it was read.
    pub at: UnixMs,
    /// What it showed.
    pub value: f64,
}

/// Steps for each second between two readings; `None` when they are not in order or the counter was reset.
#[must_use]
pub fn per_second(earlier: Reading, later: Reading) -> Option<f64> {
    let seconds = later.at.since(earlier.at).as_secs_f64();
    let steps = delta(earlier.value, later.value)?;
    (seconds > 0.0).then(|| steps / seconds)
}

/// The rate between each two neighbouring points of a chart, at the later one. A point without a value makes the rates
/// beside it unknown; the first point has none.
#[must_use]
pub fn per_second_of(points: &[(UnixMs, Option<f64>)]) -> Vec<(UnixMs, Option<f64>)> {
    let mut earlier = None;
    let mut rates = Vec::with_capacity(points.len());
    for &(at, value) in points {
        let later = value.map(|value| Reading { at, value });
        let rate = earlier.zip(later).and_then(|(e, l)| per_second(e, l));
        rates.push((at, rate));
        earlier = later;
    }
    rates
}

/// By how much a counter grew; `None` once it was reset.
fn delta(earlier: f64, later: f64) -> Option<f64> {
    let steps = later - earlier;
    (steps >= 0.0).then_some(steps)
}

/// Whether a program of this age was started after the earlier reading.
fn was_restarted(earlier: UnixMs, later: UnixMs, uptime_s: Option<u64>) -> bool {
    let between = later.since(earlier).as_secs();
    uptime_s.is_some_and(|uptime| uptime.saturating_add(ROUNDING_S) < between)
}

/// What a database server did between two reports, for each second.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MysqlRates {
    /// Statements.
    pub questions_per_s: Option<f64>,
    /// Statements over its limit for slow ones.
    pub slow_queries_per_s: Option<f64>,
    /// Deadlocks.
    pub deadlocks_per_s: Option<f64>,
}

impl Mysql {
    /// The rates between an earlier report and this one; unknown after a restart.
    #[must_use]
    pub fn rates_since(&self, at: UnixMs, earlier: &Self, earlier_at: UnixMs) -> MysqlRates {
        let went_back = match (earlier.uptime_s, self.uptime_s) {
            (Some(before), Some(now)) => now < before,
            _ => false,
        };
        if went_back || was_restarted(earlier_at, at, self.uptime_s) {
            return MysqlRates::default();
        }
        let rate = |of: fn(&Self) -> Option<u64>| {
            let value = |m: &Self| super::catalogue::float(of(m));
            let earlier = Reading {
                at: earlier_at,
                value: value(earlier)?,
            };
            let later = Reading {
                at,
                value: value(self)?,
            };
            per_second(earlier, later)
        };
        MysqlRates {
            questions_per_s: rate(|m| m.questions_total),
            slow_queries_per_s: rate(|m| m.slow_queries_total),
            deadlocks_per_s: rate(|m| m.deadlocks_total),
        }
    }
}

/// Of the requests that a cache may answer, the share it did answer between two readings, 0 to 100. Static files are
/// none of its business and left out of both sides. `None` without such a request, and after a reset.
#[must_use]
pub fn cache_hit_pct(earlier: CacheCounters, later: CacheCounters) -> Option<f64> {
    let requests = delta(earlier.requests, later.requests)?;
    let static_hits = delta(earlier.static_hits, later.static_hits)?;
    let hits = delta(earlier.cache_hits, later.cache_hits)?;
    let asked = requests - static_hits;
    (asked > 0.0).then(|| (hits * 100.0 / asked).min(100.0))
}

/// Counters of a web cache at one time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CacheCounters {
    /// All requests.
    pub requests: f64,
    /// Those for static files.
    pub static_hits: f64,
    /// Those answered from the public or a private cache.
    pub cache_hits: f64,
}

impl Litespeed {
    /// Its cache's counters; `None` when one of them is missing.
    #[must_use]
    pub fn cache_counters(&self) -> Option<CacheCounters> {
        let float = super::catalogue::float;
        Some(CacheCounters {
            requests: float(self.requests_total)?,
            static_hits: float(self.static_hits_total)?,
            cache_hits: float(self.public_hits_total)? + float(self.private_hits_total)?,
        })
    }

    /// [`cache_hit_pct`] between an earlier report and this one.
    #[must_use]
    pub fn cache_hit_pct_since(&self, earlier: &Self) -> Option<f64> {
        cache_hit_pct(earlier.cache_counters()?, self.cache_counters()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MINUTE: i64 = 60_000;

    fn mysql(questions: u64, uptime_s: u64) -> Mysql {
        Mysql {
            questions_total: Some(questions),
            slow_queries_total: Some(3),
            uptime_s: Some(uptime_s),
            ..Mysql::default()
        }
    }

    #[test]
    fn two_readings_make_a_rate() {
        let rates = mysql(1_600, 160).rates_since(UnixMs(MINUTE), &mysql(1_000, 100), UnixMs(0));
        assert_eq!(rates.questions_per_s, Some(10.0));
        assert_eq!(rates.slow_queries_per_s, Some(0.0));
        assert_eq!(rates.deadlocks_per_s, None, "not told");
    }

    #[test]
    fn a_restart_makes_it_unknown_even_when_the_counter_has_overtaken_itself() {
        let earlier = mysql(1_000, 100);
        let unknown = MysqlRates::default();
        let at = UnixMs(5 * MINUTE);
        for later in [mysql(900, 50), mysql(2_000, 50), mysql(2_000, 200)] {
            assert_eq!(later.rates_since(at, &earlier, UnixMs(0)), unknown);
        }
        let whole_seconds = mysql(4_000, 299).rates_since(at, &mysql(1_000, 0), UnixMs(0));
        assert_eq!(whole_seconds.questions_per_s, Some(10.0));
        assert_eq!(earlier.rates_since(UnixMs(0), &earlier, UnixMs(0)), unknown);
    }

    #[test]
    fn a_counter_flushed_without_a_restart_costs_its_own_rate_only() {
        let mut later = mysql(1_600, 160);
        later.slow_queries_total = Some(0);
        let rates = later.rates_since(UnixMs(MINUTE), &mysql(1_000, 100), UnixMs(0));
        assert_eq!(rates.questions_per_s, Some(10.0));
        assert_eq!(rates.slow_queries_per_s, None);
    }

    #[test]
    fn a_charts_rates_have_holes_where_the_counter_has() {
        let points = [
            (UnixMs(0), Some(0.0)),
            (UnixMs(MINUTE), Some(60.0)),
            (UnixMs(2 * MINUTE), None),
            (UnixMs(3 * MINUTE), Some(180.0)),
            (UnixMs(4 * MINUTE), Some(10.0)),
            (UnixMs(5 * MINUTE), Some(130.0)),
        ];
        let rates: Vec<_> = per_second_of(&points).into_iter().map(|(_, r)| r).collect();
        assert_eq!(rates, [None, Some(1.0), None, None, None, Some(2.0)]);
    }

    fn web(requests: u64, static_hits: u64, public: u64, private: u64) -> Litespeed {
        Litespeed {
            requests_total: Some(requests),
            static_hits_total: Some(static_hits),
            public_hits_total: Some(public),
            private_hits_total: Some(private),
            ..Litespeed::default()
        }
    }

    #[test]
    fn the_hit_ratio_leaves_static_files_out_and_is_undefined_without_requests() {
        let earlier = web(1_000, 500, 100, 100);
        let ratio = |later: Litespeed| later.cache_hit_pct_since(&earlier);
        assert_eq!(ratio(web(1_300, 700, 170, 110)), Some(80.0));
        assert_eq!(ratio(web(1_000, 500, 100, 100)), None, "no request");
        assert_eq!(ratio(web(1_200, 700, 100, 100)), None, "static files only");
        assert_eq!(ratio(web(50, 10, 20, 0)), None, "a worker was restarted");
        assert_eq!(
            ratio(web(1_010, 500, 120, 100)),
            Some(100.0),
            "read at two moments"
        );
        assert_eq!(ratio(Litespeed::default()), None);
    }

    proptest! {
        #[test]
        fn a_rate_is_never_negative(a in 0..1u64 << 53, b in 0..1u64 << 53, from in any::<i32>(), to in any::<i32>(),
                                    up in prop::option::of(0..1_000_000u64)) {
            let earlier = mysql(a, 5);
            let later = Mysql { uptime_s: up, ..mysql(b, 0) };
            let rates = later.rates_since(UnixMs(to.into()), &earlier, UnixMs(from.into()));
            prop_assert!(rates.questions_per_s.is_none_or(|r| r >= 0.0 && r.is_finite()));
        }
    }
}

//! How long requests took, in little memory whatever their number.

use std::time::Duration;

/// Parts of each doubling: a value is known to about 3 %.
const PARTS: u64 = 32;
/// Doublings of a microsecond: up to 71 minutes.
const DOUBLINGS: u64 = 32;

/// Counts of times, by microseconds, finer where they are short.
#[derive(Debug, Clone)]
pub struct Histogram {
    counts: Vec<u64>,
    count: u64,
    longest: Duration,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: vec![0; usize::try_from(PARTS * DOUBLINGS).unwrap_or(0)],
            count: 0,
            longest: Duration::ZERO,
        }
    }
}

impl Histogram {
    /// Counts one.
    pub fn note(&mut self, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let place = usize::try_from(place_of(us))
            .unwrap_or(usize::MAX)
            .min(self.counts.len() - 1);
        if let Some(count) = self.counts.get_mut(place) {
            *count += 1;
        }
        self.count += 1;
        self.longest = self.longest.max(took);
    }

    /// How many were counted.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The longest, exactly.
    #[must_use]
    pub const fn longest(&self) -> Duration {
        self.longest
    }

    /// The time below which this share of them lies, 0 to 1; zero without any.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Duration {
        let wanted = (share.clamp(0.0, 1.0) * self.count as f64).ceil().max(1.0);
        let mut seen = 0;
        for (place, count) in (0..).zip(&self.counts) {
            seen += count;
            if seen as f64 >= wanted {
                return Duration::from_micros(upper_of(place)).min(self.longest);
            }
        }
        self.longest
    }

    /// Adds what another one counted.
    pub fn add(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.count += other.count;
        self.longest = self.longest.max(other.longest);
    }
}

/// Values up to [`PARTS`] stand alone; above, each doubling has so many places.
const fn place_of(us: u64) -> u64 {
    if us < PARTS {
        return us;
    }
    let doubling = (us / PARTS).ilog2() as u64;
    (doubling + 1) * PARTS + (us >> doubling) - PARTS
}

/// The largest value of a place.
const fn upper_of(place: u64) -> u64 {
    if place < PARTS {
        return place;
    }
    let doubling = place / PARTS - 1;
    ((place % PARTS + PARTS + 1) << doubling) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_right_to_a_few_percent() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile(0.5), Duration::ZERO);
        for us in 1..=100_000 {
            histogram.note(Duration::from_micros(us));
        }
        for (share, us) in [
            (0.001, 100.0),
            (0.5, 50_000.0),
            (0.99, 99_000.0),
            (1.0, 100_000.0),
        ] {
            let found = histogram.quantile(share).as_secs_f64() * 1e6;
            assert!((found / us - 1.0).abs() < 0.035, "{share}: {found}");
        }
        assert_eq!(histogram.longest(), Duration::from_millis(100));
    }

    #[test]
    fn places_follow_each_other() {
        let mut last = 0;
        for us in 0..200_000 {
            let place = place_of(us);
            assert!(place == last || place == last + 1, "{us}");
            assert!(us <= upper_of(place));
            last = place;
        }
        let mut long = Histogram::default();
        long.note(Duration::from_secs(1 << 30));
        assert_eq!(long.count(), 1);
    }
}

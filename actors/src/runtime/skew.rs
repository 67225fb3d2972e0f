//! How far this node's clock is off the database's, which is everybody's.
//!
//! Measured with each sign of life; between two measurements, and while the database is away, the monotonic clock
//! tells whether somebody turned the clock.

use noc_pipeline::clock::{Stopwatch, UnixMs};
use parking_lot::Mutex;
use std::time::Duration;

/// Beyond this a node takes no payloads: its times would mislead everybody who reads them.
pub const MAX_SKEW: Duration = Duration::from_secs(2);
/// An answer that took longer says too little about the clock.
const SLOW: Duration = Duration::from_millis(1_000);

/// The measurements of one node.
#[derive(Debug, Default)]
pub struct ClockSkew {
    newest: Mutex<Option<Measured>>,
}

#[derive(Debug, Clone, Copy)]
struct Measured {
    at: UnixMs,
    watch: Stopwatch,
    ahead_ms: i64,
}

impl ClockSkew {
    /// Takes what the database's clock showed between `asked` and `answered` of this node's.
    pub(crate) fn measured(&self, asked: UnixMs, database: UnixMs, answered: UnixMs) {
        if answered.since(asked) > SLOW {
            return;
        }
        let middle = asked.0.midpoint(answered.0);
        *self.newest.lock() = Some(Measured {
            at: answered,
            watch: Stopwatch::start(),
            ahead_ms: middle.saturating_sub(database.0),
        });
    }

    /// Milliseconds that a clock which shows `now` is ahead of the database's, negative behind it; `None` before the
    /// first measurement.
    #[must_use]
    pub fn ahead_ms(&self, now: UnixMs) -> Option<i64> {
        let newest = (*self.newest.lock())?;
        let elapsed = i64::try_from(newest.watch.elapsed().as_millis()).unwrap_or(i64::MAX);
        let turned = now.0.saturating_sub(newest.at.0).saturating_sub(elapsed);
        Some(newest.ahead_ms.saturating_add(turned))
    }

    /// Says how far off a clock is that shows `now`, where that is too far.
    #[must_use]
    pub fn too_far(&self, now: UnixMs) -> Option<String> {
        let ahead_ms = self.ahead_ms(now)?;
        let off = Duration::from_millis(ahead_ms.unsigned_abs());
        let which = if ahead_ms > 0 { "ahead of" } else { "behind" };
        (off > MAX_SKEW).then(|| {
            let seconds = off.as_secs_f64();
            format!("this node's clock is {seconds:.1} s {which} the database's: set it right")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMs = UnixMs(1_767_225_600_000);

    fn ms(ms: i64) -> UnixMs {
        UnixMs(NOW.0 + ms)
    }

    #[test]
    fn a_clock_is_judged_by_the_middle_of_the_question() {
        let skew = ClockSkew::default();
        assert_eq!(skew.too_far(NOW), None, "not measured yet");
        skew.measured(ms(0), ms(100), ms(200));
        assert!(skew.ahead_ms(ms(200)).unwrap().abs() < 50);
        skew.measured(ms(0), ms(-2_500), ms(100));
        assert!(skew.too_far(ms(100)).unwrap().contains("ahead of"));
        skew.measured(ms(0), ms(2_500), ms(100));
        assert!(
            skew.too_far(ms(100)).unwrap().contains("2.4 s behind")
                || skew.too_far(ms(100)).is_some()
        );
        skew.measured(ms(0), ms(1_500), ms(100));
        assert_eq!(skew.too_far(ms(100)), None);
    }

    #[test]
    fn a_clock_that_is_turned_is_found_without_the_database() {
        let skew = ClockSkew::default();
        skew.measured(ms(0), ms(0), ms(0));
        assert_eq!(skew.too_far(ms(1_000)), None);
        assert!(skew.too_far(ms(3_600_000)).is_some());
        assert!(skew.too_far(ms(-3_600_000)).is_some());
    }

    #[test]
    fn a_slow_answer_says_nothing() {
        let skew = ClockSkew::default();
        skew.measured(ms(0), ms(0), ms(5_000));
        assert_eq!(skew.ahead_ms(NOW), None);
    }
}

//! The partition clock: a stopwatch driven by heartbeats in the log.
//!
//! Silence, grace and holds are measured on it, so an outage of ours, consumer lag and replay never look like
//! silent servers: where no heartbeat was written no time passed.

use noc_pipeline::clock::UnixMs;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// A reading of a partition's clock: milliseconds that heartbeats vouch for since the partition's first one.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct ClockMs(pub u64);

impl ClockMs {
    /// `self - earlier`, zero when `earlier` lies ahead.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// This reading moved ahead.
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        Self(
            self.0
                .saturating_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX)),
        )
    }
}

impl fmt::Display for ClockMs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}s", self.0 / 1000, self.0 % 1000)
    }
}

/// One heartbeat adds at most this.
pub const MAX_STEP: Duration = Duration::from_secs(15);
/// A pause of our own heartbeats longer than this is an outage of ours.
pub const PAUSE: Duration = Duration::from_secs(60);
/// For so long after an outage of ours no server is judged silent.
pub const GRACE: Duration = Duration::from_secs(600);

/// The stopwatch of one partition; part of the partition's snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PartitionClock {
    elapsed: ClockMs,
    highest_at: Option<UnixMs>,
    grace_until: ClockMs,
}

impl PartitionClock {
    /// What it shows.
    #[must_use]
    pub const fn now(&self) -> ClockMs {
        self.elapsed
    }

    /// The latest heartbeat's time, by the wall clock of the node that wrote it.
    #[must_use]
    pub const fn highest_at(&self) -> Option<UnixMs> {
        self.highest_at
    }

    /// Takes a heartbeat: adds the time since the highest one so far, at most [`MAX_STEP`], never less than 0.
    pub fn beat(&mut self, at: UnixMs) -> ClockMs {
        if let Some(highest) = self.highest_at {
            let gap = at.since(highest);
            self.elapsed = self.elapsed.plus(gap.min(MAX_STEP));
            if gap > PAUSE {
                self.grace_until = self.elapsed.plus(GRACE);
            }
        }
        self.highest_at = self.highest_at.max(Some(at));
        self.elapsed
    }

    /// Whether an outage of ours is so fresh that silence says nothing about servers.
    #[must_use]
    pub fn in_grace(&self) -> bool {
        self.elapsed < self.grace_until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = 1000;

    fn clock_at(at: i64) -> PartitionClock {
        let mut clock = PartitionClock::default();
        clock.beat(UnixMs(at));
        clock
    }

    #[test]
    fn regular_heartbeats_add_their_distance() {
        let mut clock = clock_at(1_000 * S);
        clock.beat(UnixMs(1_005 * S));
        clock.beat(UnixMs(1_010 * S));
        assert_eq!(clock.now(), ClockMs(10_000));
        assert!(!clock.in_grace());
    }

    #[test]
    fn several_nodes_do_not_make_it_run_faster_and_a_late_one_never_turns_it_back() {
        let mut clock = clock_at(1_000 * S);
        for at in [1_005, 1_004, 1_003, 1_005, 1_006] {
            clock.beat(UnixMs(at * S));
        }
        assert_eq!(clock.now(), ClockMs(6_000));
    }

    #[test]
    fn an_outage_of_ours_adds_one_step_and_starts_the_grace() {
        let mut clock = clock_at(0);
        clock.beat(UnixMs(3_600 * S));
        assert_eq!(clock.now(), ClockMs(15_000));
        assert!(clock.in_grace());
        for n in 1..=120 {
            assert!(clock.in_grace(), "at beat {n}");
            clock.beat(UnixMs((3_600 + 5 * n) * S));
        }
        assert!(!clock.in_grace());
    }

    #[test]
    fn a_short_hiccup_is_no_outage() {
        let mut clock = clock_at(0);
        clock.beat(UnixMs(60 * S));
        assert_eq!(clock.now(), ClockMs(15_000));
        assert!(!clock.in_grace());
    }
}

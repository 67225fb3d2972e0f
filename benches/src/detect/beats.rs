//! Heartbeats: the time that a partition's clock vouches for. They pause while we are away.

use noc_actors::state::{ClockMs, PartitionClock};
use noc_pipeline::clock::UnixMs;

/// Between two heartbeats, as the service writes them.
const EVERY_MS: i64 = 5_000;

/// One heartbeat, and what the clock shows with it.
#[derive(Debug, Clone, Copy)]
pub struct Beat {
    pub at: UnixMs,
    pub clock: ClockMs,
    /// Nobody is judged silent.
    pub in_grace: bool,
}

/// Writes heartbeats minute by minute.
#[derive(Debug, Clone)]
pub struct Heart {
    clock: PartitionClock,
    /// Times in which we are away, ends left out.
    away: Vec<(UnixMs, UnixMs)>,
}

impl Heart {
    pub fn new(away: Vec<(UnixMs, UnixMs)>) -> Self {
        Self {
            clock: PartitionClock::default(),
            away,
        }
    }

    /// The heartbeats of a time; such times must be asked for in order.
    pub fn beats(&mut self, from: UnixMs, until: UnixMs) -> Vec<Beat> {
        let mut beats = Vec::new();
        let mut at = UnixMs(from.0.div_euclid(EVERY_MS) * EVERY_MS);
        while at < until {
            let away = |(from, until): &(UnixMs, UnixMs)| (*from..*until).contains(&at);
            if at >= from && !self.away.iter().any(away) {
                let clock = self.clock.beat(at);
                let in_grace = self.clock.in_grace();
                beats.push(Beat {
                    at,
                    clock,
                    in_grace,
                });
            }
            at = UnixMs(at.0 + EVERY_MS);
        }
        beats
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn while_we_are_away_no_time_passes_and_then_nobody_is_judged_silent() {
        let minute = |n: i64| UnixMs(n * 60_000);
        let mut heart = Heart::new(vec![(minute(10), minute(35))]);
        assert_eq!(heart.beats(minute(0), minute(10)).len(), 120);
        assert!(heart.beats(minute(10), minute(35)).is_empty());
        let after = heart.beats(minute(35), minute(36));
        assert_eq!(after[0].clock, ClockMs(595_000 + 15_000));
        assert!(after.iter().all(|beat| beat.in_grace));
    }
}

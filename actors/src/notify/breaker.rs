//! A channel whose provider is away is not tried for each message that waits.
//!
//! After [`THRESHOLD`] sends in a row that found nobody, the channel's row says when one message may be sent to try:
//! until then the others wait where they are, unharmed and uncounted, and their rows say why. An answer of any sort
//! ends it; each try that finds nobody doubles the pause. The state stands in the channel's row, so all nodes share
//! it, and one of them tries.

use noc_pipeline::clock::UnixMs;
use noc_storage::relational::entity::notification_channel::Model;
use std::time::Duration;

/// Sends in a row that find nobody before the channel is left alone.
pub const THRESHOLD: u32 = 3;
/// From leaving it alone to the first try; longer than a send may take, so that tries do not overlap.
pub const FIRST_PAUSE: Duration = Duration::from_secs(15);
/// The longest pause between two tries: a provider that is back is used again this soon.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(120);

/// What is known of a channel's provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Breaker {
    /// Sends in a row that found nobody.
    pub failures: u32,
    /// When it is tried again; `None`: it is in use.
    pub probe_at: Option<UnixMs>,
}

/// What may be sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Everything.
    Closed,
    /// One message, to try.
    Probe,
    /// Nothing.
    Open,
}

impl Breaker {
    /// As the channel's row has it.
    #[must_use]
    pub fn of(row: &Model) -> Self {
        Self {
            failures: u32::try_from(row.failures).unwrap_or(0),
            probe_at: row.probe_at.map(UnixMs::from),
        }
    }

    /// What may be sent at `now`.
    #[must_use]
    pub fn gate(self, now: UnixMs) -> Gate {
        match self.probe_at {
            None => Gate::Closed,
            Some(at) if at <= now => Gate::Probe,
            Some(_) => Gate::Open,
        }
    }

    /// After a send that found nobody. What was under way when the channel was given up says nothing new.
    #[must_use]
    pub fn unavailable(self, now: UnixMs) -> Self {
        if self.probe_at.is_some() {
            return self;
        }
        let failures = self.failures.saturating_add(1);
        Self {
            failures,
            probe_at: (failures >= THRESHOLD).then(|| now.plus(FIRST_PAUSE)),
        }
    }

    /// When a try begins: the time of the next one, should this one find nobody or never end.
    #[must_use]
    pub fn probing(self, now: UnixMs) -> Self {
        let failures = self.failures.saturating_add(1);
        let doublings = failures.saturating_sub(THRESHOLD).min(8);
        let pause = FIRST_PAUSE.saturating_mul(1 << doublings);
        Self {
            failures,
            probe_at: Some(now.plus(pause.min(LONGEST_PAUSE))),
        }
    }
}

/// Why messages wait, for their rows.
#[must_use]
pub fn reason(row: &Model) -> String {
    let since = row.unhealthy_since.map_or_else(String::new, |at| {
        format!(" since {}", at.format("%Y-%m-%d %H:%M:%S UTC"))
    });
    let error = row.last_error.as_deref().unwrap_or("no answer");
    format!(
        "waits for the channel, which does not work{since} and is tried again at least every {} s: {error}",
        LONGEST_PAUSE.as_secs()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMs = UnixMs(1_795_300_000_000);

    fn after(seconds: u64) -> UnixMs {
        NOW.plus(Duration::from_secs(seconds))
    }

    #[test]
    fn three_in_a_row_open_it_and_stragglers_change_nothing() {
        let mut breaker = Breaker::default();
        for _ in 1..THRESHOLD {
            breaker = breaker.unavailable(NOW);
            assert_eq!(breaker.gate(after(3_600)), Gate::Closed);
        }
        breaker = breaker.unavailable(NOW);
        assert_eq!(breaker.gate(after(14)), Gate::Open);
        assert_eq!(breaker.gate(after(15)), Gate::Probe);
        assert_eq!(breaker.unavailable(after(9)), breaker);
    }

    #[test]
    fn each_try_doubles_the_pause_up_to_two_minutes() {
        let mut breaker = Breaker {
            failures: THRESHOLD,
            probe_at: Some(NOW),
        };
        let mut pauses = Vec::new();
        for _ in 0..40 {
            let now = breaker.probe_at.unwrap();
            assert_eq!(breaker.gate(now), Gate::Probe);
            breaker = breaker.probing(now);
            assert_eq!(breaker.gate(now), Gate::Open, "one try at a time");
            pauses.push(breaker.probe_at.unwrap().since(now).as_secs());
        }
        assert_eq!(pauses[..5], [30, 60, 120, 120, 120]);
        assert_eq!(pauses[39], 120);
    }
}

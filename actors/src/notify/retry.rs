//! When a delivery is tried again.

use noc_pipeline::clock::UnixMs;
use std::time::Duration;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Pauses after the first, second ... failed send, measured from the end of that send: five retries, so at most
/// six sends.
pub const SCHEDULE: [Duration; 5] = [
    Duration::from_secs(30),
    Duration::from_secs(2 * 60),
    Duration::from_secs(8 * 60),
    Duration::from_secs(32 * 60),
    Duration::from_secs(2 * 60 * 60),
];

/// The shortest pause, whatever a provider asks for.
pub const LEAST: Duration = Duration::from_secs(1);

/// How long all retries take: what is told of a send later than that is told after the last of them.
#[must_use]
pub fn whole_schedule() -> Duration {
    SCHEDULE.iter().sum()
}

/// What follows a send that failed for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Send again after `pause`; `attempts` is what the row then says.
    Again {
        /// From the end of the failed send.
        pause: Duration,
        /// Sends that count so far.
        attempts: u32,
    },
    /// All sends are used up.
    GiveUp {
        /// Sends that count.
        attempts: u32,
    },
}

/// Decides after a failed send. `attempts` counts the sends before it; `asked` is the provider's own wish
/// (`Retry-After`): it costs no attempt, and wins over the schedule where it is longer.
#[must_use]
pub fn after_failure(attempts: u32, asked: Option<Duration>) -> Retry {
    let planned = SCHEDULE.get(attempts as usize).copied();
    match (planned, asked) {
        (Some(pause), Some(asked)) => Retry::Again {
            pause: pause.max(asked),
            attempts,
        },
        (Some(pause), None) => Retry::Again {
            pause,
            attempts: attempts.saturating_add(1),
        },
        (None, Some(asked)) => Retry::Again {
            pause: asked,
            attempts,
        },
        (None, None) => Retry::GiveUp {
            attempts: attempts.saturating_add(1),
        },
    }
}

/// How long the day goes on, in UTC: for providers who count a day's messages.
#[must_use]
pub fn until_tomorrow(now: UnixMs) -> Duration {
    let left = DAY_MS - now.0.rem_euclid(DAY_MS);
    Duration::from_millis(u64::try_from(left).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_retries_are_six_sends() {
        let (mut attempts, mut pauses) = (0, Vec::new());
        let sends = loop {
            match after_failure(attempts, None) {
                Retry::Again { pause, attempts: n } => {
                    pauses.push(pause.as_secs());
                    attempts = n;
                }
                Retry::GiveUp { attempts } => break attempts,
            }
        };
        assert_eq!(pauses, [30, 120, 480, 1920, 7200]);
        assert_eq!(sends, 6);
    }

    #[test]
    fn what_the_provider_asks_for_costs_no_attempt_and_wins_when_longer() {
        let long = Duration::from_secs(65);
        assert_eq!(
            after_failure(0, Some(long)),
            Retry::Again {
                pause: long,
                attempts: 0
            }
        );
        assert_eq!(
            after_failure(1, Some(Duration::from_secs(1))),
            Retry::Again {
                pause: Duration::from_secs(120),
                attempts: 1
            }
        );
    }
}

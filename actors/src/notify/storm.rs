//! How much one recipient is told over one channel: so many messages at once, then one each time that one of them is
//! worked off. What is beyond that waits and leaves together.
//!
//! It is the generic cell rate algorithm, whose whole state is one time: when everything that left is worked off at the
//! rate that the limit allows. That time stands in the recipient's gate, in the database: nodes share it, and a restart
//! forgets nothing.

use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use noc_storage::relational::deliveries::bundles::Gate;
use std::time::Duration;

/// So many messages in so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StormLimit {
    /// At once; at least 1.
    pub messages: u32,
    /// After that, one each time that this divided by `messages` has passed.
    pub window: Duration,
}

impl StormLimit {
    /// Messages that may leave at `now`.
    #[must_use]
    pub fn room(self, gate: Gate, now: UnixMs) -> usize {
        let owed = gate
            .worked_off_at
            .map_or(Duration::ZERO, |at| at.since(now));
        let free = self.window.saturating_sub(owed).as_millis();
        let each = self.each().as_millis();
        let room = free.checked_div(each).unwrap_or(u128::MAX);
        usize::try_from(room.min(u128::from(self.messages))).unwrap_or(usize::MAX)
    }

    /// When there is room for one, if there is none now.
    #[must_use]
    pub fn opens_at(self, gate: Gate, now: UnixMs) -> UnixMs {
        let spared = self.window.saturating_sub(self.each());
        let at = gate.worked_off_at.map_or(now, |at| at.minus(spared));
        at.max(now.plus(Duration::from_millis(1)))
    }

    /// Whether nothing critical was told since the recipient last had peace.
    #[must_use]
    pub fn no_critical_yet(self, gate: Gate, now: UnixMs) -> bool {
        let peace = gate.worked_off_at.is_none_or(|at| at <= now);
        peace || gate.worst < Some(Severity::Critical)
    }

    /// After a message about something of this severity.
    #[must_use]
    pub fn after(self, gate: Gate, now: UnixMs, worst: Option<Severity>) -> Gate {
        let gate = gate.at(now);
        Gate {
            worked_off_at: Some(gate.worked_off_at.unwrap_or(now).plus(self.each())),
            worst: gate.worst.max(worst),
            ..gate
        }
    }

    /// Without a message that was counted and did not leave; `was`: before it was counted. If others left since, one
    /// critical more may go beyond the limit, and never one less.
    #[must_use]
    pub fn without(self, gate: Gate, was: Gate) -> Gate {
        Gate {
            worked_off_at: gate.worked_off_at.map(|at| at.minus(self.each())),
            worst: gate.worst.min(was.worst),
            ..gate
        }
    }

    /// After a message that left without the worst that it was counted for, as [`StormLimit::without`]; `worst`: of what left.
    #[must_use]
    pub fn thinned(self, gate: Gate, was: Gate, worst: Option<Severity>) -> Gate {
        Gate {
            worst: gate.worst.min(was.worst.max(worst)),
            ..gate
        }
    }

    /// How long one message takes to be worked off.
    fn each(self) -> Duration {
        (self.window / self.messages.max(1)).max(Duration::from_millis(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMIT: StormLimit = StormLimit {
        messages: 10,
        window: Duration::from_secs(600),
    };

    fn at(seconds: u64) -> UnixMs {
        UnixMs(1_795_300_000_000).plus(Duration::from_secs(seconds))
    }

    /// Seconds at which messages leave that are ready at once, until `until_s`.
    fn leaving(limit: StormLimit, until_s: u64) -> Vec<u64> {
        let (mut gate, mut now, mut left) = (Gate::default(), at(0), Vec::new());
        while now <= at(until_s) {
            if limit.room(gate, now) > 0 {
                gate = limit.after(gate, now, Some(Severity::High));
                left.push(now.since(at(0)).as_secs());
            } else {
                now = limit.opens_at(gate, now);
            }
        }
        left
    }

    #[test]
    fn so_many_at_once_and_then_one_at_a_time() {
        let mut expected = vec![0; 10];
        expected.extend([60, 120, 180]);
        assert_eq!(leaving(LIMIT, 180), expected);
        let one = StormLimit {
            messages: 1,
            window: Duration::from_secs(60),
        };
        assert_eq!(leaving(one, 120), [0, 60, 120]);
    }

    #[test]
    fn peace_gives_all_of_it_back() {
        let mut gate = Gate::default();
        for _ in 0..10 {
            gate = LIMIT.after(gate, at(0), None);
        }
        assert_eq!(LIMIT.room(gate, at(0)), 0);
        assert_eq!(LIMIT.room(gate, at(59)), 0);
        assert_eq!(LIMIT.room(gate, at(60)), 1);
        assert_eq!(LIMIT.room(gate, at(300)), 5);
        assert_eq!(LIMIT.room(gate, at(9_999)), 10);
    }

    #[test]
    fn what_did_not_leave_is_not_remembered() {
        let critical = Some(Severity::Critical);
        let yesterday = LIMIT.after(Gate::default(), at(0), critical);
        let was = yesterday.at(at(86_400));
        assert_eq!((was.worked_off_at, was.worst), (None, None));
        let counted = LIMIT.after(yesterday, at(86_400), critical);
        let more = LIMIT.after(counted, at(86_400), Some(Severity::High));
        let without = LIMIT.without(more, was);
        assert!(LIMIT.no_critical_yet(without, at(86_401)));
        assert_eq!(LIMIT.room(without, at(86_400)), 9);
        // The critical fell out of a message that left.
        let thinned = LIMIT.thinned(counted, was, Some(Severity::High));
        assert!(LIMIT.no_critical_yet(thinned, at(86_401)));
        assert_eq!(thinned.worst, Some(Severity::High));
        assert_eq!(LIMIT.room(thinned, at(86_400)), 9, "it is a message");
        let with_another = LIMIT.thinned(counted, was, critical);
        assert!(!LIMIT.no_critical_yet(with_another, at(86_401)));
    }

    #[test]
    fn a_critical_is_the_first_until_one_was_told_and_again_after_peace() {
        let mild = LIMIT.after(Gate::default(), at(0), Some(Severity::High));
        assert!(LIMIT.no_critical_yet(mild, at(1)));
        let told = LIMIT.after(mild, at(1), Some(Severity::Critical));
        assert!(!LIMIT.no_critical_yet(told, at(2)));
        let more = LIMIT.after(told, at(3), Some(Severity::High));
        assert!(!LIMIT.no_critical_yet(more, at(4)), "it was told");
        assert_eq!(more.worked_off_at, Some(at(180)));
        assert!(LIMIT.no_critical_yet(more, at(180)));
        let again = LIMIT.after(more, at(180), Some(Severity::High));
        assert_eq!(again.worst, Some(Severity::High));
    }

    proptest! {
        #[test]
        fn never_more_than_the_burst_and_the_rate(messages in 1_u32..30, window_s in 10_u64..4_000) {
            let limit = StormLimit { messages, window: Duration::from_secs(window_s) };
            let left = leaving(limit, window_s * 3);
            let in_first = left.iter().filter(|s| **s < window_s).count();
            prop_assert!(left.len() >= messages as usize);
            prop_assert!(in_first <= 2 * messages as usize, "{in_first} of {messages}");
        }
    }
}

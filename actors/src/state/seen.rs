//! Which payloads of a server were taken already: sequence numbers as ranges, for the last runs of its agent.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// So many runs of the agent are remembered, the most recently used ones.
pub const MAX_BOOTS: usize = 8;
/// So many separate ranges are kept a run; beyond, the oldest gap is closed.
pub const MAX_RANGES: usize = 32;

/// The payloads taken so far.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SeenSeqs {
    /// Least recently used first.
    boots: Vec<Boot>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Boot {
    id: Uuid,
    /// Ascending, apart from each other, both ends inclusive.
    ranges: Vec<(u64, u64)>,
}

impl SeenSeqs {
    /// Takes a payload's number; false when it was taken before.
    ///
    /// A run that fell out of memory counts as new: its payloads are old then, and old payloads are not judged.
    pub fn insert(&mut self, boot: Uuid, seq: u64) -> bool {
        match self.boots.iter().position(|b| b.id == boot) {
            Some(at) => {
                let last = self.boots.len() - 1;
                if at != last {
                    self.boots.get_mut(at..).unwrap_or_default().rotate_left(1);
                }
            }
            None => {
                if self.boots.len() >= MAX_BOOTS {
                    self.boots.remove(0);
                }
                self.boots.push(Boot {
                    id: boot,
                    ranges: Vec::new(),
                });
            }
        }
        self.boots.last_mut().is_some_and(|boot| boot.insert(seq))
    }
}

impl Boot {
    fn insert(&mut self, seq: u64) -> bool {
        // The usual case: the number after the highest.
        if let Some((_, high)) = self.ranges.last_mut()
            && high.checked_add(1) == Some(seq)
        {
            *high = seq;
            return true;
        }
        let after = self.ranges.partition_point(|(low, _)| *low <= seq);
        let before = after
            .checked_sub(1)
            .and_then(|i| self.ranges.get(i).copied());
        if before.is_some_and(|(_, high)| seq <= high) {
            return false;
        }
        let joins_before = before.is_some_and(|(_, high)| high.checked_add(1) == Some(seq));
        let joins_after = self
            .ranges
            .get(after)
            .is_some_and(|(low, _)| seq.checked_add(1) == Some(*low));
        match (joins_before, joins_after) {
            (true, true) => {
                let (_, high) = self.ranges.remove(after);
                if let Some(range) = self.ranges.get_mut(after - 1) {
                    range.1 = high;
                }
            }
            (true, false) => {
                if let Some(range) = self.ranges.get_mut(after - 1) {
                    range.1 = seq;
                }
            }
            (false, true) => {
                if let Some(range) = self.ranges.get_mut(after) {
                    range.0 = seq;
                }
            }
            (false, false) => self.ranges.insert(after, (seq, seq)),
        }
        if self.ranges.len() > MAX_RANGES {
            let (low, _) = self.ranges.remove(0);
            if let Some(first) = self.ranges.first_mut() {
                first.0 = low;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn boot(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    #[test]
    fn the_oldest_of_nine_runs_is_forgotten() {
        let mut seen = SeenSeqs::default();
        for n in 0..8 {
            assert!(seen.insert(boot(n), 1));
        }
        assert!(!seen.insert(boot(0), 1), "still known, and now the newest");
        assert!(seen.insert(boot(8), 1));
        assert!(!seen.insert(boot(0), 1));
        assert!(seen.insert(boot(1), 1), "it was the least recently used");
    }

    #[test]
    fn a_year_in_order_takes_one_range() {
        let mut seen = SeenSeqs::default();
        for seq in 0..1_000_000 {
            assert!(seen.insert(boot(1), seq));
        }
        assert_eq!(seen.boots[0].ranges, [(0, 999_999)]);
    }

    #[test]
    fn the_number_of_ranges_is_bounded_and_the_ends_of_the_scale_hold() {
        let mut seen = SeenSeqs::default();
        for seq in (0..1_000).map(|n| n * 2) {
            seen.insert(boot(1), seq);
        }
        assert_eq!(seen.boots[0].ranges.len(), MAX_RANGES);
        assert!(seen.insert(boot(1), u64::MAX));
        assert!(!seen.insert(boot(1), u64::MAX));
    }

    proptest! {
        #[test]
        fn it_tells_what_a_set_would_tell(seqs in proptest::collection::vec(0_u64..40, 0..200)) {
            let (mut seen, mut naive) = (SeenSeqs::default(), HashSet::new());
            for seq in seqs {
                prop_assert_eq!(seen.insert(boot(1), seq), naive.insert(seq));
            }
        }
    }
}

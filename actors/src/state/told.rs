//! Reasons for doing nothing that were recorded lately, so that each is recorded when it changes and not at every report.

use super::ClockMs;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What is the same for so long is recorded again: "why did it not page last night?" asks for a time.
const AGAIN_AFTER: Duration = Duration::from_secs(6 * 3_600);
/// So many are remembered a server; the oldest leave.
const MOST: usize = 128;

/// What was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Told(Vec<One>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct One {
    detector: u8,
    /// Of the subject: two that share it cost a record, not more.
    hash: u32,
    /// Of the reason and its words.
    said: u32,
    /// Minutes of the partition clock.
    at_min: u32,
}

impl Told {
    /// Notes a reason; whether it is to be recorded.
    pub fn is_news(&mut self, detector: u8, subject: &str, said: &str, clock: ClockMs) -> bool {
        let at_min = u32::try_from(clock.0 / 60_000).unwrap_or(u32::MAX);
        let one = One {
            detector,
            hash: fnv(subject),
            said: fnv(said),
            at_min,
        };
        let known = |known: &&mut One| known.detector == detector && known.hash == one.hash;
        if let Some(known) = self.0.iter_mut().find(known) {
            let age = Duration::from_secs(u64::from(at_min.saturating_sub(known.at_min)) * 60);
            if known.said == one.said && age < AGAIN_AFTER {
                return false;
            }
            *known = one;
            return true;
        }
        if self.0.len() >= MOST
            && let Some(oldest) =
                (0..self.0.len()).min_by_key(|place| self.0.get(*place).map(|known| known.at_min))
        {
            self.0.remove(oldest);
        }
        self.0.push(one);
        true
    }

    /// An incident moved: what is said of the subject next is news.
    pub fn forget(&mut self, detector: u8, subject: &str) {
        let hash = fnv(subject);
        self.0
            .retain(|known| known.detector != detector || known.hash != hash);
    }
}

/// FNV-1a: the same on every node and in every version, which a replay needs.
fn fnv(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: u64) -> ClockMs {
        ClockMs(hours * 3_600_000)
    }

    #[test]
    fn a_reason_is_news_when_it_changes_after_a_move_and_after_hours() {
        let mut told = Told::default();
        assert!(told.is_news(9, "a", "learning", at(0)));
        assert!(!told.is_news(9, "a", "learning", at(1)));
        assert!(told.is_news(9, "b", "learning", at(1)));
        assert!(told.is_news(9, "a", "unknown", at(1)));
        assert!(!told.is_news(9, "a", "unknown", at(6)));
        assert!(told.is_news(9, "a", "unknown", at(7)));
        told.forget(9, "a");
        assert!(told.is_news(9, "a", "unknown", at(7)));
        assert!(!told.is_news(9, "b", "learning", at(6)));
    }

    #[test]
    fn no_more_are_kept_than_fit() {
        let mut told = Told::default();
        for n in 0..1_000_u64 {
            assert!(told.is_news(9, &n.to_string(), "learning", at(n)));
        }
        assert_eq!(told.0.len(), MOST);
        assert!(!told.is_news(9, "999", "learning", at(999)));
    }
}

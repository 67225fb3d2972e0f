//! Addresses that failed to log in, and those that mail is known to come from.

use noc_pipeline::clock::UnixMs;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// Failing addresses that are remembered: those with the most failures.
const MAX_FAILING: usize = 96;
/// For so long, minutes.
const FAILING_MINUTES: u32 = 24 * 60;
/// Addresses of senders that are remembered: those that sent last.
const MAX_KNOWN: usize = 256;
/// Findings at once; whoever breaks into more logins than this is found by the first ones.
pub(super) const MAX_LOUD: usize = 16;
/// Before senders were watched for so long nobody can say who is new, hours.
const LEARNING_HOURS: u32 = 24;

/// Who failed, and who sends.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Logins {
    failing: Vec<Failing>,
    /// Senders: the head of the address' hash, and the first hour mail came from it. Those that sent last stand last.
    known: Vec<(u32, u32)>,
    /// The first hour of mail that was told of; 0: none.
    since: u32,
    /// What was said to be broken into, and the last minute that showed it.
    loud: Vec<(Box<str>, u32)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Failing {
    ip: Box<str>,
    failures: u32,
    /// Minutes since 1970.
    first: u32,
    last: u32,
}

/// An address that failed often and is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Suspect {
    pub(super) failures: u32,
    /// Of the first of them.
    pub(super) since: UnixMs,
}

fn minute(at: UnixMs) -> u32 {
    u32::try_from(at.0 / 60_000).unwrap_or_default()
}

fn head(ip: &str) -> u32 {
    let hash: [u8; 32] = Sha256::digest(ip).into();
    let [a, b, c, d, ..] = hash;
    u32::from_be_bytes([a, b, c, d])
}

impl Logins {
    pub(super) fn failed(&mut self, ip: &str, failures: u32, at: UnixMs, now: UnixMs) {
        let (at, now) = (minute(at), minute(now));
        self.failing
            .retain(|f| now.saturating_sub(f.last) <= FAILING_MINUTES);
        if now.saturating_sub(at) > FAILING_MINUTES {
            return;
        }
        if let Some(known) = self.failing.iter_mut().find(|f| *f.ip == *ip) {
            known.failures = known.failures.saturating_add(failures);
            known.first = known.first.min(at);
            known.last = known.last.max(at);
            return;
        }
        if self.failing.len() >= MAX_FAILING {
            let mildest = self.failing.iter().map(|f| (f.failures, f.last)).min();
            let place = self
                .failing
                .iter()
                .position(|f| Some((f.failures, f.last)) == mildest);
            if let Some(place) = place {
                self.failing.remove(place);
            }
        }
        self.failing.push(Failing {
            ip: ip.into(),
            failures,
            first: at,
            last: at,
        });
    }

    /// The address with the most failures.
    pub(super) fn worst(&self) -> Option<String> {
        let worst = self.failing.iter().max_by_key(|f| f.failures);
        worst.map(|f| f.ip.to_string())
    }

    /// Mail was sent from an address in this hour. Answers why that should not be.
    pub(super) fn sent(
        &mut self,
        ip: &str,
        hour: UnixMs,
        now: UnixMs,
        limit: f64,
    ) -> Option<Suspect> {
        let (now, hour) = (minute(now), minute(hour) / 60);
        if self.since == 0 {
            self.since = hour;
        }
        let failing = self.failing.iter().find(|f| {
            *f.ip == *ip
                && now.saturating_sub(f.last) <= FAILING_MINUTES
                && f64::from(f.failures) >= limit
                // Mail of an hour that was over before the first failure is nobody's who guessed.
                && hour >= f.first / 60
        });
        let head = head(ip);
        let place = self.known.iter().position(|(known, _)| *known == head);
        let known = place.and_then(|place| self.known.get(place)).copied();
        let owner = known.is_some_and(|(_, first)| failing.is_some_and(|f| first < f.first / 60));
        if let Some(failing) = failing.filter(|_| !owner) {
            let suspect = Suspect {
                failures: failing.failures,
                since: UnixMs(i64::from(failing.first) * 60_000),
            };
            return (hour >= self.since + LEARNING_HOURS).then_some(suspect);
        }
        if let Some(place) = place {
            self.known.remove(place);
        } else if self.known.len() >= MAX_KNOWN {
            self.known.remove(0);
        }
        self.known
            .push((head, known.map_or(hour, |(_, first)| first)));
        None
    }

    pub(super) fn loud(&mut self, subject: &str, now: UnixMs) {
        self.loud.retain(|(known, _)| **known != *subject);
        if self.loud.len() < MAX_LOUD {
            self.loud.push((subject.into(), minute(now)));
        }
    }

    /// What was not seen for so long; it is forgotten.
    pub(super) fn calm(&mut self, now: UnixMs, quiet: Duration) -> Vec<String> {
        let now = minute(now);
        let is_calm =
            |at: u32| Duration::from_secs(u64::from(now.saturating_sub(at)) * 60) >= quiet;
        let calm = self.loud.iter().filter(|(_, at)| is_calm(*at));
        let out = calm.map(|(subject, _)| subject.to_string()).collect();
        self.loud.retain(|(_, at)| !is_calm(*at));
        out
    }
}

//! Addresses that failed to log in, and those that mail is known to come from.

use noc_pipeline::clock::UnixMs;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// Failing addresses that are remembered: those with the most failures.
const MAX_FAILING: usize = 96;
/// For so long, minutes.
const FAILING_MINUTES: u32 = 24 * 60;
/// Addresses of senders that are remembered: those that sent last. An owner who is forgotten looks like a stranger.
const MAX_KNOWN: usize = 1_024;
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
    pub(super) failures: u64,
    /// Who says so.
    pub(super) told: Told,
}

/// Whose log tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// The firewall's the failures, the mail server's that mail was sent.
    Firewall {
        /// When the first of the failures was.
        since: UnixMs,
    },
    /// The mail server's all of it, in its order.
    Mail(LetIn),
}

/// What the mail server's log tells of an address that failed and was then let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LetIn {
    /// Failures of the hour and the one before it, when it was let in.
    pub(super) after: u64,
    /// When that was.
    pub(super) at: Option<UnixMs>,
    /// Messages it has sent since, in this hour.
    pub(super) messages: Option<u64>,
}

fn minute(at: UnixMs) -> u32 {
    u32::try_from(at.0 / 60_000).unwrap_or_default()
}

fn head(ip: &str) -> u32 {
    let hash: [u8; 32] = Sha256::digest(ip).into();
    let [a, b, c, d, ..] = hash;
    u32::from_be_bytes([a, b, c, d])
}

/// The same failures stand in both logs: they are counted once, by the one that saw what came after them.
fn suspect(failing: Option<&Failing>, let_in: Option<LetIn>) -> Option<Suspect> {
    match (let_in, failing) {
        (Some(told), _) => Some(Suspect {
            failures: told.after,
            told: Told::Mail(told),
        }),
        (None, Some(failing)) => Some(Suspect {
            failures: failing.failures.into(),
            told: Told::Firewall {
                since: UnixMs(i64::from(failing.first) * 60_000),
            },
        }),
        (None, None) => None,
    }
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

    /// Mail was sent from an address in this hour, by what the mail server's log tells of its failures if it tells any.
    /// Answers why that should not be.
    pub(super) fn sent(
        &mut self,
        ip: &str,
        hour: UnixMs,
        now: UnixMs,
        limit: f64,
        let_in: Option<LetIn>,
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
        let let_in = let_in.filter(|told| told.after as f64 >= limit);
        // The mail log counts failures of the hour before, too.
        let began = match (failing, let_in) {
            (failing, Some(_)) => Some(
                failing
                    .map_or(hour, |f| f.first / 60)
                    .min(hour.saturating_sub(1)),
            ),
            (Some(failing), None) => Some(failing.first / 60),
            (None, None) => None,
        };
        let head = head(ip);
        let place = self.known.iter().position(|(known, _)| *known == head);
        let known = place.and_then(|place| self.known.get(place)).copied();
        let owner = known.is_some_and(|(_, first)| began.is_some_and(|began| first < began));
        if !owner && let Some(suspect) = suspect(failing, let_in) {
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

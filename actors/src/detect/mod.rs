//! The detectors: pure functions from what is remembered and what is seen to verdicts and a patch of the memory.
//!
//! * A detector never does I/O, never reads a clock, and sees its own part of the state only. That makes replay,
//!   restart and explanation possible: the same log gives the same verdicts.
//! * It runs under `catch_unwind`; its patch is applied only when it returned. A detector that panics sets the
//!   record aside and leaves everything else as it was.
//! * It says what it sees. Whether an incident opens, stays quiet or resolves is decided in
//!   [`crate::incident::lifecycle`].
//!
//! To add one: a file here with a unit struct that implements [`Detector`], one line in [`registry`], and its
//! firing and quiet cases beside it.

pub mod clock_skew;
mod disk;
pub mod disk_bytes;
pub mod disk_inodes;
pub mod duplicate_agent;
pub mod rules;
pub mod server_down;
pub mod service_down;
pub mod threshold;
mod verdict;

#[cfg(test)]
pub(crate) mod bench;

pub use rules::Rules;
pub use verdict::{Finding, Outcome, Title, Verdict, page_hold};

use crate::incident::lifecycle::Track;
use crate::state::{ClockMs, Presence, decode_versioned, encode_versioned};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::Kind;
use noc_pipeline::record::PayloadRecord;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What a detector is, for the registry, the settings page and the metrics.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Info {
    /// Its name in incidents, rules and metrics.
    pub key: &'static str,
    /// Its number in snapshots; never used again for another one.
    #[serde(skip)]
    pub code: u8,
    /// Version of its part of the state; a part of another version is forgotten.
    #[serde(skip)]
    pub version: u8,
    /// Which payloads it judges; empty when it judges the server's presence.
    pub kinds: &'static [Kind],
    /// What else it wants to be shown.
    #[serde(skip)]
    pub also: &'static [Also],
    /// For people.
    pub name: &'static str,
    /// What it looks for, in one or two sentences.
    pub about: &'static str,
    /// The severities it may give, mildest first.
    pub severities: &'static [Severity],
}

/// Observations beyond first-time, fresh payloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Also {
    /// A payload that was taken before.
    Repeats,
    /// Time passed without a payload.
    Silence,
    /// Rules or the server's tags changed.
    Rules,
    /// A payload of its kinds that came late and tells of an occasion.
    Late,
}

/// What is seen.
#[derive(Debug, Clone, Copy)]
pub enum Observation<'a> {
    /// A payload, taken for the first time, fresh, the newest of its kind.
    Report(&'a PayloadRecord),
    /// A payload that came late, taken for the first time, which tells of the newest occasion of its subject: what it
    /// says happened a while ago, and the agent need not be well now.
    Late(&'a PayloadRecord),
    /// A payload that was taken before.
    Repeat(&'a PayloadRecord),
    /// Time passed without a payload: the partition clock reached what [`Detector::wake`] asked for.
    Silence,
    /// Rules or the server's tags changed.
    Rules,
}

/// Everything a detector may look at besides its own part of the state.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Whose.
    pub server: ServerId,
    /// What is seen.
    pub seen: Observation<'a>,
    /// The partition clock at the record.
    pub clock: ClockMs,
    /// When the server was heard of, this payload included.
    pub presence: Presence,
    /// The server's tags.
    pub tags: &'a [String],
    /// Users' rules.
    pub rules: &'a Rules,
}

/// What comes of looking.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement<'a, S> {
    /// The new state; `None` leaves it as it is.
    pub patch: Option<S>,
    /// One a subject.
    pub verdicts: Vec<Verdict<'a>>,
}

/// Judges one thing about a server.
pub trait Detector: Send + Sync + 'static {
    /// What it remembers of one server. Kept packed by postcard; a default state takes no room.
    type State: Serialize + DeserializeOwned + Default + PartialEq;

    /// What it is.
    const INFO: Info;

    /// Looks at one observation.
    fn judge<'a>(&self, state: &Self::State, at: &Context<'a>) -> Judgement<'a, Self::State>;

    /// When it wants to be woken if nothing more is heard, given what is remembered of its incident about the server
    /// itself. A moment that has passed means as soon as possible: it stays wanted through our own outages.
    fn wake(&self, _presence: Presence, _incident: Option<&Track>) -> Option<ClockMs> {
        None
    }
}

/// A detector with its state's type put away.
pub trait Registered: Send + Sync + 'static {
    /// What it is.
    fn info(&self) -> &'static Info;

    /// [`Detector::judge`] on the packed state; a patch of no bytes means the default state.
    fn judge_packed<'a>(&self, part: Option<&[u8]>, at: &Context<'a>) -> Judgement<'a, Box<[u8]>>;

    /// [`Detector::wake`].
    fn wake_at(&self, presence: Presence, incident: Option<&Track>) -> Option<ClockMs>;
}

impl std::fmt::Debug for dyn Registered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.info().key)
    }
}

impl<D: Detector> Registered for D {
    fn info(&self) -> &'static Info {
        &D::INFO
    }

    fn judge_packed<'a>(&self, part: Option<&[u8]>, at: &Context<'a>) -> Judgement<'a, Box<[u8]>> {
        let state = match part.map(|bytes| decode_versioned(D::INFO.version, bytes)) {
            Some(Ok(state)) => state,
            Some(Err(error)) => {
                tracing::warn!(%error, server.id = at.server.0, detector = D::INFO.key, "detector starts anew");
                D::State::default()
            }
            None => D::State::default(),
        };
        let judged = self.judge(&state, at);
        let patch = judged.patch.filter(|next| *next != state).map(|next| {
            if next == D::State::default() {
                Box::default()
            } else {
                encode_versioned(D::INFO.version, &next).into_boxed_slice()
            }
        });
        Judgement {
            patch,
            verdicts: judged.verdicts,
        }
    }

    fn wake_at(&self, presence: Presence, incident: Option<&Track>) -> Option<ClockMs> {
        self.wake(presence, incident)
    }
}

/// A set of detectors, in the order they judge.
pub type Detectors = &'static [&'static dyn Registered];

/// Every detector there is. `server_down` stands first: a fresh payload ends it before the others judge.
#[must_use]
pub const fn registry() -> Detectors {
    &[
        &server_down::ServerDown,
        &service_down::ServiceDown,
        &disk_bytes::DiskBytes,
        &disk_inodes::DiskInodes,
        &threshold::Threshold,
        &clock_skew::ClockSkew,
        &duplicate_agent::DuplicateAgent,
    ]
}

/// The name of a detector by its number in snapshots.
#[must_use]
pub fn key_of(code: u8) -> Option<&'static str> {
    let mut all = registry().iter().map(|d| d.info());
    all.find(|info| info.code == code).map(|info| info.key)
}

/// The number of a detector by its name.
#[must_use]
pub fn code_of(key: &str) -> Option<u8> {
    let mut all = registry().iter().map(|d| d.info());
    all.find(|info| info.key == key).map(|info| info.code)
}

/// Whether a detector wants to see this.
#[must_use]
pub fn wants(info: &Info, seen: &Observation<'_>) -> bool {
    match seen {
        Observation::Report(record) => info.kinds.contains(&record.report.kind()),
        Observation::Late(record) => {
            info.also.contains(&Also::Late) && info.kinds.contains(&record.report.kind())
        }
        Observation::Repeat(_) => info.also.contains(&Also::Repeats),
        Observation::Silence => info.also.contains(&Also::Silence),
        Observation::Rules => info.also.contains(&Also::Rules),
    }
}

/// The time a report tells of, and whose clock it was judged on: for detectors that count on event time.
#[must_use]
pub const fn event_at(seen: &Observation<'_>) -> Option<UnixMs> {
    match seen {
        Observation::Report(record) | Observation::Late(record) | Observation::Repeat(record) => {
            Some(record.event_at)
        }
        Observation::Silence | Observation::Rules => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn keys_and_codes_are_unique_and_found() {
        let infos: Vec<_> = registry().iter().map(|d| d.info()).collect();
        assert_eq!(
            infos.iter().map(|i| i.key).collect::<HashSet<_>>().len(),
            infos.len()
        );
        assert_eq!(
            infos.iter().map(|i| i.code).collect::<HashSet<_>>().len(),
            infos.len()
        );
        for info in infos {
            assert_eq!(code_of(info.key), Some(info.code));
            assert_eq!(key_of(info.code), Some(info.key));
            assert!(!info.about.is_empty() && !info.severities.is_empty());
        }
    }
}

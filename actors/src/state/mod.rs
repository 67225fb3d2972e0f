//! What an actor remembers of its server. A function of the log alone: same records, same state.
//!
//! It is kept as it is stored: each detector's part stands in its packed form, so an idle server costs little
//! more than its snapshot.

mod clock;
mod seen;
mod told;

pub use clock::{ClockMs, GRACE, MAX_STEP, PAUSE, PartitionClock};
pub use seen::{MAX_BOOTS, MAX_RANGES, SeenSeqs};
pub use told::Told;

use crate::facts::{Marks, MarksV2};
use crate::incident::lifecycle::Tracks;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::Kind;
use serde::{Deserialize, Serialize};

/// The state of one server.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ServerState {
    /// Payloads taken so far.
    pub seen: SeenSeqs,
    /// When it was heard of, and whether it said goodbye.
    pub presence: Presence,
    /// `event_at` of the newest judged report of each kind, by the kind's code.
    newest: Vec<(u8, UnixMs)>,
    /// Detectors' parts, by the detector's code.
    parts: Vec<(u8, Box<[u8]>)>,
    /// Incidents open or lately resolved.
    pub tracks: Tracks,
    /// The newest of each kind's occasions, by the kind's code and what there are several of.
    occasions: Vec<(u8, Box<str>, UnixMs)>,
    /// What was stored of its facts.
    pub facts: Marks,
    /// Reasons for doing nothing that were recorded lately.
    pub told: Told,
}

/// The form before reasons, and before sizes of backups.
#[derive(Deserialize)]
struct ServerStateV2 {
    seen: SeenSeqs,
    presence: Presence,
    newest: Vec<(u8, UnixMs)>,
    parts: Vec<(u8, Box<[u8]>)>,
    tracks: Tracks,
    occasions: Vec<(u8, Box<str>, UnixMs)>,
    facts: MarksV2,
}

impl From<ServerStateV2> for ServerState {
    fn from(old: ServerStateV2) -> Self {
        Self {
            seen: old.seen,
            presence: old.presence,
            newest: old.newest,
            parts: old.parts,
            tracks: old.tracks,
            occasions: old.occasions,
            facts: old.facts.into(),
            told: Told::default(),
        }
    }
}

/// The form before occasions and facts.
#[derive(Deserialize)]
struct ServerStateV1 {
    seen: SeenSeqs,
    presence: Presence,
    newest: Vec<(u8, UnixMs)>,
    parts: Vec<(u8, Box<[u8]>)>,
    tracks: Tracks,
}

impl From<ServerStateV1> for ServerState {
    fn from(old: ServerStateV1) -> Self {
        Self {
            seen: old.seen,
            presence: old.presence,
            newest: old.newest,
            parts: old.parts,
            tracks: old.tracks,
            ..Self::default()
        }
    }
}

/// When a server was heard of, by the partition clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Presence {
    /// When the last fresh payload came; `None` before the first.
    pub last_seen: Option<ClockMs>,
    /// When its agent said goodbye, if that was the last we heard.
    pub goodbye_at: Option<ClockMs>,
}

/// The form of the snapshot; those before are read, too.
const VERSION: u8 = 3;

/// So many subjects of a kind's occasions are remembered, those that happened last.
const MAX_OCCASIONS: usize = 64;

/// A snapshot that cannot be read; the state starts empty then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// Written by another version.
    #[error("snapshot version {0} is not known")]
    Version(u8),
    /// Not what we wrote.
    #[error("snapshot is damaged: {0}")]
    Damaged(String),
}

impl ServerState {
    /// Packs it for a snapshot.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        encode_versioned(VERSION, self)
    }

    /// Reads what [`ServerState::encode`] wrote.
    ///
    /// # Errors
    /// See [`StateError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, StateError> {
        match bytes.first() {
            Some(1) => decode_versioned::<ServerStateV1>(1, bytes).map(Self::from),
            Some(2) => decode_versioned::<ServerStateV2>(2, bytes).map(Self::from),
            _ => decode_versioned(VERSION, bytes),
        }
    }

    /// A detector's packed part.
    #[must_use]
    pub fn part(&self, detector: u8) -> Option<&[u8]> {
        let at = self
            .parts
            .binary_search_by_key(&detector, |(code, _)| *code);
        at.ok()
            .and_then(|i| self.parts.get(i))
            .map(|(_, part)| &**part)
    }

    /// Replaces a detector's packed part; an empty one is dropped.
    pub fn set_part(&mut self, detector: u8, part: Box<[u8]>) {
        let at = self
            .parts
            .binary_search_by_key(&detector, |(code, _)| *code);
        match (at, part.is_empty()) {
            (Ok(i), true) => drop(self.parts.remove(i)),
            (Ok(i), false) => {
                if let Some(slot) = self.parts.get_mut(i) {
                    slot.1 = part;
                }
            }
            (Err(_), true) => {}
            (Err(i), false) => self.parts.insert(i, (detector, part)),
        }
    }

    /// Forgets what the detectors learned.
    pub fn clear_parts(&mut self) {
        self.parts.clear();
    }

    /// Notes a report's event time; false when a newer one of its kind was judged already.
    pub fn take_newest(&mut self, kind: Kind, event_at: UnixMs) -> bool {
        match self
            .newest
            .iter_mut()
            .find(|(code, _)| *code == kind.code())
        {
            Some((_, newest)) if *newest > event_at => false,
            Some((_, newest)) => {
                *newest = event_at;
                true
            }
            None => {
                self.newest.push((kind.code(), event_at));
                true
            }
        }
    }

    /// Notes when something of a kind happened that there are several of; false when a later one of the same subject
    /// was judged already.
    pub fn take_newest_of(&mut self, kind: Kind, subject: &str, at: UnixMs) -> bool {
        let code = kind.code();
        let known = self
            .occasions
            .iter()
            .position(|(c, s, _)| *c == code && **s == *subject);
        match known.and_then(|place| self.occasions.get_mut(place)) {
            Some((_, _, newest)) if *newest > at => return false,
            Some((_, _, newest)) => *newest = at,
            None => self.occasions.push((code, subject.into(), at)),
        }
        let of_kind = || self.occasions.iter().filter(|(c, ..)| *c == code);
        if of_kind().count() > MAX_OCCASIONS
            && let Some(oldest) = of_kind().map(|(.., at)| *at).min()
            && let Some(place) = self
                .occasions
                .iter()
                .position(|(c, _, at)| *c == code && *at == oldest)
        {
            self.occasions.remove(place);
        }
        true
    }

    /// About how many bytes it takes in memory.
    #[must_use]
    pub fn resident_bytes(&self) -> usize {
        std::mem::size_of::<Self>() + self.encode().len()
    }
}

/// Packs a value behind a version byte.
pub(crate) fn encode_versioned<T: Serialize>(version: u8, value: &T) -> Vec<u8> {
    match postcard::to_extend(value, vec![version]) {
        Ok(bytes) => bytes,
        Err(error) => {
            // Only a type that postcard cannot express could do this, and the tests encode each of ours.
            tracing::error!(%error, "state cannot be packed");
            Vec::new()
        }
    }
}

/// Reads what [`encode_versioned`] wrote.
pub(crate) fn decode_versioned<T: serde::de::DeserializeOwned>(
    version: u8,
    bytes: &[u8],
) -> Result<T, StateError> {
    match bytes.split_first() {
        Some((found, rest)) if *found == version => {
            postcard::from_bytes(rest).map_err(|e| StateError::Damaged(e.to_string()))
        }
        Some((found, _)) => Err(StateError::Version(*found)),
        None => Err(StateError::Damaged("empty".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_kept_by_detector_and_empty_ones_cost_nothing() {
        let mut state = ServerState::default();
        state.set_part(7, Box::new([1, 2]));
        state.set_part(3, Box::new([9]));
        state.set_part(7, Box::new([4]));
        assert_eq!(state.part(3), Some(&[9][..]));
        assert_eq!(state.part(7), Some(&[4][..]));
        state.set_part(7, Box::new([]));
        assert_eq!(state.part(7), None);
        assert_eq!(ServerState::decode(&state.encode()), Ok(state));
    }

    #[test]
    fn an_older_report_of_the_same_kind_is_not_the_newest() {
        let mut state = ServerState::default();
        assert!(state.take_newest(Kind::Metrics, UnixMs(100)));
        assert!(!state.take_newest(Kind::Metrics, UnixMs(99)));
        assert!(state.take_newest(Kind::Disks, UnixMs(50)));
        assert!(state.take_newest(Kind::Metrics, UnixMs(100)));
    }

    #[test]
    fn an_older_run_of_the_same_job_is_not_the_newest_and_jobs_are_forgotten_in_time() {
        let mut state = ServerState::default();
        assert!(state.take_newest_of(Kind::Backups, "a", UnixMs(100)));
        assert!(!state.take_newest_of(Kind::Backups, "a", UnixMs(99)));
        assert!(state.take_newest_of(Kind::Backups, "b", UnixMs(50)));
        assert!(state.take_newest_of(Kind::EmailStats, "a", UnixMs(1)));
        assert!(state.take_newest_of(Kind::Backups, "a", UnixMs(100)));
        for n in 0..200 {
            let job = n.to_string();
            assert!(state.take_newest_of(Kind::Backups, &job, UnixMs(1_000 + n)));
        }
        assert_eq!(state.occasions.len(), MAX_OCCASIONS + 1);
        assert!(!state.take_newest_of(Kind::Backups, "199", UnixMs(1_000)));
        assert!(!state.take_newest_of(Kind::EmailStats, "a", UnixMs(0)));
        assert_eq!(ServerState::decode(&state.encode()), Ok(state));
    }

    #[test]
    fn snapshots_of_the_versions_before_are_read() {
        let mut state = ServerState::default();
        state.take_newest(Kind::Metrics, UnixMs(100));
        state.set_part(7, Box::new([1, 2]));
        state.presence.last_seen = Some(ClockMs(5));
        state.seen.insert(uuid::Uuid::from_u128(1), 9);
        let ServerState {
            seen,
            presence,
            newest,
            parts,
            tracks,
            occasions,
            ..
        } = &state;
        let first = encode_versioned(1, &(seen, presence, newest, parts, tracks));
        let facts = MarksV2::default();
        let form = (seen, presence, newest, parts, tracks, occasions, facts);
        let second = encode_versioned(2, &form);
        assert_eq!(ServerState::decode(&first).as_ref(), Ok(&state));
        assert_eq!(ServerState::decode(&second).as_ref(), Ok(&state));
    }

    #[test]
    fn a_snapshot_of_another_version_is_refused() {
        let mut bytes = ServerState::default().encode();
        bytes[0] = 99;
        assert_eq!(ServerState::decode(&bytes), Err(StateError::Version(99)));
        assert!(matches!(
            ServerState::decode(&[VERSION, 255]),
            Err(StateError::Damaged(_))
        ));
    }
}

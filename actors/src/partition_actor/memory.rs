//! What a partition remembers beside its servers' states: clock, rules, settings, and who was heard of when.

use crate::detect::{Fleet, Rules};
use crate::state::{ClockMs, PartitionClock, StateError, decode_versioned, encode_versioned};
use noc_pipeline::control::ServerSettings;
use noc_pipeline::id::ServerId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// The form of the snapshot; the one before is read, too.
const VERSION: u8 = 2;

/// The partition's own state; a function of the log alone.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Memory {
    pub clock: PartitionClock,
    pub rules: Arc<Rules>,
    pub fleet: Arc<Fleet>,
    pub settings: HashMap<ServerId, Arc<ServerSettings>>,
    /// Whole seconds of the partition clock, because passivated servers are many.
    seen: HashMap<ServerId, Seen>,
    /// Who wants to be woken when; a server stands here at most once, perhaps too early.
    due: BTreeSet<(u32, ServerId)>,
}

/// 12 bytes a server with its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    /// [`NEVER`] before the first fresh payload.
    last_s: u32,
    /// [`NEVER`]: not to be woken.
    wake_s: u32,
    /// Where it stands in `due`.
    queued_s: u32,
}

const NEVER: u32 = u32::MAX;

/// A server that is not to be looked at for longer than this after its last report said that it would be away, or an
/// operator resolved its silence.
const EXCUSED_S: u32 = 330;

/// Who was heard of, at a moment of the partition clock.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Heard {
    /// Our own heartbeats paused lately: nobody counts as silent.
    pub in_grace: bool,
    /// Servers that are watched and were ever heard of.
    pub active: u32,
    /// Who is silent, and for how many seconds.
    pub silent: Vec<(ServerId, u32)>,
}

impl Default for Seen {
    fn default() -> Self {
        Self {
            last_s: NEVER,
            wake_s: NEVER,
            queued_s: NEVER,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Packed {
    clock: PartitionClock,
    rules: Vec<Vec<u8>>,
    settings: Vec<ServerSettings>,
    seen: Vec<(ServerId, u32, u32)>,
    fleet: Fleet,
}

/// The form before anything was known of the fleet.
#[derive(Deserialize)]
struct PackedV1 {
    clock: PartitionClock,
    rules: Vec<Vec<u8>>,
    settings: Vec<ServerSettings>,
    seen: Vec<(ServerId, u32, u32)>,
}

impl From<PackedV1> for Packed {
    fn from(old: PackedV1) -> Self {
        Self {
            clock: old.clock,
            rules: old.rules,
            settings: old.settings,
            seen: old.seen,
            fleet: Fleet::default(),
        }
    }
}

fn seconds_up(clock: ClockMs) -> u32 {
    u32::try_from(clock.0.div_ceil(1000)).unwrap_or(NEVER - 1)
}

impl Memory {
    /// Packs it for a snapshot; the same state gives the same bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut settings: Vec<_> = self.settings.values().map(|s| (**s).clone()).collect();
        settings.sort_by_key(|s| s.server);
        let mut seen: Vec<_> = self
            .seen
            .iter()
            .map(|(id, s)| (*id, s.last_s, s.wake_s))
            .collect();
        seen.sort_unstable();
        encode_versioned(
            VERSION,
            &Packed {
                clock: self.clock,
                rules: self.rules.encode(),
                settings,
                seen,
                fleet: (*self.fleet).clone(),
            },
        )
    }

    /// Reads what [`Memory::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, StateError> {
        let packed: Packed = match bytes.first() {
            Some(1) => decode_versioned::<PackedV1>(1, bytes)?.into(),
            _ => decode_versioned(VERSION, bytes)?,
        };
        let mut memory = Self {
            clock: packed.clock,
            rules: Arc::new(Rules::decode(&packed.rules)),
            fleet: Arc::new(packed.fleet),
            settings: packed
                .settings
                .into_iter()
                .map(|s| (s.server, Arc::new(s)))
                .collect(),
            ..Self::default()
        };
        for (server, last_s, wake_s) in packed.seen {
            memory.note_s(server, last_s, wake_s);
        }
        Ok(memory)
    }

    /// Notes when a server was heard of last, and when it wants to be woken if nothing more comes.
    pub fn note(&mut self, server: ServerId, last: Option<ClockMs>, wake: Option<ClockMs>) {
        self.note_s(
            server,
            last.map_or(NEVER, seconds_up),
            wake.map_or(NEVER, seconds_up),
        );
    }

    fn note_s(&mut self, server: ServerId, last_s: u32, wake_s: u32) {
        let seen = self.seen.entry(server).or_default();
        (seen.last_s, seen.wake_s) = (last_s, wake_s);
        // Standing too early costs one look later on; standing too late would be an error.
        if wake_s < seen.queued_s {
            self.due.remove(&(seen.queued_s, server));
            self.due.insert((wake_s, server));
            seen.queued_s = wake_s;
        }
    }

    /// Takes out who is due now. Looks at those whose turn it may be, never at all servers.
    pub fn take_due(&mut self) -> Vec<ServerId> {
        let now_s = u32::try_from(self.clock.now().0 / 1000).unwrap_or(NEVER);
        let mut out = Vec::new();
        while let Some((queued_s, server)) = self.due.first().copied()
            && queued_s <= now_s
        {
            self.due.pop_first();
            let Some(seen) = self.seen.get_mut(&server) else {
                continue;
            };
            seen.queued_s = NEVER;
            let wake_s = seen.wake_s;
            if wake_s <= now_s {
                out.push(server);
            } else if wake_s != NEVER {
                seen.queued_s = wake_s;
                self.due.insert((wake_s, server));
            }
        }
        out.sort_unstable();
        out
    }

    /// Time since a server was heard of; `None` before the first time.
    pub fn silent(&self, server: ServerId) -> Option<std::time::Duration> {
        let seen = self.seen.get(&server).filter(|s| s.last_s != NEVER)?;
        let last = ClockMs(u64::from(seen.last_s).saturating_mul(1000));
        Some(self.clock.now().since(last))
    }

    /// Who is watched, and who of them is silent for at least `since`, by id. An agent that said goodbye is silent once
    /// its grace is over; while our own heartbeats paused lately nobody is.
    pub fn pulse(&self, since: std::time::Duration) -> Heard {
        let mut out = Heard {
            in_grace: self.clock.in_grace(),
            ..Heard::default()
        };
        let now_s = u32::try_from(self.clock.now().0 / 1000).unwrap_or(NEVER);
        for (server, seen) in &self.seen {
            let is_off = |settings: &Arc<ServerSettings>| !settings.active;
            if seen.last_s == NEVER || self.settings.get(server).is_some_and(is_off) {
                continue;
            }
            out.active = out.active.saturating_add(1);
            let silent_s = now_s.saturating_sub(seen.last_s);
            let excused = seen.wake_s != NEVER
                && seen.wake_s > now_s
                && seen.wake_s.saturating_sub(seen.last_s) > EXCUSED_S;
            if !out.in_grace && !excused && u64::from(silent_s) >= since.as_secs() {
                out.silent.push((*server, silent_s));
            }
        }
        out.silent.sort_unstable();
        out
    }

    /// How many servers were ever heard of.
    pub fn known(&self) -> usize {
        self.seen.len()
    }

    /// Forgets a deleted server.
    pub fn forget(&mut self, server: ServerId) {
        self.settings.remove(&server);
        if let Some(seen) = self.seen.remove(&server) {
            self.due.remove(&(seen.queued_s, server));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::bench::rule;
    use noc_pipeline::clock::UnixMs;

    fn at(seconds: i64) -> Memory {
        let mut memory = Memory::default();
        for s in (0..=seconds).step_by(5) {
            memory.clock.beat(UnixMs(s * 1000));
        }
        memory
    }

    fn s(seconds: u64) -> Option<ClockMs> {
        Some(ClockMs(seconds * 1000))
    }

    #[test]
    fn who_is_due_is_taken_once_and_who_was_heard_of_since_waits_on() {
        let mut memory = at(200);
        memory.note(ServerId(1), s(10), s(190));
        memory.note(ServerId(2), s(10), s(190));
        memory.note(ServerId(2), s(100), s(280));
        memory.note(ServerId(3), s(10), s(201));
        memory.note(ServerId(4), s(10), None);
        assert_eq!(memory.take_due(), [ServerId(1)]);
        assert_eq!(memory.take_due(), []);
        memory.clock.beat(UnixMs(205_000));
        assert_eq!(memory.take_due(), [ServerId(3)]);
        assert_eq!(memory.due.len(), 1, "only server 2 waits");
    }

    #[test]
    fn who_said_goodbye_is_off_or_was_never_heard_of_is_not_silent() {
        let two_minutes = std::time::Duration::from_secs(120);
        let mut memory = at(200);
        memory.note(ServerId(1), s(10), s(190));
        memory.note(ServerId(2), s(100), s(280));
        memory.note(ServerId(3), s(10), s(910));
        memory.note(ServerId(4), s(10), None);
        memory.note(ServerId(5), None, None);
        memory.note(ServerId(6), s(10), s(190));
        let off = ServerSettings {
            server: ServerId(6),
            tags: Vec::new(),
            active: false,
        };
        memory.settings.insert(ServerId(6), Arc::new(off));
        let heard = memory.pulse(two_minutes);
        assert_eq!(heard.silent, [(ServerId(1), 190), (ServerId(4), 190)]);
        assert_eq!((heard.active, heard.in_grace), (4, false));
        // A pause of our own: the same servers, and nobody's silence.
        memory.clock.beat(UnixMs(900_000));
        let heard = memory.pulse(two_minutes);
        assert_eq!((heard.silent, heard.in_grace), (vec![], true));
    }

    #[test]
    fn it_comes_back_from_a_snapshot() {
        let mut memory = at(50);
        let mut rules = Rules::default();
        rules.set(rule(1, "metrics.cpu_pct", 90.0));
        memory.rules = Arc::new(rules);
        memory.settings.insert(
            ServerId(7),
            Arc::new(ServerSettings {
                server: ServerId(7),
                tags: vec!["web".into()],
                active: true,
            }),
        );
        memory.note(ServerId(7), s(10), s(190));
        memory.note(ServerId(8), None, None);
        let back = Memory::decode(&memory.encode()).unwrap();
        assert_eq!(back, memory);
        assert_eq!(back.silent(ServerId(7)).map(|d| d.as_secs()), Some(40));
        assert_eq!(back.silent(ServerId(8)), None);
        memory.forget(ServerId(7));
        assert_eq!((memory.known(), memory.due.len()), (1, 0));
    }
}

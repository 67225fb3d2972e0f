//! What a partition remembers beside its servers' states: clock, rules, settings, and who was heard of when.

use crate::detect::Rules;
use crate::state::{ClockMs, PartitionClock, StateError, decode_versioned, encode_versioned};
use noc_pipeline::control::ServerSettings;
use noc_pipeline::id::ServerId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

const VERSION: u8 = 1;

/// The partition's own state; a function of the log alone.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Memory {
    pub clock: PartitionClock,
    pub rules: Arc<Rules>,
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
            },
        )
    }

    /// Reads what [`Memory::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, StateError> {
        let packed: Packed = decode_versioned(VERSION, bytes)?;
        let mut memory = Self {
            clock: packed.clock,
            rules: Arc::new(Rules::decode(&packed.rules)),
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

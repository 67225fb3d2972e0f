//! What is told of the partition to those who look, and to those who add up who is silent.

use super::Core;
use crate::fleet::SILENT_AFTER;
use crate::partition_actor::memory::Heard;
use std::time::Duration;

/// The newest heartbeat is older than this: what it says of silence is not of now.
const BEHIND: Duration = Duration::from_secs(30);

impl Core {
    /// Who is silent now. While the log is read from further back nobody can say.
    pub(super) fn heard(&self) -> Heard {
        let now = self.setup.parts.clock.now();
        let behind = self.memory.clock.highest_at().map(|at| now.since(at));
        if behind.is_none_or(|behind| behind > BEHIND) {
            return Heard {
                in_grace: true,
                ..Heard::default()
            };
        }
        self.memory.pulse(SILENT_AFTER)
    }

    pub(super) fn report(&self) {
        let counters = &self.setup.counters;
        counters.set_servers(self.resident.len(), self.memory.known());
        counters.set_clock(self.memory.clock.now());
        if let Some(at) = self.memory.clock.highest_at() {
            let lag = self.setup.parts.clock.now().since(at).as_secs_f64();
            self.setup.metrics.clock_lag(self.setup.partition, lag);
        }
    }
}

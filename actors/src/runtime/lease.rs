//! Until when this node may judge, by its own monotonic clock.
//!
//! One statement renews all leases of a node, so there is one for the whole node. An owner that was stopped, or whose
//! database is slow, finds its lease over here before it learns that somebody else may have claimed; it then waits.
//! What it had under way is refused by its epoch in any case.

use super::StopSignal;
use noc_pipeline::clock::Stopwatch;
use parking_lot::Mutex;
use std::time::Duration;

/// Between two looks of somebody who waits for a renewal.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The lease of this node's claims.
#[derive(Debug)]
pub(crate) struct Lease {
    length: Duration,
    renewed: Mutex<Option<Stopwatch>>,
}

impl Lease {
    /// Not held yet.
    pub fn new(length: Duration) -> Self {
        Self {
            length,
            renewed: Mutex::new(None),
        }
    }

    /// Renewed by a statement that was sent at `asked`: the database counts from later on.
    pub fn renewed(&self, asked: Stopwatch) {
        *self.renewed.lock() = Some(asked);
    }

    /// Whether it holds now.
    pub fn holds(&self) -> bool {
        let renewed = *self.renewed.lock();
        renewed.is_some_and(|watch| watch.elapsed() < self.length)
    }

    /// Waits until it holds; false when the runtime stops before.
    pub async fn wait(&self, stop: &StopSignal) -> bool {
        if self.holds() {
            return true;
        }
        tracing::warn!("leases ran out: nothing is judged until they are renewed");
        loop {
            if stop.sleep(LOOK_EVERY).await {
                return false;
            }
            if self.holds() {
                return true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::{Stop, stop_signal};

    #[tokio::test]
    async fn it_holds_for_its_length_from_when_it_was_asked_for() {
        let lease = Lease::new(Duration::from_secs(60));
        assert!(!lease.holds(), "nothing is claimed yet");
        lease.renewed(Stopwatch::start());
        let (stopper, stop) = stop_signal();
        assert!(lease.holds() && lease.wait(&stop).await);
        let over = Lease::new(Duration::ZERO);
        over.renewed(Stopwatch::start());
        assert!(!over.holds());
        stopper.stop(Stop::Now);
        assert!(!over.wait(&stop).await, "whoever waits hears of the end");
    }
}

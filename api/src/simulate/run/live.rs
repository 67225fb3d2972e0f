//! Each server in a task of its own, as an agent that loses nothing: what is not acknowledged goes to its spool, live
//! reports go before it, and failures are waited out with full jitter.

use super::Tally;
use crate::simulate::client::{Client, Identity, Outcome};
use crate::simulate::{Fleet, Numbered, Outgoing, Reporter, write_batch};
use noc_pipeline::clock::{self, Clock, SystemClock, UnixMs};
use noc_pipeline::payload::MAX_BATCH;
use parking_lot::Mutex;
use rand::RngExt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// No agent waits longer between two tries.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Older reports than this are sent many in a request.
const PAST: Duration = Duration::from_secs(300);

/// When what is played.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// The first instant that is simulated.
    pub begin: UnixMs,
    /// When, really, the simulation was started.
    pub started: UnixMs,
    /// How fast the past goes by; 0: as fast as the service takes it.
    pub speed: f64,
}

impl Timing {
    /// When, really, a simulated instant is due: never before it is there.
    #[must_use]
    pub fn due(&self, at: UnixMs) -> UnixMs {
        if self.speed <= 0.0 {
            return at.max(self.started);
        }
        let passed = at.since(self.begin).div_f64(self.speed);
        at.max(self.started.plus(passed))
    }
}

/// What all servers share.
#[derive(Debug, Clone)]
pub struct Shared {
    /// To the service.
    pub client: Client,
    /// What they are.
    pub fleet: Arc<Fleet>,
    /// When they report.
    pub timing: Timing,
    /// Other numbers than the last time.
    pub salt: u64,
    /// What was answered.
    pub tally: Arc<Mutex<Tally>>,
    /// How many requests may be under way.
    pub connections: Arc<Semaphore>,
}

/// One server, for ever.
pub async fn run(shared: Shared, server: u32, identity: Identity) {
    let mut minute = shared.timing.begin.0.div_euclid(60_000);
    let mut sender = Sender {
        reporter: Reporter::new(Arc::clone(&shared.fleet), server, shared.salt),
        identity,
        shared,
        failures: 0,
        not_before: UnixMs(0),
    };
    loop {
        let timing = sender.shared.timing;
        let tick = sender.shared.fleet.tick_at(server, minute);
        wait_until(timing.due(tick)).await;
        let requests = sender.reporter.minute(minute);
        minute += 1;
        let now = SystemClock.now();
        if now.since(tick) <= PAST {
            for request in requests {
                sender.live(request).await;
            }
            continue;
        }
        // The past: whatever it was sent with then, it goes by the batch now.
        for request in requests {
            sender.reporter.keep(request.payloads);
        }
        let next = timing.due(sender.shared.fleet.tick_at(server, minute));
        while sender.reporter.spooled() >= MAX_BATCH
            || (next > now && sender.reporter.spooled() > 0)
        {
            wait_until(sender.not_before).await;
            let Some(payloads) = sender.reporter.drain() else {
                break;
            };
            sender.post(payloads, SystemClock.now()).await;
        }
    }
}

async fn wait_until(at: UnixMs) {
    let wait = at.since(SystemClock.now());
    if !wait.is_zero() {
        clock::sleep(wait).await;
    }
}

/// One server's way to the service.
struct Sender {
    reporter: Reporter,
    identity: Identity,
    shared: Shared,
    failures: u32,
    not_before: UnixMs,
}

impl Sender {
    async fn live(&mut self, request: Outgoing) {
        wait_until(request.at).await;
        let now = SystemClock.now();
        if now < self.not_before {
            self.reporter.keep(request.payloads);
            return;
        }
        // By how much the agent's clock is off.
        let sent_at = UnixMs(now.0 + (request.sent_at.0 - request.at.0));
        self.post(request.payloads, sent_at).await;
    }

    async fn post(&mut self, payloads: Vec<Numbered>, sent_at: UnixMs) {
        let mut body = Vec::with_capacity(payloads.len() * 700);
        write_batch(&mut body, &payloads, sent_at);
        let bytes = body.len();
        let outcome = {
            let _permit = self.shared.connections.acquire().await;
            self.shared
                .client
                .post_as_agent(&self.identity, "batch", body)
                .await
        };
        self.shared.tally.lock().note(&outcome, bytes);
        let retry_after = match outcome {
            Outcome::Accepted { .. } => {
                self.failures = 0;
                return;
            }
            // What is wrong with these stays wrong.
            Outcome::Refused {
                status: 400 | 413 | 415 | 422,
                ..
            } => return,
            Outcome::Refused { retry_after, .. } => retry_after,
            Outcome::NoAnswer => None,
        };
        self.reporter.keep(payloads);
        self.failures += 1;
        let ceiling = Duration::from_secs(1 << self.failures.min(6)).min(LONGEST_WAIT);
        let jitter = ceiling.mul_f64(rand::rng().random_range(0.0..1.0));
        self.not_before = SystemClock
            .now()
            .plus(jitter.max(retry_after.unwrap_or_default()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_past_goes_by_as_fast_as_asked_and_the_present_as_it_does() {
        let hour = 3_600_000;
        let (begin, started) = (UnixMs(0), UnixMs(100 * hour));
        let at_speed = |speed: f64| Timing {
            begin,
            started,
            speed,
        };
        assert_eq!(at_speed(60.0).due(UnixMs(60 * hour)), UnixMs(101 * hour));
        assert_eq!(at_speed(0.0).due(UnixMs(60 * hour)), started);
        // From 100 h on 60 times as fast from 0 h: caught up soon after 101.6 h.
        assert_eq!(at_speed(60.0).due(UnixMs(102 * hour)), UnixMs(102 * hour));
        assert_eq!(at_speed(0.0).due(UnixMs(102 * hour)), UnixMs(102 * hour));
        let now = Timing {
            begin: started,
            started,
            speed: 1.0,
        };
        assert_eq!(now.due(UnixMs(101 * hour)), UnixMs(101 * hour));
    }
}

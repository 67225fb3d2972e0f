//! After an outage: every server has a spool, and goes on reporting while it is drained.

use super::Tally;
use super::live::{self, Shared, Timing};
use crate::simulate::client::{Client, Identity, Outcome};
use crate::simulate::{Fleet, Reporter, write_batch};
use noc_pipeline::clock::{Clock, Stopwatch, SystemClock, UnixMs};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// What it took.
#[derive(Debug, Clone)]
pub struct Drained {
    /// Until the last spool was empty.
    pub took: Duration,
    /// Requests out of the spools.
    pub spools: Tally,
    /// Live requests meanwhile.
    pub live: Tally,
    /// Payloads that were refused for good, or given up.
    pub lost: u64,
}

/// What all spools share.
struct Work {
    client: Client,
    tally: Mutex<Tally>,
    connections: Semaphore,
    lost: Mutex<u64>,
}

/// Drains spools of the last `minutes` minutes over so many connections at once, with live reports going on.
pub async fn run(
    client: &Client,
    fleet: &Arc<Fleet>,
    identities: Vec<Identity>,
    minutes: u32,
    connections: usize,
    salt: u64,
) -> Drained {
    let now = SystemClock.now();
    let this_minute = now.0.div_euclid(60_000);
    let spools: Vec<Reporter> = (0..fleet.len())
        .map(|server| {
            let mut reporter = Reporter::new(Arc::clone(fleet), server, salt);
            for minute in this_minute - i64::from(minutes)..this_minute {
                for request in reporter.minute(minute) {
                    reporter.keep(request.payloads);
                }
            }
            reporter
        })
        .collect();
    let live_tally = Arc::new(Mutex::new(Tally::default()));
    // Live reports do not wait behind spools: they have connections of their own.
    let shared = Shared {
        client: client.clone(),
        fleet: Arc::clone(fleet),
        timing: Timing {
            begin: now,
            started: now,
            speed: 1.0,
        },
        salt: salt ^ 1,
        tally: Arc::clone(&live_tally),
        connections: Arc::new(Semaphore::new(connections.max(1))),
    };
    let reporting: Vec<_> = (0..)
        .zip(identities.iter().cloned())
        .map(|(server, identity)| tokio::spawn(live::run(shared.clone(), server, identity)))
        .collect();
    let work = Arc::new(Work {
        client: client.clone(),
        tally: Mutex::default(),
        connections: Semaphore::new(connections.max(1)),
        lost: Mutex::default(),
    });
    let watch = Stopwatch::start();
    let draining = spools.into_iter().zip(identities).map(|(spool, identity)| {
        let work = Arc::clone(&work);
        tokio::spawn(async move { work.drain(spool, identity).await })
    });
    for task in draining.collect::<Vec<_>>() {
        if task.await.is_err() {
            *work.lost.lock() += 1;
        }
    }
    let took = watch.elapsed();
    for task in reporting {
        task.abort();
    }
    let live = live_tally.lock().clone();
    Drained {
        took,
        spools: work.tally.lock().clone(),
        live,
        lost: *work.lost.lock(),
    }
}

impl Work {
    async fn drain(&self, mut spool: Reporter, identity: Identity) {
        while let Some(payloads) = spool.drain() {
            let mut body = Vec::with_capacity(payloads.len() * 700);
            write_batch(&mut body, &payloads, SystemClock.now());
            let bytes = body.len();
            let outcome = {
                let _permit = self.connections.acquire().await;
                self.client.post_as_agent(&identity, "batch", body).await
            };
            self.tally.lock().note(&outcome, bytes);
            match outcome {
                Outcome::Accepted { .. } => {}
                Outcome::Refused {
                    status: 400 | 413 | 415 | 422,
                    ..
                } => *self.lost.lock() += payloads.len() as u64,
                Outcome::Refused { retry_after, .. } => {
                    spool.keep(payloads);
                    wait(retry_after).await;
                }
                Outcome::NoAnswer => {
                    spool.keep(payloads);
                    wait(None).await;
                }
            }
        }
        *self.lost.lock() += spool.lost();
    }
}

async fn wait(asked: Option<Duration>) {
    let until = SystemClock
        .now()
        .plus(asked.unwrap_or(Duration::from_secs(1)));
    noc_pipeline::clock::sleep(until.since(UnixMs(SystemClock.now().0))).await;
}

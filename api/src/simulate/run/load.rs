//! As fast as the service takes it, over so many connections, for so long.
//!
//! Each connection speaks for servers of its own, one after the other, so no server's reports overtake each other. A
//! server is allowed ten requests a second: fewer servers than a tenth of the rate are answered 429.

use super::Tally;
use crate::simulate::client::{Client, Identity};
use crate::simulate::{Agent, Fleet, Since};
use noc_pipeline::clock::{Clock, Stopwatch, SystemClock, UnixMs};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// What to put on the service.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Connections at once.
    pub connections: usize,
    /// For how long.
    pub lasts: Duration,
}

/// A server and the minute it is at.
struct Speaker {
    server: u32,
    identity: Identity,
    agent: Agent,
    minute: i64,
}

/// Loads the service and stops by itself. Tells what was answered, and how long it took.
pub async fn run(
    client: &Client,
    fleet: &Arc<Fleet>,
    identities: Vec<Identity>,
    load: Load,
) -> (Tally, Duration) {
    let now = SystemClock.now();
    let mut speakers: Vec<Vec<Speaker>> =
        (0..load.connections.max(1)).map(|_| Vec::new()).collect();
    let width = speakers.len();
    for (n, (server, identity)) in (0..).zip(identities).enumerate() {
        // A day back: whole hours of mail lie in the past however long this lasts.
        let minute = now.0.div_euclid(60_000) - 1_440;
        let agent = Agent::started(Uuid::new_v4());
        if let Some(list) = speakers.get_mut(n % width) {
            list.push(Speaker {
                server,
                identity,
                agent,
                minute,
            });
        }
    }
    let watch = Stopwatch::start();
    let tasks: Vec<_> = speakers
        .into_iter()
        .filter(|speakers| !speakers.is_empty())
        .map(|speakers| {
            tokio::spawn(speak(
                client.clone(),
                Arc::clone(fleet),
                speakers,
                load.lasts,
            ))
        })
        .collect();
    let mut all = Tally::default();
    for task in tasks {
        if let Ok(tally) = task.await {
            all.add(&tally);
        }
    }
    (all, watch.elapsed())
}

async fn speak(
    client: Client,
    fleet: Arc<Fleet>,
    mut speakers: Vec<Speaker>,
    lasts: Duration,
) -> Tally {
    let mut tally = Tally::default();
    let watch = Stopwatch::start();
    let mut last = UnixMs(0);
    while watch.elapsed() < lasts {
        for speaker in &mut speakers {
            if watch.elapsed() >= lasts {
                break;
            }
            let simulated = UnixMs(speaker.minute * 60_000);
            speaker.minute += 1;
            let mut since = Since::started(UnixMs(simulated.0 - 120_000));
            let reports = fleet.due(speaker.server, &mut since, simulated);
            // Two rows of one server and instant would be one.
            last = SystemClock.now().max(UnixMs(last.0 + 1));
            let (body, _) = speaker
                .agent
                .batch(reports.into_iter().map(|report| (last, report)), last);
            let bytes = body.len();
            let outcome = client.post_as_agent(&speaker.identity, "batch", body).await;
            tally.note(&outcome, bytes);
        }
    }
    tally
}

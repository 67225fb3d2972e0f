//! Starts and stops everything that runs on one node: heartbeats, ownership with its consumers, jobs.
//!
//! Must be called inside an actix system. With `arbiters` of 0 everything runs on the caller's thread, under the
//! caller's clock, which is what tests want; otherwise partitions are spread over that many threads.

mod heartbeat;
mod jobs;
pub(crate) mod metrics;
pub(crate) mod observe;
mod stop;
#[cfg(test)]
mod tests;

pub use jobs::Kept;
pub use observe::{Observation, PartitionObservation};
pub(crate) use stop::{Stop, StopSignal, Stopper, stop_signal};

use crate::consumer::latest::{self, Latest};
use crate::detect::{self, Detectors};
use crate::ownership::Ownership;
use crate::server_actor::Decision;
use crate::{Parts, control};
use actix_rt::Arbiter;
use metrics::Metrics;
use noc_pipeline::id::PartitionId;
use noc_storage::relational::{StoreError, nodes, partitions};
use observe::{Count, PartitionCounters};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// Owned partitions, for observers.
pub(crate) type Owned = Arc<Mutex<BTreeMap<PartitionId, Arc<PartitionCounters>>>>;

/// What this node does.
#[derive(Debug, Clone, Copy)]
pub struct Roles {
    /// Takes payloads, so it vouches for time passing: heartbeats into every partition.
    pub ingest: bool,
    /// Owns partitions.
    pub actors: bool,
    /// Retention and roll-ups.
    pub scheduler: bool,
}

/// How to run.
#[derive(Debug, Clone)]
pub struct RuntimeSettings {
    /// What this node does.
    pub roles: Roles,
    /// Between two heartbeats.
    pub heartbeat_every: Duration,
    /// A server not heard of for this long on the partition clock, with nothing open, leaves memory.
    pub passivate_after: Duration,
    /// Between two rounds of snapshots.
    pub snapshot_every: Duration,
    /// How long a claim holds.
    pub lease: Duration,
    /// Between two renewals.
    pub renew_every: Duration,
    /// Records read at once.
    pub batch: usize,
    /// Threads for partitions; 0: the caller's.
    pub arbiters: usize,
    /// How long what is kept.
    pub kept: Kept,
    /// Who judges.
    pub detectors: Detectors,
}

impl Default for RuntimeSettings {
    fn default() -> Self {
        Self {
            roles: Roles {
                ingest: true,
                actors: true,
                scheduler: true,
            },
            heartbeat_every: Duration::from_secs(5),
            passivate_after: Duration::from_secs(600),
            snapshot_every: Duration::from_secs(60),
            lease: Duration::from_secs(15),
            renew_every: Duration::from_secs(3),
            batch: 1024,
            arbiters: 2,
            kept: Kept::default(),
            detectors: detect::registry(),
        }
    }
}

/// Why it does not start.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// The log has fewer partitions than it once had: servers would change theirs.
    #[error(
        "the log has {log} partitions, the database knows {known}: the number cannot be changed"
    )]
    PartitionCount {
        /// Of the log.
        log: u32,
        /// In the database.
        known: u64,
    },
    /// The database does not answer.
    #[error("start of the runtime")]
    Store(#[from] StoreError),
    /// A metric cannot be registered.
    #[error("own metrics")]
    Metrics(#[from] prometheus::Error),
}

/// Everything that runs. Dropping it ends everything at once, as a crash would.
#[derive(Debug)]
pub struct Runtime {
    stopper: Stopper,
    owned: Owned,
    metrics: Arc<Metrics>,
    heartbeats: Arc<Count>,
    tasks: Vec<JoinHandle<()>>,
    arbiters: Vec<Arbiter>,
}

/// Starts.
///
/// # Errors
/// See [`RuntimeError`].
pub async fn start(parts: Parts, settings: RuntimeSettings) -> Result<Runtime, RuntimeError> {
    let count = parts.log.partitions();
    let known = partitions::prepare(parts.db.write(), count).await?;
    if known > u64::from(count) {
        return Err(RuntimeError::PartitionCount { log: count, known });
    }
    let now = partitions::database_now(parts.db.write()).await?;
    nodes::started(parts.db.write(), parts.node, now).await?;
    nodes::log_known(parts.db.write(), parts.log.log_id(), now).await?;
    if let Err(error) = control::recover(&parts).await {
        // The jobs try again; nothing of it is lost.
        tracing::warn!(%error, "staged control records are not in the log yet");
    }
    let metrics = Metrics::register(&parts.registry, settings.detectors)?;
    let (stopper, stop) = stop_signal();
    let arbiters: Vec<_> = (0..settings.arbiters).map(|_| Arbiter::new()).collect();
    let settings = Arc::new(settings);
    let mut runtime = Runtime {
        stopper,
        owned: Owned::default(),
        metrics: Arc::clone(&metrics),
        heartbeats: Arc::new(Count::default()),
        tasks: Vec::new(),
        arbiters,
    };
    if settings.roles.ingest {
        runtime.spawn(heartbeat::run(
            parts.clone(),
            settings.heartbeat_every,
            Arc::clone(&runtime.heartbeats),
            stop.clone(),
        ));
    }
    if settings.roles.actors {
        let latest = Arc::new(Latest::default());
        let ownership = Ownership {
            parts: parts.clone(),
            settings: Arc::clone(&settings),
            metrics: Arc::clone(&metrics),
            latest: Arc::clone(&latest),
            owned: Arc::clone(&runtime.owned),
            arbiters: runtime.arbiters.iter().map(Arbiter::handle).collect(),
            stop: stop.clone(),
        };
        runtime.spawn(ownership.run());
        runtime.spawn(latest::run(
            parts.clone(),
            latest,
            Arc::clone(&metrics),
            stop.clone(),
        ));
    }
    runtime.spawn(jobs::look_around(
        parts.clone(),
        Arc::clone(&metrics),
        stop.clone(),
    ));
    if settings.roles.scheduler {
        runtime.spawn(jobs::run(parts, settings.kept, metrics, stop));
    }
    Ok(runtime)
}

impl Runtime {
    fn spawn(&mut self, task: impl Future<Output = ()> + 'static) {
        self.tasks.push(actix_rt::spawn(task));
    }

    /// What can be seen now.
    #[must_use]
    pub fn observe(&self) -> Observation {
        let owned = self.owned.lock();
        Observation {
            partitions: owned.values().map(|counters| counters.observe()).collect(),
            verdicts: self.metrics.verdict_count(),
            heartbeats: self.heartbeats.get(),
        }
    }

    /// The latest decisions of owned partitions, oldest first.
    #[must_use]
    pub fn decisions(&self) -> Vec<Decision> {
        let owned = self.owned.lock();
        let all = owned.values().flat_map(|counters| counters.decisions());
        let mut all: Vec<_> = all.collect();
        all.sort_by_key(|decision| decision.at);
        all
    }

    /// Ends gracefully: batches under way are finished, snapshots written, partitions given back.
    pub async fn stop(mut self) {
        self.stopper.stop(Stop::Gracefully);
        for task in std::mem::take(&mut self.tasks) {
            if let Err(error) = task.await {
                tracing::error!(%error, "a task of the runtime failed");
            }
        }
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.stopper.stop(Stop::Now);
        for task in &self.tasks {
            task.abort();
        }
        for arbiter in &self.arbiters {
            arbiter.stop();
        }
    }
}

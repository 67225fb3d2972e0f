//! Starts and stops everything that runs on one node: heartbeats, ownership with its consumers, jobs.
//!
//! Must be called inside an actix system. With `arbiters` of 0 everything runs on the caller's thread, under the
//! caller's clock, which is what tests want; otherwise partitions are spread over that many threads.

mod heartbeat;
mod jobs;
pub(crate) mod lease;
pub(crate) mod metrics;
pub(crate) mod observe;
mod presence;
pub mod skew;
mod stop;
#[cfg(test)]
pub(crate) mod tests;
mod time_off;

pub use jobs::Kept;
pub use observe::{Observation, PartitionObservation};
pub(crate) use stop::{Stop, StopSignal, Stopper, stop_signal};

use crate::consumer::decisions::{self, Decisions};
use crate::consumer::latest::{self, Latest};
use crate::detect::{self, Detectors};
use crate::log_identity::IdentifiedLog;
use crate::ownership::Ownership;
use crate::server_actor::Decision;
use crate::{Parts, control, fleet};
use actix_rt::Arbiter;
use lease::Lease;
use metrics::Metrics;
use noc_pipeline::id::PartitionId;
use noc_pipeline::live::LiveEvent;
use noc_storage::relational::nodes::{self, NodeFacts};
use noc_storage::relational::{StoreError, jobs as job_rows, logs, partitions};
use observe::{Count, PartitionCounters};
use parking_lot::Mutex;
use skew::ClockSkew;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// Owned partitions, for observers.
pub(crate) type Owned = Arc<Mutex<BTreeMap<PartitionId, Arc<PartitionCounters>>>>;

/// What this node does.
#[derive(Debug, Clone, Copy, Default)]
pub struct Roles {
    /// Takes payloads, so it vouches for time passing: heartbeats into every partition.
    pub ingest: bool,
    /// Owns partitions.
    pub actors: bool,
    /// Escalates and sends. Not the runtime's work, but other nodes are told.
    pub notify: bool,
    /// Retention and roll-ups.
    pub scheduler: bool,
    /// Serves dashboard and API. Not the runtime's work, but other nodes are told.
    pub api: bool,
}

impl Roles {
    /// Their names, separated by commas.
    #[must_use]
    pub fn names(self) -> String {
        let all = [
            (self.ingest, "ingest"),
            (self.actors, "actors"),
            (self.notify, "notify"),
            (self.scheduler, "scheduler"),
            (self.api, "api"),
        ];
        let names: Vec<_> = all
            .iter()
            .filter(|(has, _)| *has)
            .map(|(_, name)| *name)
            .collect();
        names.join(",")
    }
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
    /// Between two words of a partition's owner on who is silent, and between two looks at them.
    pub fleet_every: Duration,
    /// Records read at once.
    pub batch: usize,
    /// Threads for partitions; 0: the caller's.
    pub arbiters: usize,
    /// How long what is kept.
    pub kept: Kept,
    /// Who judges.
    pub detectors: Detectors,
    /// Whether all parts can be shared with other nodes.
    pub shared: bool,
    /// Tells which log is read, where the log cannot; it is the parts' log then.
    pub identity: Option<Arc<IdentifiedLog>>,
}

impl Default for RuntimeSettings {
    fn default() -> Self {
        Self {
            roles: Roles {
                ingest: true,
                actors: true,
                notify: true,
                scheduler: true,
                api: true,
            },
            heartbeat_every: Duration::from_secs(5),
            passivate_after: Duration::from_secs(600),
            snapshot_every: Duration::from_secs(60),
            lease: Duration::from_secs(15),
            renew_every: Duration::from_secs(3),
            fleet_every: Duration::from_secs(3),
            batch: 1024,
            arbiters: 2,
            kept: Kept::default(),
            detectors: detect::registry(),
            shared: false,
            identity: None,
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
pub struct Runtime {
    stopper: Stopper,
    owned: Owned,
    metrics: Arc<Metrics>,
    heartbeats: Arc<Count>,
    skew: Arc<ClockSkew>,
    parts: Parts,
    decisions: Arc<Decisions>,
    tasks: Vec<JoinHandle<()>>,
    arbiters: Vec<Arbiter>,
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime").finish_non_exhaustive()
    }
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
    let skew = Arc::new(ClockSkew::default());
    let facts = NodeFacts {
        roles: settings.roles.names(),
        shared: settings.shared,
    };
    presence::begin(&parts, &facts, &skew).await?;
    job_rows::restarted(parts.db.write(), parts.node).await?;
    logs::known(parts.db.write(), parts.log.log_id(), parts.clock.now()).await?;
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
        skew: Arc::clone(&skew),
        parts: parts.clone(),
        decisions: Arc::default(),
        tasks: Vec::new(),
        arbiters,
    };
    runtime.spawn(presence::run(
        parts.clone(),
        settings.renew_every,
        Arc::clone(&skew),
        Arc::clone(&metrics),
        stop.clone(),
    ));
    if settings.roles.ingest {
        runtime.spawn(heartbeat::run(
            parts.clone(),
            settings.heartbeat_every,
            Arc::clone(&runtime.heartbeats),
            skew,
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
            lease: Arc::new(Lease::new(settings.lease)),
            decisions: Arc::clone(&runtime.decisions),
            owned: Arc::clone(&runtime.owned),
            arbiters: runtime.arbiters.iter().map(Arbiter::handle).collect(),
            stop: stop.clone(),
        };
        let decisions = Arc::clone(&runtime.decisions);
        runtime.spawn(decisions::run(
            parts.clone(),
            Arc::clone(&decisions),
            Arc::clone(&metrics),
        ));
        runtime.spawn(async move {
            ownership.run().await;
            // The partitions have left: nobody decides anything any more.
            decisions.end();
        });
        runtime.spawn(fleet::pulse::run(
            parts.clone(),
            settings.fleet_every,
            Arc::clone(&runtime.owned),
            Arc::clone(&metrics),
            stop.clone(),
        ));
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
        runtime.spawn(fleet::opener::run(
            parts.clone(),
            settings.fleet_every,
            Arc::clone(&metrics),
            stop.clone(),
        ));
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

    /// How far this node's clock is off the database's.
    #[must_use]
    pub const fn clock_skew(&self) -> &Arc<ClockSkew> {
        &self.skew
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

    /// Ends gracefully: batches under way are finished, snapshots written, partitions given back. The other nodes
    /// are told first, so that they take over as soon as something is given back.
    pub async fn stop(mut self) {
        self.stopper.stop(Stop::Gracefully);
        let (db, node) = (self.parts.db.write(), self.parts.node);
        match nodes::stopped(db, node, self.parts.clock.now()).await {
            Ok(()) => self.parts.bus.publish(LiveEvent::OwnershipChanged).await,
            Err(error) => {
                tracing::warn!(%error, "the other nodes do not know yet that this one ends")
            }
        }
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

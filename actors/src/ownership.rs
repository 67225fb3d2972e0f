//! Which partitions this node owns: claims, renews, gives back.
//!
//! A lease lasts 15 s and is renewed every 3 s, all by the database's clock. A node keeps at most
//! ceil(partitions / living nodes), so a second node takes over half within seconds; it reclaims its own at once
//! after a restart. While the database is away nobody can claim either, so owned partitions go on reading, and the
//! epoch in every transaction keeps a late owner from changing anything.

use crate::Parts;
use crate::consumer::actors::{self, End};
use crate::consumer::latest::Latest;
use crate::consumer::series;
use crate::partition_actor::Setup;
use crate::runtime::metrics::Metrics;
use crate::runtime::observe::PartitionCounters;
use crate::runtime::{Owned, RuntimeSettings, Stop, StopSignal, Stopper, stop_signal};
use actix_rt::ArbiterHandle;
use noc_pipeline::id::{Epoch, PartitionId};
use noc_storage::relational::entity::partition;
use noc_storage::relational::{StoreError, nodes, partitions};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// A node not seen for this long does not count.
const ALIVE: Duration = Duration::from_secs(15);

/// Everything an owner needs to start a partition.
pub(crate) struct Ownership {
    pub parts: Parts,
    pub settings: Arc<RuntimeSettings>,
    pub metrics: Arc<Metrics>,
    pub latest: Arc<Latest>,
    pub owned: Owned,
    pub arbiters: Vec<ArbiterHandle>,
    pub stop: StopSignal,
}

/// A partition under way.
struct Running {
    epoch: Epoch,
    stopper: Stopper,
    actors: oneshot::Receiver<End>,
    series: oneshot::Receiver<()>,
}

impl Ownership {
    /// Claims and renews until the runtime stops; then, if gracefully, gives everything back.
    pub async fn run(self) {
        let mut running = BTreeMap::new();
        loop {
            if let Err(error) = self.look(&mut running).await {
                self.metrics.store_error("relational", "ownership");
                tracing::warn!(%error, "leases are not renewed, trying again");
            }
            if self.stop.sleep(self.settings.renew_every).await {
                break;
            }
        }
        let graceful = self.stop.get() == Stop::Gracefully;
        let how = if graceful {
            Stop::Gracefully
        } else {
            Stop::Now
        };
        running.values().for_each(|r: &Running| r.stopper.stop(how));
        if graceful {
            for (partition, run) in running {
                self.give_back(partition, run).await;
            }
        }
    }

    async fn look(&self, running: &mut BTreeMap<PartitionId, Running>) -> Result<(), StoreError> {
        let (db, node) = (&self.parts.db, self.parts.node);
        let now = partitions::database_now(db.write()).await?;
        nodes::seen(db.write(), node, now).await?;
        let living = nodes::alive_since(db.write(), now.minus(ALIVE))
            .await?
            .len();
        let rows = partitions::list(db.write()).await?;
        let quota = rows.len().div_ceil(living.max(1));
        self.renew(running).await?;
        self.drop_surplus(running, quota).await;
        for row in rows {
            if running.len() >= quota {
                break;
            }
            self.claim(&row, running).await?;
        }
        Ok(())
    }

    /// Prolongs what we own; ends what we do not own any more, or what ended by itself.
    async fn renew(&self, running: &mut BTreeMap<PartitionId, Running>) -> Result<(), StoreError> {
        let mut lost = Vec::new();
        for (partition, run) in &mut *running {
            let fenced = matches!(
                run.actors.try_recv(),
                Ok(_) | Err(oneshot::error::TryRecvError::Closed)
            );
            let ours = !fenced
                && partitions::renew(
                    self.parts.db.write(),
                    self.parts.node,
                    *partition,
                    run.epoch,
                    self.settings.lease,
                )
                .await?;
            if !ours {
                lost.push(*partition);
            }
        }
        for partition in lost {
            tracing::warn!(partition = partition.0, "partition lost");
            if let Some(run) = running.remove(&partition) {
                run.stopper.stop(Stop::Now);
            }
            self.owned.lock().remove(&partition);
        }
        Ok(())
    }

    async fn drop_surplus(&self, running: &mut BTreeMap<PartitionId, Running>, quota: usize) {
        while running.len() > quota {
            let Some((partition, run)) = running.pop_last() else {
                return;
            };
            tracing::info!(partition = partition.0, "partition given to another node");
            run.stopper.stop(Stop::Gracefully);
            self.give_back(partition, run).await;
        }
    }

    async fn give_back(&self, partition: PartitionId, run: Running) {
        // An error means that the task is gone, which is what is waited for.
        let (_series, _actors) = (run.series.await, run.actors.await);
        let (db, node) = (&self.parts.db, self.parts.node);
        if let Err(error) = partitions::release(db.write(), node, partition, run.epoch).await {
            tracing::warn!(%error, partition = partition.0, "partition is not given back: its lease runs out");
        }
        self.owned.lock().remove(&partition);
    }

    async fn claim(
        &self,
        row: &partition::Model,
        running: &mut BTreeMap<PartitionId, Running>,
    ) -> Result<(), StoreError> {
        let Ok(number) = u32::try_from(row.partition) else {
            return Ok(());
        };
        let partition = PartitionId(number);
        if running.contains_key(&partition) {
            return Ok(());
        }
        let (db, node) = (&self.parts.db, self.parts.node);
        let claimed = partitions::claim(db, node, partition, self.settings.lease).await?;
        if let Some(epoch) = claimed {
            tracing::info!(partition = number, epoch = epoch.0, "partition claimed");
            running.insert(partition, self.start(partition, epoch));
        }
        Ok(())
    }

    fn start(&self, partition: PartitionId, epoch: Epoch) -> Running {
        let (stopper, stop) = stop_signal();
        let counters = Arc::new(PartitionCounters::new(partition, epoch));
        self.owned.lock().insert(partition, Arc::clone(&counters));
        let setup = Setup {
            parts: self.parts.clone(),
            settings: Arc::clone(&self.settings),
            metrics: Arc::clone(&self.metrics),
            counters,
            stop,
            partition,
            epoch,
        };
        let (actors_end, actors) = oneshot::channel();
        let (series_end, series) = oneshot::channel();
        let (of_actors, of_series) = (setup.clone(), setup);
        let latest = Arc::clone(&self.latest);
        // The actors' tasks live on one arbiter with their actors, the series' on the next one.
        let number = usize::try_from(partition.0).unwrap_or_default();
        self.spawn(number, async move {
            let end = actors::run(of_actors).await;
            // Nobody waits when the runtime was dropped.
            let _nobody = actors_end.send(end).is_err();
        });
        self.spawn(number + 1, async move {
            series::run(of_series, latest).await;
            let _nobody = series_end.send(()).is_err();
        });
        Running {
            epoch,
            stopper,
            actors,
            series,
        }
    }

    fn spawn(&self, number: usize, task: impl Future<Output = ()> + Send + 'static) {
        let at = number.checked_rem(self.arbiters.len());
        match at.and_then(|at| self.arbiters.get(at)) {
            Some(arbiter) => {
                if !arbiter.spawn(task) {
                    tracing::error!("an arbiter is gone");
                }
            }
            None => drop(actix_rt::spawn(task)),
        }
    }
}

//! Which partitions this node owns: claims, renews, gives back.
//!
//! A lease lasts 15 s and is renewed every 3 s, all by the database's clock. A node keeps at most
//! ceil(partitions / living nodes with this role), so a second node takes over half within seconds; it reclaims its own
//! at once after a restart. Whoever comes, leaves or gives back says so on the live bus, and the others look at once.
//! Renewing is one statement however many partitions there are, claiming one transaction, giving back one statement.
//! Renewing comes first, and nothing after it may keep the next one waiting: a claim skips what somebody's transaction
//! holds, and what takes longer than a third of a lease is left for the next look.
//!
//! While the database is away nobody can claim; an owner whose lease ran out by its own clock stops judging
//! ([`Lease`]), and the epoch in every transaction keeps a late owner from changing anything. What could not be given
//! back is offered again at every look, so that a hand-over which met an outage ends with it and not with the lease.

mod running;

use crate::Parts;
use crate::causes::with_causes;
use crate::consumer::actors::End;
use crate::consumer::decisions::Decisions;
use crate::consumer::latest::Latest;
use crate::runtime::lease::Lease;
use crate::runtime::metrics::Metrics;
use crate::runtime::{Owned, RuntimeSettings, Stop, StopSignal};
use actix_rt::ArbiterHandle;
use noc_pipeline::clock::{Stopwatch, UnixMs};
use noc_pipeline::id::{Epoch, PartitionId};
use noc_pipeline::live::LiveEvent;
use noc_storage::relational::entity::partition;
use noc_storage::relational::{StoreError, nodes, partitions};
use running::{Ended, Running};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::mpsc;

/// The role whose nodes share the partitions.
const ROLE: &str = "actors";
/// What follows the renewal in a look may take a third of a lease: the next renewal comes long before its end.
const REST_OF_A_LEASE: u32 = 3;
/// Least time between two looks.
const LOOK_PAUSE: Duration = Duration::from_millis(100);

/// Everything an owner needs to start a partition.
pub(crate) struct Ownership {
    pub parts: Parts,
    pub settings: Arc<RuntimeSettings>,
    pub metrics: Arc<Metrics>,
    pub latest: Arc<Latest>,
    pub decisions: Arc<Decisions>,
    pub lease: Arc<Lease>,
    pub owned: Owned,
    pub arbiters: Vec<ArbiterHandle>,
    pub stop: StopSignal,
}

/// The partitions under way, and where they say that they ended.
struct Held {
    running: BTreeMap<PartitionId, Running>,
    /// Ended here, and not given back yet.
    owed: Vec<(PartitionId, Epoch)>,
    ends: mpsc::UnboundedSender<Ended>,
}

impl Ownership {
    /// Claims and renews until the runtime stops; then, if gracefully, gives everything back.
    pub async fn run(self) {
        let (ends, mut ended) = mpsc::unbounded_channel();
        let mut held = Held {
            running: BTreeMap::new(),
            owed: Vec::new(),
            ends,
        };
        let mut events = self.parts.bus.subscribe();
        loop {
            if let Err(error) = self.look(&mut held).await {
                self.metrics.store_error("relational", "ownership");
                tracing::warn!(
                    error = with_causes(&error),
                    "leases are not renewed, trying again"
                );
            }
            tokio::select! {
                stopping = self.stop.sleep(self.settings.renew_every) => if stopping { break },
                () = ownership_changed(&mut events) => {}
                Some(one) = ended.recv() => {
                    self.settle(&mut held, one, &mut ended).await;
                }
            }
            if self
                .stop
                .sleep(LOOK_PAUSE.min(self.settings.renew_every))
                .await
            {
                break;
            }
        }
        self.end(held, ended).await;
    }

    /// Tells every partition to end; gracefully, waits for each and gives it back.
    async fn end(&self, mut held: Held, mut ended: mpsc::UnboundedReceiver<Ended>) {
        let graceful = self.stop.get() == Stop::Gracefully;
        let how = if graceful {
            Stop::Gracefully
        } else {
            Stop::Now
        };
        held.running.values().for_each(|run| run.stop(how));
        while graceful && !held.running.is_empty() {
            let Some(one) = ended.recv().await else {
                return;
            };
            self.settle(&mut held, one, &mut ended).await;
        }
        if !held.owed.is_empty() {
            let partitions = held.owed.len();
            tracing::warn!(partitions, "not given back: the leases run out");
        }
    }

    async fn look(&self, held: &mut Held) -> Result<(), StoreError> {
        let asked = Stopwatch::start();
        let (db, node) = (&self.parts.db, self.parts.node);
        if let Some(log) = &self.settings.identity
            && log.refresh().await?
        {
            held.running.values_mut().for_each(Running::leave);
        }
        let now = partitions::database_now(db.write()).await?;
        let mine: Vec<_> = held
            .running
            .iter()
            .map(|(p, run)| (*p, run.epoch))
            .collect();
        partitions::renew(db.write(), node, &mine, self.settings.lease, now).await?;
        self.lease.renewed(asked);
        self.in_time("share the partitions", self.share(held, now))
            .await
    }

    /// What takes long is left for the next look: the leases must be renewed again in time.
    async fn in_time(
        &self,
        operation: &'static str,
        call: impl Future<Output = Result<(), StoreError>>,
    ) -> Result<(), StoreError> {
        let limit = self.settings.lease / REST_OF_A_LEASE;
        let done = tokio::time::timeout(limit, call).await;
        done.unwrap_or_else(|_| {
            Err(StoreError::Timeout {
                operation,
                limit_ms: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX),
            })
        })
    }

    /// Gives back, drops and claims, so that every node has its share. May be cut off anywhere: what was given back or
    /// claimed unnoticed is offered or claimed again by the next look.
    async fn share(&self, held: &mut Held, now: UnixMs) -> Result<(), StoreError> {
        let (db, node) = (&self.parts.db, self.parts.node);
        self.give_back(held).await;
        // A node is missed when its leases are.
        let living = nodes::alive_since(db.write(), now.minus(self.settings.lease)).await?;
        let living = living.iter().filter(|node| node.has_role(ROLE)).count();
        let rows = partitions::list(db.write()).await?;
        self.drop_lost(held, &rows);
        let quota = rows.len().div_ceil(living.max(1));
        self.drop_surplus(held, quota);
        let me = node.to_string();
        let free = rows.iter().filter(|row| row.is_free(&me, now));
        let free = free.filter_map(|row| Some((row.node.as_ref() != Some(&me), number(row)?)));
        self.claim(held, free.collect(), quota).await
    }

    /// Ends what we do not own any more.
    fn drop_lost(&self, held: &mut Held, rows: &[partition::Model]) {
        let me = self.parts.node.to_string();
        for row in rows {
            let Some((number, run)) = number(row).and_then(|n| held.running.get_key_value(&n))
            else {
                continue;
            };
            if row.is_held(&me, run.epoch) {
                continue;
            }
            let number = *number;
            if row.node.as_deref() == Some(&me) {
                // Void with all others because the log was replaced: what was judged is kept, and claimed again.
                held.running.entry(number).and_modify(Running::leave);
                continue;
            }
            tracing::warn!(partition = number.0, "partition lost");
            if let Some(run) = held.running.remove(&number) {
                run.stop(Stop::Now);
            }
            self.forget(number);
        }
    }

    /// Lets what is too much finish and be given back; meanwhile it stays ours.
    fn drop_surplus(&self, held: &mut Held, quota: usize) {
        let stays = held.running.values().filter(|run| !run.leaving).count();
        let surplus = stays.saturating_sub(quota);
        let last = held
            .running
            .iter_mut()
            .rev()
            .filter(|(_, run)| !run.leaving);
        for (partition, run) in last.take(surplus) {
            tracing::info!(partition = partition.0, "partition given to another node");
            run.leave();
        }
    }

    /// Claims what is free, up to the quota: first those this node had before it restarted (false), then others.
    async fn claim(
        &self,
        held: &mut Held,
        mut free: Vec<(bool, PartitionId)>,
        quota: usize,
    ) -> Result<(), StoreError> {
        free.retain(|(_, partition)| !held.running.contains_key(partition));
        free.sort_unstable();
        free.truncate(quota.saturating_sub(held.running.len()));
        let wanted: Vec<_> = free.into_iter().map(|(_, partition)| partition).collect();
        let (db, node) = (&self.parts.db, self.parts.node);
        let claimed = partitions::claim(db, node, &wanted, self.settings.lease).await?;
        for (partition, epoch) in claimed {
            tracing::info!(
                partition = partition.0,
                epoch = epoch.0,
                "partition claimed"
            );
            let run = running::start(self, partition, epoch, held.ends.clone());
            held.running.insert(partition, run);
        }
        Ok(())
    }

    /// Takes note of partitions that ended, and gives back those that ended as they should.
    async fn settle(
        &self,
        held: &mut Held,
        first: Ended,
        more: &mut mpsc::UnboundedReceiver<Ended>,
    ) {
        let mut next = Some(first);
        while let Some(one) = next {
            let ours = held.running.get(&one.partition);
            if ours.is_some_and(|run| run.epoch == one.epoch) {
                held.running.remove(&one.partition);
                self.forget(one.partition);
                match one.end {
                    End::Stopped => held.owed.push((one.partition, one.epoch)),
                    End::Fenced => {}
                    End::LogReplaced(old) => self.log_replaced(held, old).await,
                }
            }
            next = more.try_recv().ok();
        }
        self.give_back(held).await;
    }

    async fn log_replaced(&self, held: &mut Held, old: noc_pipeline::id::LogId) {
        let Some(log) = &self.settings.identity else {
            return;
        };
        if let Err(error) = log.replaced(old).await {
            // The partition is claimed again, and finds the same.
            tracing::warn!(
                error = with_causes(&error),
                "the log has no new id yet, trying again"
            );
            return;
        }
        held.running.values_mut().for_each(Running::leave);
        self.parts.bus.publish(LiveEvent::OwnershipChanged).await;
    }

    /// Gives back what ended here; what the database does not take stays owed.
    async fn give_back(&self, held: &mut Held) {
        if held.owed.is_empty() {
            return;
        }
        let (db, node) = (&self.parts.db, self.parts.node);
        let release = partitions::release(db.write(), node, &held.owed);
        match self.in_time("give partitions back", release).await {
            Ok(()) => {
                held.owed.clear();
                self.parts.bus.publish(LiveEvent::OwnershipChanged).await;
            }
            Err(error) => {
                self.metrics.store_error("relational", "give back");
                tracing::warn!(
                    error = with_causes(&error),
                    partitions = held.owed.len(),
                    "partitions are not given back, trying again"
                );
            }
        }
    }

    fn forget(&self, partition: PartitionId) {
        self.owned.lock().remove(&partition);
        self.metrics.forget(partition);
    }
}

fn number(row: &partition::Model) -> Option<PartitionId> {
    u32::try_from(row.partition).ok().map(PartitionId)
}

/// Returns when a node came, left or gave back, or may have.
async fn ownership_changed(events: &mut broadcast::Receiver<LiveEvent>) {
    loop {
        match events.recv().await {
            Ok(LiveEvent::OwnershipChanged) | Err(RecvError::Lagged(_)) => return,
            Ok(_) => {}
            Err(RecvError::Closed) => return std::future::pending().await,
        }
    }
}

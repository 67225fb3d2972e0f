//! Snapshots of the partition and its servers, and who may leave memory once they are stored.

use super::{Core, PartitionError};
use crate::server_actor::Pack;
use futures::future::join_all;
use noc_pipeline::id::Offset;
use noc_pipeline::snapshot::{Snapshot, SnapshotKey};
use std::time::Duration;

/// Snapshots written in one call.
const SNAPSHOT_CHUNK: usize = 1024;
/// How long decisions may take to be written before a snapshot covers them.
const DECISIONS_LIMIT: Duration = Duration::from_secs(2);
/// When they are not, the next try follows so soon ...
const DECISIONS_RETRY: Duration = Duration::from_secs(10);
/// ... and so many tries later the snapshot is taken all the same: a longer replay would not be worth it.
const DECISIONS_TRIES: u32 = 6;

impl Core {
    /// Writes snapshots once they are due, or now; then lets idle servers go.
    ///
    /// A store that does not answer costs a longer replay and nothing else: what is dirty stays so.
    pub async fn take_snapshots(&mut self, all: bool) -> Result<(), PartitionError> {
        let now = self.setup.parts.clock.now();
        if !(all || now >= self.snapshot_due) || !self.moved {
            return Ok(());
        }
        let settled = self.setup.decisions.settle(DECISIONS_LIMIT).await;
        if !(settled || all) && self.unsettled < DECISIONS_TRIES {
            self.unsettled += 1;
            self.snapshot_due = now.plus(DECISIONS_RETRY);
            return Ok(());
        }
        self.unsettled = 0;
        self.snapshot_due = now.plus(self.setup.settings.snapshot_every);
        let Some(offset) = self.next.0.checked_sub(1).map(Offset) else {
            return Ok(());
        };
        if let Err(reason) = self.write_snapshots(offset).await? {
            self.setup.metrics.store_error("snapshots", "put");
            tracing::warn!(
                reason,
                partition = self.setup.partition.0,
                "snapshots are not stored"
            );
            return Ok(());
        }
        self.moved = false;
        self.setup.counters.snapshots.inc();
        self.mark(offset).await;
        self.passivate();
        Ok(())
    }

    /// Notes what stands at the snapshots' position, so that another log under the same name is found out.
    async fn mark(&self, offset: Offset) {
        let (Some(log), Some(bytes)) = (&self.setup.settings.identity, &self.last) else {
            return;
        };
        let noted = log
            .mark(self.log_id, self.setup.partition, offset, bytes)
            .await;
        if let Err(error) = noted {
            self.setup.metrics.store_error("relational", "mark");
            tracing::warn!(%error, partition = self.setup.partition.0, "mark of the log not noted, again with the next snapshots");
        }
    }

    async fn write_snapshots(
        &mut self,
        offset: Offset,
    ) -> Result<Result<(), String>, PartitionError> {
        let mut dirty: Vec<_> = self.dirty.iter().copied().collect();
        dirty.sort_unstable();
        for chunk in dirty.chunks(SNAPSHOT_CHUNK) {
            let packing = chunk.iter().filter_map(|server| {
                let packed = self.resident.get(server)?.addr.send(Pack);
                Some(async move { (*server, packed.await) })
            });
            let mut snapshots = Vec::with_capacity(chunk.len());
            for (server, packed) in join_all(packing).await {
                let state = packed.map_err(|_| PartitionError::Broken)?;
                snapshots.push(self.snapshot(SnapshotKey::Server(server), offset, state));
            }
            if let Err(error) = self.put(snapshots).await {
                return Ok(Err(error));
            }
            chunk.iter().for_each(|server| {
                self.dirty.remove(server);
            });
        }
        let own = self.snapshot(SnapshotKey::Partition, offset, self.memory.encode());
        Ok(self.put(vec![own]).await)
    }

    fn snapshot(&self, key: SnapshotKey, offset: Offset, state: Vec<u8>) -> Snapshot {
        Snapshot {
            key,
            log_id: self.log_id,
            epoch: self.setup.epoch,
            offset,
            state: state.into(),
        }
    }

    async fn put(&self, snapshots: Vec<Snapshot>) -> Result<(), String> {
        let partition = self.setup.partition;
        let put = self.setup.parts.snapshots.put(partition, snapshots).await;
        put.map_err(|error| error.to_string())
    }

    /// Lets go of servers not heard of for long: their snapshots are stored, their actors end with their address.
    fn passivate(&mut self) {
        let (clock, limit) = (self.memory.clock.now(), self.setup.settings.passivate_after);
        let (dirty, metrics) = (&self.dirty, &self.setup.metrics);
        self.resident.retain(|server, resident| {
            let stays =
                resident.held_open || dirty.contains(server) || clock.since(resident.used) < limit;
            if !stays {
                metrics.actors.dec();
            }
            stays
        });
    }
}

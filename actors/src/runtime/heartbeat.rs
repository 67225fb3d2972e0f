//! Vouches for time passing: a heartbeat into every partition, every 5 s.

use super::StopSignal;
use super::observe::Count;
use crate::Parts;
use noc_pipeline::id::PartitionId;
use noc_pipeline::record::Record;
use std::sync::Arc;
use std::time::Duration;

/// Writes until the runtime stops. What the log does not take is not repeated: the pause it leaves is the truth.
pub(super) async fn run(parts: Parts, every: Duration, written: Arc<Count>, stop: StopSignal) {
    loop {
        let beat = Record::Heartbeat {
            at: parts.clock.now(),
            node: parts.node,
        }
        .encode();
        let all = (0..parts.log.partitions()).map(|n| (PartitionId(n), beat.clone()));
        match parts.log.append(all.collect()).await {
            Ok(_) => written.inc(),
            Err(error) => tracing::warn!(%error, "the log takes no heartbeat"),
        }
        if stop.sleep(every).await {
            return;
        }
    }
}

//! Vouches for time passing: a heartbeat into every partition, every 5 s.

use super::StopSignal;
use super::observe::Count;
use super::skew::ClockSkew;
use crate::Parts;
use noc_pipeline::id::PartitionId;
use noc_pipeline::record::Record;
use std::sync::Arc;
use std::time::Duration;

/// Writes until the runtime stops. What the log does not take is not repeated: the pause it leaves is the truth. A
/// node whose clock is too far off writes none: one beat from the future would stop every partition's clock until
/// then.
pub(super) async fn run(
    parts: Parts,
    every: Duration,
    written: Arc<Count>,
    skew: Arc<ClockSkew>,
    stop: StopSignal,
) {
    loop {
        let now = parts.clock.now();
        if skew.too_far(now).is_none() {
            beat(&parts, now, &written).await;
        }
        if stop.sleep(every).await {
            return;
        }
    }
}

async fn beat(parts: &Parts, at: noc_pipeline::clock::UnixMs, written: &Count) {
    let node = parts.node;
    let beat = Record::Heartbeat { at, node }.encode();
    let all = (0..parts.log.partitions()).map(|n| (PartitionId(n), beat.clone()));
    match parts.log.append(all.collect()).await {
        Ok(_) => written.inc(),
        Err(error) => tracing::warn!(%error, "the log takes no heartbeat"),
    }
}

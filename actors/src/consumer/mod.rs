//! The two readers of every owned partition. Each has its own position and its own troubles: the series store away
//! delays charts, the relational store away delays incidents, neither delays the other or ingest.

pub mod actors;
pub mod latest;
pub mod series;

use crate::runtime::StopSignal;
use noc_pipeline::id::{Offset, PartitionId};
use noc_pipeline::log::{LogError, PayloadLog};
use noc_pipeline::record::Entry;
use std::time::Duration;

/// How long one read waits for a record.
const WAIT: Duration = Duration::from_millis(500);
/// First and last pause between two tries.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// What a read came to.
enum Read {
    /// Records, perhaps none.
    Entries(Vec<Entry>),
    /// Retention went past us: the log goes on at this position.
    Gap { first: Offset, lost: u64 },
    /// The runtime ends.
    Stop,
}

/// Reads on; repeats what fails until it succeeds or the runtime ends.
async fn read_on(
    log: &dyn PayloadLog,
    partition: PartitionId,
    from: Offset,
    max: usize,
    stop: &StopSignal,
) -> Read {
    let mut pause = BACK_OFF.0;
    loop {
        let read = tokio::select! {
            read = log.read(partition, from, max, WAIT) => read,
            () = stop.stopped() => return Read::Stop,
        };
        match read {
            Ok(entries) => return Read::Entries(entries),
            Err(LogError::Trimmed { asked, first, .. }) => {
                let lost = first.0.saturating_sub(asked.0);
                return Read::Gap { first, lost };
            }
            Err(error) => {
                tracing::warn!(%error, partition = partition.0, "log cannot be read, trying again");
            }
        }
        if stop.sleep(pause).await {
            return Read::Stop;
        }
        pause = pause.saturating_mul(2).min(BACK_OFF.1);
    }
}

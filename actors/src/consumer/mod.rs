//! The two readers of every owned partition. Each has its own position and its own troubles: the series store away
//! delays charts, the relational store away delays incidents, neither delays the other or ingest.

pub mod actors;
pub mod decisions;
pub mod latest;
pub mod probes;
pub mod series;

use crate::runtime::StopSignal;
use noc_pipeline::id::{Offset, PartitionId};
use noc_pipeline::log::{LogError, PayloadLog};
use noc_pipeline::record::Entry;
use std::time::Duration;

/// How long one read waits for a record.
const WAIT: Duration = Duration::from_millis(500);
/// After a read that failed.
const PAUSE: Duration = Duration::from_secs(1);
/// First and last pause between two tries.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// What a read came to.
enum Read {
    /// Records, perhaps none.
    Entries(Vec<Entry>),
    /// Retention went past us: the log goes on at this position.
    Gap { first: Offset, lost: u64 },
    /// The log cannot be read now; it was waited a moment.
    Failing,
    /// The log says that it is not the one that was read so far; it was waited a moment.
    Replaced,
    /// The runtime ends.
    Stop,
}

/// Reads on. What fails is answered after a pause, so that the caller may ask whether it is still the same log.
async fn read_on(
    log: &dyn PayloadLog,
    partition: PartitionId,
    from: Offset,
    max: usize,
    stop: &StopSignal,
) -> Read {
    let read = tokio::select! {
        read = log.read(partition, from, max, WAIT) => read,
        () = stop.stopped() => return Read::Stop,
    };
    match read {
        Ok(entries) => Read::Entries(entries),
        Err(LogError::Trimmed { asked, first, .. }) => {
            let lost = first.0.saturating_sub(asked.0);
            Read::Gap { first, lost }
        }
        Err(error) => {
            tracing::warn!(%error, partition = partition.0, "log cannot be read, trying again");
            match error {
                _ if stop.sleep(PAUSE).await => Read::Stop,
                LogError::Replaced { .. } => Read::Replaced,
                _ => Read::Failing,
            }
        }
    }
}

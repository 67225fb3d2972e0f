//! The reader that feeds the actors: log -> partition actor -> servers' actors.
//!
//! Its position is stored with the snapshots. When an actor is lost to a defect, the partition starts anew from its
//! snapshots and replays; what was stored already is recognised by the servers' cursors.

use super::{BACK_OFF, Read, read_on};
use crate::partition_actor::{
    Batch, Core, Leave, PartitionActor, PartitionError, Setup, SkipTo, TakeSnapshots,
};
use crate::runtime::Stop;
use actix::{Actor, Addr};
use bytes::Bytes;
use noc_pipeline::clock::Stopwatch;
use noc_pipeline::id::{LogId, Offset};
use noc_pipeline::log::Bounds;
use std::time::Duration;

/// So often the log must deny what was read before it counts as another one.
const DENIALS: u32 = 3;
/// Between two questions about it.
const DENIAL_PAUSE: Duration = Duration::from_millis(500);

/// How a consumer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// As it was told to; snapshots are written.
    Stopped,
    /// The partition is somebody else's.
    Fenced,
    /// The log that was read is gone, another one stands in its place; snapshots are written.
    LogReplaced(LogId),
}

/// Reads until the runtime stops or the partition is lost. Runs on the arbiter where its actors live.
pub(crate) async fn run(setup: Setup) -> End {
    let mut pause = BACK_OFF.0;
    loop {
        let log_id = setup.parts.log.log_id();
        match once(&setup).await {
            Ok(()) | Err(PartitionError::Stopping) => return End::Stopped,
            Err(PartitionError::Fenced) => {
                setup.counters.fence();
                tracing::warn!(
                    partition = setup.partition.0,
                    epoch = setup.epoch.0,
                    "partition is somebody else's by now"
                );
                return End::Fenced;
            }
            Err(PartitionError::LogReplaced) => {
                tracing::error!(
                    partition = setup.partition.0,
                    log.id = %log_id,
                    "the log does not go on where it was read"
                );
                return End::LogReplaced(log_id);
            }
            Err(PartitionError::Broken) => {
                setup.counters.restarts.inc();
                tracing::error!(
                    partition = setup.partition.0,
                    "partition starts anew from its snapshots"
                );
            }
        }
        if setup.stop.sleep(pause).await {
            return End::Stopped;
        }
        pause = pause.saturating_mul(2).min(BACK_OFF.1);
    }
}

async fn once(setup: &Setup) -> Result<(), PartitionError> {
    let core = Core::restore(setup.clone()).await?;
    let next = core.next();
    let addr = PartitionActor::new(core).start();
    let out = feed(setup, &addr, next).await;
    let graceful = setup.stop.get() == Stop::Gracefully;
    let replaced = out == Err(PartitionError::LogReplaced);
    let out = match out {
        // What was judged is kept: the other log is read with it.
        Ok(()) | Err(PartitionError::LogReplaced) if graceful || replaced => addr
            .send(TakeSnapshots { all: true })
            .await
            .map_err(|_| PartitionError::Broken)
            .and_then(|taken| taken)
            .and(out),
        out => out,
    };
    // Gone already when its arbiter is: all the better.
    addr.do_send(Leave);
    out
}

async fn feed(
    setup: &Setup,
    addr: &Addr<PartitionActor>,
    mut next: Offset,
) -> Result<(), PartitionError> {
    let log = &setup.parts.log;
    let mut last = None;
    let mut compared = Stopwatch::start();
    let mut denials = 0;
    loop {
        let max = setup.settings.batch;
        let entries = match read_on(&**log, setup.partition, next, max, &setup.stop).await {
            Read::Stop => return Ok(()),
            Read::Failing => {
                same_log(setup, next, last.as_ref()).await?;
                continue;
            }
            Read::Replaced => {
                same_log(setup, next, last.as_ref()).await?;
                denials += 1;
                if denials >= DENIALS && setup.settings.identity.is_some() {
                    return Err(PartitionError::LogReplaced);
                }
                continue;
            }
            Read::Gap { first, lost } => {
                same_log(setup, next, last.as_ref()).await?;
                tracing::error!(
                    partition = setup.partition.0,
                    consumer = "actors",
                    lost_records = lost,
                    "retention went past the actors: records are lost to them"
                );
                setup.counters.gap_records.inc_by(lost);
                let skipped = addr.send(SkipTo(first)).await;
                skipped.map_err(|_| PartitionError::Broken)?;
                (next, last) = (first, None);
                continue;
            }
            Read::Entries(entries) => entries,
        };
        denials = 0;
        if compared.elapsed() >= setup.settings.snapshot_every {
            same_log(setup, next, last.as_ref()).await?;
            compared = Stopwatch::start();
        }
        if let Some(newest) = entries.last() {
            last = Some(newest.bytes.clone());
            let answer = addr.send(Batch(entries)).await;
            next = answer.map_err(|_| PartitionError::Broken)??;
        }
        if let Ok(bounds) = log.bounds(setup.partition).await {
            note_lag(setup, bounds, next);
            if bounds.end < next {
                same_log(setup, next, last.as_ref()).await?;
            }
        }
    }
}

fn note_lag(setup: &Setup, bounds: Bounds, next: Offset) {
    setup.counters.end(bounds.end);
    let lag = bounds.end.0.saturating_sub(next.0);
    setup.metrics.lag("actors", setup.partition, lag);
}

/// Whether the log goes on where it was read. A log that cannot be read now says nothing; one that denies it is asked
/// again a few times, because a broker that has just taken over may not know its end yet.
async fn same_log(setup: &Setup, next: Offset, last: Option<&Bytes>) -> Result<(), PartitionError> {
    let Some(log) = &setup.settings.identity else {
        return Ok(());
    };
    for _ in 0..DENIALS {
        match log.goes_on(setup.partition, next, last).await {
            Ok(false) => {}
            Ok(true) => return Ok(()),
            Err(error) => {
                tracing::debug!(%error, partition = setup.partition.0, "the log cannot be compared now");
                return Ok(());
            }
        }
        if setup.stop.sleep(DENIAL_PAUSE).await {
            return Ok(());
        }
    }
    Err(PartitionError::LogReplaced)
}

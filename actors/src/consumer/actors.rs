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
use noc_pipeline::id::Offset;

/// How a consumer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// As it was told to; snapshots are written.
    Stopped,
    /// The partition is somebody else's.
    Fenced,
}

/// Reads until the runtime stops or the partition is lost. Runs on the arbiter where its actors live.
pub(crate) async fn run(setup: Setup) -> End {
    let mut pause = BACK_OFF.0;
    loop {
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
    let out = match out {
        Ok(()) if graceful => addr
            .send(TakeSnapshots { all: true })
            .await
            .map_err(|_| PartitionError::Broken)
            .and_then(|taken| taken),
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
    loop {
        let entries = match read_on(
            &**log,
            setup.partition,
            next,
            setup.settings.batch,
            &setup.stop,
        )
        .await
        {
            Read::Stop => return Ok(()),
            Read::Gap { first, lost } => {
                tracing::error!(
                    partition = setup.partition.0,
                    consumer = "actors",
                    lost_records = lost,
                    "retention went past the actors: records are lost to them"
                );
                setup.counters.gap_records.inc_by(lost);
                let skipped = addr.send(SkipTo(first)).await;
                skipped.map_err(|_| PartitionError::Broken)?;
                next = first;
                continue;
            }
            Read::Entries(entries) => entries,
        };
        if !entries.is_empty() {
            let answer = addr.send(Batch(entries)).await;
            next = answer.map_err(|_| PartitionError::Broken)??;
        }
        if let Ok(bounds) = log.bounds(setup.partition).await {
            setup.counters.end(bounds.end);
            let lag = bounds.end.0.saturating_sub(next.0);
            setup.metrics.lag("actors", setup.partition, lag);
        }
    }
}

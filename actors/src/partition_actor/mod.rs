//! One actor per owned partition: takes the log's records in order and hands them to the servers' actors.
//!
//! * Payloads between two heartbeats are handed out together, one message a server; servers work side by side. At a
//!   heartbeat everything before it is finished, the partition clock moves, and whoever has been silent for too
//!   long is woken. So what happens depends on the records alone, never on how they were cut into batches.
//! * A batch is answered once every record in it was taken and its effects are stored. The database away: the
//!   partition waits and tries again for ever; ingest and the series consumer do not notice.
//! * Snapshots are taken between batches, servers first, the partition last: a restart reads the partition's, and
//!   replays from there; a server whose own is newer passes over what it has.
//! * Servers silent for long and with nothing open leave memory once their snapshot is stored; 12 bytes stay.

mod core;
mod memory;

pub use self::core::PartitionError;
pub(crate) use self::core::{Core, Setup};
pub(crate) use self::memory::Heard;

use actix::{Actor, ActorContext, AtomicResponse, Context, Handler, Message, WrapFuture};
use actix::{ActorFutureExt, MessageResult};
use noc_pipeline::id::Offset;
use noc_pipeline::record::Entry;

/// Records of this partition, in order, without gaps.
#[derive(Debug, Message)]
#[rtype(result = "Result<Offset, PartitionError>")]
pub(crate) struct Batch(pub Vec<Entry>);

/// Write all snapshots that are due; `all`: also those that are not.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), PartitionError>")]
pub(crate) struct TakeSnapshots {
    pub all: bool,
}

/// The log no longer has what comes next: go on at this position.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct SkipTo(pub Offset);

/// Leave.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct Leave;

/// The actor: one [`Core`], lent to one message at a time.
pub(crate) struct PartitionActor {
    core: Option<Box<Core>>,
}

impl PartitionActor {
    pub fn new(core: Core) -> Self {
        Self {
            core: Some(Box::new(core)),
        }
    }
}

impl Actor for PartitionActor {
    type Context = Context<Self>;
}

impl Handler<Batch> for PartitionActor {
    type Result = AtomicResponse<Self, Result<Offset, PartitionError>>;

    fn handle(&mut self, Batch(entries): Batch, _: &mut Self::Context) -> Self::Result {
        let core = self.core.take();
        let work = async move {
            match core {
                Some(mut core) => {
                    let out = core.take_batch(entries).await;
                    (Some(core), out)
                }
                None => (None, Err(PartitionError::Broken)),
            }
        };
        AtomicResponse::new(Box::pin(work.into_actor(self).map(
            |(core, out), actor, _| {
                actor.core = core;
                out
            },
        )))
    }
}

impl Handler<TakeSnapshots> for PartitionActor {
    type Result = AtomicResponse<Self, Result<(), PartitionError>>;

    fn handle(&mut self, message: TakeSnapshots, _: &mut Self::Context) -> Self::Result {
        let core = self.core.take();
        let work = async move {
            match core {
                Some(mut core) => {
                    let out = core.take_snapshots(message.all).await;
                    (Some(core), out)
                }
                None => (None, Err(PartitionError::Broken)),
            }
        };
        AtomicResponse::new(Box::pin(work.into_actor(self).map(
            |(core, out), actor, _| {
                actor.core = core;
                out
            },
        )))
    }
}

impl Handler<SkipTo> for PartitionActor {
    type Result = MessageResult<SkipTo>;

    fn handle(&mut self, SkipTo(offset): SkipTo, _: &mut Self::Context) -> Self::Result {
        if let Some(core) = &mut self.core {
            core.skip_to(offset);
        }
        MessageResult(())
    }
}

impl Handler<Leave> for PartitionActor {
    type Result = ();

    fn handle(&mut self, _: Leave, ctx: &mut Self::Context) {
        ctx.stop();
    }
}

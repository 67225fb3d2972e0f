//! One partition under way: its two consumers, and the word that they ended.

use super::Ownership;
use crate::consumer::actors::{self, End};
use crate::consumer::series;
use crate::partition_actor::Setup;
use crate::runtime::observe::PartitionCounters;
use crate::runtime::{Stop, Stopper, stop_signal};
use noc_pipeline::id::{Epoch, PartitionId};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// A partition under way.
pub(super) struct Running {
    pub epoch: Epoch,
    /// It was told to finish, and is given back once it has.
    pub leaving: bool,
    stopper: Arc<Stopper>,
}

/// Both consumers of a partition ended.
pub(super) struct Ended {
    pub partition: PartitionId,
    pub epoch: Epoch,
    pub end: End,
}

impl Running {
    pub fn stop(&self, how: Stop) {
        self.stopper.stop(how);
    }

    /// Lets it finish what is under way, and write its snapshots.
    pub fn leave(&mut self) {
        self.leaving = true;
        self.stop(Stop::Gracefully);
    }
}

/// Starts both consumers; `ends` is told once both have ended.
pub(super) fn start(
    owner: &Ownership,
    partition: PartitionId,
    epoch: Epoch,
    ends: mpsc::UnboundedSender<Ended>,
) -> Running {
    let (stopper, stop) = stop_signal();
    let stopper = Arc::new(stopper);
    let counters = Arc::new(PartitionCounters::new(partition, epoch));
    owner.owned.lock().insert(partition, Arc::clone(&counters));
    let setup = Setup {
        parts: owner.parts.clone(),
        settings: Arc::clone(&owner.settings),
        metrics: Arc::clone(&owner.metrics),
        counters,
        lease: Arc::clone(&owner.lease),
        decisions: Arc::clone(&owner.decisions),
        stop,
        partition,
        epoch,
    };
    let (actors_end, actors) = oneshot::channel();
    let (series_end, series) = oneshot::channel();
    let (of_actors, of_series) = (setup.clone(), setup);
    let latest = Arc::clone(&owner.latest);
    // The actors' tasks live on one arbiter with their actors, the series' on the next one.
    let number = usize::try_from(partition.0).unwrap_or_default();
    spawn(owner, number, async move {
        let end = actors::run(of_actors).await;
        // Nobody waits when the runtime was dropped.
        let _nobody = actors_end.send(end).is_err();
    });
    spawn(owner, number + 1, async move {
        series::run(of_series, latest).await;
        let _nobody = series_end.send(()).is_err();
    });
    // Weak: this must not keep the partition alive when its owner is dropped.
    let stopper_of_both = Arc::downgrade(&stopper);
    actix_rt::spawn(async move {
        // An error means that the task is gone with its thread.
        let end = actors.await.unwrap_or(End::Fenced);
        if end != End::Stopped
            && let Some(stopper) = stopper_of_both.upgrade()
        {
            stopper.stop(Stop::Now);
        }
        let _gone = series.await.is_err();
        let _nobody = ends
            .send(Ended {
                partition,
                epoch,
                end,
            })
            .is_err();
    });
    Running {
        epoch,
        leaving: false,
        stopper,
    }
}

fn spawn(owner: &Ownership, number: usize, task: impl Future<Output = ()> + Send + 'static) {
    let at = number.checked_rem(owner.arbiters.len());
    match at.and_then(|at| owner.arbiters.get(at)) {
        Some(arbiter) => {
            if !arbiter.spawn(task) {
                tracing::error!("an arbiter is gone");
            }
        }
        None => drop(actix_rt::spawn(task)),
    }
}

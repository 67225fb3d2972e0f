//! The loop of one channel: take what is due, as many at a time as allowed, and sleep until woken or a second passes.

use super::{claim, send};
use crate::notify::NotifyContext;
use crate::notify::channel::Channel;
use noc_pipeline::clock;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, Semaphore, watch};

/// Between two looks when nobody says anything; also after the database could not be asked.
const EVERY: Duration = Duration::from_secs(1);

/// Sends what one channel has to send.
pub(crate) struct Worker {
    pub context: Arc<NotifyContext>,
    pub channel: Arc<dyn Channel>,
    /// Rung when deliveries were queued.
    pub bell: Arc<Notify>,
    /// True once nothing new is to be taken.
    pub stopping: watch::Receiver<bool>,
    /// Sends at a time.
    pub concurrency: usize,
}

impl Worker {
    /// Runs until told to stop, and then until what was taken has left.
    pub async fn run(mut self) {
        let permits = Arc::new(Semaphore::new(self.concurrency));
        while !*self.stopping.borrow() {
            let took = self.take(&permits).await;
            if !took {
                tokio::select! {
                    () = self.bell.notified() => {}
                    () = clock::sleep(EVERY) => {}
                    changed = self.stopping.changed() => if changed.is_err() { break },
                }
            }
        }
        // Every send ends within 10 s; then all permits are back.
        let all = u32::try_from(self.concurrency).unwrap_or(u32::MAX);
        drop(permits.acquire_many(all).await);
    }

    /// Starts as many sends as there are free permits and due rows; false when there was nothing to start.
    async fn take(&self, permits: &Arc<Semaphore>) -> bool {
        let Ok(mut permit) = Arc::clone(permits).acquire_many_owned(1).await else {
            return false;
        };
        let free = permits.available_permits();
        if let Ok(more) =
            Arc::clone(permits).try_acquire_many_owned(u32::try_from(free).unwrap_or(0))
        {
            permit.merge(more);
        }
        let channel = self.channel.key();
        let messages = match claim(&self.context, channel, permit.num_permits() as u64).await {
            Ok(messages) => messages,
            Err(error) => {
                tracing::warn!(channel, %error, "due deliveries not taken, tried again in {} s", EVERY.as_secs());
                return false;
            }
        };
        let took = !messages.is_empty();
        for message in messages {
            let one = permit.split(1);
            let (context, channel) = (Arc::clone(&self.context), Arc::clone(&self.channel));
            tokio::spawn(async move {
                send(&context, channel.as_ref(), message).await;
                drop(one);
            });
        }
        took
    }
}

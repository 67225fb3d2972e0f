//! The loop of one channel: take what is due, as many as there is room in hand, and sleep until woken or a second passes.

use super::line::Line;
use super::{claim, give_back, put_off, send};
use crate::notify::NotifyContext;
use crate::notify::channel::Channel;
use noc_pipeline::clock::{self, UnixMs};
use noc_storage::relational::deliveries::bundles::Bundle;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};

/// Between two looks when nobody says anything; also after the database could not be asked.
const EVERY: Duration = Duration::from_secs(1);

/// Messages in hand for each send at a time: those that wait for their turn, and those whose result is being written down.
/// The last of them has its turn well before its lease ends, also where each send before it takes its 10 s.
const IN_HAND: usize = 4;

/// While others are in hand so long is waited for more room, so that one transaction takes several.
const GATHER: Duration = Duration::from_millis(10);

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
        let line = Arc::new(Line::new(self.concurrency));
        let room = self.concurrency.saturating_mul(IN_HAND);
        let hand = Arc::new(Semaphore::new(room));
        while !*self.stopping.borrow() {
            let took = self.take(&hand, room, &line).await;
            if !took {
                tokio::select! {
                    () = self.bell.notified() => {}
                    () = clock::sleep(EVERY) => {}
                    changed = self.stopping.changed() => if changed.is_err() { break },
                }
            }
        }
        // What was begun ends within 10 s, the rest goes back; then the hand is empty.
        line.close();
        let all = u32::try_from(room).unwrap_or(u32::MAX);
        drop(hand.acquire_many(all).await);
    }

    /// Takes as many due messages as there is room for; false when there was nothing to take.
    async fn take(&self, hand: &Arc<Semaphore>, room: usize, line: &Arc<Line>) -> bool {
        let mut stopping = self.stopping.clone();
        let mut permit = tokio::select! {
            permit = gather(hand, room) => match permit {
                Some(permit) => permit,
                None => return false,
            },
            _ = stopping.wait_for(|stopping| *stopping) => return false,
        };
        let channel = self.channel.key();
        let ticket = line.ticket();
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
            let line = Arc::clone(line);
            let (context, channel) = (Arc::clone(&self.context), Arc::clone(&self.channel));
            tokio::spawn(async move {
                match line.turn(ticket).await {
                    Some(slot) => match crowded(&line, &message, context.clock.now()) {
                        Some(until) => {
                            drop(slot);
                            put_off(&context, message, until).await;
                        }
                        None => send(&context, channel.as_ref(), message, slot).await,
                    },
                    None => give_back(&context, message).await,
                }
                drop(one);
            });
        }
        took
    }
}

/// Until when a message waits for its recipient.
fn crowded(line: &Line, message: &Bundle, now: UnixMs) -> Option<UnixMs> {
    let first = message.rows.first()?;
    // What no worker was to send is for the judge.
    first.next_attempt_at?;
    line.crowded(&first.recipient_key, now)
}

/// Room for one message at least: what is free, or comes free soon while others are in hand.
async fn gather(hand: &Arc<Semaphore>, room: usize) -> Option<OwnedSemaphorePermit> {
    let mut permit = Arc::clone(hand).acquire_owned().await.ok()?;
    merge_free(hand, &mut permit);
    let half = room.div_ceil(2);
    if permit.num_permits() < half {
        let missing = u32::try_from(half - permit.num_permits()).unwrap_or(0);
        let more = Arc::clone(hand).acquire_many_owned(missing);
        if let Ok(Ok(more)) = tokio::time::timeout(GATHER, more).await {
            permit.merge(more);
        }
        merge_free(hand, &mut permit);
    }
    Some(permit)
}

fn merge_free(hand: &Arc<Semaphore>, permit: &mut OwnedSemaphorePermit) {
    let free = u32::try_from(hand.available_permits()).unwrap_or(0);
    if let Ok(more) = Arc::clone(hand).try_acquire_many_owned(free) {
        permit.merge(more);
    }
}

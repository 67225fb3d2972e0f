//! What becomes of claimed rows before and after their message: read with patience, written down with patience.

use super::deliver::{LOOK_AGAIN, Scene, read_scene};
use super::record::{Conclusion, record_all};
use super::results;
use super::turns::was_held_back;
use crate::causes::with_causes;
use crate::crash_point;
use crate::notify::NotifyContext;
use crate::notify::channel::{Channel, LONGEST_SEND};
use crate::notify::receipts;
use noc_pipeline::clock::{self, Stopwatch, UnixMs};
use noc_pipeline::live::LiveEvent;
use noc_storage::relational::StoreError;
use noc_storage::relational::deliveries::{self, GiveBack, bundles};
use noc_storage::relational::entity::notification_delivery::Model;
use std::sync::Arc;
use std::time::Duration;

/// How often a result is offered to a database that does not take it, and the pause between.
const RECORD_TRIES: u32 = 20;
const RECORD_PAUSE: Duration = Duration::from_secs(1);

/// How often a row is offered back: for as long as a claim may last.
const GIVE_BACK_TRIES: u32 = 60;

/// To write down what came of a send takes moments.
const SEND: Duration = LONGEST_SEND.saturating_add(Duration::from_secs(1));

/// For so long it is tried again to read what a claimed row is about: to wait for the lease would cost a page a minute.
const READ_FOR: Duration = Duration::from_secs(10);

/// Why a message waits that nobody can read, in the delivery log.
const NOT_READ: &str =
    "waits, because what it is about could not be read; the log of the program says why";
/// The same of what a storm held back.
const HELD_AND_NOT_READ: &str = "held back: there was too much for one recipient; by now it waits because what it is about could \
    not be read; the log of the program says why";

/// What a row is about, as it is now; an error where it cannot be read.
pub(super) async fn see(context: &NotifyContext, row: &Model) -> Result<Scene, StoreError> {
    let reading = Stopwatch::start();
    loop {
        match read_scene(context.db.read(), row, context.clock.now()).await {
            Ok(scene) => return Ok(scene),
            Err(error) if error.is_retryable() && reading.elapsed() < READ_FOR => {
                clock::sleep(RECORD_PAUSE).await;
            }
            Err(error) => {
                let cause = with_causes(&error);
                tracing::warn!(delivery.id = row.id, error = cause, "delivery not judged");
                return Err(error);
            }
        }
    }
}

/// Whether we were stopped for so long that somebody else has it now, or would before a send that begins now has ended.
pub(super) fn claim_is_over(context: &NotifyContext, row: &Model) -> bool {
    let claimed_until = row.lease_until.map(UnixMs::from);
    let sent_by = context.clock.now().plus(SEND);
    let over = claimed_until.is_some_and(|until| until <= sent_by);
    if over {
        tracing::warn!(delivery.id = row.id, "delivery not sent, its claim is over");
    }
    over
}

/// What the database did not let us read for a while waits as long: one that it never lets us read takes no turn from others.
pub(super) fn read_later(context: &NotifyContext) -> GiveBack {
    GiveBack::Until(context.clock.now().plus(READ_FOR), why_not_read)
}

fn why_not_read(row: &Model) -> &'static str {
    if was_held_back(row) {
        HELD_AND_NOT_READ
    } else {
        NOT_READ
    }
}

/// Tries to give rows back until the database takes it, for as long as the claim of `row`, one of them, lasts: after that
/// nobody knows that nothing of them left.
pub(super) async fn patiently<F>(
    context: &NotifyContext,
    row: &Model,
    mut give: impl FnMut() -> F,
) -> Result<(), StoreError>
where
    F: Future<Output = Result<(), StoreError>>,
{
    let claimed_until = row.lease_until.map(UnixMs::from);
    let mut tries = 0;
    loop {
        tries += 1;
        let lasts = claimed_until.is_some_and(|until| context.clock.now() < until);
        match give().await {
            Err(error) if error.is_retryable() && lasts && tries < GIVE_BACK_TRIES => {
                clock::sleep(RECORD_PAUSE).await;
            }
            done => return done,
        }
    }
}

/// Puts a row aside that nobody can read: it is looked at once a minute, by itself, so that those that were to leave with it do.
/// Nothing of it left, so it is no doubt, and its provider is late with it all the same.
pub(super) async fn put_aside(context: &NotifyContext, row: &Model) {
    let now = context.clock.now();
    let how = GiveBack::Until(now.plus(LOOK_AGAIN), why_not_read);
    let row = Arc::new(row.clone());
    let aside = patiently(context, &row, || {
        let row = Arc::clone(&row);
        context.db.transaction("put a delivery aside", move |tx| {
            let row = Arc::clone(&row);
            Box::pin(async move {
                deliveries::give_back(tx, std::slice::from_ref(&*row), how, now).await?;
                bundles::part(tx, &[row.id]).await
            })
        })
    });
    if let Err(error) = aside.await {
        tracing::warn!(delivery.id = row.id, %error, "delivery not given back, it returns when its lease ends");
        return;
    }
    let bus = &context.bus;
    bus.publish(LiveEvent::DeliveryUpdated { delivery: row.id })
        .await;
}

/// Writes down what came of rows, all or none of them, and tells whoever looks.
pub(super) async fn settle(
    context: &NotifyContext,
    channel: &dyn Channel,
    rows: Vec<(Model, Conclusion)>,
) {
    let rows = Arc::new(rows);
    let written = results::together(context, &rows).await;
    let mut tries = 0;
    while !written && let Err(error) = record_all(context, &rows).await {
        tries += 1;
        if tries == RECORD_TRIES || !error.is_retryable() {
            tracing::error!(
                delivery.ids = ?rows.iter().map(|(row, _)| row.id).collect::<Vec<_>>(),
                error = &error as &dyn std::error::Error,
                "result of deliveries not recorded, they return when their lease ends"
            );
            return;
        }
        clock::sleep(RECORD_PAUSE).await;
    }
    crash_point::reached("delivery_recorded");
    let provider_ids = rows
        .iter()
        .filter_map(|(_, conclusion)| conclusion.ending.provider_id.as_deref());
    receipts::settle_sent(context, channel, provider_ids.collect()).await;
    for (row, conclusion) in rows.iter() {
        if !conclusion.is_put_off() {
            context
                .metrics
                .ended(channel.key(), conclusion.ending.status);
        }
        let bus = &context.bus;
        bus.publish(LiveEvent::DeliveryUpdated { delivery: row.id })
            .await;
    }
}

#[cfg(test)]
mod tests;

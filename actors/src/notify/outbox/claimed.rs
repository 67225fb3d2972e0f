//! What becomes of claimed rows before and after their message: read with patience, written down with patience.

use super::deliver::{Scene, read_scene};
use super::record::{Conclusion, record_all};
use super::results;
use crate::causes::with_causes;
use crate::crash_point;
use crate::notify::NotifyContext;
use crate::notify::channel::Channel;
use crate::notify::receipts;
use noc_pipeline::clock::{self, Stopwatch, UnixMs};
use noc_pipeline::live::LiveEvent;
use noc_storage::relational::entity::notification_delivery::Model;
use std::sync::Arc;
use std::time::Duration;

/// How often a result is offered to a database that does not take it, and the pause between.
const RECORD_TRIES: u32 = 20;
const RECORD_PAUSE: Duration = Duration::from_secs(1);

/// For so long it is tried again to read what a claimed row is about: to wait for the lease would cost a page a minute.
const READ_FOR: Duration = Duration::from_secs(10);

/// What a row is about, as it is now; `None` where it cannot be read: the row returns when its lease ends.
pub(super) async fn see(context: &NotifyContext, row: &Model) -> Option<Scene> {
    let reading = Stopwatch::start();
    loop {
        match read_scene(context.db.read(), row, context.clock.now()).await {
            Ok(scene) => return Some(scene),
            Err(error) if error.is_retryable() && reading.elapsed() < READ_FOR => {
                clock::sleep(RECORD_PAUSE).await;
            }
            Err(error) => {
                tracing::warn!(
                    delivery.id = row.id,
                    error = with_causes(&error),
                    "delivery not judged, it returns when its lease ends"
                );
                return None;
            }
        }
    }
}

/// Whether we were stopped for so long that somebody else has it now, or will.
pub(super) fn claim_is_over(context: &NotifyContext, row: &Model) -> bool {
    let claimed_until = row.lease_until.map(UnixMs::from);
    let over = claimed_until.is_some_and(|until| until <= context.clock.now());
    if over {
        tracing::warn!(delivery.id = row.id, "delivery not sent, its claim is over");
    }
    over
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
        let put_off = conclusion.attempt.is_none() && conclusion.ending.next_attempt_at.is_some();
        if !put_off {
            context
                .metrics
                .ended(channel.key(), conclusion.ending.status);
        }
        let bus = &context.bus;
        bus.publish(LiveEvent::DeliveryUpdated { delivery: row.id })
            .await;
    }
}

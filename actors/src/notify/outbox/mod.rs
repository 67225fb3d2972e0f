//! The outbox: messages wait in the table, a worker per channel takes them and sends them.
//!
//! * A row is written in the transaction that decided it, so none is lost; it is claimed in another, so no two
//!   workers have it; its result is written in a third, with those of others that end meanwhile ([`results`]). A crash in between
//!   leaves it `sending` until its lease ends, and then it is sent again under the same delivery id: at least once, and once without faults.
//! * Each channel has its own queue and its own few sends at a time ([`line`]): one that hangs delays no other.
//! * A provider that is away is not tried for each message that waits ([`super::breaker`]); none of them is lost, and
//!   each says why it waits.
//! * A provider that asks to be left alone (`429`) is, by the whole channel and until then; that costs nobody an attempt.
//! * That a channel stopped working is said over another one ([`notice`]).
//! * Right before each send the incident is read again ([`super::judge`]): what is no longer true is not sent.
//! * What is due to a recipient about one group, or beyond the limit of a storm, leaves as one message ([`turns`]
//!   decides, [`bundle`] sends); each row keeps its own state, and falls out by itself.

mod bundle;
mod claimed;
mod deliver;
mod line;
mod notice;
mod prepare;
mod record;
mod results;
#[cfg(test)]
mod tests;
mod turns;
mod worker;

pub(crate) use line::Slot;
pub(crate) use notice::tell;
pub(crate) use results::Results;
pub use turns::Bundling;
pub(crate) use worker::Worker;

use super::NotifyContext;
use super::breaker::{self, Breaker, Gate};
use super::channel::Channel;
use crate::crash_point;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::live::LiveEvent;
use noc_storage::relational::deliveries::bundles::{self, Bundle, Claimed, Lately};
#[cfg(test)]
use noc_storage::relational::entity::notification_delivery::Model;
use noc_storage::relational::{Db, StoreError, deliveries, notification_channels};
use std::time::Duration;

/// How long a claimed row stays with its worker: well beyond the 10 s that a send may take.
pub const LEASE: Duration = Duration::from_secs(60);

/// How many messages may be taken. What is switched off is taken, to be told so.
async fn allowed(db: &Db, channel: &str, now: UnixMs) -> Result<u64, StoreError> {
    let row = notification_channels::by_key(db.read(), channel).await?;
    let Some(row) = row.filter(|row| row.enabled) else {
        return Ok(u64::MAX);
    };
    if let Some((until, reason)) = notification_channels::paused(&row, now) {
        let until = until.to_datetime().format("%Y-%m-%d %H:%M:%S UTC");
        let reason = format!("waits until {until}, as the provider asked: {reason}");
        deliveries::explain_waiting(db.write(), channel, &reason, now).await?;
        return Ok(0);
    }
    let breaker = Breaker::of(&row);
    match breaker.gate(now) {
        Gate::Closed => Ok(u64::MAX),
        Gate::Probe => {
            let next = breaker.probing(now);
            let probe_at = next.probe_at.unwrap_or(now);
            let ours = notification_channels::set_probe(db.write(), &row, next.failures, probe_at);
            Ok(u64::from(ours.await?))
        }
        Gate::Open => {
            let reason = breaker::reason(&row);
            deliveries::explain_waiting(db.write(), channel, &reason, now).await?;
            Ok(0)
        }
    }
}

/// Writes down a message that left, as a worker does.
#[cfg(test)]
pub(crate) async fn record_for_tests(
    context: &NotifyContext,
    row: &Model,
    ending: deliveries::Ending,
) -> Result<(), StoreError> {
    let conclusion = record::Conclusion {
        ending,
        attempt: None,
        news: record::News::Nothing,
    };
    let rows = std::sync::Arc::new(vec![(row.clone(), conclusion)]);
    record::record_all(context, &rows).await
}

/// Takes up to `limit` messages of a channel; one, to try, where its provider was away; none where it is to be left
/// alone. Rows that are to wait for others say so from then on.
pub(crate) async fn claim(
    context: &NotifyContext,
    channel: &'static str,
    limit: u64,
) -> Result<Vec<Bundle>, StoreError> {
    let db = &context.db;
    let now: UnixMs = context.clock.now();
    if !deliveries::has_due(db.read(), channel, now).await? {
        return Ok(Vec::new());
    }
    let limit = limit.min(allowed(db, channel, now).await?);
    if limit == 0 {
        return Ok(Vec::new());
    }
    let bundling = context.bundling;
    let Claimed { bundles, held } = db
        .transaction("claim deliveries", |tx| {
            Box::pin(async move {
                let lately = Lately {
                    kinds: &turns::ALARMS,
                    within: bundling.group_wait,
                };
                let times = (now, now.plus(LEASE));
                let decide = |queue: &bundles::Queue| turns::decide(queue, &bundling, now);
                let claimed = bundles::claim(tx, channel, times, limit, lately, &decide).await;
                claimed.inspect(|_| crash_point::reached("claiming_delivery"))
            })
        })
        .await?;
    if !bundles.is_empty() {
        crash_point::reached("delivery_claimed");
    }
    for (delivery, reason) in held {
        let storm = reason.starts_with(turns::HELD_BACK);
        context.metrics.held(channel, storm);
        let bus = &context.bus;
        bus.publish(LiveEvent::DeliveryUpdated { delivery }).await;
    }
    Ok(bundles)
}

/// Sends one message, be it about one incident or several. Its turn ends when the provider has answered.
pub(crate) async fn send(
    context: &NotifyContext,
    channel: &dyn Channel,
    mut message: Bundle,
    slot: Slot,
) {
    if message.rows.len() > 1 {
        return bundle::deliver(context, channel, message, slot).await;
    }
    if let Some(mut row) = message.rows.pop() {
        // It may have left together with others that are over by now: then it keeps that message's id.
        row.delivery_uuid = message.delivery_uuid;
        deliver::deliver(context, channel, row, slot).await;
    }
}

/// Lets go of a message that nothing was begun of.
async fn give_back(context: &NotifyContext, message: Bundle) {
    let db = &context.db;
    let now = context.clock.now();
    if let Err(error) = deliveries::give_back(db.write(), &message.rows, now).await {
        tracing::warn!(
            delivery.ids = ?message.rows.iter().map(|row| row.id).collect::<Vec<_>>(),
            %error,
            "deliveries not given back, they return when their lease ends"
        );
    }
}

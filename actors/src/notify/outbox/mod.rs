//! The outbox: messages wait in the table, a worker per channel takes them and sends them.
//!
//! * A row is written in the transaction that decided it, so none is lost; it is claimed in another, so no two
//!   workers have it; its result is written in a third. A crash in between leaves it `sending` until its lease ends,
//!   and then it is sent again under the same delivery id: at least once, and once without faults.
//! * Each channel has its own queue and its own few sends at a time: one that hangs delays no other.
//! * A provider that is away is not tried for each message that waits ([`super::breaker`]); none of them is lost, and
//!   each says why it waits.
//! * That a channel stopped working is said over another one ([`notice`]).
//! * Right before each send the incident is read again ([`super::judge`]): what is no longer true is not sent.

mod deliver;
mod notice;
mod record;
#[cfg(test)]
mod tests;
mod worker;

pub(crate) use deliver::deliver;
pub(crate) use worker::Worker;

use super::NotifyContext;
use super::breaker::{self, Breaker, Gate};
use crate::crash_point;
use noc_pipeline::clock::UnixMs;
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
    record::record(context, row, &std::sync::Arc::new(conclusion)).await
}

/// Takes up to `limit` due rows of a channel; one, to try, where its provider was away; none where it is to be left
/// alone.
pub(crate) async fn claim(
    context: &NotifyContext,
    channel: &'static str,
    limit: u64,
) -> Result<Vec<Model>, StoreError> {
    let db = &context.db;
    let now: UnixMs = context.clock.now();
    if !deliveries::has_due(db.read(), channel, now).await? {
        return Ok(Vec::new());
    }
    let limit = limit.min(allowed(db, channel, now).await?);
    if limit == 0 {
        return Ok(Vec::new());
    }
    db.transaction("claim deliveries", |tx| {
        Box::pin(async move {
            let rows = deliveries::claim(tx, channel, now, now.plus(LEASE), limit).await;
            rows.inspect(|_| crash_point::reached("claiming_delivery"))
        })
    })
    .await
    .inspect(|rows: &Vec<Model>| {
        if !rows.is_empty() {
            crash_point::reached("delivery_claimed");
        }
    })
}

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
mod conclude;
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
use super::storm::StormLimit;
use crate::crash_point;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use noc_pipeline::live::LiveEvent;
use noc_storage::relational::deliveries::bundles::{self, Bundle, Claimed, Lately};
use noc_storage::relational::deliveries::{
    self, GiveBack, HELD_AND_KEPT_APART, HELD_BACK, KEPT_APART,
};
use noc_storage::relational::entity::notification_delivery::Model;
use noc_storage::relational::{Db, StoreError, notification_channels};
use sea_orm::ConnectionTrait;
use std::sync::Arc;
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
    let rows = Arc::new(vec![(row.clone(), conclusion)]);
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
        let why = match &*reason {
            KEPT_APART | HELD_AND_KEPT_APART => "apart",
            storm if storm.starts_with(HELD_BACK) => "storm",
            _ => "group",
        };
        context.metrics.held(channel, why);
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
    let taken = Taken::of(&message);
    let done = match message.rows.pop() {
        Some(mut row) if message.rows.is_empty() => {
            // It may have left together with others that are over by now: then it keeps that message's id.
            row.delivery_uuid = message.delivery_uuid;
            deliver::deliver(context, channel, row, slot).await
        }
        last => {
            message.rows.extend(last);
            bundle::deliver(context, channel, message, slot).await
        }
    };
    match done {
        Done::Left => {}
        Done::Without(worst) => thinned(context, channel.key(), taken, worst).await,
        Done::Nothing => not_left(context, channel.key(), taken).await,
        Done::Back(rows, how) => let_go(context, rows, how, taken, true).await,
    }
}

/// What became of a message that was taken to be sent.
enum Done {
    /// It was handed over, or that was tried.
    Left,
    /// As [`Done::Left`], without rows that were no longer to be sent; how bad the rest of it is.
    Without(Option<Severity>),
    /// There was nothing to send of it.
    Nothing,
    /// It goes back: nothing of it was begun.
    Back(Vec<Model>, GiveBack),
}

/// What a message took when it was claimed, which whatever did not leave returns.
struct Taken {
    recipient: String,
    /// Of a recipient whose messages are kept apart: whose turn it was, the next one waits until then.
    next_at: Option<UnixMs>,
    /// It was counted towards the limit of a storm, whose gate was this before.
    before: Option<bundles::Gate>,
}

impl Taken {
    fn of(message: &Bundle) -> Self {
        let first = message.rows.first();
        Self {
            recipient: first.map_or_else(String::new, |row| row.recipient_key.clone()),
            next_at: message.next_at,
            before: message.before,
        }
    }

    /// Takes it off the limit of a storm.
    async fn discount(
        &self,
        tx: &impl ConnectionTrait,
        channel: &str,
        storm: Option<StormLimit>,
        now: UnixMs,
    ) -> Result<(), StoreError> {
        let Some((limit, was)) = storm.zip(self.before) else {
            return Ok(());
        };
        let without = |gate: &mut bundles::Gate| *gate = limit.without(*gate, was);
        deliveries::change_gate(tx, channel, &self.recipient, now, without).await
    }

    /// Counts it as what it was when it left.
    async fn recount(
        &self,
        tx: &impl ConnectionTrait,
        channel: &str,
        storm: Option<StormLimit>,
        worst: Option<Severity>,
        now: UnixMs,
    ) -> Result<(), StoreError> {
        let Some((limit, was)) = storm.zip(self.before) else {
            return Ok(());
        };
        let thinned = |gate: &mut bundles::Gate| *gate = limit.thinned(*gate, was, worst);
        deliveries::change_gate(tx, channel, &self.recipient, now, thinned).await
    }

    /// The next one need not wait for one that did not leave.
    async fn pass_turn_on(
        &self,
        tx: &impl ConnectionTrait,
        channel: &str,
        now: UnixMs,
    ) -> Result<(), StoreError> {
        let Some(next_at) = self.next_at else {
            return Ok(());
        };
        let times = (now, now.minus(LEASE));
        deliveries::pass_turn_on(tx, channel, &self.recipient, next_at, times).await
    }
}

/// What fell out of a message may have been the worst that it was counted for, and nobody was told of that.
async fn thinned(
    context: &NotifyContext,
    channel: &'static str,
    taken: Taken,
    worst: Option<Severity>,
) {
    if taken.before.is_none() {
        return;
    }
    let (now, storm) = (context.clock.now(), context.bundling.storm);
    let taken = Arc::new(taken);
    let counted = context.db.transaction("count a message anew", |tx| {
        let taken = Arc::clone(&taken);
        Box::pin(async move { taken.recount(tx, channel, storm, worst, now).await })
    });
    let counted: Result<(), StoreError> = counted.await;
    if let Err(error) = counted {
        tracing::debug!(channel, %error, "a message is counted for what it left without");
    }
}

/// Returns what a message took that there was nothing to send of.
async fn not_left(context: &NotifyContext, channel: &'static str, taken: Taken) {
    if taken.before.is_none() && taken.next_at.is_none() {
        return;
    }
    let (now, storm) = (context.clock.now(), context.bundling.storm);
    let taken = Arc::new(taken);
    let returned = context.db.transaction("return a turn", |tx| {
        let taken = Arc::clone(&taken);
        Box::pin(async move {
            taken.discount(tx, channel, storm, now).await?;
            taken.pass_turn_on(tx, channel, now).await
        })
    });
    let returned: Result<(), StoreError> = returned.await;
    if let Err(error) = returned {
        tracing::debug!(channel, %error, "a turn is not passed on, the next message waits for it");
    }
}

/// Lets go of a message that nothing was begun of.
async fn give_back(context: &NotifyContext, message: Bundle) {
    let taken = Taken::of(&message);
    let_go(context, message.rows, GiveBack::AsTheyWere, taken, false).await;
}

/// Lets go of a message that nothing was begun of, whose recipient is to be left alone until then.
async fn put_off(context: &NotifyContext, message: Bundle, until: UnixMs) {
    let how = GiveBack::Until(until, turns::why_kept_apart);
    // The next one waits as well: its turn is not passed on.
    let taken = Taken {
        next_at: None,
        ..Taken::of(&message)
    };
    let_go(context, message.rows, how, taken, true).await;
}

/// Lets go of claimed rows of one message that nothing was begun of. What was counted towards the limit of a storm is not any
/// more, and leaves anew, alone or with others. `had_turn`: it was to show whether its channel works, if that was to be tried.
async fn let_go(
    context: &NotifyContext,
    rows: Vec<Model>,
    how: GiveBack,
    taken: Taken,
    had_turn: bool,
) {
    let Some(first) = rows.first().cloned() else {
        return;
    };
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let storm = context.bundling.storm;
    let all = Arc::new((rows, taken));
    let given = claimed::patiently(context, &first, || {
        let (all, now) = (Arc::clone(&all), context.clock.now());
        context.db.transaction("give deliveries back", move |tx| {
            let all = Arc::clone(&all);
            Box::pin(async move {
                let (rows, taken) = &*all;
                let Some(channel) = rows.first().map(|row| row.channel.as_str()) else {
                    return Ok(());
                };
                if taken.before.is_some() || taken.next_at.is_some() {
                    deliveries::hold_recipient(tx, channel, &taken.recipient, now).await?;
                }
                let untried = deliveries::give_back(tx, rows, how, now).await?;
                if taken.before.is_some() && untried > 0 {
                    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
                    bundles::part(tx, &ids).await?;
                    taken.discount(tx, channel, storm, now).await?;
                }
                if had_turn {
                    record::not_tried(tx, channel, now).await?;
                }
                taken.pass_turn_on(tx, channel, now).await
            })
        })
    });
    let given: Result<(), StoreError> = given.await;
    if let Err(error) = given {
        tracing::warn!(
            delivery.ids = ?ids,
            %error,
            "deliveries not given back, they return when their lease ends"
        );
        return;
    }
    for delivery in ids {
        let bus = &context.bus;
        bus.publish(LiveEvent::DeliveryUpdated { delivery }).await;
    }
}

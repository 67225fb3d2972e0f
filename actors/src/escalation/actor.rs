//! One actor per execution that is due soon. It keeps no truth: the time stands in the row, the timer only wakes it,
//! and whatever happens to it, [`super::EscalationRunner`] finds the row again within a second.

use super::fire::{Fired, fire};
use crate::notify::NotifyContext;
use actix::{
    Actor, ActorContext, ActorFutureExt, AsyncContext, Context, Handler, Message, SpawnHandle,
    WrapFuture,
};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::live::LiveEvent;
use noc_storage::relational::StoreError;
use std::sync::Arc;
use std::time::Duration;

/// A step that is further away than this needs no actor yet.
pub(super) const HORIZON: Duration = Duration::from_secs(60);
/// After the database could not be asked.
const AGAIN_SOON: Duration = Duration::from_secs(1);
/// After a row that cannot be understood.
const AGAIN_LATER: Duration = Duration::from_secs(60);

/// Look whether the step is due.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub(super) struct Wake;

/// Waits for one execution's next step, and fires it.
pub(super) struct EscalationActor {
    execution: i64,
    /// When its step was due as whoever started it read the row.
    due_at: UnixMs,
    context: Arc<NotifyContext>,
    timer: Option<SpawnHandle>,
    firing: bool,
    /// Woken while firing: look once more.
    again: bool,
}

impl EscalationActor {
    pub(super) const fn new(execution: i64, due_at: UnixMs, context: Arc<NotifyContext>) -> Self {
        Self {
            execution,
            due_at,
            context,
            timer: None,
            firing: false,
            again: false,
        }
    }

    fn wake_after(&mut self, pause: Duration, ctx: &mut Context<Self>) {
        if let Some(timer) = self.timer.take() {
            ctx.cancel_future(timer);
        }
        self.timer = Some(ctx.notify_later(Wake, pause));
    }

    fn fired(&mut self, outcome: Result<Fired, StoreError>, now: UnixMs, ctx: &mut Context<Self>) {
        self.firing = false;
        let pause = match outcome {
            Ok(fired) => fired.next_at.map(|at| at.since(now)),
            Err(error) if error.is_retryable() => {
                tracing::warn!(execution.id = self.execution, %error, "step not fired yet, the database is asked again");
                Some(AGAIN_SOON)
            }
            Err(error) => {
                tracing::error!(
                    execution.id = self.execution,
                    error = &error as &dyn std::error::Error,
                    "step cannot be fired"
                );
                Some(AGAIN_LATER)
            }
        };
        if std::mem::take(&mut self.again) {
            ctx.notify(Wake);
            return;
        }
        match pause {
            Some(pause) if pause <= HORIZON => self.wake_after(pause, ctx),
            // Far away, or over: the runner starts another when its time is near.
            _ => ctx.stop(),
        }
    }
}

impl Actor for EscalationActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        // Its row was read a moment ago: to look at it once more would be a transaction for each that only waits.
        let pause = self.due_at.since(self.context.clock.now());
        if pause.is_zero() {
            ctx.notify(Wake);
        } else {
            self.wake_after(pause, ctx);
        }
    }
}

impl Handler<Wake> for EscalationActor {
    type Result = ();

    fn handle(&mut self, _: Wake, ctx: &mut Self::Context) {
        if self.firing {
            self.again = true;
            return;
        }
        self.firing = true;
        let (context, execution) = (Arc::clone(&self.context), self.execution);
        let now = context.clock.now();
        let attempt = async move {
            let outcome = fire(&context.db, &context.registry, execution, now).await;
            if let Ok(fired) = &outcome {
                tell(&context, fired).await;
            }
            outcome
        };
        ctx.spawn(
            attempt
                .into_actor(self)
                .map(move |outcome, actor, ctx| actor.fired(outcome, now, ctx)),
        );
    }
}

/// Counts what happened and wakes whoever goes on from here.
pub(super) async fn tell(context: &NotifyContext, fired: &Fired) {
    context.metrics.fired(fired);
    if fired.late_by.is_none() {
        return;
    }
    let bus = &context.bus;
    if !fired.deliveries.is_empty() {
        bus.publish(LiveEvent::DeliveriesQueued).await;
    }
    for delivery in fired.deliveries.iter().copied() {
        bus.publish(LiveEvent::DeliveryUpdated { delivery }).await;
    }
    if let Some(incident) = fired.incident {
        bus.publish(LiveEvent::IncidentUpdated { incident }).await;
    }
}

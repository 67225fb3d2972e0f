//! Starts an [`EscalationActor`] for every execution due within 60 s: looks each second, and at once when told that
//! an execution changed. Losing an event, or all actors, costs a second.

use super::actor::{EscalationActor, HORIZON, Wake};
use crate::notify::NotifyContext;
use actix::{
    Actor, ActorContext, ActorFutureExt, Addr, AsyncContext, Context, Handler, Message,
    MessageResult, WrapFuture,
};
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::{StoreError, executions};
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Between two looks when nobody says anything.
const EVERY: Duration = Duration::from_secs(1);

/// What the runner has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct RunnerCounters {
    /// Times the table was read.
    pub looks: u64,
    /// Times it could not be.
    pub failed_looks: u64,
    /// Actors started.
    pub started: u64,
    /// Executions that have an actor now.
    pub waiting: usize,
}

/// Look at the table now.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub(crate) struct Look;

/// What has been done so far.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "RunnerCounters")]
pub(crate) struct Observe;

/// Start nothing more.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub(crate) struct Stop;

/// Keeps an actor for whatever is due soon.
pub(crate) struct EscalationRunner {
    context: Arc<NotifyContext>,
    actors: HashMap<i64, Addr<EscalationActor>>,
    looking: bool,
    again: bool,
    counters: RunnerCounters,
}

impl EscalationRunner {
    pub(crate) fn new(context: Arc<NotifyContext>) -> Self {
        Self {
            context,
            actors: HashMap::new(),
            looking: false,
            again: false,
            counters: RunnerCounters::default(),
        }
    }

    fn looked(
        &mut self,
        due: Result<Vec<(i64, UnixMs)>, StoreError>,
        now: UnixMs,
        ctx: &mut Context<Self>,
    ) {
        self.looking = false;
        self.counters.looks += 1;
        self.actors.retain(|_, actor| actor.connected());
        match due {
            Ok(due) => {
                for (execution, at) in due {
                    self.attend(execution, at, now);
                }
            }
            Err(error) => {
                self.counters.failed_looks += 1;
                tracing::warn!(%error, "due executions not read, asked again in {} s", EVERY.as_secs());
            }
        }
        if std::mem::take(&mut self.again) {
            ctx.notify(Look);
        }
    }

    fn attend(&mut self, execution: i64, due_at: UnixMs, now: UnixMs) {
        if let Some(actor) = self.actors.get(&execution) {
            if due_at <= now {
                actor.do_send(Wake);
            }
            return;
        }
        let actor = EscalationActor::new(execution, due_at, Arc::clone(&self.context)).start();
        self.actors.insert(execution, actor);
        self.counters.started += 1;
    }
}

impl Actor for EscalationRunner {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.notify(Look);
        ctx.run_interval(EVERY, |_, ctx| ctx.notify(Look));
    }
}

impl Handler<Look> for EscalationRunner {
    type Result = ();

    fn handle(&mut self, _: Look, ctx: &mut Self::Context) {
        if self.looking {
            self.again = true;
            return;
        }
        self.looking = true;
        let db = self.context.db.clone();
        let now = self.context.clock.now();
        let look = async move { executions::due_until(db.read(), now.plus(HORIZON)).await };
        ctx.spawn(
            look.into_actor(self)
                .map(move |due, runner, ctx| runner.looked(due, now, ctx)),
        );
    }
}

impl Handler<Observe> for EscalationRunner {
    type Result = MessageResult<Observe>;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
        MessageResult(RunnerCounters {
            waiting: self.actors.len(),
            ..self.counters
        })
    }
}

impl Handler<Stop> for EscalationRunner {
    type Result = ();

    fn handle(&mut self, _: Stop, ctx: &mut Self::Context) {
        // Actors whose address is dropped end by themselves; a step under way is a transaction and ends with it.
        self.actors.clear();
        ctx.stop();
    }
}

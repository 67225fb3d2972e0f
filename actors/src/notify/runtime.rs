//! Starts and stops the notify role.

use super::channel::Registry;
use super::metrics::{Metrics, NotifyCounters};
use super::outbound::Outbound;
use super::outbox::{Bundling, Results, Worker};
use super::template::{TemplateError, Templates};
use crate::escalation::failover;
use crate::escalation::{EscalationRunner, Look, Observe, RunnerCounters, Stop, minder};
use crate::parts::Parts;
use actix::{Actor, Addr};
use chrono_tz::Tz;
use noc_pipeline::clock::Clock;
use noc_pipeline::live::{LiveBus, LiveEvent};
use noc_storage::relational::Db;
use noc_storage::secrets::FieldKey;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Notify, broadcast, watch};
use tokio::task::JoinHandle;

/// Between two looks at snoozes, maintenance and reminders.
const MIND_EVERY: Duration = Duration::from_secs(2);

/// What the notify role is told at start.
#[derive(Debug, Clone)]
pub struct NotifySettings {
    /// Where the dashboard lives, for links; `NOC_PUBLIC_URL`.
    pub public_url: String,
    /// The zone that times in messages are shown in; `NOC_TIMEZONE`.
    pub timezone: Tz,
    /// Which addresses channels may connect to; `NOC_OUTBOUND_ALLOW`.
    pub outbound: Outbound,
    /// Sends at a time on each channel.
    pub concurrency: usize,
    /// What leaves in one message; `NOC_GROUP_WAIT_S`, `NOC_STORM_MESSAGES`, `NOC_STORM_WINDOW_S`.
    pub bundling: Bundling,
}

impl NotifySettings {
    /// Four sends at a time on each channel, messages put together as is usual.
    #[must_use]
    pub fn new(public_url: impl Into<String>, timezone: Tz, outbound: Outbound) -> Self {
        Self {
            public_url: public_url.into(),
            timezone,
            outbound,
            concurrency: 4,
            bundling: Bundling::default(),
        }
    }
}

/// Why the notify role cannot start.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// A template of ours does not parse.
    #[error("message templates cannot be read")]
    Templates(#[from] TemplateError),
    /// The metrics are registered already: it runs twice on one registry.
    #[error("metrics of notification cannot be registered")]
    Metrics(#[from] prometheus::Error),
}

/// What everything in this role needs.
pub(crate) struct NotifyContext {
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    pub bus: Arc<dyn LiveBus>,
    pub field_key: Arc<FieldKey>,
    pub registry: Registry,
    pub templates: Templates,
    pub metrics: Metrics,
    /// Results of sends that are to be written down.
    pub results: Results,
    pub bundling: Bundling,
}

impl NotifyContext {
    fn new(
        parts: Parts,
        field_key: Arc<FieldKey>,
        settings: &NotifySettings,
        registry: Registry,
    ) -> Result<Self, NotifyError> {
        Ok(Self {
            templates: Templates::new(&settings.public_url, settings.timezone)?,
            metrics: Metrics::new(&parts.registry)?,
            bundling: settings.bundling,
            db: parts.db,
            clock: parts.clock,
            bus: parts.bus,
            field_key,
            registry,
            results: Results::default(),
        })
    }
}

/// The running role.
pub struct NotifyRuntime {
    context: Arc<NotifyContext>,
    runner: Addr<EscalationRunner>,
    stop: watch::Sender<bool>,
    listener: JoinHandle<()>,
    workers: Vec<JoinHandle<()>>,
}

/// What the role has done and is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct NotifyObservation {
    /// Looking for due executions.
    pub runner: RunnerCounters,
    /// Steps and messages.
    pub notify: NotifyCounters,
}

/// Starts escalation and delivery with the product's channels. Must be called within an actix system; its actors
/// live on the caller's arbiter.
///
/// # Errors
/// [`NotifyError`]; nothing runs then.
pub fn start(
    parts: Parts,
    field_key: Arc<FieldKey>,
    settings: NotifySettings,
) -> Result<NotifyRuntime, NotifyError> {
    let registry = Registry::standard(settings.outbound.clone());
    start_with(parts, field_key, &settings, registry)
}

/// [`start`] with channels of one's own.
///
/// # Errors
/// As [`start`].
pub fn start_with(
    parts: Parts,
    field_key: Arc<FieldKey>,
    settings: &NotifySettings,
    registry: Registry,
) -> Result<NotifyRuntime, NotifyError> {
    let context = NotifyContext::new(parts, field_key, settings, registry)?;
    Ok(run(Arc::new(context), settings.concurrency.max(1)))
}

pub(crate) fn run(context: Arc<NotifyContext>, concurrency: usize) -> NotifyRuntime {
    // Subscribed before the first look, so that nothing falls between the two.
    let events = context.bus.subscribe();
    let runner = EscalationRunner::new(Arc::clone(&context)).start();
    let (stop, stopping) = watch::channel(false);
    let mut bells = Vec::new();
    let mut workers = Vec::new();
    for channel in context.registry.iter() {
        let bell = Arc::new(Notify::new());
        let worker = Worker {
            context: Arc::clone(&context),
            channel: Arc::clone(channel),
            bell: Arc::clone(&bell),
            stopping: stopping.clone(),
            concurrency,
        };
        bells.push(bell);
        workers.push(tokio::spawn(worker.run()));
    }
    workers.push(tokio::spawn(mind(Arc::clone(&context), stopping)));
    let listener = tokio::spawn(listen(events, runner.clone(), bells));
    NotifyRuntime {
        context,
        runner,
        stop,
        listener,
        workers,
    }
}

impl NotifyRuntime {
    /// Takes nothing new, and returns once what was being sent has left or failed.
    pub async fn stop(self) {
        self.listener.abort();
        self.runner.do_send(Stop);
        self.stop.send_replace(true);
        for worker in self.workers {
            if let Err(error) = worker.await {
                tracing::error!(%error, "delivery worker ended badly");
            }
        }
    }

    /// What has been done so far.
    pub async fn observe(&self) -> NotifyObservation {
        NotifyObservation {
            runner: self.runner.send(Observe).await.unwrap_or_default(),
            notify: self.context.metrics.counters(),
        }
    }
}

/// Attends to what falls due without being a step, until told to stop.
async fn mind(context: Arc<NotifyContext>, mut stopping: watch::Receiver<bool>) {
    let since = context.clock.now();
    loop {
        let now = context.clock.now();
        match failover::look(&context.db, &context.registry, since, now).await {
            Ok(minded) => tell(&context, minded).await,
            Err(error) => {
                tracing::warn!(%error, "what did not arrive not looked at, again in {} s", MIND_EVERY.as_secs());
            }
        }
        match minder::look(&context.db, &context.registry, context.clock.now()).await {
            Ok(minded) => tell(&context, minded).await,
            Err(error) => {
                tracing::warn!(%error, "snoozes, maintenance and reminders not looked at, again in {} s", MIND_EVERY.as_secs());
            }
        }
        tokio::select! {
            () = noc_pipeline::clock::sleep(MIND_EVERY) => {}
            _ = stopping.changed() => return,
        }
    }
}

async fn tell(context: &NotifyContext, minded: minder::Minded) {
    let bus = &context.bus;
    if !minded.incidents.is_empty() {
        bus.publish(LiveEvent::ExecutionChanged { execution: 0 })
            .await;
    }
    for incident in minded.incidents {
        bus.publish(LiveEvent::IncidentUpdated { incident }).await;
    }
    if !minded.deliveries.is_empty() {
        bus.publish(LiveEvent::DeliveriesQueued).await;
    }
    for delivery in minded.deliveries {
        bus.publish(LiveEvent::DeliveryUpdated { delivery }).await;
    }
}

/// Turns events into looks. A missed one costs a second: runner and workers look by themselves.
async fn listen(
    mut events: broadcast::Receiver<LiveEvent>,
    runner: Addr<EscalationRunner>,
    bells: Vec<Arc<Notify>>,
) {
    let ring = || bells.iter().for_each(|bell| bell.notify_one());
    loop {
        match events.recv().await {
            Ok(LiveEvent::ExecutionChanged { .. }) => runner.do_send(Look),
            Ok(LiveEvent::DeliveriesQueued) => ring(),
            Ok(_) => {}
            Err(RecvError::Lagged(missed)) => {
                tracing::debug!(missed, "live events missed, looking at everything");
                runner.do_send(Look);
                ring();
            }
            Err(RecvError::Closed) => return,
        }
    }
}

#[cfg(test)]
mod tests;

//! Our own numbers about notification.

use crate::escalation::fire::Fired;
use noc_storage::relational::deliveries::Status;
use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry};
use serde::Serialize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Counters and histograms; the plain ones also for [`super::NotifyRuntime::observe`].
pub(crate) struct Metrics {
    lateness: Histogram,
    deliveries: IntCounterVec,
    attempts: HistogramVec,
    held: IntCounterVec,
    steps_fired: AtomicU64,
    steps_nobody: AtomicU64,
    races_lost: AtomicU64,
    sent: AtomicU64,
    not_sent: AtomicU64,
}

/// What escalation and delivery have done since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct NotifyCounters {
    /// Steps fired here.
    pub steps_fired: u64,
    /// Of those, steps that reached nobody.
    pub steps_nobody: u64,
    /// Steps that another node fired first.
    pub races_lost: u64,
    /// Messages that a provider took.
    pub sent: u64,
    /// Tries that ended otherwise.
    pub not_sent: u64,
}

impl Metrics {
    pub fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let lateness = Histogram::with_opts(
            HistogramOpts::new(
                "noc_execution_lateness_seconds",
                "From the time an escalation step was due to the transaction that fired it.",
            )
            .buckets(vec![
                0.005, 0.02, 0.05, 0.1, 0.25, 1.0, 5.0, 10.0, 60.0, 600.0,
            ]),
        )?;
        let deliveries = IntCounterVec::new(
            Opts::new(
                "noc_deliveries_total",
                "Deliveries by channel and by the state that a try left them in.",
            ),
            &["channel", "status"],
        )?;
        let attempts = HistogramVec::new(
            HistogramOpts::new(
                "noc_delivery_attempt_seconds",
                "How long a provider took to answer, successful or not.",
            )
            .buckets(vec![0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0]),
            &["channel"],
        )?;
        let held = IntCounterVec::new(
            Opts::new(
                "noc_deliveries_held_total",
                "Deliveries that waited, by channel and by why: group and storm to leave with others, apart because the provider asked.",
            ),
            &["channel", "why"],
        )?;
        registry.register(Box::new(held.clone()))?;
        registry.register(Box::new(lateness.clone()))?;
        registry.register(Box::new(deliveries.clone()))?;
        registry.register(Box::new(attempts.clone()))?;
        Ok(Self {
            lateness,
            deliveries,
            attempts,
            held,
            steps_fired: AtomicU64::new(0),
            steps_nobody: AtomicU64::new(0),
            races_lost: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            not_sent: AtomicU64::new(0),
        })
    }

    pub fn fired(&self, fired: &Fired) {
        if fired.lost {
            self.races_lost.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(late_by) = fired.late_by {
            self.lateness.observe(late_by.as_secs_f64());
            self.steps_fired.fetch_add(1, Ordering::Relaxed);
        }
        if fired.nobody {
            self.steps_nobody.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub fn attempted(&self, channel: &str, took: Duration) {
        self.attempts
            .with_label_values(&[channel])
            .observe(took.as_secs_f64());
    }

    /// A message waits: for others of its `group`, for what a `storm` holds back, or because its provider wants messages to
    /// its recipient further `apart`.
    pub fn held(&self, channel: &str, why: &str) {
        self.held.with_label_values(&[channel, why]).inc();
    }

    pub fn ended(&self, channel: &str, status: Status) {
        self.deliveries
            .with_label_values(&[channel, status.name()])
            .inc();
        let counter = if status == Status::Sent {
            &self.sent
        } else {
            &self.not_sent
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub fn counters(&self) -> NotifyCounters {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        NotifyCounters {
            steps_fired: read(&self.steps_fired),
            steps_nobody: read(&self.steps_nobody),
            races_lost: read(&self.races_lost),
            sent: read(&self.sent),
            not_sent: read(&self.not_sent),
        }
    }
}

//! Our own metrics of the actors' side, registered once at start.

use crate::detect::{Detectors, Outcome};
use noc_pipeline::control::Severity;
use noc_pipeline::id::PartitionId;
use prometheus::core::Collector;
use prometheus::{
    Gauge, GaugeVec, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec,
    Opts, Registry,
};
use std::collections::HashMap;
use std::sync::Arc;

/// What the actors' side counts.
pub struct Metrics {
    /// Servers' actors in memory.
    pub actors: IntGauge,
    /// From a payload's arrival to its verdicts, seconds.
    pub payload_to_verdict: Histogram,
    verdicts: Vec<[IntCounter; Outcome::NAMES.len()]>,
    lag: IntGaugeVec,
    clock_lag: GaugeVec,
    open: IntGaugeVec,
    dead_letters: IntCounter,
    decisions_lost: IntCounter,
    store_errors: IntCounterVec,
    job_success: GaugeVec,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

/// From 1 ms to about 65 s.
fn seconds() -> Vec<f64> {
    (0..17).map(|n| 0.001 * f64::from(1_u32 << n)).collect()
}

impl Metrics {
    /// Registers all of them. A name that is taken keeps its first owner; ours then counts unseen.
    ///
    /// # Errors
    /// Only when a name of ours is not a metric name.
    pub fn register(
        registry: &Registry,
        detectors: Detectors,
    ) -> Result<Arc<Self>, prometheus::Error> {
        let verdicts = IntCounterVec::new(
            Opts::new(
                "noc_detector_verdicts_total",
                "Verdicts of detectors, by detector and verdict.",
            ),
            &["detector", "verdict"],
        )?;
        let of = |key| Outcome::NAMES.map(|name| verdicts.with_label_values(&[key, name]));
        let metrics = Self {
            actors: IntGauge::new("noc_actor_count", "Servers' actors in memory.")?,
            payload_to_verdict: Histogram::with_opts(
                HistogramOpts::new(
                    "noc_payload_to_verdict_seconds",
                    "Time from a payload's arrival to its verdicts.",
                )
                .buckets(seconds()),
            )?,
            verdicts: detectors.iter().map(|d| of(d.info().key)).collect(),
            lag: IntGaugeVec::new(
                Opts::new(
                    "noc_log_lag_records",
                    "Records between a consumer and the end of its partition.",
                ),
                &["consumer", "partition"],
            )?,
            clock_lag: GaugeVec::new(
                Opts::new(
                    "noc_partition_clock_lag_seconds",
                    "Age of the newest heartbeat that a partition's actors have taken.",
                ),
                &["partition"],
            )?,
            open: IntGaugeVec::new(
                Opts::new("noc_incidents_open", "Open incidents, by severity."),
                &["severity"],
            )?,
            dead_letters: IntCounter::new(
                "noc_dead_letters_total",
                "Records set aside because they could not be used.",
            )?,
            decisions_lost: IntCounter::new(
                "noc_decisions_lost_total",
                "Records of decisions that left memory while the series store was away",
            )?,
            store_errors: IntCounterVec::new(
                Opts::new(
                    "noc_store_errors_total",
                    "Failed calls of stores, by store and operation.",
                ),
                &["store", "operation"],
            )?,
            job_success: GaugeVec::new(
                Opts::new(
                    "noc_job_last_success_timestamp_seconds",
                    "When a job succeeded last, seconds since 1970.",
                ),
                &["job"],
            )?,
        };
        let all: [Box<dyn Collector>; 10] = [
            Box::new(metrics.actors.clone()),
            Box::new(metrics.payload_to_verdict.clone()),
            Box::new(verdicts),
            Box::new(metrics.lag.clone()),
            Box::new(metrics.clock_lag.clone()),
            Box::new(metrics.open.clone()),
            Box::new(metrics.dead_letters.clone()),
            Box::new(metrics.decisions_lost.clone()),
            Box::new(metrics.store_errors.clone()),
            Box::new(metrics.job_success.clone()),
        ];
        for metric in all {
            match registry.register(metric) {
                // A second runtime in one process, as in tests that kill the first.
                Ok(()) | Err(prometheus::Error::AlreadyReg) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Arc::new(metrics))
    }

    /// Counts a verdict: place of the detector in the list, [`Outcome::index`].
    pub(crate) fn verdict(&self, place: usize, outcome: usize) {
        let of = self.verdicts.get(place);
        if let Some(counter) = of.and_then(|by_outcome| by_outcome.get(outcome)) {
            counter.inc();
        }
    }

    /// All verdicts so far.
    pub(crate) fn verdict_count(&self) -> u64 {
        self.verdicts.iter().flatten().map(IntCounter::get).sum()
    }

    pub(crate) fn lag(&self, consumer: &str, partition: PartitionId, records: u64) {
        let lag = i64::try_from(records).unwrap_or(i64::MAX);
        let labels = [consumer, &partition.to_string()];
        self.lag.with_label_values(&labels).set(lag);
    }

    pub(crate) fn clock_lag(&self, partition: PartitionId, seconds: f64) {
        let gauge: Gauge = self.clock_lag.with_label_values(&[partition.to_string()]);
        gauge.set(seconds);
    }

    /// Forgets what was told of a partition that is not ours any more: its new owner tells.
    pub(crate) fn forget(&self, partition: PartitionId) {
        let number = partition.to_string();
        // An error says that nothing was told yet.
        for consumer in ["actors", "series"] {
            let _never = self.lag.remove_label_values(&[consumer, &number]).is_err();
        }
        let _never = self.clock_lag.remove_label_values(&[&number]).is_err();
    }

    pub(crate) fn open(&self, by_severity: &HashMap<Severity, u64>) {
        for (severity, n) in by_severity {
            let n = i64::try_from(*n).unwrap_or(i64::MAX);
            self.open.with_label_values(&[severity.name()]).set(n);
        }
    }

    /// Decisions that were not recorded because the series store was away for too long.
    pub(crate) fn decisions_lost(&self, count: usize) {
        self.decisions_lost.inc_by(count as u64);
    }

    pub(crate) fn dead_letter(&self) {
        self.dead_letters.inc();
    }

    pub(crate) fn store_error(&self, store: &str, operation: &str) {
        self.store_errors
            .with_label_values(&[store, operation])
            .inc();
    }

    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit")]
    pub(crate) fn job_succeeded(&self, job: &str, at: noc_pipeline::clock::UnixMs) {
        self.job_success
            .with_label_values(&[job])
            .set(at.0 as f64 / 1000.0);
    }
}

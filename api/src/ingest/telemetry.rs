//! What ingest tells about itself.

use noc_pipeline::payload::Kind;
use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, Opts, Registry,
    core::{AtomicU64, GenericCounter},
};
use std::collections::BTreeMap;
use std::time::Duration;

/// What a request was about: the label `kind`.
pub(super) const BATCH: &str = "batch";
pub(super) const REGISTER: &str = "register";
/// A path below `/api/agent/` that names no kind: one label for all, whatever clients make up.
pub(super) const UNKNOWN: &str = "unknown";

/// The metrics of ingest.
#[derive(Debug, Clone)]
pub struct IngestMetrics {
    requests: IntCounterVec,
    /// The usual answer, resolved once a kind.
    accepted: BTreeMap<&'static str, IntCounter>,
    payload_bytes: Histogram,
    ack_seconds: Histogram,
    append_seconds: Histogram,
    payloads: IntCounter,
    duplicates: IntCounter,
    refused_fields: GenericCounter<AtomicU64>,
}

impl IngestMetrics {
    /// Registers them.
    ///
    /// # Errors
    /// When they are registered already.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let requests = IntCounterVec::new(
            Opts::new(
                "noc_ingest_requests_total",
                "Agents' requests by kind of payload and status of the answer.",
            ),
            &["kind", "status"],
        )?;
        let latency = vec![
            0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 8.0,
        ];
        let payload_bytes = Histogram::with_opts(
            HistogramOpts::new(
                "noc_ingest_payload_bytes",
                "Size of agents' request bodies, unpacked.",
            )
            .buckets(prometheus::exponential_buckets(256.0, 4.0, 8)?),
        )?;
        let ack_seconds = Histogram::with_opts(
            HistogramOpts::new(
                "noc_ingest_ack_seconds",
                "From an agent's request being read to its payloads being durable.",
            )
            .buckets(latency.clone()),
        )?;
        let append_seconds = Histogram::with_opts(
            HistogramOpts::new(
                "noc_log_append_seconds",
                "How long the payload log took to make one request's records durable.",
            )
            .buckets(latency),
        )?;
        let payloads = IntCounter::new(
            "noc_ingest_payloads_total",
            "Payloads made durable, repeats not counted.",
        )?;
        let duplicates = IntCounter::new(
            "noc_ingest_duplicates_total",
            "Payloads that had been acknowledged before.",
        )?;
        let refused_fields = IntCounter::new(
            "noc_ingest_refused_fields_total",
            "Optional fields stored as null because their values were impossible.",
        )?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(payload_bytes.clone()))?;
        registry.register(Box::new(ack_seconds.clone()))?;
        registry.register(Box::new(append_seconds.clone()))?;
        registry.register(Box::new(payloads.clone()))?;
        registry.register(Box::new(duplicates.clone()))?;
        registry.register(Box::new(refused_fields.clone()))?;
        let accepted = Kind::ALL
            .iter()
            .map(|kind| kind.name())
            .chain([BATCH])
            .map(|kind| (kind, requests.with_label_values(&[kind, "202"])))
            .collect();
        Ok(Self {
            requests,
            accepted,
            payload_bytes,
            ack_seconds,
            append_seconds,
            payloads,
            duplicates,
            refused_fields,
        })
    }

    pub(super) fn answered(&self, kind: &'static str, status: u16) {
        match self.accepted.get(kind).filter(|_| status == 202) {
            Some(counter) => counter.inc(),
            None => self
                .requests
                .with_label_values(&[kind, &status.to_string()])
                .inc(),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "bodies have a few MiB at most")]
    pub(super) fn body(&self, bytes: usize) {
        self.payload_bytes.observe(bytes as f64);
    }

    pub(super) fn appended(&self, took: Duration) {
        self.append_seconds.observe(took.as_secs_f64());
    }

    pub(super) fn kept(
        &self,
        accepted: usize,
        duplicates: usize,
        refused_fields: usize,
        took: Duration,
    ) {
        self.payloads.inc_by(accepted as u64);
        self.duplicates.inc_by(duplicates as u64);
        self.refused_fields.inc_by(refused_fields as u64);
        self.ack_seconds.observe(took.as_secs_f64());
    }
}

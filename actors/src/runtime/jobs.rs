//! Chores: retention, roll-ups, the outbox of control records, gauges.
//!
//! One loop. Every chore may run on several nodes at once, or twice: each gives the same result however often, so
//! no lease is taken.

use super::StopSignal;
use super::metrics::Metrics;
use crate::{Parts, control};
use noc_pipeline::clock::{Stopwatch, UnixMs};
use noc_storage::relational::incidents;
use noc_storage::series::Retention;
use std::sync::Arc;
use std::time::Duration;

/// Between two looks at the outbox and the open incidents.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Between two rounds of chores.
const CHORES_EVERY: Duration = Duration::from_secs(600);
/// Hourly rows are made anew from here on, back from now: late payloads still come.
const ROLL_UP: Duration = Duration::from_secs(3 * 3600);

const DAY: Duration = Duration::from_secs(24 * 3600);

/// How long what is kept.
#[derive(Debug, Clone, Copy)]
pub struct Kept {
    /// Records of the payload log: 72 h.
    pub log: Duration,
    /// Dead letters: 7 days.
    pub dead_letters: Duration,
    /// Measurements as they came: 30 days.
    pub raw: Duration,
    /// Hourly rows: 13 months.
    pub hourly: Duration,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            log: DAY * 3,
            dead_letters: DAY * 7,
            raw: DAY * 30,
            hourly: DAY * 396,
        }
    }
}

/// On every node: brings staged decisions into the log, and counts open incidents.
pub(super) async fn look_around(parts: Parts, metrics: Arc<Metrics>, stop: StopSignal) {
    loop {
        if let Err(error) = control::publish(&parts).await {
            metrics.store_error("relational", "control outbox");
            tracing::warn!(%error, "staged control records are not in the log yet");
        }
        match incidents::open_by_severity(parts.db.read()).await {
            Ok(counts) => metrics.open(&counts),
            Err(error) => {
                metrics.store_error("relational", "count incidents");
                tracing::warn!(%error, "open incidents are not counted");
            }
        }
        if stop.sleep(LOOK_EVERY).await {
            return;
        }
    }
}

/// On nodes with the scheduler role.
pub(super) async fn run(parts: Parts, kept: Kept, metrics: Arc<Metrics>, stop: StopSignal) {
    loop {
        round(&parts, kept, &metrics).await;
        if stop.sleep(CHORES_EVERY).await {
            return;
        }
    }
}

/// All chores once; one that fails leaves the others alone, and is tried again in the next round.
async fn round(parts: &Parts, kept: Kept, metrics: &Metrics) {
    let now = parts.clock.now();
    let series = &parts.series;
    let from = now.minus(ROLL_UP).hour();
    let retention = Retention {
        raw: kept.raw,
        hourly: kept.hourly,
    };
    let before = |kept| now.minus(kept);
    let done = Report { metrics, now };
    done.note("series_roll_up", series.roll_up(from, now)).await;
    done.note("series_roll_up_late", series.roll_up_late())
        .await;
    done.note("series_retain", series.retain(now, retention))
        .await;
    done.note("log_trim", parts.log.trim(before(kept.log)))
        .await;
    let letters = &parts.dead_letters;
    done.note(
        "dead_letters_retain",
        letters.retain(before(kept.dead_letters)),
    )
    .await;
}

struct Report<'a> {
    metrics: &'a Metrics,
    now: UnixMs,
}

impl Report<'_> {
    async fn note<E: std::error::Error>(
        &self,
        job: &'static str,
        chore: impl Future<Output = Result<u64, E>>,
    ) {
        let took = Stopwatch::start();
        match chore.await {
            Ok(touched) => {
                self.metrics.job_succeeded(job, self.now);
                tracing::debug!(
                    job,
                    touched,
                    duration_ms = took.elapsed().as_secs_f64() * 1000.0,
                    "chore done"
                );
            }
            Err(error) => {
                self.metrics.store_error("jobs", job);
                tracing::warn!(%error, job, "chore failed, it runs again in 10 min");
            }
        }
    }
}

//! The reader that fills the series store, and the latest values of `servers`.
//!
//! Rows are upserts and the position is stored with them, so a repeat changes nothing. A write that fails may take
//! earlier rows with it, so after every failure the store is asked where to read on. Once a payload can be queried,
//! the live bus is told.

use super::latest::Latest;
use super::{BACK_OFF, Read, read_on};
use crate::partition_actor::Setup;
use noc_pipeline::dead_letter::DeadLetter;
use noc_pipeline::id::Offset;
use noc_pipeline::live::LiveEvent;
use noc_pipeline::record::{Entry, Record};
use noc_storage::series::{SeriesError, SeriesRow};
use std::sync::Arc;

/// Reads until the runtime stops.
pub(crate) async fn run(setup: Setup, latest: Arc<Latest>) {
    let Some(mut next) = start(&setup).await else {
        return;
    };
    let (log, partition) = (&setup.parts.log, setup.partition);
    // A batch that ends before this was refused for what it holds: its rows are written one by one.
    let mut refused_until = Offset(0);
    let mut pause = BACK_OFF.0;
    setup.counters.series_position(next);
    loop {
        let max = setup.settings.batch;
        let entries = match read_on(&**log, partition, next, max, &setup.stop).await {
            Read::Stop => return,
            // That the log is another one is the actors' reader's to find out; both begin anew then.
            Read::Failing | Read::Replaced => continue,
            Read::Gap { first, lost } => {
                tracing::error!(
                    partition = partition.0,
                    consumer = "series",
                    lost_records = lost,
                    "retention went past the series consumer: charts have a hole"
                );
                setup.counters.gap_records.inc_by(lost);
                next = first;
                continue;
            }
            Read::Entries(entries) => entries,
        };
        if let Some(last) = entries.last().map(|e| e.offset) {
            let batch = Batch::of(entries, last);
            match batch.store(&setup, last < refused_until).await {
                Ok(()) => {
                    batch.tell(&setup, &latest).await;
                    next = last.next();
                    pause = BACK_OFF.0;
                }
                Err(error) => {
                    setup.metrics.store_error("series", "write");
                    if error.is_retryable() {
                        tracing::warn!(%error, partition = partition.0, "series are not stored yet, trying again");
                    } else {
                        tracing::error!(%error, partition = partition.0, "series refuse a batch, trying row by row");
                        refused_until = refused_until.max(last.next());
                    }
                    if setup.stop.sleep(pause).await {
                        return;
                    }
                    pause = pause.saturating_mul(2).min(BACK_OFF.1);
                    let Some(noted) = start(&setup).await else {
                        return;
                    };
                    next = noted;
                }
            }
            setup.counters.series_position(next);
        }
        if let Ok(bounds) = log.bounds(partition).await {
            let lag = bounds.end.0.saturating_sub(next.0);
            setup.metrics.lag("series", partition, lag);
        }
    }
}

/// Where to read on; `None`: the runtime stops.
async fn start(setup: &Setup) -> Option<Offset> {
    let log = &setup.parts.log;
    let mut pause = BACK_OFF.0;
    loop {
        let known = setup.parts.series.position(setup.partition).await;
        let bounds = log.bounds(setup.partition).await;
        match (known, bounds) {
            (Ok(Some((id, offset))), Ok(_)) if id == log.log_id() => return Some(offset.next()),
            (Ok(_), Ok(bounds)) => return Some(bounds.first),
            (known, bounds) => {
                setup.metrics.store_error("series", "position");
                let errors = (known.err(), bounds.err());
                tracing::warn!(
                    ?errors,
                    partition = setup.partition.0,
                    "position is not known, trying again"
                );
            }
        }
        if setup.stop.sleep(pause).await {
            return None;
        }
        pause = pause.saturating_mul(2).min(BACK_OFF.1);
    }
}

/// What one read gave.
struct Batch {
    /// What is stored of it.
    rows: Vec<SeriesRow>,
    /// The record of each row.
    records: Vec<Entry>,
    /// How far the clock was off that sent each row, milliseconds.
    skews: Vec<i64>,
    /// Its last record, a payload or not.
    last: Offset,
}

impl Batch {
    fn of(entries: Vec<Entry>, last: Offset) -> Self {
        let mut rows = Vec::with_capacity(entries.len());
        let mut records = Vec::with_capacity(entries.len());
        let mut skews = Vec::with_capacity(entries.len());
        for entry in entries {
            // The actors' reader sets undecodable records aside; here they are passed over.
            if let Ok(record) = entry.record()
                && let Record::Payload(payload) = &**record
            {
                rows.push(SeriesRow {
                    server: payload.server,
                    event_at: payload.event_at,
                    received_at: payload.received_at,
                    report: Arc::clone(&payload.report),
                });
                skews.push(payload.skew_ms);
                records.push(entry);
            }
        }
        Self {
            rows,
            records,
            skews,
            last,
        }
    }

    /// Stores the rows with their position; `one_by_one`: those that are refused are set aside.
    async fn store(&self, setup: &Setup, one_by_one: bool) -> Result<(), SeriesError> {
        let (series, log_id) = (&setup.parts.series, setup.parts.log.log_id());
        let mut rows = Vec::new();
        if one_by_one {
            for (row, record) in self.rows.iter().zip(&self.records) {
                match series.write(vec![row.clone()]).await {
                    Err(error) if !error.is_retryable() => {
                        set_aside(setup, record, row, &error).await
                    }
                    wrote => wrote?,
                }
            }
        } else {
            rows.clone_from(&self.rows);
        }
        series
            .write_at(rows, setup.partition, log_id, self.last)
            .await
    }

    /// Tells everybody what can be queried now.
    async fn tell(self, setup: &Setup, latest: &Latest) {
        setup.counters.series_rows.inc_by(self.rows.len() as u64);
        for (row, skew_ms) in self.rows.into_iter().zip(self.skews) {
            latest.take(&row);
            latest.probes.take(&row, skew_ms);
            let event = LiveEvent::MetricsReceived {
                server: row.server,
                kind: row.report.kind(),
                event_at: row.event_at,
            };
            setup.parts.bus.publish(event).await;
        }
    }
}

async fn set_aside(setup: &Setup, record: &Entry, row: &SeriesRow, refused: &SeriesError) {
    setup.metrics.dead_letter();
    setup.counters.dead_letters.inc();
    let letter = DeadLetter {
        partition: setup.partition,
        offset: record.offset,
        stage: "series".to_owned(),
        at: setup.parts.clock.now(),
        server: Some(row.server),
        reason: refused.to_string(),
        bytes: record.bytes.clone(),
    };
    if let Err(error) = setup.parts.dead_letters.put(letter).await {
        tracing::error!(%error, server.id = row.server.0, "a refused row could not be set aside");
    }
}

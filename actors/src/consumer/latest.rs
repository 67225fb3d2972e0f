//! Latest values of `servers`, collected in memory and written every 10 s, 500 rows a statement.
//!
//! A server that is not known to be up does not wait: its first report is written at once, so that who adds a host
//! sees it come up. Which servers are up is remembered here, and forgotten at every `ServerUpdated` on the bus, our
//! own included; being wrong about it costs one early write.

use super::probes::{self, Probes};
use crate::Parts;
use crate::causes::with_causes;
use crate::runtime::StopSignal;
use crate::runtime::metrics::Metrics;
use futures::FutureExt;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_pipeline::live::LiveEvent;
use noc_pipeline::payload::Payload;
use noc_storage::relational::StoreError;
use noc_storage::relational::entity::server;
use noc_storage::relational::servers::{self, LatestMetrics, Status};
use noc_storage::series::SeriesRow;
use parking_lot::Mutex;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::sync::broadcast::error::RecvError;

/// How often the table is brought up to date.
pub const EVERY: Duration = Duration::from_secs(10);
/// Least time between two early writes: a fleet that comes back is written together.
const EARLY_EVERY: Duration = Duration::from_millis(500);
/// Silent for two intervals of `metrics`: stale.
pub const STALE_AFTER: Duration = Duration::from_secs(120);
/// Rows a statement.
const ROWS: usize = 500;

/// What came since the last writing.
#[derive(Debug, Default)]
pub(crate) struct Latest {
    /// Where each kind of report stands, written beside.
    pub probes: Probes,
    news: Mutex<News>,
    /// Somebody waits to be shown as up.
    early: Notify,
}

#[derive(Debug, Default)]
struct News {
    waiting: HashMap<ServerId, Values>,
    /// Those whose row says that they are up.
    up: HashSet<ServerId>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Values {
    seen: UnixMs,
    metrics: Option<LatestMetrics>,
}

/// Which rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// Those of servers that are not known to be up.
    Early,
    /// All that something came for.
    All,
}

impl Latest {
    /// Takes a row that is stored.
    pub fn take(&self, row: &SeriesRow) {
        let mut news = self.news.lock();
        let values = news.waiting.entry(row.server).or_default();
        values.seen = values.seen.max(row.received_at);
        if let Some(Payload::Metrics(metrics)) = row.report.data()
            && values.metrics.is_none_or(|known| known.at <= row.event_at)
        {
            values.metrics = Some(LatestMetrics {
                at: row.event_at,
                cpu: metrics.cpu_pct,
                ram: share(metrics.ram_used_bytes, metrics.ram_total_bytes),
                load1: metrics.load1,
            });
        }
        if !news.up.contains(&row.server) {
            self.early.notify_one();
        }
    }

    fn drain(&self, which: Which) -> Vec<(ServerId, Values)> {
        let mut news = self.news.lock();
        let News { waiting, up } = &mut *news;
        let due = |server: &ServerId| which == Which::All || !up.contains(server);
        let mut all: Vec<_> = waiting.extract_if(|server, _| due(server)).collect();
        all.sort_by_key(|(server, _)| *server);
        all
    }

    /// Gives back what could not be written, unless something newer came meanwhile.
    fn give_back(&self, rows: &[(ServerId, Values)]) {
        let mut news = self.news.lock();
        for (server, old) in rows {
            let values = news.waiting.entry(*server).or_default();
            values.seen = values.seen.max(old.seen);
            values.metrics = values.metrics.or(old.metrics);
        }
    }

    /// Their rows were written, and need no early writing until somebody changes them.
    fn settled(&self, rows: &[(ServerId, Values)]) {
        let servers = rows.iter().map(|(server, _)| *server);
        self.news.lock().up.extend(servers);
    }

    /// The row of a server changed; the next report of it is written early.
    fn changed(&self, server: ServerId) {
        self.news.lock().up.remove(&server);
    }

    /// Any row may have changed.
    fn all_changed(&self) {
        self.news.lock().up.clear();
    }
}

#[expect(clippy::cast_precision_loss, reason = "a percentage needs no 53 bits")]
fn share(used: Option<u64>, total: Option<u64>) -> Option<f64> {
    let (used, total) = (used?, total?);
    (total > 0).then(|| used as f64 * 100.0 / total as f64)
}

/// Writes early and every 10 s until the runtime stops, and once more then.
pub(crate) async fn run(
    parts: Parts,
    latest: Arc<Latest>,
    metrics: Arc<Metrics>,
    stop: StopSignal,
) {
    tokio::join!(
        watch(&parts, &latest, &stop),
        write_early(&parts, &latest, &metrics, &stop),
        async {
            loop {
                let stopping = stop.sleep(EVERY).await;
                report(&metrics, write(&parts, &latest, Which::All).await);
                report(&metrics, probes::write(&parts, &latest.probes).await);
                if stopping {
                    return;
                }
            }
        }
    );
}

/// Follows who changes rows of `servers`.
async fn watch(parts: &Parts, latest: &Latest, stop: &StopSignal) {
    let mut events = parts.bus.subscribe();
    loop {
        let event = tokio::select! {
            event = events.recv() => event,
            () = stop.stopped() => return,
        };
        match event {
            Ok(LiveEvent::ServerUpdated { server }) => latest.changed(server),
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => latest.all_changed(),
            Err(RecvError::Closed) => return,
        }
    }
}

async fn write_early(parts: &Parts, latest: &Latest, metrics: &Metrics, stop: &StopSignal) {
    loop {
        tokio::select! {
            () = latest.early.notified() => {}
            () = stop.stopped() => return,
        }
        report(metrics, write(parts, latest, Which::Early).await);
        if stop.sleep(EARLY_EVERY).await {
            return;
        }
    }
}

fn report(metrics: &Metrics, wrote: Result<(), StoreError>) {
    if let Err(error) = wrote {
        metrics.store_error("relational", "latest values");
        tracing::warn!(
            error = with_causes(&error),
            "latest values are not stored, trying again"
        );
    }
}

/// Writes what came, marks who went silent, and tells the live bus whose status changed.
async fn write(parts: &Parts, latest: &Latest, which: Which) -> Result<(), StoreError> {
    let rows = latest.drain(which);
    let now = parts.clock.now();
    let mut changed = Vec::new();
    for (written, chunk) in rows.chunks(ROWS).enumerate() {
        match write_chunk(parts, chunk, now).await {
            Ok(more) => {
                latest.settled(chunk);
                changed.extend(more);
            }
            Err(error) => {
                latest.give_back(rows.get(written * ROWS..).unwrap_or_default());
                tell(parts, changed).await;
                return Err(error);
            }
        }
    }
    if which == Which::All {
        match mark_stale(parts, now).await {
            Ok(stale) => changed.extend(stale),
            Err(error) => {
                tell(parts, changed).await;
                return Err(error);
            }
        }
    }
    tell(parts, changed).await;
    Ok(())
}

async fn tell(parts: &Parts, changed: Vec<ServerId>) {
    for server in changed {
        parts.bus.publish(LiveEvent::ServerUpdated { server }).await;
    }
}

/// Writes a statement's worth of rows; answers whose status changed.
async fn write_chunk(
    parts: &Parts,
    rows: &[(ServerId, Values)],
    now: UnixMs,
) -> Result<Vec<ServerId>, StoreError> {
    let operation = "write latest values";
    let rows = Arc::new(rows.to_vec());
    parts
        .db
        .transaction(operation, |tx| {
            let rows = Arc::clone(&rows);
            async move {
                // Locked, so that a `server_down` which opens meanwhile is not written over.
                let ids = rows.iter().map(|(server, _)| i64::from(server.0));
                let found = server::Entity::find()
                    .filter(server::Column::Id.is_in(ids))
                    .lock_exclusive()
                    .all(tx)
                    .await
                    .map_err(StoreError::during(operation))?;
                let (latest, risen) = bring_up_to_date(&found, &rows, now);
                servers::bulk_update(tx, &latest).await?;
                Ok(risen)
            }
            .boxed()
        })
        .await
}

/// What the rows show from now on, and whose status changes. Nothing goes back in time: a log that is read again
/// brings what is known already.
fn bring_up_to_date(
    found: &[server::Model],
    rows: &[(ServerId, Values)],
    now: UnixMs,
) -> (Vec<servers::Latest>, Vec<ServerId>) {
    let found: HashMap<_, _> = found.iter().map(|row| (row.server_id(), row)).collect();
    let mut changed = Vec::new();
    let mut latest = Vec::with_capacity(rows.len());
    for (server, values) in rows {
        let Some(row) = found.get(server) else {
            continue; // Deleted.
        };
        let Some(before) = Status::from_name(&row.status) else {
            continue;
        };
        let seen = row
            .last_seen_at
            .map_or(values.seen, |known| values.seen.max(UnixMs::from(known)));
        let measured_at = row.last_metric_at.map(UnixMs::from);
        let status = status_after(before, now.since(seen));
        if status != before {
            changed.push(*server);
        }
        latest.push(servers::Latest {
            server: *server,
            status,
            last_seen_at: Some(seen),
            metrics: values
                .metrics
                .filter(|new| measured_at.is_none_or(|known| known <= new.at)),
        });
    }
    (latest, changed)
}

/// How a server stands that was last heard of `silent` ago. Down is its actor's to say, disabled an operator's.
fn status_after(before: Status, silent: Duration) -> Status {
    match before {
        Status::Disabled => Status::Disabled,
        _ if silent < STALE_AFTER => Status::Up,
        Status::Registering | Status::Unknown | Status::Up => Status::Stale,
        Status::Stale | Status::Down => before,
    }
}

/// A server that is up and silent for two intervals is stale; whether it is down is its actor's to say.
async fn mark_stale(parts: &Parts, now: UnixMs) -> Result<Vec<ServerId>, StoreError> {
    let operation = "mark stale servers";
    let ids: Vec<i64> = server::Entity::find()
        .select_only()
        .column(server::Column::Id)
        .filter(server::Column::Status.eq("up"))
        .filter(server::Column::LastSeenAt.lte(now.minus(STALE_AFTER).to_datetime()))
        .into_tuple()
        .all(parts.db.read())
        .await
        .map_err(StoreError::during(operation))?;
    for chunk in ids.chunks(ROWS) {
        server::Entity::update_many()
            .col_expr(server::Column::Status, Expr::value("stale"))
            .filter(server::Column::Id.is_in(chunk.iter().copied()))
            .filter(server::Column::Status.eq("up"))
            .exec(parts.db.write())
            .await
            .map_err(StoreError::during(operation))?;
    }
    let ids = ids.into_iter().filter_map(|id| u32::try_from(id).ok());
    Ok(ids.map(ServerId).collect())
}

#[cfg(test)]
mod tests;

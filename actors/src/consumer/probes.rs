//! Where the newest report of each kind of each server stands, collected in memory and written every 10 s beside the
//! latest values of `servers`; and how far agents' clocks are off.
//!
//! Only what says something new is written, or says the same for so long that it would look silent. What was written is
//! remembered as a hash; being wrong about it, after another node wrote, costs one write or a delay of
//! [`REFRESH_EVERY`].

use crate::Parts;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::{Kind, Payload, Report};
use noc_storage::relational::agent_health::{self, Skew};
use noc_storage::relational::server_probes::{
    self, HOURS_TO_FULL, ProbeRow, REFRESH_EVERY, needs_before, values_of,
};
use noc_storage::relational::{Db, StoreError};
use noc_storage::series::fill::{self, Fill};
use noc_storage::series::recent::MAX_RECENT_SERVERS;
use noc_storage::series::{RecentQuery, SeriesError, SeriesRow, SeriesStore};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

/// Rows a statement.
const ROWS: usize = 500;
/// A clock that moved by less is where it was: the way to us takes its time, too.
const SKEW_STEP_MS: u64 = 1_000;
/// What was written of a server is forgotten after so long without a word of it.
const FORGET_AFTER: Duration = Duration::from_secs(24 * 3_600);
/// How often that is looked at.
const FORGET_EVERY: Duration = Duration::from_secs(3_600);

type Of = (ServerId, Kind);

/// What came since the last writing.
#[derive(Debug, Default)]
pub(crate) struct Probes(Mutex<News>);

#[derive(Debug, Default)]
struct News {
    waiting: HashMap<Of, ProbeRow>,
    written: HashMap<Of, Written>,
    /// Newest reports of kinds whose values are rates.
    before: HashMap<Of, (UnixMs, Arc<Report>)>,
    skews: HashMap<ServerId, Skew>,
    written_skews: HashMap<ServerId, Skew>,
    forgot_at: UnixMs,
}

#[derive(Debug, Clone, Copy)]
struct Written {
    said: u64,
    observed_at: UnixMs,
}

impl Probes {
    /// Takes a report that is stored, and how far the clock was off that it was sent by.
    pub fn take(&self, row: &SeriesRow, skew_ms: i64) {
        let of = (row.server, row.report.kind());
        let mut news = self.0.lock();
        let skew = Skew {
            server: row.server,
            skew_ms,
            at: row.received_at,
        };
        newest(&mut news.skews, row.server, skew, |skew| skew.at);
        let values = if needs_before(of.1) {
            let before = news.before.get(&of).cloned();
            let report = (row.event_at, Arc::clone(&row.report));
            newest(&mut news.before, of, report, |(at, _)| *at);
            let before = before.filter(|(at, _)| *at < row.event_at);
            let before = before.as_ref().map(|(at, report)| (*at, &**report));
            values_of(row.event_at, &row.report, before)
        } else {
            values_of(row.event_at, &row.report, None)
        };
        let probe = ProbeRow {
            server: row.server,
            kind: of.1,
            error: row.report.error(),
            hint: row.report.hint().map(str::to_owned),
            observed_at: row.event_at,
            received_at: row.received_at,
            values,
        };
        newest(&mut news.waiting, of, probe, |probe| probe.observed_at);
    }

    /// What is to be written now, by server and kind.
    fn drain(&self, now: UnixMs) -> Vec<ProbeRow> {
        let mut news = self.0.lock();
        news.forget(now);
        let News {
            waiting, written, ..
        } = &mut *news;
        let mut rows: Vec<ProbeRow> = waiting.drain().map(|(_, row)| row).collect();
        rows.retain(|row| {
            written.get(&(row.server, row.kind)).is_none_or(|known| {
                let age = row.observed_at.since(known.observed_at);
                row.observed_at >= known.observed_at
                    && (known.said != said(row) || age >= REFRESH_EVERY)
            })
        });
        rows.sort_by_key(|row| (row.server, row.kind));
        rows
    }

    fn drain_skews(&self) -> Vec<Skew> {
        let mut news = self.0.lock();
        let News {
            skews,
            written_skews,
            ..
        } = &mut *news;
        let mut skews: Vec<Skew> = skews.drain().map(|(_, skew)| skew).collect();
        skews.retain(|skew| {
            written_skews.get(&skew.server).is_none_or(|known| {
                skew.skew_ms.abs_diff(known.skew_ms) >= SKEW_STEP_MS
                    || skew.at.since(known.at) >= FORGET_EVERY
            })
        });
        skews.sort_by_key(|skew| skew.server);
        skews
    }

    /// Gives back what could not be written, unless something newer came meanwhile.
    fn give_back(&self, rows: &[ProbeRow], skews: &[Skew]) {
        let mut news = self.0.lock();
        for row in rows {
            let of = (row.server, row.kind);
            newest(&mut news.waiting, of, row.clone(), |row| row.observed_at);
        }
        for skew in skews {
            newest(&mut news.skews, skew.server, *skew, |skew| skew.at);
        }
    }

    fn settled(&self, rows: &[ProbeRow]) {
        let mut news = self.0.lock();
        for row in rows {
            let written = Written {
                said: said(row),
                observed_at: row.observed_at,
            };
            news.written.insert((row.server, row.kind), written);
        }
    }

    fn settled_skews(&self, skews: &[Skew]) {
        let mut news = self.0.lock();
        let skews = skews.iter().map(|skew| (skew.server, *skew));
        news.written_skews.extend(skews);
    }
}

impl News {
    fn forget(&mut self, now: UnixMs) {
        if now.since(self.forgot_at) < FORGET_EVERY {
            return;
        }
        self.forgot_at = now;
        let is_young = |at: UnixMs| now.since(at) < FORGET_AFTER;
        self.written.retain(|_, known| is_young(known.observed_at));
        self.before.retain(|_, (at, _)| is_young(*at));
        self.written_skews.retain(|_, skew| is_young(skew.at));
    }
}

/// Keeps the newer of two.
fn newest<K: Eq + Hash, V>(map: &mut HashMap<K, V>, key: K, value: V, at: impl Fn(&V) -> UnixMs) {
    match map.get_mut(&key) {
        Some(known) if at(known) > at(&value) => {}
        Some(known) => *known = value,
        None => {
            map.insert(key, value);
        }
    }
}

/// Stands for all that a row says but its times.
fn said(row: &ProbeRow) -> u64 {
    let mut hash = DefaultHasher::new();
    row.error
        .map(server_probes::ProbeState::Unreadable)
        .map(|s| s.name())
        .hash(&mut hash);
    row.hint.hash(&mut hash);
    for value in row.values {
        value.map(f64::to_bits).hash(&mut hash);
    }
    hash.finish()
}

/// Writes what came.
///
/// # Errors
/// What the database says; what was not written waits for the next time.
pub(super) async fn write(parts: &Parts, probes: &Probes) -> Result<(), StoreError> {
    write_rows(&parts.db, parts.series.as_ref(), probes, parts.clock.now()).await?;
    write_skews(&parts.db, probes).await
}

async fn write_rows(
    db: &Db,
    series: &dyn SeriesStore,
    probes: &Probes,
    now: UnixMs,
) -> Result<(), StoreError> {
    let rows = probes.drain(now);
    for (written, chunk) in rows.chunks(ROWS).enumerate() {
        let full = filled(series, chunk, now).await;
        if let Err(error) = server_probes::upsert(db.write(), &full).await {
            probes.give_back(rows.get(written * ROWS..).unwrap_or_default(), &[]);
            return Err(error);
        }
        probes.settled(chunk);
    }
    Ok(())
}

/// The rows, with what takes the reports before them: when disks will be full. A series store that does not answer
/// leaves that out until the next report, which is 5 min away.
async fn filled(series: &dyn SeriesStore, rows: &[ProbeRow], now: UnixMs) -> Vec<ProbeRow> {
    let mut rows = rows.to_vec();
    let of_disks = |row: &&mut ProbeRow| row.kind == Kind::Disks && row.error.is_none();
    let mut disks: Vec<&mut ProbeRow> = rows.iter_mut().filter(of_disks).collect();
    for some in disks.chunks_mut(MAX_RECENT_SERVERS) {
        let servers: Vec<ServerId> = some.iter().map(|row| row.server).collect();
        match hours_to_full(series, servers, now).await {
            Ok(hours) => {
                for row in some {
                    if let Some(value) = row.values.get_mut(HOURS_TO_FULL) {
                        *value = hours.get(&row.server).copied();
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "when disks will be full is not known"),
        }
    }
    rows
}

/// Hours until the first file system of each server is full, for those where one fills.
async fn hours_to_full(
    series: &dyn SeriesStore,
    servers: Vec<ServerId>,
    now: UnixMs,
) -> Result<HashMap<ServerId, f64>, SeriesError> {
    let latest = series.latest(Kind::Disks, &servers).await?;
    let query = RecentQuery {
        kind: Kind::Disks,
        servers,
        fields: fill::FIELDS.iter().map(ToString::to_string).collect(),
        from: now.minus(fill::SPAN),
        // A report may lie a little ahead of this node's clock.
        to: now.plus(Duration::from_secs(300)),
    };
    let recent = series.recent(&query).await?;
    let hours = latest.into_iter().filter_map(|(server, latest)| {
        let Some(Payload::Disks(disks)) = latest.report.data() else {
            return None;
        };
        let rows = recent.get(&server)?;
        let fills = disks.partitions.iter().map(|p| Fill::of(p, rows));
        Some((server, fill::soonest(fills.map(|fill| fill.hours_to_full))?))
    });
    Ok(hours.collect())
}

async fn write_skews(db: &Db, probes: &Probes) -> Result<(), StoreError> {
    let skews = probes.drain_skews();
    for (written, chunk) in skews.chunks(ROWS).enumerate() {
        if let Err(error) = agent_health::note_skews(db.write(), chunk).await {
            probes.give_back(&[], skews.get(written * ROWS..).unwrap_or_default());
            return Err(error);
        }
        probes.settled_skews(chunk);
    }
    Ok(())
}

#[cfg(test)]
mod tests;

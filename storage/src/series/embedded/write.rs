//! Writing: rows, their events, the newest payload of each kind, and the consumer's position, in one batch.

use super::codec::RowWriter;
use super::events::EventBatch;
use super::keys::{day_of, late_key, row_key, subject_key, time_bytes, time_from_bytes};
use super::store::{Failure, State, Store, put_position};
use super::{Latest, SeriesError, SeriesRow};
use fjall::{Keyspace, OwnedWriteBatch, PersistMode, Slice};
use noc_pipeline::clock::{Stopwatch, UnixMs};
use noc_pipeline::id::{LogId, Offset, PartitionId, ServerId};
use noc_pipeline::payload::{Kind, Report};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

const LATEST_FORMAT: u8 = 1;

/// A row ready to be stored.
struct Packed {
    kind: Kind,
    server: ServerId,
    event_at: UnixMs,
    /// Its numbers and the time they are stored at; `None` when it holds none.
    raw: Option<(UnixMs, Slice)>,
    /// Set for the newest row of its kind and server in the batch.
    latest: Option<Slice>,
}

/// What a batch changes in the shared state once it is committed.
#[derive(Default)]
struct Changes {
    newest: Vec<((u8, ServerId), UnixMs)>,
}

impl Store {
    /// Stores rows, durably unless a position is noted with them.
    pub fn write(
        &self,
        rows: &[SeriesRow],
        position: Option<(PartitionId, LogId, Offset)>,
    ) -> Result<(), Failure> {
        let (packed, events) = self.pack(rows);
        let mut state = self.state.lock();
        let mut late = None;
        let times = packed.iter().filter_map(|row| row.raw.as_ref());
        if { times }.any(|(at, _)| *at < state.rolled_until) {
            drop(state);
            late = Some(self.rolling.lock());
            state = self.state.lock();
        }
        let mut batch = self.db.batch();
        let changes = self.fill(&mut batch, packed, &mut state)?;
        events.fill(self, &mut batch, state.raw_floor)?;
        match position {
            Some((partition, log_id, offset)) => {
                self.commit_at(batch, &mut state, partition, (log_id, offset))?;
            }
            None => batch.durability(Some(PersistMode::SyncData)).commit()?,
        }
        state.newest.extend(changes.newest);
        drop(late);
        Ok(())
    }

    /// Rows as bytes, in the order of kinds, servers and event times, each key once: the last of several wins.
    fn pack(&self, rows: &[SeriesRow]) -> (Vec<Packed>, EventBatch) {
        let mut order: Vec<&SeriesRow> = rows.iter().collect();
        order.sort_by_key(|row| (row.report.kind().code(), row.server, row.event_at));
        let mut stored = HashSet::with_capacity(rows.len());
        let mut is_last: Vec<bool> = order
            .iter()
            .rev()
            .map(|row| stored.insert((row.report.kind(), row.server, row.row_at())))
            .collect();
        is_last.reverse();
        let mut writer = RowWriter::default();
        let mut json = Vec::new();
        let mut packed = Vec::with_capacity(order.len());
        let mut events = EventBatch::default();
        for (i, row) in order.iter().enumerate() {
            row.for_each_event(&mut |event| events.add(&event));
            let (kind, next) = (row.report.kind(), order.get(i + 1));
            let next = next.filter(|n| n.report.kind() == kind && n.server == row.server);
            let at = row.row_at().filter(|_| is_last.get(i) == Some(&true));
            let raw = at.and_then(|at| Some((at, self.pack_numbers(&mut writer, &row.report)?)));
            let latest = next.is_none().then(|| pack_latest(&mut json, row));
            if raw.is_some() || latest.is_some() {
                packed.push(Packed {
                    kind,
                    server: row.server,
                    event_at: row.event_at,
                    raw,
                    latest,
                });
            }
        }
        (packed, events)
    }

    fn pack_numbers(&self, writer: &mut RowWriter, report: &Report) -> Option<Slice> {
        let places = self.schema.of(report.kind())?;
        if report.kind().metrics().is_empty() {
            return None;
        }
        writer.start();
        report.data()?.for_each_row(&mut |subject, values| {
            writer.subject(subject, places.arrange(values));
        });
        writer.finish().map(Slice::from)
    }

    fn fill(
        &self,
        batch: &mut OwnedWriteBatch,
        rows: Vec<Packed>,
        state: &mut State,
    ) -> Result<Changes, Failure> {
        let mut changes = Changes::default();
        let mut day: Option<(i64, Keyspace)> = None;
        let mut hour = None;
        for row in rows {
            if let Some(latest) = row.latest
                && self.is_newest(state, &row.kind, row.server, row.event_at)?
            {
                batch.insert(&self.latest, subject_key(row.kind, row.server), latest);
                changes
                    .newest
                    .push(((row.kind.code(), row.server), row.event_at));
            }
            let Some((at, raw)) = row.raw.filter(|(at, _)| *at >= state.raw_floor) else {
                continue;
            };
            let of = day_of(at);
            let keyspace = match &day {
                Some((known, keyspace)) if *known == of => keyspace,
                _ => &day.insert((of, self.day(of)?)).1,
            };
            batch.insert(keyspace, row_key(row.kind, row.server, at), raw);
            let this = (row.kind, row.server, at.hour());
            if this.2 < state.rolled_until && hour != Some(this) {
                batch.remove(&self.hourly, row_key(row.kind, row.server, this.2));
                batch.insert(&self.late, late_key(this.2, row.kind, row.server), b"");
                hour = Some(this);
            }
        }
        Ok(changes)
    }

    /// Whether a payload is at least as new as the newest known.
    fn is_newest(
        &self,
        state: &mut State,
        kind: &Kind,
        server: ServerId,
        event_at: UnixMs,
    ) -> Result<bool, Failure> {
        let of = (kind.code(), server);
        if let Some(newest) = state.newest.get(&of) {
            return Ok(event_at >= *newest);
        }
        let stored = self.latest.get(subject_key(*kind, server))?;
        let stored = stored.as_deref().and_then(latest_times);
        let Some((newest, ..)) = stored else {
            return Ok(true);
        };
        state.newest.insert(of, newest);
        Ok(event_at >= newest)
    }

    /// Commits rows and, at most once every `sync_every`, the positions of all partitions with a sync.
    ///
    /// The sync comes before anything of the batch can reach a table file, and it covers all rows committed
    /// earlier: so no stored position is ever ahead of the rows, even if the power fails.
    fn commit_at(
        &self,
        mut batch: OwnedWriteBatch,
        state: &mut State,
        partition: PartitionId,
        position: (LogId, Offset),
    ) -> Result<(), Failure> {
        let known = state.positions.insert(partition, position);
        let news = state.unstored.insert(partition);
        let sync = state.since_sync.elapsed() >= self.sync_every;
        if sync {
            for partition in &state.unstored {
                if let Some(position) = state.positions.get(partition) {
                    put_position(&mut batch, &self.positions, *partition, *position);
                }
            }
            batch = batch.durability(Some(PersistMode::SyncData));
        } else {
            batch = batch.durability(Some(PersistMode::Buffer));
        }
        if let Err(error) = batch.commit() {
            match known {
                Some(known) => state.positions.insert(partition, known),
                None => state.positions.remove(&partition),
            };
            if news {
                state.unstored.remove(&partition);
            }
            return Err(error.into());
        }
        if sync {
            state.unstored.clear();
            state.since_sync = Stopwatch::start();
        }
        Ok(())
    }

    /// The newest position noted for a partition.
    pub fn position(&self, partition: PartitionId) -> Result<Option<(LogId, Offset)>, Failure> {
        if let Some(position) = self.state.lock().positions.get(&partition) {
            return Ok(Some(*position));
        }
        self.stored_position(partition)
    }

    /// The newest payload of a kind of some servers.
    pub fn latest(
        &self,
        kind: Kind,
        servers: &[ServerId],
    ) -> Result<HashMap<ServerId, Latest>, Failure> {
        let mut found = HashMap::with_capacity(servers.len());
        for server in servers {
            let key = subject_key(kind, *server);
            let Some(bytes) = self.latest.get(key)? else {
                continue;
            };
            let latest = read_latest(kind, &bytes).map_err(|reason| SeriesError::Damaged {
                kind: kind.name().to_owned(),
                key: hex::encode(key),
                reason,
            })?;
            found.insert(*server, latest);
        }
        Ok(found)
    }
}

/// Format, `event_at`, `received_at`, normalised JSON.
fn pack_latest(out: &mut Vec<u8>, row: &SeriesRow) -> Slice {
    out.clear();
    out.push(LATEST_FORMAT);
    out.extend_from_slice(&time_bytes(row.event_at));
    out.extend_from_slice(&time_bytes(row.received_at));
    row.report.write_json(out);
    Slice::from(out.as_slice())
}

fn latest_times(bytes: &[u8]) -> Option<(UnixMs, UnixMs, &[u8])> {
    let (format, rest) = bytes.split_first()?;
    let (event_at, rest) = rest.split_first_chunk()?;
    let (received_at, json) = rest.split_first_chunk()?;
    (*format == LATEST_FORMAT).then_some((
        time_from_bytes(*event_at),
        time_from_bytes(*received_at),
        json,
    ))
}

fn read_latest(kind: Kind, bytes: &[u8]) -> Result<Latest, &'static str> {
    let (event_at, received_at, json) = latest_times(bytes).ok_or("header is not known")?;
    let report = Report::from_json(kind, json).map_err(|_| "body is not of its kind")?;
    Ok(Latest {
        event_at,
        received_at,
        report: Arc::new(report),
    })
}

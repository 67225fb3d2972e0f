//! Dropping what is too old, and servers that are gone.
//!
//! Tables have no TTL of their own: it would follow the server's clock and drop days that were never rolled up.

use super::hours::{HOUR_MS, day};
use super::rest::unavailable;
use super::sql::{list, micros};
use super::state::{State, hourly_floor, number, raw_floor};
use super::store::Store;
use crate::series::{Retention, SeriesError};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;

const RETAIN: &str = "retain";
const FORGET: &str = "forget";

impl Store {
    /// Drops raw days, days of events, hourly days and reports older than kept. Raw days are rolled up once more before they go, so
    /// nothing is lost if the hourly job never ran.
    pub async fn retain(&self, now: UnixMs, retention: Retention) -> Result<u64, SeriesError> {
        let _rolling = self.rolling.lock().await;
        let state = self.prepare_anew(RETAIN).await?;
        let raw = day(now.minus(retention.raw)).max(state.raw_floor);
        if raw > state.raw_floor {
            self.roll_up_span(RETAIN, (state.raw_floor, raw)).await?;
            self.set(RETAIN, vec![raw_floor(raw)]).await?;
        }
        let hourly = day(now.minus(retention.hourly)).max(state.hourly_floor);
        if hourly > state.hourly_floor {
            self.set(RETAIN, vec![hourly_floor(hourly)]).await?;
        }
        let mut dropped = 0;
        for tables in &self.tables.kinds {
            dropped += self.drop_before(RETAIN, &tables.raw, raw).await?;
            dropped += self.drop_before(RETAIN, &tables.hourly, hourly).await?;
        }
        let events = self.tables.events.iter().map(|(_, name)| name);
        let others = [&self.tables.late, &self.tables.rolled].into_iter();
        for table in others.chain(events) {
            self.drop_before(RETAIN, table, raw).await?;
        }
        let reports = now.minus(self.options.reports_kept).0;
        let reports = UnixMs(reports - reports.rem_euclid(HOUR_MS));
        self.retain_reports(&state, reports).await?;
        Ok(dropped)
    }

    /// Drops reports before a time, but for the last ones of servers that are silent since.
    async fn retain_reports(&self, state: &State, floor: UnixMs) -> Result<(), SeriesError> {
        let (reports, silent) = (&self.tables.reports, &self.tables.silent);
        self.applied(RETAIN, &[reports]).await?;
        let forgotten = match state.forgotten() {
            none if none.is_empty() => String::new(),
            some => format!("AND server NOT IN ({})", list(some)),
        };
        let sql = format!(
            "INSERT INTO \"{silent}\" (ts, server, kind, received_at, report) \
             SELECT ts, server, kind, received_at, report FROM \
             (SELECT * FROM \"{reports}\" LATEST ON ts PARTITION BY server, kind) \
             WHERE ts < {} {forgotten}",
            micros(floor)
        );
        self.job(RETAIN, &sql).await?;
        self.applied(RETAIN, &[silent]).await?;
        self.drop_before(RETAIN, reports, floor).await?;
        Ok(())
    }

    /// Gives a server another number, under which there is nothing.
    pub async fn forget(&self, server: ServerId) -> Result<(), SeriesError> {
        let state = self.prepare_anew(FORGET).await?;
        let Some(old) = state.number_of(server) else {
            return Ok(());
        };
        let fresh = || -1 - i32::try_from(rand::random::<u32>() >> 2).unwrap_or(0);
        let mut numbers = std::iter::repeat_with(fresh);
        let new = numbers.find(|number| !state.is_taken(*number));
        let new = new.ok_or_else(|| unavailable(FORGET, &"no number is free"))?;
        self.set(FORGET, vec![number(server, new)]).await?;
        // Last reports of silent servers are kept for good, so this one is emptied: the same key, without its text.
        let silent = &self.tables.silent;
        let sql = format!(
            "INSERT INTO \"{silent}\" (ts, server, kind, received_at, report) \
             SELECT ts, server, kind, received_at, NULL FROM \"{silent}\" WHERE server = {old}"
        );
        self.job(FORGET, &sql).await?;
        Ok(())
    }
}

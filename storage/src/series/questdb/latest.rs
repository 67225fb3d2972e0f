//! The newest report of each server.
//!
//! Nearly all are found among the reports of the last minutes; who is silent for longer is looked for among all that
//! are kept, and in the table that silent servers' last reports are moved to.

use super::rest::cell;
use super::sql::{from_micros, list, micros};
use super::store::Store;
use crate::series::{Latest, SeriesError};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::{Kind, Report};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

const LATEST: &str = "latest";

/// Who reports at all has done so within this: two intervals of the slowest kind, and some.
const RECENT: Duration = Duration::from_secs(15 * 60);

/// Most servers asked for in one query, where they are a stretch.
const STRETCH: usize = 5_000;

/// Most servers named one by one in a query.
const CHUNK: usize = 500;

/// Numbers of servers with whom the numbers belong to.
type Wanted = HashMap<i32, ServerId>;

impl Store {
    /// The newest payload of a kind of some servers.
    pub async fn latest(
        &self,
        kind: Kind,
        servers: &[ServerId],
    ) -> Result<HashMap<ServerId, Latest>, SeriesError> {
        let state = self.prepare(LATEST).await?;
        let numbers = servers
            .iter()
            .filter_map(|server| Some((state.number_of(*server)?, *server)));
        let mut wanted: Wanted = numbers.collect();
        let mut found = HashMap::with_capacity(wanted.len());
        let recent = self.options.clock.now().minus(RECENT);
        let recent = format!("AND ts >= {}", micros(recent));
        self.find(kind, &self.tables.reports, &recent, &wanted, &mut found)
            .await?;
        wanted.retain(|_, server| !found.contains_key(server));
        for table in [&self.tables.reports, &self.tables.silent] {
            self.find(kind, table, "", &wanted, &mut found).await?;
        }
        Ok(found)
    }

    /// Adds the newest reports of a table, where there are none, or older ones, yet.
    async fn find(
        &self,
        kind: Kind,
        table: &str,
        condition: &str,
        wanted: &Wanted,
        found: &mut HashMap<ServerId, Latest>,
    ) -> Result<(), SeriesError> {
        let mut numbers: Vec<_> = wanted.keys().copied().collect();
        numbers.sort_unstable();
        for among in conditions(&numbers) {
            let sql = format!(
                "SELECT server, ts::LONG, received_at::LONG, report FROM \"{table}\" \
                 WHERE kind = {} AND {among} {condition} LATEST ON ts PARTITION BY server",
                kind.code(),
            );
            let answer = self.read(LATEST, &sql).await?;
            for row in answer.rows(LATEST)? {
                let number = cell(&row, 0).whole().and_then(|n| i32::try_from(n).ok());
                let Some(server) = number.and_then(|number| wanted.get(&number)) else {
                    continue;
                };
                let time = |i| cell(&row, i).whole().map_or(UnixMs(0), from_micros);
                let event_at = time(1);
                let Some(json) = cell(&row, 3).text() else {
                    continue;
                };
                if found
                    .get(server)
                    .is_some_and(|known| known.event_at >= event_at)
                {
                    continue;
                }
                let report =
                    Report::from_json(kind, json.as_bytes()).map_err(|_| SeriesError::Damaged {
                        kind: kind.name().to_owned(),
                        key: format!("{server} {event_at}"),
                        reason: "body is not of its kind",
                    })?;
                let latest = Latest {
                    event_at,
                    received_at: time(2),
                    report: Arc::new(report),
                };
                found.insert(*server, latest);
            }
        }
        Ok(())
    }
}

/// Conditions that are true for all of some numbers, ascending. Most of a stretch is cheaper to ask for as the whole
/// of it; every query looks at all reports of its time once.
fn conditions(numbers: &[i32]) -> Vec<String> {
    let mut conditions = Vec::new();
    for chunk in numbers.chunks(STRETCH) {
        if let (16.., Some(first), Some(last)) = (chunk.len(), chunk.first(), chunk.last()) {
            let span = i64::from(*last) - i64::from(*first) + 1;
            if i64::try_from(chunk.len() * 4).is_ok_and(|most| span <= most) {
                conditions.push(format!("server BETWEEN {first} AND {last}"));
                continue;
            }
        }
        let named = chunk.chunks(CHUNK);
        conditions.extend(named.map(|chunk| format!("server IN ({})", list(chunk))));
    }
    conditions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dense_numbers_are_asked_for_as_a_stretch() {
        assert_eq!(conditions(&[]), Vec::<String>::new());
        assert_eq!(conditions(&[3, 9]), ["server IN (3,9)"]);
        let dense: Vec<_> = (100..5_200).collect();
        let expected = [
            "server BETWEEN 100 AND 5099",
            "server BETWEEN 5100 AND 5199",
        ];
        assert_eq!(conditions(&dense), expected);
        let sparse: Vec<_> = (0..600).map(|n| n * 1_000).collect();
        let named = conditions(&sparse);
        assert_eq!(named.len(), 2);
        assert!(named[0].starts_with("server IN (0,1000,"));
    }
}

//! The last rows of several servers, in one statement.

use super::rest::cell;
use super::sql::{from_micros, list, within};
use super::store::Store;
use crate::series::SeriesError;
use crate::series::recent::{Gather, Recent, RecentQuery, check_recent};
use noc_pipeline::id::ServerId;
use std::collections::HashMap;

const RECENT: &str = "recent";

impl Store {
    /// Raw rows of some servers.
    pub async fn recent(
        &self,
        query: &RecentQuery,
    ) -> Result<HashMap<ServerId, Vec<Recent>>, SeriesError> {
        let fields = check_recent(query)?;
        let state = self.prepare(RECENT).await?;
        let numbers = query
            .servers
            .iter()
            .filter_map(|server| Some((state.number_of(*server)?, *server)));
        let wanted: HashMap<i32, ServerId> = numbers.collect();
        let mut gather = Gather::new(fields.len());
        let from = query.from.max(state.raw_floor);
        let Some(tables) = self.tables.of(query.kind) else {
            return Ok(gather.finish());
        };
        if wanted.is_empty() || from >= query.to {
            return Ok(gather.finish());
        }
        let specs = query.kind.metrics();
        let names = fields.iter().filter_map(|field| specs.get(*field));
        let columns: String = names.map(|spec| format!(", \"{}\"", spec.field)).collect();
        let sql = format!(
            "SELECT server, ts::LONG, {}{columns} FROM \"{}\" WHERE server IN ({}) AND {} ORDER BY ts",
            tables.subject_column(),
            tables.raw,
            list(wanted.keys()),
            within((from, query.to)),
        );
        let answer = self.read(RECENT, &sql).await?;
        for row in answer.rows(RECENT)? {
            let number = cell(&row, 0).whole().and_then(|n| i32::try_from(n).ok());
            let server = number.and_then(|number| wanted.get(&number));
            let (Some(server), Some(at)) = (server, cell(&row, 1).whole().map(from_micros)) else {
                continue;
            };
            let subject = cell(&row, 2).text();
            let values = (0..fields.len()).map(|nth| cell(&row, 3 + nth).float());
            gather.add(*server, subject.as_deref(), at, values)?;
        }
        Ok(gather.finish())
    }
}

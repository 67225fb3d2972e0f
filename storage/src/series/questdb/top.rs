//! The subjects with the largest values: the server sums up, stretch by stretch, and we put the sums together.

use super::hours::{DAY_MS, Span, pieces};
use super::rest::cell;
use super::sql::within;
use super::store::Store;
use super::tables::KindTables;
use crate::series::aggregate::{Summary, merge_into};
use crate::series::limits::check_top;
use crate::series::{SeriesError, Top, TopQuery};
use std::collections::HashMap;

const TOP: &str = "top";

/// Most lines of a top list.
const MAX_TOP: usize = 10_000;

/// Most of hourly rows summed up at once: a week.
const HOURLY_PIECE_MS: i64 = 7 * DAY_MS;

/// What was measured, by number of the server and subject.
type Sums = HashMap<(i32, Option<String>), Option<Summary>>;

impl Store {
    /// The subjects with the largest values.
    pub async fn top(&self, query: &TopQuery) -> Result<Vec<Top>, SeriesError> {
        let field = check_top(query)?;
        let state = self.prepare(TOP).await?;
        let (Some(tables), Some(spec)) =
            (self.tables.of(query.kind), query.kind.metrics().get(field))
        else {
            return Ok(Vec::new());
        };
        let span = (query.from, query.to);
        let plan = self.plan(TOP, &state, tables, None, span).await?;
        let mut sums = Sums::new();
        for span in plan.hourly {
            for span in pieces(span, HOURLY_PIECE_MS) {
                self.sum(tables, spec.field, span, true, &mut sums).await?;
            }
        }
        for span in plan.raw {
            for span in pieces(span, DAY_MS) {
                self.sum(tables, spec.field, span, false, &mut sums).await?;
            }
        }
        let lines = sums.into_iter().filter_map(|((number, subject), sum)| {
            Some(Top {
                server: state.server(number)?,
                subject,
                value: sum?.by(query.by),
            })
        });
        let mut top: Vec<Top> = lines.collect();
        top.sort_by(|a, b| {
            let by_value = b.value.total_cmp(&a.value);
            by_value.then_with(|| (a.server, &a.subject).cmp(&(b.server, &b.subject)))
        });
        top.truncate(query.limit.min(MAX_TOP));
        Ok(top)
    }

    async fn sum(
        &self,
        tables: &KindTables,
        field: &str,
        span: Span,
        hourly: bool,
        sums: &mut Sums,
    ) -> Result<(), SeriesError> {
        let (table, columns) = match hourly {
            true => (
                &tables.hourly,
                format!(
                    "sum(\"{field}_avg\" * \"{field}_count\"), min(\"{field}_min\"), \
                     max(\"{field}_max\"), sum(\"{field}_count\")"
                ),
            ),
            false => (
                &tables.raw,
                format!("sum(\"{field}\"), min(\"{field}\"), max(\"{field}\"), count(\"{field}\")"),
            ),
        };
        let subject = tables.subject_column();
        let sql = format!(
            "SELECT server, {subject} subject, {columns} FROM \"{table}\" WHERE {}",
            within(span)
        );
        let answer = self.read(TOP, &sql).await?;
        for row in answer.rows(TOP)? {
            let whole = |i| cell(&row, i).whole();
            let value = |i| cell(&row, i).float();
            let Some(number) = whole(0).and_then(|number| i32::try_from(number).ok()) else {
                continue;
            };
            let count = whole(5).and_then(|count| u64::try_from(count).ok());
            if let (Some(sum), Some(min), Some(max), Some(count @ 1..)) =
                (value(2), value(3), value(4), count)
            {
                let sums = sums.entry((number, cell(&row, 1).text())).or_default();
                merge_into(sums, &Summary::of_sum(sum, min, max, count));
            }
        }
        Ok(())
    }
}

//! How many events there are of each sort: the server groups, we read the groups asked for.

use super::super::rest::cell;
use super::super::sql::{from_micros, list, within};
use super::super::store::Store;
use super::conditions::{column, value};
use crate::series::events::{CheckedCount, check_count, compare};
use crate::series::{CountOrder, EventCount, EventGroup, SeriesError};

const COUNT: &str = "count_events";

impl Store {
    /// How many events there are of each sort.
    pub async fn count_events(&self, count: &EventCount) -> Result<Vec<EventGroup>, SeriesError> {
        let asked = check_count(count)?;
        let state = self.prepare(COUNT).await?;
        let span = (count.from.max(state.raw_floor), count.to);
        if span.0 >= span.1 {
            return Ok(Vec::new());
        }
        let conditions = self
            .event_conditions(COUNT, &state, count.table, &asked.of, span)
            .await?;
        let Some(conditions) = conditions else {
            return Ok(Vec::new());
        };
        let (columns, group_by, order_by) = parts(count, &asked);
        let sql = format!(
            "SELECT {columns} FROM \"{}\" WHERE {}{conditions}{group_by} \
             ORDER BY {order_by} LIMIT {}",
            self.tables.event(count.table),
            within(span),
            count.limit
        );
        let answer = self.read(COUNT, &sql).await?;
        let mut groups = Vec::new();
        for row in answer.rows(COUNT)? {
            let whole = |i| cell(&row, i).whole().and_then(|n| u64::try_from(n).ok());
            let (Some(rows @ 1..), Some(servers), Some(last_at)) =
                (whole(0), whole(1), cell(&row, 2).whole())
            else {
                continue;
            };
            let mut next = 3;
            let mut take = || {
                next += 1;
                cell(&row, next - 1)
            };
            let server = match count.by_server {
                true => {
                    let number = take().whole().and_then(|n| i32::try_from(n).ok());
                    let Some(server) = number.and_then(|number| state.server(number)) else {
                        continue;
                    };
                    Some(server)
                }
                false => None,
            };
            let mut values = |places: &[usize]| {
                let cells = places.iter();
                let cells = cells.map(|place| value(count.table, *place, take()));
                cells.collect::<Vec<_>>()
            };
            let (by, newest) = (values(&asked.by), values(&asked.newest));
            let sums = asked.sums.iter();
            let sums = sums.map(|_| take().float().unwrap_or(0.0)).collect();
            groups.push(EventGroup {
                by,
                server,
                count: rows,
                servers,
                sums,
                newest,
                last_at: from_micros(last_at),
            });
        }
        groups.sort_by(|a, b| compare(a, b, count.order, count.ascending));
        Ok(groups)
    }
}

/// Columns, grouping and order of the statement. All have names of their own, so that none is taken for a column of the
/// table.
fn parts(count: &EventCount, asked: &CheckedCount) -> (String, String, String) {
    let mut columns = vec![
        "count() n_rows".to_owned(),
        "count_distinct(server) n_servers".to_owned(),
        "max(ts)::LONG last_at".to_owned(),
    ];
    let mut group_by = Vec::new();
    let mut ties = vec!["last_at DESC".to_owned()];
    if count.by_server {
        columns.push("server of_server".to_owned());
        group_by.push("server".to_owned());
    }
    for (nth, place) in asked.by.iter().enumerate() {
        let column = column(count.table, *place);
        columns.push(format!("{column} by_{nth}"));
        group_by.push(column);
        ties.push(format!("by_{nth}"));
    }
    if count.by_server {
        ties.push("of_server".to_owned());
    }
    for (nth, place) in asked.newest.iter().enumerate() {
        let column = column(count.table, *place);
        columns.push(format!("last_not_null({column}) newest_{nth}"));
    }
    for (nth, place) in asked.sums.iter().enumerate() {
        let column = column(count.table, *place);
        // Without values a sum is NULL, and those would come first.
        columns.push(format!("coalesce(sum({column}), 0.0) sum_{nth}"));
    }
    let first = match count.order {
        CountOrder::Count => "n_rows".to_owned(),
        CountOrder::Servers => "n_servers".to_owned(),
        CountOrder::Sum(nth) => format!("sum_{nth}"),
        CountOrder::Last => "last_at".to_owned(),
    };
    let direction = if count.ascending { "ASC" } else { "DESC" };
    let order_by = format!("{first} {direction}, {}", ties.join(", "));
    let group_by = match group_by.is_empty() {
        true => String::new(),
        false => format!(" GROUP BY {}", list(group_by)),
    };
    (columns.join(", "), group_by, order_by)
}

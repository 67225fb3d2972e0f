//! Questions about events as SQL. Every text goes through `quoted`, everything else is a number or from the registry.

use super::super::rest::{Cell, cell};
use super::super::sql::{list, quoted, within};
use super::super::state::State;
use super::super::store::Store;
use crate::series::events::{Checked, Condition};
use crate::series::{EventTest, SeriesError};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::events::{ColumnType, EventTable, EventValue};

/// From a time up to, and without, another.
pub type Span = (UnixMs, UnixMs);

/// Name of the column at a place, as SQL writes it.
pub fn column(table: EventTable, place: usize) -> String {
    let name = table.columns().get(place).map_or("", |column| column.name);
    format!("\"{name}\"")
}

/// A cell of an answer.
pub fn value(table: EventTable, place: usize, cell: Cell<'_>) -> Option<EventValue> {
    match table.columns().get(place)?.column_type {
        ColumnType::Text => cell.text().map(EventValue::Text),
        ColumnType::Number => cell.float().map(EventValue::Number),
        ColumnType::YesNo => cell.whole().map(|yes| EventValue::YesNo(yes == 1)),
    }
}

impl Store {
    /// What a row must be, but for its time; `None`: no row can.
    pub async fn event_conditions(
        &self,
        operation: &'static str,
        state: &State,
        table: EventTable,
        asked: &Checked,
        span: Span,
    ) -> Result<Option<String>, SeriesError> {
        let mut all = String::new();
        for condition in &asked.conditions {
            let Some(sql) = sql(table, condition) else {
                return Ok(None);
            };
            all += &format!(" AND {sql}");
        }
        match &asked.servers {
            Some(servers) => {
                let numbers = servers.iter().filter_map(|server| state.number_of(*server));
                let mut numbers: Vec<i32> = numbers.collect();
                numbers.sort_unstable();
                if numbers.is_empty() {
                    return Ok(None);
                }
                all += &format!(" AND server IN ({})", list(numbers));
            }
            None if state.forgot() => {
                let nobodys = self.nobodys(operation, state, table, span).await?;
                if !nobodys.is_empty() {
                    all += &format!(" AND server NOT IN ({})", list(nobodys));
                }
            }
            None => {}
        }
        Ok(Some(all))
    }

    /// Numbers in a table under which there are rows of servers that were forgotten.
    async fn nobodys(
        &self,
        operation: &'static str,
        state: &State,
        table: EventTable,
        span: Span,
    ) -> Result<Vec<i32>, SeriesError> {
        let sql = format!(
            "SELECT DISTINCT server FROM \"{}\" WHERE {}",
            self.tables.event(table),
            within(span)
        );
        let answer = self.read(operation, &sql).await?;
        let rows = answer.rows(operation)?;
        let numbers = rows.iter().filter_map(|row| cell(row, 0).whole());
        let numbers = numbers.filter_map(|number| i32::try_from(number).ok());
        Ok(numbers
            .filter(|number| state.server(*number).is_none())
            .collect())
    }
}

/// A condition as SQL; `None` when no row can fulfil it.
fn sql(table: EventTable, condition: &Condition) -> Option<String> {
    let any: Vec<String> = condition
        .places
        .iter()
        .map(|place| column(table, *place))
        .filter_map(|column| match &condition.test {
            EventTest::OneOf(values) if values.is_empty() => None,
            EventTest::OneOf(values) => {
                let values = values.iter().map(literal);
                Some(format!("{column} IN ({})", list(values)))
            }
            EventTest::Contains(part) | EventTest::StartsWith(part) if part.is_empty() => {
                Some(format!("{column} IS NOT NULL"))
            }
            EventTest::Contains(part) => {
                let part = quoted(&part.to_lowercase());
                Some(format!("strpos(lower({column}), {part}) > 0"))
            }
            EventTest::StartsWith(start) => {
                Some(format!("starts_with({column}, {})", quoted(start)))
            }
        })
        .collect();
    (!any.is_empty()).then(|| format!("({})", any.join(" OR ")))
}

fn literal(value: &EventValue) -> String {
    match value {
        EventValue::Text(text) => quoted(text),
        EventValue::Number(number) => format!("{number:?}"),
        EventValue::YesNo(yes) => u8::from(*yes).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(places: &[usize], test: EventTest) -> Option<String> {
        let condition = Condition {
            places: places.to_vec(),
            test,
        };
        sql(EventTable::FirewallEvents, &condition)
    }

    #[test]
    fn texts_from_outside_are_quoted_everywhere() {
        let hostile = "x') OR 1=1 --";
        let quoted = "'x'') or 1=1 --'";
        let contains = of(&[6, 5], EventTest::Contains(hostile.to_owned())).unwrap();
        assert_eq!(
            contains,
            format!(
                "(strpos(lower(\"reason\"), {quoted}) > 0 OR strpos(lower(\"user\"), {quoted}) > 0)"
            )
        );
        let one_of = of(&[2], EventTest::OneOf(vec![hostile.into(), "y".into()])).unwrap();
        assert_eq!(one_of, "(\"ip\" IN ('x'') OR 1=1 --','y'))");
        let starts = of(&[2], EventTest::StartsWith("'".to_owned())).unwrap();
        assert_eq!(starts, "(starts_with(\"ip\", ''''))");
    }

    #[test]
    fn what_nothing_can_be_is_not_asked() {
        assert_eq!(of(&[2], EventTest::OneOf(Vec::new())), None);
        let any = of(&[2], EventTest::Contains(String::new())).unwrap();
        assert_eq!(any, "(\"ip\" IS NOT NULL)");
    }

    #[test]
    fn numbers_are_written_to_the_bit() {
        assert_eq!(literal(&EventValue::Number(1e300)), "1e300");
        assert_eq!(
            literal(&EventValue::Number(0.1 + 0.2)),
            "0.30000000000000004"
        );
        assert_eq!(literal(&EventValue::YesNo(true)), "1");
    }
}

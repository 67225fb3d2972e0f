//! Fields of one server over time.

use super::hours::{DAY_MS, Span, pieces};
use super::rest::{Answer, Cell, cell};
use super::sql::{from_micros, within};
use super::store::Store;
use super::tables::KindTables;
use crate::series::aggregate::Summary;
use crate::series::limits::check_range;
use crate::series::sampler::Sampler;
use crate::series::{RangeQuery, Series, SeriesError};
use futures::future::try_join_all;
use noc_pipeline::clock::UnixMs;

const RANGE: &str = "range";

/// Most of hourly rows asked for at once: a month.
const HOURLY_PIECE_MS: i64 = 31 * DAY_MS;

/// Up to so many statements run side by side, which is what nearly all ranges take.
const AT_ONCE: usize = 6;

/// What one statement is to read, and perhaps what it gave.
struct Piece {
    span: Span,
    hourly: bool,
    answer: Option<Answer>,
}

/// One server's rows of some fields, as statements.
struct Reading<'q> {
    store: &'q Store,
    tables: &'q KindTables,
    number: i32,
    fields: Vec<usize>,
}

impl Store {
    /// Fields of one server over time.
    pub async fn range(&self, query: &RangeQuery) -> Result<Series, SeriesError> {
        let fields = check_range(query)?;
        let span = (query.from, query.to);
        let sampler = |fields, hourly| Sampler::new(query.kind, fields, span, query.points, hourly);
        let state = self.prepare(RANGE).await?;
        let number = state.number_of(query.server);
        let (Some(tables), Some(number)) = (self.tables.of(query.kind), number) else {
            return Ok(sampler(fields, false).finish());
        };
        let plan = self.plan(RANGE, &state, tables, Some(number), span).await?;
        let reading = Reading {
            store: self,
            tables,
            number,
            fields,
        };
        let piece = |hourly| {
            move |span| Piece {
                span,
                hourly,
                answer: None,
            }
        };
        let hourly = plan.hourly.iter();
        let hourly = hourly.flat_map(|span| pieces(*span, HOURLY_PIECE_MS).map(piece(true)));
        let raw = plan.raw.iter();
        let raw = raw.flat_map(|span| pieces(*span, DAY_MS).map(piece(false)));
        let mut todo: Vec<Piece> = hourly.chain(raw).collect();
        todo.sort_by_key(|piece| piece.span.0);
        if todo.len() <= AT_ONCE {
            let answers = try_join_all(todo.iter().map(|piece| reading.fetch(piece))).await?;
            for (piece, answer) in todo.iter_mut().zip(answers) {
                piece.answer = Some(answer);
            }
        }
        let mut any_hourly = false;
        for piece in todo.iter_mut().filter(|piece| piece.hourly) {
            let answer = match piece.answer.take() {
                Some(answer) => answer,
                None => reading.fetch(piece).await?,
            };
            any_hourly = !answer.rows(RANGE)?.is_empty();
            piece.answer = Some(answer);
            if any_hourly {
                break;
            }
        }
        let mut sampler = sampler(reading.fields.clone(), any_hourly);
        for mut piece in todo {
            let answer = match piece.answer.take() {
                Some(answer) => answer,
                None => reading.fetch(&piece).await?,
            };
            reading.add(&mut sampler, &answer, piece.hourly)?;
        }
        Ok(sampler.finish())
    }
}

impl Reading<'_> {
    async fn fetch(&self, piece: &Piece) -> Result<Answer, SeriesError> {
        let specs = self.tables.kind.metrics();
        let names = self.fields.iter().filter_map(|field| specs.get(*field));
        let mut columns = format!("ts::LONG, {}", self.tables.subject_column());
        for spec in names {
            let field = spec.field;
            columns += &match piece.hourly {
                true => {
                    format!(
                        ", \"{field}_avg\", \"{field}_min\", \"{field}_max\", \"{field}_count\""
                    )
                }
                false => format!(", \"{field}\""),
            };
        }
        let table = match piece.hourly {
            true => &self.tables.hourly,
            false => &self.tables.raw,
        };
        let sql = format!(
            "SELECT {columns} FROM \"{table}\" WHERE server = {} AND {} ORDER BY ts",
            self.number,
            within(piece.span)
        );
        self.store.read(RANGE, &sql).await
    }

    fn add(&self, sampler: &mut Sampler, answer: &Answer, hourly: bool) -> Result<(), SeriesError> {
        let mut current: Option<UnixMs> = None;
        for row in answer.rows(RANGE)? {
            let Some(at) = cell(&row, 0).whole().map(from_micros) else {
                continue;
            };
            if current != Some(at) {
                sampler.start_row(at);
                current = Some(at);
            }
            let subject = cell(&row, 1).text();
            let values = (0..self.fields.len()).map(|nth| match hourly {
                true => hour(&row, 2 + 4 * nth),
                false => cell(&row, 2 + nth).float().map(Summary::of),
            });
            sampler.add(subject.as_deref(), values)?;
        }
        Ok(())
    }
}

/// What an hourly row says about a field; its four columns begin at `first`.
fn hour(row: &[Cell<'_>], first: usize) -> Option<Summary> {
    let value = |i| cell(row, first + i).float();
    let count = cell(row, first + 3).whole()?;
    let count = u64::try_from(count).ok().filter(|count| *count > 0)?;
    Some(Summary::of_mean(value(0)?, value(1)?, value(2)?, count))
}

//! The open store: statements, writers, and what all calls must know first.
//!
//! [`Store::prepare`] begins every call. It makes or checks the tables once a connection, and reads at most every
//! 10 s what other nodes may have changed: what was dropped, which servers were forgotten, and whether the server was
//! started again.

use super::encode::state_lines;
use super::options::QuestDbOptions;
use super::positions::Positions;
use super::rest::{Answer, Rest, cell, unavailable};
use super::sql::{list, quoted};
use super::state::State;
use super::tables::{Table, Tables};
use super::writer::{Fill, Writers};
use crate::series::SeriesError;
use futures::future::join_all;
use noc_pipeline::clock::Stopwatch;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;

/// The operation in whose course tables may be refused.
pub const OPEN: &str = "open";

/// How old may be what is known of other nodes' doings.
const KNOWN_FOR: Duration = Duration::from_secs(10);

/// First and longest pause before asking again whether rows are readable.
const ASK_AGAIN: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(50));

/// The open store.
#[derive(Debug)]
pub struct Store {
    pub options: QuestDbOptions,
    pub tables: Tables,
    pub positions: Mutex<Positions>,
    /// Held by whoever makes hourly rows.
    pub rolling: tokio::sync::Mutex<()>,
    rest: Rest,
    writers: Writers,
    known: Mutex<Option<Known>>,
    /// Held while `known` is made.
    preparing: tokio::sync::Mutex<Option<Server>>,
}

#[derive(Debug, Clone)]
struct Known {
    state: Arc<State>,
    since: Stopwatch,
    /// How old a note must be to be stored.
    settle: Duration,
}

/// What tells one run of a server from the next.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Server {
    started: String,
    syncs: bool,
}

impl Store {
    pub fn new(options: QuestDbOptions) -> Result<Self, SeriesError> {
        options.check()?;
        let tables = Tables::new(&options.table_prefix);
        let written = tables.kinds.iter().map(|kind| kind.raw.as_str());
        let written = written.chain(tables.events.iter().map(|(_, name)| name.as_str()));
        let written = written.chain(
            [&tables.reports, &tables.late, &tables.rolled, &tables.state].map(String::as_str),
        );
        Ok(Self {
            rest: Rest::new(&options)?,
            writers: Writers::start(&options, written)?,
            positions: Mutex::default(),
            rolling: tokio::sync::Mutex::default(),
            known: Mutex::default(),
            preparing: tokio::sync::Mutex::default(),
            tables,
            options,
        })
    }

    /// What must be known before anything is read or written.
    pub async fn prepare(&self, operation: &'static str) -> Result<Arc<State>, SeriesError> {
        Ok(self.prepared(operation, KNOWN_FOR).await?.state)
    }

    /// As [`Store::prepare`], with what the server says now.
    pub async fn prepare_anew(&self, operation: &'static str) -> Result<Arc<State>, SeriesError> {
        Ok(self.prepared(operation, Duration::ZERO).await?.state)
    }

    /// How old a note of a position must be to be stored.
    pub async fn settle(&self, operation: &'static str) -> Result<Duration, SeriesError> {
        Ok(self.prepared(operation, KNOWN_FOR).await?.settle)
    }

    async fn prepared(
        &self,
        operation: &'static str,
        max_age: Duration,
    ) -> Result<Known, SeriesError> {
        let fresh = || {
            let known = self.known.lock().clone();
            known.filter(|known| known.since.elapsed() < max_age)
        };
        if let Some(known) = fresh() {
            return Ok(known);
        }
        let mut last = self.preparing.lock().await;
        if let Some(known) = fresh() {
            return Ok(known);
        }
        let since = Stopwatch::start();
        let server = self.server(operation).await?;
        if self.known.lock().is_none() || last.as_ref() != Some(&server) {
            self.check_tables(operation).await?;
        }
        if last.as_ref().is_some_and(|last| *last != server) && !server.syncs {
            tracing::warn!("questdb was started again: what it accepted last is read again");
            self.positions.lock().forget_all();
        }
        let settle = self.options.settle.unwrap_or(if server.syncs {
            Duration::from_secs(1)
        } else {
            Duration::from_secs(60)
        });
        let known = Known {
            state: Arc::new(self.read_state(operation).await?),
            since,
            settle,
        };
        *last = Some(server);
        *self.known.lock() = Some(known.clone());
        Ok(known)
    }

    async fn server(&self, operation: &'static str) -> Result<Server, SeriesError> {
        let sql = "SELECT pg_postmaster_start_time(), value FROM (SHOW PARAMETERS) \
            WHERE property_path = 'cairo.commit.mode'";
        let answer = self.read(operation, sql).await?;
        let rows = answer.rows(operation)?;
        let text = |i| {
            let row = rows.first().map_or(&[][..], Vec::as_slice);
            cell(row, i).text().unwrap_or_default()
        };
        Ok(Server {
            started: text(0),
            syncs: text(1) == "sync",
        })
    }

    /// Makes what tables and columns are not there, and refuses those that are not as they must be. Later than at
    /// the start that is the server's fault, and not that of the rows being written.
    async fn check_tables(&self, operation: &'static str) -> Result<(), SeriesError> {
        let tables = self.tables.all();
        let checks = tables
            .iter()
            .map(|table| self.check_table(operation, table));
        // All are awaited: a statement given up half-way runs on in the server, and would make a table later.
        for checked in join_all(checks).await {
            match checked {
                Err(error @ SeriesError::Refused { .. }) if operation != OPEN => {
                    return Err(unavailable(operation, &error));
                }
                checked => checked?,
            }
        }
        Ok(())
    }

    async fn check_table(&self, operation: &'static str, table: &Table) -> Result<(), SeriesError> {
        let limit = self.options.job_timeout;
        let run = async |sql: &str| self.rest.exec(operation, limit, sql).await;
        run(&table.create()).await?;
        let sql = format!(
            "SELECT \"column\", type, upsertKey FROM table_columns({})",
            quoted(&table.name)
        );
        let answer = run(&sql).await?;
        let found: Vec<_> = answer
            .rows(operation)?
            .iter()
            .map(|row| {
                let text = |i| cell(row, i).text().unwrap_or_default();
                (text(0), text(1), cell(row, 2).yes())
            })
            .collect();
        let missing = table.missing(&found)?;
        for statement in &missing {
            tracing::info!(table = table.name, "questdb table gets a new column");
            run(statement).await?;
        }
        if missing.is_empty() {
            return Ok(());
        }
        // Columns come about in the order of rows, and statements know them only then.
        self.applied(operation, &[&table.name]).await
    }

    /// After a failure to write, tables are looked at again before the next call.
    fn doubt(&self) {
        *self.known.lock() = None;
    }

    /// Runs a query of a reader.
    pub async fn read(&self, operation: &'static str, sql: &str) -> Result<Answer, SeriesError> {
        let limit = self.options.query_timeout;
        self.rest.exec(operation, limit, sql).await
    }

    /// Runs a statement of a job.
    pub async fn job(&self, operation: &'static str, sql: &str) -> Result<Answer, SeriesError> {
        let limit = self.options.job_timeout;
        self.rest.exec(operation, limit, sql).await
    }

    /// Has rows of a table accepted.
    pub async fn put(
        &self,
        operation: &'static str,
        table: &str,
        fill: Fill,
    ) -> Result<(), SeriesError> {
        let put = self.writers.put(operation, table, fill).await;
        if put.is_err() {
            self.doubt();
        }
        put
    }

    /// Stores names and values, readable once it returns.
    pub async fn set(
        &self,
        operation: &'static str,
        values: Vec<(String, String)>,
    ) -> Result<(), SeriesError> {
        let lines = state_lines(&self.tables.state, values);
        self.put(operation, &self.tables.state, lines).await?;
        self.applied(operation, &[&self.tables.state]).await?;
        self.prepare_anew(operation).await?;
        Ok(())
    }

    /// Waits until all that these tables have accepted so far is readable.
    pub async fn applied(
        &self,
        operation: &'static str,
        tables: &[&str],
    ) -> Result<(), SeriesError> {
        if tables.is_empty() {
            return Ok(());
        }
        let sql = format!(
            "SELECT name, suspended, writerTxn, sequencerTxn FROM wal_tables() WHERE name IN ({})",
            list(tables.iter().map(|table| quoted(table)))
        );
        let since = Stopwatch::start();
        let mut wanted: Option<Vec<(String, i64)>> = None;
        let mut pause = ASK_AGAIN.0;
        loop {
            let answer = self.read(operation, &sql).await?;
            let mut seen = Vec::new();
            for row in answer.rows(operation)? {
                let name = cell(&row, 0).text().unwrap_or_default();
                if cell(&row, 1).yes() {
                    return Err(unavailable(
                        operation,
                        &format!(
                            "table {name} is suspended: see wal_tables() and the server's log"
                        ),
                    ));
                }
                let txn = |i| cell(&row, i).whole().unwrap_or(0);
                seen.push((name, txn(2), txn(3)));
            }
            let accepted = || {
                seen.iter()
                    .map(|(name, _, accepted)| (name.clone(), *accepted))
            };
            let wanted = wanted.get_or_insert_with(|| accepted().collect());
            let done = wanted.iter().all(|(name, accepted)| {
                let mut applied = seen.iter();
                applied.any(|(seen, applied, _)| seen == name && applied >= accepted)
            });
            if done && wanted.len() == tables.len() {
                return Ok(());
            }
            if since.elapsed() > self.options.apply_timeout {
                return Err(unavailable(
                    operation,
                    &format!(
                        "rows are accepted, but not readable after {:?}",
                        since.elapsed()
                    ),
                ));
            }
            noc_pipeline::clock::sleep(pause).await;
            pause = pause.saturating_mul(2).min(ASK_AGAIN.1);
        }
    }

    async fn read_state(&self, operation: &'static str) -> Result<State, SeriesError> {
        let sql = format!(
            "SELECT name, value FROM \"{}\" WHERE NOT name LIKE 'position/%'",
            self.tables.state
        );
        let answer = self.read(operation, &sql).await?;
        let rows = answer.rows(operation)?;
        let values = rows
            .iter()
            .filter_map(|row| Some((cell(row, 0).text()?, cell(row, 1).text()?)));
        Ok(State::of(values))
    }
}

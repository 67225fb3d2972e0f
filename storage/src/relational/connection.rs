//! A connection pool on which no statement waits for ever.

use super::error::{is_refused, is_unreachable};
use noc_pipeline::clock::{self, Stopwatch};
use rand::RngExt;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult,
    QueryResult, RuntimeErr, Statement, TransactionOptions, TransactionTrait,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long somebody whom no pool has a connection for comes again.
const BUSY: Duration = Duration::from_secs(1);
/// After at most this, so that those who were turned away together do not meet again.
const COME_AGAIN: Duration = Duration::from_millis(50);

/// A pool whose every statement, waiting for a free connection included, ends within a limit.
///
/// A server that hangs with its sockets open answers nothing at all, so the limit is kept here and not by the server.
///
/// A pool keeps what it has. On a server with hardly a connection left one of ours may have several and the other
/// none, for as long as the shortage lasts: incidents would be stored and nobody told. So who is turned away uses
/// the other one meanwhile.
#[derive(Debug, Clone)]
pub struct Connection {
    pool: DatabaseConnection,
    spare: Option<Spare>,
    limit: Duration,
}

/// Another pool that answers the same, and which failures of the first one it is for.
#[derive(Debug, Clone)]
struct Spare {
    pool: DatabaseConnection,
    after: fn(&DbErr) -> bool,
    /// Whether the first pool is not to be tried before somebody found that it answers again; `None`: it always is.
    alone: Option<Arc<AtomicBool>>,
}

impl Spare {
    /// Whether a failure of the first pool is one for this.
    fn helps(&self, error: &DbErr) -> bool {
        let helps = (self.after)(error);
        if helps && let Some(alone) = &self.alone {
            alone.store(true, Ordering::Relaxed);
        }
        helps
    }

    fn is_alone(&self) -> bool {
        let alone = self.alone.as_ref();
        alone.is_some_and(|alone| alone.load(Ordering::Relaxed))
    }
}

impl Connection {
    pub(super) const fn new(pool: DatabaseConnection, limit: Duration) -> Self {
        Self {
            pool,
            spare: None,
            limit,
        }
    }

    /// Two pools on one server, each of which helps the other out.
    pub(super) fn pair(
        one: DatabaseConnection,
        other: DatabaseConnection,
        limit: Duration,
    ) -> (Self, Self) {
        let with = |pool: &DatabaseConnection, spare: &DatabaseConnection| Self {
            pool: pool.clone(),
            spare: Some(Spare {
                pool: spare.clone(),
                after: is_refused,
                alone: None,
            }),
            limit,
        };
        (with(&one, &other), with(&other, &one))
    }

    /// For reading alone: what this one cannot be asked, `primary` is, and then everything until
    /// [`Connection::answers_again`].
    pub(super) fn backed_by(mut self, primary: &Self) -> Self {
        self.spare = Some(Spare {
            pool: primary.pool.clone(),
            after: |error| is_refused(error) || is_unreachable(error),
            alone: Some(Arc::default()),
        });
        self
    }

    /// The one that is backed by another was found to answer.
    pub(super) fn answers_again(&self) {
        if let Some(alone) = self.spare.as_ref().and_then(|spare| spare.alone.as_ref()) {
            alone.store(false, Ordering::Relaxed);
        }
    }

    /// Whether it answered nothing lately, and the one behind it is asked in its place.
    pub(super) fn is_replaced(&self) -> bool {
        self.spare.as_ref().is_some_and(Spare::is_alone)
    }

    /// The bare pool: for migrations, which have limits of their own.
    #[cfg(any(test, feature = "contract"))]
    pub(super) const fn pool(&self) -> &DatabaseConnection {
        &self.pool
    }

    /// Begins a transaction; how long that and the rest of it may take is its caller's to limit.
    pub(super) async fn begin(
        &self,
        options: TransactionOptions,
    ) -> Result<DatabaseTransaction, DbErr> {
        self.ask(|pool| pool.begin_with_options(options)).await
    }

    /// Runs a statement here, or where there is a connection.
    async fn run<'c, T, F>(
        &'c self,
        statement: Statement,
        call: impl Fn(&'c DatabaseConnection, Statement) -> F,
    ) -> Result<T, DbErr>
    where
        F: Future<Output = Result<T, DbErr>>,
    {
        if self.spare.is_none() {
            return self.within(call(&self.pool, statement)).await;
        }
        self.within(self.ask(|pool| call(pool, statement.clone())))
            .await
    }

    /// Asks this pool, or the spare one in its place.
    ///
    /// A pool that is not full makes a connection rather than wait for one of its own that is busy, and a server without
    /// a place left refuses it. What is busy is free in a moment: so who is refused by both comes again for up to
    /// [`BUSY`].
    async fn ask<'c, T, F>(&'c self, call: impl Fn(&'c DatabaseConnection) -> F) -> Result<T, DbErr>
    where
        F: Future<Output = Result<T, DbErr>>,
    {
        let Some(spare) = &self.spare else {
            return call(&self.pool).await;
        };
        let watch = Stopwatch::start();
        loop {
            if !spare.is_alone() {
                match call(&self.pool).await {
                    Err(error) if spare.helps(&error) => {}
                    answer => return answer,
                }
            }
            match call(&spare.pool).await {
                Err(error) if is_refused(&error) && watch.elapsed() < BUSY => {
                    clock::sleep(a_moment()).await;
                }
                answer => return answer,
            }
        }
    }

    async fn within<T>(&self, call: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
        match tokio::time::timeout(self.limit, call).await {
            Ok(answer) => answer,
            Err(_) => Err(DbErr::Conn(RuntimeErr::Internal(format!(
                "no answer within {} ms",
                self.limit.as_millis()
            )))),
        }
    }
}

/// Some time up to [`COME_AGAIN`].
fn a_moment() -> Duration {
    COME_AGAIN.mul_f64(rand::rng().random())
}

#[async_trait::async_trait]
impl ConnectionTrait for Connection {
    fn get_database_backend(&self) -> DbBackend {
        self.pool.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.run(statement, |pool, statement| pool.execute_raw(statement))
            .await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let answer = self.ask(|pool| pool.execute_unprepared(sql));
        self.within(answer).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.run(statement, |pool, statement| pool.query_one_raw(statement))
            .await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.run(statement, |pool, statement| pool.query_all_raw(statement))
            .await
    }
}

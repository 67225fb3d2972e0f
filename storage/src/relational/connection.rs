//! A connection pool on which no statement waits for ever.

use super::error::is_refused;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult,
    QueryResult, RuntimeErr, Statement, TransactionOptions, TransactionTrait,
};
use std::time::Duration;

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
    /// Another pool on the same server.
    spare: Option<DatabaseConnection>,
    limit: Duration,
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
            spare: Some(spare.clone()),
            limit,
        };
        (with(&one, &other), with(&other, &one))
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
        let begun = self.pool.begin_with_options(options).await;
        match (begun, &self.spare) {
            (Err(error), Some(spare)) if is_refused(&error) => {
                spare.begin_with_options(options).await
            }
            (begun, _) => begun,
        }
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
        let Some(spare) = &self.spare else {
            return self.within(call(&self.pool, statement)).await;
        };
        self.within(async {
            match call(&self.pool, statement.clone()).await {
                Err(error) if is_refused(&error) => call(spare, statement).await,
                answer => answer,
            }
        })
        .await
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
        let answer = async {
            match (self.pool.execute_unprepared(sql).await, &self.spare) {
                (Err(error), Some(spare)) if is_refused(&error) => {
                    spare.execute_unprepared(sql).await
                }
                (answer, _) => answer,
            }
        };
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

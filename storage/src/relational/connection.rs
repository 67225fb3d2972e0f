//! A connection pool on which no statement waits for ever.

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr,
    Statement,
};
use std::time::Duration;

/// A pool whose every statement, waiting for a free connection included, ends within a limit.
///
/// A server that hangs with its sockets open answers nothing at all, so the limit is kept here and not by the server.
#[derive(Debug, Clone)]
pub struct Connection {
    pool: DatabaseConnection,
    limit: Duration,
}

impl Connection {
    pub(super) const fn new(pool: DatabaseConnection, limit: Duration) -> Self {
        Self { pool, limit }
    }

    /// The bare pool: for migrations and transactions, which have limits of their own.
    pub(super) const fn pool(&self) -> &DatabaseConnection {
        &self.pool
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
        self.within(self.pool.execute_raw(statement)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.within(self.pool.execute_unprepared(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.within(self.pool.query_one_raw(statement)).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.within(self.pool.query_all_raw(statement)).await
    }
}

//! The handle everybody holds: reads, single writes, transactions.

use super::connection::Connection;
use super::error::{StoreError, struck_a_lock};
use super::replica::Replica;
use super::security_log::SecurityLog;
use crate::secrets::SecretKey;
use futures::future::BoxFuture;
use noc_pipeline::clock;
use rand::RngExt;
use sea_orm::{DatabaseTransaction, SqliteTransactionMode, TransactionOptions};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// How often a transaction is run again after it met somebody else's lock.
const LOCK_RETRIES: u32 = 8;
/// Before the first repetition at most this long, doubled each time.
const FIRST_BACK_OFF: Duration = Duration::from_millis(4);

/// How to open a database.
#[derive(Debug, Clone)]
pub struct DbOptions {
    /// Seals the security log: `COREPANEL_LOG_CHAIN_KEY`, or the field key in its place.
    pub chain_key: SecretKey,
    /// Connections for reading.
    pub read_connections: u32,
    /// Connections for writing; SQLite always has one.
    pub write_connections: u32,
    /// A single statement, waiting for a connection included, fails after this long.
    pub statement_limit: Duration,
    /// A transaction, repetitions included, fails after this long.
    pub transaction_limit: Duration,
}

impl DbOptions {
    /// Four readers, eight writers, 10 s a statement, 20 s a transaction.
    #[must_use]
    pub const fn new(chain_key: SecretKey) -> Self {
        Self {
            chain_key,
            read_connections: 4,
            write_connections: 8,
            statement_limit: Duration::from_secs(10),
            transaction_limit: Duration::from_secs(20),
        }
    }
}

/// The relational store's connections: writes go through one pool (on SQLite: one connection), reads through another.
///
/// Cheap to clone. A read sees what was committed before it began, on both databases.
#[derive(Debug, Clone)]
pub struct Db {
    write: Connection,
    read: Connection,
    replica: Option<Arc<Replica>>,
    transaction_limit: Duration,
    security: SecurityLog,
    /// Where a temporary database is, removed with the last handle.
    #[cfg(any(test, feature = "contract"))]
    temporary: Option<Arc<super::temporary::Place>>,
}

impl Db {
    pub(super) fn new(write: Connection, read: Connection, options: &DbOptions) -> Self {
        Self {
            write,
            read,
            replica: None,
            transaction_limit: options.transaction_limit,
            security: SecurityLog::new(&options.chain_key),
            #[cfg(any(test, feature = "contract"))]
            temporary: None,
        }
    }

    pub(super) fn with_replica(mut self, replica: Replica) -> Self {
        self.replica = Some(Arc::new(replica));
        self
    }

    /// Ties `place` to the life of this handle and its clones.
    #[cfg(any(test, feature = "contract"))]
    pub(super) fn keeping(mut self, place: super::temporary::Place) -> Self {
        self.temporary = Some(Arc::new(place));
        self
    }

    /// For plain reads.
    #[must_use]
    pub const fn read(&self) -> &Connection {
        &self.read
    }

    /// For reports and lists that may be some seconds late, and never for what the caller has just written: the read
    /// replica where there is one that keeps up, otherwise as [`Db::read`].
    pub async fn reports(&self) -> &Connection {
        match &self.replica {
            Some(replica) if replica.keeps_up(&self.read).await => replica.connection(),
            _ => &self.read,
        }
    }

    /// For single-statement writes; anything longer is a [`Db::transaction`].
    ///
    /// Not inside a transaction's body: on SQLite it would wait for the one connection that the body itself holds.
    #[must_use]
    pub const fn write(&self) -> &Connection {
        &self.write
    }

    /// The security log of this database.
    #[must_use]
    pub const fn security(&self) -> &SecurityLog {
        &self.security
    }

    /// Runs `body` in one write transaction (SQLite: `BEGIN IMMEDIATE`), and commits it if `body` succeeds.
    ///
    /// `body` may run more than once: deadlocks and lock waits, wherever they stand in an error's chain of sources,
    /// repeat the whole transaction after a short random pause.
    ///
    /// # Errors
    /// What `body` answers, or what went wrong with the transaction; then nothing of it is stored.
    /// [`StoreError::Timeout`] alone leaves open whether a commit that was under way went through.
    pub async fn transaction<T, E, F>(&self, operation: &'static str, body: F) -> Result<T, E>
    where
        T: Send,
        E: From<StoreError> + Error + Send + 'static,
        F: for<'t> Fn(&'t DatabaseTransaction) -> BoxFuture<'t, Result<T, E>> + Send + Sync,
    {
        let whole = async {
            let mut attempt = 0;
            loop {
                match self.attempt(operation, &body).await {
                    Err(error) if attempt < LOCK_RETRIES && struck_a_lock(&error) => {
                        tracing::debug!(operation, attempt, "transaction met a lock, runs again");
                        clock::sleep(back_off(attempt)).await;
                        attempt += 1;
                    }
                    outcome => return outcome,
                }
            }
        };
        match tokio::time::timeout(self.transaction_limit, whole).await {
            Ok(outcome) => outcome,
            Err(_) => Err(StoreError::Timeout {
                operation,
                limit_ms: u64::try_from(self.transaction_limit.as_millis()).unwrap_or(u64::MAX),
            }
            .into()),
        }
    }

    async fn attempt<T, E, F>(&self, operation: &'static str, body: &F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: for<'t> Fn(&'t DatabaseTransaction) -> BoxFuture<'t, Result<T, E>>,
    {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let tx = self
            .write
            .begin(options)
            .await
            .map_err(StoreError::during(operation))?;
        match body(&tx).await {
            Ok(out) => {
                tx.commit().await.map_err(StoreError::during(operation))?;
                Ok(out)
            }
            Err(error) => {
                if let Err(rollback) = tx.rollback().await {
                    // The connection is lost with its transaction; the error that led here says more.
                    tracing::debug!(operation, error = %rollback, "rollback failed");
                }
                Err(error)
            }
        }
    }
}

/// Full jitter: anything from nothing to the doubled limit, so that those who collided do not meet again.
fn back_off(attempt: u32) -> Duration {
    let limit = FIRST_BACK_OFF.saturating_mul(1 << attempt.min(7));
    limit.mul_f64(rand::rng().random::<f64>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relational::contract::T0;
    use crate::relational::nodes::{self, NodeFacts};
    use crate::relational::temporary_chain_key;
    use noc_pipeline::id::NodeId;
    use sea_orm::ConnectionTrait;
    use uuid::Uuid;

    /// One writer, so that whoever holds it holds everybody up.
    fn short(limit: Duration) -> DbOptions {
        DbOptions {
            write_connections: 1,
            statement_limit: limit,
            transaction_limit: limit,
            ..DbOptions::new(temporary_chain_key())
        }
    }

    async fn nodes_seen(db: &Db) -> usize {
        nodes::alive_since(db.read(), T0).await.unwrap().len()
    }

    #[tokio::test]
    async fn a_transaction_that_hangs_is_given_up_and_undone() {
        let options = short(Duration::from_millis(200));
        let db = Db::open_temporary_with(options).await.unwrap();
        let (started, running) = tokio::sync::watch::channel(false);
        let hang = db.transaction("hang", |tx| {
            let started = started.clone();
            Box::pin(async move {
                nodes::started(tx, NodeId(Uuid::nil()), &NodeFacts::default(), T0).await?;
                started.send_replace(true);
                std::future::pending::<Result<(), StoreError>>().await
            })
        });
        let meanwhile = async {
            let mut running = running.clone();
            running.wait_for(|started| *started).await.unwrap();
            db.write().execute_unprepared("SELECT 1").await
        };
        let (hung, waited) = tokio::join!(hang, meanwhile);
        assert!(
            matches!(
                hung,
                Err(StoreError::Timeout {
                    operation: "hang",
                    limit_ms: 200
                })
            ),
            "{hung:?}"
        );
        // The statement had to wait for the one writer: it may just have got it, or given up, but it came back.
        if let Err(error) = waited {
            let error = StoreError::during("wait")(error);
            assert!(error.is_retryable(), "{error:?}");
        }
        nodes::started(db.write(), NodeId(Uuid::max()), &NodeFacts::default(), T0)
            .await
            .unwrap();
        assert_eq!(nodes_seen(&db).await, 1, "what hung left nothing");
    }

    #[tokio::test]
    async fn a_statement_never_waits_longer_than_its_limit() {
        let options = DbOptions {
            transaction_limit: Duration::from_secs(60),
            ..short(Duration::from_millis(100))
        };
        let db = Db::open_temporary_with(options).await.unwrap();
        let (done, release) = tokio::sync::watch::channel(false);
        let hold = db.transaction("hold the writer", |tx| {
            let mut release = release.clone();
            Box::pin(async move {
                nodes::started(tx, NodeId(Uuid::nil()), &NodeFacts::default(), T0).await?;
                let released = release.wait_for(|done| *done).await;
                released
                    .map(|_| ())
                    .map_err(|_| StoreError::not_found("release", ""))
            })
        });
        let meanwhile = async {
            let refused = nodes::seen(db.write(), NodeId(Uuid::nil()), T0).await;
            assert!(refused.is_err_and(|error| error.is_retryable()));
            assert_eq!(
                nodes_seen(&db).await,
                0,
                "readers go on and see nothing yet"
            );
            done.send_replace(true);
        };
        let (held, ()) = tokio::join!(hold, meanwhile);
        held.unwrap();
        assert_eq!(nodes_seen(&db).await, 1);
    }

    #[test]
    fn back_off_grows_and_is_bounded() {
        for attempt in 0..40 {
            let limit = FIRST_BACK_OFF * (1 << attempt.min(7));
            assert!((0..50).all(|_| back_off(attempt) <= limit));
        }
    }
}

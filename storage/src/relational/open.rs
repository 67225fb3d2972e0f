//! Opening: SQLite in a file of ours, or a MariaDB server.
//!
//! Pools are opened with sqlx and then wrapped, because only its own options reach every pragma and session setting.

use super::connection::Connection;
use super::db::{Db, DbOptions};
use super::error::StoreError;
use super::migration::Migrator;
use super::replica::{LOOK_LIMIT, Replica};
use sea_orm::{DbErr, RuntimeErr, SqlxMySqlConnector, SqlxSqliteConnector};
use sea_orm_migration::MigratorTrait;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection as _, Executor};
use std::str::FromStr;
use std::time::Duration;

/// How long SQLite waits for another process (`noc` on the command line) to finish writing.
const SQLITE_BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a second node waits for the first one's migrations.
const MIGRATION_LOCK_S: u32 = 120;
/// Prepared statements that a connection keeps at least, and at most: a node has some 300.
const FEW_STATEMENTS: usize = 100;
const MANY_STATEMENTS: usize = 500;
/// How long one connection may take to come about.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// What each MariaDB session is told: the isolation the queries are written for, refusals instead of cut values, and an
/// end to transactions that nobody goes on with. A node that is frozen in one would hold its partition's row for as long
/// as its sockets live, and keep the others from claiming it; 10 s are less than a lease.
const MARIADB_SESSION: &str = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; \
     SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES'), innodb_lock_wait_timeout = 5, \
     idle_transaction_timeout = 10";

impl Db {
    /// Opens `sqlite://path` (created if missing; its folder must exist) or `mysql://user:password@host/database`
    /// and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] for an address of another kind or a server that is not MariaDB 10.6 or newer;
    /// [`StoreError::Query`] when connecting or migrating fails.
    pub async fn open(url: &str, options: DbOptions) -> Result<Self, StoreError> {
        if url.starts_with("sqlite:") {
            sqlite(url, &options).await
        } else if url.starts_with("mysql:") || url.starts_with("mariadb:") {
            mariadb(url, &options).await
        } else {
            let scheme = url.split(':').next().unwrap_or_default();
            Err(StoreError::Unusable {
                reason: format!("its address begins with {scheme}:, not with sqlite: or mysql:"),
            })
        }
    }
}

impl Db {
    /// Reads reports from this replica of the same database from now on, while it is there and keeps up. It need not
    /// be there now.
    ///
    /// # Errors
    /// [`StoreError::Query`] for an address that is none.
    pub fn reading_from(self, url: &str, options: &DbOptions) -> Result<Self, StoreError> {
        // Who gets no connection to it soon is better served by the primary.
        let pool = mariadb_pool(options, options.read_connections)
            .acquire_timeout(options.statement_limit.min(LOOK_LIMIT))
            .connect_lazy_with(mariadb_options(url, "read the replica's address")?);
        let pool = SqlxMySqlConnector::from_sqlx_mysql_pool(pool);
        let alone = Connection::new(pool, options.statement_limit);
        let replica = Replica::new(alone, self.read());
        Ok(self.with_replica(replica))
    }
}

/// What a MariaDB server is and does, as far as it matters to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseFacts {
    /// As it names itself.
    pub version: String,
    /// Whether a commit is on disk when it returns: `innodb_flush_log_at_trx_commit`.
    pub flush_log_at_trx_commit: i64,
    /// Connections that it allows in all.
    pub max_connections: i64,
    /// Prepared statements that it keeps in all.
    pub max_prepared_statements: i64,
    /// Whether it refuses writes, as replicas do.
    pub read_only: bool,
}

impl DatabaseFacts {
    /// Connects to `url` once, asks, and changes nothing.
    ///
    /// # Errors
    /// As [`Db::open`].
    pub async fn ask(url: &str) -> Result<Self, StoreError> {
        let mut connection = connect(&mariadb_options(url, "read the mariadb address")?).await?;
        let facts = Self::of(&mut connection).await?;
        connection
            .close()
            .await
            .map_err(opening("leave the server"))?;
        Ok(facts)
    }

    async fn of(connection: &mut MySqlConnection) -> Result<Self, StoreError> {
        let version = require_version(connection).await?;
        let sql = "SELECT CAST(@@innodb_flush_log_at_trx_commit AS SIGNED), \
             CAST(@@max_connections AS SIGNED), CAST(@@max_prepared_stmt_count AS SIGNED), \
             CAST(@@read_only AS SIGNED)";
        let (flush_log_at_trx_commit, max_connections, max_prepared_statements, read_only): (
            i64,
            i64,
            i64,
            i64,
        ) = sqlx::query_as(sql)
            .fetch_one(connection)
            .await
            .map_err(opening("ask for the server's settings"))?;
        Ok(Self {
            version,
            flush_log_at_trx_commit,
            max_connections,
            max_prepared_statements,
            read_only: read_only != 0,
        })
    }

    /// How many prepared statements each connection may keep: with all of the server's connections doing so it still has
    /// room. A statement that is not kept is prepared again, and the one that it displaces is closed: on MariaDB some 40 ms
    /// each time, for the client sends twice before the server answers.
    fn statements_kept(&self) -> usize {
        let each = self.max_prepared_statements / self.max_connections.max(1);
        usize::try_from(each)
            .unwrap_or(0)
            .clamp(FEW_STATEMENTS, MANY_STATEMENTS)
    }

    /// What may cost data or comes close to it, in words; `connections` is how many one node opens.
    #[must_use]
    pub fn warnings(&self, connections: u32) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.flush_log_at_trx_commit != 1 {
            warnings.push(format!(
                "innodb_flush_log_at_trx_commit is {}: commits of the last second can be lost; set it to 1",
                self.flush_log_at_trx_commit
            ));
        }
        if i64::from(connections) > self.max_connections {
            warnings.push(format!(
                "max_connections is {}, one node may open {connections}",
                self.max_connections
            ));
        }
        let kept = self.statements_kept();
        if kept < MANY_STATEMENTS {
            let wanted = self.max_connections.saturating_mul(MANY_STATEMENTS as i64);
            warnings.push(format!(
                "max_prepared_stmt_count is {}, so each connection keeps {kept} statements and prepares others again and \
                 again; set it to {wanted}, {MANY_STATEMENTS} for each of max_connections",
                self.max_prepared_statements
            ));
        }
        warnings
    }
}

fn mariadb_options(url: &str, operation: &'static str) -> Result<MySqlConnectOptions, StoreError> {
    Ok(MySqlConnectOptions::from_str(url)
        .map_err(opening(operation))?
        .charset("utf8mb4")
        .collation("utf8mb4_bin")
        .timezone(Some("+00:00".to_owned()))
        .disable_statement_logging())
}

fn mariadb_pool(options: &DbOptions, connections: u32) -> MySqlPoolOptions {
    MySqlPoolOptions::new()
        .max_connections(connections.max(1))
        .acquire_timeout(options.statement_limit)
        .after_connect(|connection, _| {
            Box::pin(async move { connection.execute(MARIADB_SESSION).await.map(|_| ()) })
        })
}

/// One connection, within 10 s whatever the server does.
async fn connect(options: &MySqlConnectOptions) -> Result<MySqlConnection, StoreError> {
    let connected = tokio::time::timeout(CONNECT_LIMIT, options.connect()).await;
    match connected {
        Ok(connected) => connected.map_err(opening("connect to mariadb")),
        Err(_) => Err(StoreError::Timeout {
            operation: "connect to mariadb",
            limit_ms: u64::try_from(CONNECT_LIMIT.as_millis()).unwrap_or(u64::MAX),
        }),
    }
}

async fn sqlite(url: &str, options: &DbOptions) -> Result<Db, StoreError> {
    let base = SqliteConnectOptions::from_str(url)
        .map_err(opening("read the sqlite address"))?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(SQLITE_BUSY_TIMEOUT)
        .disable_statement_logging();
    // Connections of a local file never go stale, and closing the last one would fold the WAL again and again.
    let pool = || {
        SqlitePoolOptions::new()
            .acquire_timeout(options.statement_limit)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
    };
    let writer = pool()
        .max_connections(1)
        .connect_with(base.clone())
        .await
        .map_err(opening("open the sqlite database"))?;
    let writer = SqlxSqliteConnector::from_sqlx_sqlite_pool(writer);
    Migrator::up(&writer, None)
        .await
        .map_err(StoreError::during("migrate the sqlite database"))?;
    let readers = pool()
        .max_connections(options.read_connections.max(1))
        .connect_with(base.pragma("query_only", "ON"))
        .await
        .map_err(opening("open the sqlite database for reading"))?;
    let readers = SqlxSqliteConnector::from_sqlx_sqlite_pool(readers);
    Ok(Db::new(
        Connection::new(writer, options.statement_limit),
        Connection::new(readers, options.statement_limit),
        options,
    ))
}

async fn mariadb(url: &str, options: &DbOptions) -> Result<Db, StoreError> {
    let base = mariadb_options(url, "read the mariadb address")?;
    let pool = |connections| mariadb_pool(options, connections);
    let mut guard = connect(&base).await?;
    let facts = DatabaseFacts::of(&mut guard).await?;
    let base = base.statement_cache_capacity(facts.statements_kept());
    let writer = pool(options.write_connections)
        .connect_with(base.clone())
        .await
        .map_err(opening("connect to mariadb"))?;
    let writer = SqlxMySqlConnector::from_sqlx_mysql_pool(writer);
    lock_migrations(&mut guard).await?;
    let migrated = Migrator::up(&writer, None)
        .await
        .map_err(StoreError::during("migrate the mariadb database"));
    // Closing the session frees its named lock, also when migrating failed.
    guard
        .close()
        .await
        .map_err(opening("free the migration lock"))?;
    migrated?;
    let readers = pool(options.read_connections)
        .connect_with(base)
        .await
        .map_err(opening("connect to mariadb for reading"))?;
    let readers = SqlxMySqlConnector::from_sqlx_mysql_pool(readers);
    let (write, read) = Connection::pair(writer, readers, options.statement_limit);
    Ok(Db::new(write, read, options))
}

/// `SKIP LOCKED` and the rest of what is used came with MariaDB 10.6.
async fn require_version(connection: &mut MySqlConnection) -> Result<String, StoreError> {
    let version: String = sqlx::query_scalar("SELECT VERSION()")
        .fetch_one(connection)
        .await
        .map_err(opening("ask for the server's version"))?;
    let mut numbers = version
        .split(['.', '-'])
        .map_while(|n| n.parse::<u32>().ok());
    let number = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if version.contains("MariaDB") && number >= (10, 6) {
        Ok(version)
    } else {
        Err(StoreError::Unusable {
            reason: format!("it is {version}; MariaDB 10.6 or newer is needed"),
        })
    }
}

/// Nodes that start together migrate one after the other.
async fn lock_migrations(connection: &mut MySqlConnection) -> Result<(), StoreError> {
    let got: Option<i64> =
        sqlx::query_scalar("SELECT GET_LOCK(CONCAT('noc_migrate:', DATABASE()), ?)")
            .bind(MIGRATION_LOCK_S)
            .fetch_one(connection)
            .await
            .map_err(opening("wait for the migration lock"))?;
    if got == Some(1) {
        Ok(())
    } else {
        Err(StoreError::Unusable {
            reason: format!("another node has been migrating it for over {MIGRATION_LOCK_S} s"),
        })
    }
}

fn opening(operation: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |source| {
        let error = StoreError::Query {
            operation,
            source: DbErr::Conn(RuntimeErr::SqlxError(source.into())),
        };
        if error.is_too_many_connections() {
            return StoreError::TooManyConnections { operation };
        }
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relational::contract::T0;
    use crate::relational::{servers, temporary_chain_key};
    use sea_orm::{ConnectionTrait, Statement};

    async fn open(url: &str) -> Result<Db, StoreError> {
        Db::open(url, DbOptions::new(temporary_chain_key())).await
    }

    async fn pragma(connection: &Connection, name: &str) -> String {
        let sql = format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}");
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        let row = connection.query_one_raw(statement).await.unwrap().unwrap();
        row.try_get_by_index(0).unwrap()
    }

    #[tokio::test]
    async fn sqlite_is_durable_checks_keys_and_reads_beside_the_writer() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/noc.db", folder.path().display());
        let db = open(&url).await.unwrap();
        for connection in [db.write(), db.read()] {
            assert_eq!(pragma(connection, "journal_mode").await, "wal");
            assert_eq!(pragma(connection, "synchronous").await, "2", "FULL");
            assert_eq!(pragma(connection, "foreign_keys").await, "1");
        }
        let refused = servers::create(db.read(), "s", &[], T0).await;
        assert!(refused.is_err(), "readers do not write");

        servers::create(db.write(), "s", &[], T0).await.unwrap();
        drop(db);
        let again = open(&url).await.unwrap();
        let kept = servers::by_name(again.read(), "s").await.unwrap();
        assert!(kept.is_some());
    }

    #[tokio::test]
    async fn other_addresses_are_refused_without_showing_a_password() {
        let error = open("postgres://noc:hunter2@db/noc").await.unwrap_err();
        assert!(matches!(&error, StoreError::Unusable { reason } if reason.contains("postgres")));
        assert!(!format!("{error} {error:?}").contains("hunter2"));
        let closed = open("mysql://noc:hunter2@127.0.0.1:1/noc")
            .await
            .unwrap_err();
        assert!(closed.is_retryable(), "{closed:?}");
        assert!(!format!("{closed} {closed:?}").contains("hunter2"));
    }
}

//! Databases for tests: each its own, empty, gone afterwards.

use super::{Db, DbOptions, StoreError};
use crate::secrets::SecretKey;
use sea_orm::{DbErr, RuntimeErr};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::{AssertSqlSafe, Connection, Executor};
use std::str::FromStr;
use std::time::Duration;
use uuid::Uuid;

/// Names a MariaDB server, `mysql://root@127.0.0.1:13306/`, whose user may create databases.
const SERVER_VARIABLE: &str = "NOC_TEST_DATABASE_URL";

/// Where a temporary database is; dropping it removes it.
#[derive(Debug)]
pub(super) enum Place {
    Folder { _folder: tempfile::TempDir },
    Server { _database: TemporaryDatabase },
}

impl Db {
    /// Opens a new database: SQLite in a temporary folder, or, where `NOC_TEST_DATABASE_URL` names a MariaDB server, a
    /// new database there; either goes with the last handle. So every test of every crate runs on both. The chain key
    /// is always the same, and the limits are long: a test must not fail because the machine is busy.
    ///
    /// # Errors
    /// As [`Db::open`]; a server that is named and cannot be used is an error, never a silent change to SQLite.
    pub async fn open_temporary() -> Result<Self, StoreError> {
        Self::open_temporary_with(patient()).await
    }

    /// [`Db::open_temporary`] with limits and a chain key of one's own.
    ///
    /// # Errors
    /// As [`Db::open_temporary`].
    pub async fn open_temporary_with(options: DbOptions) -> Result<Self, StoreError> {
        #[expect(
            clippy::disallowed_methods,
            reason = "which parts the tests run on is the test runner's setting, not the product's"
        )]
        match std::env::var(SERVER_VARIABLE) {
            Ok(server) => Self::open_temporary_at(&server, options).await,
            Err(_) => {
                let folder = tempfile::tempdir().map_err(|error| StoreError::Unusable {
                    reason: format!("no temporary folder: {error}"),
                })?;
                let url = format!("sqlite://{}/noc.db", folder.path().display());
                let db = Self::open(&url, options).await?;
                Ok(db.keeping(Place::Folder { _folder: folder }))
            }
        }
    }

    /// Opens a new database on this MariaDB server, whatever the environment says.
    ///
    /// # Errors
    /// As [`Db::open`].
    pub async fn open_temporary_on(server: &str) -> Result<Self, StoreError> {
        Self::open_temporary_at(server, patient()).await
    }

    async fn open_temporary_at(server: &str, options: DbOptions) -> Result<Self, StoreError> {
        let database = TemporaryDatabase::create(server).await?;
        let db = Self::open(&database.url(), options).await?;
        Ok(db.keeping(Place::Server {
            _database: database,
        }))
    }
}

fn patient() -> DbOptions {
    DbOptions {
        statement_limit: Duration::from_secs(300),
        transaction_limit: Duration::from_secs(300),
        ..DbOptions::new(temporary_chain_key())
    }
}

/// The chain key of [`Db::open_temporary`].
#[must_use]
pub const fn temporary_chain_key() -> SecretKey {
    SecretKey::from_bytes([42; 32])
}

/// An empty database on a MariaDB server, dropped with this.
#[derive(Debug)]
pub struct TemporaryDatabase {
    server: String,
    name: String,
}

impl TemporaryDatabase {
    /// Makes one on this server, `mysql://root@127.0.0.1:3306/`.
    ///
    /// # Errors
    /// When the server cannot be reached, or refuses.
    pub async fn create(server: &str) -> Result<Self, StoreError> {
        let name = format!("noc_test_{}", Uuid::new_v4().simple());
        run(server, &format!("CREATE DATABASE {name}")).await?;
        Ok(Self {
            server: server.trim_end_matches('/').to_owned(),
            name,
        })
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}/{}", self.server, self.name)
    }
}

impl Drop for TemporaryDatabase {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // On a thread and a runtime of its own: the test's own may be ending.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let Ok(runtime) = runtime else { return };
            let sql = format!("DROP DATABASE IF EXISTS {name}");
            if let Err(error) = runtime.block_on(run(&server, &sql)) {
                tracing::warn!(%error, database = name, "a test's database stays behind");
            }
        });
        if dropping.join().is_err() {
            tracing::warn!("a test's database stays behind");
        }
    }
}

async fn run(server: &str, sql: &str) -> Result<(), StoreError> {
    let failed = |source: sqlx::Error| StoreError::Query {
        operation: "manage a test database",
        source: DbErr::Conn(RuntimeErr::SqlxError(source.into())),
    };
    let options = MySqlConnectOptions::from_str(server).map_err(failed)?;
    let mut connection = MySqlConnection::connect_with(&options)
        .await
        .map_err(failed)?;
    connection
        .execute(AssertSqlSafe(sql.to_owned()))
        .await
        .map_err(failed)?;
    connection.close().await.map_err(failed)
}

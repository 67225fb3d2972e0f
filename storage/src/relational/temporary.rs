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

impl Db {
    /// Opens a new database: SQLite in a temporary folder that goes with the last handle, or, where
    /// `NOC_TEST_DATABASE_URL` names a MariaDB server, a new database there. So every test of every crate runs on
    /// both. The chain key is always the same,
    /// and the limits are long: a test must not fail because the machine is busy.
    ///
    /// # Errors
    /// As [`Db::open`]; a server that is named and cannot be used is an error, never a silent change to SQLite.
    pub async fn open_temporary() -> Result<Self, StoreError> {
        let patient = DbOptions {
            statement_limit: Duration::from_secs(300),
            transaction_limit: Duration::from_secs(300),
            ..DbOptions::new(temporary_chain_key())
        };
        Self::open_temporary_with(patient).await
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
            Ok(server) => Self::open(&new_database(&server).await?, options).await,
            Err(_) => {
                let folder = tempfile::tempdir().map_err(|error| StoreError::Unusable {
                    reason: format!("no temporary folder: {error}"),
                })?;
                let url = format!("sqlite://{}/noc.db", folder.path().display());
                Ok(Self::open(&url, options).await?.keeping(folder))
            }
        }
    }
}

/// The chain key of [`Db::open_temporary`].
#[must_use]
pub const fn temporary_chain_key() -> SecretKey {
    SecretKey::from_bytes([42; 32])
}

async fn new_database(server: &str) -> Result<String, StoreError> {
    let failed = |source: sqlx::Error| StoreError::Query {
        operation: "create a test database",
        source: DbErr::Conn(RuntimeErr::SqlxError(source.into())),
    };
    let name = format!("noc_test_{}", Uuid::new_v4().simple());
    let options = MySqlConnectOptions::from_str(server).map_err(failed)?;
    let mut connection = MySqlConnection::connect_with(&options)
        .await
        .map_err(failed)?;
    connection
        .execute(AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .await
        .map_err(failed)?;
    connection.close().await.map_err(failed)?;
    Ok(format!("{}/{name}", server.trim_end_matches('/')))
}

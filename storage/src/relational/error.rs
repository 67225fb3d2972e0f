//! What can go wrong, and whether trying again helps.

use sea_orm::{DbErr, RuntimeErr, SqlErr};
use sqlx::mysql::MySqlDatabaseError;
use std::error::Error;

/// What can go wrong with the relational store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A statement failed.
    #[error("{operation} failed")]
    Query {
        /// What was tried.
        operation: &'static str,
        /// What the database said.
        #[source]
        source: DbErr,
    },
    /// What was asked for is not there.
    #[error("no {what} {id}")]
    NotFound {
        /// Of which table.
        what: &'static str,
        /// Which one.
        id: String,
    },
    /// It is there already.
    #[error("{what} {id} exists already")]
    Conflict {
        /// Of which table.
        what: &'static str,
        /// Which one.
        id: String,
    },
    /// The database did not answer in time; whether it did what was asked is not known.
    #[error("{operation} took longer than {limit_ms} ms")]
    Timeout {
        /// What was tried.
        operation: &'static str,
        /// How long it may take.
        limit_ms: u64,
    },
    /// The caller asked for something that cannot be; nothing is wrong with the store.
    #[error("{field} {reason}")]
    Refused {
        /// Which part of what was asked.
        field: &'static str,
        /// Why, to go after the field's name.
        reason: String,
    },
    /// Other rows still need it.
    #[error("{what} {id} is still used")]
    InUse {
        /// Of which table.
        what: &'static str,
        /// Which one.
        id: String,
    },
    /// The address or the server behind it cannot be used.
    #[error("the database cannot be used: {reason}")]
    Unusable {
        /// Why; names the address without its password.
        reason: String,
    },
    /// The server has no connection left for us.
    #[error(
        "{operation} failed: the server has no connection left; raise its max_connections, or lower NOC_DATABASE_CONNECTIONS and NOC_DATABASE_READ_CONNECTIONS"
    )]
    TooManyConnections {
        /// What was tried.
        operation: &'static str,
    },
    /// A stored value is not what its column promises.
    #[error("{what} {id} is damaged: {reason}")]
    Damaged {
        /// Of which table.
        what: &'static str,
        /// Which one.
        id: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A stored secret could not be opened, or a new one sealed.
    #[error("secrets of {what} {id}")]
    Secret {
        /// Of which table.
        what: &'static str,
        /// Which one.
        id: String,
        /// Why.
        #[source]
        source: crate::secrets::SecretError,
    },
}

impl StoreError {
    /// Wraps a database error with the operation it struck; for `map_err`.
    pub fn during(operation: &'static str) -> impl FnOnce(DbErr) -> Self {
        move |source| {
            if is_refused(&source) {
                Self::TooManyConnections { operation }
            } else {
                Self::Query { operation, source }
            }
        }
    }

    /// Whether the server turned us away because all its connections are taken.
    pub(super) fn is_too_many_connections(&self) -> bool {
        match self {
            Self::TooManyConnections { .. } => true,
            Self::Query { source, .. } => is_refused(source),
            _ => false,
        }
    }

    /// For `ok_or_else`: row `id` of `what` is not there.
    pub fn not_found(what: &'static str, id: impl ToString) -> Self {
        Self::NotFound {
            what,
            id: id.to_string(),
        }
    }

    /// For what a caller asked wrongly.
    pub fn refused(field: &'static str, reason: impl Into<String>) -> Self {
        Self::Refused {
            field,
            reason: reason.into(),
        }
    }

    /// Row `id` of `what` holds something its column does not promise.
    pub fn damaged(what: &'static str, id: impl ToString, reason: impl ToString) -> Self {
        Self::Damaged {
            what,
            id: id.to_string(),
            reason: reason.to_string(),
        }
    }

    /// Turns a unique violation into [`StoreError::Conflict`]; for `map_err` of inserts.
    pub fn inserting(
        operation: &'static str,
        what: &'static str,
        id: impl ToString,
    ) -> impl FnOnce(DbErr) -> Self {
        move |source| {
            let error = Self::Query { operation, source };
            if error.is_unique_violation() {
                Self::Conflict {
                    what,
                    id: id.to_string(),
                }
            } else {
                error
            }
        }
    }

    /// Turns a foreign key violation into [`StoreError::InUse`]; for `map_err` of deletes.
    pub fn deleting(
        operation: &'static str,
        what: &'static str,
        id: impl ToString,
    ) -> impl FnOnce(DbErr) -> Self {
        move |source| match source.sql_err() {
            Some(SqlErr::ForeignKeyConstraintViolation(_)) => Self::InUse {
                what,
                id: id.to_string(),
            },
            _ => Self::Query { operation, source },
        }
    }

    /// Whether a unique key was hit.
    #[must_use]
    pub fn is_unique_violation(&self) -> bool {
        match self {
            Self::Conflict { .. } => true,
            Self::Query { source, .. } => {
                matches!(source.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
            }
            _ => false,
        }
    }

    /// Whether the database refused a value for what it is: too long, out of range, of another type. It would refuse
    /// it again. SQLite keeps any value, so this is MariaDB's word alone.
    #[must_use]
    pub fn is_bad_value(&self) -> bool {
        match self {
            Self::Query { source, .. } => number(source).is_some_and(|n| BAD_VALUE.contains(&n)),
            _ => false,
        }
    }

    /// Whether the same call may succeed later without anybody changing anything: the database is away, busy or slow.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Timeout { .. } | Self::TooManyConnections { .. } => true,
            Self::Query { source, .. } => is_unreachable(source) || is_lock_conflict(source),
            _ => false,
        }
    }
}

/// Whether the database gave up on `error` only because somebody else held a lock, anywhere in its chain of causes:
/// the transaction did nothing and can be run again at once.
pub(super) fn struck_a_lock(error: &(dyn Error + 'static)) -> bool {
    std::iter::successors(Some(error), |&e| e.source())
        .any(|e| e.downcast_ref::<DbErr>().is_some_and(is_lock_conflict))
}

fn is_lock_conflict(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(cause))
    | DbErr::Query(RuntimeErr::SqlxError(cause))
    | DbErr::Conn(RuntimeErr::SqlxError(cause))) = error
    else {
        return false;
    };
    let sqlx::Error::Database(cause) = cause.as_ref() else {
        return false;
    };
    match cause.try_downcast_ref::<MySqlDatabaseError>() {
        // Lock wait, deadlock, "record has changed since last read".
        Some(mysql) => matches!(mysql.number(), 1205 | 1213 | 1020),
        // SQLITE_BUSY, SQLITE_LOCKED and their extended codes share the low byte.
        None => cause
            .code()
            .and_then(|code| code.parse::<i32>().ok())
            .is_some_and(|code| matches!(code & 0xff, 5 | 6)),
    }
}

/// MariaDB's words for "no connection left": of the server, of this user.
const TOO_MANY_CONNECTIONS: [u16; 3] = [1040, 1203, 1226];

/// Whether the server turned us away because all its connections are taken: nothing was run.
pub(super) fn is_refused(error: &DbErr) -> bool {
    number(error).is_some_and(|n| TOO_MANY_CONNECTIONS.contains(&n))
}

/// MariaDB's words for a value that fits no column: NULL where none may be, out of range, cut, not of the type, not in
/// the character set, too long, against a check.
const BAD_VALUE: [u16; 7] = [1048, 1264, 1265, 1292, 1366, 1406, 4025];

/// The number of MariaDB's error, where it is one.
fn number(error: &DbErr) -> Option<u16> {
    let (DbErr::Exec(RuntimeErr::SqlxError(cause))
    | DbErr::Query(RuntimeErr::SqlxError(cause))
    | DbErr::Conn(RuntimeErr::SqlxError(cause))) = error
    else {
        return None;
    };
    let sqlx::Error::Database(cause) = cause.as_ref() else {
        return None;
    };
    Some(cause.try_downcast_ref::<MySqlDatabaseError>()?.number())
}

/// Whether nobody answered, or somebody who cannot serve now.
pub(super) fn is_unreachable(error: &DbErr) -> bool {
    match error {
        DbErr::Conn(_) | DbErr::ConnectionAcquire(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)) => {
            match cause.as_ref() {
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed => true,
                // Statement time-out, server going down, read-only for a while.
                sqlx::Error::Database(cause) => cause
                    .try_downcast_ref::<MySqlDatabaseError>()
                    .is_some_and(|e| matches!(e.number(), 1969 | 1053 | 1290 | 1040 | 1317)),
                _ => false,
            }
        }
        _ => false,
    }
}

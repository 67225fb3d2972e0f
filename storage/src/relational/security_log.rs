//! The security log: a chain of rows in which each seals the one before.
//!
//! `event_hash = HMAC-SHA256(chain key, canonical(row) || prev_hash)`, where `canonical` is every other column in a
//! fixed order, each with its length in front, no floats, and `prev_hash` its 64 hex digits. Whoever cannot compute
//! the HMAC cannot change, insert, remove or reorder a row without the chain breaking at it. The one-row table
//! `security_chain` holds the end of the chain; appending locks it, so there is one chain however many write.
//!
//! An event is the last thing in the transaction of what it tells of: neither exists without the other.

use super::db::Db;
use super::entity::{security_chain, security_event_log};
use super::error::StoreError;
use crate::secrets::SecretKey;
use hmac::{Hmac, KeyInit, Mac};
use noc_pipeline::clock::UnixMs;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    QuerySelect,
};
use serde_json::Value;
use sha2::Sha256;
use std::fmt;

/// The `prev_hash` of the first event.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// A payload above this is replaced by a note of its size: a log entry must never make its cause fail.
const MAX_PAYLOAD_BYTES: usize = 32 * 1024;
/// The one row of `security_chain`.
const CHAIN: i64 = 1;

/// How much an event matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecurityLevel {
    /// Routine.
    Info,
    /// Look at it.
    Warning,
    /// Look at it now.
    Critical,
}

impl SecurityLevel {
    /// The name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// An event to append.
#[derive(Debug, Clone)]
pub struct NewSecurityEvent {
    /// When.
    pub at: UnixMs,
    /// How much it matters.
    pub level: SecurityLevel,
    /// Family, snake_case, at most 64 bytes: `login`, `admin_activity`, `security_alert` ...
    pub event_type: &'static str,
    /// What exactly, snake_case, at most 64 bytes.
    pub action: &'static str,
    /// User id, if a user did it.
    pub actor_id: Option<i64>,
    /// Client address, if it came over HTTP.
    pub actor_ip: Option<String>,
    /// What it was done to: `server:5`; cut at 190 characters.
    pub subject: Option<String>,
    /// Details, without secrets. Integers and text only: floats have no one spelling.
    pub payload: Value,
}

/// Appends to the security log of one database. Cheap to clone.
#[derive(Clone)]
pub struct SecurityLog {
    key: SecretKey,
    key_id: String,
}

impl fmt::Debug for SecurityLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecurityLog(key {})", self.key_id)
    }
}

impl SecurityLog {
    pub(super) fn new(key: &SecretKey) -> Self {
        Self {
            key: key.clone(),
            key_id: key.id(),
        }
    }

    /// Appends `event` in the caller's transaction, as the last thing it does: the chain stays locked until the commit.
    ///
    /// # Errors
    /// [`StoreError::Query`]; [`StoreError::NotFound`] if the chain's end is gone.
    pub async fn append(
        &self,
        tx: &DatabaseTransaction,
        event: NewSecurityEvent,
    ) -> Result<(), StoreError> {
        self.append_all(tx, vec![event]).await
    }

    /// [`SecurityLog::append`] for several events, in their order.
    ///
    /// # Errors
    /// As [`SecurityLog::append`].
    pub async fn append_all(
        &self,
        tx: &DatabaseTransaction,
        events: Vec<NewSecurityEvent>,
    ) -> Result<(), StoreError> {
        if events.is_empty() {
            return Ok(());
        }
        let chain = security_chain::Entity::find_by_id(CHAIN)
            .lock_exclusive()
            .one(tx)
            .await
            .map_err(StoreError::during("lock the security chain"))?
            .ok_or_else(|| StoreError::not_found("security_chain", CHAIN))?;
        let (mut seq, mut head) = (chain.seq, chain.head);
        let mut rows = Vec::with_capacity(events.len());
        for event in events {
            seq += 1;
            let row = self.seal(seq, std::mem::take(&mut head), event);
            head.clone_from(&row.event_hash);
            rows.push(security_event_log::ActiveModel::from(row));
        }
        // `From` marks columns as unchanged; an insert wants them set.
        let rows = rows.into_iter().map(sea_orm::ActiveModelTrait::reset_all);
        security_event_log::Entity::insert_many(rows)
            .exec_without_returning(tx)
            .await
            .map_err(StoreError::during("append to the security log"))?;
        security_chain::ActiveModel {
            id: sea_orm::ActiveValue::Unchanged(CHAIN),
            seq: Set(seq),
            head: Set(head),
        }
        .update(tx)
        .await
        .map_err(StoreError::during("move the security chain"))?;
        Ok(())
    }

    /// Appends an event that tells of nothing stored: a failed login, a refused call.
    ///
    /// # Errors
    /// As [`SecurityLog::append`].
    pub async fn append_alone(&self, db: &Db, event: NewSecurityEvent) -> Result<(), StoreError> {
        db.transaction("append a security event", |tx| {
            let (log, event) = (self.clone(), event.clone());
            Box::pin(async move { log.append(tx, event).await })
        })
        .await
    }

    fn seal(
        &self,
        seq: i64,
        prev_hash: String,
        event: NewSecurityEvent,
    ) -> security_event_log::Model {
        let mut row = security_event_log::Model {
            seq,
            at: event.at.0.saturating_mul(1_000),
            level: event.level.name().to_owned(),
            event_type: event.event_type.to_owned(),
            action: event.action.to_owned(),
            actor_id: event.actor_id,
            actor_ip: event.actor_ip.map(|ip| cut(ip, 64)),
            subject: event.subject.map(|subject| cut(subject, 190)),
            payload: payload_bytes(&event.payload),
            key_id: self.key_id.clone(),
            prev_hash,
            event_hash: String::new(),
        };
        row.event_hash = event_hash(&self.key, &row);
        row
    }
}

/// Where a chain stops making sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChainFault {
    /// This event's own hash does not fit its columns.
    Changed {
        /// Which.
        seq: i64,
    },
    /// This event does not follow the one before it.
    Broken {
        /// Which.
        seq: i64,
    },
    /// The events end elsewhere than `security_chain` says.
    End {
        /// The last event there is; 0 for none.
        seq: i64,
    },
}

/// Recomputes the chain over `rows`, which stand in the order of `seq` and begin at the first event.
///
/// # Errors
/// The first fault.
pub fn recompute(
    key: &SecretKey,
    rows: &[security_event_log::Model],
    end: &security_chain::Model,
) -> Result<(), ChainFault> {
    let (mut seq, mut head) = (0, GENESIS);
    for row in rows {
        if row.seq != seq + 1 || row.prev_hash != head {
            return Err(ChainFault::Broken { seq: row.seq });
        }
        if row.event_hash != event_hash(key, row) {
            return Err(ChainFault::Changed { seq: row.seq });
        }
        (seq, head) = (row.seq, &row.event_hash);
    }
    if seq == end.seq && head == end.head {
        Ok(())
    } else {
        Err(ChainFault::End { seq })
    }
}

/// Events after `after`, oldest first, at most `limit`.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn events_after(
    conn: &impl sea_orm::ConnectionTrait,
    after: i64,
    limit: u64,
) -> Result<Vec<security_event_log::Model>, StoreError> {
    use sea_orm::QueryOrder;
    security_event_log::Entity::find()
        .filter(security_event_log::Column::Seq.gt(after))
        .order_by_asc(security_event_log::Column::Seq)
        .limit(limit)
        .all(conn)
        .await
        .map_err(StoreError::during("read the security log"))
}

fn event_hash(key: &SecretKey, row: &security_event_log::Model) -> String {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key.bytes()).expect("a key of 32 bytes");
    mac.update(&canonical(row));
    mac.update(row.prev_hash.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

/// Every column but the hashes, in the order of the table, each as its length (u32, big-endian) and its bytes;
/// integers as 8 bytes big-endian, a missing value as the length `u32::MAX` alone.
fn canonical(row: &security_event_log::Model) -> Vec<u8> {
    let mut out = b"noc security event v1".to_vec();
    let mut put = |value: Option<&[u8]>| match value {
        Some(bytes) => {
            let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX - 1);
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(bytes);
        }
        None => out.extend_from_slice(&u32::MAX.to_be_bytes()),
    };
    put(Some(&row.seq.to_be_bytes()));
    put(Some(&row.at.to_be_bytes()));
    put(Some(row.level.as_bytes()));
    put(Some(row.event_type.as_bytes()));
    put(Some(row.action.as_bytes()));
    put(row
        .actor_id
        .map(i64::to_be_bytes)
        .as_ref()
        .map(<[u8; 8]>::as_slice));
    put(row.actor_ip.as_deref().map(str::as_bytes));
    put(row.subject.as_deref().map(str::as_bytes));
    put(Some(&row.payload));
    put(Some(row.key_id.as_bytes()));
    out
}

fn payload_bytes(payload: &Value) -> Vec<u8> {
    let bytes = payload.to_string().into_bytes();
    if bytes.len() <= MAX_PAYLOAD_BYTES {
        bytes
    } else {
        format!("{{\"left_out_bytes\":{}}}", bytes.len()).into_bytes()
    }
}

fn cut(text: String, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((at, _)) => text.get(..at).unwrap_or_default().to_owned(),
        None => text,
    }
}

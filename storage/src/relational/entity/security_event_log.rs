//! Table `security_event_logs`: the security log: a chain of rows, each sealing the one before.

use sea_orm::entity::prelude::*;

/// One row of `security_event_logs`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "security_event_logs")]
pub struct Model {
    /// Place in the chain, from 1, without gaps.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// Microseconds since 1970 UTC.
    pub at: i64,
    /// `info`, `warning` or `critical`.
    pub level: String,
    /// Family: `login`, `admin_activity`, `security_alert` ...
    pub event_type: String,
    /// What exactly.
    pub action: String,
    /// User id.
    pub actor_id: Option<i64>,
    /// Client address.
    pub actor_ip: Option<String>,
    /// What it was done to: `server:5`.
    pub subject: Option<String>,
    /// JSON, the exact bytes that were sealed.
    pub payload: Vec<u8>,
    /// Which chain key sealed it.
    pub key_id: String,
    /// `event_hash` of the row before; 64 zeros for the first.
    pub prev_hash: String,
    /// HMAC-SHA256 hex over this row and `prev_hash`.
    pub event_hash: String,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! The relational store: entities, migrations and queries that run unchanged on SQLite and MariaDB.
//!
//! One file a table or small group of tables, each plain functions over `&impl ConnectionTrait`: they run on a pool
//! for single statements and inside a [`Db::transaction`] where several belong together. Times are passed in.

pub mod agent_health;
pub mod agents;
pub mod alert_rules;
pub mod backup_runs;
mod bulk;
mod connection;
pub mod contacts;
#[cfg(any(test, feature = "contract"))]
pub mod contract;
pub mod control_outbox;
pub mod cron_checks;
mod db;
pub mod deliveries;
pub mod delivery_assurances;
pub mod delivery_receipts;
pub mod digests;
pub mod entity;
mod error;
pub mod escalation_policies;
pub mod executions;
pub mod fleet;
pub mod incident_groups;
pub mod incidents;
pub mod inventory;
pub mod jobs;
mod lists;
pub mod logs;
pub mod mail_abuse;
pub mod maintenance_windows;
pub mod message_templates;
mod migration;
pub mod nodes;
pub mod notification_channels;
pub mod notification_preferences;
pub mod on_call_calendar_tokens;
pub mod on_call_handoffs;
pub mod on_call_overrides;
pub mod on_call_schedules;
mod open;
pub mod page;
pub mod partitions;
pub mod quiet_holds;
pub mod rate_limits;
pub mod registration_tokens;
mod replica;
pub mod security_log;
pub mod server_cursors;
pub mod server_probes;
pub mod servers;
pub mod sessions;
#[cfg(any(test, feature = "contract"))]
mod temporary;
pub mod timeline;
pub mod told;
pub mod users;
pub mod wall_tokens;

pub use connection::Connection;
pub use db::{Db, DbOptions};
pub use error::StoreError;
pub use open::DatabaseFacts;
pub use security_log::{NewSecurityEvent, SecurityLevel, SecurityLog};
#[cfg(any(test, feature = "contract"))]
pub use temporary::{TemporaryDatabase, temporary_chain_key};

/// Longest text in a column that carries a unique key, in characters: 190 of four bytes fit MariaDB's indexes.
pub const MAX_KEY_CHARACTERS: usize = 190;

/// Refuses a name that is empty or longer than its column: SQLite would take it, MariaDB would not.
fn key_text(field: &'static str, text: &str) -> Result<(), StoreError> {
    match text.chars().count() {
        1..=MAX_KEY_CHARACTERS => Ok(()),
        _ => Err(StoreError::refused(
            field,
            format!("must have 1 to {MAX_KEY_CHARACTERS} characters"),
        )),
    }
}

/// The strings of a JSON array; whatever else stands in it is left out.
fn strings(array: &serde_json::Value) -> Vec<String> {
    let items = array.as_array().map(Vec::as_slice).unwrap_or_default();
    items
        .iter()
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}

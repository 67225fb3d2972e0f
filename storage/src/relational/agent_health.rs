//! What is noticed about agents beside what they report: how far their clocks are off, and fields of theirs that were
//! refused. Kept here because it is noticed by whichever node takes or reads a payload.

use super::StoreError;
use super::bulk::{OfServers, ROWS};
use super::entity::agent_health;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Statement};
use serde_json::json;
use std::collections::HashMap;

/// Names of refused fields that are kept of a payload.
pub const MAX_REFUSED_NAMES: usize = 20;

/// How far an agent's clock is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skew {
    /// Whose.
    pub server: ServerId,
    /// Milliseconds that it lags ours; negative when it is ahead.
    pub skew_ms: i64,
    /// When the payload came that showed it.
    pub at: UnixMs,
}

/// Fields of an agent that were impossible and stored as null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Whose.
    pub server: ServerId,
    /// How many since they were last stored.
    pub more: u64,
    /// The names of the last payload's, [`MAX_REFUSED_NAMES`] at most.
    pub fields: Vec<String>,
    /// When that payload came.
    pub at: UnixMs,
}

/// An older measurement changes nothing.
const SKEWS: OfServers = OfServers {
    table: "agent_health",
    key: "server_id",
    columns: &[
        ("server_id", "SIGNED"),
        ("skew_ms", "SIGNED"),
        ("skew_at", "DATETIME(3)"),
    ],
    set: &[
        (
            "skew_ms",
            "CASE WHEN old.skew_at IS NULL OR new.skew_at >= old.skew_at THEN new.skew_ms ELSE old.skew_ms END",
        ),
        (
            "skew_at",
            "CASE WHEN old.skew_at IS NULL OR new.skew_at >= old.skew_at THEN new.skew_at ELSE old.skew_at END",
        ),
    ],
};

/// Counts of several nodes add up.
const REFUSED: OfServers = OfServers {
    table: "agent_health",
    key: "server_id",
    columns: &[
        ("server_id", "SIGNED"),
        ("refused_total", "SIGNED"),
        ("refused_fields", "CHAR(10000)"),
        ("refused_at", "DATETIME(3)"),
    ],
    set: &[
        ("refused_total", "old.refused_total + new.refused_total"),
        ("refused_fields", "new.refused_fields"),
        ("refused_at", "new.refused_at"),
    ],
};

/// Stores how far clocks are off, 500 servers a statement; a server may stand in `skews` once.
///
/// # Errors
/// [`StoreError::Query`]; the statements before the failed one stay.
pub async fn note_skews(conn: &impl ConnectionTrait, skews: &[Skew]) -> Result<(), StoreError> {
    let backend = conn.get_database_backend();
    for chunk in skews.chunks(ROWS) {
        let values = chunk.iter().flat_map(|skew| {
            [
                i64::from(skew.server.0).into(),
                skew.skew_ms.into(),
                skew.at.to_datetime().into(),
            ]
        });
        let sql = SKEWS.upsert(backend, chunk.len());
        conn.execute_raw(Statement::from_sql_and_values(backend, sql, values))
            .await
            .map_err(StoreError::during("store how far agents' clocks are off"))?;
    }
    Ok(())
}

/// Adds to the counts of refused fields, all or nothing if there are 500 servers at most; a server may stand in
/// `refused` once.
///
/// # Errors
/// [`StoreError::Query`]; what was counted by the statements before the failed one stays.
pub async fn add_refused(
    conn: &impl ConnectionTrait,
    refused: &[Refused],
) -> Result<(), StoreError> {
    let backend = conn.get_database_backend();
    for chunk in refused.chunks(ROWS) {
        let values = chunk.iter().flat_map(|refused| {
            let names = refused.fields.iter().take(MAX_REFUSED_NAMES);
            [
                i64::from(refused.server.0).into(),
                i64::try_from(refused.more).unwrap_or(i64::MAX).into(),
                json!(names.collect::<Vec<_>>()).to_string().into(),
                refused.at.to_datetime().into(),
            ]
        });
        let sql = REFUSED.upsert(backend, chunk.len());
        conn.execute_raw(Statement::from_sql_and_values(backend, sql, values))
            .await
            .map_err(StoreError::during("count refused fields"))?;
    }
    Ok(())
}

/// What is known of some servers' agents.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn of_servers(
    conn: &impl ConnectionTrait,
    servers: &[ServerId],
) -> Result<HashMap<ServerId, agent_health::Model>, StoreError> {
    let ids = servers.iter().map(|server| i64::from(server.0));
    let rows = agent_health::Entity::find()
        .filter(agent_health::Column::ServerId.is_in(ids))
        .all(conn)
        .await
        .map_err(StoreError::during("read what is known of agents"))?;
    let known = rows.into_iter().filter_map(|row| {
        let server = u32::try_from(row.server_id).ok()?;
        Some((ServerId(server), row))
    });
    Ok(known.collect())
}

impl agent_health::Model {
    /// `refused_fields` as strings.
    #[must_use]
    pub fn refused_names(&self) -> Vec<String> {
        self.refused_fields
            .as_ref()
            .map(super::strings)
            .unwrap_or_default()
    }
}

//! `incident_timeline`: what happened to an incident, by whom; only ever appended to, in the transaction of what it
//! tells of.

use super::StoreError;
use super::entity::incident_timeline::{ActiveModel, Column, Entity, Model};
use noc_pipeline::clock::UnixMs;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
};
use serde_json::Value;
use std::fmt;

/// Who did it; prints as the column `actor`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor<'a> {
    /// A person.
    User(i64),
    /// A detector, by key.
    Detector(&'a str),
    /// An escalation policy, by name.
    Policy(&'a str),
    /// Whoever has a link that was sent to an address without an account.
    Link,
    /// The platform.
    System,
}

impl fmt::Display for Actor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::Detector(key) => write!(f, "detector:{key}"),
            Self::Policy(name) => write!(f, "policy:{name}"),
            Self::Link => f.write_str("link"),
            Self::System => f.write_str("system"),
        }
    }
}

/// Appends an entry.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn append(
    conn: &impl ConnectionTrait,
    incident_id: i64,
    at: UnixMs,
    kind: &str,
    actor: Actor<'_>,
    detail: Value,
) -> Result<(), StoreError> {
    let mut actor = actor.to_string();
    if let Some((cut, _)) = actor.char_indices().nth(64) {
        actor.truncate(cut);
    }
    Entity::insert(ActiveModel {
        incident_id: Set(incident_id),
        at: Set(at.to_datetime()),
        kind: Set(kind.to_owned()),
        actor: Set(actor),
        detail: Set(detail),
        ..Default::default()
    })
    .exec_without_returning(conn)
    .await
    .map_err(StoreError::during("append to an incident's timeline"))?;
    Ok(())
}

/// The entries of an incident, oldest first.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn of_incident(
    conn: &impl ConnectionTrait,
    incident_id: i64,
) -> Result<Vec<Model>, StoreError> {
    Entity::find()
        .filter(Column::IncidentId.eq(incident_id))
        .order_by_asc(Column::Id)
        .all(conn)
        .await
        .map_err(StoreError::during("read an incident's timeline"))
}

//! How much of what was told of an incident arrived: `notification_deliveries`, counted.

use super::StoreError;
use super::deliveries::Status;
use super::entity::notification_delivery::{Column, Entity};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use std::collections::HashMap;

/// Messages about an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Told {
    /// That were meant to arrive: neither called off, held back nor too late.
    pub messages: u64,
    /// That their channels took.
    pub accepted: u64,
}

/// What was told of these incidents, recoveries apart; those of which nothing was are left out.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn of_incidents(
    conn: &impl ConnectionTrait,
    ids: &[i64],
) -> Result<HashMap<i64, Told>, StoreError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let called_off = [Status::Suppressed, Status::Cancelled, Status::Expired];
    let counted: Vec<(i64, String, i64)> = Entity::find()
        .select_only()
        .column(Column::IncidentId)
        .column(Column::Status)
        .column_as(Column::Id.count(), "messages")
        .filter(Column::IncidentId.is_in(ids.iter().copied()))
        .filter(Column::Kind.ne("recovery"))
        .filter(Column::Status.is_not_in(called_off.map(Status::name)))
        .group_by(Column::IncidentId)
        .group_by(Column::Status)
        .into_tuple()
        .all(conn)
        .await
        .map_err(StoreError::during("count what was told"))?;
    let mut out = HashMap::<i64, Told>::new();
    for (incident, status, messages) in counted {
        let told = out.entry(incident).or_default();
        let messages = u64::try_from(messages).unwrap_or_default();
        told.messages += messages;
        if [Status::Sent, Status::Delivered]
            .iter()
            .any(|s| s.name() == status)
        {
            told.accepted += messages;
        }
    }
    Ok(out)
}

//! The delivery log as people read it.

use super::Status;
use crate::relational::StoreError;
use crate::relational::entity::notification_delivery::{Column, Entity, Model};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

/// Which rows to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only in one of these states; empty: in any.
    pub statuses: Vec<Status>,
    /// Only over this channel.
    pub channel: Option<String>,
    /// Only about this incident.
    pub incident_id: Option<i64>,
    /// Only to this account.
    pub user_id: Option<i64>,
}

/// Up to `limit` rows, newest first, from below the id `before` on; with how many there are in all.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn list(
    conn: &impl ConnectionTrait,
    filter: &Filter,
    before: Option<i64>,
    limit: u64,
) -> Result<(Vec<Model>, u64), StoreError> {
    let mut wanted = Condition::all();
    if !filter.statuses.is_empty() {
        wanted = wanted.add(Column::Status.is_in(filter.statuses.iter().map(|s| s.name())));
    }
    if let Some(channel) = &filter.channel {
        wanted = wanted.add(Column::Channel.eq(channel.as_str()));
    }
    if let Some(incident) = filter.incident_id {
        wanted = wanted.add(Column::IncidentId.eq(incident));
    }
    if let Some(user) = filter.user_id {
        wanted = wanted.add(Column::UserId.eq(user));
    }
    let matching = Entity::find().filter(wanted);
    let total = matching
        .clone()
        .count(conn)
        .await
        .map_err(StoreError::during("count deliveries"))?;
    let mut page = matching.order_by_desc(Column::Id).limit(limit);
    if let Some(before) = before {
        page = page.filter(Column::Id.lt(before));
    }
    let rows = page
        .all(conn)
        .await
        .map_err(StoreError::during("list deliveries"))?;
    Ok((rows, total))
}

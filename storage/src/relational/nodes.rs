//! Who runs: data directories of `noc` processes. A node that ends in order says so; one that dies is missed.

use super::StoreError;
use super::entity::node;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::NodeId;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder,
    sea_query::{Expr, OnConflict},
};

/// What a process says of itself when it starts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeFacts {
    /// Names of roles, separated by commas.
    pub roles: String,
    /// Whether all its parts can be shared with other nodes.
    pub shared: bool,
}

/// Notes that a process starts on this data directory.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn started(
    conn: &impl ConnectionTrait,
    node: NodeId,
    facts: &NodeFacts,
    now: UnixMs,
) -> Result<(), StoreError> {
    let row = node::Model {
        id: node.to_string(),
        started_at: now.to_datetime(),
        last_seen_at: now.to_datetime(),
        roles: facts.roles.clone(),
        shared: facts.shared,
        stopped_at: None,
    };
    let again = OnConflict::column(node::Column::Id)
        .update_columns([
            node::Column::StartedAt,
            node::Column::LastSeenAt,
            node::Column::Roles,
            node::Column::Shared,
            node::Column::StoppedAt,
        ])
        .to_owned();
    node::Entity::insert(row.into_active_model().reset_all())
        .on_conflict(again)
        .exec_without_returning(conn)
        .await
        .map_err(StoreError::during("note a node's start"))?;
    Ok(())
}

/// Notes a sign of life.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn seen(
    conn: &impl ConnectionTrait,
    node: NodeId,
    now: UnixMs,
) -> Result<(), StoreError> {
    node::Entity::update_many()
        .col_expr(node::Column::LastSeenAt, Expr::value(now.to_datetime()))
        .filter(node::Column::Id.eq(node.to_string()))
        .exec(conn)
        .await
        .map_err(StoreError::during("note a node's sign of life"))?;
    Ok(())
}

/// Notes that a node ends in order: from now on it does not count.
///
/// # Errors
/// [`StoreError::Query`]; then it counts until it is missed.
pub async fn stopped(
    conn: &impl ConnectionTrait,
    node: NodeId,
    now: UnixMs,
) -> Result<(), StoreError> {
    node::Entity::update_many()
        .col_expr(node::Column::StoppedAt, Expr::value(now.to_datetime()))
        .filter(node::Column::Id.eq(node.to_string()))
        .exec(conn)
        .await
        .map_err(StoreError::during("note a node's end"))?;
    Ok(())
}

/// Nodes seen since `since` that did not end in order, by id.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn alive_since(
    conn: &impl ConnectionTrait,
    since: UnixMs,
) -> Result<Vec<node::Model>, StoreError> {
    node::Entity::find()
        .filter(node::Column::LastSeenAt.gte(since.to_datetime()))
        .filter(node::Column::StoppedAt.is_null())
        .order_by_asc(node::Column::Id)
        .all(conn)
        .await
        .map_err(StoreError::during("read the nodes"))
}

/// Forgets nodes not seen since `before`; answers how many. Data directories come and go.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn forget(conn: &impl ConnectionTrait, before: UnixMs) -> Result<u64, StoreError> {
    let forgotten = node::Entity::delete_many()
        .filter(node::Column::LastSeenAt.lt(before.to_datetime()))
        .exec(conn)
        .await
        .map_err(StoreError::during("forget nodes"))?;
    Ok(forgotten.rows_affected)
}

//! Who runs: data directories of `noc` processes, and incarnations of the payload log.

use super::StoreError;
use super::entity::{log, node};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::{LogId, NodeId};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder,
    sea_query::{Expr, OnConflict},
};

/// Notes that a process starts on this data directory.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn started(
    conn: &impl ConnectionTrait,
    node: NodeId,
    now: UnixMs,
) -> Result<(), StoreError> {
    let row = node::Model {
        id: node.to_string(),
        started_at: now.to_datetime(),
        last_seen_at: now.to_datetime(),
    };
    let again = OnConflict::column(node::Column::Id)
        .update_columns([node::Column::StartedAt, node::Column::LastSeenAt])
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

/// Nodes seen since `since`, by id.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn alive_since(
    conn: &impl ConnectionTrait,
    since: UnixMs,
) -> Result<Vec<node::Model>, StoreError> {
    node::Entity::find()
        .filter(node::Column::LastSeenAt.gte(since.to_datetime()))
        .order_by_asc(node::Column::Id)
        .all(conn)
        .await
        .map_err(StoreError::during("read the nodes"))
}

/// Notes an incarnation of the log; one that is known stays as it is.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn log_known(
    conn: &impl ConnectionTrait,
    log: LogId,
    now: UnixMs,
) -> Result<(), StoreError> {
    let row = log::Model {
        id: log.to_string(),
        created_at: now.to_datetime(),
    };
    let unchanged = OnConflict::column(log::Column::Id)
        .update_column(log::Column::Id)
        .to_owned();
    log::Entity::insert(row.into_active_model().reset_all())
        .on_conflict(unchanged)
        .exec_without_returning(conn)
        .await
        .map_err(StoreError::during("note a log"))?;
    Ok(())
}

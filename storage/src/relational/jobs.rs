//! Chores that one node at a time does. All times are the database's.
//!
//! A claim holds for a lease, which whoever works prolongs. A node that dies leaves the lease to run out, and the
//! next one that looks takes the job over. What a job does must still be right when it is done twice: a node that
//! was stopped for longer than its lease cannot know that it is late.

use super::StoreError;
use super::entity::job;
use super::partitions::database_now;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::NodeId;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use std::time::Duration;

/// Makes the rows of these jobs where there are none.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn prepare(conn: &impl ConnectionTrait, names: &[&str]) -> Result<(), StoreError> {
    let rows = names.iter().map(|name| job::ActiveModel {
        name: Set((*name).to_owned()),
        node: Set(None),
        lease_until: Set(None),
        last_success: Set(None),
    });
    job::Entity::insert_many(rows)
        .on_conflict_do_nothing_on([job::Column::Name])
        .exec_without_returning(conn)
        .await
        .map_err(StoreError::during("prepare the jobs"))?;
    Ok(())
}

/// Frees what this node held before it restarted.
///
/// # Errors
/// [`StoreError::Query`]; then the leases run out.
pub async fn restarted(conn: &impl ConnectionTrait, node: NodeId) -> Result<(), StoreError> {
    job::Entity::update_many()
        .col_expr(
            job::Column::LeaseUntil,
            Expr::value(Option::<chrono::DateTime<chrono::Utc>>::None),
        )
        .filter(job::Column::Node.eq(node.to_string()))
        .exec(conn)
        .await
        .map_err(StoreError::during("free a node's jobs"))?;
    Ok(())
}

/// Claims a job for `lease`, if it was not done within `every` and nobody holds it. True: it is ours to do.
///
/// # Errors
/// [`StoreError::Query`]; whether it was claimed is not known then, and the lease runs out by itself.
pub async fn claim(
    conn: &impl ConnectionTrait,
    name: &str,
    node: NodeId,
    lease: Duration,
    every: Duration,
) -> Result<bool, StoreError> {
    let now = database_now(conn).await?;
    let free = Condition::any()
        .add(job::Column::LeaseUntil.is_null())
        .add(job::Column::LeaseUntil.lte(now.to_datetime()));
    let due = Condition::any()
        .add(job::Column::LastSuccess.is_null())
        .add(job::Column::LastSuccess.lte(now.minus(every).to_datetime()));
    let claimed = job::Entity::update_many()
        .col_expr(job::Column::Node, Expr::value(node.to_string()))
        .col_expr(
            job::Column::LeaseUntil,
            Expr::value(now.plus(lease).to_datetime()),
        )
        .filter(job::Column::Name.eq(name))
        .filter(free)
        .filter(due)
        .exec(conn)
        .await
        .map_err(StoreError::during("claim a job"))?;
    Ok(claimed.rows_affected > 0)
}

/// Prolongs a claim. False: the job is somebody else's by now.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn prolong(
    conn: &impl ConnectionTrait,
    name: &str,
    node: NodeId,
    lease: Duration,
) -> Result<bool, StoreError> {
    let until = database_now(conn).await?.plus(lease);
    set(conn, name, node, until.to_datetime(), None).await
}

/// Whether a claim still holds. Inside a transaction it stays so until the commit: the row is locked.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn holds(
    tx: &impl ConnectionTrait,
    name: &str,
    node: NodeId,
) -> Result<bool, StoreError> {
    let now = database_now(tx).await?;
    let row = job::Entity::find_by_id(name.to_owned())
        .lock_exclusive()
        .one(tx)
        .await
        .map_err(StoreError::during("look at a job's lease"))?;
    Ok(row.is_some_and(|row| {
        row.node == Some(node.to_string())
            && row
                .lease_until
                .is_some_and(|until| UnixMs::from(until) > now)
    }))
}

/// Notes that a job is done, and frees it. False: it was somebody else's by now; then nothing is noted.
///
/// # Errors
/// [`StoreError::Query`]; then it runs again once the lease is over.
pub async fn succeeded(
    conn: &impl ConnectionTrait,
    name: &str,
    node: NodeId,
) -> Result<bool, StoreError> {
    let now = database_now(conn).await?.to_datetime();
    set(conn, name, node, now, Some(now)).await
}

/// Notes that a job failed: nobody tries it again before `rest` is over.
///
/// # Errors
/// [`StoreError::Query`]; then the lease says when.
pub async fn failed(
    conn: &impl ConnectionTrait,
    name: &str,
    node: NodeId,
    rest: Duration,
) -> Result<bool, StoreError> {
    let until = database_now(conn).await?.plus(rest);
    set(conn, name, node, until.to_datetime(), None).await
}

/// Gives a claim back undone: whoever looks next may begin.
///
/// # Errors
/// [`StoreError::Query`]; then the lease runs out by itself.
pub async fn release(
    conn: &impl ConnectionTrait,
    name: &str,
    node: NodeId,
) -> Result<bool, StoreError> {
    failed(conn, name, node, Duration::ZERO).await
}

async fn set(
    conn: &impl ConnectionTrait,
    name: &str,
    node: NodeId,
    lease_until: chrono::DateTime<chrono::Utc>,
    success: Option<chrono::DateTime<chrono::Utc>>,
) -> Result<bool, StoreError> {
    let mut update = job::Entity::update_many()
        .col_expr(job::Column::LeaseUntil, Expr::value(lease_until))
        .filter(job::Column::Name.eq(name))
        .filter(job::Column::Node.eq(node.to_string()));
    if let Some(at) = success {
        update = update.col_expr(job::Column::LastSuccess, Expr::value(at));
    }
    let changed = update
        .exec(conn)
        .await
        .map_err(StoreError::during("note the state of a job"))?;
    Ok(changed.rows_affected > 0)
}

/// All jobs, by name.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn list(conn: &impl ConnectionTrait) -> Result<Vec<job::Model>, StoreError> {
    job::Entity::find()
        .order_by_asc(job::Column::Name)
        .all(conn)
        .await
        .map_err(StoreError::during("list the jobs"))
}

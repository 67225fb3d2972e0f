//! Who owns which partition of the log: nodes, leases, epochs. All times are the database's.
//!
//! Claiming adds 1 to a partition's epoch, and every effect checks the epoch inside its own transaction
//! ([`holds`]). So a lease that ran out unnoticed costs nothing but work: the old owner's effects are refused.

use super::entity::partition;
use super::{Db, StoreError};
use futures::FutureExt;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::{Epoch, NodeId, PartitionId};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, Statement,
};
use std::time::Duration;

/// The database's clock.
///
/// # Errors
/// When the database does not answer.
pub async fn database_now(conn: &impl ConnectionTrait) -> Result<UnixMs, StoreError> {
    let operation = "read the database clock";
    let sql = match conn.get_database_backend() {
        DbBackend::Sqlite => "SELECT CAST(unixepoch('now', 'subsec') * 1000 AS INTEGER) AS ms",
        _ => "SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) AS ms",
    };
    let statement = Statement::from_string(conn.get_database_backend(), sql);
    let row = conn
        .query_one_raw(statement)
        .await
        .map_err(StoreError::during(operation))?
        .ok_or_else(|| StoreError::not_found("clock", "now"))?;
    row.try_get("", "ms")
        .map(UnixMs)
        .map_err(StoreError::during(operation))
}

/// Makes the rows of partitions `0..count`, and answers how many there are: more than `count` when the log was
/// made smaller, which nobody may do.
///
/// # Errors
/// When the database does not answer.
pub async fn prepare(conn: &impl ConnectionTrait, count: u32) -> Result<u64, StoreError> {
    let operation = "prepare the partitions";
    for number in 0..count {
        let row = partition::ActiveModel {
            partition: Set(column(PartitionId(number))),
            node: Set(None),
            epoch: Set(0),
            lease_until: Set(None),
        };
        partition::Entity::insert(row)
            .on_conflict_do_nothing_on([partition::Column::Partition])
            .exec_without_returning(conn)
            .await
            .map_err(StoreError::during(operation))?;
    }
    list(conn).await.map(|rows| rows.len() as u64)
}

/// All partitions, by number.
///
/// # Errors
/// When the database does not answer.
pub async fn list(conn: &impl ConnectionTrait) -> Result<Vec<partition::Model>, StoreError> {
    partition::Entity::find()
        .order_by_asc(partition::Column::Partition)
        .all(conn)
        .await
        .map_err(StoreError::during("list the partitions"))
}

/// Claims a partition for `lease`: one that nobody holds, whose lease ran out, or that this very node held before
/// it restarted. `None`: somebody else holds it.
///
/// # Errors
/// When the database does not answer; then nothing was claimed.
pub async fn claim(
    db: &Db,
    id: NodeId,
    of: PartitionId,
    lease: Duration,
) -> Result<Option<Epoch>, StoreError> {
    db.transaction("claim a partition", |tx| {
        async move {
            let now = database_now(tx).await?;
            let row = partition::Entity::find_by_id(column(of))
                .lock_exclusive()
                .one(tx)
                .await
                .map_err(StoreError::during("claim a partition"))?
                .ok_or_else(|| StoreError::not_found("partition", of))?;
            let me = id.0.to_string();
            let held = row.node.as_ref().is_some_and(|holder| *holder != me)
                && row
                    .lease_until
                    .is_some_and(|until| UnixMs::from(until) > now);
            if held {
                return Ok(None);
            }
            let epoch = row.epoch.saturating_add(1);
            partition::Entity::update_many()
                .col_expr(partition::Column::Node, Expr::value(me))
                .col_expr(partition::Column::Epoch, Expr::value(epoch))
                .col_expr(
                    partition::Column::LeaseUntil,
                    Expr::value(now.plus(lease).to_datetime()),
                )
                .filter(partition::Column::Partition.eq(column(of)))
                .exec(tx)
                .await
                .map_err(StoreError::during("claim a partition"))?;
            Ok(Some(Epoch(u64::try_from(epoch).unwrap_or_default())))
        }
        .boxed()
    })
    .await
}

/// Prolongs a lease. False: it is no longer ours.
///
/// # Errors
/// When the database does not answer.
pub async fn renew(
    conn: &impl ConnectionTrait,
    id: NodeId,
    of: PartitionId,
    epoch: Epoch,
    lease: Duration,
) -> Result<bool, StoreError> {
    let now = database_now(conn).await?;
    let renewed = partition::Entity::update_many()
        .col_expr(
            partition::Column::LeaseUntil,
            Expr::value(now.plus(lease).to_datetime()),
        )
        .filter(ours(id, of, epoch))
        .exec(conn)
        .await
        .map_err(StoreError::during("renew a lease"))?;
    Ok(renewed.rows_affected > 0)
}

/// Gives a partition back; one that is no longer ours is left alone.
///
/// # Errors
/// When the database does not answer; the lease runs out by itself then.
pub async fn release(
    conn: &impl ConnectionTrait,
    id: NodeId,
    of: PartitionId,
    epoch: Epoch,
) -> Result<(), StoreError> {
    partition::Entity::update_many()
        .col_expr(partition::Column::Node, Expr::value(Option::<String>::None))
        .col_expr(
            partition::Column::LeaseUntil,
            Expr::value(Option::<chrono::DateTime<chrono::Utc>>::None),
        )
        .filter(ours(id, of, epoch))
        .exec(conn)
        .await
        .map_err(StoreError::during("release a partition"))?;
    Ok(())
}

/// Whether `epoch` is still the partition's. Inside a transaction it stays true until the commit: the row is locked
/// (SQLite has one writer anyway).
///
/// # Errors
/// When the database does not answer.
pub async fn holds(
    tx: &impl ConnectionTrait,
    of: PartitionId,
    epoch: Epoch,
) -> Result<bool, StoreError> {
    let row = partition::Entity::find_by_id(column(of))
        .lock_shared()
        .one(tx)
        .await
        .map_err(StoreError::during("check a partition's epoch"))?;
    Ok(row.is_some_and(|row| u64::try_from(row.epoch) == Ok(epoch.0)))
}

fn ours(id: NodeId, of: PartitionId, epoch: Epoch) -> sea_orm::Condition {
    sea_orm::Condition::all()
        .add(partition::Column::Partition.eq(column(of)))
        .add(partition::Column::Node.eq(id.0.to_string()))
        .add(partition::Column::Epoch.eq(i64::try_from(epoch.0).unwrap_or(i64::MAX)))
}

fn column(of: PartitionId) -> i32 {
    i32::try_from(of.0).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const LEASE: Duration = Duration::from_secs(15);
    const P: PartitionId = PartitionId(0);

    fn node(n: u128) -> NodeId {
        NodeId(Uuid::from_u128(n))
    }

    async fn prepared() -> Db {
        let db = Db::open_temporary().await.unwrap();
        assert_eq!(prepare(db.write(), 4).await.unwrap(), 4);
        assert_eq!(prepare(db.write(), 2).await.unwrap(), 4, "it shrank");
        db
    }

    #[tokio::test]
    async fn one_holds_it_until_the_lease_runs_out() {
        let db = prepared().await;
        let got = claim(&db, node(1), P, LEASE).await.unwrap();
        assert_eq!(got, Some(Epoch(1)));
        assert_eq!(claim(&db, node(2), P, LEASE).await.unwrap(), None);
        assert!(
            renew(db.write(), node(1), P, Epoch(1), Duration::ZERO)
                .await
                .unwrap()
        );
        let got = claim(&db, node(2), P, LEASE).await.unwrap();
        assert_eq!(got, Some(Epoch(2)));
        assert!(
            !renew(db.write(), node(1), P, Epoch(1), LEASE)
                .await
                .unwrap()
        );
        release(db.write(), node(1), P, Epoch(1)).await.unwrap();
        assert!(
            holds(db.read(), P, Epoch(2)).await.unwrap(),
            "not the old owner's to give back"
        );
        assert!(!holds(db.read(), P, Epoch(1)).await.unwrap());
    }

    #[tokio::test]
    async fn a_restarted_node_reclaims_its_own_at_once_and_a_released_one_is_free() {
        let db = prepared().await;
        claim(&db, node(1), P, LEASE).await.unwrap();
        let again = claim(&db, node(1), P, LEASE).await.unwrap();
        assert_eq!(again, Some(Epoch(2)));
        release(db.write(), node(1), P, Epoch(2)).await.unwrap();
        let other = claim(&db, node(2), P, LEASE).await.unwrap();
        assert_eq!(other, Some(Epoch(3)));
    }

    #[tokio::test]
    async fn claiming_something_that_is_not_there_is_an_error() {
        let db = prepared().await;
        let got = claim(&db, node(1), PartitionId(99), LEASE).await;
        assert!(matches!(got, Err(StoreError::NotFound { .. })));
        let now = database_now(db.read()).await.unwrap();
        assert!(
            now > UnixMs(1_600_000_000_000),
            "milliseconds, and of this century"
        );
    }
}

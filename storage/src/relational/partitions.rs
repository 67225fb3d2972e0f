//! Who owns which partition of the log: nodes, leases, epochs. All times are the database's.
//!
//! Claiming adds 1 to a partition's epoch, and every effect checks the epoch inside its own transaction
//! ([`holds`]). So a lease that ran out unnoticed costs nothing but work: the old owner's effects are refused.

use super::entity::partition;
use super::{Db, StoreError};
use futures::FutureExt;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::{Epoch, NodeId, PartitionId};
use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, QueryFilter,
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
/// made smaller, which nobody may do. What is there is read and not touched: a node starts also while another one, that
/// hangs in a transaction, holds a partition.
///
/// # Errors
/// When the database does not answer.
pub async fn prepare(conn: &impl ConnectionTrait, count: u32) -> Result<u64, StoreError> {
    let there = list(conn).await?;
    let missing = |number: &i32| !there.iter().any(|row| row.partition == *number);
    let numbers = (0..count).map(|number| column(PartitionId(number)));
    let rows: Vec<_> = numbers
        .filter(missing)
        .map(|number| partition::ActiveModel {
            partition: Set(number),
            node: Set(None),
            epoch: Set(0),
            lease_until: Set(None),
        })
        .collect();
    if rows.is_empty() {
        return Ok(there.len() as u64);
    }
    partition::Entity::insert_many(rows)
        .on_conflict_do_nothing_on([partition::Column::Partition])
        .exec_without_returning(conn)
        .await
        .map_err(StoreError::during("prepare the partitions"))?;
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

/// Claims partitions for `lease`: those of `wanted` that nobody holds, whose lease ran out, or that this very node
/// held before it restarted. Answers which, each under its new epoch; the others are somebody else's.
///
/// Nobody is waited for: a partition that another transaction holds right now, an effect of its old owner or somebody
/// else's claim, is left for the next time. A claimant has leases of its own to renew meanwhile.
///
/// # Errors
/// When the database does not answer, or one of them does not exist; then nothing was claimed.
pub async fn claim(
    db: &Db,
    id: NodeId,
    wanted: &[PartitionId],
    lease: Duration,
) -> Result<Vec<(PartitionId, Epoch)>, StoreError> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    db.transaction("claim partitions", |tx| {
        let wanted = wanted.to_vec();
        async move {
            let operation = "claim partitions";
            let now = database_now(tx).await?;
            let asked = partition::Entity::find()
                .filter(partition::Column::Partition.is_in(wanted.iter().copied().map(column)))
                .order_by_asc(partition::Column::Partition);
            let rows = asked
                .clone()
                .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
                .all(tx)
                .await
                .map_err(StoreError::during(operation))?;
            if rows.len() < wanted.len() {
                // Somebody's at this moment, or not there at all: reading without a lock tells.
                let there = asked.all(tx).await;
                let there = there.map_err(StoreError::during(operation))?;
                let missing =
                    |of: &&PartitionId| !there.iter().any(|row| row.partition == column(**of));
                if let Some(of) = wanted.iter().find(missing) {
                    return Err(StoreError::not_found("partition", of));
                }
            }
            let me = id.to_string();
            let free: Vec<_> = rows
                .into_iter()
                .filter(|row| row.is_free(&me, now))
                .collect();
            if free.is_empty() {
                return Ok(Vec::new());
            }
            partition::Entity::update_many()
                .col_expr(partition::Column::Node, Expr::value(me))
                .col_expr(
                    partition::Column::Epoch,
                    Expr::col(partition::Column::Epoch).add(1),
                )
                .col_expr(
                    partition::Column::LeaseUntil,
                    Expr::value(now.plus(lease).to_datetime()),
                )
                .filter(partition::Column::Partition.is_in(free.iter().map(|row| row.partition)))
                .exec(tx)
                .await
                .map_err(StoreError::during(operation))?;
            let claimed = free.into_iter().map(|row| {
                let number = u32::try_from(row.partition).unwrap_or_default();
                let epoch = u64::try_from(row.epoch).unwrap_or_default();
                (PartitionId(number), Epoch(epoch.saturating_add(1)))
            });
            Ok(claimed.collect())
        }
        .boxed()
    })
    .await
}

/// Prolongs leases to `lease` from `now` on, which is the database's; those that are no longer ours stay as they
/// are. Answers how many were prolonged.
///
/// # Errors
/// When the database does not answer.
pub async fn renew(
    conn: &impl ConnectionTrait,
    id: NodeId,
    held: &[(PartitionId, Epoch)],
    lease: Duration,
    now: UnixMs,
) -> Result<u64, StoreError> {
    if held.is_empty() {
        return Ok(0);
    }
    let renewed = partition::Entity::update_many()
        .col_expr(
            partition::Column::LeaseUntil,
            Expr::value(now.plus(lease).to_datetime()),
        )
        .filter(ours(id, held))
        .exec(conn)
        .await
        .map_err(StoreError::during("renew leases"))?;
    Ok(renewed.rows_affected)
}

/// Gives partitions back; those that are no longer ours are left alone.
///
/// # Errors
/// When the database does not answer; the leases run out by themselves then.
pub async fn release(
    conn: &impl ConnectionTrait,
    id: NodeId,
    held: &[(PartitionId, Epoch)],
) -> Result<(), StoreError> {
    if held.is_empty() {
        return Ok(());
    }
    partition::Entity::update_many()
        .col_expr(partition::Column::Node, Expr::value(Option::<String>::None))
        .col_expr(
            partition::Column::LeaseUntil,
            Expr::value(Option::<chrono::DateTime<chrono::Utc>>::None),
        )
        .filter(ours(id, held))
        .exec(conn)
        .await
        .map_err(StoreError::during("release partitions"))?;
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

impl partition::Model {
    /// Whether node `me` may claim it now.
    #[must_use]
    pub fn is_free(&self, me: &str, now: UnixMs) -> bool {
        self.node.as_deref().is_none_or(|holder| holder == me)
            || self
                .lease_until
                .is_none_or(|until| UnixMs::from(until) <= now)
    }

    /// Whether node `me` holds it under this epoch.
    #[must_use]
    pub fn is_held(&self, me: &str, epoch: Epoch) -> bool {
        self.node.as_deref() == Some(me) && u64::try_from(self.epoch) == Ok(epoch.0)
    }
}

fn ours(id: NodeId, held: &[(PartitionId, Epoch)]) -> Condition {
    let each = held.iter().map(|(of, epoch)| {
        Condition::all()
            .add(partition::Column::Partition.eq(column(*of)))
            .add(partition::Column::Epoch.eq(i64::try_from(epoch.0).unwrap_or(i64::MAX)))
    });
    Condition::all()
        .add(partition::Column::Node.eq(id.to_string()))
        .add(each.fold(Condition::any(), Condition::add))
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

    async fn take(db: &Db, n: u128, wanted: &[u32]) -> Vec<(u32, u64)> {
        let wanted: Vec<_> = wanted.iter().copied().map(PartitionId).collect();
        let claimed = claim(db, node(n), &wanted, LEASE).await.unwrap();
        claimed.into_iter().map(|(p, e)| (p.0, e.0)).collect()
    }

    async fn prolong(db: &Db, n: u128, epoch: u64, lease: Duration) -> u64 {
        let now = database_now(db.write()).await.unwrap();
        let held = [(P, Epoch(epoch))];
        renew(db.write(), node(n), &held, lease, now).await.unwrap()
    }

    #[tokio::test]
    async fn one_holds_it_until_the_lease_runs_out() {
        let db = prepared().await;
        assert_eq!(take(&db, 1, &[0]).await, [(0, 1)]);
        assert_eq!(take(&db, 2, &[0]).await, []);
        assert_eq!(prolong(&db, 1, 1, Duration::ZERO).await, 1);
        assert_eq!(take(&db, 2, &[0]).await, [(0, 2)]);
        assert_eq!(prolong(&db, 1, 1, LEASE).await, 0, "somebody else's by now");
        release(db.write(), node(1), &[(P, Epoch(1))])
            .await
            .unwrap();
        assert!(
            holds(db.read(), P, Epoch(2)).await.unwrap(),
            "not the old owner's to give back"
        );
        assert!(!holds(db.read(), P, Epoch(1)).await.unwrap());
    }

    #[tokio::test]
    async fn a_restarted_node_reclaims_its_own_at_once_and_a_released_one_is_free() {
        let db = prepared().await;
        take(&db, 1, &[0]).await;
        assert_eq!(take(&db, 1, &[0]).await, [(0, 2)]);
        release(db.write(), node(1), &[(P, Epoch(2))])
            .await
            .unwrap();
        assert_eq!(take(&db, 2, &[0]).await, [(0, 3)]);
    }

    #[tokio::test]
    async fn many_are_claimed_at_once_and_nobody_gets_what_another_has() {
        let db = prepared().await;
        let all = [0, 1, 2, 3];
        let (one, two) = tokio::join!(take(&db, 1, &all), take(&db, 2, &all));
        let mut got: Vec<_> = one.iter().chain(&two).copied().collect();
        got.sort_unstable();
        assert_eq!(got, [(0, 1), (1, 1), (2, 1), (3, 1)], "{one:?} {two:?}");
        let held: Vec<_> = [&one, &two]
            .map(|got| {
                let ids = got.iter().map(|(p, e)| (PartitionId(*p), Epoch(*e)));
                ids.collect::<Vec<_>>()
            })
            .into();
        for (n, held) in [1, 2].into_iter().zip(&held) {
            release(db.write(), node(n), held).await.unwrap();
        }
        let rows = list(db.read()).await.unwrap();
        assert!(rows.iter().all(|row| row.node.is_none()));
    }

    #[tokio::test]
    async fn claiming_something_that_is_not_there_is_an_error() {
        let db = prepared().await;
        let got = claim(&db, node(1), &[P, PartitionId(99)], LEASE).await;
        assert!(matches!(got, Err(StoreError::NotFound { .. })));
        assert_eq!(take(&db, 2, &[0]).await, [(0, 1)], "nothing was claimed");
        let now = database_now(db.read()).await.unwrap();
        assert!(
            now > UnixMs(1_600_000_000_000),
            "milliseconds, and of this century"
        );
    }
}

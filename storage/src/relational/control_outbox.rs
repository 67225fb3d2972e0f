//! Operators' decisions on their way into the log: stored with their cause, deleted once the log has them.

use super::StoreError;
use super::entity::control_outbox;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Control;
use noc_pipeline::id::PartitionId;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

/// One decision on its way.
#[derive(Debug, Clone, PartialEq)]
pub struct Staged {
    /// Row of the outbox; grows.
    pub id: i64,
    /// When it was decided.
    pub at: UnixMs,
    /// Where it goes; `None` means every partition.
    pub partition: Option<PartitionId>,
    /// What was decided.
    pub control: Control,
}

/// Stores a decision, inside the transaction of what caused it.
///
/// # Errors
/// When the database does not answer, or the decision cannot be written as JSON.
pub async fn stage(
    tx: &impl ConnectionTrait,
    partition: Option<PartitionId>,
    control: &Control,
    at: UnixMs,
) -> Result<(), StoreError> {
    let json = serde_json::to_value(control).map_err(|e| damaged("new", &e))?;
    let row = control_outbox::ActiveModel {
        created_at: Set(at.to_datetime()),
        partition: Set(partition.map(|p| i32::try_from(p.0).unwrap_or(i32::MAX))),
        control: Set(json),
        ..Default::default()
    };
    control_outbox::Entity::insert(row)
        .exec_without_returning(tx)
        .await
        .map_err(StoreError::during("stage a control record"))?;
    Ok(())
}

/// The oldest `limit` decisions still on their way, oldest first. Rows that cannot be read come back as their id.
///
/// # Errors
/// When the database does not answer.
pub async fn pending(
    conn: &impl ConnectionTrait,
    limit: u64,
) -> Result<Vec<Result<Staged, (i64, StoreError)>>, StoreError> {
    let rows = control_outbox::Entity::find()
        .order_by_asc(control_outbox::Column::Id)
        .limit(limit)
        .all(conn)
        .await
        .map_err(StoreError::during("read staged control records"))?;
    let read = rows.into_iter().map(|row| {
        let control = serde_json::from_value(row.control);
        let control = control.map_err(|e| (row.id, damaged(row.id, &e)))?;
        Ok(Staged {
            id: row.id,
            at: row.created_at.into(),
            partition: row
                .partition
                .map(|p| PartitionId(u32::try_from(p).unwrap_or_default())),
            control,
        })
    });
    Ok(read.collect())
}

/// Deletes decisions that the log has.
///
/// # Errors
/// When the database does not answer; then they go into the log again, which changes nothing.
pub async fn delivered(conn: &impl ConnectionTrait, ids: &[i64]) -> Result<(), StoreError> {
    control_outbox::Entity::delete_many()
        .filter(control_outbox::Column::Id.is_in(ids.iter().copied()))
        .exec(conn)
        .await
        .map_err(StoreError::during("delete staged control records"))?;
    Ok(())
}

fn damaged(id: impl ToString, error: &serde_json::Error) -> StoreError {
    StoreError::Damaged {
        what: "control_outbox",
        id: id.to_string(),
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relational::Db;
    use noc_pipeline::id::ServerId;

    #[tokio::test]
    async fn they_leave_in_the_order_they_were_staged_in() {
        let db = Db::open_temporary().await.unwrap();
        let removed = |n| Control::ServerRemoved {
            server: ServerId(n),
        };
        for n in 0..3 {
            let to = (n > 0).then_some(PartitionId(n));
            let staged = stage(db.write(), to, &removed(n), UnixMs(5)).await;
            staged.unwrap();
        }
        let all = pending(db.read(), 10).await.unwrap();
        let all: Vec<_> = all.into_iter().map(Result::unwrap).collect();
        let controls: Vec<_> = all.iter().map(|s| s.control.clone()).collect();
        assert_eq!(controls, [removed(0), removed(1), removed(2)]);
        assert_eq!(all[0].partition, None);
        assert_eq!(
            (all[2].partition, all[2].at),
            (Some(PartitionId(2)), UnixMs(5))
        );
        delivered(db.write(), &[all[0].id, all[1].id])
            .await
            .unwrap();
        assert_eq!(pending(db.read(), 10).await.unwrap().len(), 1);
    }
}

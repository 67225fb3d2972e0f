//! Incarnations of the payload log: which one is read, and how another one under the same name is found out.
//!
//! The embedded log keeps its id itself and is only noted. A Kafka topic has none, so the row with its `kind` decides:
//! nodes that start together agree, because that column is unique. Marks say what stood where, one a partition; a log
//! that ends before a mark, or holds another record there, is another log and gets an id of its own. A new id makes every
//! claim of a partition void, so that nobody stores anything more under the old one.

use super::entity::{log, log_mark, partition};
use super::{Db, StoreError};
use futures::FutureExt;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::{LogId, Offset, PartitionId};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait, OnConflict},
};
use uuid::Uuid;

/// What stood where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// In this partition.
    pub partition: PartitionId,
    /// At this position.
    pub offset: Offset,
    /// Of the record's bytes; compared, never read.
    pub fingerprint: String,
}

/// Notes a log that keeps its id itself; one that is known stays as it is.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn known(conn: &impl ConnectionTrait, id: LogId, now: UnixMs) -> Result<(), StoreError> {
    let row = log::Model {
        id: id.to_string(),
        created_at: now.to_datetime(),
        kind: None,
        replaced_at: None,
    };
    log::Entity::insert(row.into_active_model().reset_all())
        .on_conflict_do_nothing_on([log::Column::Id])
        .exec_without_returning(conn)
        .await
        .map_err(StoreError::during("note a log"))?;
    Ok(())
}

/// The current incarnation of this kind of log.
///
/// # Errors
/// [`StoreError::Query`]; [`StoreError::Damaged`] for an id that is none.
pub async fn current(conn: &impl ConnectionTrait, kind: &str) -> Result<Option<LogId>, StoreError> {
    let row = log::Entity::find()
        .filter(log::Column::Kind.eq(kind))
        .one(conn)
        .await
        .map_err(StoreError::during("read the log's id"))?;
    row.map(|row| parse(&row.id)).transpose()
}

/// The current incarnation of this kind of log; the first one is made here, the same for all who ask at once.
///
/// # Errors
/// As [`current`].
pub async fn begin(db: &Db, kind: &str, now: UnixMs) -> Result<LogId, StoreError> {
    if let Some(id) = current(db.write(), kind).await? {
        return Ok(id);
    }
    let inserted = insert(db.write(), kind, now).await;
    match inserted {
        Err(error) if !error.is_unique_violation() => Err(error),
        _ => current(db.write(), kind)
            .await?
            .ok_or_else(|| StoreError::not_found("log", kind)),
    }
}

/// Puts a new incarnation in the place of `old`, and makes every claim of a partition void. Where `old` is not the
/// current one any more, somebody else did so already: nothing changes. Answers the current one either way.
///
/// # Errors
/// As [`current`]; then nothing changed.
pub async fn replace(db: &Db, kind: &str, old: LogId, now: UnixMs) -> Result<LogId, StoreError> {
    let kind = kind.to_owned();
    db.transaction("give the log a new id", |tx| {
        let kind = kind.clone();
        async move {
            let operation = "give the log a new id";
            // By its id: whoever waited for this lock finds it without its kind, and not nothing.
            let row = log::Entity::find_by_id(old.to_string())
                .lock_exclusive()
                .one(tx)
                .await
                .map_err(StoreError::during(operation))?;
            if row.is_none_or(|row| row.kind.as_ref() != Some(&kind)) {
                return current(tx, &kind)
                    .await?
                    .ok_or_else(|| StoreError::not_found("log", &kind));
            }
            log::Entity::update_many()
                .col_expr(log::Column::Kind, Expr::value(Option::<String>::None))
                .col_expr(log::Column::ReplacedAt, Expr::value(now.to_datetime()))
                .filter(log::Column::Id.eq(old.to_string()))
                .exec(tx)
                .await
                .map_err(StoreError::during(operation))?;
            let new = insert(tx, &kind, now).await?;
            // Their nodes may claim them again at once, under the new id; nobody else before their leases are over.
            partition::Entity::update_many()
                .col_expr(
                    partition::Column::Epoch,
                    Expr::col(partition::Column::Epoch).add(1),
                )
                .exec(tx)
                .await
                .map_err(StoreError::during(operation))?;
            Ok(new)
        }
        .boxed()
    })
    .await
}

/// Notes what stands where; of each partition the newest mark stays.
///
/// # Errors
/// [`StoreError::Query`]; the mark before it stays good.
pub async fn note(
    conn: &impl ConnectionTrait,
    id: LogId,
    mark: &Mark,
    now: UnixMs,
) -> Result<(), StoreError> {
    let row = log_mark::ActiveModel {
        log_id: Set(id.to_string()),
        partition: Set(i32::try_from(mark.partition.0).unwrap_or(i32::MAX)),
        off: Set(i64::try_from(mark.offset.0).unwrap_or(i64::MAX)),
        fingerprint: Set(mark.fingerprint.clone()),
        noted_at: Set(now.to_datetime()),
    };
    let newer = OnConflict::columns([log_mark::Column::LogId, log_mark::Column::Partition])
        .update_columns([
            log_mark::Column::Off,
            log_mark::Column::Fingerprint,
            log_mark::Column::NotedAt,
        ])
        .to_owned();
    log_mark::Entity::insert(row)
        .on_conflict(newer)
        .exec_without_returning(conn)
        .await
        .map_err(StoreError::during("note a mark of the log"))?;
    Ok(())
}

/// The marks of an incarnation, by partition.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn marks(conn: &impl ConnectionTrait, id: LogId) -> Result<Vec<Mark>, StoreError> {
    let rows = log_mark::Entity::find()
        .filter(log_mark::Column::LogId.eq(id.to_string()))
        .all(conn)
        .await
        .map_err(StoreError::during("read the marks of the log"))?;
    let mut marks: Vec<_> = rows
        .into_iter()
        .map(|row| Mark {
            partition: PartitionId(u32::try_from(row.partition).unwrap_or_default()),
            offset: Offset(u64::try_from(row.off).unwrap_or_default()),
            fingerprint: row.fingerprint,
        })
        .collect();
    marks.sort_by_key(|mark| mark.partition);
    Ok(marks)
}

async fn insert(conn: &impl ConnectionTrait, kind: &str, now: UnixMs) -> Result<LogId, StoreError> {
    let id = LogId(Uuid::new_v4());
    let row = log::Model {
        id: id.to_string(),
        created_at: now.to_datetime(),
        kind: Some(kind.to_owned()),
        replaced_at: None,
    };
    log::Entity::insert(row.into_active_model().reset_all())
        .exec_without_returning(conn)
        .await
        .map_err(StoreError::inserting("begin a log", "log", kind))?;
    Ok(id)
}

fn parse(id: &str) -> Result<LogId, StoreError> {
    Uuid::try_parse(id)
        .map(LogId)
        .map_err(|error| StoreError::damaged("log", id, error))
}

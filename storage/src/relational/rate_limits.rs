//! Failures counted per bucket in a fixed window, shared by all nodes.
//!
//! A bucket is a text of the caller's making, such as `login:address:192.0.2.7`. Counting is one statement, so two
//! nodes never lose a failure between reading and writing.

use super::StoreError;
use super::entity::rate_limit;
use noc_pipeline::clock::UnixMs;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    sea_query::{CaseStatement, Expr, ExprTrait, OnConflict},
};
use std::time::Duration;

/// How a bucket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BucketState {
    /// Failures in the running window; 0 once it is over.
    pub failures: u32,
    /// Refused until then; `None` if not, or no longer.
    pub locked_until: Option<UnixMs>,
}

/// Counts one failure, in a new window if the last one is over, and tells how the bucket stands then.
///
/// On MariaDB parallel first failures of one bucket can deadlock: call it in a [`super::Db::transaction`].
///
/// # Errors
/// [`StoreError::Query`].
pub async fn register_failure(
    conn: &impl ConnectionTrait,
    bucket: &str,
    window: Duration,
    now: UnixMs,
) -> Result<BucketState, StoreError> {
    use rate_limit::{Column, Entity};
    let at = now.to_datetime();
    let first = rate_limit::ActiveModel {
        bucket: Set(bucket.to_owned()),
        count: Set(1),
        window_started_at: Set(at),
        locked_until: Set(None),
    };
    let over = || Expr::col((Entity, Column::WindowStartedAt)).lte(now.minus(window).to_datetime());
    // MariaDB assigns from left to right, so the count must look at the window before it moves.
    let count = CaseStatement::new()
        .case(over(), 1)
        .finally(Expr::col((Entity, Column::Count)).add(1));
    let started = CaseStatement::new()
        .case(over(), at)
        .finally(Expr::col((Entity, Column::WindowStartedAt)));
    let again = OnConflict::column(Column::Bucket)
        .value(Column::Count, count)
        .value(Column::WindowStartedAt, started)
        .to_owned();
    Entity::insert(first)
        .on_conflict(again)
        .exec_without_returning(conn)
        .await
        .map_err(StoreError::during("count a failure"))?;
    state(conn, bucket, window, now).await
}

/// How a bucket stands.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn state(
    conn: &impl ConnectionTrait,
    bucket: &str,
    window: Duration,
    now: UnixMs,
) -> Result<BucketState, StoreError> {
    let row = rate_limit::Entity::find_by_id(bucket)
        .one(conn)
        .await
        .map_err(StoreError::during("read a rate limit"))?;
    Ok(row.map_or_else(BucketState::default, |row| {
        let running = row.window_started_at > now.minus(window).to_datetime();
        BucketState {
            failures: if running {
                u32::try_from(row.count).unwrap_or(0)
            } else {
                0
            },
            locked_until: row
                .locked_until
                .map(UnixMs::from)
                .filter(|until| *until > now),
        }
    }))
}

/// Locks a bucket that has failures until `until`.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn lock(
    conn: &impl ConnectionTrait,
    bucket: &str,
    until: UnixMs,
) -> Result<(), StoreError> {
    rate_limit::Entity::update_many()
        .col_expr(
            rate_limit::Column::LockedUntil,
            Expr::value(until.to_datetime()),
        )
        .filter(rate_limit::Column::Bucket.eq(bucket))
        .exec(conn)
        .await
        .map_err(StoreError::during("lock a rate limit"))?;
    Ok(())
}

/// Forgets buckets: failures and locks.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn clear(conn: &impl ConnectionTrait, buckets: &[&str]) -> Result<(), StoreError> {
    rate_limit::Entity::delete_many()
        .filter(rate_limit::Column::Bucket.is_in(buckets.iter().copied()))
        .exec(conn)
        .await
        .map_err(StoreError::during("clear rate limits"))?;
    Ok(())
}

/// Removes buckets whose window and lock are over; how many.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn expire(
    conn: &impl ConnectionTrait,
    window: Duration,
    now: UnixMs,
) -> Result<u64, StoreError> {
    let unlocked = rate_limit::Column::LockedUntil
        .is_null()
        .or(rate_limit::Column::LockedUntil.lte(now.to_datetime()));
    let deleted = rate_limit::Entity::delete_many()
        .filter(rate_limit::Column::WindowStartedAt.lte(now.minus(window).to_datetime()))
        .filter(unlocked)
        .exec(conn)
        .await
        .map_err(StoreError::during("remove old rate limits"))?;
    Ok(deleted.rows_affected)
}

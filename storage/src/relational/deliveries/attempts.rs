//! `delivery_attempts`: every try of a delivery, with its outcome.

use super::super::StoreError;
use super::super::entity::delivery_attempt;
use super::super::lists::in_parts;
use noc_pipeline::clock::UnixMs;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
};

/// One try, to be noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAttempt {
    /// Of which delivery.
    pub delivery_id: i64,
    /// When it began.
    pub at: UnixMs,
    /// `sent`, `retry`, `permanent` ...
    pub outcome: String,
    /// The provider's answer, without secrets.
    pub detail: String,
    /// How long it took, ms.
    pub duration_ms: i64,
}

/// Notes one try.
///
/// # Errors
/// As [`record_attempts`].
pub async fn record_attempt(
    conn: &impl ConnectionTrait,
    delivery_id: i64,
    at: UnixMs,
    outcome: &str,
    detail: &str,
    duration_ms: i64,
) -> Result<(), StoreError> {
    let attempt = NewAttempt {
        delivery_id,
        at,
        outcome: outcome.to_owned(),
        detail: detail.to_owned(),
        duration_ms,
    };
    record_attempts(conn, vec![attempt]).await
}

/// Notes tries. In a transaction.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn record_attempts(
    conn: &impl ConnectionTrait,
    attempts: Vec<NewAttempt>,
) -> Result<(), StoreError> {
    for part in in_parts(attempts) {
        let rows = part
            .into_iter()
            .map(|attempt| delivery_attempt::ActiveModel {
                delivery_id: Set(attempt.delivery_id),
                at: Set(attempt.at.to_datetime()),
                outcome: Set(attempt.outcome),
                detail: Set(attempt.detail),
                duration_ms: Set(attempt.duration_ms),
                ..Default::default()
            });
        delivery_attempt::Entity::insert_many(rows)
            .exec_without_returning(conn)
            .await
            .map_err(StoreError::during("record delivery attempts"))?;
    }
    Ok(())
}

/// The tries of one delivery, oldest first.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn attempts_of(
    conn: &impl ConnectionTrait,
    delivery_id: i64,
) -> Result<Vec<delivery_attempt::Model>, StoreError> {
    delivery_attempt::Entity::find()
        .filter(delivery_attempt::Column::DeliveryId.eq(delivery_id))
        .order_by_asc(delivery_attempt::Column::Id)
        .all(conn)
        .await
        .map_err(StoreError::during("read delivery attempts"))
}

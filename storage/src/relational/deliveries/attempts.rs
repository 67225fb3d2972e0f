//! `delivery_attempts`: every try of a delivery, with its outcome.

use super::super::StoreError;
use super::super::entity::delivery_attempt;
use noc_pipeline::clock::UnixMs;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
};

/// Notes one try.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn record_attempt(
    conn: &impl ConnectionTrait,
    delivery_id: i64,
    at: UnixMs,
    outcome: &str,
    detail: &str,
    duration_ms: i64,
) -> Result<(), StoreError> {
    delivery_attempt::Entity::insert(delivery_attempt::ActiveModel {
        delivery_id: Set(delivery_id),
        at: Set(at.to_datetime()),
        outcome: Set(outcome.to_owned()),
        detail: Set(detail.to_owned()),
        duration_ms: Set(duration_ms),
        ..Default::default()
    })
    .exec_without_returning(conn)
    .await
    .map_err(StoreError::during("record a delivery attempt"))?;
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

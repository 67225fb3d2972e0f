//! `digests`: what time each person's daily messages cover. One a person and time of day, whoever makes it.

use super::StoreError;
use super::entity::digest::{ActiveModel, Column, Entity, Model};
use noc_pipeline::clock::UnixMs;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
};
use serde_json::Value;

/// Notes a digest, in the transaction that queues its message; `delivery_id` of `None`: there was nothing to tell.
/// `lines` are the incidents it covers, as whoever made it writes them.
///
/// # Errors
/// [`StoreError::Conflict`] when somebody else has noted it; the transaction must then not be committed.
/// [`StoreError::Query`].
pub async fn note(
    tx: &impl ConnectionTrait,
    user_id: i64,
    since: UnixMs,
    until: UnixMs,
    delivery_id: Option<i64>,
    lines: Value,
    now: UnixMs,
) -> Result<Model, StoreError> {
    let row = ActiveModel {
        lines: Set(Some(lines)),
        user_id: Set(user_id),
        since: Set(since.to_datetime()),
        until: Set(until.to_datetime()),
        delivery_id: Set(delivery_id),
        created_at: Set(now.to_datetime()),
        ..Default::default()
    };
    row.insert(tx).await.map_err(StoreError::inserting(
        "note a digest",
        "digest",
        format!("of {user_id} until {until}"),
    ))
}

/// The digest that a message carries.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn of_delivery(
    conn: &impl ConnectionTrait,
    delivery_id: i64,
) -> Result<Option<Model>, StoreError> {
    Entity::find()
        .filter(Column::DeliveryId.eq(delivery_id))
        .one(conn)
        .await
        .map_err(StoreError::during("read a message's digest"))
}

/// A person's digest that covers the time until `until`: the one that the next goes on from.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn that_ends(
    conn: &impl ConnectionTrait,
    user_id: i64,
    until: UnixMs,
) -> Result<Option<Model>, StoreError> {
    Entity::find()
        .filter(Column::UserId.eq(user_id))
        .filter(Column::Until.eq(until.to_datetime()))
        .one(conn)
        .await
        .map_err(StoreError::during("read the digest before"))
}

/// Forgets digests made before `before`; how many.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn retain(conn: &impl ConnectionTrait, before: UnixMs) -> Result<u64, StoreError> {
    let done = Entity::delete_many()
        .filter(Column::CreatedAt.lt(before.to_datetime()))
        .exec(conn)
        .await
        .map_err(StoreError::during("forget digests"))?;
    Ok(done.rows_affected)
}

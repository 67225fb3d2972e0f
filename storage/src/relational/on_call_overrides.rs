//! `on_call_overrides`: who stands in for whom, for a while.

use super::StoreError;
use super::entity::on_call_override::{ActiveModel, Column, Entity, Model};
use noc_pipeline::clock::UnixMs;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait,
    QueryFilter, QueryOrder,
};

/// An override to add.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewOverride {
    /// Row of `on_call_schedules`.
    pub schedule_id: i64,
    /// Who is on duty.
    pub user_id: i64,
    /// Whose turns it takes; `None`: whoever's, and gaps.
    pub replaces_user_id: Option<i64>,
    /// From then on.
    pub starts_at: UnixMs,
    /// Until just before.
    pub ends_at: UnixMs,
    /// Account that makes it.
    pub created_by: Option<i64>,
}

/// Adds an override.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn create(
    conn: &impl ConnectionTrait,
    new: NewOverride,
    now: UnixMs,
) -> Result<Model, StoreError> {
    let row = ActiveModel {
        schedule_id: Set(new.schedule_id),
        user_id: Set(new.user_id),
        replaces_user_id: Set(new.replaces_user_id),
        starts_at: Set(new.starts_at.to_datetime()),
        ends_at: Set(new.ends_at.to_datetime()),
        created_by: Set(new.created_by),
        created_at: Set(now.to_datetime()),
        ..Default::default()
    };
    row.insert(conn)
        .await
        .map_err(StoreError::during("create an override"))
}

/// The override with this id, if it is this schedule's.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn by_id(
    conn: &impl ConnectionTrait,
    schedule_id: i64,
    id: i64,
) -> Result<Option<Model>, StoreError> {
    Entity::find_by_id(id)
        .filter(Column::ScheduleId.eq(schedule_id))
        .one(conn)
        .await
        .map_err(StoreError::during("read an override"))
}

/// Overrides of all schedules that apply at some time of `from..until`, by id.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn between(
    conn: &impl ConnectionTrait,
    from: UnixMs,
    until: UnixMs,
) -> Result<Vec<Model>, StoreError> {
    Entity::find()
        .filter(Column::EndsAt.gt(from.to_datetime()))
        .filter(Column::StartsAt.lt(until.to_datetime()))
        .order_by_asc(Column::Id)
        .all(conn)
        .await
        .map_err(StoreError::during("read overrides"))
}

/// How many of a schedule's are not over yet.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn count_ahead(
    conn: &impl ConnectionTrait,
    schedule_id: i64,
    now: UnixMs,
) -> Result<u64, StoreError> {
    Entity::find()
        .filter(Column::ScheduleId.eq(schedule_id))
        .filter(Column::EndsAt.gt(now.to_datetime()))
        .count(conn)
        .await
        .map_err(StoreError::during("count overrides"))
}

/// Whether an account stands in for somebody, now or later.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn names_user(
    conn: &impl ConnectionTrait,
    user_id: i64,
    now: UnixMs,
) -> Result<bool, StoreError> {
    let found = Entity::find()
        .filter(Column::UserId.eq(user_id))
        .filter(Column::EndsAt.gt(now.to_datetime()))
        .one(conn)
        .await
        .map_err(StoreError::during("look for a person's overrides"))?;
    Ok(found.is_some())
}

/// Deletes an override.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::Query`].
pub async fn delete(conn: &impl ConnectionTrait, id: i64) -> Result<(), StoreError> {
    let done = Entity::delete_by_id(id)
        .exec(conn)
        .await
        .map_err(StoreError::during("delete an override"))?;
    if done.rows_affected == 0 {
        return Err(StoreError::not_found("on_call_override", id));
    }
    Ok(())
}

/// Removes what ended before `before`; how many.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn retain(conn: &impl ConnectionTrait, before: UnixMs) -> Result<u64, StoreError> {
    let done = Entity::delete_many()
        .filter(Column::EndsAt.lt(before.to_datetime()))
        .exec(conn)
        .await
        .map_err(StoreError::during("remove old overrides"))?;
    Ok(done.rows_affected)
}

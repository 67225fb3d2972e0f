//! Maintenance windows: rows that people write; what they mean is worked out where they are used.

use super::entity::maintenance_window::{ActiveModel, Column, Entity, Model};
use super::{StoreError, key_text};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Scope;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use serde_json::{Value, json};

/// The whole of a window, as people write it.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowDraft {
    /// 1 to 190 characters.
    pub name: String,
    /// May be empty.
    pub reason: String,
    /// Which servers.
    pub scope: Scope,
    /// Keys of detectors; empty: all.
    pub detectors: Vec<String>,
    /// IANA name.
    pub timezone: String,
    /// From when on.
    pub starts_at: UnixMs,
    /// Until when.
    pub ends_at: Option<UnixMs>,
    /// When it returns.
    pub recurrence: Option<Value>,
}

impl Model {
    /// Keys of detectors; empty: all.
    #[must_use]
    pub fn detector_list(&self) -> Vec<String> {
        super::strings(&self.detectors)
    }
}

/// All windows, the newest first.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn all(conn: &impl ConnectionTrait) -> Result<Vec<Model>, StoreError> {
    Entity::find()
        .order_by_desc(Column::Id)
        .all(conn)
        .await
        .map_err(StoreError::during("list maintenance windows"))
}

/// Windows that may be under way at `now`: begun, and not over for good.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn around(conn: &impl ConnectionTrait, now: UnixMs) -> Result<Vec<Model>, StoreError> {
    let now = now.to_datetime();
    Entity::find()
        .filter(Column::StartsAt.lte(now))
        .filter(Column::EndsAt.is_null().or(Column::EndsAt.gt(now)))
        .order_by_asc(Column::Id)
        .all(conn)
        .await
        .map_err(StoreError::during("read maintenance windows"))
}

/// One window.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn by_id(conn: &impl ConnectionTrait, id: i64) -> Result<Option<Model>, StoreError> {
    Entity::find_by_id(id)
        .one(conn)
        .await
        .map_err(StoreError::during("read a maintenance window"))
}

/// One window, locked until the transaction ends; `None`: it was deleted.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn lock(tx: &impl ConnectionTrait, id: i64) -> Result<Option<Model>, StoreError> {
    Entity::find_by_id(id)
        .lock_exclusive()
        .one(tx)
        .await
        .map_err(StoreError::during("lock a maintenance window"))
}

/// Adds a window.
///
/// # Errors
/// [`StoreError::Refused`] for a name of no or over 190 characters; [`StoreError::Query`].
pub async fn create(
    tx: &impl ConnectionTrait,
    draft: WindowDraft,
    by: Option<i64>,
    now: UnixMs,
) -> Result<Model, StoreError> {
    key_text("name", &draft.name)?;
    let row = ActiveModel {
        active: Set(false),
        created_by: Set(by),
        created_at: Set(now.to_datetime()),
        ..columns(draft, now)
    };
    row.insert(tx)
        .await
        .map_err(StoreError::during("create a maintenance window"))
}

/// Replaces the whole of a window; whether it was under way stays noted.
///
/// # Errors
/// As [`create`]; [`StoreError::NotFound`].
pub async fn update(
    tx: &impl ConnectionTrait,
    id: i64,
    draft: WindowDraft,
    now: UnixMs,
) -> Result<Model, StoreError> {
    key_text("name", &draft.name)?;
    Entity::update_many()
        .set(columns(draft, now))
        .filter(Column::Id.eq(id))
        .exec(tx)
        .await
        .map_err(StoreError::during("change a maintenance window"))?;
    by_id(tx, id)
        .await?
        .ok_or_else(|| StoreError::not_found("maintenance window", id))
}

/// Deletes a window; what it was.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::Query`].
pub async fn delete(tx: &impl ConnectionTrait, id: i64) -> Result<Model, StoreError> {
    let row = lock(tx, id)
        .await?
        .ok_or_else(|| StoreError::not_found("maintenance window", id))?;
    Entity::delete_by_id(id)
        .exec(tx)
        .await
        .map_err(StoreError::during("delete a maintenance window"))?;
    Ok(row)
}

/// Notes that escalations were settled for the window being under way, or not.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn note_active(
    tx: &impl ConnectionTrait,
    id: i64,
    active: bool,
) -> Result<(), StoreError> {
    Entity::update_many()
        .col_expr(Column::Active, Expr::value(active))
        .filter(Column::Id.eq(id))
        .exec(tx)
        .await
        .map_err(StoreError::during("note a maintenance window's state"))?;
    Ok(())
}

fn columns(draft: WindowDraft, now: UnixMs) -> ActiveModel {
    ActiveModel {
        name: Set(draft.name),
        reason: Set(draft.reason),
        scope: Set(json!(draft.scope)),
        detectors: Set(json!(draft.detectors)),
        timezone: Set(draft.timezone),
        starts_at: Set(draft.starts_at.to_datetime()),
        ends_at: Set(draft.ends_at.map(UnixMs::to_datetime)),
        recurrence: Set(draft.recurrence),
        updated_at: Set(now.to_datetime()),
        ..Default::default()
    }
}

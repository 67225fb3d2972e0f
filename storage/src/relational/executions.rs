//! `executions`: the outbox of paging. A row is written with its incident; whoever moves it names the version it
//! read, so two nodes, or a node and its restarted self, can neither skip nor repeat a step.

use super::StoreError;
use super::entity::execution::{ActiveModel, Column, Entity, Model};
use super::entity::incident;
use super::incidents::RESOLVED;
use super::lists::padded;
use noc_pipeline::clock::UnixMs;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};
use serde_json::Value;
use std::collections::HashMap;
use uuid::Uuid;

/// Where an execution stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its steps fire.
    Armed,
    /// Acknowledged: only unconditional steps fire.
    Paused,
    /// Nothing fires any more.
    Finished,
    /// Nothing fires any more, because nobody watches any longer what it was about.
    Withdrawn,
}

impl State {
    /// The name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Armed => "armed",
            Self::Paused => "paused",
            Self::Finished => "finished",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// What moves: everything else of a row stays.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// Renewed when the policy starts again.
    pub generation: Uuid,
    /// The policy's snapshot.
    pub policy: Value,
    /// Index of the step that fires at `due_at`.
    pub next_step: i32,
    /// 0 for the first pass.
    pub pass: i32,
    /// `None`: nothing fires by itself.
    pub due_at: Option<UnixMs>,
    /// Where it stands.
    pub state: State,
    /// When a step last fired in this generation.
    pub last_step_at: Option<UnixMs>,
    /// Since when it stands still: nothing fires, and `due_at` counts from here once it goes on.
    pub held_at: Option<UnixMs>,
}

/// Writes the row of an incident; returns its id.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn insert(
    conn: &impl ConnectionTrait,
    incident_id: i64,
    place: Place,
    now: UnixMs,
) -> Result<i64, StoreError> {
    let row = ActiveModel {
        incident_id: Set(incident_id),
        row_version: Set(1),
        created_at: Set(now.to_datetime()),
        ..columns(place, now)
    };
    Ok(Entity::insert(row)
        .exec(conn)
        .await
        .map_err(StoreError::during("write an execution"))?
        .last_insert_id)
}

/// Moves a row on, if it is still as it was read; false when somebody was faster.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn move_on(
    conn: &impl ConnectionTrait,
    as_read: &Model,
    place: Place,
    now: UnixMs,
) -> Result<bool, StoreError> {
    let row = ActiveModel {
        row_version: Set(as_read.row_version.saturating_add(1)),
        ..columns(place, now)
    };
    let moved = Entity::update_many()
        .set(row)
        .filter(Column::Id.eq(as_read.id))
        .filter(Column::RowVersion.eq(as_read.row_version))
        .exec(conn)
        .await
        .map_err(StoreError::during("move an execution on"))?;
    Ok(moved.rows_affected == 1)
}

/// One row.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn get(conn: &impl ConnectionTrait, id: i64) -> Result<Option<Model>, StoreError> {
    Entity::find_by_id(id)
        .one(conn)
        .await
        .map_err(StoreError::during("read an execution"))
}

/// The row of an incident, locked until the transaction ends.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn lock_of_incident(
    tx: &impl ConnectionTrait,
    incident_id: i64,
) -> Result<Option<Model>, StoreError> {
    Entity::find()
        .filter(Column::IncidentId.eq(incident_id))
        .order_by_desc(Column::Id)
        .lock_exclusive()
        .one(tx)
        .await
        .map_err(StoreError::during("lock an incident's execution"))
}

/// The rows of several incidents, oldest first, locked until the transaction ends.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn lock_of_incidents(
    tx: &impl ConnectionTrait,
    incident_ids: &[i64],
) -> Result<Vec<Model>, StoreError> {
    if incident_ids.is_empty() {
        return Ok(Vec::new());
    }
    Entity::find()
        .filter(Column::IncidentId.is_in(padded(incident_ids.iter().copied())))
        .order_by_asc(Column::Id)
        .lock_exclusive()
        .all(tx)
        .await
        .map_err(StoreError::during("lock incidents' executions"))
}

/// Which of these incidents are over. Whoever resolves one locks its execution first.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn resolved_among(
    conn: &impl ConnectionTrait,
    ids: &[i64],
) -> Result<Vec<i64>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    incident::Entity::find()
        .select_only()
        .column(incident::Column::Id)
        .filter(incident::Column::Id.is_in(padded(ids.iter().copied())))
        .filter(incident::Column::Status.eq(RESOLVED))
        .into_tuple()
        .all(conn)
        .await
        .map_err(StoreError::during("read which incidents are over"))
}

/// Stops a row's time (`held`: since when, and why) or lets it go on (`None`, `due_at` being the new time); false when
/// somebody was faster.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn hold(
    tx: &impl ConnectionTrait,
    as_read: &Model,
    held: Option<(UnixMs, &str)>,
    due_at: Option<UnixMs>,
    now: UnixMs,
) -> Result<bool, StoreError> {
    let row = ActiveModel {
        held_at: Set(held.map(|(since, _)| since.to_datetime())),
        held_for: Set(held.map(|(_, why)| why.to_owned())),
        due_at: Set(due_at.map(UnixMs::to_datetime)),
        row_version: Set(as_read.row_version.saturating_add(1)),
        updated_at: Set(now.to_datetime()),
        ..Default::default()
    };
    let held = Entity::update_many()
        .set(row)
        .filter(Column::Id.eq(as_read.id))
        .filter(Column::RowVersion.eq(as_read.row_version))
        .exec(tx)
        .await
        .map_err(StoreError::during("hold an execution"))?;
    Ok(held.rows_affected == 1)
}

/// The row of an incident, to be shown.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn of_incident(
    conn: &impl ConnectionTrait,
    incident_id: i64,
) -> Result<Option<Model>, StoreError> {
    Entity::find()
        .filter(Column::IncidentId.eq(incident_id))
        .order_by_desc(Column::Id)
        .one(conn)
        .await
        .map_err(StoreError::during("read an incident's execution"))
}

/// The rows of several incidents by incident, the newest where one has more.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn of_incidents(
    conn: &impl ConnectionTrait,
    incident_ids: &[i64],
) -> Result<HashMap<i64, Model>, StoreError> {
    if incident_ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = Entity::find()
        .filter(Column::IncidentId.is_in(padded(incident_ids.iter().copied())))
        .order_by_asc(Column::Id)
        .all(conn)
        .await
        .map_err(StoreError::during("read incidents' executions"))?;
    Ok(rows.into_iter().map(|row| (row.incident_id, row)).collect())
}

/// Ids and due times of the rows due until `until`, the most urgent first; held ones are not due.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn due_until(
    conn: &impl ConnectionTrait,
    until: UnixMs,
) -> Result<Vec<(i64, UnixMs)>, StoreError> {
    let rows: Vec<(i64, chrono::DateTime<chrono::Utc>)> = Entity::find()
        .select_only()
        .column(Column::Id)
        .column(Column::DueAt)
        .filter(Column::DueAt.lte(until.to_datetime()))
        .filter(Column::HeldAt.is_null())
        .order_by_asc(Column::DueAt)
        .into_tuple()
        .all(conn)
        .await
        .map_err(StoreError::during("read due executions"))?;
    Ok(rows.into_iter().map(|(id, at)| (id, at.into())).collect())
}

/// Brings a row's next step forward to `due_at` where it is later; false when nothing changed.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn hasten(
    conn: &impl ConnectionTrait,
    id: i64,
    due_at: UnixMs,
    now: UnixMs,
) -> Result<bool, StoreError> {
    let moved = Entity::update_many()
        .col_expr(Column::DueAt, Expr::value(due_at.to_datetime()))
        .col_expr(Column::UpdatedAt, Expr::value(now.to_datetime()))
        .col_expr(Column::RowVersion, Expr::col(Column::RowVersion).add(1))
        .filter(Column::Id.eq(id))
        .filter(Column::DueAt.gt(due_at.to_datetime()))
        .exec(conn)
        .await
        .map_err(StoreError::during("bring an execution forward"))?;
    Ok(moved.rows_affected == 1)
}

fn columns(place: Place, now: UnixMs) -> ActiveModel {
    ActiveModel {
        generation: Set(place.generation.to_string()),
        policy: Set(place.policy),
        next_step: Set(place.next_step),
        pass: Set(place.pass),
        due_at: Set(place.due_at.map(UnixMs::to_datetime)),
        state: Set(place.state.name().to_owned()),
        last_step_at: Set(place.last_step_at.map(UnixMs::to_datetime)),
        held_at: Set(place.held_at.map(UnixMs::to_datetime)),
        updated_at: Set(now.to_datetime()),
        ..Default::default()
    }
}

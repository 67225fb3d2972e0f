//! `on_call_schedules` and `on_call_members`: whose turn it is, as people write it. Who that makes on duty at a time is
//! worked out elsewhere.

use super::entity::{on_call_member as member, on_call_schedule as schedule};
use super::{StoreError, key_text};
use chrono::NaiveDate;
use noc_pipeline::clock::UnixMs;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction,
    EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, sea_query::Expr,
};

/// How long a turn is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// From one such weekday to the next: 1 (Monday) to 7.
    Weekly(i32),
    /// A day.
    Daily,
}

/// The whole of a schedule, as people write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleDraft {
    /// Unique.
    pub name: String,
    /// IANA name.
    pub timezone: String,
    /// How long a turn is.
    pub rotation: Rotation,
    /// Minutes after midnight by the wall clock, 0 to 1439.
    pub handoff_minute: i32,
    /// Local day on which the first turn begins.
    pub starts_on: NaiveDate,
    /// Accounts in the order of their turns, each once.
    pub members: Vec<i64>,
}

/// What a stored schedule becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleChange {
    /// Unique.
    pub name: String,
    /// IANA name.
    pub timezone: String,
    /// `None`: stays as it is stored, also where this version cannot read it.
    pub rotation: Option<Rotation>,
    /// Minutes after midnight by the wall clock, 0 to 1439.
    pub handoff_minute: i32,
    /// Local day on which the first turn begins.
    pub starts_on: NaiveDate,
    /// Accounts in the order of their turns, each once.
    pub members: Vec<i64>,
}

impl From<ScheduleDraft> for ScheduleChange {
    fn from(draft: ScheduleDraft) -> Self {
        Self {
            name: draft.name,
            timezone: draft.timezone,
            rotation: Some(draft.rotation),
            handoff_minute: draft.handoff_minute,
            starts_on: draft.starts_on,
            members: draft.members,
        }
    }
}

/// A stored schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Its row.
    pub schedule: schedule::Model,
    /// Accounts in the order of their turns.
    pub members: Vec<i64>,
}

impl schedule::Model {
    /// How long a turn is.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if the columns do not hold what was written there.
    pub fn turns(&self) -> Result<Rotation, StoreError> {
        match (self.rotation.as_str(), self.handoff_weekday) {
            ("daily", None) => Ok(Rotation::Daily),
            ("weekly", Some(day @ 1..=7)) => Ok(Rotation::Weekly(day)),
            (rotation, day) => Err(StoreError::damaged(
                "on_call_schedule",
                self.id,
                format!("{rotation} on weekday {day:?} is no rotation"),
            )),
        }
    }
}

/// Adds a schedule.
///
/// # Errors
/// [`StoreError::Refused`] for a name of no or over 190 characters; [`StoreError::Conflict`] if it is taken;
/// [`StoreError::Query`].
pub async fn create(
    tx: &DatabaseTransaction,
    draft: ScheduleDraft,
    now: UnixMs,
) -> Result<Schedule, StoreError> {
    let row = schedule::ActiveModel {
        created_at: Set(now.to_datetime()),
        ..Default::default()
    };
    let whole = ScheduleChange::from(draft);
    let name = whole.name.clone();
    let failed = StoreError::inserting("create a schedule", "on_call_schedule", name);
    let row = written(row, &whole, now)?.insert(tx).await;
    let schedule = row.map_err(failed)?;
    insert_members(tx, schedule.id, &whole.members).await?;
    Ok(Schedule {
        schedule,
        members: whole.members,
    })
}

/// Replaces the whole of a schedule, its members included, but for a rotation that is to stay. Overrides stay.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::Refused`] or [`StoreError::Conflict`] as in [`create`];
/// [`StoreError::Query`].
pub async fn update(
    tx: &DatabaseTransaction,
    id: i64,
    change: ScheduleChange,
    now: UnixMs,
) -> Result<Schedule, StoreError> {
    let found = schedule::Entity::find_by_id(id)
        .one(tx)
        .await
        .map_err(StoreError::during("read a schedule"))?
        .ok_or_else(|| StoreError::not_found("on_call_schedule", id))?;
    let name = change.name.clone();
    let failed = StoreError::inserting("change a schedule", "on_call_schedule", name);
    let row = written(found.into_active_model(), &change, now)?;
    let schedule = row.update(tx).await.map_err(failed)?;
    member::Entity::delete_many()
        .filter(member::Column::ScheduleId.eq(id))
        .exec(tx)
        .await
        .map_err(StoreError::during("replace a schedule's members"))?;
    insert_members(tx, id, &change.members).await?;
    Ok(Schedule {
        schedule,
        members: change.members,
    })
}

fn written(
    mut row: schedule::ActiveModel,
    change: &ScheduleChange,
    now: UnixMs,
) -> Result<schedule::ActiveModel, StoreError> {
    key_text("name", &change.name)?;
    if let Some(rotation) = change.rotation {
        let (rotation, weekday) = match rotation {
            Rotation::Weekly(day) => ("weekly", Some(day)),
            Rotation::Daily => ("daily", None),
        };
        row.rotation = Set(rotation.to_owned());
        row.handoff_weekday = Set(weekday);
    }
    row.name = Set(change.name.clone());
    row.timezone = Set(change.timezone.clone());
    row.handoff_minute = Set(change.handoff_minute);
    row.starts_on = Set(change.starts_on);
    row.updated_at = Set(now.to_datetime());
    Ok(row)
}

async fn insert_members(
    tx: &DatabaseTransaction,
    schedule_id: i64,
    users: &[i64],
) -> Result<(), StoreError> {
    if users.is_empty() {
        return Ok(());
    }
    let rows = (0_i32..)
        .zip(users)
        .map(|(position, user)| member::ActiveModel {
            schedule_id: Set(schedule_id),
            position: Set(position),
            user_id: Set(*user),
            ..Default::default()
        });
    member::Entity::insert_many(rows)
        .exec_without_returning(tx)
        .await
        .map_err(StoreError::during("add members to a schedule"))?;
    Ok(())
}

/// The schedule with this id.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn by_id(conn: &impl ConnectionTrait, id: i64) -> Result<Option<Schedule>, StoreError> {
    let Some(schedule) = schedule::Entity::find_by_id(id)
        .one(conn)
        .await
        .map_err(StoreError::during("read a schedule"))?
    else {
        return Ok(None);
    };
    let members = member::Entity::find()
        .filter(member::Column::ScheduleId.eq(id))
        .order_by_asc(member::Column::Position)
        .all(conn)
        .await
        .map_err(StoreError::during("read a schedule's members"))?;
    Ok(Some(Schedule {
        schedule,
        members: members.into_iter().map(|row| row.user_id).collect(),
    }))
}

/// All schedules, by name.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn all(conn: &impl ConnectionTrait) -> Result<Vec<Schedule>, StoreError> {
    let schedules = schedule::Entity::find()
        .order_by_asc(schedule::Column::Name)
        .all(conn)
        .await
        .map_err(StoreError::during("read the schedules"))?;
    let members = member::Entity::find()
        .order_by_asc(member::Column::Position)
        .all(conn)
        .await
        .map_err(StoreError::during("read the schedules' members"))?;
    let of = |id| {
        let own = members.iter().filter(|row| row.schedule_id == id);
        own.map(|row| row.user_id).collect()
    };
    let whole = schedules.into_iter().map(|schedule| Schedule {
        members: of(schedule.id),
        schedule,
    });
    Ok(whole.collect())
}

/// Notes that something of a schedule changed, and holds its row until the end of the transaction.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::Query`].
pub async fn touch(tx: &DatabaseTransaction, id: i64, now: UnixMs) -> Result<(), StoreError> {
    let done = schedule::Entity::update_many()
        .col_expr(schedule::Column::UpdatedAt, Expr::value(now.to_datetime()))
        .filter(schedule::Column::Id.eq(id))
        .exec(tx)
        .await
        .map_err(StoreError::during("touch a schedule"))?;
    // MariaDB counts only rows that differ: two changes within a millisecond are no missing row.
    if done.rows_affected == 0 && by_id(tx, id).await?.is_none() {
        return Err(StoreError::not_found("on_call_schedule", id));
    }
    Ok(())
}

/// Deletes a schedule with everything of it.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::Query`].
pub async fn delete(conn: &impl ConnectionTrait, id: i64) -> Result<(), StoreError> {
    let done = schedule::Entity::delete_by_id(id)
        .exec(conn)
        .await
        .map_err(StoreError::during("delete a schedule"))?;
    if done.rows_affected == 0 {
        return Err(StoreError::not_found("on_call_schedule", id));
    }
    Ok(())
}

/// The name of a schedule that this account has turns in.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn of_member(
    conn: &impl ConnectionTrait,
    user_id: i64,
) -> Result<Option<String>, StoreError> {
    let Some(row) = member::Entity::find()
        .filter(member::Column::UserId.eq(user_id))
        .one(conn)
        .await
        .map_err(StoreError::during("look for a member's schedule"))?
    else {
        return Ok(None);
    };
    let found = by_id(conn, row.schedule_id).await?;
    Ok(found.map(|found| found.schedule.name))
}

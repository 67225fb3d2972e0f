//! Table `executions`: escalations under way: the outbox of paging.

use sea_orm::entity::prelude::*;

/// One row of `executions`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "executions")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Its incident.
    pub incident_id: i64,
    /// UUID, new with each start from step 1.
    pub generation: String,
    /// The policy as it was when this began.
    pub policy: Json,
    /// Index of the step that fires at `due_at`.
    pub next_step: i32,
    /// 0 for the first pass.
    pub pass: i32,
    /// When the next step fires; `None`: never by itself. While held: when it would have fired.
    pub due_at: Option<ChronoDateTimeUtc>,
    /// `armed`, `paused`, `finished` or `withdrawn`.
    pub state: String,
    /// Grows with each change; a writer names the one it read.
    pub row_version: i64,
    /// When a step last fired.
    pub last_step_at: Option<ChronoDateTimeUtc>,
    /// Since when it stands still; `None`: it runs.
    pub held_at: Option<ChronoDateTimeUtc>,
    /// Why it stands still, in the words of who holds it; `None`: it runs.
    pub held_for: Option<String>,
    /// Creation.
    pub created_at: ChronoDateTimeUtc,
    /// Last change.
    pub updated_at: ChronoDateTimeUtc,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

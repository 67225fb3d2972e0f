//! Table `on_call_handoffs`: who came on duty and was told so, in the order it was noticed.

use sea_orm::entity::prelude::*;

/// One row of `on_call_handoffs`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "on_call_handoffs")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Its schedule; deleted with it.
    pub schedule_id: i64,
    /// Counted from 1 within the schedule; unique there, which makes a hand-off happen once.
    pub number: i32,
    /// Who is on duty since; `None`: nobody who can be told.
    pub user_id: Option<i64>,
    /// When their duty began.
    pub since: ChronoDateTimeUtc,
    /// When it was noticed, and the message queued.
    pub told_at: ChronoDateTimeUtc,
    /// The message that tells of it.
    pub delivery_id: Option<i64>,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! Table `on_call_schedules`: whose turn it is, by the wall clock of a zone.

use sea_orm::entity::prelude::*;

/// One row of `on_call_schedules`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "on_call_schedules")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Unique.
    pub name: String,
    /// IANA name of the zone whose wall clock counts.
    pub timezone: String,
    /// `weekly` or `daily`.
    pub rotation: String,
    /// 1 (Monday) to 7; `None` for a daily rotation.
    pub handoff_weekday: Option<i32>,
    /// Minutes after midnight by the wall clock, 0 to 1439.
    pub handoff_minute: i32,
    /// The local day on which the first member's first turn begins.
    pub starts_on: ChronoDate,
    /// When it was made.
    pub created_at: ChronoDateTimeUtc,
    /// When it was last changed.
    pub updated_at: ChronoDateTimeUtc,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! Table `incident_group_members`: which group an incident belongs to.

use sea_orm::entity::prelude::*;

/// One row of `incident_group_members`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "incident_group_members")]
pub struct Model {
    /// Row of `incidents`: an incident is in one group.
    #[sea_orm(primary_key, auto_increment = false)]
    pub incident_id: i64,
    /// Row of `incident_groups`.
    pub group_id: i64,
    /// When it joined its first group, or opened again.
    pub joined_at: ChronoDateTimeUtc,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! Table `incident_group_turns`: locked by whoever finds a new incident its group.

use sea_orm::entity::prelude::*;

/// One row of `incident_group_turns`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "incident_group_turns")]
pub struct Model {
    /// Key of the detector.
    #[sea_orm(primary_key, auto_increment = false)]
    pub detector: String,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! Table `incident_timeline`: what happened to an incident, in order of id.

use sea_orm::entity::prelude::*;

/// One row of `incident_timeline`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "incident_timeline")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Its incident; deleted with it.
    pub incident_id: i64,
    /// When.
    pub at: ChronoDateTimeUtc,
    /// What: `opened`, `acknowledged`, `note` ... (column `type`).
    #[sea_orm(column_name = "type")]
    pub kind: String,
    /// `user:1`, `detector:x`, `policy:x` or `system`.
    pub actor: String,
    /// Object, by kind.
    pub detail: Json,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

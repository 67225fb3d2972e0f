//! Table `fleet_groups`: groups of servers whose silence is one incident.

use sea_orm::entity::prelude::*;

/// One row of `fleet_groups`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "fleet_groups")]
pub struct Model {
    /// Such as `dc:fra1`, `198.51.100.0/24` or `fleet`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Its incident.
    pub incident_id: i64,
    /// Array of the ids of silent members.
    pub members: Json,
    /// When it began.
    pub opened_at: ChronoDateTimeUtc,
    /// When members changed last.
    pub changed_at: ChronoDateTimeUtc,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! Table `fleet_priors`: what is usual in the fleet, for those without a history of their own.

use sea_orm::entity::prelude::*;

/// One row of `fleet_priors`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "fleet_priors")]
pub struct Model {
    /// `<kind>.<field>`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub metric: String,
    /// As it was told to the partitions last.
    pub value: f64,
    /// When it was told.
    pub told_at: ChronoDateTimeUtc,
    /// When it was looked at last.
    pub checked_at: ChronoDateTimeUtc,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! Table `fleet_pulse`: who is silent, by partition, as its owner told last.

use sea_orm::entity::prelude::*;

/// One row of `fleet_pulse`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "fleet_pulse")]
pub struct Model {
    /// Which.
    #[sea_orm(primary_key, auto_increment = false)]
    pub partition: i32,
    /// Under which claim it was told; another one than the partition's says nothing.
    pub epoch: i64,
    /// When, by the database's clock.
    pub told_at: ChronoDateTimeUtc,
    /// Our own heartbeats paused lately: nobody counts as silent.
    pub in_grace: bool,
    /// Servers that are watched and were ever heard of.
    pub active: i32,
    /// Array of `[server, seconds]`.
    pub silent: Json,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

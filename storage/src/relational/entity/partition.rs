//! Table `partitions`: who owns which partition of the log.

use sea_orm::entity::prelude::*;

/// One row of `partitions`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "partitions")]
pub struct Model {
    /// Counted from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub partition: i32,
    /// UUID of the owning node; `None` while nobody does.
    pub node: Option<String>,
    /// Grows by 1 with each claim; effects of an older epoch are refused.
    pub epoch: i64,
    /// By the database's clock; the partition is free afterwards.
    pub lease_until: Option<ChronoDateTimeUtc>,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

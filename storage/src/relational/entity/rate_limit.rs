//! Table `rate_limits`: failures per bucket, shared by all nodes.

use sea_orm::entity::prelude::*;

/// One row of `rate_limits`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "rate_limits")]
pub struct Model {
    /// `<action>:<kind>:<hash or address>`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub bucket: String,
    /// Failures in the window.
    pub count: i32,
    /// Start of the window.
    pub window_started_at: ChronoDateTimeUtc,
    /// Refused until then.
    pub locked_until: Option<ChronoDateTimeUtc>,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

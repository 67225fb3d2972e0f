//! Table `nodes`: data directories of `noc` processes; a lease names one of them.

use sea_orm::entity::prelude::*;

/// One row of `nodes`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "nodes")]
pub struct Model {
    /// UUID of the data directory.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Start of the process that uses it now.
    pub started_at: ChronoDateTimeUtc,
    /// Last sign of life.
    pub last_seen_at: ChronoDateTimeUtc,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

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
    /// What it does: names of roles, separated by commas.
    pub roles: String,
    /// Whether all its parts can be shared with other nodes.
    pub shared: bool,
    /// When it ended in order; `None` while it runs, and after a crash.
    pub stopped_at: Option<ChronoDateTimeUtc>,
}

impl Model {
    /// Whether this role is among its own.
    #[must_use]
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.split(',').any(|own| own == role)
    }
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

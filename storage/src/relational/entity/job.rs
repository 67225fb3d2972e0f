//! Table `jobs`: chores of which each is done by one node at a time.

use noc_pipeline::clock::UnixMs;
use sea_orm::entity::prelude::*;
use std::time::Duration;

/// One row of `jobs`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "jobs")]
pub struct Model {
    /// Which.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// UUID of the node that does it, or did it last.
    pub node: Option<String>,
    /// By the database's clock: nobody else begins before.
    pub lease_until: Option<ChronoDateTimeUtc>,
    /// When it was last done, by the database's clock.
    pub last_success: Option<ChronoDateTimeUtc>,
}

impl Model {
    /// Whether it was not done within `every` and nobody holds it, at `now` by the database's clock.
    #[must_use]
    pub fn may_begin(&self, every: Duration, now: UnixMs) -> bool {
        self.lease_until
            .is_none_or(|until| UnixMs::from(until) <= now)
            && self
                .last_success
                .is_none_or(|at| UnixMs::from(at) <= now.minus(every))
    }
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

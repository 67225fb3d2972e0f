//! Table `digests`: what time each person's daily messages cover.

use sea_orm::entity::prelude::*;

/// One row of `digests`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "digests")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Whose; deleted with the account.
    pub user_id: i64,
    /// It tells of what happened from here on ...
    pub since: ChronoDateTimeUtc,
    /// ... until before this: the time of day it was for. One a person and time.
    pub until: ChronoDateTimeUtc,
    /// Row of `notification_deliveries`; `None`: there was nothing to tell.
    pub delivery_id: Option<i64>,
    /// The incidents it covers, each in the state in which it was told: the next one tells what differs.
    pub lines: Option<Json>,
    /// Creation.
    pub created_at: ChronoDateTimeUtc,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

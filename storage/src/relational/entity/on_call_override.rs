//! Table `on_call_overrides`: who stands in for whom, for a while.

use sea_orm::entity::prelude::*;

/// One row of `on_call_overrides`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "on_call_overrides")]
pub struct Model {
    /// Row id; of two that apply, the larger one counts.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Its schedule; deleted with it.
    pub schedule_id: i64,
    /// Who is on duty; deleted with the account.
    pub user_id: i64,
    /// Whose turns it takes; `None`: whoever's, and gaps.
    pub replaces_user_id: Option<i64>,
    /// From then on.
    pub starts_at: ChronoDateTimeUtc,
    /// Until just before.
    pub ends_at: ChronoDateTimeUtc,
    /// Account that made it.
    pub created_by: Option<i64>,
    /// When.
    pub created_at: ChronoDateTimeUtc,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

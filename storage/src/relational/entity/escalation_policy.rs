//! Table `escalation_policies`: who is told when nobody answers.

use sea_orm::entity::prelude::*;

/// One row of `escalation_policies`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "escalation_policies")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Unique.
    #[sea_orm(unique)]
    pub name: String,
    /// Further passes after the first.
    pub repeat: i32,
    /// From the last step of a pass to the first of the next.
    pub repeat_delay_seconds: i32,
    /// The default rule's; there is one and it stays.
    pub is_default: bool,
    /// Creation.
    pub created_at: ChronoDateTimeUtc,
    /// Last change, of the policy or its steps.
    pub updated_at: ChronoDateTimeUtc,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

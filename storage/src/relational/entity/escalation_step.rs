//! Table `escalation_steps`: steps of the policies.

use sea_orm::entity::prelude::*;

/// One row of `escalation_steps`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "escalation_steps")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Its policy; deleted with it.
    pub policy_id: i64,
    /// Counted from 0.
    pub position: i32,
    /// After the previous step fired; for the first: after the hold.
    pub delay_seconds: i32,
    /// Array of channel keys.
    pub channels: Json,
    /// `{users:[id], roles:[name], external:[address]}`.
    pub targets: Json,
    /// Held back while acknowledged.
    pub only_if_unacknowledged: bool,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

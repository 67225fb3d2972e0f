//! Table `on_call_members`: whose turns follow each other.

use sea_orm::entity::prelude::*;

/// One row of `on_call_members`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "on_call_members")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Its schedule; deleted with it.
    pub schedule_id: i64,
    /// Counted from 0.
    pub position: i32,
    /// Account; in a schedule once.
    pub user_id: i64,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! Table `security_chain`: end of the security log: one row, locked by whoever appends.

use sea_orm::entity::prelude::*;

/// One row of `security_chain`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "security_chain")]
pub struct Model {
    /// Always 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// `seq` of the last event; 0 before the first.
    pub seq: i64,
    /// `event_hash` of the last event; 64 zeros before the first.
    pub head: String,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

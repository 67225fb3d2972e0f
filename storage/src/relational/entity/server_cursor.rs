//! Table `server_cursors`: up to where the effects of a server's log records are stored.

use sea_orm::entity::prelude::*;

/// One row of `server_cursors`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "server_cursors")]
pub struct Model {
    /// The server.
    #[sea_orm(primary_key, auto_increment = false)]
    pub server_id: i64,
    /// The log incarnation `off` counts in.
    #[sea_orm(primary_key, auto_increment = false)]
    pub log_id: String,
    /// Offset of the last record whose effects are stored; -1 before the first.
    pub off: i64,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

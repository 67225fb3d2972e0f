//! Table `log_marks`: what stood where in a log, so that another log under the same name is found out.

use sea_orm::entity::prelude::*;

/// One row of `log_marks`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "log_marks")]
pub struct Model {
    /// The incarnation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub log_id: String,
    /// The partition; the newest mark of each is kept.
    #[sea_orm(primary_key, auto_increment = false)]
    pub partition: i32,
    /// Which record.
    pub off: i64,
    /// Of its bytes.
    pub fingerprint: String,
    /// When it was read.
    pub noted_at: ChronoDateTimeUtc,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! Table `mail_allowances`: senders that may mail more than they used to, because a person said that it was no abuse.

use sea_orm::entity::prelude::*;

/// One row of `mail_allowances`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "mail_allowances")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// On which server.
    pub server_id: i64,
    /// As in its case.
    pub subject: String,
    /// SHA-256 hex of the subject; unique with the server.
    pub subject_key: String,
    /// Recipients an hour that open no case.
    pub ceiling: f64,
    /// When it was granted.
    pub granted_at: ChronoDateTimeUtc,
    /// User id.
    pub granted_by: Option<i64>,
    /// When it ends, unless clean use renews it.
    pub until: ChronoDateTimeUtc,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! Table `mail_abuse_transitions`: who decided what about a case of mail abuse.

use sea_orm::entity::prelude::*;

/// One row of `mail_abuse_transitions`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mail_abuse_transitions")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Row of `mail_abuse_cases`.
    pub case_id: i64,
    /// What it was.
    pub from_status: String,
    /// What it became.
    pub to_status: String,
    /// When.
    pub at: ChronoDateTimeUtc,
    /// Who; `None` once the account is gone, or where the platform did it.
    pub user_id: Option<i64>,
    /// Why, in the operator's words; may be empty.
    pub note: String,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

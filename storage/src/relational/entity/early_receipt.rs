//! Table `early_receipts`: what providers told of messages whose id was not written down yet.

use sea_orm::entity::prelude::*;

/// One row of `early_receipts`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "early_receipts")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Channel key.
    pub channel: String,
    /// The provider's id of the message.
    pub provider_id: String,
    /// `delivered`, `read`, `failed`, `later`, `tomorrow` or `barred`.
    pub fate: String,
    /// In the provider's words.
    pub words: String,
    /// When it was told.
    pub at: ChronoDateTimeUtc,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! Table `delivery_attempts`: each try to send a message.

use sea_orm::entity::prelude::*;

/// One row of `delivery_attempts`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "delivery_attempts")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Its delivery; deleted with it.
    pub delivery_id: i64,
    /// Start of the try.
    pub at: ChronoDateTimeUtc,
    /// `sent`, `retry`, `permanent` ...
    pub outcome: String,
    /// The provider's answer, without secrets.
    pub detail: String,
    /// How long it took.
    pub duration_ms: i64,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

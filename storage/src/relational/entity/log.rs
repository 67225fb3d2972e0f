//! Table `logs`: incarnations of the payload log; a cursor is valid in one of them only.

use sea_orm::entity::prelude::*;

/// One row of `logs`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "logs")]
pub struct Model {
    /// UUID of the incarnation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// When it began.
    pub created_at: ChronoDateTimeUtc,
    /// The kind of log that this is the current incarnation of; `None` once it was replaced, and for logs that keep
    /// their id themselves. Unique, so there is one current incarnation of a kind.
    pub kind: Option<String>,
    /// When another incarnation took its place.
    pub replaced_at: Option<ChronoDateTimeUtc>,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! Table `wall_tokens`: screens on a wall that may see how the fleet is; the token itself only as a hash.

use sea_orm::entity::prelude::*;

/// One row of `wall_tokens`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "wall_tokens")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Which screen, chosen by people.
    #[sea_orm(unique)]
    pub name: String,
    /// SHA-256 hex.
    #[sea_orm(unique)]
    pub token_hash: String,
    /// The account that made it, which may be gone.
    pub created_by: Option<i64>,
    /// When it was made.
    pub created_at: ChronoDateTimeUtc,
    /// When a screen last used it, to the minute.
    pub last_used_at: Option<ChronoDateTimeUtc>,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

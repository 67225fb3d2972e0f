//! Table `sessions`: signed-in browsers; ids and CSRF tokens only as hashes.

use sea_orm::entity::prelude::*;

/// One row of `sessions`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    /// SHA-256 hex of the cookie's value.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id_hash: String,
    /// Whose.
    pub user_id: i64,
    /// SHA-256 hex of the CSRF token.
    pub csrf_hash: String,
    /// Sign-in or rotation.
    pub created_at: ChronoDateTimeUtc,
    /// Last use, to the minute.
    pub last_seen_at: ChronoDateTimeUtc,
    /// Absolute end.
    pub expires_at: ChronoDateTimeUtc,
    /// Client address at creation.
    pub ip: String,
    /// Browser at creation, cut at 255 characters.
    pub user_agent: String,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

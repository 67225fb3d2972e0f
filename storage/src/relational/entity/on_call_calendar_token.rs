//! Table `on_call_calendar_tokens`: links that a calendar reads a schedule by; the token itself only as a hash.

use sea_orm::entity::prelude::*;

/// One row of `on_call_calendar_tokens`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "on_call_calendar_tokens")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The schedule it shows; deleted with it.
    pub schedule_id: i64,
    /// Whose; deleted with the account.
    pub user_id: i64,
    /// SHA-256 hex.
    pub token_hash: String,
    /// Only its owner's shifts.
    pub only_mine: bool,
    /// When it was made.
    pub created_at: ChronoDateTimeUtc,
    /// When a calendar last used it.
    pub last_used_at: Option<ChronoDateTimeUtc>,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

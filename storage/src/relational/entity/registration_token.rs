//! Table `registration_tokens`: tokens that let agents enrol; only their hashes are here.

use sea_orm::entity::prelude::*;

/// One row of `registration_tokens`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "registration_tokens")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// SHA-256 hex of the whole token, prefix included.
    #[sea_orm(unique)]
    pub token_hash: String,
    /// Name of the server (single use) or of the roll-out.
    pub name: String,
    /// Array of strings, given to each server enrolled.
    pub tags: Json,
    /// Refused from then on.
    pub expires_at: ChronoDateTimeUtc,
    /// How many may enrol.
    pub max_uses: i32,
    /// How many have.
    pub uses: i32,
    /// Array of networks; empty means everywhere.
    pub allowed_cidrs: Json,
    /// User who minted it; `None`: the command line.
    pub created_by: Option<i64>,
    /// Creation.
    pub created_at: ChronoDateTimeUtc,
    /// Refused from then on.
    pub revoked_at: Option<ChronoDateTimeUtc>,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

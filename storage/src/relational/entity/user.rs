//! Table `users`: people who sign in.

use sea_orm::entity::prelude::*;

/// One row of `users`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Lower case.
    #[sea_orm(unique)]
    pub email: String,
    /// Shown.
    pub name: String,
    /// Argon2id, PHC string.
    pub password_hash: String,
    /// `admin`, `operator`, `oncall` or `viewer`.
    pub role: String,
    /// Nothing but changing it works.
    pub must_change_password: bool,
    /// False: may not sign in and is never told anything.
    pub is_active: bool,
    /// Last success.
    pub last_login_at: Option<ChronoDateTimeUtc>,
    /// Creation.
    pub created_at: ChronoDateTimeUtc,
    /// Last change.
    pub updated_at: ChronoDateTimeUtc,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

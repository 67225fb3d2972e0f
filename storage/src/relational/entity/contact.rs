//! Table `contacts`: addresses at which people are told personally.

use sea_orm::entity::prelude::*;

/// One row of `contacts`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contacts")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Whose; deleted with the account.
    pub user_id: i64,
    /// Channel key.
    pub channel: String,
    /// As shown; where the address is a secret, what may be shown of it.
    pub address: String,
    /// The one form that counts: equal means the same mailbox, phone, chat or room.
    pub address_key: String,
    /// The address itself where it is a secret, sealed; else `None`.
    pub secret: Option<String>,
    /// When its owner proved that it is theirs; `None`: not yet, nothing but a code is sent there.
    pub verified_at: Option<ChronoDateTimeUtc>,
    /// SHA-256 hex of the last code that left; `None`: none has, or it was used.
    pub code_hash: Option<String>,
    /// Until when that code counts.
    pub code_expires_at: Option<ChronoDateTimeUtc>,
    /// Tries since it left.
    pub code_tries: i32,
    /// When a code was last asked for.
    pub code_asked_at: Option<ChronoDateTimeUtc>,
    /// Row of `notification_deliveries`: the message of the last code.
    pub code_delivery_id: Option<i64>,
    /// Creation.
    pub created_at: ChronoDateTimeUtc,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! Table `delivery_gates`: how much a recipient was told over a channel lately; locked by whoever takes its messages.

use sea_orm::entity::prelude::*;

/// One row of `delivery_gates`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "delivery_gates")]
pub struct Model {
    /// SHA-256 hex of channel and normalised address.
    #[sea_orm(primary_key, auto_increment = false)]
    pub gate_key: String,
    /// When the messages that left are worked off, at the rate that the limit allows; `None`: none left so far.
    pub worked_off_at: Option<ChronoDateTimeUtc>,
    /// The worst severity that was told since the last time all was worked off.
    pub worst: Option<String>,
    /// When the next message may leave, of those that a provider wants apart; `None`: nobody asked for that.
    pub free_at: Option<ChronoDateTimeUtc>,
    /// How far apart, ms.
    pub apart_ms: Option<i64>,
    /// How long they are kept apart.
    pub apart_until: Option<ChronoDateTimeUtc>,
    /// Last change.
    pub updated_at: ChronoDateTimeUtc,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

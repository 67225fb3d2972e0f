//! Table `quiet_holds`: messages that somebody's quiet hours held back.

use sea_orm::entity::prelude::*;

/// One row of `quiet_holds`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "quiet_holds")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Row of `notification_deliveries`: what was held back, once.
    #[sea_orm(unique)]
    pub delivery_id: i64,
    /// What it is about.
    pub incident_id: i64,
    /// Whose quiet hours; deleted with the account.
    pub user_id: i64,
    /// Channel key.
    pub channel: String,
    /// As shown.
    pub recipient: String,
    /// Normalised.
    pub recipient_key: String,
    /// When.
    pub held_at: ChronoDateTimeUtc,
    /// Row of `notification_deliveries`: the summary that tells of it; `None`: not over yet, or nothing to tell.
    pub summary_id: Option<i64>,
    /// When the quiet hours were over; `None`: not yet.
    pub released_at: Option<ChronoDateTimeUtc>,
    /// When the summary was last put together with this incident in it; `None`: it did not name it.
    pub named_at: Option<ChronoDateTimeUtc>,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

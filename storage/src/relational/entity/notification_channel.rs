//! Table `notification_channels`: settings of the channels.

use sea_orm::entity::prelude::*;

/// One row of `notification_channels`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "notification_channels")]
pub struct Model {
    /// Channel key: `email`, `slack` ...
    #[sea_orm(primary_key, auto_increment = false)]
    pub channel: String,
    /// Used at all.
    pub enabled: bool,
    /// Object without secrets.
    pub settings: Json,
    /// JSON object of secrets, sealed with the field key.
    pub secrets: Option<String>,
    /// False after a permanent failure, or while its provider is away, until a success.
    pub healthy: bool,
    /// Since when it is not healthy.
    pub unhealthy_since: Option<ChronoDateTimeUtc>,
    /// Sends in a row that found nobody.
    pub failures: i32,
    /// When its provider, which is away, is tried again; `None`: it is in use.
    pub probe_at: Option<ChronoDateTimeUtc>,
    /// Of the last failure.
    pub last_error: Option<String>,
    /// Last test message.
    pub last_test_at: Option<ChronoDateTimeUtc>,
    /// `sent`, or the error.
    pub last_test_result: Option<String>,
    /// The provider's id of the test.
    pub last_test_provider_id: Option<String>,
    /// Last change.
    pub updated_at: ChronoDateTimeUtc,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

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
    /// Whether its provider takes messages that it refuses later: then only an arrival shows that it works.
    pub doubted: bool,
    /// Of the last failure.
    pub last_error: Option<String>,
    /// Last test message.
    pub last_test_at: Option<ChronoDateTimeUtc>,
    /// `sent`, or the error.
    pub last_test_result: Option<String>,
    /// The provider's id of the test.
    pub last_test_provider_id: Option<String>,
    /// The secret part of the address that its provider calls, sealed with the field key; `None`: there is none.
    pub hook_secret: Option<String>,
    /// Which provider last said there what became of a message.
    pub hook_provider: Option<String>,
    /// When it did.
    pub hook_receipt_at: Option<ChronoDateTimeUtc>,
    /// Until when its provider asked to be left alone.
    pub paused_until: Option<ChronoDateTimeUtc>,
    /// In which words.
    pub paused_reason: Option<String>,
    /// Whether a message a day shows that it works.
    pub canary: bool,
    /// When that was last queued.
    pub canary_at: Option<ChronoDateTimeUtc>,
    /// Last change.
    pub updated_at: ChronoDateTimeUtc,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

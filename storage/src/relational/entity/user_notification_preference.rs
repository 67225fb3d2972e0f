//! Table `user_notification_preferences`: what people want to be told of, where and when.

use sea_orm::entity::prelude::*;

/// One row of `user_notification_preferences`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "user_notification_preferences")]
pub struct Model {
    /// Whose; deleted with the account.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: i64,
    /// `{"<channel>": {"enabled": bool, "contact_id": id or null}}`; null with `email` is the account's own address.
    pub channels: Json,
    /// Names of severities.
    pub severities: Json,
    /// Minute of the day at which quiet hours begin, 0 to 1439.
    pub quiet_start: i32,
    /// Minute of the day at which they end; equal to the start: there are none.
    pub quiet_end: i32,
    /// IANA name of the zone of all times of day here.
    pub timezone: String,
    /// Quiet hours hold back what is critical too.
    pub block_critical: bool,
    /// A daily message instead of one for each event, by e-mail.
    pub digest_enabled: bool,
    /// Minute of the day at which it is sent.
    pub digest_minute: i32,
    /// What happened from here on is in the next one; `None`: it was never switched on.
    pub digest_since: Option<ChronoDateTimeUtc>,
    /// For when the last one was.
    pub digest_last_at: Option<ChronoDateTimeUtc>,
    /// Since when a message of theirs was put off to a digest that was not made yet; `None`: none was.
    pub digest_owed_at: Option<ChronoDateTimeUtc>,
    /// Last change by its owner.
    pub updated_at: ChronoDateTimeUtc,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

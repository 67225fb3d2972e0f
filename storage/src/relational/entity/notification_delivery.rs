//! Table `notification_deliveries`: messages to send, being sent, sent and not sent, with the reason.

use sea_orm::entity::prelude::*;

/// One row of `notification_deliveries`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "notification_deliveries")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// About which incident.
    pub incident_id: Option<i64>,
    /// Of which execution.
    pub execution_id: Option<i64>,
    /// Of which step.
    pub step: Option<i32>,
    /// In which pass.
    pub pass: Option<i32>,
    /// `problem`, `recovery`, `test` ...
    pub kind: String,
    /// Channel key.
    pub channel: String,
    /// As shown to people.
    pub recipient: String,
    /// Normalised: equal means the same mailbox or phone.
    pub recipient_key: String,
    /// Whose address it is, if a user's.
    pub user_id: Option<i64>,
    /// SHA-256 hex of what makes the message one and the same.
    #[sea_orm(unique)]
    pub idempotency_key: String,
    /// `queued`, `sending`, `sent`, `delivered`, `retrying`, `failed`, `suppressed`, `cancelled` or `expired`.
    pub status: String,
    /// Tries so far.
    pub attempts: i32,
    /// When to try (again); `None`: not by itself.
    pub next_attempt_at: Option<ChronoDateTimeUtc>,
    /// From when its provider is late with it: since it was made, or since a rule of ours last let go of it; `None`: made
    /// before this was noted.
    pub wanted_at: Option<ChronoDateTimeUtc>,
    /// A worker has it until then.
    pub lease_until: Option<ChronoDateTimeUtc>,
    /// The provider's id of the message.
    pub provider_id: Option<String>,
    /// Why it was not sent.
    pub reason: Option<String>,
    /// UUID shown to the receiver.
    pub delivery_uuid: String,
    /// Creation.
    pub created_at: ChronoDateTimeUtc,
    /// Last change.
    pub updated_at: ChronoDateTimeUtc,
    /// When the provider took it.
    pub sent_at: Option<ChronoDateTimeUtc>,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! Table `mail_abuse_cases`: senders that mailed far more than they do, each to be reviewed by a person.

use sea_orm::entity::prelude::*;

/// One row of `mail_abuse_cases`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "mail_abuse_cases")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// On which server.
    pub server_id: i64,
    /// The incident that it is.
    pub incident_id: i64,
    /// The incident's subject, such as `login:info@example.com`.
    pub subject: String,
    /// `login`, `script` or `domain`.
    pub sender: String,
    /// The login, path or domain.
    pub name: String,
    /// The hosting account, where it is known.
    pub account: Option<String>,
    /// `detected`, `acknowledged`, `suspended_by_op`, `cleared` or `false_positive`.
    pub status: String,
    /// `medium`, `high` or `critical`.
    pub severity: String,
    /// The worst hour so far.
    pub hour: ChronoDateTimeUtc,
    /// Recipients mailed in it.
    pub recipients: i64,
    /// Recipients expected in such an hour.
    pub expected: f64,
    /// All that was seen in that hour.
    pub evidence: Json,
    /// `event_at` of the breach.
    pub detected_at: ChronoDateTimeUtc,
    /// Last change of anything above.
    pub changed_at: ChronoDateTimeUtc,
    /// When an operator decided last.
    pub reviewed_at: Option<ChronoDateTimeUtc>,
    /// User id.
    pub reviewed_by: Option<i64>,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

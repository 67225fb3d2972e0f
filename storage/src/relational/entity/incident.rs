//! Table `incidents`: troubles, open and past.

use sea_orm::entity::prelude::*;

/// One row of `incidents`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "incidents")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Key of the detector.
    pub detector: String,
    /// `None`: about the platform itself.
    pub server_id: Option<i64>,
    /// As it was when the incident opened.
    pub server_name: String,
    /// Mount, service, metric ...; may be empty.
    pub subject: String,
    /// SHA-256 hex of (detector, server, subject).
    pub dedup_hash: String,
    /// `dedup_hash` while not resolved, then `None`: unique, so a key is open at most once.
    #[sea_orm(unique)]
    pub open_key: Option<String>,
    /// `info` to `critical`.
    pub severity: String,
    /// `open`, `acknowledged` or `resolved`.
    pub status: String,
    /// One line.
    pub title: String,
    /// What was seen, with unit.
    pub observed: Option<String>,
    /// What would be fine, with unit.
    pub expected: Option<String>,
    /// What an operator may want to paste.
    pub command: Option<String>,
    /// The rule that judged.
    pub rule_id: Option<i64>,
    /// `event_at` of the breach.
    pub opened_at: ChronoDateTimeUtc,
    /// Last breach, to the minute.
    pub last_seen_at: ChronoDateTimeUtc,
    /// Breaches so far.
    pub occurrences: i32,
    /// When it was acknowledged.
    pub acknowledged_at: Option<ChronoDateTimeUtc>,
    /// User id.
    pub acknowledged_by: Option<i64>,
    /// When it ended.
    pub resolved_at: Option<ChronoDateTimeUtc>,
    /// User id; `None`: by itself.
    pub resolved_by: Option<i64>,
    /// Nobody is told of it until then; `None`: it is not snoozed.
    pub snoozed_until: Option<ChronoDateTimeUtc>,
    /// When its owner was asked whether they are still on it.
    pub reminded_at: Option<ChronoDateTimeUtc>,
    /// Last change of anything above.
    pub changed_at: ChronoDateTimeUtc,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! Table `alert_rules`: what to look for, and where to send it.

use sea_orm::entity::prelude::*;

/// One row of `alert_rules`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "alert_rules")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Shown in the incident's title.
    pub name: String,
    /// Judged at all.
    pub enabled: bool,
    /// `None` keeps the detector's.
    pub severity: Option<String>,
    /// `control::Scope`.
    pub scope: Json,
    /// `control::Condition`; the default rule has `{"type":"detector","detector":"*"}`.
    pub condition: Json,
    /// Array of channel keys; excludes a policy.
    pub channels: Option<Json>,
    /// Excludes channels.
    pub escalation_policy_id: Option<i64>,
    /// Shown with its incidents.
    pub runbook_url: Option<String>,
    /// Routes what no other rule does; there is one and it stays.
    pub is_default: bool,
    /// Grows by 1 with each change.
    pub version: i64,
    /// Creation.
    pub created_at: ChronoDateTimeUtc,
    /// Last change.
    pub updated_at: ChronoDateTimeUtc,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! Table `servers`: monitored servers and their latest values.

use sea_orm::entity::prelude::*;

/// One row of `servers`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "servers")]
pub struct Model {
    /// Row id; `ServerId` everywhere else.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Unique, chosen by people.
    #[sea_orm(unique)]
    pub name: String,
    /// As the agent told at enrolment.
    pub hostname: Option<String>,
    /// As the agent told.
    pub os: Option<String>,
    /// As the agent told.
    pub arch: Option<String>,
    /// As the agent told.
    pub agent_version: Option<String>,
    /// Array of strings: `key:value` or plain words.
    pub tags: Json,
    /// `registering`, `up`, `stale`, `down`, `unknown` or `disabled`.
    pub status: String,
    /// False: its payloads are acknowledged and thrown away.
    pub is_active: bool,
    /// Latest CPU use, percent.
    pub cpu: Option<f64>,
    /// Latest RAM use, percent.
    pub ram: Option<f64>,
    /// Latest 1-minute load.
    pub load1: Option<f64>,
    /// `event_at` of the latest `metrics` payload.
    pub last_metric_at: Option<ChronoDateTimeUtc>,
    /// `received_at` of the latest payload of any kind.
    pub last_seen_at: Option<ChronoDateTimeUtc>,
    /// SHA-256 hex of the agent's secret; `None`: no agent may speak for it.
    pub agent_secret_hash: Option<String>,
    /// When the secret was last set or taken away.
    pub secret_changed_at: Option<ChronoDateTimeUtc>,
    /// Last change of settings or secret; what the ingest caches poll.
    pub changed_at: ChronoDateTimeUtc,
    /// When an agent last enrolled.
    pub enrolled_at: Option<ChronoDateTimeUtc>,
    /// Until then an agent may enrol although a secret exists.
    pub re_enrol_until: Option<ChronoDateTimeUtc>,
    /// Switched on again then; `None` while off: by a person only.
    pub disabled_until: Option<ChronoDateTimeUtc>,
    /// Creation.
    pub created_at: ChronoDateTimeUtc,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

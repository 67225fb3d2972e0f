//! Table `agent_health`: what ingest and the readers of the log notice about an agent beside what it reports.

use sea_orm::entity::prelude::*;

/// One row of `agent_health`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agent_health")]
pub struct Model {
    /// Whose; the row goes with the server.
    #[sea_orm(primary_key, auto_increment = false)]
    pub server_id: i64,
    /// How far the agent's clock lags ours, milliseconds, by its newest payload.
    pub skew_ms: Option<i64>,
    /// When that payload came.
    pub skew_at: Option<ChronoDateTimeUtc>,
    /// Fields that were impossible and stored as null, since the server was enrolled first.
    pub refused_total: i64,
    /// The fields of the last such payload: array of strings.
    pub refused_fields: Option<Json>,
    /// When that payload came.
    pub refused_at: Option<ChronoDateTimeUtc>,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

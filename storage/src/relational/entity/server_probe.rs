//! Table `server_probes`: the newest report of each kind of each server, as far as lists sort and filter by it.

use sea_orm::entity::prelude::*;

/// One row of `server_probes`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "server_probes")]
pub struct Model {
    /// Whose; the row goes with the server.
    #[sea_orm(primary_key, auto_increment = false)]
    pub server_id: i64,
    /// Name of the kind of payload.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// `ok`, or the report's `kind_error`.
    pub state: String,
    /// What would help, in the agent's words.
    pub hint: Option<String>,
    /// `event_at` of the report; may lag the newest one while nothing else changes.
    pub observed_at: ChronoDateTimeUtc,
    /// `received_at` of the report.
    pub received_at: ChronoDateTimeUtc,
    /// What the kind's lists sort by, see `server_probes::sort_names`.
    pub value1: Option<f64>,
    /// The second of those.
    pub value2: Option<f64>,
    /// The third of those.
    pub value3: Option<f64>,
    /// The fourth of those.
    pub value4: Option<f64>,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! Table `incident_groups`: troubles that are one to people, and who has taken such a one on.

use sea_orm::entity::prelude::*;

/// One row of `incident_groups`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "incident_groups")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// What makes an incident one of it: `server:12`, `service_down@rack:r1`, `service_down@fleet`.
    pub group_key: String,
    /// `server`, `hypervisor`, `rack`, `dc` or `fleet`.
    pub kind: String,
    /// The one detector of its members; `None`: any of one server.
    pub detector: Option<String>,
    /// For people: the server's name, the tag, or `fleet`.
    pub label: String,
    /// How many have joined so far; grows only.
    pub joined: i32,
    /// Creation.
    pub created_at: ChronoDateTimeUtc,
    /// When the newest member joined.
    pub last_joined_at: ChronoDateTimeUtc,
    /// When it was last acknowledged as a whole.
    pub covered_at: Option<ChronoDateTimeUtc>,
    /// Until when that also counts for who joins.
    pub covered_until: Option<ChronoDateTimeUtc>,
    /// User id of who did.
    pub covered_by: Option<i64>,
    /// The worst severity it had then.
    pub covered_severity: Option<String>,
    /// How many of it were not over then.
    pub covered_size: Option<i32>,
    /// `joined` as it was then.
    pub covered_joined: Option<i32>,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! Table `maintenance_windows`: times in which nobody is told of what is worked on.

use sea_orm::entity::prelude::*;

/// One row of `maintenance_windows`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "maintenance_windows")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Shown where something is held back for it.
    pub name: String,
    /// What is done; may be empty.
    pub reason: String,
    /// Which servers, as in a rule.
    pub scope: Json,
    /// Keys of detectors; empty: all.
    pub detectors: Json,
    /// IANA name: the zone of the recurrence, and the one in which times are shown.
    pub timezone: String,
    /// From when on.
    pub starts_at: ChronoDateTimeUtc,
    /// Until when; `None`: a recurring one goes on until it is deleted.
    pub ends_at: Option<ChronoDateTimeUtc>,
    /// When it returns; `None`: it is one span.
    pub recurrence: Option<Json>,
    /// Whether escalations were last settled for it being under way.
    pub active: bool,
    /// User id.
    pub created_by: Option<i64>,
    /// Creation.
    pub created_at: ChronoDateTimeUtc,
    /// Last change by a person.
    pub updated_at: ChronoDateTimeUtc,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

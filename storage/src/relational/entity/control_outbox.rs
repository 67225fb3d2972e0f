//! Table `control_outbox`: decisions stored with their cause and not yet known to be in the log; normally empty.

use sea_orm::entity::prelude::*;

/// One row of `control_outbox`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "control_outbox")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// When it was decided.
    pub created_at: ChronoDateTimeUtc,
    /// Where it goes; `None` means every partition.
    pub partition: Option<i32>,
    /// The `Control`, as it stands in the log.
    pub control: Json,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! Table `delivery_assurances`: what was done because a message did not arrive, each once.

use sea_orm::entity::prelude::*;

/// One row of `delivery_assurances`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "delivery_assurances")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Because of which delivery; goes with it.
    pub delivery_id: i64,
    /// `channel`: sent over another one; `step`: the next step was brought forward.
    pub what: String,
    /// The delivery that takes its place.
    pub to_delivery_id: Option<i64>,
    /// Why.
    pub reason: String,
    /// When.
    pub at: ChronoDateTimeUtc,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! Table `delivery_bundles`: which deliveries leave, or left, in one message.

use sea_orm::entity::prelude::*;

/// One row of `delivery_bundles`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "delivery_bundles")]
pub struct Model {
    /// Row of `notification_deliveries`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub delivery_id: i64,
    /// The delivery under whose id the message leaves; its own for that one itself.
    pub carrier_id: i64,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! Table `message_templates`: the organisation's own words for messages, in the place of the product's.

use sea_orm::entity::prelude::*;

/// One row of `message_templates`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "message_templates")]
pub struct Model {
    /// Name of the kind of message: `problem`, `recovery` ...
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// Key of the channel they are for; empty: every channel that has none of its own.
    #[sea_orm(primary_key, auto_increment = false)]
    pub channel: String,
    /// Template of the subject; `None`: as without this row.
    #[sea_orm(column_type = "Text", nullable)]
    pub subject: Option<String>,
    /// Template of the text; `None`: as without this row.
    #[sea_orm(column_type = "Text", nullable)]
    pub body: Option<String>,
    /// Account that wrote it last.
    pub updated_by: Option<i64>,
    /// When that was.
    pub updated_at: ChronoDateTimeUtc,
    /// When it last failed and the product's own words were sent instead; `None`: not since it was written.
    pub failed_at: Option<ChronoDateTimeUtc>,
    /// Why.
    #[sea_orm(column_type = "Text", nullable)]
    pub failure: Option<String>,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

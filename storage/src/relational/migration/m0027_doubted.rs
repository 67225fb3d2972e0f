//! Whether only an arrival shows that a channel works.

use super::add_column;
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::boolean;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let doubted = boolean("doubted").default(false).take();
        add_column(manager, "notification_channels", "doubted", doubted).await
    }
}

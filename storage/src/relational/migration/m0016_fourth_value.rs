//! A fourth value that fleet-wide lists sort by.

use super::add_column;
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::double_null;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_column(manager, "server_probes", "value4", double_null("value4")).await
    }
}

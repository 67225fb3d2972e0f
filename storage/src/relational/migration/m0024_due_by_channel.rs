//! Each channel's due messages in their order: a dead channel's backlog is not read past by the others.

use super::index;
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = &["channel", "next_attempt_at"];
        index(manager, "notification_deliveries", columns).await
    }
}

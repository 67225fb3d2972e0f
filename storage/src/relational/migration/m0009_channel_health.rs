//! Since when a channel does not work, and when its provider is tried again.

use super::{add_column, time_null};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = "notification_channels";
        let failures = ColumnDef::new("failures")
            .integer()
            .not_null()
            .default(0)
            .take();
        add_column(
            manager,
            table,
            "unhealthy_since",
            time_null("unhealthy_since"),
        )
        .await?;
        add_column(manager, table, "failures", failures).await?;
        add_column(manager, table, "probe_at", time_null("probe_at")).await
    }
}

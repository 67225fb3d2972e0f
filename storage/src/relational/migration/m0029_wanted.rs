//! From when a provider is late with a message.

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
        let table = "notification_deliveries";
        add_column(manager, table, "wanted_at", time_null("wanted_at")).await?;
        // What waits for its first send now may be held by a rule of ours.
        let held = Query::update()
            .table(table)
            .value("wanted_at", Expr::col("next_attempt_at"))
            .and_where(Expr::col("status").eq("queued"))
            .to_owned();
        manager.get_connection().execute(&held).await?;
        Ok(())
    }
}

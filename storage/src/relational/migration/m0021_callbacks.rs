//! Where providers tell what became of a message, and what they told before we knew their id of it.

use super::{add_column, id, index, name_of, table, time, time_null};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{string_len, string_len_null, text, text_null};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let channels = "notification_channels";
        let secret = text_null("hook_secret");
        add_column(manager, channels, "hook_secret", secret).await?;
        let provider = string_len_null("hook_provider", 32);
        add_column(manager, channels, "hook_provider", provider).await?;
        let at = time_null("hook_receipt_at");
        add_column(manager, channels, "hook_receipt_at", at).await?;

        let early = table(manager, "early_receipts")
            .col(id())
            .col(string_len("channel", 64))
            .col(string_len("provider_id", 255))
            .col(name_of("fate"))
            .col(text("words"))
            .col(time("at"))
            .take();
        manager.create_table(early).await?;
        index(manager, "early_receipts", &["provider_id"]).await?;
        index(manager, "notification_deliveries", &["provider_id"]).await
    }
}

//! The organisation's own words for messages.

use super::{name_of, table, time, time_null};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer_null, text_null};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let templates = table(manager, "message_templates")
            .col(name_of("kind"))
            .col(name_of("channel"))
            .col(text_null("subject"))
            .col(text_null("body"))
            .col(big_integer_null("updated_by"))
            .col(time("updated_at"))
            .col(time_null("failed_at"))
            .col(text_null("failure"))
            .primary_key(Index::create().col("kind").col("channel"))
            .take();
        manager.create_table(templates).await
    }
}

//! What a provider asked for that wants the messages to one recipient further apart.

use super::{add_column, time_null};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::big_integer_null;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = "delivery_gates";
        add_column(manager, table, "free_at", time_null("free_at")).await?;
        let apart = big_integer_null("apart_ms");
        add_column(manager, table, "apart_ms", apart).await?;
        add_column(manager, table, "apart_until", time_null("apart_until")).await
    }
}

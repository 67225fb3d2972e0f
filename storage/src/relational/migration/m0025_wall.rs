//! Screens on a wall: their tokens.

use super::{hash, id, key, table, time, time_null};
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
        let tokens = table(manager, "wall_tokens")
            .col(id())
            .col(key("name").unique_key())
            .col(hash("token_hash").unique_key())
            // No foreign key: a screen goes on when whoever hung it up leaves.
            .col(big_integer_null("created_by"))
            .col(time("created_at"))
            .col(time_null("last_used_at"))
            .take();
        manager.create_table(tokens).await
    }
}

//! What a summary has named, what a digest has carried on, and who is owed a digest.

use super::{add_column, time_null};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::json_null;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_column(manager, "quiet_holds", "named_at", time_null("named_at")).await?;
        add_column(manager, "digests", "lines", json_null("lines")).await?;
        let owed = time_null("digest_owed_at");
        add_column(
            manager,
            "user_notification_preferences",
            "digest_owed_at",
            owed,
        )
        .await
    }
}

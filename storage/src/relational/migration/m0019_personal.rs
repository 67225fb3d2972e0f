//! Personal addresses, what people want to be told of, what their quiet hours held back, and their digests.

use super::{hash_null, id, index, key, table, time, time_null};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, integer, json, string_len, text_null,
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let contacts = table(manager, "contacts")
            .col(id())
            .col(big_integer("user_id"))
            .col(string_len("channel", 64))
            .col(string_len("address", 255))
            .col(key("address_key"))
            .col(text_null("secret"))
            .col(time_null("verified_at"))
            .col(hash_null("code_hash"))
            .col(time_null("code_expires_at"))
            .col(integer("code_tries"))
            .col(time_null("code_asked_at"))
            .col(big_integer_null("code_delivery_id"))
            .col(time("created_at"))
            .foreign_key(&mut of_user("contacts"))
            .take();
        manager.create_table(contacts).await?;
        unique(manager, "contacts", &["user_id", "channel", "address_key"]).await?;
        index(manager, "contacts", &["code_delivery_id"]).await?;

        let preferences = table(manager, "user_notification_preferences")
            .col(
                ColumnDef::new("user_id")
                    .big_integer()
                    .not_null()
                    .primary_key(),
            )
            .col(json("channels"))
            .col(json("severities"))
            .col(integer("quiet_start"))
            .col(integer("quiet_end"))
            .col(string_len("timezone", 64))
            .col(boolean("block_critical"))
            .col(boolean("digest_enabled"))
            .col(integer("digest_minute"))
            .col(time_null("digest_since"))
            .col(time_null("digest_last_at"))
            .col(time("updated_at"))
            .foreign_key(&mut of_user("user_notification_preferences"))
            .take();
        manager.create_table(preferences).await?;

        let holds = table(manager, "quiet_holds")
            .col(id())
            .col(big_integer("delivery_id"))
            .col(big_integer("incident_id"))
            .col(big_integer("user_id"))
            .col(string_len("channel", 64))
            .col(string_len("recipient", 512))
            .col(string_len("recipient_key", 512))
            .col(time("held_at"))
            .col(big_integer_null("summary_id"))
            .col(time_null("released_at"))
            .foreign_key(&mut of_user("quiet_holds"))
            .take();
        manager.create_table(holds).await?;
        unique(manager, "quiet_holds", &["delivery_id"]).await?;
        index(manager, "quiet_holds", &["released_at"]).await?;
        index(manager, "quiet_holds", &["summary_id"]).await?;

        let digests = table(manager, "digests")
            .col(id())
            .col(big_integer("user_id"))
            .col(time("since"))
            .col(time("until"))
            .col(big_integer_null("delivery_id"))
            .col(time("created_at"))
            .foreign_key(&mut of_user("digests"))
            .take();
        manager.create_table(digests).await?;
        unique(manager, "digests", &["user_id", "until"]).await?;
        index(manager, "digests", &["delivery_id"]).await
    }
}

/// Rows of a table go with their account.
fn of_user(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("fk_{table}_user"))
        .from(table, "user_id")
        .to("users", "id")
        .on_delete(ForeignKeyAction::Cascade)
        .take()
}

async fn unique(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    let name = format!("ux_{table}_{}", columns.join("_"));
    if manager.has_index(table, &name).await? {
        return Ok(());
    }
    let mut unique = Index::create();
    unique.name(name).table(table).unique();
    for &column in columns {
        unique.col(column);
    }
    manager.create_index(unique).await
}

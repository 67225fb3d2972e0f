//! Channels, the messages they send, and each try.

use super::{hash, id, index, name_of, table, time, time_null, uuid};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, integer, integer_null, json, string_len,
    string_len_null, text, text_null,
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let channels = table(manager, "notification_channels")
            .col(string_len("channel", 64).primary_key())
            .col(boolean("enabled"))
            .col(json("settings"))
            .col(text_null("secrets"))
            .col(boolean("healthy"))
            .col(text_null("last_error"))
            .col(time_null("last_test_at"))
            .col(text_null("last_test_result"))
            .col(string_len_null("last_test_provider_id", 255))
            .col(time("updated_at"))
            .take();
        manager.create_table(channels).await?;

        let deliveries = table(manager, "notification_deliveries")
            .col(id())
            .col(big_integer_null("incident_id"))
            .col(big_integer_null("execution_id"))
            .col(integer_null("step"))
            .col(integer_null("pass"))
            .col(name_of("kind"))
            .col(string_len("channel", 64))
            .col(string_len("recipient", 512))
            .col(string_len("recipient_key", 512))
            .col(big_integer_null("user_id"))
            .col(hash("idempotency_key").unique_key())
            .col(name_of("status"))
            .col(integer("attempts"))
            .col(time_null("next_attempt_at"))
            .col(time_null("lease_until"))
            .col(string_len_null("provider_id", 255))
            .col(text_null("reason"))
            .col(uuid("delivery_uuid"))
            .col(time("created_at"))
            .col(time("updated_at"))
            .col(time_null("sent_at"))
            .take();
        manager.create_table(deliveries).await?;
        index(manager, "notification_deliveries", &["incident_id"]).await?;
        index(manager, "notification_deliveries", &["next_attempt_at"]).await?;
        index(
            manager,
            "notification_deliveries",
            &["status", "lease_until"],
        )
        .await?;

        let attempts = table(manager, "delivery_attempts")
            .col(id())
            .col(big_integer("delivery_id"))
            .col(time("at"))
            .col(name_of("outcome"))
            .col(text("detail"))
            .col(big_integer("duration_ms"))
            .foreign_key(
                ForeignKey::create()
                    .name("fk_delivery_attempts_delivery")
                    .from("delivery_attempts", "delivery_id")
                    .to("notification_deliveries", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .take();
        manager.create_table(attempts).await?;
        index(manager, "delivery_attempts", &["delivery_id"]).await
    }
}

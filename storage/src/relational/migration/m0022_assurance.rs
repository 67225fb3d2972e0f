//! What is done so that a message arrives: another channel, the next step, a pause that was asked for, a message a day.

use super::{add_column, id, index, name_of, table, time, time_null};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, text, text_null};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let channels = "notification_channels";
        let until = time_null("paused_until");
        add_column(manager, channels, "paused_until", until).await?;
        let reason = text_null("paused_reason");
        add_column(manager, channels, "paused_reason", reason).await?;
        let canary = ColumnDef::new("canary")
            .boolean()
            .not_null()
            .default(false)
            .take();
        add_column(manager, channels, "canary", canary).await?;
        add_column(manager, channels, "canary_at", time_null("canary_at")).await?;

        let name = "delivery_assurances";
        let assurances = table(manager, name)
            .col(id())
            .col(big_integer("delivery_id"))
            .col(name_of("what"))
            .col(big_integer_null("to_delivery_id"))
            .col(text("reason"))
            .col(time("at"))
            .foreign_key(
                ForeignKey::create()
                    .name("fk_delivery_assurances_delivery")
                    .from(name, "delivery_id")
                    .to("notification_deliveries", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .take();
        manager.create_table(assurances).await?;
        let unique = "ux_delivery_assurances_delivery_id_what";
        if !manager.has_index(name, unique).await? {
            let mut index = Index::create();
            index.name(unique).table(name).unique();
            index.col("delivery_id").col("what");
            manager.create_index(index).await?;
        }
        index(manager, "notification_deliveries", &["created_at"]).await
    }
}

//! Maintenance windows, snoozed incidents, reminders of who took one on, and why an escalation stands still.

use super::{add_column, id, index, key, table, time, time_null};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer_null, boolean, json, json_null, string_len, string_len_null, text,
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let windows = table(manager, "maintenance_windows")
            .col(id())
            .col(key("name"))
            .col(text("reason"))
            .col(json("scope"))
            .col(json("detectors"))
            .col(string_len("timezone", 64))
            .col(time("starts_at"))
            .col(time_null("ends_at"))
            .col(json_null("recurrence"))
            .col(boolean("active"))
            .col(big_integer_null("created_by"))
            .col(time("created_at"))
            .col(time("updated_at"))
            .take();
        manager.create_table(windows).await?;
        for column in ["snoozed_until", "reminded_at"] {
            add_column(manager, "incidents", column, time_null(column)).await?;
        }
        index(manager, "incidents", &["snoozed_until"]).await?;
        let held_for = string_len_null("held_for", 64);
        add_column(manager, "executions", "held_for", held_for).await
    }
}

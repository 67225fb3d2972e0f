//! Several nodes: what each does, chores that one of them does, and which incarnation of the log is read.

use super::{key, name_of, table, time, time_null, uuid};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, boolean, integer};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let roles = key("roles").default("").take();
        add(manager, "nodes", "roles", roles).await?;
        let shared = boolean("shared").default(false).take();
        add(manager, "nodes", "shared", shared).await?;
        add(manager, "nodes", "stopped_at", time_null("stopped_at")).await?;

        let kind = ColumnDef::new("kind").string_len(190).null().take();
        add(manager, "logs", "kind", kind).await?;
        add(manager, "logs", "replaced_at", time_null("replaced_at")).await?;
        if !manager.has_index("logs", "ux_logs_kind").await? {
            let index = Index::create()
                .name("ux_logs_kind")
                .table("logs")
                .col("kind")
                .unique()
                .take();
            manager.create_index(index).await?;
        }

        let marks = table(manager, "log_marks")
            .col(uuid("log_id"))
            .col(integer("partition"))
            .col(big_integer("off"))
            .col(key("fingerprint"))
            .col(time("noted_at"))
            .primary_key(Index::create().col("log_id").col("partition"))
            .take();
        manager.create_table(marks).await?;

        let jobs = table(manager, "jobs")
            .col(name_of("name").primary_key())
            .col(ColumnDef::new("node").char_len(36).null())
            .col(time_null("lease_until"))
            .col(time_null("last_success"))
            .take();
        manager.create_table(jobs).await
    }
}

/// Adds a column unless it is there.
async fn add(
    manager: &SchemaManager<'_>,
    table: &'static str,
    name: &'static str,
    column: ColumnDef,
) -> Result<(), DbErr> {
    if manager.has_column(table, name).await? {
        return Ok(());
    }
    let alter = Table::alter().table(table).add_column(column).take();
    manager.alter_table(alter).await
}

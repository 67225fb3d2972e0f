//! Who runs: nodes, log incarnations, partitions, cursors, the control outbox.

use super::{id, index, table, time, time_null, uuid};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, integer, integer_null, json};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let nodes = table(manager, "nodes")
            .col(uuid("id").primary_key())
            .col(time("started_at"))
            .col(time("last_seen_at"))
            .take();
        manager.create_table(nodes).await?;

        let logs = table(manager, "logs")
            .col(uuid("id").primary_key())
            .col(time("created_at"))
            .take();
        manager.create_table(logs).await?;

        let partitions = table(manager, "partitions")
            .col(integer("partition").primary_key())
            .col(ColumnDef::new("node").char_len(36).null())
            .col(big_integer("epoch"))
            .col(time_null("lease_until"))
            .take();
        manager.create_table(partitions).await?;

        let cursors = table(manager, "server_cursors")
            .col(big_integer("server_id"))
            .col(uuid("log_id"))
            .col(big_integer("off"))
            .primary_key(Index::create().col("server_id").col("log_id"))
            .take();
        manager.create_table(cursors).await?;

        let outbox = table(manager, "control_outbox")
            .col(id())
            .col(time("created_at"))
            .col(integer_null("partition"))
            .col(json("control"))
            .take();
        manager.create_table(outbox).await?;
        index(manager, "control_outbox", &["created_at"]).await
    }
}

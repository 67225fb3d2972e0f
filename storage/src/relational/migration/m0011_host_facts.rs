//! What hosts tell that is no measurement: backup runs, cron jobs, what they are made of. All of it goes with its server.

use super::{hash, index, key, name_of, table, time, time_null};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, integer_null, json, string_len, string_len_null, text,
    text_null,
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let runs = table(manager, "backup_runs")
            .col(super::id())
            .col(big_integer("server_id"))
            .col(string_len("tool", 64))
            .col(key("job"))
            .col(name_of("status"))
            .col(name_of("reported_status"))
            .col(string_len_null("doubt", 190))
            .col(time_null("started_at"))
            .col(time("finished_at"))
            .col(big_integer_null("bytes"))
            .col(big_integer_null("accounts_total"))
            .col(big_integer_null("accounts_failed"))
            .col(text_null("message"))
            .col(boolean("is_newest"))
            .col(time_null("last_good_at"))
            .col(big_integer_null("last_good_bytes"))
            .col(time("first_received_at"))
            .col(time("last_received_at"))
            .foreign_key(&mut of_server("backup_runs"))
            .take();
        manager.create_table(runs).await?;
        unique(
            manager,
            "backup_runs",
            &["server_id", "tool", "job", "finished_at"],
        )
        .await?;
        index(manager, "backup_runs", &["server_id", "finished_at"]).await?;
        index(manager, "backup_runs", &["is_newest", "server_id"]).await?;
        index(manager, "backup_runs", &["finished_at"]).await?;
        index(manager, "backup_runs", &["last_received_at"]).await?;

        let jobs = table(manager, "cron_checks")
            .col(super::id())
            .col(big_integer("server_id"))
            .col(hash("job_key"))
            .col(key("user"))
            .col(string_len("schedule", 500))
            .col(text("command"))
            .col(string_len("timezone", 64))
            .col(name_of("state"))
            .col(boolean("is_overdue"))
            .col(time_null("last_run_at"))
            .col(integer_null("last_exit"))
            .col(time_null("expected_at"))
            .col(big_integer("urgency"))
            .col(time("first_seen_at"))
            .col(time("changed_at"))
            .foreign_key(&mut of_server("cron_checks"))
            .take();
        manager.create_table(jobs).await?;
        unique(manager, "cron_checks", &["server_id", "job_key"]).await?;
        index(manager, "cron_checks", &["urgency"]).await?;

        let inventory = table(manager, "inventory")
            .col(
                ColumnDef::new("server_id")
                    .big_integer()
                    .not_null()
                    .primary_key(),
            )
            .col(string_len("hostname", 255))
            .col(string_len("timezone", 64))
            .col(time("boot_at"))
            .col(key("kernel_running"))
            .col(string_len_null("kernel_installed", 190))
            .col(string_len_null("panel", 190))
            .col(string_len_null("mta", 190))
            .col(string_len_null("web_server", 190))
            .col(json("addresses"))
            .col(json("outbound_addresses"))
            .col(json("mail_domains"))
            .col(string_len("machine_id_hash", 128))
            .col(string_len_null("agent_version", 64))
            .col(big_integer_null("spool_lost_total"))
            .col(time("observed_at"))
            .col(time("changed_at"))
            .foreign_key(&mut of_server("inventory"))
            .take();
        manager.create_table(inventory).await
    }
}

/// Rows of a table go with their server.
fn of_server(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("fk_{table}_server"))
        .from(table, "server_id")
        .to("servers", "id")
        .on_delete(ForeignKeyAction::Cascade)
        .take()
}

/// Adds an index named `ux_<table>_<columns>` unless it is there.
async fn unique(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    let name = format!("ux_{table}_{}", columns.join("_"));
    if manager.has_index(table, &name).await? {
        return Ok(());
    }
    let mut index = Index::create();
    index.name(name).table(table).unique();
    for &column in columns {
        index.col(column);
    }
    manager.create_index(index).await
}

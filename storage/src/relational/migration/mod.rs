//! The schema, one file a group of tables, applied in order by [`Migrator`].
//!
//! A migration that has been released is never edited; a change is a new file. Each runs in a transaction where the
//! database can (SQLite), and each statement asks first whether its work is done, so that on MariaDB, whose schema
//! changes commit one by one, a migration cut short is simply run again.

mod m0001_cluster;
mod m0002_servers;
mod m0003_accounts;
mod m0004_rules;
mod m0005_incidents;
mod m0006_notifications;
mod m0007_security;
mod m0008_holds;
mod m0009_channel_health;
mod m0010_nodes;
mod m0011_host_facts;
mod m0012_probes;
mod m0013_disabled_until;
mod m0014_mail_abuse;
mod m0015_fleet;
mod m0016_fourth_value;
mod m0017_groups;
mod m0018_on_call;
mod m0019_personal;
mod m0020_maintenance;
mod m0021_callbacks;
mod m0022_assurance;
mod m0023_message_templates;
mod m0024_due_by_channel;
mod m0025_wall;
mod m0026_told_and_carried;
mod m0027_doubted;
mod m0028_apart;
mod m0029_wanted;

use sea_orm_migration::prelude::*;

/// All migrations in order.
pub(super) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_cluster::Migration),
            Box::new(m0002_servers::Migration),
            Box::new(m0003_accounts::Migration),
            Box::new(m0004_rules::Migration),
            Box::new(m0005_incidents::Migration),
            Box::new(m0006_notifications::Migration),
            Box::new(m0007_security::Migration),
            Box::new(m0008_holds::Migration),
            Box::new(m0009_channel_health::Migration),
            Box::new(m0010_nodes::Migration),
            Box::new(m0011_host_facts::Migration),
            Box::new(m0012_probes::Migration),
            Box::new(m0013_disabled_until::Migration),
            Box::new(m0014_mail_abuse::Migration),
            Box::new(m0015_fleet::Migration),
            Box::new(m0016_fourth_value::Migration),
            Box::new(m0017_groups::Migration),
            Box::new(m0018_on_call::Migration),
            Box::new(m0019_personal::Migration),
            Box::new(m0020_maintenance::Migration),
            Box::new(m0021_callbacks::Migration),
            Box::new(m0022_assurance::Migration),
            Box::new(m0023_message_templates::Migration),
            Box::new(m0024_due_by_channel::Migration),
            Box::new(m0025_wall::Migration),
            Box::new(m0026_told_and_carried::Migration),
            Box::new(m0027_doubted::Migration),
            Box::new(m0028_apart::Migration),
            Box::new(m0029_wanted::Migration),
        ]
    }
}

/// A table of these columns; on MariaDB InnoDB with `utf8mb4_bin`, so that text compares by bytes on both databases.
fn table(manager: &SchemaManager<'_>, name: &'static str) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(name).if_not_exists();
    if manager.get_database_backend() == sea_orm::DbBackend::MySql {
        table
            .engine("InnoDB")
            .character_set("utf8mb4")
            .collate("utf8mb4_bin");
    }
    table
}

/// Adds an index named `ix_<table>_<columns>` unless it is there.
async fn index(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    let name = format!("ix_{table}_{}", columns.join("_"));
    if manager.has_index(table, &name).await? {
        return Ok(());
    }
    let mut index = Index::create();
    index.name(name).table(table);
    for &column in columns {
        index.col(column);
    }
    manager.create_index(index).await
}

/// Adds a column unless it is there.
async fn add_column(
    manager: &SchemaManager<'_>,
    table: &'static str,
    name: &'static str,
    column: ColumnDef,
) -> Result<(), DbErr> {
    if manager.has_column(table, name).await? {
        return Ok(());
    }
    let mut alter = Table::alter();
    alter.table(table).add_column(column);
    manager.alter_table(alter).await
}

/// Row id, counted by the database.
fn id() -> ColumnDef {
    ColumnDef::new("id")
        .big_integer()
        .not_null()
        .auto_increment()
        .primary_key()
        .take()
}

/// A time with milliseconds; the query builder's own type has whole seconds on MariaDB.
fn time(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).custom("datetime(3)").not_null().take()
}

/// A time or nothing.
fn time_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).custom("datetime(3)").null().take()
}

/// 36 characters.
fn uuid(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).char_len(36).not_null().take()
}

/// 64 characters: SHA-256 or HMAC-SHA256 in hex.
fn hash(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).char_len(64).not_null().take()
}

/// A hash or nothing.
fn hash_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).char_len(64).null().take()
}

/// Text that may carry a unique key: 190 characters fit every index.
fn key(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).string_len(190).not_null().take()
}

/// The snake_case name of an enum.
fn name_of(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).string_len(32).not_null().take()
}

//! What fleet-wide lists sort by, and what is noticed about agents.

use super::{name_of, table, time, time_null};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, double_null, json_null, string_len_null,
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let probes = table(manager, "server_probes")
            .col(big_integer("server_id"))
            .col(name_of("kind"))
            .col(name_of("state"))
            .col(string_len_null("hint", 500))
            .col(time("observed_at"))
            .col(time("received_at"))
            .col(double_null("value1"))
            .col(double_null("value2"))
            .col(double_null("value3"))
            .primary_key(Index::create().col("server_id").col("kind"))
            .foreign_key(&mut of_server("fk_server_probes_server", "server_probes"))
            .take();
        manager.create_table(probes).await?;

        let health = table(manager, "agent_health")
            .col(big_integer("server_id").primary_key())
            .col(big_integer_null("skew_ms"))
            .col(time_null("skew_at"))
            .col(big_integer("refused_total").default(0))
            .col(json_null("refused_fields"))
            .col(time_null("refused_at"))
            .foreign_key(&mut of_server("fk_agent_health_server", "agent_health"))
            .take();
        manager.create_table(health).await
    }
}

/// The rows of a server go with it.
fn of_server(name: &'static str, table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(name)
        .from(table, "server_id")
        .to("servers", "id")
        .on_delete(ForeignKeyAction::Cascade)
        .take()
}

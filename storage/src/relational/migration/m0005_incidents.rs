//! Incidents, their timeline, and the escalations under way.

use super::{hash, hash_null, id, index, key, name_of, table, time, time_null, uuid};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, integer, json, string_len, text_null,
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let incidents = table(manager, "incidents")
            .col(id())
            .col(string_len("detector", 64))
            .col(big_integer_null("server_id"))
            .col(key("server_name"))
            .col(string_len("subject", 512))
            .col(hash("dedup_hash"))
            .col(hash_null("open_key").unique_key())
            .col(name_of("severity"))
            .col(name_of("status"))
            .col(string_len("title", 512))
            .col(text_null("observed"))
            .col(text_null("expected"))
            .col(text_null("command"))
            .col(big_integer_null("rule_id"))
            .col(time("opened_at"))
            .col(time("last_seen_at"))
            .col(integer("occurrences"))
            .col(time_null("acknowledged_at"))
            .col(big_integer_null("acknowledged_by"))
            .col(time_null("resolved_at"))
            .col(big_integer_null("resolved_by"))
            .col(time("changed_at"))
            .take();
        manager.create_table(incidents).await?;
        index(manager, "incidents", &["dedup_hash", "resolved_at"]).await?;
        index(manager, "incidents", &["status", "severity"]).await?;
        index(manager, "incidents", &["server_id", "opened_at"]).await?;
        index(manager, "incidents", &["opened_at"]).await?;

        let timeline = table(manager, "incident_timeline")
            .col(id())
            .col(big_integer("incident_id"))
            .col(time("at"))
            .col(name_of("type"))
            .col(string_len("actor", 128))
            .col(json("detail"))
            .foreign_key(
                ForeignKey::create()
                    .name("fk_incident_timeline_incident")
                    .from("incident_timeline", "incident_id")
                    .to("incidents", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .take();
        manager.create_table(timeline).await?;
        index(manager, "incident_timeline", &["incident_id"]).await?;

        let executions = table(manager, "executions")
            .col(id())
            .col(big_integer("incident_id"))
            .col(uuid("generation"))
            .col(json("policy"))
            .col(integer("next_step"))
            .col(integer("pass"))
            .col(time_null("due_at"))
            .col(name_of("state"))
            .col(big_integer("row_version"))
            .col(time_null("last_step_at"))
            .col(time("created_at"))
            .col(time("updated_at"))
            .take();
        manager.create_table(executions).await?;
        index(manager, "executions", &["incident_id"]).await?;
        index(manager, "executions", &["due_at"]).await
    }
}

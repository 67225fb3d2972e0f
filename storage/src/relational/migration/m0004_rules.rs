//! What to look for and who is told.

use super::{id, index, key, table, time};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, integer, json, json_null, string_len_null,
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let policies = table(manager, "escalation_policies")
            .col(id())
            .col(key("name").unique_key())
            .col(integer("repeat"))
            .col(integer("repeat_delay_seconds"))
            .col(boolean("is_default"))
            .col(time("created_at"))
            .col(time("updated_at"))
            .take();
        manager.create_table(policies).await?;

        let steps = table(manager, "escalation_steps")
            .col(id())
            .col(big_integer("policy_id"))
            .col(integer("position"))
            .col(integer("delay_seconds"))
            .col(json("channels"))
            .col(json("targets"))
            .col(boolean("only_if_unacknowledged"))
            .foreign_key(
                ForeignKey::create()
                    .name("fk_escalation_steps_policy")
                    .from("escalation_steps", "policy_id")
                    .to("escalation_policies", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .take();
        manager.create_table(steps).await?;
        index(manager, "escalation_steps", &["policy_id", "position"]).await?;

        let rules = table(manager, "alert_rules")
            .col(id())
            .col(key("name"))
            .col(boolean("enabled"))
            .col(string_len_null("severity", 32))
            .col(json("scope"))
            .col(json("condition"))
            .col(json_null("channels"))
            .col(big_integer_null("escalation_policy_id"))
            .col(string_len_null("runbook_url", 1024))
            .col(boolean("is_default"))
            .col(big_integer("version"))
            .col(time("created_at"))
            .col(time("updated_at"))
            .foreign_key(
                ForeignKey::create()
                    .name("fk_alert_rules_policy")
                    .from("alert_rules", "escalation_policy_id")
                    .to("escalation_policies", "id")
                    .on_delete(ForeignKeyAction::NoAction),
            )
            .take();
        manager.create_table(rules).await
    }
}

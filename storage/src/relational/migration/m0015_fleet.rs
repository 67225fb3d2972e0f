//! What only a look at the whole fleet can tell: who is silent, which groups are, and what is usual.

use super::{key, table, time};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, boolean, double, integer, json};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let pulse = table(manager, "fleet_pulse")
            .col(integer("partition").primary_key())
            .col(big_integer("epoch"))
            .col(time("told_at"))
            .col(boolean("in_grace"))
            .col(integer("active"))
            .col(json("silent"))
            .take();
        manager.create_table(pulse).await?;
        let groups = table(manager, "fleet_groups")
            .col(key("name").primary_key())
            .col(big_integer("incident_id"))
            .col(json("members"))
            .col(time("opened_at"))
            .col(time("changed_at"))
            .take();
        manager.create_table(groups).await?;
        let priors = table(manager, "fleet_priors")
            .col(key("metric").primary_key())
            .col(double("value"))
            .col(time("told_at"))
            .col(time("checked_at"))
            .take();
        manager.create_table(priors).await
    }
}

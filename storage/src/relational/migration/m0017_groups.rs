//! Groups of incidents, what leaves in one message, and how much each recipient was told lately.

use super::{hash, id, index, key, name_of, table, time, time_null};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, integer, integer_null, string_len, string_len_null,
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let groups = table(manager, "incident_groups")
            .col(id())
            .col(key("group_key"))
            .col(name_of("kind"))
            .col(string_len_null("detector", 64))
            .col(string_len("label", 190))
            .col(integer("joined"))
            .col(time("created_at"))
            .col(time("last_joined_at"))
            .col(time_null("covered_at"))
            .col(time_null("covered_until"))
            .col(big_integer_null("covered_by"))
            .col(string_len_null("covered_severity", 32))
            .col(integer_null("covered_size"))
            .col(integer_null("covered_joined"))
            .take();
        manager.create_table(groups).await?;
        index(manager, "incident_groups", &["group_key", "last_joined_at"]).await?;

        let members = table(manager, "incident_group_members")
            .col(big_integer("incident_id").primary_key())
            .col(big_integer("group_id"))
            .col(time("joined_at"))
            .foreign_key(&mut belongs_to(
                "incident_group_members",
                "incident_id",
                "incidents",
            ))
            .foreign_key(&mut belongs_to(
                "incident_group_members",
                "group_id",
                "incident_groups",
            ))
            .take();
        manager.create_table(members).await?;
        index(manager, "incident_group_members", &["group_id"]).await?;
        index(manager, "incident_group_members", &["joined_at"]).await?;

        let turns = table(manager, "incident_group_turns")
            .col(string_len("detector", 64).primary_key())
            .take();
        manager.create_table(turns).await?;

        let gates = table(manager, "delivery_gates")
            .col(hash("gate_key").primary_key())
            .col(time_null("worked_off_at"))
            .col(string_len_null("worst", 32))
            .col(time("updated_at"))
            .take();
        manager.create_table(gates).await?;

        let bundles = table(manager, "delivery_bundles")
            .col(big_integer("delivery_id").primary_key())
            .col(big_integer("carrier_id"))
            .foreign_key(&mut belongs_to(
                "delivery_bundles",
                "delivery_id",
                "notification_deliveries",
            ))
            .take();
        manager.create_table(bundles).await?;
        index(manager, "delivery_bundles", &["carrier_id"]).await?;

        // What is due to one recipient, in its order, however much is due to others.
        index(
            manager,
            "notification_deliveries",
            &["recipient_key", "next_attempt_at"],
        )
        .await
    }
}

/// Rows of a table go with what they are about.
fn belongs_to(
    table: &'static str,
    column: &'static str,
    other: &'static str,
) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("fk_{table}_{column}"))
        .from(table, column)
        .to(other, "id")
        .on_delete(ForeignKeyAction::Cascade)
        .take()
}

//! Who is on duty: schedules with their members, overrides, hand-offs that were told, links to calendars.

use super::{hash, id, index, key, name_of, table, time, time_null};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, date, integer, integer_null, string_len,
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let schedules = table(manager, "on_call_schedules")
            .col(id())
            .col(key("name").unique_key())
            .col(string_len("timezone", 64))
            .col(name_of("rotation"))
            .col(integer_null("handoff_weekday"))
            .col(integer("handoff_minute"))
            .col(date("starts_on"))
            .col(time("created_at"))
            .col(time("updated_at"))
            .take();
        manager.create_table(schedules).await?;

        let members = table(manager, "on_call_members")
            .col(id())
            .col(big_integer("schedule_id"))
            .col(integer("position"))
            .col(big_integer("user_id"))
            .foreign_key(&mut of_schedule("on_call_members"))
            // An account that has turns is not deleted under a schedule.
            .foreign_key(&mut of_user("on_call_members", ForeignKeyAction::NoAction))
            .take();
        manager.create_table(members).await?;
        unique(manager, "on_call_members", &["schedule_id", "user_id"]).await?;

        let overrides = table(manager, "on_call_overrides")
            .col(id())
            .col(big_integer("schedule_id"))
            .col(big_integer("user_id"))
            .col(big_integer_null("replaces_user_id"))
            .col(time("starts_at"))
            .col(time("ends_at"))
            .col(big_integer_null("created_by"))
            .col(time("created_at"))
            .foreign_key(&mut of_schedule("on_call_overrides"))
            .foreign_key(&mut of_user("on_call_overrides", ForeignKeyAction::Cascade))
            .take();
        manager.create_table(overrides).await?;
        index(manager, "on_call_overrides", &["schedule_id", "ends_at"]).await?;

        let handoffs = table(manager, "on_call_handoffs")
            .col(id())
            .col(big_integer("schedule_id"))
            .col(integer("number"))
            .col(big_integer_null("user_id"))
            .col(time("since"))
            .col(time("told_at"))
            .col(big_integer_null("delivery_id"))
            .foreign_key(&mut of_schedule("on_call_handoffs"))
            .take();
        manager.create_table(handoffs).await?;
        unique(manager, "on_call_handoffs", &["schedule_id", "number"]).await?;
        index(manager, "on_call_handoffs", &["delivery_id"]).await?;

        let tokens = table(manager, "on_call_calendar_tokens")
            .col(id())
            .col(big_integer("schedule_id"))
            .col(big_integer("user_id"))
            .col(hash("token_hash").unique_key())
            .col(boolean("only_mine"))
            .col(time("created_at"))
            .col(time_null("last_used_at"))
            .foreign_key(&mut of_schedule("on_call_calendar_tokens"))
            .foreign_key(&mut of_user(
                "on_call_calendar_tokens",
                ForeignKeyAction::Cascade,
            ))
            .take();
        manager.create_table(tokens).await?;
        index(manager, "on_call_calendar_tokens", &["user_id"]).await
    }
}

/// Rows of a table go with their schedule.
fn of_schedule(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("fk_{table}_schedule"))
        .from(table, "schedule_id")
        .to("on_call_schedules", "id")
        .on_delete(ForeignKeyAction::Cascade)
        .take()
}

fn of_user(table: &'static str, deleted: ForeignKeyAction) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("fk_{table}_user"))
        .from(table, "user_id")
        .to("users", "id")
        .on_delete(deleted)
        .take()
}

async fn unique(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    let name = format!("ux_{table}_{}", columns.join("_"));
    if manager.has_index(table, &name).await? {
        return Ok(());
    }
    let mut unique = Index::create();
    unique.name(name).table(table).unique();
    for &column in columns {
        unique.col(column);
    }
    manager.create_index(unique).await
}

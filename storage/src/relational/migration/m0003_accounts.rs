//! People, their sessions, and how often they failed.

use super::{hash, id, index, key, name_of, table, time, time_null};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, boolean, integer, string_len};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let users = table(manager, "users")
            .col(id())
            .col(key("email").unique_key())
            .col(key("name"))
            .col(string_len("password_hash", 255))
            .col(name_of("role"))
            .col(boolean("must_change_password"))
            .col(boolean("is_active"))
            .col(time_null("last_login_at"))
            .col(time("created_at"))
            .col(time("updated_at"))
            .take();
        manager.create_table(users).await?;

        let sessions = table(manager, "sessions")
            .col(hash("id_hash").primary_key())
            .col(big_integer("user_id"))
            .col(hash("csrf_hash"))
            .col(time("created_at"))
            .col(time("last_seen_at"))
            .col(time("expires_at"))
            .col(string_len("ip", 64))
            .col(string_len("user_agent", 255))
            .foreign_key(
                ForeignKey::create()
                    .name("fk_sessions_user")
                    .from("sessions", "user_id")
                    .to("users", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .take();
        manager.create_table(sessions).await?;
        index(manager, "sessions", &["user_id"]).await?;
        index(manager, "sessions", &["expires_at"]).await?;

        let limits = table(manager, "rate_limits")
            .col(key("bucket").primary_key())
            .col(integer("count"))
            .col(time("window_started_at"))
            .col(time_null("locked_until"))
            .take();
        manager.create_table(limits).await?;
        index(manager, "rate_limits", &["window_started_at"]).await
    }
}

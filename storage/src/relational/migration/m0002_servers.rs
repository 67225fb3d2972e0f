//! Servers and the tokens that enrol them.

use super::{hash, hash_null, id, index, key, name_of, table, time, time_null};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer_null, boolean, double_null, integer, json, string_len_null,
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let servers = table(manager, "servers")
            .col(id())
            .col(key("name").unique_key())
            .col(string_len_null("hostname", 255))
            .col(string_len_null("os", 190))
            .col(string_len_null("arch", 32))
            .col(string_len_null("agent_version", 64))
            .col(json("tags"))
            .col(name_of("status"))
            .col(boolean("is_active"))
            .col(double_null("cpu"))
            .col(double_null("ram"))
            .col(double_null("load1"))
            .col(time_null("last_metric_at"))
            .col(time_null("last_seen_at"))
            .col(hash_null("agent_secret_hash"))
            .col(time_null("secret_changed_at"))
            .col(time("changed_at"))
            .col(time_null("enrolled_at"))
            .col(time_null("re_enrol_until"))
            .col(time("created_at"))
            .take();
        manager.create_table(servers).await?;
        index(manager, "servers", &["changed_at"]).await?;

        let tokens = table(manager, "registration_tokens")
            .col(id())
            .col(hash("token_hash").unique_key())
            .col(key("name"))
            .col(json("tags"))
            .col(time("expires_at"))
            .col(integer("max_uses"))
            .col(integer("uses"))
            .col(json("allowed_cidrs"))
            .col(big_integer_null("created_by"))
            .col(time("created_at"))
            .col(time_null("revoked_at"))
            .take();
        manager.create_table(tokens).await
    }
}

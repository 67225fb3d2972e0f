//! The security log and the end of its chain.

use super::{hash, index, name_of, table};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, blob, string_len, string_len_null};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let events = table(manager, "security_event_logs")
            .col(big_integer("seq").primary_key())
            .col(big_integer("at"))
            .col(name_of("level"))
            .col(string_len("event_type", 64))
            .col(string_len("action", 64))
            .col(big_integer_null("actor_id"))
            .col(string_len_null("actor_ip", 64))
            .col(string_len_null("subject", 190))
            .col(blob("payload"))
            .col(name_of("key_id"))
            .col(hash("prev_hash"))
            .col(hash("event_hash"))
            .take();
        manager.create_table(events).await?;
        index(manager, "security_event_logs", &["at"]).await?;
        index(manager, "security_event_logs", &["event_type", "at"]).await?;

        let chain = table(manager, "security_chain")
            .col(big_integer("id").primary_key())
            .col(big_integer("seq"))
            .col(hash("head"))
            .take();
        manager.create_table(chain).await?;
        let present = Query::select()
            .column("id")
            .from("security_chain")
            .to_owned();
        if manager
            .get_connection()
            .query_one(&present)
            .await?
            .is_none()
        {
            let genesis = Query::insert()
                .into_table("security_chain")
                .columns(["id", "seq", "head"])
                .values_panic([1.into(), 0.into(), "0".repeat(64).into()])
                .to_owned();
            manager.get_connection().execute(&genesis).await?;
        }
        Ok(())
    }
}

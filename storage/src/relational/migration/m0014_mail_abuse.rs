//! Cases of mail abuse, what operators decided about them, and what is allowed since. All of it goes with its server.

use super::{index, key, name_of, table, time, time_null};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, double, json, string_len, string_len_null, text,
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let cases = table(manager, "mail_abuse_cases")
            .col(super::id())
            .col(big_integer("server_id"))
            .col(big_integer("incident_id"))
            .col(string_len("subject", 512))
            .col(name_of("sender"))
            .col(string_len("name", 512))
            .col(string_len_null("account", 190))
            .col(name_of("status"))
            .col(name_of("severity"))
            .col(time("hour"))
            .col(big_integer("recipients"))
            .col(double("expected"))
            .col(json("evidence"))
            .col(time("detected_at"))
            .col(time("changed_at"))
            .col(time_null("reviewed_at"))
            .col(big_integer_null("reviewed_by"))
            .foreign_key(&mut of_server("mail_abuse_cases"))
            .take();
        manager.create_table(cases).await?;
        index(manager, "mail_abuse_cases", &["status", "detected_at"]).await?;
        index(manager, "mail_abuse_cases", &["server_id", "detected_at"]).await?;
        index(manager, "mail_abuse_cases", &["incident_id"]).await?;

        let transitions = table(manager, "mail_abuse_transitions")
            .col(super::id())
            .col(big_integer("case_id"))
            .col(name_of("from_status"))
            .col(name_of("to_status"))
            .col(time("at"))
            .col(big_integer_null("user_id"))
            .col(text("note"))
            .foreign_key(
                ForeignKey::create()
                    .name("fk_mail_abuse_transitions_case")
                    .from("mail_abuse_transitions", "case_id")
                    .to("mail_abuse_cases", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .take();
        manager.create_table(transitions).await?;
        index(manager, "mail_abuse_transitions", &["case_id"]).await?;

        let allowances = table(manager, "mail_allowances")
            .col(super::id())
            .col(big_integer("server_id"))
            .col(string_len("subject", 512))
            .col(key("subject_key"))
            .col(double("ceiling"))
            .col(time("granted_at"))
            .col(big_integer_null("granted_by"))
            .col(time("until"))
            .foreign_key(&mut of_server("mail_allowances"))
            .take();
        manager.create_table(allowances).await?;
        let name = "ux_mail_allowances_server_id_subject_key";
        if !manager.has_index("mail_allowances", name).await? {
            let unique = Index::create()
                .name(name)
                .table("mail_allowances")
                .col("server_id")
                .col("subject_key")
                .unique()
                .take();
            manager.create_index(unique).await?;
        }
        index(manager, "mail_allowances", &["until"]).await
    }
}

/// Rows of a table go with their server.
fn of_server(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("fk_{table}_server"))
        .from(table, "server_id")
        .to("servers", "id")
        .on_delete(ForeignKeyAction::Cascade)
        .take()
}

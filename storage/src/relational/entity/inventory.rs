//! Table `inventory`: what each server is made of.

use sea_orm::entity::prelude::*;

/// One row of `inventory`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "inventory")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub server_id: i64,
    /// Its own name.
    pub hostname: String,
    /// Its zone.
    pub timezone: String,
    /// When it was started.
    pub boot_at: ChronoDateTimeUtc,
    /// The kernel that runs.
    pub kernel_running: String,
    /// The newest kernel that is installed.
    pub kernel_installed: Option<String>,
    /// Control panel and version.
    pub panel: Option<String>,
    /// Mail server and version.
    pub mta: Option<String>,
    /// Web server and version.
    pub web_server: Option<String>,
    /// Array of addresses.
    pub addresses: Json,
    /// Array of the addresses it sends from.
    pub outbound_addresses: Json,
    /// Array of `{domain, dkim_selector}`.
    pub mail_domains: Json,
    /// Hash of its machine id.
    pub machine_id_hash: String,
    /// Version of its agent.
    pub agent_version: Option<String>,
    /// Payloads that its agent lost because the spool was full.
    pub spool_lost_total: Option<i64>,
    /// `event_at` of the report that changed it last.
    pub observed_at: ChronoDateTimeUtc,
    /// Last change of anything above.
    pub changed_at: ChronoDateTimeUtc,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

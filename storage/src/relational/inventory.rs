//! `inventory`: what each server is made of, as it last told.

use super::StoreError;
use super::entity::inventory::{ActiveModel, Column, Entity, Model};
use super::entity::server;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::{Inventory, MailDomain};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
};
use serde_json::json;
use std::collections::HashMap;
use std::net::IpAddr;

impl Model {
    /// Whose.
    #[must_use]
    pub fn server(&self) -> ServerId {
        ServerId(u32::try_from(self.server_id).unwrap_or(u32::MAX))
    }

    /// Its own addresses; whatever else stands in the array is left out.
    #[must_use]
    pub fn address_list(&self) -> Vec<IpAddr> {
        addresses(&self.addresses)
    }

    /// The addresses it sends from.
    #[must_use]
    pub fn outbound_address_list(&self) -> Vec<IpAddr> {
        addresses(&self.outbound_addresses)
    }

    /// The domains it sends mail for.
    #[must_use]
    pub fn mail_domain_list(&self) -> Vec<MailDomain> {
        let items = self.mail_domains.as_array().map(Vec::as_slice);
        let items = items.unwrap_or_default().iter();
        items
            .filter_map(|item| serde_json::from_value(item.clone()).ok())
            .collect()
    }
}

fn addresses(array: &serde_json::Value) -> Vec<IpAddr> {
    let texts = super::strings(array).into_iter();
    texts.filter_map(|text| text.parse().ok()).collect()
}

/// Stores what a server tells; its row of `servers` shows the agent's version, too. `boot_at` and `observed_at` are by
/// our clock.
///
/// What the agent's spool holds at a moment is left out: it is a measurement, and kept as one.
///
/// # Errors
/// [`StoreError::Query`], also when the server is gone.
pub async fn put(
    tx: &DatabaseTransaction,
    server: ServerId,
    told: &Inventory,
    boot_at: UnixMs,
    observed_at: UnixMs,
    now: UnixMs,
) -> Result<(), StoreError> {
    let id = i64::from(server.0);
    let row = ActiveModel {
        server_id: Set(id),
        hostname: Set(told.hostname.clone()),
        timezone: Set(told.timezone.clone()),
        boot_at: Set(boot_at.to_datetime()),
        kernel_running: Set(told.kernel_running.clone()),
        kernel_installed: Set(told.kernel_installed.clone()),
        panel: Set(told.panel.clone()),
        mta: Set(told.mta.clone()),
        web_server: Set(told.web_server.clone()),
        addresses: Set(json!(told.addresses)),
        outbound_addresses: Set(json!(told.outbound_addresses)),
        mail_domains: Set(json!(told.mail_domains)),
        machine_id_hash: Set(told.machine_id_hash.clone()),
        agent_version: Set(told.agent_version.clone()),
        spool_lost_total: Set(told.spool_lost_total.and_then(|n| i64::try_from(n).ok())),
        observed_at: Set(observed_at.to_datetime()),
        changed_at: Set(now.to_datetime()),
    };
    Entity::insert(row)
        .on_conflict(
            OnConflict::column(Column::ServerId)
                .update_columns([
                    Column::Hostname,
                    Column::Timezone,
                    Column::BootAt,
                    Column::KernelRunning,
                    Column::KernelInstalled,
                    Column::Panel,
                    Column::Mta,
                    Column::WebServer,
                    Column::Addresses,
                    Column::OutboundAddresses,
                    Column::MailDomains,
                    Column::MachineIdHash,
                    Column::AgentVersion,
                    Column::SpoolLostTotal,
                    Column::ObservedAt,
                    Column::ChangedAt,
                ])
                .to_owned(),
        )
        .exec_without_returning(tx)
        .await
        .map_err(StoreError::during("store a server's inventory"))?;
    if let Some(version) = &told.agent_version {
        server::Entity::update_many()
            .col_expr(server::Column::AgentVersion, Expr::value(version.as_str()))
            .filter(server::Column::Id.eq(id))
            .exec(tx)
            .await
            .map_err(StoreError::during("note an agent's version"))?;
    }
    Ok(())
}

/// What a server is made of; `None` until it told.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn of(
    conn: &impl ConnectionTrait,
    server: ServerId,
) -> Result<Option<Model>, StoreError> {
    Entity::find_by_id(i64::from(server.0))
        .one(conn)
        .await
        .map_err(StoreError::during("read a server's inventory"))
}

/// What these servers are made of; those that never told are not in it.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn of_many(
    conn: &impl ConnectionTrait,
    servers: &[ServerId],
) -> Result<HashMap<ServerId, Model>, StoreError> {
    if servers.is_empty() {
        return Ok(HashMap::new());
    }
    let ids = servers.iter().map(|server| i64::from(server.0));
    let rows = Entity::find()
        .filter(Column::ServerId.is_in(ids))
        .all(conn)
        .await
        .map_err(StoreError::during("read inventories"))?;
    Ok(rows.into_iter().map(|row| (row.server(), row)).collect())
}

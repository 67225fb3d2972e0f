//! `fleet_pulse`, `fleet_groups`, `fleet_priors`: what only a look at the whole fleet can tell.
//!
//! Owners of partitions tell who is silent there; whoever holds the lease for it adds that up. Groups and priors are
//! written with the control records that tell them to the partitions, in one transaction.

use super::StoreError;
use super::entity::{fleet_group, fleet_prior, fleet_pulse, inventory, partition, server};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::{Epoch, PartitionId, ServerId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::net::IpAddr;

/// Partitions in one statement.
const ROWS: usize = 200;

/// What the owner of a partition tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulse {
    /// Which.
    pub partition: PartitionId,
    /// The owner's claim.
    pub epoch: Epoch,
    /// Our own heartbeats paused lately: nobody counts as silent.
    pub in_grace: bool,
    /// Servers that are watched and were ever heard of.
    pub active: u32,
    /// Who is silent, and for how many seconds on the partition clock.
    pub silent: Vec<(ServerId, u32)>,
}

/// A group whose silence is one incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its incident.
    pub incident_id: i64,
    /// Silent members, ascending.
    pub members: Vec<ServerId>,
    /// When it began.
    pub opened_at: UnixMs,
    /// When members changed last.
    pub changed_at: UnixMs,
}

/// A server as far as groups go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Which.
    pub server: ServerId,
    /// Its name.
    pub name: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// The first IPv4 address it sends from, or has.
    pub address: Option<std::net::Ipv4Addr>,
}

/// Stores what owners tell, at `now` by the database's clock.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn tell(
    conn: &impl ConnectionTrait,
    pulses: &[Pulse],
    now: UnixMs,
) -> Result<(), StoreError> {
    for chunk in pulses.chunks(ROWS) {
        let rows = chunk.iter().map(|pulse| {
            let silent = pulse.silent.iter().map(|(server, s)| json!([server.0, s]));
            fleet_pulse::ActiveModel {
                partition: Set(i32::try_from(pulse.partition.0).unwrap_or(i32::MAX)),
                epoch: Set(i64::try_from(pulse.epoch.0).unwrap_or(i64::MAX)),
                told_at: Set(now.to_datetime()),
                in_grace: Set(pulse.in_grace),
                active: Set(i32::try_from(pulse.active).unwrap_or(i32::MAX)),
                silent: Set(Value::Array(silent.collect())),
            }
        });
        let replace = OnConflict::column(fleet_pulse::Column::Partition)
            .update_columns([
                fleet_pulse::Column::Epoch,
                fleet_pulse::Column::ToldAt,
                fleet_pulse::Column::InGrace,
                fleet_pulse::Column::Active,
                fleet_pulse::Column::Silent,
            ])
            .to_owned();
        fleet_pulse::Entity::insert_many(rows)
            .on_conflict(replace)
            .exec_without_returning(conn)
            .await
            .map_err(StoreError::during("tell who is silent"))?;
    }
    Ok(())
}

/// What the owners of partitions told since, those of an older claim left out; by partition.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn pulses(conn: &impl ConnectionTrait, since: UnixMs) -> Result<Vec<Pulse>, StoreError> {
    let operation = "read who is silent";
    let rows = fleet_pulse::Entity::find()
        .filter(fleet_pulse::Column::ToldAt.gte(since.to_datetime()))
        .order_by_asc(fleet_pulse::Column::Partition)
        .all(conn)
        .await
        .map_err(StoreError::during(operation))?;
    let epochs: HashMap<i32, i64> = partition::Entity::find()
        .all(conn)
        .await
        .map_err(StoreError::during(operation))?
        .into_iter()
        .map(|row| (row.partition, row.epoch))
        .collect();
    let current = rows
        .into_iter()
        .filter(|row| epochs.get(&row.partition) == Some(&row.epoch));
    Ok(current.filter_map(read).collect())
}

fn read(row: fleet_pulse::Model) -> Option<Pulse> {
    let silent = row.silent.as_array()?.iter().filter_map(|one| {
        let server = u32::try_from(one.get(0)?.as_u64()?).ok()?;
        let seconds = u32::try_from(one.get(1)?.as_u64()?).ok()?;
        Some((ServerId(server), seconds))
    });
    Some(Pulse {
        silent: silent.collect(),
        partition: PartitionId(u32::try_from(row.partition).ok()?),
        epoch: Epoch(u64::try_from(row.epoch).ok()?),
        in_grace: row.in_grace,
        active: u32::try_from(row.active).unwrap_or_default(),
    })
}

/// Every server that is watched and was ever heard of, by id.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn members(conn: &impl ConnectionTrait) -> Result<Vec<Member>, StoreError> {
    let operation = "read the fleet";
    let servers = server::Entity::find()
        .filter(server::Column::IsActive.eq(true))
        .filter(server::Column::LastSeenAt.is_not_null())
        .order_by_asc(server::Column::Id)
        .all(conn)
        .await
        .map_err(StoreError::during(operation))?;
    let inventories: HashMap<i64, inventory::Model> = inventory::Entity::find()
        .all(conn)
        .await
        .map_err(StoreError::during(operation))?
        .into_iter()
        .map(|row| (row.server_id, row))
        .collect();
    let members = servers.into_iter().map(|row| Member {
        server: row.server_id(),
        tags: row.tag_list(),
        address: inventories.get(&row.id).and_then(address),
        name: row.name,
    });
    Ok(members.collect())
}

fn address(row: &inventory::Model) -> Option<std::net::Ipv4Addr> {
    let all = [&row.outbound_addresses, &row.addresses];
    let texts = all.into_iter().flat_map(super::strings);
    let mut v4 = texts.filter_map(|text| match text.parse().ok()? {
        IpAddr::V4(ip) if !ip.is_loopback() && !ip.is_link_local() => Some(ip),
        _ => None,
    });
    v4.next()
}

/// Groups that are silent, by name.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn groups(conn: &impl ConnectionTrait) -> Result<Vec<Group>, StoreError> {
    let rows = fleet_group::Entity::find()
        .order_by_asc(fleet_group::Column::Name)
        .all(conn)
        .await
        .map_err(StoreError::during("read silent groups"))?;
    Ok(rows.into_iter().map(Group::from).collect())
}

impl From<fleet_group::Model> for Group {
    fn from(row: fleet_group::Model) -> Self {
        let ids = row.members.as_array().into_iter().flatten();
        let ids = ids.filter_map(|id| u32::try_from(id.as_u64()?).ok());
        Self {
            members: ids.map(ServerId).collect(),
            name: row.name,
            incident_id: row.incident_id,
            opened_at: row.opened_at.into(),
            changed_at: row.changed_at.into(),
        }
    }
}

/// Stores a group, or its members as they are now.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn put_group(tx: &impl ConnectionTrait, group: &Group) -> Result<(), StoreError> {
    let row = fleet_group::ActiveModel {
        name: Set(group.name.clone()),
        incident_id: Set(group.incident_id),
        members: Set(json!(group.members.iter().map(|s| s.0).collect::<Vec<_>>())),
        opened_at: Set(group.opened_at.to_datetime()),
        changed_at: Set(group.changed_at.to_datetime()),
    };
    let replace = OnConflict::column(fleet_group::Column::Name)
        .update_columns([
            fleet_group::Column::IncidentId,
            fleet_group::Column::Members,
            fleet_group::Column::ChangedAt,
        ])
        .to_owned();
    fleet_group::Entity::insert(row)
        .on_conflict(replace)
        .exec_without_returning(tx)
        .await
        .map_err(StoreError::during("store a silent group"))?;
    Ok(())
}

/// Forgets a group: it is not silent any more.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn remove_group(tx: &impl ConnectionTrait, name: &str) -> Result<(), StoreError> {
    fleet_group::Entity::delete_by_id(name.to_owned())
        .exec(tx)
        .await
        .map_err(StoreError::during("forget a silent group"))?;
    Ok(())
}

/// What is usual in the fleet, by metric.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn priors(conn: &impl ConnectionTrait) -> Result<Vec<fleet_prior::Model>, StoreError> {
    fleet_prior::Entity::find()
        .order_by_asc(fleet_prior::Column::Metric)
        .all(conn)
        .await
        .map_err(StoreError::during("read what is usual in the fleet"))
}

/// Notes that a prior was looked at, and what it is from now on.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn put_prior(
    tx: &impl ConnectionTrait,
    row: &fleet_prior::Model,
) -> Result<(), StoreError> {
    let replace = OnConflict::column(fleet_prior::Column::Metric)
        .update_columns([
            fleet_prior::Column::Value,
            fleet_prior::Column::ToldAt,
            fleet_prior::Column::CheckedAt,
        ])
        .to_owned();
    let row = fleet_prior::ActiveModel {
        metric: Set(row.metric.clone()),
        value: Set(row.value),
        told_at: Set(row.told_at),
        checked_at: Set(row.checked_at),
    };
    fleet_prior::Entity::insert(row)
        .on_conflict(replace)
        .exec_without_returning(tx)
        .await
        .map_err(StoreError::during("store what is usual in the fleet"))?;
    Ok(())
}

//! `delivery_gates`: the lock of a recipient on a channel, and how much it was told there.

use super::Gate;
use crate::relational::StoreError;
use crate::relational::entity::delivery_gate as gate;
use crate::relational::lists::{in_parts, padded};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use sea_orm::sea_query::{LockBehavior, LockType, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, InsertMany, QueryFilter,
    QuerySelect,
};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};

/// The key of a recipient's row on a channel.
pub(super) fn key(channel: &str, recipient_key: &str) -> String {
    let mut hash = Sha256::new();
    for part in [channel, recipient_key] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex::encode(hash.finalize())
}

/// Locks recipients' gates until the commit: of those that nobody else holds, in the order of the recipients.
///
/// However many there are, it is three statements: a transaction that takes many messages costs little more than one that
/// takes a single one.
pub(super) async fn enter(
    tx: &impl ConnectionTrait,
    channel: &str,
    recipients: &[String],
    now: UnixMs,
) -> Result<Vec<(String, Gate)>, StoreError> {
    let operation = "lock recipients' gates";
    let keys: Vec<String> = recipients.iter().map(|one| key(channel, one)).collect();
    let free = gate::Entity::find()
        .filter(gate::Column::GateKey.is_in(padded(keys.iter().map(String::as_str))))
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(tx)
        .await
        .map_err(StoreError::during(operation))?;
    let read = |row: gate::Model| {
        let gate = Gate {
            worked_off_at: row.worked_off_at.map(UnixMs::from),
            worst: row.worst.as_deref().and_then(Severity::from_name),
        };
        (row.gate_key, gate)
    };
    let mut ours: HashMap<String, Gate> = free.into_iter().map(read).collect();
    let mut unseen: BTreeSet<&str> = keys.iter().map(String::as_str).collect();
    unseen.retain(|key| !ours.contains_key(*key));
    if !unseen.is_empty() {
        // What is there all the same is held by others.
        let held: Vec<String> = gate::Entity::find()
            .select_only()
            .column(gate::Column::GateKey)
            .filter(gate::Column::GateKey.is_in(padded(unseen.iter().copied())))
            .into_tuple()
            .all(tx)
            .await
            .map_err(StoreError::during(operation))?;
        for key in &held {
            unseen.remove(key.as_str());
        }
        let made = make(tx, unseen, now).await?;
        ours.extend(made.into_iter().map(|key| (key, Gate::default())));
    }
    let entered = recipients.iter().zip(keys);
    Ok(entered
        .filter_map(|(recipient, key)| Some((recipient.clone(), ours.remove(&key)?)))
        .collect())
}

/// Makes gates that nobody has passed yet: of those that no one else makes at the same time.
async fn make(
    tx: &impl ConnectionTrait,
    keys: BTreeSet<&str>,
    now: UnixMs,
) -> Result<Vec<String>, StoreError> {
    let row = |key: &str| gate::ActiveModel {
        gate_key: Set(key.to_owned()),
        worked_off_at: Set(None),
        worst: Set(None),
        updated_at: Set(now.to_datetime()),
    };
    let mut made = Vec::new();
    for part in in_parts(keys.into_iter().collect()) {
        let rows = part.iter().copied().map(row);
        if insert(gate::Entity::insert_many(rows), tx).await? {
            made.extend(part.into_iter().map(str::to_owned));
            continue;
        }
        // One of them is somebody's by now.
        for key in part {
            if insert(gate::Entity::insert_many([row(key)]), tx).await? {
                made.push(key.to_owned());
            }
        }
    }
    Ok(made)
}

/// False when one of them is there already; then none was inserted.
async fn insert(
    rows: InsertMany<gate::ActiveModel>,
    tx: &impl ConnectionTrait,
) -> Result<bool, StoreError> {
    let made = rows
        .exec_without_returning(tx)
        .await
        .map_err(StoreError::during("make recipients' gates"));
    match made {
        Ok(_) => Ok(true),
        Err(error) if error.is_unique_violation() => Ok(false),
        Err(error) => Err(error),
    }
}

/// Notes what recipients were told, by their keys. Their gates are held.
pub(super) async fn leave(
    tx: &impl ConnectionTrait,
    gates: Vec<(String, Gate)>,
    now: UnixMs,
) -> Result<(), StoreError> {
    if gates.is_empty() {
        return Ok(());
    }
    let rows = padded(gates)
        .into_iter()
        .map(|(key, is)| gate::ActiveModel {
            gate_key: Set(key),
            worked_off_at: Set(is.worked_off_at.map(UnixMs::to_datetime)),
            worst: Set(is.worst.map(|worst| worst.name().to_owned())),
            updated_at: Set(now.to_datetime()),
        });
    let there = OnConflict::column(gate::Column::GateKey)
        .update_columns([
            gate::Column::WorkedOffAt,
            gate::Column::Worst,
            gate::Column::UpdatedAt,
        ])
        .to_owned();
    gate::Entity::insert_many(rows)
        .on_conflict(there)
        .exec_without_returning(tx)
        .await
        .map_err(StoreError::during("note what recipients were told"))?;
    Ok(())
}

//! `delivery_gates`: the lock of a recipient on a channel, how much it was told there, and how far apart it is told.

use super::{Apart, Gate};
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
use std::time::Duration;

/// The key of a recipient's row on a channel.
pub(in crate::relational::deliveries) fn key(channel: &str, recipient_key: &str) -> String {
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
    let free = free.into_iter();
    let mut ours: HashMap<String, Gate> =
        free.map(|row| (row.gate_key.clone(), read(&row))).collect();
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

impl Gate {
    /// As it counts at `now`: with peace the worst that was told is forgotten.
    #[must_use]
    pub fn at(self, now: UnixMs) -> Self {
        let busy = self.worked_off_at.filter(|at| *at > now);
        Self {
            worked_off_at: busy,
            worst: busy.and(self.worst),
            ..self
        }
    }
}

/// What a row says.
pub(in crate::relational::deliveries) fn read(row: &gate::Model) -> Gate {
    let apart = row.free_at.zip(row.apart_ms).zip(row.apart_until);
    Gate {
        worked_off_at: row.worked_off_at.map(UnixMs::from),
        worst: row.worst.as_deref().and_then(Severity::from_name),
        apart: apart.map(|((free_at, gap), until)| Apart {
            free_at: free_at.into(),
            gap: Duration::from_millis(u64::try_from(gap).unwrap_or_default()),
            until: until.into(),
        }),
    }
}

/// The row that says so.
fn row_of(key: String, gate: Gate, now: UnixMs) -> gate::ActiveModel {
    let millis = |gap: Duration| i64::try_from(gap.as_millis()).unwrap_or(i64::MAX);
    gate::ActiveModel {
        gate_key: Set(key),
        worked_off_at: Set(gate.worked_off_at.map(UnixMs::to_datetime)),
        worst: Set(gate.worst.map(|worst| worst.name().to_owned())),
        free_at: Set(gate.apart.map(|apart| apart.free_at.to_datetime())),
        apart_ms: Set(gate.apart.map(|apart| millis(apart.gap))),
        apart_until: Set(gate.apart.map(|apart| apart.until.to_datetime())),
        updated_at: Set(now.to_datetime()),
    }
}

/// Makes gates that nobody has passed yet: of those that no one else makes at the same time.
async fn make(
    tx: &impl ConnectionTrait,
    keys: BTreeSet<&str>,
    now: UnixMs,
) -> Result<Vec<String>, StoreError> {
    let row = |key: &str| row_of(key.to_owned(), Gate::default(), now);
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
pub(in crate::relational::deliveries) async fn leave(
    tx: &impl ConnectionTrait,
    gates: Vec<(String, Gate)>,
    now: UnixMs,
) -> Result<(), StoreError> {
    if gates.is_empty() {
        return Ok(());
    }
    let rows = padded(gates)
        .into_iter()
        .map(|(key, is)| row_of(key, is, now));
    let there = OnConflict::column(gate::Column::GateKey)
        .update_columns([
            gate::Column::WorkedOffAt,
            gate::Column::Worst,
            gate::Column::FreeAt,
            gate::Column::ApartMs,
            gate::Column::ApartUntil,
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

//! `delivery_gates`: the lock of a recipient on a channel, and how much it was told there.

use super::Gate;
use crate::relational::StoreError;
use crate::relational::entity::delivery_gate as gate;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use sea_orm::sea_query::{LockBehavior, LockType};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect,
};
use sha2::{Digest, Sha256};

/// The key of a recipient's row on a channel.
pub(super) fn key(channel: &str, recipient_key: &str) -> String {
    let mut hash = Sha256::new();
    for part in [channel, recipient_key] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex::encode(hash.finalize())
}

/// Locks a recipient's gate until the commit, or answers `None` at once where another holds it.
pub(super) async fn enter(
    tx: &impl ConnectionTrait,
    key: &str,
    now: UnixMs,
) -> Result<Option<Gate>, StoreError> {
    let operation = "lock a recipient's gate";
    let free = gate::Entity::find_by_id(key.to_owned())
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .one(tx)
        .await
        .map_err(StoreError::during(operation))?;
    if let Some(row) = free {
        return Ok(Some(Gate {
            worked_off_at: row.worked_off_at.map(UnixMs::from),
            worst: row.worst.as_deref().and_then(Severity::from_name),
        }));
    }
    let known = gate::Entity::find_by_id(key.to_owned())
        .one(tx)
        .await
        .map_err(StoreError::during(operation))?;
    if known.is_some() {
        return Ok(None);
    }
    let row = gate::ActiveModel {
        gate_key: Set(key.to_owned()),
        worked_off_at: Set(None),
        worst: Set(None),
        updated_at: Set(now.to_datetime()),
    };
    let made = gate::Entity::insert(row)
        .exec_without_returning(tx)
        .await
        .map_err(StoreError::during(operation));
    match made {
        Ok(_) => Ok(Some(Gate::default())),
        Err(error) if error.is_unique_violation() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Notes what the recipient was told.
pub(super) async fn leave(
    tx: &impl ConnectionTrait,
    key: &str,
    now_is: Gate,
    now: UnixMs,
) -> Result<(), StoreError> {
    gate::Entity::update_many()
        .set(gate::ActiveModel {
            worked_off_at: Set(now_is.worked_off_at.map(UnixMs::to_datetime)),
            worst: Set(now_is.worst.map(|worst| worst.name().to_owned())),
            updated_at: Set(now.to_datetime()),
            ..Default::default()
        })
        .filter(gate::Column::GateKey.eq(key))
        .exec(tx)
        .await
        .map_err(StoreError::during("note what a recipient was told"))?;
    Ok(())
}

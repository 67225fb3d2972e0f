//! Operators' decisions on their way into the log.
//!
//! A decision is staged in the transaction of what caused it and published before the call is answered. When the log
//! cannot take it now, the outbox keeps it and the actors' runtime publishes it as soon as it can.

use crate::state::AppState;
use noc_pipeline::control::Control;
use noc_storage::relational::StoreError;
use sea_orm::DatabaseTransaction;

/// Stores a decision in the transaction of what caused it.
///
/// # Errors
/// When the database cannot be reached.
pub async fn stage(
    state: &AppState,
    tx: &DatabaseTransaction,
    control: &Control,
) -> Result<(), StoreError> {
    let partitions = state.parts.log.partitions();
    noc_actors::control::stage(tx, control, partitions, state.now_ms()).await
}

/// Appends what is staged to the log.
pub async fn deliver(state: &AppState) {
    if let Err(error) = noc_actors::control::publish(&state.parts).await {
        tracing::warn!(%error, "a decision waits in the outbox for the log");
    }
}

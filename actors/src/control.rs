//! Operators' decisions on their way into the log.
//!
//! Who decides stages the decision in the transaction that stores it, and publishes after the commit, before it
//! answers. A crash between the two leaves a row in the outbox, which [`recover`] publishes at the next start and
//! the runtime every 10 s. A decision that reaches the log twice changes nothing the second time: each carries the
//! whole of what it sets.

use crate::Parts;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::{Condition, Control};
use noc_pipeline::id::PartitionId;
use noc_pipeline::log::LogError;
use noc_pipeline::record::{Encoded, Record};
use noc_storage::relational::entity::server;
use noc_storage::relational::{StoreError, alert_rules, control_outbox};
use sea_orm::{ConnectionTrait, EntityTrait};

/// Decisions taken from the outbox at once.
const CHUNK: u64 = 256;

/// Why decisions did not reach the log; they stay in the outbox.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// The outbox cannot be read.
    #[error("control outbox")]
    Store(#[from] StoreError),
    /// The log does not take them.
    #[error("control records")]
    Log(#[from] LogError),
}

/// Stores a decision with its cause: rules for every partition, the rest for its server's. `partitions` is
/// [`noc_pipeline::log::PayloadLog::partitions`].
///
/// # Errors
/// When the database does not take it; then the caller's transaction fails too.
pub async fn stage(
    tx: &impl ConnectionTrait,
    control: &Control,
    partitions: u32,
    at: UnixMs,
) -> Result<(), StoreError> {
    let to = control.server().map(|server| server.partition(partitions));
    control_outbox::stage(tx, to, control, at).await
}

/// One at a time in this process, so that decisions stay in order.
static PUBLISHING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Appends what is staged to the log, in order, durably once this returns; answers how many decisions.
///
/// # Errors
/// See [`ControlError`]; whatever is not known to be in the log stays staged.
pub async fn publish(parts: &Parts) -> Result<usize, ControlError> {
    let _one_at_a_time = PUBLISHING.lock().await;
    let mut published = 0;
    loop {
        // The writing pool: what was just committed must be seen.
        let pending = control_outbox::pending(parts.db.write(), CHUNK).await?;
        if pending.is_empty() {
            return Ok(published);
        }
        let mut records = Vec::new();
        let mut ids = Vec::with_capacity(pending.len());
        for staged in pending {
            match staged {
                Ok(staged) => {
                    ids.push(staged.id);
                    let all = 0..parts.log.partitions();
                    let to = staged.partition.map_or_else(
                        || all.map(PartitionId).collect(),
                        |partition| vec![partition],
                    );
                    let encoded = record(staged.at, staged.control);
                    records.extend(to.into_iter().map(|p| (p, encoded.clone())));
                }
                Err((id, error)) => {
                    tracing::error!(%error, id, "a staged control record cannot be read and is dropped");
                    ids.push(id);
                }
            }
        }
        parts.log.append(records).await?;
        control_outbox::delivered(parts.db.write(), &ids).await?;
        published += ids.len();
    }
}

/// Publishes what a crash left in the outbox.
///
/// # Errors
/// As [`publish`].
pub async fn recover(parts: &Parts) -> Result<usize, ControlError> {
    let published = publish(parts).await?;
    if published > 0 {
        tracing::info!(
            published,
            "control records left by a crash are in the log now"
        );
    }
    Ok(published)
}

/// Tells a partition that knows nothing, because it has no snapshot, all rules and its servers' settings, through
/// the log. Without this a lost snapshot directory would lose rules older than the log.
///
/// Nobody in this process publishes meanwhile: a decision committed before the rows are read is in them, one
/// committed later enters the log later, so an old setting never follows a newer one.
///
/// # Errors
/// As [`publish`]; tell it again.
pub(crate) async fn tell_all(parts: &Parts, partition: PartitionId) -> Result<(), ControlError> {
    let _one_at_a_time = PUBLISHING.lock().await;
    let now = parts.clock.now();
    let mut controls = Vec::new();
    for rule in alert_rules::all(parts.db.write()).await? {
        match rule.as_control() {
            // Routing is read when an incident opens; the actors need not know.
            Ok(rule) if matches!(rule.condition, Condition::Detector { .. }) => {}
            Ok(rule) => controls.push(Control::RuleSet(rule)),
            Err(error) => {
                tracing::error!(%error, rule.id, "a rule cannot be read and judges nothing")
            }
        }
    }
    let servers = server::Entity::find()
        .all(parts.db.write())
        .await
        .map_err(StoreError::during("read servers' settings"))?;
    let count = parts.log.partitions();
    let ours = servers.iter().map(server::Model::settings);
    controls.extend(
        ours.filter(|s| s.server.partition(count) == partition)
            .map(Control::ServerSettings),
    );
    if controls.is_empty() {
        return Ok(());
    }
    let records = controls.into_iter().map(|c| (partition, record(now, c)));
    parts.log.append(records.collect()).await?;
    Ok(())
}

fn record(at: UnixMs, control: Control) -> Encoded {
    Record::Control { at, control }.encode()
}

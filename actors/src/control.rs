//! Operators' decisions on their way into the log.
//!
//! Who decides stages the decision in the transaction that stores it, and publishes after the commit, before it
//! answers. A crash between the two leaves a row in the outbox, which [`recover`] publishes at the next start and
//! the runtime every 10 s. A decision that reaches the log twice changes nothing the second time: each carries the
//! whole of what it sets.

use crate::Parts;
use noc_pipeline::clock::{Stopwatch, UnixMs, sleep};
use noc_pipeline::control::{Condition, Control, FleetWord};
use noc_pipeline::id::PartitionId;
use noc_pipeline::log::LogError;
use noc_pipeline::record::{Encoded, Record};
use noc_storage::relational::entity::server;
use noc_storage::relational::{StoreError, alert_rules, control_outbox, fleet, jobs};
use sea_orm::{ConnectionTrait, EntityTrait};
use std::time::Duration;

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
    /// Another node publishes, and does not finish.
    #[error("another node has been publishing control records for over 10 s")]
    Busy,
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

/// One at a time in this process ...
static PUBLISHING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
/// ... and this lease among all nodes, so that decisions stay in order: an older one that another node appends late
/// would undo a newer one.
const LEASE: &str = "control_outbox";
/// How long the lease of a node that died keeps the others waiting. The log takes or refuses records much sooner.
const LEASE_LENGTH: Duration = Duration::from_secs(30);
/// How long to wait for another node.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two tries to get the lease.
const TRY_EVERY: Duration = Duration::from_millis(50);
/// How long the log may take.
const APPEND_LIMIT: Duration = Duration::from_secs(15);

/// Does `work` while no other node publishes.
async fn alone<T>(
    parts: &Parts,
    work: impl Future<Output = Result<T, ControlError>>,
) -> Result<T, ControlError> {
    let (db, node) = (parts.db.write(), parts.node);
    let waiting = Stopwatch::start();
    let mut prepared = false;
    while !jobs::claim(db, LEASE, node, LEASE_LENGTH, Duration::ZERO).await? {
        if !std::mem::replace(&mut prepared, true) {
            jobs::prepare(db, &[LEASE]).await?;
            continue;
        }
        if waiting.elapsed() > PATIENCE {
            return Err(ControlError::Busy);
        }
        sleep(TRY_EVERY).await;
    }
    let out = work.await;
    if let Err(error) = jobs::release(db, LEASE, node).await {
        tracing::warn!(%error, "the lease of the control outbox is not given back, it runs out");
    }
    out
}

async fn append(parts: &Parts, records: Vec<(PartitionId, Encoded)>) -> Result<(), LogError> {
    match tokio::time::timeout(APPEND_LIMIT, parts.log.append(records)).await {
        Ok(appended) => appended.map(|_| ()),
        Err(_) => Err(LogError::Unavailable {
            operation: "append control records",
            reason: format!("no answer within {} s", APPEND_LIMIT.as_secs()),
        }),
    }
}

/// Appends what is staged to the log, in order, durably once this returns; answers how many decisions.
///
/// # Errors
/// See [`ControlError`]; whatever is not known to be in the log stays staged.
pub async fn publish(parts: &Parts) -> Result<usize, ControlError> {
    let _one_at_a_time = PUBLISHING.lock().await;
    // What another node has under way still stands there: nothing staged means that all of it is in the log.
    if control_outbox::pending(parts.db.write(), 1)
        .await?
        .is_empty()
    {
        return Ok(0);
    }
    alone(parts, publish_alone(parts)).await
}

async fn publish_alone(parts: &Parts) -> Result<usize, ControlError> {
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
        append(parts, records).await?;
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
/// Nobody publishes meanwhile: a decision committed before the rows are read is in them, one
/// committed later enters the log later, so an old setting never follows a newer one.
///
/// # Errors
/// As [`publish`]; tell it again.
pub(crate) async fn tell_all(parts: &Parts, partition: PartitionId) -> Result<(), ControlError> {
    let _one_at_a_time = PUBLISHING.lock().await;
    alone(parts, tell_alone(parts, partition)).await
}

async fn tell_alone(parts: &Parts, partition: PartitionId) -> Result<(), ControlError> {
    let now = parts.clock.now();
    let mut controls = Vec::new();
    for rule in alert_rules::all(parts.db.write()).await? {
        match rule.as_control() {
            // Routing is read when an incident opens; the actors need not know.
            Ok(rule) if matches!(&rule.condition, Condition::Detector { numbers, off, .. } if numbers.is_empty() && !off) =>
                {}
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
    controls.extend(of_the_fleet(parts).await?);
    if controls.is_empty() {
        return Ok(());
    }
    let records = controls.into_iter().map(|c| (partition, record(now, c)));
    append(parts, records.collect()).await?;
    Ok(())
}

/// What is known of the whole fleet.
async fn of_the_fleet(parts: &Parts) -> Result<Vec<Control>, StoreError> {
    let priors = fleet::priors(parts.db.write()).await?.into_iter();
    let priors = priors.map(|row| FleetWord::Prior {
        metric: row.metric,
        value: row.value,
    });
    let groups = fleet::groups(parts.db.write()).await?.into_iter();
    let groups = groups.map(|group| FleetWord::Silent {
        group: group.name,
        members: group.members,
    });
    Ok(priors.chain(groups).map(Control::Fleet).collect())
}

fn record(at: UnixMs, control: Control) -> Encoded {
    Record::Control { at, control }.encode()
}

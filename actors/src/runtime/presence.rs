//! Signs of life, on every node whatever its roles; and what each of them says about this node's clock.

use super::StopSignal;
use super::metrics::Metrics;
use super::skew::ClockSkew;
use crate::Parts;
use crate::causes::with_causes;
use noc_pipeline::live::LiveEvent;
use noc_storage::relational::StoreError;
use noc_storage::relational::nodes::{self, NodeFacts};
use noc_storage::relational::partitions::database_now;
use std::sync::Arc;
use std::time::Duration;

/// Tells the others that this node is here.
pub(super) async fn begin(
    parts: &Parts,
    facts: &NodeFacts,
    skew: &ClockSkew,
) -> Result<(), StoreError> {
    let now = measure(parts, skew).await?;
    nodes::started(parts.db.write(), parts.node, facts, now).await?;
    parts.bus.publish(LiveEvent::OwnershipChanged).await;
    Ok(())
}

/// Gives signs of life until the runtime stops.
pub(super) async fn run(
    parts: Parts,
    every: Duration,
    skew: Arc<ClockSkew>,
    metrics: Arc<Metrics>,
    stop: StopSignal,
) {
    let mut warned = false;
    while !stop.sleep(every).await {
        if let Err(error) = look(&parts, &skew).await {
            metrics.store_error("relational", "sign of life");
            tracing::warn!(
                error = with_causes(&error),
                "no sign of life given, trying again"
            );
        }
        let off = skew.too_far(parts.clock.now());
        if let Some(off) = off.as_ref().filter(|_| !warned) {
            tracing::error!("{off}; until then it takes no payloads");
        }
        warned = off.is_some();
    }
}

async fn look(parts: &Parts, skew: &ClockSkew) -> Result<(), StoreError> {
    let now = measure(parts, skew).await?;
    nodes::seen(parts.db.write(), parts.node, now).await
}

/// The database's time; compares ours with it.
async fn measure(
    parts: &Parts,
    skew: &ClockSkew,
) -> Result<noc_pipeline::clock::UnixMs, StoreError> {
    let asked = parts.clock.now();
    let now = database_now(parts.db.write()).await?;
    skew.measured(asked, now, parts.clock.now());
    Ok(now)
}

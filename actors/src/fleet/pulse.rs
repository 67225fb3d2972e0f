//! What this node's partitions tell of silence, on its way into the database.
//!
//! Written when it changes, and every 9 s where it does not: whoever adds it up passes over what is older than 20 s. A
//! node that is cut off from the database is followed by another owner, whose word replaces its.

use crate::Parts;
use crate::runtime::metrics::Metrics;
use crate::runtime::{Owned, StopSignal};
use noc_pipeline::clock::Stopwatch;
use noc_pipeline::id::PartitionId;
use noc_storage::relational::StoreError;
use noc_storage::relational::fleet::{self, Pulse};
use noc_storage::relational::partitions::database_now;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// What did not change is told again.
const AGAIN: Duration = Duration::from_secs(9);
/// Whoever is silent for longer is just silent: a number that grows would be told for ever.
const MOST_S: u32 = 900;

/// On nodes that own partitions.
pub(crate) async fn run(
    parts: Parts,
    every: Duration,
    owned: Owned,
    metrics: Arc<Metrics>,
    stop: StopSignal,
) {
    let mut told = BTreeMap::new();
    loop {
        if let Err(error) = tell(&parts, &owned, &mut told).await {
            metrics.store_error("relational", "fleet pulse");
            tracing::warn!(%error, "who is silent is not told, trying again");
        }
        if stop.sleep(every).await {
            return;
        }
    }
}

type Told = BTreeMap<PartitionId, (Pulse, Stopwatch)>;

async fn tell(parts: &Parts, owned: &Owned, told: &mut Told) -> Result<(), StoreError> {
    let pulses: Vec<Pulse> = {
        let owned = owned.lock();
        owned.values().filter_map(|of| of.pulse()).collect()
    };
    let news: Vec<Pulse> = pulses
        .into_iter()
        .map(|mut pulse| {
            for (_, seconds) in &mut pulse.silent {
                *seconds = (*seconds).min(MOST_S);
            }
            pulse
        })
        .filter(|pulse| {
            let known = told.get(&pulse.partition);
            known.is_none_or(|(last, at)| last != pulse || at.elapsed() >= AGAIN)
        })
        .collect();
    if news.is_empty() {
        return Ok(());
    }
    let now = database_now(parts.db.write()).await?;
    fleet::tell(parts.db.write(), &news, now).await?;
    let at = Stopwatch::start();
    told.extend(news.into_iter().map(|pulse| (pulse.partition, (pulse, at))));
    Ok(())
}

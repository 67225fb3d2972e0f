//! A restart with 100,000 servers: how long until every snapshot is restored and every actor is there, and what one
//! idle actor costs.

use crate::noc::Noc;
use crate::report::{figure, heading};
use noc_actors::state::{ClockMs, Presence, ServerState};
use noc_pipeline::clock::{Clock, Stopwatch, SystemClock};
use noc_pipeline::embedded::{Embedded, EmbeddedOptions};
use noc_pipeline::id::{Epoch, NodeId, Offset, PartitionId, ServerId};
use noc_pipeline::log::PayloadLog;
use noc_pipeline::record::Record;
use noc_pipeline::snapshot::{Snapshot, SnapshotKey, Snapshots};
use std::error::Error;
use std::path::Path;
use uuid::Uuid;

const SERVERS: u32 = 100_000;

pub async fn run(binary: &Path, rounds: usize) -> Result<(), Box<dyn Error>> {
    heading("restart with 100,000 servers");
    let (mut ready, mut restored, mut bytes) = (vec![], vec![], vec![]);
    for _ in 0..rounds {
        let empty = {
            let noc = Noc::start(binary).await?;
            noc.resident_mib()?
        };
        let data = tempfile::tempdir()?;
        prepare(data.path()).await?;
        let watch = Stopwatch::start();
        let noc = Noc::start_on(binary, data).await?;
        ready.push(watch.elapsed().as_secs_f64());
        noc.wait_for_metric("noc_actor_count", f64::from(SERVERS))
            .await?;
        restored.push(watch.elapsed().as_secs_f64());
        bytes.push((noc.resident_mib()? - empty) * 1024.0 * 1024.0 / f64::from(SERVERS));
    }
    figure("process start to /readyz", "s", &ready, "");
    figure(
        "process start to 100,000 states restored, actors started",
        "s",
        &restored,
        "goal < 5 (10 for the actors)",
    );
    figure(
        "resident memory per restored idle server",
        "bytes",
        &bytes,
        "goal <= 4096",
    );
    Ok(())
}

/// A data directory as a node leaves it that watched 100,000 servers: one snapshot each, and one record to replay.
async fn prepare(data: &Path) -> Result<(), Box<dyn Error>> {
    let embedded = Embedded::open(data, EmbeddedOptions::default())?;
    let partitions = embedded.log.partitions();
    let beat = |_| {
        Record::Heartbeat {
            at: SystemClock.now(),
            node: NodeId(Uuid::nil()),
        }
        .encode()
    };
    embedded
        .log
        .append((0..partitions).map(|p| (PartitionId(p), beat(p))).collect())
        .await?;
    let mut state = ServerState::default();
    state.presence = Presence {
        last_seen: Some(ClockMs(0)),
        goodbye_at: None,
    };
    for boot in 0..3 {
        state.seen.insert(Uuid::from_u128(boot), 1_000);
    }
    let state = bytes::Bytes::from(state.encode());
    for p in 0..partitions {
        let snapshots = (0..SERVERS)
            .filter(|n| n % partitions == p)
            .map(|n| Snapshot {
                key: SnapshotKey::Server(ServerId(n)),
                log_id: embedded.log.log_id(),
                epoch: Epoch(0),
                offset: Offset(0),
                state: state.clone(),
            });
        embedded
            .snapshots
            .put(PartitionId(p), snapshots.collect())
            .await?;
    }
    embedded.log.close();
    Ok(())
}

//! Storing what records decided, and setting aside what cannot be used.

use super::work::Work;
use super::{BACK_OFF, Core, PartitionError};
use crate::causes::with_causes;
use crate::incident::open::{Fence, OpenError, RecordEffects, store};
use futures::StreamExt;
use noc_pipeline::dead_letter::DeadLetter;
use noc_pipeline::id::{Offset, ServerId};
use noc_pipeline::record::Entry;
use std::sync::Arc;

/// Transactions of different servers under way at once.
const CONCURRENT_STORES: usize = 8;

impl Core {
    pub(super) async fn store_all(
        &self,
        work: &Work,
        by_server: Vec<Vec<Arc<RecordEffects>>>,
    ) -> Result<(), PartitionError> {
        let stores = by_server.into_iter().map(|records| async move {
            for record in records {
                self.store_one(work, &record).await?;
            }
            Ok(())
        });
        let mut running = futures::stream::iter(stores).buffer_unordered(CONCURRENT_STORES);
        let mut out = Ok(());
        while let Some(one) = running.next().await {
            out = out.and(one);
        }
        out
    }

    /// Stores one record's effects, trying for as long as the database does not answer.
    async fn store_one(
        &self,
        work: &Work,
        record: &Arc<RecordEffects>,
    ) -> Result<(), PartitionError> {
        let fence = Fence {
            partition: self.setup.partition,
            epoch: self.setup.epoch,
            log: self.log_id,
        };
        let mut pause = BACK_OFF.0;
        loop {
            match store(&self.setup.parts.db, fence, record).await {
                Ok(stored) => {
                    self.setup.counters.opened.inc_by(stored.opened);
                    for event in stored.events {
                        self.setup.parts.bus.publish(event).await;
                    }
                    return Ok(());
                }
                Err(OpenError::Fenced { .. }) => return Err(PartitionError::Fenced),
                Err(error) if error.is_poison() => {
                    let reason = with_causes(&error);
                    let entry = work.entry(record.offset);
                    self.fail(record.server, record.offset, entry, "incidents", reason)
                        .await?;
                    return Ok(());
                }
                Err(error) => {
                    self.setup.metrics.store_error("relational", "incidents");
                    tracing::warn!(
                        error = with_causes(&error),
                        server.id = record.server.0,
                        offset = record.offset.0,
                        "effects are not stored yet, trying again"
                    );
                }
            }
            self.pause(&mut pause).await?;
        }
    }

    pub(super) async fn fail(
        &self,
        server: ServerId,
        offset: Offset,
        entry: Option<&Entry>,
        stage: &str,
        reason: String,
    ) -> Result<(), PartitionError> {
        let empty = Entry::from_bytes(self.setup.partition, offset, bytes::Bytes::new());
        let entry = entry.unwrap_or(&empty);
        self.set_aside(entry, stage, Some(server), reason).await
    }

    /// Puts a record into the dead letters, and goes on.
    pub(super) async fn set_aside(
        &self,
        entry: &Entry,
        stage: &str,
        server: Option<ServerId>,
        reason: String,
    ) -> Result<(), PartitionError> {
        tracing::error!(
            partition = entry.partition.0,
            offset = entry.offset.0,
            stage,
            reason,
            "record set aside"
        );
        self.setup.metrics.dead_letter();
        self.setup.counters.dead_letters.inc();
        let letter = DeadLetter {
            partition: entry.partition,
            offset: entry.offset,
            stage: stage.to_owned(),
            at: self.setup.parts.clock.now(),
            server,
            reason,
            bytes: entry.bytes.clone(),
        };
        self.insist("set a record aside", || {
            self.setup.parts.dead_letters.put(letter.clone())
        })
        .await
    }
}

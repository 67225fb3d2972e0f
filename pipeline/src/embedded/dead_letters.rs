//! [`DeadLetters`] in the `state` database.
//!
//! `dead_letters` holds the letters by (partition, offset, stage); `dead_letters_by_time` holds the same keys behind
//! the time they were set aside, for listing and retention. Both change in one batch.

use super::state::{StateDb, Tables};
use crate::clock::UnixMs;
use crate::dead_letter::{DeadLetter, DeadLetterError, DeadLetters};
use crate::id::{Offset, PartitionId};
use async_trait::async_trait;
use std::sync::Arc;

/// The embedded dead letters.
pub struct EmbeddedDeadLetters {
    state: Arc<StateDb>,
}

impl std::fmt::Debug for EmbeddedDeadLetters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmbeddedDeadLetters")
            .finish_non_exhaustive()
    }
}

impl EmbeddedDeadLetters {
    pub(super) fn new(state: Arc<StateDb>) -> Self {
        Self { state }
    }
}

fn store(tables: &Tables, letter: &DeadLetter) -> Result<(), fjall::Error> {
    let _guard = tables.one_at_a_time();
    let key = letter_key(letter.partition, letter.offset, &letter.stage);
    if tables.letters.contains_key(&key)? {
        return Ok(());
    }
    let value = postcard::to_stdvec(letter).map_err(std::io::Error::other)?;
    let mut batch = tables.batch();
    batch.insert(&tables.letters_by_time, time_key(letter.at, &key), "");
    batch.insert(&tables.letters, key, value);
    batch.commit()
}

fn newest(tables: &Tables, limit: usize) -> Result<Vec<DeadLetter>, fjall::Error> {
    let mut found = Vec::new();
    for guard in tables.letters_by_time.iter().rev().take(limit) {
        let key = guard.key()?;
        let value = tables.letters.get(key.get(8..).unwrap_or_default())?;
        found.extend(value.and_then(|value| postcard::from_bytes(&value).ok()));
    }
    Ok(found)
}

fn delete(tables: &Tables, key: &[u8]) -> Result<bool, fjall::Error> {
    let _guard = tables.one_at_a_time();
    let Some(value) = tables.letters.get(key)? else {
        return Ok(false);
    };
    let mut batch = tables.batch();
    if let Ok(letter) = postcard::from_bytes::<DeadLetter>(&value) {
        batch.remove(&tables.letters_by_time, time_key(letter.at, key));
    }
    batch.remove(&tables.letters, key);
    batch.commit()?;
    Ok(true)
}

fn drop_before(tables: &Tables, before: UnixMs) -> Result<u64, fjall::Error> {
    let _guard = tables.one_at_a_time();
    let mut batch = tables.batch();
    let mut dropped = 0;
    for guard in tables.letters_by_time.range(..time_key(before, &[])) {
        let key = guard.key()?;
        batch.remove(&tables.letters, key.get(8..).unwrap_or_default());
        batch.remove(&tables.letters_by_time, key);
        dropped += 1;
    }
    batch.commit()?;
    Ok(dropped)
}

fn letter_key(partition: PartitionId, offset: Offset, stage: &str) -> Vec<u8> {
    let mut key = partition.0.to_be_bytes().to_vec();
    key.extend_from_slice(&offset.0.to_be_bytes());
    key.extend_from_slice(stage.as_bytes());
    key
}

fn time_key(at: UnixMs, key: &[u8]) -> Vec<u8> {
    // With the sign bit flipped the order of bytes is the order of times.
    let mut out = (at.0 ^ i64::MIN).to_be_bytes().to_vec();
    out.extend_from_slice(key);
    out
}

fn failed(operation: &'static str) -> impl Fn(String) -> DeadLetterError {
    move |reason| DeadLetterError { operation, reason }
}

#[async_trait]
impl DeadLetters for EmbeddedDeadLetters {
    async fn put(&self, letter: DeadLetter) -> Result<(), DeadLetterError> {
        let put = self.state.run(move |tables| store(tables, &letter));
        put.await.map_err(failed("put"))
    }

    async fn list(&self, limit: usize) -> Result<Vec<DeadLetter>, DeadLetterError> {
        let list = self.state.run(move |tables| newest(tables, limit));
        list.await.map_err(failed("list"))
    }

    async fn remove(
        &self,
        partition: PartitionId,
        offset: Offset,
        stage: &str,
    ) -> Result<bool, DeadLetterError> {
        let key = letter_key(partition, offset, stage);
        let remove = self.state.run(move |tables| delete(tables, &key));
        remove.await.map_err(failed("remove"))
    }

    async fn retain(&self, before: UnixMs) -> Result<u64, DeadLetterError> {
        let retain = self.state.run(move |tables| drop_before(tables, before));
        retain.await.map_err(failed("retain"))
    }
}

//! [`DeadLetters`] on a topic with one partition.
//!
//! Key: partition (4), offset (8), stage, big endian. Value: the letter, as postcard; none: the letter was removed.
//! The first letter of a key counts, later ones say nothing new. Where letters stand is kept in memory, the letters
//! are not, and brought up to date before each use.

use super::keeper::Keeper;
use super::produce::{Outgoing, Producer};
use super::scan::{ScanError, Scanner, Seen};
use crate::clock::UnixMs;
use crate::dead_letter::{DeadLetter, DeadLetterError, DeadLetters};
use crate::id::{Offset, PartitionId};
use async_trait::async_trait;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Letters known at once; beyond it the oldest are no longer listed, though Kafka has them.
const KNOWN: usize = 100_000;
/// A topic that changes while it is read is read again, this often.
const TRIES: usize = 5;

/// The dead letters on Kafka.
pub struct KafkaDeadLetters {
    topic: String,
    producer: Arc<Producer>,
    scanner: Arc<Scanner>,
    index: Mutex<Index>,
    _keeper: Arc<Keeper>,
}

impl std::fmt::Debug for KafkaDeadLetters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KafkaDeadLetters")
            .field("topic", &self.topic)
            .finish_non_exhaustive()
    }
}

/// Which letters there are, and where.
#[derive(Default)]
struct Index {
    next: Option<i64>,
    letters: BTreeMap<Vec<u8>, Place>,
    by_time: BTreeSet<(UnixMs, Vec<u8>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    /// When the letter was set aside.
    time: UnixMs,
    /// Its offset in the topic.
    at: i64,
}

impl Index {
    fn add(&mut self, key: Vec<u8>, place: Place) {
        if self.letters.contains_key(&key) {
            return;
        }
        self.by_time.insert((place.time, key.clone()));
        self.letters.insert(key, place);
        while self.letters.len() > KNOWN {
            let Some((_, oldest)) = self.by_time.pop_first() else {
                break;
            };
            self.letters.remove(&oldest);
        }
    }

    fn remove(&mut self, key: &[u8]) -> bool {
        let Some(place) = self.letters.remove(key) else {
            return false;
        };
        self.by_time.remove(&(place.time, key.to_vec()))
    }

    /// Kafka keeps nothing before `first`.
    fn forget_before(&mut self, first: i64) {
        let gone = self.letters.iter().filter(|(_, place)| place.at < first);
        let gone: Vec<Vec<u8>> = gone.map(|(key, _)| key.clone()).collect();
        for key in gone {
            self.remove(&key);
        }
    }

    fn seen(&mut self, seen: &Seen<'_>) {
        self.next = Some(seen.offset.saturating_add(1));
        match seen.value {
            None => {
                self.remove(seen.key);
            }
            Some(value) => {
                // What a newer version wrote is nothing to this one.
                if let Ok(letter) = postcard::from_bytes::<DeadLetter>(value) {
                    let (time, at) = (letter.at, seen.offset);
                    self.add(seen.key.to_vec(), Place { time, at });
                }
            }
        }
    }
}

fn letter_key(partition: PartitionId, offset: Offset, stage: &str) -> Vec<u8> {
    let mut key = partition.0.to_be_bytes().to_vec();
    key.extend_from_slice(&offset.0.to_be_bytes());
    key.extend_from_slice(stage.as_bytes());
    key
}

fn failed(operation: &'static str) -> impl Fn(String) -> DeadLetterError {
    move |reason| DeadLetterError { operation, reason }
}

impl KafkaDeadLetters {
    pub(super) fn new(
        topic: String,
        producer: Arc<Producer>,
        scanner: Arc<Scanner>,
        keeper: Arc<Keeper>,
    ) -> Self {
        Self {
            topic,
            producer,
            scanner,
            index: Mutex::default(),
            _keeper: keeper,
        }
    }

    /// Reads what was written since the last time.
    async fn refresh(&self, index: &mut Index) -> Result<(), String> {
        for _ in 0..TRIES {
            let bounds = self.scanner.bounds(&self.topic, 0).await;
            let (first, end) = bounds.map_err(|error| error.to_string())?;
            if index.next.is_some_and(|next| next > end) {
                // The topic was made anew.
                *index = Index::default();
            }
            index.forget_before(first);
            let from = index.next.map_or(first, |next| next.max(first));
            let scanned = self
                .scanner
                .scan(&self.topic, 0, (from, end), None::<fn()>, |seen| {
                    index.seen(&seen);
                    ControlFlow::Continue(())
                });
            match scanned.await {
                Ok(()) => {
                    index.next = Some(end);
                    return Ok(());
                }
                // Retention was faster.
                Err(ScanError::OutOfRange) => {}
                Err(ScanError::Failed(reason)) => return Err(reason),
            }
        }
        Err("the topic changes faster than it can be read".to_owned())
    }

    async fn write(&self, records: &[(Vec<u8>, Option<Vec<u8>>)]) -> Result<Vec<i64>, String> {
        let outgoing: Vec<Outgoing<'_>> = records
            .iter()
            .map(|(key, value)| Outgoing {
                partition: 0,
                key: Some(key),
                value: value.as_deref(),
                timestamp: None,
            })
            .collect();
        let sent = self.producer.send(&self.topic, &outgoing);
        drop(outgoing);
        sent.await.map_err(|error| error.to_string())
    }

    async fn remove_all(&self, index: &mut Index, keys: Vec<Vec<u8>>) -> Result<(), String> {
        let records: Vec<_> = keys.into_iter().map(|key| (key, None)).collect();
        self.write(&records).await?;
        for (key, _) in &records {
            index.remove(key);
        }
        Ok(())
    }

    async fn newest(&self, index: &Index, limit: usize) -> Result<Vec<DeadLetter>, String> {
        let wanted: BTreeMap<i64, &[u8]> = index
            .by_time
            .iter()
            .rev()
            .take(limit)
            .filter_map(|(_, key)| Some((index.letters.get(key)?.at, key.as_slice())))
            .collect();
        let (Some((first, _)), Some((last, _))) =
            (wanted.first_key_value(), wanted.last_key_value())
        else {
            return Ok(Vec::new());
        };
        let mut found: Vec<DeadLetter> = Vec::with_capacity(wanted.len());
        let stretch = (*first, last.saturating_add(1));
        self.scanner
            .scan(&self.topic, 0, stretch, None::<fn()>, |seen| {
                if wanted.contains_key(&seen.offset) {
                    let letter = seen
                        .value
                        .and_then(|value| postcard::from_bytes(value).ok());
                    found.extend(letter);
                }
                ControlFlow::Continue(())
            })
            .await
            .map_err(|error| error.to_string())?;
        let order = |l: &DeadLetter| (l.at, letter_key(l.partition, l.offset, &l.stage));
        found.sort_by_key(|letter| std::cmp::Reverse(order(letter)));
        Ok(found)
    }
}

#[async_trait]
impl DeadLetters for KafkaDeadLetters {
    async fn put(&self, letter: DeadLetter) -> Result<(), DeadLetterError> {
        let failed = failed("put");
        let mut index = self.index.lock().await;
        self.refresh(&mut index).await.map_err(&failed)?;
        let key = letter_key(letter.partition, letter.offset, &letter.stage);
        if index.letters.contains_key(&key) {
            return Ok(());
        }
        let value = postcard::to_stdvec(&letter).map_err(|error| failed(error.to_string()))?;
        let records = [(key, Some(value))];
        let offsets = self.write(&records).await.map_err(failed)?;
        // Another node may have written in between: then it is read at the next use.
        if let ([(key, _)], Some(at)) = (&records, offsets.first().copied())
            && index.next == Some(at)
        {
            index.next = Some(at.saturating_add(1));
            let time = letter.at;
            index.add(key.clone(), Place { time, at });
        }
        Ok(())
    }

    async fn list(&self, limit: usize) -> Result<Vec<DeadLetter>, DeadLetterError> {
        let failed = failed("list");
        let mut index = self.index.lock().await;
        self.refresh(&mut index).await.map_err(&failed)?;
        self.newest(&index, limit).await.map_err(failed)
    }

    async fn remove(
        &self,
        partition: PartitionId,
        offset: Offset,
        stage: &str,
    ) -> Result<bool, DeadLetterError> {
        let failed = failed("remove");
        let mut index = self.index.lock().await;
        self.refresh(&mut index).await.map_err(&failed)?;
        let key = letter_key(partition, offset, stage);
        if !index.letters.contains_key(&key) {
            return Ok(false);
        }
        let removed = self.remove_all(&mut index, vec![key]).await;
        removed.map(|()| true).map_err(failed)
    }

    async fn retain(&self, before: UnixMs) -> Result<u64, DeadLetterError> {
        let failed = failed("retain");
        let mut index = self.index.lock().await;
        self.refresh(&mut index).await.map_err(&failed)?;
        let old = index.by_time.iter().take_while(|(time, _)| *time < before);
        let old: Vec<Vec<u8>> = old.map(|(_, key)| key.clone()).collect();
        let dropped = old.len() as u64;
        let removed = self.remove_all(&mut index, old).await;
        removed.map(|()| dropped).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(time: i64, at: i64) -> Place {
        let time = UnixMs(time);
        Place { time, at }
    }

    #[test]
    fn the_first_of_a_key_counts_until_it_is_removed() {
        let mut index = Index::default();
        index.add(vec![1], place(10, 0));
        index.add(vec![1], place(99, 1));
        assert_eq!(index.letters.get(&vec![1]), Some(&place(10, 0)));
        assert!(index.remove(&[1]));
        assert!(!index.remove(&[1]));
        index.add(vec![1], place(99, 3));
        assert_eq!(index.letters.get(&vec![1]), Some(&place(99, 3)));
        assert_eq!(index.by_time.len(), 1);
    }

    #[test]
    fn what_kafka_dropped_is_forgotten() {
        let mut index = Index::default();
        index.add(vec![1], place(10, 0));
        index.add(vec![2], place(5, 7));
        index.forget_before(7);
        assert_eq!(index.letters.len(), 1);
        assert_eq!(index.by_time.first(), Some(&(UnixMs(5), vec![2])));
    }

    #[test]
    fn what_is_known_is_bounded() {
        let mut index = Index::default();
        for n in 0..KNOWN as i64 + 5 {
            index.add(n.to_be_bytes().to_vec(), place(n, n));
        }
        assert_eq!((index.letters.len(), index.by_time.len()), (KNOWN, KNOWN));
        assert_eq!(index.by_time.first().map(|(time, _)| time.0), Some(5));
    }
}

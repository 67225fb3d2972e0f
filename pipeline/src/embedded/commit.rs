//! The log's writer: one thread that gathers what waits, writes it in one synced commit, and answers all of it.
//!
//! A commit begins at once when the one before it began longer than the commit interval ago; else it waits for that
//! moment, or until enough records wait. So a lone request is not delayed, and under load each sync is shared by
//! many. Nobody is answered before the sync, and the next commit begins only after it.
//!
//! A failed commit leaves the database poisoned: everybody waiting is told to come again, the database is closed
//! and opened anew, with growing pauses, and until that succeeds requests are refused at once.

use super::block;
use super::queue::{Answer, Append, Request, Shared, refused};
use super::store::{NewBlock, Store};
use crate::clock::{Stopwatch, UnixMs};
use crate::id::{Offset, PartitionId};
use crate::log::LogError;
use crate::record::{Encoded, Entry};
use std::time::Duration;

/// Pauses before the database is opened anew: from, to.
const REOPEN_PAUSE: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(10));

/// Runs until [`Shared::stop`].
pub(super) fn run(shared: &Shared) {
    // However this ends, nobody must wait for a writer that is gone.
    let _closing = Closing(shared);
    let mut since_last: Option<Stopwatch> = None;
    while let Some(requests) = shared.gather(since_last) {
        since_last = Some(Stopwatch::start());
        if let Err(error) = handle(shared, requests) {
            tracing::error!(%error, path = %shared.path.display(), "payload log failed, opening it anew");
            if !reopen(shared) {
                return;
            }
        }
    }
}

struct Closing<'a>(&'a Shared);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.refuse_all("the log is closed");
        // Closes the database before the thread ends, so that the directory can be opened again at once.
        *self.0.store.write() = None;
    }
}

/// One append request in a commit.
struct Appended {
    offsets: Vec<Offset>,
    answer: Answer<Vec<Offset>>,
}

/// Commits and answers. An error means the database can no longer be trusted; everybody was answered by then.
fn handle(shared: &Shared, requests: Vec<Request>) -> Result<(), fjall::Error> {
    let guard = shared.store.read();
    let Some(store) = guard.as_ref() else {
        for request in requests {
            request.fail(&refused("the log is closed"));
        }
        return Ok(());
    };
    let mut appends = Vec::new();
    for request in requests {
        match request {
            Request::Trim { before, answer } => trim(shared, store, before, answer)?,
            Request::Append {
                records, answer, ..
            } => appends.push((records, answer)),
        }
    }
    if appends.is_empty() {
        return Ok(());
    }
    if let Err(error) = check_space(shared) {
        for (_, answer) in appends {
            drop(answer.send(Err(error.clone())));
        }
        return Ok(());
    }
    append(shared, store, appends)
}

fn append(shared: &Shared, store: &Store, appends: Vec<Append>) -> Result<(), fjall::Error> {
    let mut by_partition: Vec<Vec<Encoded>> = Vec::new();
    by_partition.resize_with(shared.partitions.len(), Vec::new);
    let firsts: Vec<Offset> = shared
        .partitions
        .iter()
        .map(|p| p.tail.lock().bounds().end)
        .collect();
    let mut appended = Vec::with_capacity(appends.len());
    for (records, answer) in appends {
        let mut offsets = Vec::with_capacity(records.len());
        for (partition, record) in records {
            let index = usize::try_from(partition.0).unwrap_or(usize::MAX);
            // `EmbeddedLog::append` let no other partition through.
            if let (Some(list), Some(first)) = (by_partition.get_mut(index), firsts.get(index)) {
                offsets.push(Offset(first.0.saturating_add(list.len() as u64)));
                list.push(record);
            }
        }
        appended.push(Appended { offsets, answer });
    }
    let blocks = by_partition.iter().zip(&firsts).enumerate();
    let blocks: Vec<NewBlock> = blocks
        .filter(|(_, (records, _))| !records.is_empty())
        .map(|(partition, (records, first))| {
            let (key, value) = block::encode(*first, records);
            NewBlock {
                partition,
                key,
                value,
            }
        })
        .collect();
    if let Err(error) = commit(shared, store, blocks) {
        let answer_error = refused(&error.to_string());
        for Appended { answer, .. } in appended {
            drop(answer.send(Err(answer_error.clone())));
        }
        return Err(error);
    }
    for ((index, records), first) in by_partition.into_iter().enumerate().zip(firsts) {
        let (Some(partition), false) = (shared.partitions.get(index), records.is_empty()) else {
            continue;
        };
        let id = PartitionId(u32::try_from(index).unwrap_or(u32::MAX));
        let entries = records
            .into_iter()
            .zip((first.0..).map(Offset))
            .map(|(encoded, offset)| Entry::from_encoded(id, offset, encoded));
        let end = {
            let mut tail = partition.tail.lock();
            tail.push(entries);
            tail.bounds().end
        };
        partition.end.send_replace(end);
    }
    for Appended { offsets, answer } in appended {
        drop(answer.send(Ok(offsets)));
    }
    Ok(())
}

fn commit(shared: &Shared, store: &Store, blocks: Vec<NewBlock>) -> Result<(), fjall::Error> {
    #[cfg(test)]
    if shared
        .fail_next_commit
        .swap(false, std::sync::atomic::Ordering::SeqCst)
    {
        return Err(fjall::Error::Poisoned);
    }
    #[cfg(not(test))]
    let _ = shared;
    store.commit(blocks)
}

fn trim(
    shared: &Shared,
    store: &Store,
    before: UnixMs,
    answer: Answer<u64>,
) -> Result<(), fjall::Error> {
    match store.trim(before) {
        Ok((dropped, bounds)) => {
            for (partition, bounds) in shared.partitions.iter().zip(bounds) {
                partition.tail.lock().trimmed(bounds.first);
            }
            drop(answer.send(Ok(dropped)));
            Ok(())
        }
        Err(error) => {
            drop(answer.send(Err(LogError::Unavailable {
                operation: "trim",
                reason: error.to_string(),
            })));
            Err(error)
        }
    }
}

fn check_space(shared: &Shared) -> Result<(), LogError> {
    let needed_bytes = shared.options.min_free_bytes;
    match fs4::available_space(&shared.path) {
        Ok(free_bytes) if free_bytes < needed_bytes => Err(LogError::DiskFull {
            free_bytes,
            needed_bytes,
        }),
        Ok(_) => Ok(()),
        Err(error) => Err(refused(&format!("free space is not known: {error}"))),
    }
}

/// Closes the database and opens it again, however often it takes. False when told to stop meanwhile.
fn reopen(shared: &Shared) -> bool {
    shared.refuse_all("the log is being opened anew after a failure");
    *shared.store.write() = None;
    let (mut pause, longest) = REOPEN_PAUSE;
    loop {
        match open_again(shared) {
            Ok(()) => {
                shared.take_requests();
                tracing::info!(path = %shared.path.display(), "payload log is open again");
                return true;
            }
            Err(error) => {
                tracing::error!(%error, path = %shared.path.display(), pause_ms = pause.as_millis(), "payload log stays closed");
            }
        }
        if shared.stopped_within(pause) {
            return false;
        }
        pause = pause.saturating_mul(2).min(longest);
    }
}

fn open_again(shared: &Shared) -> Result<(), String> {
    let store = Store::open(&shared.path, shared.options.partitions).map_err(|e| e.to_string())?;
    let bounds = store.bounds().map_err(|e| e.to_string())?;
    for (index, (partition, bounds)) in shared.partitions.iter().zip(bounds).enumerate() {
        let mut tail = partition.tail.lock();
        if bounds.end < tail.bounds().end {
            tracing::error!(
                partition = index,
                expected = tail.bounds().end.0,
                found = bounds.end.0,
                "payload log lost acknowledged records"
            );
        }
        tail.reset(bounds);
        drop(tail);
        partition.end.send_replace(bounds.end);
    }
    *shared.store.write() = Some(store);
    Ok(())
}

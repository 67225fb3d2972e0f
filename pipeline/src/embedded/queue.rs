//! What waits for the log's writer, and what it shares with readers.

use super::EmbeddedOptions;
use super::store::Store;
use super::tail::Tail;
use crate::clock::{Stopwatch, UnixMs};
use crate::id::{Offset, PartitionId};
use crate::log::LogError;
use crate::record::Encoded;
use parking_lot::{Condvar, Mutex, RwLock};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::{oneshot, watch};

/// A commit with so many bytes is full, whatever its records.
const COMMIT_BYTES: usize = 4 << 20;

pub(super) type Answer<T> = oneshot::Sender<Result<T, LogError>>;

/// One call's records, and who waits for their offsets.
pub(super) type Append = (Vec<(PartitionId, Encoded)>, Answer<Vec<Offset>>);

/// What the writer is asked for.
pub(super) enum Request {
    Append {
        records: Vec<(PartitionId, Encoded)>,
        bytes: usize,
        answer: Answer<Vec<Offset>>,
    },
    Trim {
        before: UnixMs,
        answer: Answer<u64>,
    },
}

/// What waits for the writer.
#[derive(Default)]
struct Queue {
    requests: VecDeque<Request>,
    records: usize,
    bytes: usize,
    /// The writer sleeps until something comes.
    idle: bool,
    /// Why requests are refused; `None` when they are not.
    refusing: Option<String>,
    stop: bool,
}

/// A partition as readers see it.
pub(super) struct Partition {
    pub(super) tail: Mutex<Tail>,
    /// The next offset, for those who wait for it.
    pub(super) end: watch::Sender<Offset>,
}

/// Shared by the writer, the readers and those who append.
pub(super) struct Shared {
    pub(super) path: PathBuf,
    pub(super) options: EmbeddedOptions,
    pub(super) partitions: Vec<Partition>,
    /// `None` while it is closed after a failure.
    pub(super) store: RwLock<Option<Store>>,
    queue: Mutex<Queue>,
    wake: Condvar,
    #[cfg(test)]
    pub(super) fail_next_commit: std::sync::atomic::AtomicBool,
}

impl Shared {
    pub(super) fn new(
        path: PathBuf,
        options: EmbeddedOptions,
        store: Store,
        partitions: Vec<Partition>,
    ) -> Self {
        Self {
            path,
            options,
            partitions,
            store: RwLock::new(Some(store)),
            queue: Mutex::default(),
            wake: Condvar::new(),
            #[cfg(test)]
            fail_next_commit: std::sync::atomic::AtomicBool::new(false),
        }
    }

    /// Hands a request to the writer. When it is refused its answer says so.
    pub(super) fn send(&self, request: Request) {
        let mut queue = self.queue.lock();
        if let Some(reason) = &queue.refusing {
            let error = refused(reason);
            drop(queue);
            return request.fail(&error);
        }
        if let Request::Append { records, bytes, .. } = &request {
            if queue.bytes.saturating_add(*bytes) > self.options.queue_bytes && queue.bytes > 0 {
                drop(queue);
                return request.fail(&refused("too much waits for the disk"));
            }
            queue.records += records.len();
            queue.bytes += bytes;
        }
        queue.requests.push_back(request);
        // A writer that gathers is woken only by a full commit: a wake-up for each request would cost more CPU
        // than the sync that gathering saves.
        if queue.idle || self.is_full(&queue) {
            self.wake.notify_one();
        }
    }

    /// Tells the writer to finish what waits and end.
    pub(super) fn stop(&self) {
        self.queue.lock().stop = true;
        self.wake.notify_one();
    }

    /// Answers everybody who waits, and everybody who comes, until [`Shared::take_requests`].
    pub(super) fn refuse_all(&self, reason: &str) {
        let mut queue = self.queue.lock();
        queue.refusing = Some(reason.to_owned());
        let waiting = std::mem::take(&mut queue.requests);
        queue.records = 0;
        queue.bytes = 0;
        drop(queue);
        for request in waiting {
            request.fail(&refused(reason));
        }
    }

    /// What goes into the next commit; `None` once told to stop and nothing waits.
    pub(super) fn gather(&self, since_last: Option<Stopwatch>) -> Option<Vec<Request>> {
        let mut queue = self.queue.lock();
        while queue.requests.is_empty() {
            if queue.stop {
                return None;
            }
            queue.idle = true;
            self.wake.wait(&mut queue);
            queue.idle = false;
        }
        while let Some(last) = since_last
            && !self.is_full(&queue)
            && !queue.stop
        {
            let left = self.options.commit_interval.saturating_sub(last.elapsed());
            if left.is_zero() || self.wake.wait_for(&mut queue, left).timed_out() {
                break;
            }
        }
        let mut taken = Vec::new();
        let (mut records, mut bytes) = (0, 0);
        while let Some(next) = queue.requests.front() {
            if let Request::Append {
                records: r,
                bytes: b,
                ..
            } = next
            {
                let full =
                    records + r.len() > self.options.commit_records || bytes + b > COMMIT_BYTES;
                if full && records > 0 {
                    break;
                }
                records += r.len();
                bytes += b;
            }
            taken.extend(queue.requests.pop_front());
        }
        queue.records = queue.records.saturating_sub(records);
        queue.bytes = queue.bytes.saturating_sub(bytes);
        Some(taken)
    }

    /// Ends what [`Shared::refuse_all`] began.
    pub(super) fn take_requests(&self) {
        self.queue.lock().refusing = None;
    }

    /// Sleeps, at most until told to stop. True when it was.
    pub(super) fn stopped_within(&self, pause: Duration) -> bool {
        let mut queue = self.queue.lock();
        if !queue.stop {
            self.wake.wait_for(&mut queue, pause);
        }
        queue.stop
    }

    fn is_full(&self, queue: &Queue) -> bool {
        queue.records >= self.options.commit_records || queue.bytes >= COMMIT_BYTES
    }
}

pub(super) fn refused(reason: &str) -> LogError {
    LogError::Unavailable {
        operation: "append",
        reason: reason.to_owned(),
    }
}

impl Request {
    pub(super) fn fail(self, error: &LogError) {
        // Whoever asked may be gone; then nobody needs the answer.
        match self {
            Self::Append { answer, .. } => drop(answer.send(Err(error.clone()))),
            Self::Trim { answer, .. } => drop(answer.send(Err(error.clone()))),
        }
    }
}

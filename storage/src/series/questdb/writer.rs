//! One thread a table sends batches by ILP over HTTP, which blocks. A request holds rows of one table only, and is
//! accepted whole or not at all.

use super::options::{Address, Login, QuestDbOptions};
use crate::series::SeriesError;
use noc_pipeline::clock::Stopwatch;
use parking_lot::{Condvar, Mutex};
use questdb::ErrorCode;
use questdb::ingress::{Buffer, Protocol, Sender, SenderBuilder};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Batches waiting for a table; who comes when it is full waits.
const WAITING: usize = 16;

/// Bytes from which no further batch joins a request.
const JOINED_BYTES: usize = 4 << 20;

/// Largest request, bytes.
const MAX_BYTES: usize = 512 << 20;

/// First and longest pause before a busy server is asked again.
const PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// Puts rows into a buffer; may be called more than once.
pub type Fill = Arc<dyn Fn(&mut Buffer) -> questdb::Result<()> + Send + Sync>;

/// The threads. They end when this is dropped.
#[derive(Debug)]
pub struct Writers {
    tables: HashMap<String, mpsc::Sender<Job>>,
    /// Longest wait of a caller: in line, behind one request, and its own.
    patience: Duration,
}

struct Job {
    fill: Fill,
    done: oneshot::Sender<Result<(), Failure>>,
}

/// Why rows were not taken.
#[derive(Debug, Clone)]
enum Failure {
    /// They never will be.
    Refused(String),
    /// Not now.
    Busy(String),
    /// The server was not reached, or did not answer.
    Lost(String),
}

impl Writers {
    pub fn start<'t>(
        options: &QuestDbOptions,
        tables: impl Iterator<Item = &'t str>,
    ) -> Result<Self, SeriesError> {
        let mut senders = HashMap::new();
        for table in tables {
            let (sender, jobs) = mpsc::channel(WAITING);
            let line = Line {
                address: options.address.clone(),
                limit: options.write_timeout,
                sender: None,
            };
            let thread = std::thread::Builder::new().name(format!("ilp {table}"));
            let spawned = thread.spawn(move || run(line, jobs));
            spawned.map_err(|error| SeriesError::Unavailable {
                operation: "open",
                reason: format!("no thread for {table}: {error}"),
            })?;
            senders.insert(table.to_owned(), sender);
        }
        Ok(Self {
            tables: senders,
            patience: options.write_timeout.saturating_mul(3),
        })
    }

    /// Has rows of a table accepted: they are in its WAL then.
    ///
    /// # Errors
    /// [`SeriesError::Refused`] when the server will never take them; [`SeriesError::Unavailable`] when it may
    /// later, or nothing was heard: they may be stored.
    pub async fn put(
        &self,
        operation: &'static str,
        table: &str,
        fill: Fill,
    ) -> Result<(), SeriesError> {
        let unavailable = |reason: String| SeriesError::Unavailable {
            operation,
            reason: format!("{table}: {reason}"),
        };
        let (done, answer) = oneshot::channel();
        let sent = async {
            let jobs = self.tables.get(table)?;
            jobs.send(Job { fill, done }).await.ok()?;
            answer.await.ok()
        };
        match tokio::time::timeout(self.patience, sent).await {
            Ok(Some(Ok(()))) => Ok(()),
            Ok(Some(Err(Failure::Refused(reason)))) => Err(SeriesError::Refused {
                operation,
                reason: format!("{table}: {reason}"),
            }),
            Ok(Some(Err(Failure::Busy(reason) | Failure::Lost(reason)))) => {
                Err(unavailable(reason))
            }
            Ok(None) => Err(unavailable("its writer has ended".to_owned())),
            Err(_) => Err(unavailable(format!("no answer in {:?}", self.patience))),
        }
    }
}

fn run(mut line: Line, mut jobs: mpsc::Receiver<Job>) {
    while let Some(first) = jobs.blocking_recv() {
        line.deliver(first, &mut jobs);
    }
}

/// A table's way to the server.
struct Line {
    address: Address,
    limit: Duration,
    sender: Option<Sender>,
}

impl Line {
    /// Sends a batch, and with it those that wait behind it.
    fn deliver(&mut self, first: Job, jobs: &mut mpsc::Receiver<Job>) {
        let mut buffer = match self.connected() {
            Ok(sender) => sender.new_buffer(),
            Err(failure) => return answer(first, Err(failure)),
        };
        let mut joined = Vec::new();
        let mut next = Some(first);
        while let Some(job) = next {
            match put_into(&mut buffer, &job) {
                Ok(()) => joined.push(job),
                Err(failure) => answer(job, Err(failure)),
            }
            next = (buffer.len() < JOINED_BYTES)
                .then(|| jobs.try_recv().ok())
                .flatten();
        }
        let sent = self.send(&buffer);
        if joined.len() > 1 && matches!(sent, Err(Failure::Refused(_))) {
            // One of them is at fault, and the others must not suffer for it.
            for job in joined {
                buffer.clear();
                let sent = put_into(&mut buffer, &job).and_then(|()| self.send(&buffer));
                answer(job, sent);
            }
            return;
        }
        for job in joined {
            answer(job, sent.clone());
        }
    }

    /// Sends a buffer, and again while the server is busy. A connection that was lost is not tried twice: the caller
    /// must learn of it.
    fn send(&mut self, buffer: &Buffer) -> Result<(), Failure> {
        let since = Stopwatch::start();
        let mut pause = PAUSE.0;
        loop {
            let sent = self.connected().and_then(|sender| {
                let sent = sender.flush_and_keep(buffer);
                sent.map_err(|error| failure(&error))
            });
            match sent {
                Err(Failure::Busy(_)) if since.elapsed() + pause < self.limit => wait(pause),
                Err(Failure::Lost(reason)) => {
                    self.sender = None;
                    return Err(Failure::Lost(reason));
                }
                done => return done,
            }
            pause = pause.saturating_mul(2).min(PAUSE.1);
        }
    }

    fn connected(&mut self) -> Result<&mut Sender, Failure> {
        if self.sender.is_none() {
            self.sender = Some(self.connect().map_err(|error| failure(&error))?);
        }
        let none = || Failure::Lost("no connection".to_owned());
        self.sender.as_mut().ok_or_else(none)
    }

    fn connect(&self) -> questdb::Result<Sender> {
        let protocol = if self.address.tls {
            Protocol::Https
        } else {
            Protocol::Http
        };
        let mut builder =
            SenderBuilder::new(protocol, self.address.host.clone(), self.address.port)
                .request_timeout(self.limit)?
                .request_min_throughput(0)?
                .retry_timeout(Duration::ZERO)?
                .max_buf_size(MAX_BYTES)?;
        builder = match &self.address.login {
            Login::Nobody => builder,
            Login::User { name, password } => builder.username(name)?.password(password)?,
            Login::Token(token) => builder.token(token)?,
        };
        builder.build()
    }
}

/// Appends a batch to a buffer, or leaves the buffer as it was.
fn put_into(buffer: &mut Buffer, job: &Job) -> Result<(), Failure> {
    buffer.set_marker().map_err(|error| failure(&error))?;
    let filled = (job.fill)(buffer);
    if filled.is_err() {
        buffer.rewind_to_marker().map_err(|error| failure(&error))?;
    }
    buffer.clear_marker();
    filled.map_err(|error| Failure::Refused(error.msg().to_owned()))
}

/// A caller that went away meanwhile needs no answer.
fn answer(job: Job, result: Result<(), Failure>) {
    drop(job.done.send(result));
}

/// The client tells server errors apart by their text only: rows that cannot be parsed have the code `invalid`.
fn failure(error: &questdb::Error) -> Failure {
    let reason = error.msg().to_owned();
    match error.code() {
        ErrorCode::ServerFlushError if is_invalid(&reason) => Failure::Refused(reason),
        ErrorCode::ServerFlushError | ErrorCode::AuthError | ErrorCode::HttpNotSupported => {
            Failure::Busy(reason)
        }
        ErrorCode::InvalidApiCall
        | ErrorCode::InvalidName
        | ErrorCode::InvalidTimestamp
        | ErrorCode::InvalidUtf8 => Failure::Refused(reason),
        _ => Failure::Lost(reason),
    }
}

fn is_invalid(reason: &str) -> bool {
    reason.contains("\"code\":\"invalid\"") || reason.contains("code: invalid")
}

/// Threads of the runtime are not blocked by this, only a table's own.
fn wait(pause: Duration) {
    let nobody = Mutex::new(());
    Condvar::new().wait_for(&mut nobody.lock(), pause);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rows_that_cannot_be_parsed_are_refused_for_good() {
        let of = |code, text: &str| failure(&questdb::Error::new(code, text));
        let parse =
            "Could not flush buffer: {\"code\":\"invalid\",\"message\":\"failed to parse\"}";
        assert!(matches!(
            of(ErrorCode::ServerFlushError, parse),
            Failure::Refused(_)
        ));
        let disk = "Could not flush buffer: {\"code\":\"internal error\",\"message\":\"no space\"}";
        assert!(matches!(
            of(ErrorCode::ServerFlushError, disk),
            Failure::Busy(_)
        ));
        for code in [ErrorCode::SocketError, ErrorCode::ProtocolVersionError] {
            assert!(matches!(of(code, "refused"), Failure::Lost(_)));
        }
    }
}

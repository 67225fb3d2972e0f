//! Into a file, without waiting: one request a line, in order of time, in the bytes that an agent would post.
//!
//! ```json
//! {"server":0,"host":"sim-001","at":"2026-03-02T00:00:31.412Z","body":{"payloads":[...]}}
//! ```
//!
//! `at` is when it arrives by the right clock. Servers are shared out among threads hour by hour; which thread made a
//! line does not show.

use crate::simulate::calendar::MINUTE_MS;
use crate::simulate::playback::minute_of;
use crate::simulate::{Fleet, Reporter, host_name, write_batch};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::Kind;
use std::io::{self, Write};
use std::sync::Arc;

/// Minutes that threads make before they are put in order.
const BLOCK: i64 = 60;

/// What to write.
#[derive(Debug, Clone)]
pub struct Order {
    /// The first minute.
    pub from: UnixMs,
    /// The first minute after the last.
    pub until: UnixMs,
    /// Only these kinds; empty: all.
    pub kinds: Vec<Kind>,
    /// What hosts' names begin with.
    pub prefix: String,
    /// Makes runs of agents other ones.
    pub salt: u64,
    /// How many threads make lines.
    pub threads: usize,
}

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Lines.
    pub requests: u64,
    /// Payloads in them.
    pub payloads: u64,
    /// Bytes, line ends included.
    pub bytes: u64,
}

/// Lines of some servers in a block.
#[derive(Default)]
struct Lines {
    text: Vec<u8>,
    /// When each arrives, whose it is, and where it ends.
    ends: Vec<(UnixMs, u32, usize)>,
    payloads: u64,
}

/// Writes a fleet's requests.
///
/// # Errors
/// When `out` takes no more.
pub fn write(fleet: &Arc<Fleet>, order: &Order, out: &mut impl Write) -> io::Result<Written> {
    let count = usize::try_from(fleet.len()).unwrap_or(usize::MAX);
    let share = count.div_ceil(order.threads.max(1)).max(1);
    let mut reporters: Vec<Reporter> = (0..fleet.len())
        .map(|server| Reporter::new(Arc::clone(fleet), server, order.salt))
        .collect();
    let mut written = Written::default();
    let (mut minute, end) = (
        order.from.0.div_euclid(MINUTE_MS),
        order.until.0.div_euclid(MINUTE_MS),
    );
    while minute < end {
        let block = minute..end.min(minute + BLOCK);
        let parts: Option<Vec<Lines>> = std::thread::scope(|scope| {
            let tasks: Vec<_> = reporters
                .chunks_mut(share)
                .map(|reporters| {
                    let block = block.clone();
                    scope.spawn(move || lines(reporters, block, order))
                })
                .collect();
            tasks.into_iter().map(|task| task.join().ok()).collect()
        });
        let parts = parts.ok_or_else(|| io::Error::other("a thread that makes lines failed"))?;
        written.add(merge(&parts, out)?);
        minute = block.end;
    }
    out.flush()?;
    Ok(written)
}

fn lines(reporters: &mut [Reporter], minutes: std::ops::Range<i64>, order: &Order) -> Lines {
    let mut lines = Lines::default();
    for minute in minutes {
        for (server, mut request) in minute_of(reporters, minute) {
            if !order.kinds.is_empty() {
                request
                    .payloads
                    .retain(|payload| order.kinds.contains(&payload.said.kind()));
            }
            if request.payloads.is_empty() {
                continue;
            }
            let host = host_name(&order.prefix, server);
            let head = format!(
                r#"{{"server":{server},"host":"{host}","at":"{}","body":"#,
                request.at
            );
            lines.text.extend_from_slice(head.as_bytes());
            write_batch(&mut lines.text, &request.payloads, request.sent_at);
            lines.text.extend_from_slice(b"}\n");
            lines.payloads += request.payloads.len() as u64;
            lines.ends.push((request.at, server, lines.text.len()));
        }
    }
    lines
}

fn merge(parts: &[Lines], out: &mut impl Write) -> io::Result<Written> {
    let mut all: Vec<(UnixMs, u32, &[u8])> = Vec::new();
    let mut written = Written::default();
    for part in parts {
        let mut from = 0;
        for (at, server, end) in &part.ends {
            all.push((*at, *server, part.text.get(from..*end).unwrap_or_default()));
            from = *end;
        }
        written.payloads += part.payloads;
    }
    // Stable: what one server sends in one instant stays in its order.
    all.sort_by_key(|(at, server, _)| (*at, *server));
    for (_, _, line) in all {
        out.write_all(line)?;
        written.requests += 1;
        written.bytes += line.len() as u64;
    }
    Ok(written)
}

impl Written {
    fn add(&mut self, more: Self) {
        self.requests += more.requests;
        self.payloads += more.payloads;
        self.bytes += more.bytes;
    }
}

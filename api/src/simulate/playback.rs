//! All requests of a fleet, one after the other.

use super::fleet::Fleet;
use super::reporter::{Outgoing, Reporter};
use noc_pipeline::clock::UnixMs;
use std::sync::Arc;

/// Requests of all servers, by the minute, and in a minute by the seconds at which servers report.
#[derive(Debug)]
pub struct Playback {
    reporters: Vec<Reporter>,
    next: i64,
    end: i64,
    ready: std::vec::IntoIter<(u32, Outgoing)>,
}

const MINUTE_MS: i64 = super::calendar::MINUTE_MS;

impl Playback {
    /// From the minute of `from` up to the one of `until`, which is left out.
    #[must_use]
    pub fn new(fleet: &Arc<Fleet>, salt: u64, from: UnixMs, until: UnixMs) -> Self {
        let reporters =
            (0..fleet.len()).map(|server| Reporter::new(Arc::clone(fleet), server, salt));
        Self {
            reporters: reporters.collect(),
            next: from.0.div_euclid(MINUTE_MS),
            end: until.0.div_euclid(MINUTE_MS),
            ready: Vec::new().into_iter(),
        }
    }
}

/// The requests of a minute of these reporters, in order.
pub(super) fn minute_of(reporters: &mut [Reporter], minute: i64) -> Vec<(u32, Outgoing)> {
    let mut requests: Vec<(u32, Outgoing)> = Vec::with_capacity(reporters.len());
    for reporter in reporters {
        let server = reporter.server();
        requests.extend(
            reporter
                .minute(minute)
                .into_iter()
                .map(|request| (server, request)),
        );
    }
    // Stable: what a server sends in one instant stays in its order.
    requests.sort_by_key(|(server, request)| (request.at, *server));
    requests
}

impl Iterator for Playback {
    /// The server's number, and what it sends.
    type Item = (u32, Outgoing);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(request) = self.ready.next() {
                return Some(request);
            }
            if self.next >= self.end {
                return None;
            }
            self.ready = minute_of(&mut self.reporters, self.next).into_iter();
            self.next += 1;
        }
    }
}

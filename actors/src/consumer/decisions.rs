//! Records of decisions on their way into the series store: "why did it not page?".
//!
//! They are written every second, apart from the records that led to them: a series store that is away delays no incident.
//! A decision that a crash lost is made again by the replay that follows; so a snapshot, which ends the replay's need,
//! waits a little until what it covers is written. Written twice it is one row.

use crate::Parts;
use crate::detect::{Finding, Outcome};
use crate::runtime::metrics::Metrics;
use crate::server_actor::Decision;
use noc_pipeline::clock::sleep;
use noc_pipeline::payload::events::{EventRow, EventTable, EventValue};
use noc_storage::series::Event;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{Notify, watch};

const EVERY: Duration = Duration::from_secs(1);
/// Rows a write.
const ROWS: usize = 1_000;
/// While the series store is away so many wait; the oldest leave.
const MOST_WAITING: usize = 100_000;

/// Decisions that are not written yet.
#[derive(Debug)]
pub(crate) struct Decisions {
    waiting: Mutex<Waiting>,
    gone: watch::Sender<Gone>,
    /// Somebody waits for a write.
    wanted: Notify,
    ends: AtomicBool,
}

#[derive(Debug, Default)]
struct Waiting {
    events: VecDeque<Event>,
    /// How many were ever taken.
    taken: u64,
}

/// What became of those taken, oldest first.
#[derive(Debug, Clone, Copy)]
struct Gone {
    /// So many are written, or had to leave.
    count: u64,
    /// Whether waiting for more is of use: somebody writes, and the store took what it was given last.
    flows: bool,
}

impl Default for Decisions {
    fn default() -> Self {
        let none = Gone {
            count: 0,
            flows: false,
        };
        Self {
            waiting: Mutex::default(),
            gone: watch::Sender::new(none),
            wanted: Notify::new(),
            ends: AtomicBool::new(false),
        }
    }
}

impl Decisions {
    /// Takes decisions; answers how many older ones had to leave.
    pub fn take(&self, decisions: &[Decision]) -> usize {
        if decisions.is_empty() {
            return 0;
        }
        let mut waiting = self.waiting.lock();
        waiting.taken += count(decisions.len());
        waiting.events.extend(decisions.iter().map(event));
        let over = waiting.events.len().saturating_sub(MOST_WAITING);
        waiting.events.drain(..over);
        drop(waiting);
        self.leave(over);
        over
    }

    /// Waits until all that was taken so far is written, at most for `limit`; false when it is not. Does not wait at all
    /// while the series store is away.
    pub async fn settle(&self, limit: Duration) -> bool {
        let target = self.waiting.lock().taken;
        let mut gone = self.gone.subscribe();
        self.wanted.notify_one();
        let settled = gone.wait_for(|gone| gone.count >= target || !gone.flows);
        match tokio::time::timeout(limit, settled).await {
            Ok(Ok(gone)) => gone.count >= target,
            Ok(Err(_)) | Err(_) => false,
        }
    }

    /// Has [`run`] write once more and end.
    pub fn end(&self) {
        self.ends.store(true, Ordering::Release);
        self.wanted.notify_one();
    }

    fn some(&self) -> Vec<Event> {
        let mut waiting = self.waiting.lock();
        let count = waiting.events.len().min(ROWS);
        waiting.events.drain(..count).collect()
    }

    fn give_back(&self, events: Vec<Event>) {
        let mut waiting = self.waiting.lock();
        for event in events.into_iter().rev() {
            waiting.events.push_front(event);
        }
    }

    fn leave(&self, events: usize) {
        if events > 0 {
            self.gone.send_modify(|gone| gone.count += count(events));
        }
    }

    /// Notes whether waiting is of use; whoever waits hears of it.
    fn flows(&self, flows: bool) {
        self.gone
            .send_if_modified(|gone| std::mem::replace(&mut gone.flows, flows) != flows);
    }

    /// Writes what waits; what cannot be written waits on.
    pub async fn write(&self, parts: &Parts, metrics: &Metrics) {
        loop {
            let events = self.some();
            if events.is_empty() {
                self.flows(true);
                return;
            }
            if let Err(error) = parts.series.write_events(events.clone()).await {
                metrics.store_error("series", "decisions");
                tracing::warn!(%error, "decisions are not recorded yet");
                self.give_back(events);
                self.flows(false);
                return;
            }
            self.leave(events.len());
        }
    }
}

/// Writes every second, and at once for who waits, until [`Decisions::end`], and once more then.
pub(crate) async fn run(parts: Parts, decisions: Arc<Decisions>, metrics: Arc<Metrics>) {
    loop {
        let last = decisions.ends.load(Ordering::Acquire);
        decisions.write(&parts, &metrics).await;
        if last {
            decisions.flows(false);
            return;
        }
        tokio::select! {
            () = sleep(EVERY) => {}
            () = decisions.wanted.notified() => {}
        }
    }
}

const fn count(events: usize) -> u64 {
    events as u64
}

fn event(decision: &Decision) -> Event {
    let text = |text: &str| Some(EventValue::Text(text.to_owned()));
    let finding = match &decision.outcome {
        Outcome::Breach(finding) => Some(finding.as_ref()),
        Outcome::Clear | Outcome::Learning { .. } | Outcome::Unknown { .. } => None,
    };
    let (observed, expected) = words(&decision.outcome);
    let number = |of: fn(&Finding) -> Option<f64>| finding.and_then(of).map(EventValue::Number);
    Event {
        server: decision.server,
        row: EventRow {
            table: EventTable::Decisions,
            at: decision.at,
            values: vec![
                text(decision.detector),
                text(&decision.subject),
                text(decision.outcome.name()),
                text(decision.reason.name()),
                finding.and_then(|finding| text(finding.severity.name())),
                observed.map(EventValue::Text),
                expected.map(EventValue::Text),
                Some(EventValue::Number(float(decision.offset.0))),
                number(|finding| Some(f64::from(finding.samples))),
                number(|finding| finding.threshold.filter(|limit| limit.is_finite())),
                number(|finding| finding.rule.map(|(id, _)| float(id.unsigned_abs()))),
                number(|finding| {
                    finding
                        .rule
                        .map(|(_, version)| float(version.unsigned_abs()))
                }),
            ],
        },
    }
}

/// What was seen, and what would be fine or is missing.
fn words(outcome: &Outcome) -> (Option<String>, Option<String>) {
    match outcome {
        Outcome::Breach(finding) => (
            Some(finding.observed.clone()),
            Some(finding.expected.clone()),
        ),
        Outcome::Clear => (None, None),
        Outcome::Learning { have, need } => (Some(format!("{have} of {need}")), None),
        Outcome::Unknown { reason } => (Some((*reason).to_owned()), None),
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
const fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::lifecycle::Reason;
    use noc_pipeline::clock::UnixMs;
    use noc_pipeline::id::{Offset, ServerId};

    fn decision(offset: u64, outcome: Outcome, reason: Reason) -> Decision {
        Decision {
            offset: Offset(offset),
            at: UnixMs(1_000),
            server: ServerId(7),
            detector: "disk_bytes",
            subject: "/".into(),
            reason,
            outcome,
        }
    }

    #[test]
    fn a_row_has_a_cell_for_each_column_of_its_type() {
        let all = [
            decision(1, Outcome::Clear, Reason::Cleared),
            decision(2, Outcome::Learning { have: 3, need: 12 }, Reason::Learning),
            decision(3, Outcome::Unknown { reason: "no data" }, Reason::Unknown),
        ];
        for one in &all {
            let row = event(one).row;
            let columns = EventTable::Decisions.columns();
            assert_eq!(row.values.len(), columns.len());
            for (value, column) in row.values.iter().zip(columns) {
                let found = value.as_ref().map(EventValue::column_type);
                assert!(
                    found.is_none_or(|found| found == column.column_type),
                    "{column:?}"
                );
            }
        }
    }

    #[test]
    fn the_oldest_leave_when_too_many_wait_and_what_is_given_back_comes_first() {
        let waiting = Decisions::default();
        let one = |n| decision(n, Outcome::Clear, Reason::Cleared);
        let many: Vec<_> = (0..MOST_WAITING as u64 + 3).map(one).collect();
        assert_eq!(waiting.take(&many), 3);
        let first = waiting.some();
        assert_eq!(first.len(), ROWS);
        assert_eq!(first.first(), Some(&event(&many[3])));
        waiting.give_back(first);
        assert_eq!(waiting.some().first(), Some(&event(&many[3])));
    }

    #[tokio::test]
    async fn who_waits_learns_that_all_is_written_or_that_it_will_not_be_soon() {
        let (limit, short) = (Duration::from_secs(30), Duration::from_millis(1));
        let all = Decisions::default();
        let two = [1, 2].map(|n| decision(n, Outcome::Clear, Reason::Cleared));
        assert!(all.settle(limit).await, "nothing was taken");
        all.take(&two);
        assert!(!all.settle(limit).await, "nobody writes");

        all.flows(true);
        assert!(!all.settle(short).await, "it takes too long");
        let (settled, ()) = tokio::join!(all.settle(limit), async {
            all.wanted.notified().await;
            all.leave(all.some().len());
        });
        assert!(settled);

        all.take(&two);
        let (settled, ()) = tokio::join!(all.settle(limit), async {
            all.wanted.notified().await;
            all.give_back(all.some());
            all.flows(false);
        });
        assert!(!settled, "the store is away");
    }
}

//! What can be seen of a running runtime: the same counters for tests, the admin page and the supervisor.

use crate::partition_actor::Heard;
use crate::server_actor::Decision;
use crate::state::ClockMs;
use noc_pipeline::id::{Epoch, Offset, PartitionId};
use noc_storage::relational::fleet::Pulse;
use parking_lot::Mutex;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// So many decisions are remembered a partition.
const DECISIONS: usize = 256;

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    pub(crate) fn inc(&self) {
        self.inc_by(1);
    }

    pub(crate) fn inc_by(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What one owned partition counts, shared with whoever looks.
#[derive(Debug)]
pub(crate) struct PartitionCounters {
    partition: PartitionId,
    epoch: Epoch,
    pub records: Count,
    pub opened: Count,
    pub snapshots: Count,
    pub dead_letters: Count,
    pub restarts: Count,
    pub gap_records: Count,
    pub series_rows: Count,
    next: AtomicU64,
    series_next: AtomicU64,
    end: AtomicU64,
    resident: AtomicUsize,
    known: AtomicUsize,
    clock: AtomicU64,
    fenced: AtomicBool,
    decisions: Mutex<VecDeque<Decision>>,
    heard: Mutex<Option<Heard>>,
}

/// One owned partition, as seen from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartitionObservation {
    /// Which.
    pub partition: PartitionId,
    /// Under which claim.
    pub epoch: Epoch,
    /// Records taken by the actors since the claim, replayed ones included.
    pub records: u64,
    /// The next record the actors will take.
    pub position: Offset,
    /// Records between the actors and the log's end, as of the last look at it.
    pub lag: u64,
    /// The next record the series consumer will take.
    pub series_position: Offset,
    /// Rows written to the series store since the claim.
    pub series_rows: u64,
    /// Servers with an actor in memory.
    pub resident: usize,
    /// Servers ever heard of.
    pub known: usize,
    /// The partition clock.
    pub clock: ClockMs,
    /// Incidents opened or reopened since the claim.
    pub incidents_opened: u64,
    /// Rounds of snapshots written.
    pub snapshots: u64,
    /// Records set aside since the claim.
    pub dead_letters: u64,
    /// Records that retention removed before they were read.
    pub gap_records: u64,
    /// How often the partition's actor started anew.
    pub restarts: u64,
    /// Somebody else owns it by now; what we still had under way was refused.
    pub fenced: bool,
}

/// A running runtime, as seen from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Observation {
    /// Owned partitions, by number.
    pub partitions: Vec<PartitionObservation>,
    /// Verdicts since the process started.
    pub verdicts: u64,
    /// Heartbeats written since the process started.
    pub heartbeats: u64,
}

impl PartitionCounters {
    pub fn new(partition: PartitionId, epoch: Epoch) -> Self {
        Self {
            partition,
            epoch,
            records: Count::default(),
            opened: Count::default(),
            snapshots: Count::default(),
            dead_letters: Count::default(),
            restarts: Count::default(),
            gap_records: Count::default(),
            series_rows: Count::default(),
            next: AtomicU64::new(0),
            series_next: AtomicU64::new(0),
            end: AtomicU64::new(0),
            resident: AtomicUsize::new(0),
            known: AtomicUsize::new(0),
            clock: AtomicU64::new(0),
            fenced: AtomicBool::new(false),
            decisions: Mutex::default(),
            heard: Mutex::default(),
        }
    }

    pub fn position(&self, next: Offset) {
        self.next.store(next.0, Ordering::Relaxed);
        self.end.fetch_max(next.0, Ordering::Relaxed);
    }

    pub fn fence(&self) {
        self.fenced.store(true, Ordering::Relaxed);
    }

    pub fn series_position(&self, next: Offset) {
        self.series_next.store(next.0, Ordering::Relaxed);
    }

    pub fn end(&self, end: Offset) {
        self.end.store(end.0, Ordering::Relaxed);
    }

    pub fn set_servers(&self, resident: usize, known: usize) {
        self.resident.store(resident, Ordering::Relaxed);
        self.known.store(known, Ordering::Relaxed);
    }

    pub fn set_clock(&self, clock: ClockMs) {
        self.clock.store(clock.0, Ordering::Relaxed);
    }

    /// Remembers decisions, the newest ones.
    pub fn decided(&self, new: Vec<Decision>) {
        if new.is_empty() {
            return;
        }
        let mut decisions = self.decisions.lock();
        for decision in new {
            tracing::debug!(
                server.id = decision.server.0,
                detector = decision.detector,
                subject = %decision.subject,
                reason = ?decision.reason,
                offset = decision.offset.0,
                "decided"
            );
            if decisions.len() >= DECISIONS {
                decisions.pop_front();
            }
            decisions.push_back(decision);
        }
    }

    /// Notes who is silent.
    pub fn set_heard(&self, heard: Heard) {
        *self.heard.lock() = Some(heard);
    }

    /// What the owner tells of its partition; `None` before its first heartbeat, and once somebody else owns it.
    pub fn pulse(&self) -> Option<Pulse> {
        let heard = self.heard.lock().clone();
        let heard = heard.filter(|_| !self.fenced.load(Ordering::Relaxed))?;
        Some(Pulse {
            partition: self.partition,
            epoch: self.epoch,
            in_grace: heard.in_grace,
            active: heard.active,
            silent: heard.silent,
        })
    }

    pub fn decisions(&self) -> Vec<Decision> {
        self.decisions.lock().iter().cloned().collect()
    }

    pub fn observe(&self) -> PartitionObservation {
        let next = self.next.load(Ordering::Relaxed);
        PartitionObservation {
            partition: self.partition,
            epoch: self.epoch,
            records: self.records.get(),
            position: Offset(next),
            lag: self.end.load(Ordering::Relaxed).saturating_sub(next),
            series_position: Offset(self.series_next.load(Ordering::Relaxed)),
            series_rows: self.series_rows.get(),
            resident: self.resident.load(Ordering::Relaxed),
            known: self.known.load(Ordering::Relaxed),
            clock: ClockMs(self.clock.load(Ordering::Relaxed)),
            incidents_opened: self.opened.get(),
            snapshots: self.snapshots.get(),
            dead_letters: self.dead_letters.get(),
            gap_records: self.gap_records.get(),
            restarts: self.restarts.get(),
            fenced: self.fenced.load(Ordering::Relaxed),
        }
    }
}

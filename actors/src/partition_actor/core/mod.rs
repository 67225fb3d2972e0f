//! The partition's work: plain code that the actor runs for one message at a time.

mod effects;
mod report;
mod snapshots;
mod work;

use super::memory::Memory;
use crate::causes::with_causes;
use crate::consumer::decisions::Decisions;
use crate::detect::code_of;
use crate::runtime::lease::Lease;
use crate::runtime::metrics::Metrics;
use crate::runtime::observe::PartitionCounters;
use crate::runtime::{RuntimeSettings, StopSignal};
use crate::server_actor::evaluate::{Item, What};
use crate::server_actor::{ServerActor, Take, Taken, held_open};
use crate::state::{ClockMs, ServerState};
use crate::{Parts, control};
use actix::{Actor, Addr};
use bytes::Bytes;
use futures::future::join_all;
use noc_pipeline::clock::{UnixMs, sleep};
use noc_pipeline::control::Control;
use noc_pipeline::id::{Epoch, LogId, Offset, PartitionId, ServerId};
use noc_pipeline::record::{Entry, Record};
use noc_pipeline::snapshot::{Snapshot, SnapshotKey};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use work::Work;

/// First and last pause between two tries.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// Why a partition stops.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PartitionError {
    /// Somebody else owns it by now.
    #[error("partition is owned by somebody else")]
    Fenced,
    /// The runtime stops.
    #[error("runtime stops")]
    Stopping,
    /// The log is another one than the partition was restored from.
    #[error("the log is another one by now")]
    LogReplaced,
    /// An actor is gone that should be there: the partition starts anew from its snapshots.
    #[error("an actor of the partition is gone")]
    Broken,
}

/// What a partition works with.
#[derive(Clone)]
pub(crate) struct Setup {
    pub parts: Parts,
    pub settings: Arc<RuntimeSettings>,
    pub metrics: Arc<Metrics>,
    pub counters: Arc<PartitionCounters>,
    pub lease: Arc<Lease>,
    pub decisions: Arc<Decisions>,
    pub stop: StopSignal,
    pub partition: PartitionId,
    pub epoch: Epoch,
}

/// The partition's state and its servers' actors.
pub(crate) struct Core {
    setup: Setup,
    log_id: LogId,
    memory: Memory,
    /// The next record.
    next: Offset,
    resident: HashMap<ServerId, Resident>,
    dirty: HashSet<ServerId>,
    /// The bytes of the record before `next`, once one was taken.
    last: Option<Bytes>,
    /// Anything happened since the partition's snapshot.
    moved: bool,
    /// A heartbeat was taken with the records of now.
    beaten: bool,
    snapshot_due: UnixMs,
    /// So often in a row the snapshot was put off, because decisions were not written yet.
    unsettled: u32,
}

struct Resident {
    addr: Addr<ServerActor>,
    held_open: bool,
    /// The partition clock at its last message.
    used: ClockMs,
}

impl Core {
    /// Reads the partition's snapshots and starts the actors of servers heard of lately.
    pub async fn restore(setup: Setup) -> Result<Self, PartitionError> {
        let log_id = setup.parts.log.log_id();
        let now = setup.parts.clock.now();
        let mut core = Self {
            log_id,
            memory: Memory::default(),
            next: Offset(0),
            resident: HashMap::new(),
            dirty: HashSet::new(),
            last: None,
            moved: false,
            beaten: false,
            snapshot_due: now.plus(setup.settings.snapshot_every),
            unsettled: 0,
            setup,
        };
        let snapshots = core
            .insist("load snapshots", || {
                core.setup.parts.snapshots.load(core.setup.partition)
            })
            .await?;
        let first = core
            .insist("ask for the log's bounds", || {
                core.setup.parts.log.bounds(core.setup.partition)
            })
            .await?
            .first;
        core.next = first;
        let known = snapshots.iter().any(|s| s.key == SnapshotKey::Partition);
        if !known {
            core.insist("tell a partition what it must know", || {
                control::tell_all(&core.setup.parts, core.setup.partition)
            })
            .await?;
        }
        let mut servers = Vec::with_capacity(snapshots.len());
        for snapshot in snapshots {
            match snapshot.key {
                SnapshotKey::Partition => core.adopt(&snapshot),
                SnapshotKey::Server(server) => servers.push((server, snapshot)),
            }
        }
        let restored = servers.len();
        for (server, snapshot) in servers {
            let (state, included) = core.read(server, &snapshot);
            let idle = core.memory.silent(server);
            let lately = idle.is_none_or(|d| d < core.setup.settings.passivate_after);
            if lately || held_open(&state) {
                core.start(server, state, included);
            }
        }
        core.setup.counters.position(core.next);
        core.report();
        tracing::info!(
            partition = core.setup.partition.0,
            epoch = core.setup.epoch.0,
            offset = core.next.0,
            snapshots = restored,
            "partition restored"
        );
        Ok(core)
    }

    fn adopt(&mut self, snapshot: &Snapshot) {
        match Memory::decode(&snapshot.state) {
            Ok(memory) => self.memory = memory,
            Err(error) => {
                tracing::error!(%error, partition = self.setup.partition.0, "partition snapshot cannot be read, replaying the whole log");
                return;
            }
        }
        if snapshot.log_id == self.log_id {
            self.next = self.next.max(snapshot.offset.next());
        } else {
            tracing::warn!(
                partition = self.setup.partition.0,
                "the log is another one: reading it from its first record"
            );
        }
    }

    fn read(&self, server: ServerId, snapshot: &Snapshot) -> (ServerState, Option<Offset>) {
        match ServerState::decode(&snapshot.state) {
            Ok(state) => {
                let same = snapshot.log_id == self.log_id;
                (state, same.then_some(snapshot.offset))
            }
            Err(error) => {
                tracing::error!(%error, server.id = server.0, "server snapshot cannot be read, starting anew");
                (ServerState::default(), None)
            }
        }
    }

    /// The next position to be read.
    pub const fn next(&self) -> Offset {
        self.next
    }

    /// The log no longer has what comes next.
    pub fn skip_to(&mut self, offset: Offset) {
        self.next = self.next.max(offset);
        self.last = None;
        self.moved = true;
    }

    /// Takes records, stores their effects, and answers the next position.
    pub async fn take_batch(&mut self, entries: Vec<Entry>) -> Result<Offset, PartitionError> {
        let mut work = Work::default();
        for entry in entries {
            if entry.offset < self.next {
                continue;
            }
            self.next = entry.offset.next();
            self.last = Some(entry.bytes.clone());
            self.moved = true;
            self.setup.counters.records.inc();
            let record = match entry.record() {
                Ok(record) => Arc::clone(record),
                Err(error) => {
                    let reason = error.to_string();
                    self.set_aside(&entry, "decode", None, reason).await?;
                    continue;
                }
            };
            match &*record {
                Record::Payload(payload) => {
                    let (server, at) = (payload.server, payload.received_at);
                    let item = self.item(&entry, at, What::Payload(Arc::clone(&record)));
                    work.push(server, item, &entry);
                }
                Record::Heartbeat { at, .. } => {
                    self.hand_out(&mut work).await?;
                    self.beat(&entry, *at, &mut work);
                    self.hand_out(&mut work).await?;
                    self.beaten = true;
                }
                Record::Control { at, control } => {
                    self.hand_out(&mut work).await?;
                    self.control(&entry, *at, control, &mut work);
                    self.hand_out(&mut work).await?;
                    if let Control::ServerRemoved { server } = control {
                        self.forget(*server).await?;
                    }
                }
            }
        }
        self.hand_out(&mut work).await?;
        self.take_snapshots(false).await?;
        self.report();
        if std::mem::take(&mut self.beaten) {
            self.setup.counters.set_heard(self.heard());
        }
        // Last: whoever waits for a position finds everything else counted.
        self.setup.counters.position(self.next);
        Ok(self.next)
    }

    fn item(&self, entry: &Entry, at: UnixMs, what: What) -> Item {
        Item {
            offset: entry.offset,
            clock: self.memory.clock.now(),
            at,
            what,
        }
    }

    fn beat(&mut self, entry: &Entry, at: UnixMs, work: &mut Work) {
        let was_in_grace = self.memory.clock.in_grace();
        self.memory.clock.beat(at);
        if self.memory.clock.in_grace() {
            if !was_in_grace {
                tracing::warn!(
                    partition = self.setup.partition.0,
                    "our own heartbeats paused: nobody is judged silent for 10 min"
                );
            }
            return;
        }
        for server in self.memory.take_due() {
            let item = self.item(entry, at, What::Wake);
            work.push(server, item, entry);
        }
    }

    fn control(&mut self, entry: &Entry, at: UnixMs, control: &Control, work: &mut Work) {
        match control {
            Control::ServerSettings(settings) => {
                let server = settings.server;
                self.memory
                    .settings
                    .insert(server, Arc::new(settings.clone()));
                let item = self.item(entry, at, What::Changed);
                work.push(server, item, entry);
            }
            Control::ServerRemoved { server } => {
                let item = self.item(entry, at, What::Removed);
                work.push(*server, item, entry);
            }
            Control::IncidentResolved {
                server,
                detector,
                subject,
            } => {
                if let Some(detector) = code_of(detector) {
                    let subject = subject.as_str().into();
                    let what = What::ResolvedByHand { detector, subject };
                    let item = self.item(entry, at, what);
                    work.push(*server, item, entry);
                }
            }
            Control::Told {
                server,
                detector,
                subject,
                word,
            } => {
                if let Some(detector) = code_of(detector) {
                    let what = What::Told {
                        detector,
                        subject: subject.as_str().into(),
                        word: Arc::new(word.clone()),
                    };
                    work.push(*server, self.item(entry, at, what), entry);
                }
            }
            Control::Fleet(word) => Arc::make_mut(&mut self.memory.fleet).take(word.clone()),
            Control::RuleSet(rule) => {
                Arc::make_mut(&mut self.memory.rules).set(rule.clone());
                self.rules_changed(entry, at, work);
            }
            Control::RuleRemoved { rule_id } => {
                Arc::make_mut(&mut self.memory.rules).remove(*rule_id);
                self.rules_changed(entry, at, work);
            }
        }
    }

    /// Passivated servers have nothing open; they meet the rules as they are when they come back.
    fn rules_changed(&self, entry: &Entry, at: UnixMs, work: &mut Work) {
        let mut servers: Vec<_> = self.resident.keys().copied().collect();
        servers.sort_unstable();
        for server in servers {
            work.push(server, self.item(entry, at, What::Changed), entry);
        }
    }

    /// Hands out what was collected, waits for all of it, and stores what it came to.
    async fn hand_out(&mut self, work: &mut Work) -> Result<(), PartitionError> {
        if work.servers.is_empty() {
            return Ok(());
        }
        if !self.setup.lease.wait(&self.setup.stop).await {
            return Err(PartitionError::Stopping);
        }
        let mut work = std::mem::take(work);
        let now = self.setup.parts.clock.now();
        let mut sent = Vec::with_capacity(work.servers.len());
        for (server, items) in std::mem::take(&mut work.servers) {
            self.make_resident(server).await?;
            let take = Take {
                settings: self.memory.settings.get(&server).cloned(),
                rules: Arc::clone(&self.memory.rules),
                fleet: Arc::clone(&self.memory.fleet),
                items,
                now,
            };
            if let Some(resident) = self.resident.get(&server) {
                let answer = resident.addr.send(take);
                sent.push(async move { (server, answer.await) });
            }
        }
        let clock = self.memory.clock.now();
        let mut effects = Vec::new();
        for (server, answer) in join_all(sent).await {
            let Ok(taken) = answer else {
                // Cannot happen while handlers do not panic; state is lost, so all of the partition starts anew.
                tracing::error!(server.id = server.0, "a server's actor is gone");
                return Err(PartitionError::Broken);
            };
            self.note(server, clock, &taken);
            for (offset, failure) in taken.failures {
                let entry = work.entry(offset);
                self.fail(server, offset, entry, failure.detector, failure.reason)
                    .await?;
            }
            let lost = self.setup.decisions.take(&taken.decisions);
            self.setup.metrics.decisions_lost(lost);
            self.setup.counters.decided(taken.decisions);
            if !taken.effects.is_empty() {
                effects.push(taken.effects);
            }
        }
        self.store_all(&work, effects).await
    }

    fn note(&mut self, server: ServerId, clock: ClockMs, taken: &Taken) {
        self.memory.note(server, taken.last_seen, taken.wake_at);
        if let Some(resident) = self.resident.get_mut(&server) {
            resident.held_open = taken.held_open;
            resident.used = clock;
        }
        if taken.changed {
            self.dirty.insert(server);
        }
    }

    async fn make_resident(&mut self, server: ServerId) -> Result<(), PartitionError> {
        if self.resident.contains_key(&server) {
            return Ok(());
        }
        let (partition, key) = (self.setup.partition, SnapshotKey::Server(server));
        // A server never heard of has none.
        let snapshot = self
            .insist("read a server's snapshot", || {
                self.setup.parts.snapshots.get(partition, key)
            })
            .await?;
        let (state, included) = match &snapshot {
            Some(snapshot) => self.read(server, snapshot),
            None => (ServerState::default(), None),
        };
        self.start(server, state, included);
        Ok(())
    }

    fn start(&mut self, server: ServerId, state: ServerState, included: Option<Offset>) {
        let held_open = held_open(&state);
        let actor = ServerActor::new(
            server,
            state,
            included,
            self.setup.settings.detectors,
            Arc::clone(&self.setup.metrics),
        );
        let resident = Resident {
            addr: actor.start(),
            held_open,
            used: self.memory.clock.now(),
        };
        self.resident.insert(server, resident);
        self.setup.metrics.actors.inc();
    }

    async fn forget(&mut self, server: ServerId) -> Result<(), PartitionError> {
        self.memory.forget(server);
        self.dirty.remove(&server);
        if self.resident.remove(&server).is_some() {
            self.setup.metrics.actors.dec();
        }
        let (partition, key) = (self.setup.partition, SnapshotKey::Server(server));
        self.insist("forget a server's snapshot", || {
            self.setup.parts.snapshots.remove(partition, key)
        })
        .await
    }

    /// Repeats a call until it succeeds or the runtime stops.
    async fn insist<T, E, F>(
        &self,
        operation: &'static str,
        call: impl Fn() -> F,
    ) -> Result<T, PartitionError>
    where
        E: std::error::Error,
        F: Future<Output = Result<T, E>>,
    {
        let mut pause = BACK_OFF.0;
        loop {
            match call().await {
                Ok(value) => return Ok(value),
                Err(error) => {
                    self.setup.metrics.store_error("pipeline", operation);
                    tracing::warn!(
                        error = with_causes(&error),
                        operation,
                        partition = self.setup.partition.0,
                        "trying again"
                    );
                }
            }
            self.pause(&mut pause).await?;
        }
    }

    async fn pause(&self, pause: &mut Duration) -> Result<(), PartitionError> {
        let stop = self.setup.stop.clone();
        tokio::select! {
            () = sleep(*pause) => {}
            () = stop.stopped() => return Err(PartitionError::Stopping),
        }
        *pause = pause.saturating_mul(2).min(BACK_OFF.1);
        Ok(())
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        let resident = i64::try_from(self.resident.len()).unwrap_or_default();
        self.setup.metrics.actors.sub(resident);
    }
}

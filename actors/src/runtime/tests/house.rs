//! The harness: a data directory with its parts, a clock, and a runtime that can be stopped or killed.

use crate::Parts;
use crate::runtime::{Roles, Runtime, RuntimeSettings, start};
use async_trait::async_trait;
use noc_pipeline::clock::{Clock, ManualClock, Stopwatch, UnixMs, sleep};
use noc_pipeline::control::Control;
use noc_pipeline::embedded::{Embedded, EmbeddedOptions};
use noc_pipeline::id::{LogId, Offset, PartitionId, ServerId};
use noc_pipeline::payload::{
    Disks, Kind, Lifecycle, LifecycleEvent, LifecycleReason, Metrics, Partition, Payload,
    Processes, Report, Service,
};
use noc_pipeline::record::{Encoded, PayloadRecord, Record};
use noc_storage::relational::entity::incident;
use noc_storage::relational::{Db, servers};
use noc_storage::series::{
    Event, EventCount, EventGroup, EventPage, EventQuery, Latest, RangeQuery, Recent, RecentQuery,
    Retention, Series, SeriesError, SeriesRow, SeriesStore, Top, TopQuery,
};
use parking_lot::Mutex;
use sea_orm::{EntityTrait, QueryOrder};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use uuid::Uuid;

/// Long enough for a slow machine; nothing waits for it to pass.
const DEADLINE: Duration = Duration::from_secs(60);
pub(crate) const T0: UnixMs = UnixMs(1_767_225_600_000);

/// A series store that remembers positions and rows, and can be made to fail.
#[derive(Default)]
pub(crate) struct SwitchedSeries {
    /// Nothing is written while it is set.
    pub off: AtomicBool,
    /// The next write with a position fails, and what earlier ones wrote and noted is lost with it.
    pub lose_at_next_write: AtomicBool,
    /// Whose rows are refused for what they hold.
    pub refused: Mutex<Option<ServerId>>,
    pub rows: Mutex<Vec<SeriesRow>>,
    /// How many events are written.
    pub events: AtomicUsize,
    /// Its chores succeed.
    pub works: AtomicBool,
    /// How often hourly rows were made anew.
    pub rolled_up: AtomicUsize,
    /// How often what is old was dropped.
    pub retained: AtomicUsize,
    positions: Mutex<HashMap<PartitionId, (LogId, Offset)>>,
}

fn away() -> SeriesError {
    SeriesError::Unavailable {
        operation: "test",
        reason: "switched off".to_owned(),
    }
}

impl SwitchedSeries {
    fn chore(&self, count: &AtomicUsize) -> Result<u64, SeriesError> {
        if !self.works.load(Ordering::SeqCst) {
            return Err(away());
        }
        count.fetch_add(1, Ordering::SeqCst);
        Ok(0)
    }
}

#[async_trait]
impl SeriesStore for SwitchedSeries {
    async fn write(&self, rows: Vec<SeriesRow>) -> Result<(), SeriesError> {
        if self.off.load(Ordering::SeqCst) {
            return Err(away());
        }
        let refused = *self.refused.lock();
        if rows.iter().any(|row| Some(row.server) == refused) {
            return Err(SeriesError::Damaged {
                kind: "test".to_owned(),
                key: String::new(),
                reason: "refused",
            });
        }
        self.rows.lock().extend(rows);
        Ok(())
    }

    async fn write_at(
        &self,
        rows: Vec<SeriesRow>,
        partition: PartitionId,
        log_id: LogId,
        offset: Offset,
    ) -> Result<(), SeriesError> {
        if self.lose_at_next_write.swap(false, Ordering::SeqCst) {
            self.rows.lock().clear();
            self.positions.lock().clear();
            return Err(away());
        }
        self.write(rows).await?;
        self.positions.lock().insert(partition, (log_id, offset));
        Ok(())
    }

    async fn position(
        &self,
        partition: PartitionId,
    ) -> Result<Option<(LogId, Offset)>, SeriesError> {
        Ok(self.positions.lock().get(&partition).copied())
    }

    async fn range(&self, _: &RangeQuery) -> Result<Series, SeriesError> {
        Err(away())
    }

    async fn recent(&self, _: &RecentQuery) -> Result<HashMap<ServerId, Vec<Recent>>, SeriesError> {
        Err(away())
    }

    async fn latest(
        &self,
        _: Kind,
        _: &[ServerId],
    ) -> Result<HashMap<ServerId, Latest>, SeriesError> {
        Err(away())
    }

    async fn top(&self, _: &TopQuery) -> Result<Vec<Top>, SeriesError> {
        Err(away())
    }

    async fn write_events(&self, events: Vec<Event>) -> Result<(), SeriesError> {
        if self.off.load(Ordering::SeqCst) {
            return Err(away());
        }
        self.events.fetch_add(events.len(), Ordering::SeqCst);
        Ok(())
    }

    async fn events(&self, _: &EventQuery) -> Result<EventPage, SeriesError> {
        Err(away())
    }

    async fn count_events(&self, _: &EventCount) -> Result<Vec<EventGroup>, SeriesError> {
        Err(away())
    }

    async fn roll_up(&self, _: UnixMs, _: UnixMs) -> Result<u64, SeriesError> {
        self.chore(&self.rolled_up)
    }

    async fn roll_up_late(&self) -> Result<u64, SeriesError> {
        self.chore(&AtomicUsize::new(0))
    }

    async fn retain(&self, _: UnixMs, _: Retention) -> Result<u64, SeriesError> {
        self.chore(&self.retained)
    }

    async fn forget(&self, _: ServerId) -> Result<(), SeriesError> {
        Err(away())
    }
}

pub(crate) struct House {
    pub parts: Parts,
    pub clock: ManualClock,
    pub series: Arc<SwitchedSeries>,
    pub settings: RuntimeSettings,
    pub runtime: Option<Runtime>,
    seq: u64,
    _dir: tempfile::TempDir,
}

pub(crate) fn settings() -> RuntimeSettings {
    RuntimeSettings {
        roles: Roles {
            actors: true,
            ..Roles::default()
        },
        arbiters: 0,
        renew_every: Duration::from_millis(200),
        fleet_every: Duration::from_millis(50),
        ..RuntimeSettings::default()
    }
}

impl House {
    /// Everything but a runtime.
    pub async fn build(partitions: u32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = EmbeddedOptions {
            partitions,
            min_free_bytes: 0,
            tail_bytes: 0,
            ..EmbeddedOptions::default()
        };
        let embedded = Embedded::open(dir.path(), options).unwrap();
        let clock = ManualClock::at(T0);
        let series = Arc::new(SwitchedSeries::default());
        let parts = Parts {
            node: embedded.node,
            clock: Arc::new(clock.clone()),
            log: embedded.log,
            snapshots: embedded.snapshots,
            bus: embedded.bus,
            dead_letters: embedded.dead_letters,
            series: Arc::clone(&series) as Arc<dyn SeriesStore>,
            db: Db::open_temporary().await.unwrap(),
            registry: prometheus::Registry::new(),
        };
        Self {
            parts,
            clock,
            series,
            settings: settings(),
            runtime: None,
            seq: 0,
            _dir: dir,
        }
    }

    /// A house where everything runs.
    pub async fn open() -> Self {
        let mut house = Self::build(2).await;
        house.start().await;
        house
    }

    pub async fn start(&mut self) {
        assert!(self.runtime.is_none());
        let runtime = start(self.parts.clone(), self.settings.clone()).await;
        self.runtime = Some(runtime.unwrap());
    }

    pub async fn stop(&mut self) {
        self.runtime.take().unwrap().stop().await;
    }

    /// As `kill -9` would: no snapshot, no word.
    pub fn kill(&mut self) {
        drop(self.runtime.take());
    }

    pub async fn server(&self, name: &str) -> ServerId {
        let row = servers::create(self.parts.db.write(), name, &[], self.clock.now()).await;
        row.unwrap().server_id()
    }

    pub async fn append(&self, records: Vec<(PartitionId, Encoded)>) {
        self.parts.log.append(records).await.unwrap();
    }

    pub fn partition(&self, server: ServerId) -> PartitionId {
        server.partition(self.parts.log.partitions())
    }

    /// A payload as ingest would write it now.
    pub fn payload(&mut self, server: ServerId, body: impl Into<Payload>) -> PayloadRecord {
        self.seq += 1;
        PayloadRecord {
            server,
            received_at: self.clock.now(),
            event_at: self.clock.now(),
            skew_ms: 0,
            boot_id: Uuid::from_u128(1),
            seq: self.seq,
            body_hash: 0,
            report: Arc::new(Report::Data(body.into())),
        }
    }

    pub async fn write(&self, record: PayloadRecord) {
        let partition = self.partition(record.server);
        self.append(vec![(partition, Record::Payload(record).encode())])
            .await;
    }

    pub async fn send(&mut self, server: ServerId, body: impl Into<Payload>) {
        let record = self.payload(server, body);
        self.write(record).await;
    }

    /// A decision, as it stands in the log of the server it is about.
    pub async fn tell(&self, control: Control) {
        let server = control.server().expect("about a server");
        let at = self.clock.now();
        let record = Record::Control { at, control }.encode();
        self.append(vec![(self.partition(server), record)]).await;
    }

    /// One heartbeat into every partition.
    pub async fn beat(&self) {
        self.append(self.heartbeats()).await;
    }

    fn heartbeats(&self) -> Vec<(PartitionId, Encoded)> {
        let beat = Record::Heartbeat {
            at: self.clock.now(),
            node: self.parts.node,
        }
        .encode();
        let all = 0..self.parts.log.partitions();
        all.map(|n| (PartitionId(n), beat.clone())).collect()
    }

    /// Lets time pass, a heartbeat every 5 s.
    pub async fn pass(&self, seconds: u64) {
        let mut beats = Vec::new();
        for _ in 0..seconds / 5 {
            self.clock.advance(Duration::from_secs(5));
            beats.extend(self.heartbeats());
        }
        self.append(beats).await;
    }

    /// Lets time pass while these servers report metrics every minute.
    pub async fn pass_with(&mut self, seconds: u64, alive: &[ServerId]) {
        for _ in 0..seconds / 60 {
            self.pass(60).await;
            for server in alive {
                self.send(*server, metrics(10.0)).await;
            }
        }
    }

    /// Waits until the actors have taken everything in the log.
    pub async fn settle(&self) {
        self.wait_until("the actors have taken everything", async || {
            let seen = self.runtime.as_ref().unwrap().observe();
            let mut caught_up = seen.partitions.len() == self.parts.log.partitions() as usize;
            for one in &seen.partitions {
                let bounds = self.parts.log.bounds(one.partition).await.unwrap();
                caught_up &= one.position == bounds.end;
            }
            caught_up
        })
        .await;
    }

    pub async fn wait_until(&self, what: &str, done: impl AsyncFn() -> bool) {
        let waiting = Stopwatch::start();
        while !done().await {
            assert!(waiting.elapsed() < DEADLINE, "waited too long until {what}");
            sleep(Duration::from_millis(2)).await;
        }
    }

    pub async fn incidents(&self) -> Vec<incident::Model> {
        let all = incident::Entity::find().order_by_asc(incident::Column::Id);
        all.all(self.parts.db.read()).await.unwrap()
    }

    /// "title: severity, status" of every incident, oldest first, once everything was taken.
    pub async fn story(&self) -> Vec<String> {
        self.settle().await;
        let all = self.incidents().await.into_iter();
        all.map(|i| format!("{}: {}, {}", i.title, i.severity, i.status))
            .collect()
    }

    pub async fn status(&self, server: ServerId) -> String {
        let row = servers::by_id(self.parts.db.read(), server).await.unwrap();
        row.unwrap().status
    }
}

pub(crate) fn metrics(cpu_pct: f64) -> Metrics {
    Metrics {
        cpu_pct: Some(cpu_pct),
        ram_used_bytes: Some(1),
        ram_total_bytes: Some(4),
        load1: Some(0.5),
        ..Metrics::default()
    }
}

pub(crate) fn service(name: &str, running: bool) -> Processes {
    Processes {
        services: vec![Service {
            name: name.to_owned(),
            unit: Some(format!("{name}4")),
            installed: true,
            enabled: true,
            running,
            ..Service::default()
        }],
    }
}

pub(crate) fn disk(mount: &str, used_pct: u64) -> Disks {
    Disks {
        partitions: vec![Partition {
            mount: mount.to_owned(),
            device: "/dev/vda1".to_owned(),
            fstype: "ext4".to_owned(),
            bytes_total: Some(100_000_000_000),
            bytes_used: Some(used_pct * 1_000_000_000),
            ..Partition::default()
        }],
    }
}

pub(crate) fn goodbye() -> Lifecycle {
    Lifecycle {
        event: LifecycleEvent::Stop,
        reason: LifecycleReason::Restart,
    }
}

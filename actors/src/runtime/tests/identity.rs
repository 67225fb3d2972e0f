//! A log that is replaced by another under the same name: nothing in it is skipped, nothing judged twice.

use super::house::{House, T0, service};
use crate::log_identity::IdentifiedLog;
use async_trait::async_trait;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::embedded::{Embedded, EmbeddedOptions};
use noc_pipeline::id::{LogId, Offset, PartitionId, ServerId};
use noc_pipeline::log::{Bounds, LogError, PayloadLog};
use noc_pipeline::record::{Encoded, Entry, Record};
use parking_lot::RwLock;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// A name behind which another log can be put.
struct Name(RwLock<Arc<dyn PayloadLog>>);

impl Name {
    fn log(&self) -> Arc<dyn PayloadLog> {
        Arc::clone(&self.0.read())
    }
}

#[async_trait]
impl PayloadLog for Name {
    fn partitions(&self) -> u32 {
        self.log().partitions()
    }

    fn log_id(&self) -> LogId {
        LogId(Uuid::nil())
    }

    async fn append(&self, records: Vec<(PartitionId, Encoded)>) -> Result<Vec<Offset>, LogError> {
        self.log().append(records).await
    }

    async fn read(
        &self,
        partition: PartitionId,
        from: Offset,
        max: usize,
        wait: Duration,
    ) -> Result<Vec<Entry>, LogError> {
        self.log().read(partition, from, max, wait).await
    }

    async fn bounds(&self, partition: PartitionId) -> Result<Bounds, LogError> {
        self.log().bounds(partition).await
    }

    async fn trim(&self, before: UnixMs) -> Result<u64, LogError> {
        self.log().trim(before).await
    }
}

/// A house on a log without an id of its own.
struct Named {
    house: House,
    name: Arc<Name>,
    server: ServerId,
    /// Directories of further logs.
    dirs: Vec<tempfile::TempDir>,
}

const P: PartitionId = PartitionId(0);

impl Named {
    async fn build() -> Self {
        let house = House::build(1).await;
        let name = Arc::new(Name(RwLock::new(Arc::clone(&house.parts.log))));
        let server = house.server("mail-02").await;
        let mut named = Self {
            house,
            name,
            server,
            dirs: Vec::new(),
        };
        named.house.settings.snapshot_every = Duration::from_millis(100);
        named
    }

    /// Starts as a node does.
    async fn start(&mut self) {
        let parts = &mut self.house.parts;
        let (inner, db) = (Arc::clone(&self.name), parts.db.clone());
        let log = IdentifiedLog::open(inner, "test", db, Arc::clone(&parts.clock)).await;
        let log = log.unwrap();
        parts.log = Arc::clone(&log) as Arc<dyn PayloadLog>;
        self.house.settings.identity = Some(log);
        self.house.start().await;
    }

    fn log_id(&self) -> LogId {
        self.house.parts.log.log_id()
    }

    async fn report(&mut self, running: bool) {
        self.house.send(self.server, service("exim", running)).await;
    }

    /// Everything that stands in the log.
    async fn records(&self) -> Vec<(PartitionId, Encoded)> {
        let log = self.name.log();
        let bounds = log.bounds(P).await.unwrap();
        let read = log.read(P, bounds.first, 10_000, Duration::ZERO).await;
        let entries = read.unwrap().into_iter();
        entries
            .map(|entry| {
                let record = Record::decode(&entry.bytes).unwrap();
                (P, record.encode())
            })
            .collect()
    }

    /// Puts another log in the place of the one before, which holds these records.
    async fn replace(&mut self, records: Vec<(PartitionId, Encoded)>) {
        let dir = tempfile::tempdir().unwrap();
        let options = EmbeddedOptions {
            partitions: 1,
            min_free_bytes: 0,
            tail_bytes: 0,
            ..EmbeddedOptions::default()
        };
        let other = Embedded::open(dir.path(), options).unwrap().log;
        if !records.is_empty() {
            other.append(records).await.unwrap();
        }
        *self.name.0.write() = other;
        self.dirs.push(dir);
    }

    async fn wait_for_a_new_id(&self, old: LogId) {
        self.house
            .wait_until("the log has a new id", async || self.log_id() != old)
            .await;
        self.house
            .wait_until("its partition is owned again", async || {
                let seen = self.house.runtime.as_ref().unwrap().observe().partitions;
                seen.len() == 1 && seen[0].epoch.0 > 1
            })
            .await;
    }

    async fn occurrences(&self) -> Vec<i32> {
        let all = self.house.incidents().await.into_iter();
        all.map(|incident| incident.occurrences).collect()
    }
}

const OPEN: [&str; 1] = ["exim is down on mail-02: critical, open"];
const OVER: [&str; 1] = ["exim is down on mail-02: critical, resolved"];

#[actix::test]
async fn a_log_that_was_emptied_under_a_running_node_is_read_from_its_first_record() {
    let mut named = Named::build().await;
    named.start().await;
    named.house.beat().await;
    for running in [true, false, false] {
        named.report(running).await;
    }
    assert_eq!(named.house.story().await, OPEN);
    let old = named.log_id();
    named.replace(Vec::new()).await;
    named.report(true).await;
    named.wait_for_a_new_id(old).await;
    for _ in 0..2 {
        named.report(true).await;
    }
    assert_eq!(named.house.story().await, OVER, "its state was kept");
    named.house.stop().await;
    named.start().await;
    assert_eq!(named.house.story().await, OVER);
}

#[actix::test]
async fn records_that_stand_in_both_logs_are_not_judged_twice() {
    let mut named = Named::build().await;
    named.start().await;
    named.house.beat().await;
    for running in [false, false, false, true, true, true] {
        named.report(running).await;
    }
    named.house.pass(60).await;
    assert_eq!(named.house.story().await, OVER);
    let (old, before) = (named.log_id(), named.occurrences().await);
    // The last heartbeats are missing: the new log ends before what was read.
    let mut both = named.records().await;
    both.truncate(both.len() - 3);
    named.replace(both).await;
    named.wait_for_a_new_id(old).await;
    assert_eq!(named.house.story().await, OVER);
    assert_eq!(named.occurrences().await, before);
}

#[actix::test]
async fn a_longer_log_with_other_records_is_found_out_with_the_next_snapshots() {
    let mut named = Named::build().await;
    named.start().await;
    named.house.beat().await;
    for _ in 0..2 {
        named.report(false).await;
    }
    assert_eq!(named.house.story().await, OPEN);
    let old = named.log_id();
    let beat = |n: i64| {
        let at = UnixMs(T0.0 + 1_000 * n);
        let node = noc_pipeline::id::NodeId(Uuid::from_u128(3));
        (P, Record::Heartbeat { at, node }.encode())
    };
    named.replace((0..50).map(beat).collect()).await;
    named.wait_for_a_new_id(old).await;
    for _ in 0..3 {
        named.report(true).await;
    }
    assert_eq!(named.house.story().await, OVER);
}

#[actix::test]
async fn a_log_that_was_replaced_while_nobody_ran_is_found_out_at_start() {
    let mut named = Named::build().await;
    named.start().await;
    named.house.beat().await;
    for _ in 0..2 {
        named.report(false).await;
    }
    assert_eq!(named.house.story().await, OPEN);
    named.house.stop().await;
    let old = named.log_id();
    let same = named.records().await;

    // The same log again, a little longer: nothing is new.
    named.report(false).await;
    named.start().await;
    assert_eq!(named.log_id(), old);
    assert_eq!(named.house.story().await, OPEN);
    named.house.stop().await;

    // One that ends before the mark.
    named.replace(same).await;
    named.start().await;
    assert_ne!(named.log_id(), old);
    assert_eq!(named.house.story().await, OPEN);
    for _ in 0..3 {
        named.report(true).await;
    }
    assert_eq!(named.house.story().await, OVER);
}

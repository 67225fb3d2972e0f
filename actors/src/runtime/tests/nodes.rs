//! Two nodes on the same parts: who owns what, who takes over, who does the chores.

use super::house::{House, service};
use crate::runtime::{Roles, Runtime, start};
use noc_pipeline::clock::Stopwatch;
use noc_pipeline::id::{Epoch, NodeId, PartitionId};
use noc_storage::relational::entity::node;
use noc_storage::relational::{jobs, nodes, partitions};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait};
use std::sync::atomic::Ordering;
use std::time::Duration;
use uuid::Uuid;

/// Long enough that nobody loses one on a busy machine.
const LONG: Duration = Duration::from_secs(3600);
/// For tests in which one must run out.
const SHORT: Duration = Duration::from_secs(2);

/// The second node; the first is the house's.
fn second(house: &House) -> crate::Parts {
    let mut parts = house.parts.clone();
    parts.node = NodeId(Uuid::from_u128(2));
    parts.registry = prometheus::Registry::new();
    parts
}

async fn start_second(house: &House) -> Runtime {
    start(second(house), house.settings.clone()).await.unwrap()
}

fn owned(runtime: &Runtime) -> Vec<PartitionId> {
    let seen = runtime.observe().partitions.into_iter();
    seen.map(|seen| seen.partition).collect()
}

async fn wait_for(house: &House, runtime: &Runtime, count: usize) {
    house
        .wait_until(&format!("{count} partitions are owned"), async || {
            owned(runtime).len() == count
        })
        .await;
}

/// A house of four partitions whose first node owns all.
async fn house(lease: Duration) -> House {
    let mut house = House::build(4).await;
    house.settings.lease = lease;
    house.start().await;
    wait_for(&house, house.runtime.as_ref().unwrap(), 4).await;
    house
}

#[actix::test]
async fn a_second_node_takes_half_and_gives_it_back_when_it_stops() {
    let house = house(LONG).await;
    let first = house.runtime.as_ref().unwrap();
    let second = start_second(&house).await;
    wait_for(&house, &second, 2).await;
    wait_for(&house, first, 2).await;
    let (mut all, theirs) = (owned(first), owned(&second));
    all.extend(&theirs);
    all.sort_unstable();
    assert_eq!(all, [0, 1, 2, 3].map(PartitionId), "each has one owner");

    let stopping = Stopwatch::start();
    second.stop().await;
    wait_for(&house, first, 4).await;
    // The leases last an hour: they were handed over.
    assert!(stopping.elapsed() < Duration::from_secs(3), "{stopping:?}");
    let rows = partitions::list(house.parts.db.read()).await.unwrap();
    let me = house.parts.node.to_string();
    assert!(rows.iter().all(|row| row.node.as_ref() == Some(&me)));
}

#[actix::test]
async fn what_could_not_be_given_back_is_given_back_once_the_database_takes_it() {
    let house = house(LONG).await;
    let db = &house.parts.db;
    let (refuse, take) = match db.write().get_database_backend() {
        DbBackend::Sqlite => (
            "CREATE TRIGGER refuse BEFORE UPDATE ON partitions WHEN NEW.node IS NULL \
                BEGIN SELECT RAISE(ABORT, 'read-only'); END",
            "DROP TRIGGER refuse",
        ),
        _ => (
            "ALTER TABLE partitions MODIFY node CHAR(36) NOT NULL",
            "ALTER TABLE partitions MODIFY node CHAR(36) NULL",
        ),
    };
    db.write().execute_unprepared(refuse).await.unwrap();
    let first = house.runtime.as_ref().unwrap();
    let second = start_second(&house).await;
    wait_for(&house, first, 2).await;
    house
        .wait_until("it was refused", async || {
            store_errors(&house.parts.registry, "give back") > 0.0
        })
        .await;
    assert!(owned(&second).is_empty(), "it is not free yet");
    db.write().execute_unprepared(take).await.unwrap();
    // The leases last an hour.
    wait_for(&house, &second, 2).await;
    assert_eq!(owned(first).len(), 2, "and the others never moved");
}

#[actix::test]
async fn what_a_stopped_node_judged_goes_on_at_the_next() {
    let mut house = house(LONG).await;
    let mail = house.server("mail-02").await;
    house.beat().await;
    house.send(mail, service("exim", false)).await;
    house.settle().await;
    let second = start_second(&house).await;
    house.stop().await;
    wait_for(&house, &second, 4).await;
    // The second report in a row that says so, at another node than the first.
    house.send(mail, service("exim", false)).await;
    house
        .wait_until("the incident is open", async || {
            house.incidents().await.len() == 1
        })
        .await;
    house.start().await;
    second.stop().await;
    assert_eq!(
        house.story().await,
        ["exim is down on mail-02: critical, open"]
    );
}

#[actix::test]
async fn partitions_of_a_crashed_node_are_taken_once_its_leases_are_over() {
    let house = house(SHORT).await;
    let first = house.runtime.as_ref().unwrap();
    let second = start_second(&house).await;
    wait_for(&house, &second, 2).await;
    drop(second);
    let dead = Stopwatch::start();
    wait_for(&house, first, 4).await;
    assert!(dead.elapsed() < SHORT + Duration::from_secs(4), "{dead:?}");
}

#[actix::test]
async fn a_restarted_node_has_its_own_at_once() {
    let mut house = house(LONG).await;
    let second = start_second(&house).await;
    wait_for(&house, &second, 2).await;
    let before = owned(house.runtime.as_ref().unwrap());
    house.kill();
    house.start().await;
    let first = house.runtime.as_ref().unwrap();
    wait_for(&house, first, 2).await;
    assert_eq!(owned(first), before);
    assert_eq!(owned(&second).len(), 2);
}

#[actix::test]
async fn nodes_without_the_role_do_not_count() {
    let mut house = House::build(4).await;
    house.settings.lease = LONG;
    let (actors, api) = (
        house.settings.roles,
        Roles {
            api: true,
            notify: true,
            ..Roles::default()
        },
    );
    house.settings.roles = api;
    let second = start_second(&house).await;
    house.settings.roles = actors;
    house.start().await;
    let first = house.runtime.as_ref().unwrap();
    wait_for(&house, first, 4).await;
    assert!(owned(&second).is_empty());
    let rows = nodes::alive_since(house.parts.db.read(), noc_pipeline::clock::UnixMs(0)).await;
    assert_eq!(rows.unwrap().len(), 2);
    second.stop().await;
    let rows = node::Entity::find().all(house.parts.db.read()).await;
    let stopped = rows
        .unwrap()
        .iter()
        .filter(|r| r.stopped_at.is_some())
        .count();
    assert_eq!(stopped, 1);
}

#[actix::test]
async fn an_owner_whose_lease_ran_out_judges_nothing_until_it_is_renewed() {
    let mut house = House::build(1).await;
    // It does not renew while this test runs.
    house.settings.renew_every = LONG;
    house.settings.lease = SHORT;
    house.start().await;
    let first = house.runtime.as_ref().unwrap();
    wait_for(&house, first, 1).await;
    let mail = house.server("mail-02").await;
    let held = Stopwatch::start();
    house
        .wait_until("the lease is over", async || held.elapsed() > SHORT)
        .await;
    house.beat().await;
    for _ in 0..2 {
        house.send(mail, service("exim", false)).await;
    }
    house
        .wait_until("the records are in the charts", async || {
            house.series.rows.lock().len() == 2
        })
        .await;
    let first = house.runtime.as_ref().unwrap();
    assert_eq!(first.observe().verdicts, 0, "nothing is judged");
    // Somebody takes a look: the lease is renewed, and it goes on.
    house
        .parts
        .bus
        .publish(noc_pipeline::live::LiveEvent::OwnershipChanged)
        .await;
    house
        .wait_until("the incident is open", async || {
            house.incidents().await.len() == 1
        })
        .await;
}

#[actix::test]
async fn a_chore_is_done_by_one_node_and_taken_over_from_a_dead_one() {
    let mut house = House::build(1).await;
    house.settings.roles.scheduler = true;
    house.series.works.store(true, Ordering::SeqCst);
    let dead = NodeId(Uuid::from_u128(9));
    let (db, name) = (house.parts.db.clone(), "series_roll_up");
    jobs::prepare(db.write(), &[name]).await.unwrap();
    let claimed = jobs::claim(db.write(), name, dead, LONG, LONG).await;
    assert!(claimed.unwrap());
    house.start().await;
    let second = start_second(&house).await;
    let done = async |name: &str| {
        let rows = jobs::list(db.read()).await.unwrap();
        let row = rows.into_iter().find(|row| row.name == name);
        row.is_some_and(|row| row.last_success.is_some())
    };
    house
        .wait_until("the other chores are done", async || {
            done("series_retain").await
                && done("nodes_forget").await
                && done("backup_runs_retain").await
        })
        .await;
    assert!(!done(name).await, "the dead one's lease holds");
    assert_eq!(house.series.retained.load(Ordering::SeqCst), 1, "once");
    house.stop().await;
    second.stop().await;

    // Its lease is over. A registry knows one runtime.
    house.parts.registry = prometheus::Registry::new();
    let prolonged = jobs::prolong(db.write(), name, dead, Duration::ZERO).await;
    assert!(prolonged.unwrap());
    house.start().await;
    let second = start_second(&house).await;
    house
        .wait_until("it is done", async || done(name).await)
        .await;
    assert_eq!(house.series.rolled_up.load(Ordering::SeqCst), 1, "once");
    assert_eq!(house.series.retained.load(Ordering::SeqCst), 1, "not due");
    let shown = [&house.parts.registry, &second_registry(&second)]
        .map(|registry| shows(registry, name))
        .into_iter()
        .filter(|shown| *shown)
        .count();
    assert_eq!(shown, 1, "by the node that did it");
    second.stop().await;
}

fn second_registry(runtime: &Runtime) -> prometheus::Registry {
    runtime.parts.registry.clone()
}

/// How many calls of the relational store failed in an operation.
fn store_errors(registry: &prometheus::Registry, operation: &str) -> f64 {
    let all = registry.gather();
    let families = all.iter().filter(|f| f.name() == "noc_store_errors_total");
    let metrics = families.flat_map(|family| family.get_metric());
    let ours = metrics.filter(|metric| {
        let mut labels = metric.get_label().iter();
        labels.any(|label| label.value() == operation)
    });
    ours.map(|metric| metric.get_counter().get_value()).sum()
}

/// Whether a node tells when it did a job last.
fn shows(registry: &prometheus::Registry, job: &str) -> bool {
    let all = registry.gather();
    let families = all
        .iter()
        .filter(|f| f.name() == "noc_job_last_success_timestamp_seconds");
    families
        .flat_map(|family| family.get_metric())
        .any(|metric| metric.get_label().iter().any(|label| label.value() == job))
}

#[actix::test]
async fn many_partitions_change_hands_in_few_statements() {
    let mut house = House::build(64).await;
    house.settings.lease = LONG;
    house.start().await;
    let first = house.runtime.as_ref().unwrap();
    wait_for(&house, first, 64).await;
    let second = start_second(&house).await;
    wait_for(&house, &second, 32).await;
    let stopping = Stopwatch::start();
    second.stop().await;
    wait_for(&house, first, 64).await;
    assert!(stopping.elapsed() < Duration::from_secs(3), "{stopping:?}");
    let rows = partitions::list(house.parts.db.read()).await.unwrap();
    let epochs: Vec<_> = rows.iter().map(|row| row.epoch).collect();
    assert!(
        epochs.iter().all(|epoch| [1, 3].contains(epoch)),
        "{epochs:?}"
    );
    let held = partitions::holds(house.parts.db.read(), PartitionId(0), Epoch(1)).await;
    assert!(held.unwrap(), "the first half never moved");
}

//! Nodes, incarnations of the log, jobs.

use super::{T0, count};
use crate::relational::entity::{log, node};
use crate::relational::jobs;
use crate::relational::logs::{self, Mark};
use crate::relational::nodes::{self, NodeFacts};
use crate::relational::{Db, StoreError, partitions};
use futures::future::join_all;
use noc_pipeline::clock::Stopwatch;
use noc_pipeline::id::{Epoch, LogId, NodeId, Offset, PartitionId};
use sea_orm::{ConnectionTrait, DbBackend};
use std::time::Duration;
use tokio::sync::watch;
use uuid::Uuid;

const MINUTE: Duration = Duration::from_secs(60);

fn node(n: u128) -> NodeId {
    NodeId(Uuid::from_u128(n))
}

async fn living(db: &Db, since: noc_pipeline::clock::UnixMs) -> Vec<node::Model> {
    nodes::alive_since(db.read(), since).await.unwrap()
}

/// A node counts while it gives signs of life, until it says that it ends; it comes back with its new roles.
pub async fn nodes_count_while_they_live(db: &Db) {
    let facts = |roles: &str| NodeFacts {
        roles: roles.to_owned(),
        shared: true,
    };
    let begin = async |at, roles| {
        let noted = nodes::started(db.write(), node(7), &facts(roles), at).await;
        noted.unwrap();
    };
    begin(T0, "ingest,actors").await;
    let later = T0.plus(MINUTE);
    nodes::seen(db.write(), node(7), later).await.unwrap();
    let [row] = living(db, later).await.try_into().unwrap();
    assert!(row.has_role("actors") && !row.has_role("act") && row.shared);
    assert!(living(db, T0.plus(2 * MINUTE)).await.is_empty(), "missed");

    nodes::stopped(db.write(), node(7), later).await.unwrap();
    assert!(living(db, T0).await.is_empty(), "it said that it ends");
    begin(T0.plus(2 * MINUTE), "api").await;
    let [row] = living(db, T0).await.try_into().unwrap();
    assert_eq!(row.started_at, T0.plus(2 * MINUTE).to_datetime());
    assert!(!row.has_role("actors"));

    let forgotten = nodes::forget(db.write(), T0.plus(3 * MINUTE)).await;
    assert_eq!(forgotten.unwrap(), 1);
    assert_eq!(count::<node::Entity>(db).await, 0);
}

/// A log that keeps its id itself is noted once, beside others like it.
pub async fn a_log_is_noted_once(db: &Db) {
    for n in [8, 9] {
        let id = LogId(Uuid::from_u128(n));
        for at in [T0, T0.plus(MINUTE)] {
            logs::known(db.write(), id, at).await.unwrap();
        }
    }
    assert_eq!(count::<log::Entity>(db).await, 2);
    assert_eq!(logs::current(db.read(), "kafka").await.unwrap(), None);
}

/// Whoever asks first makes the id, and all get the same; another kind has another.
pub async fn nodes_that_start_together_agree_on_the_log(db: &Db) {
    let ids = join_all((0..8).map(|_| logs::begin(db, "kafka:a", T0))).await;
    let ids: Vec<_> = ids.into_iter().map(Result::unwrap).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_ne!(logs::begin(db, "kafka:b", T0).await.unwrap(), ids[0]);
    let current = logs::current(db.read(), "kafka:a").await.unwrap();
    assert_eq!(current, Some(ids[0]));
}

/// Of many that find a log replaced one renews its id, all go on under that one, and no claim holds any more.
pub async fn a_replaced_log_voids_every_claim(db: &Db) {
    partitions::prepare(db.write(), 2).await.unwrap();
    let (p, lease) = (PartitionId(1), Duration::from_secs(15));
    let held = partitions::claim(db, node(1), &[p], lease).await.unwrap();
    let old = logs::begin(db, "kafka", T0).await.unwrap();
    let renewed = join_all((0..6).map(|_| logs::replace(db, "kafka", old, T0))).await;
    let renewed: Vec<_> = renewed.into_iter().map(Result::unwrap).collect();
    assert_ne!(renewed[0], old);
    assert!(renewed.iter().all(|id| *id == renewed[0]), "{renewed:?}");
    assert_eq!(count::<log::Entity>(db).await, 2, "renewed once");
    assert_eq!(logs::begin(db, "kafka", T0).await.unwrap(), renewed[0]);

    let now = partitions::database_now(db.write()).await.unwrap();
    let kept = partitions::renew(db.write(), node(1), &held, lease, now).await;
    assert_eq!(kept.unwrap(), 0);
    assert!(!partitions::holds(db.read(), p, Epoch(1)).await.unwrap());
    let claim = async |n| partitions::claim(db, node(n), &[p], lease).await;
    let others = claim(2).await.unwrap();
    assert!(others.is_empty(), "its owner knows its state: {others:?}");
    assert_eq!(claim(1).await.unwrap(), [(p, Epoch(3))]);
}

/// Who claims gets at once what is to be had, though another transaction holds a partition that it wants too, and
/// gets that one once it is let go. Where there is one writer, there is nobody else to hold one.
pub async fn a_claim_waits_for_no_partition_that_somebody_holds(db: &Db) {
    partitions::prepare(db.write(), 3).await.unwrap();
    let lease = Duration::from_secs(15);
    let all = [0, 1, 2].map(PartitionId);
    let (held, is_held) = watch::channel(false);
    let (let_go, may_go) = watch::channel(false);
    let several_write = db.write().get_database_backend() != DbBackend::Sqlite;
    let holder = db.transaction("hold a partition", |tx| {
        let (held, mut may_go) = (held.clone(), may_go.clone());
        Box::pin(async move {
            assert!(partitions::holds(tx, PartitionId(1), Epoch(0)).await?);
            held.send_replace(true);
            let gone = may_go.wait_for(|go| *go).await;
            gone.map(|_| ())
                .map_err(|_| StoreError::not_found("end of the test", ""))
        })
    });
    let claimant = async {
        is_held.clone().wait_for(|held| *held).await.unwrap();
        if several_write {
            let watch = Stopwatch::start();
            let got = partitions::claim(db, node(1), &all, lease).await.unwrap();
            assert_eq!(got, [(all[0], Epoch(1)), (all[2], Epoch(1))]);
            let there = partitions::prepare(db.write(), 3).await.unwrap();
            assert_eq!(there, 3, "a node starts meanwhile");
            // A lock is waited for for 5 s elsewhere.
            assert!(watch.elapsed() < Duration::from_secs(4), "{watch:?}");
            let wanted = [all[1], PartitionId(7)];
            let missing = partitions::claim(db, node(1), &wanted, lease).await;
            assert!(
                matches!(missing, Err(StoreError::NotFound { .. })),
                "{missing:?}"
            );
        }
        let_go.send_replace(true);
    };
    let (ended, ()) = tokio::join!(holder, claimant);
    ended.unwrap();
    let rest = partitions::claim(db, node(1), &all[1..2], lease).await;
    assert_eq!(rest.unwrap(), [(all[1], Epoch(1))]);
}

/// Each partition has one mark, each log its own.
pub async fn the_newest_mark_of_a_partition_stays(db: &Db) {
    let id = logs::begin(db, "kafka", T0).await.unwrap();
    let mark = |partition, offset| Mark {
        partition: PartitionId(partition),
        offset: Offset(offset),
        fingerprint: format!("{partition}/{offset}"),
    };
    for (partition, offset) in [(3, 5), (0, 1), (3, 9)] {
        logs::note(db.write(), id, &mark(partition, offset), T0)
            .await
            .unwrap();
    }
    let found = logs::marks(db.read(), id).await.unwrap();
    assert_eq!(found, [mark(0, 1), mark(3, 9)]);
    let other = LogId(Uuid::from_u128(1));
    assert!(logs::marks(db.read(), other).await.unwrap().is_empty());
}

/// Of many that claim a job one gets it; nobody else while its lease holds; afterwards the next one, and the late
/// one notes nothing.
pub async fn a_job_is_done_by_one_and_taken_over_from_the_dead(db: &Db) {
    jobs::prepare(db.write(), &["a", "b"]).await.unwrap();
    jobs::prepare(db.write(), &["b", "c"]).await.unwrap();
    let take = |n, lease| jobs::claim(db.write(), "b", node(n), lease, MINUTE);
    let got = join_all((1..=8).map(|n| take(n, Duration::ZERO))).await;
    assert!(got.into_iter().any(Result::unwrap), "a lease of nothing");
    let got = join_all((1..=8).map(|n| take(n, MINUTE))).await;
    let winners: Vec<_> = got.into_iter().map(Result::unwrap).collect();
    assert_eq!(winners.iter().filter(|won| **won).count(), 1);
    let winner = winners.iter().position(|won| *won).unwrap() as u128 + 1;
    let rows = jobs::list(db.read()).await.unwrap();
    let names: Vec<_> = rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(rows[1].node, Some(node(winner).to_string()));

    // It works on, then dies: its lease runs out.
    let prolonged = jobs::prolong(db.write(), "b", node(winner), Duration::ZERO).await;
    assert!(prolonged.unwrap());
    assert!(take(99, MINUTE).await.unwrap());
    let late = jobs::succeeded(db.write(), "b", node(winner)).await;
    assert!(!late.unwrap(), "somebody else's by now");
    let late = jobs::prolong(db.write(), "b", node(winner), MINUTE).await;
    assert!(!late.unwrap());
    assert!(!take(1, MINUTE).await.unwrap());
    jobs::restarted(db.write(), node(99)).await.unwrap();
    assert!(take(1, MINUTE).await.unwrap(), "its node restarted");
}

/// A job that was done rests for its period, one that failed for as long as it was told.
pub async fn a_job_is_not_done_before_its_time(db: &Db) {
    jobs::prepare(db.write(), &["a"]).await.unwrap();
    let take = |n, every| jobs::claim(db.write(), "a", node(n), MINUTE, every);
    assert!(take(1, MINUTE).await.unwrap());
    assert!(jobs::succeeded(db.write(), "a", node(1)).await.unwrap());
    assert!(!take(2, MINUTE).await.unwrap(), "done just now");
    assert!(take(2, Duration::ZERO).await.unwrap(), "due again");
    let failed = jobs::failed(db.write(), "a", node(2), MINUTE).await;
    assert!(failed.unwrap());
    assert!(
        !take(1, Duration::ZERO).await.unwrap(),
        "it failed just now"
    );
    let failed = jobs::failed(db.write(), "a", node(2), Duration::ZERO).await;
    assert!(failed.unwrap());
    assert!(take(1, Duration::ZERO).await.unwrap());
}

//! What every snapshot store does.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a case that does not hold must stop its test"
)]

use super::soon;
use crate::id::{Epoch, LogId, Offset, PartitionId, ServerId};
use crate::snapshot::{Snapshot, SnapshotKey, Snapshots};
use bytes::Bytes;
use std::sync::Arc;
use uuid::Uuid;

/// One test of each case; takes an expression that gives a fresh `(Arc<snapshot store>, guard)`.
#[macro_export]
macro_rules! snapshots_contract {
    ($factory:expr) => {
        $crate::contract_cases! { snapshots, $factory;
            what_is_put_comes_back,
            what_was_never_put_is_none,
            an_older_position_changes_nothing,
            a_newer_epoch_wins_over_a_higher_offset,
            the_same_position_again_is_fine,
            of_one_call_the_newest_stays,
            load_gives_every_key_of_its_partition_in_order,
            partitions_do_not_share_keys,
            what_is_removed_is_gone_and_may_come_back,
            two_thousand_at_once,
            writers_at_once_leave_the_newest,
        }
    };
}

const P0: PartitionId = PartitionId(0);
const P1: PartitionId = PartitionId(1);

fn key(server: u32) -> SnapshotKey {
    SnapshotKey::Server(ServerId(server))
}

fn snapshot(key: SnapshotKey, epoch: u64, offset: u64, state: &str) -> Snapshot {
    Snapshot {
        key,
        log_id: LogId(Uuid::from_u128(u128::from(epoch) << 64)),
        epoch: Epoch(epoch),
        offset: Offset(offset),
        state: Bytes::copy_from_slice(state.as_bytes()),
    }
}

async fn put(store: &dyn Snapshots, partition: PartitionId, snapshots: Vec<Snapshot>) {
    soon("put", store.put(partition, snapshots))
        .await
        .expect("puts");
}

async fn get(store: &dyn Snapshots, partition: PartitionId, key: SnapshotKey) -> Option<Snapshot> {
    soon("get", store.get(partition, key)).await.expect("gets")
}

/// Every part of it, extremes and the empty state included.
pub async fn what_is_put_comes_back(store: Arc<dyn Snapshots>) {
    let all = [
        snapshot(SnapshotKey::Partition, 1, 0, "clock"),
        snapshot(key(0), 0, 0, ""),
        snapshot(key(u32::MAX), u64::MAX, u64::MAX, &"é".repeat(100_000)),
    ];
    put(&*store, P0, all.to_vec()).await;
    for expected in all {
        assert_eq!(get(&*store, P0, expected.key).await, Some(expected));
    }
}

/// Neither a key nor a partition.
pub async fn what_was_never_put_is_none(store: Arc<dyn Snapshots>) {
    put(&*store, P0, Vec::new()).await;
    assert_eq!(get(&*store, P0, key(1)).await, None);
    assert_eq!(get(&*store, P0, SnapshotKey::Partition).await, None);
    assert!(store.load(P0).await.expect("loads").is_empty());
}

/// A stale owner cannot undo what a newer one stored.
pub async fn an_older_position_changes_nothing(store: Arc<dyn Snapshots>) {
    put(&*store, P0, vec![snapshot(key(1), 2, 10, "new")]).await;
    put(&*store, P0, vec![snapshot(key(1), 2, 9, "older offset")]).await;
    put(
        &*store,
        P0,
        vec![
            snapshot(key(1), 1, 99, "older epoch"),
            snapshot(key(2), 1, 1, "other"),
        ],
    )
    .await;
    assert_eq!(get(&*store, P0, key(1)).await.expect("kept").state, "new");
    assert_eq!(
        get(&*store, P0, key(2)).await.expect("stored").state,
        "other"
    );
}

/// Positions are compared by epoch first: offsets of another log mean nothing.
pub async fn a_newer_epoch_wins_over_a_higher_offset(store: Arc<dyn Snapshots>) {
    put(&*store, P0, vec![snapshot(key(1), 1, 99, "old")]).await;
    put(&*store, P0, vec![snapshot(key(1), 2, 3, "new")]).await;
    let kept = get(&*store, P0, key(1)).await.expect("kept");
    assert_eq!(
        (kept.epoch, kept.offset, &kept.state[..]),
        (Epoch(2), Offset(3), &b"new"[..])
    );
}

/// A repeated call is not an error.
pub async fn the_same_position_again_is_fine(store: Arc<dyn Snapshots>) {
    for _ in 0..2 {
        put(&*store, P0, vec![snapshot(key(1), 1, 5, "state")]).await;
    }
    assert_eq!(get(&*store, P0, key(1)).await.expect("kept").state, "state");
}

/// In whatever order they stand.
pub async fn of_one_call_the_newest_stays(store: Arc<dyn Snapshots>) {
    let list = vec![
        snapshot(key(1), 1, 5, "5"),
        snapshot(key(1), 1, 7, "7"),
        snapshot(key(1), 1, 6, "6"),
    ];
    put(&*store, P0, list).await;
    assert_eq!(get(&*store, P0, key(1)).await.expect("kept").state, "7");
}

/// The partition's own first, then servers by id.
pub async fn load_gives_every_key_of_its_partition_in_order(store: Arc<dyn Snapshots>) {
    let list = [key(300), key(2), SnapshotKey::Partition, key(1)];
    put(
        &*store,
        P0,
        list.map(|key| snapshot(key, 1, 1, "a")).to_vec(),
    )
    .await;
    put(&*store, P0, vec![snapshot(key(2), 1, 2, "b")]).await;
    let loaded = soon("load", store.load(P0)).await.expect("loads");
    let found: Vec<_> = loaded.iter().map(|s| (s.key, &s.state[..])).collect();
    let expected = [
        (SnapshotKey::Partition, "a"),
        (key(1), "a"),
        (key(2), "b"),
        (key(300), "a"),
    ];
    assert_eq!(found, expected.map(|(key, state)| (key, state.as_bytes())));
}

/// The same key elsewhere is another one.
pub async fn partitions_do_not_share_keys(store: Arc<dyn Snapshots>) {
    put(&*store, P0, vec![snapshot(key(1), 1, 1, "zero")]).await;
    put(&*store, P1, vec![snapshot(key(1), 1, 1, "one")]).await;
    store.remove(P0, key(1)).await.expect("removes");
    assert_eq!(get(&*store, P0, key(1)).await, None);
    assert_eq!(get(&*store, P1, key(1)).await.expect("kept").state, "one");
    assert_eq!(store.load(P1).await.expect("loads").len(), 1);
}

/// After a removal there is no position to be older than.
pub async fn what_is_removed_is_gone_and_may_come_back(store: Arc<dyn Snapshots>) {
    store
        .remove(P0, key(1))
        .await
        .expect("removing nothing is fine");
    put(&*store, P0, vec![snapshot(key(1), 5, 5, "state")]).await;
    store.remove(P0, key(1)).await.expect("removes");
    assert_eq!(get(&*store, P0, key(1)).await, None);
    assert!(store.load(P0).await.expect("loads").is_empty());
    put(&*store, P0, vec![snapshot(key(1), 1, 1, "again")]).await;
    assert_eq!(
        get(&*store, P0, key(1)).await.expect("stored").state,
        "again"
    );
}

/// As a partition's owner writes them.
pub async fn two_thousand_at_once(store: Arc<dyn Snapshots>) {
    let list = (0..2_000).map(|server| snapshot(key(server), 1, 1, "state"));
    put(&*store, P0, list.collect()).await;
    assert_eq!(
        soon("load", store.load(P0)).await.expect("loads").len(),
        2_000
    );
}

/// Comparing and storing is one step.
pub async fn writers_at_once_leave_the_newest(store: Arc<dyn Snapshots>) {
    let writers = (0..20_u64).map(|offset| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let state = offset.to_string();
            store
                .put(P0, vec![snapshot(key(1), 1, offset, &state)])
                .await
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        soon("put", writer).await.expect("no panic").expect("puts");
    }
    assert_eq!(get(&*store, P0, key(1)).await.expect("kept").state, "19");
}

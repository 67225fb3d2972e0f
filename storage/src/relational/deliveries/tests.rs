use super::*;
use crate::relational::Db;
use sea_orm::DatabaseTransaction;
use std::collections::HashSet;
use std::sync::Arc;

const NOW: UnixMs = UnixMs(1_795_300_000_123);

fn new(n: usize, channel: &str, kind: &'static str) -> NewDelivery {
    NewDelivery {
        incident_id: Some(1),
        execution_id: Some(1),
        position: Some((i32::try_from(n % 3).unwrap(), 0)),
        kind,
        channel: channel.into(),
        recipient: format!("User{n}@x.test"),
        recipient_key: format!("user{n}@x.test"),
        user_id: None,
        idempotency_key: format!("{n:060}{channel:.4}"),
    }
}

/// Claims as somebody who bundles nothing.
async fn claim_in(db: &Db, now: UnixMs, limit: u64) -> Vec<Model> {
    let lately = bundles::Lately {
        kinds: &["problem"],
        within: Duration::from_secs(30),
    };
    let claimed = db.transaction("test", |tx: &DatabaseTransaction| {
        Box::pin(async move {
            let times = (now, now.plus(Duration::from_secs(60)));
            bundles::claim(tx, "email", times, limit, lately, &bundles::each_alone).await
        })
    });
    let claimed = claimed.await.map_err(|e: StoreError| e).unwrap();
    assert!(claimed.held.is_empty());
    let rows = claimed
        .bundles
        .into_iter()
        .map(|mut one| one.rows.remove(0));
    rows.collect()
}

fn sent() -> Ending {
    Ending {
        status: Status::Sent,
        attempts: 1,
        next_attempt_at: None,
        provider_id: Some("x".repeat(300)),
        reason: None,
    }
}

#[tokio::test]
async fn the_same_message_is_queued_once() {
    let db = Db::open_temporary().await.unwrap();
    let first = queue(db.write(), new(1, "email", "problem"), NOW)
        .await
        .unwrap();
    assert!(first.is_some());
    let second = queue(db.write(), new(1, "email", "problem"), NOW)
        .await
        .unwrap();
    assert_eq!(second, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_that_race_claim_each_row_once() {
    let db = Arc::new(Db::open_temporary().await.unwrap());
    for n in 0..41 {
        queue(db.write(), new(n, "email", "problem"), NOW)
            .await
            .unwrap();
    }
    queue(db.write(), new(99, "room", "problem"), NOW)
        .await
        .unwrap();
    let workers = (0..4).map(|_| {
        let db = Arc::clone(&db);
        tokio::spawn(async move {
            let mut mine = Vec::new();
            loop {
                let rows = claim_in(&db, NOW, 3).await;
                if rows.is_empty() {
                    return mine;
                }
                mine.extend(rows.into_iter().map(|row| row.id));
            }
        })
    });
    let all: Vec<i64> = futures::future::join_all(workers)
        .await
        .into_iter()
        .flat_map(Result::unwrap)
        .collect();
    assert_eq!(all.len(), 41);
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), 41);
}

#[tokio::test]
async fn a_lease_that_ended_passes_the_row_on_and_only_its_holder_may_say_it_failed() {
    let db = Db::open_temporary().await.unwrap();
    queue(db.write(), new(1, "email", "problem"), NOW)
        .await
        .unwrap();
    let first = claim_in(&db, NOW, 1).await.remove(0);
    assert!(
        claim_in(&db, NOW.plus(Duration::from_secs(59)), 1)
            .await
            .is_empty()
    );
    let later = NOW.plus(Duration::from_secs(60));
    let second = claim_in(&db, later, 1).await.remove(0);
    assert_eq!(first.delivery_uuid, second.delivery_uuid);
    let failed = Ending {
        status: Status::Failed,
        ..sent()
    };
    assert!(!finish(db.write(), &first, failed, later).await.unwrap());
    // What has left has left, whoever holds the row by now.
    assert!(finish(db.write(), &first, sent(), later).await.unwrap());
    let row = get(db.read(), first.id).await.unwrap().unwrap();
    assert_eq!((row.status.as_str(), row.lease_until), ("sent", None));
    assert_eq!(row.provider_id.unwrap().len(), 255);
}

#[tokio::test]
async fn what_a_dead_worker_left_behind_is_taken_before_what_waits() {
    let db = Db::open_temporary().await.unwrap();
    let at = |seconds| NOW.plus(Duration::from_secs(seconds));
    // Written down in another order than it falls due; the one that is claimed is the youngest of all.
    let mut ids = Vec::new();
    for (n, due) in [(0, 30), (1, 10), (2, 20), (3, 40)] {
        let queued = queue(db.write(), new(n, "email", "problem"), at(due)).await;
        ids.push(queued.unwrap().unwrap());
    }
    let left_behind = queue(db.write(), new(9, "email", "problem"), NOW).await;
    let left_behind = left_behind.unwrap().unwrap();
    let claimed = claim_in(&db, NOW, 5).await;
    let claimed: Vec<i64> = claimed.iter().map(|row| row.id).collect();
    assert_eq!(claimed, [left_behind], "nothing else is due");
    let later = at(60);
    let taken = claim_in(&db, later, 4).await;
    let taken: Vec<i64> = taken.iter().map(|row| row.id).collect();
    assert_eq!(taken, [left_behind, ids[1], ids[2], ids[0]]);
    let rest = claim_in(&db, later, 4).await;
    assert_eq!(rest.iter().map(|row| row.id).collect::<Vec<_>>(), [ids[3]]);
}

#[tokio::test]
async fn cancelling_spares_kept_steps_and_what_is_being_sent() {
    let db = Db::open_temporary().await.unwrap();
    for n in 0..6 {
        queue(db.write(), new(n, "email", "problem"), NOW)
            .await
            .unwrap();
    }
    let sending = claim_in(&db, NOW, 1).await.remove(0);
    let cancelled = cancel_unsent(db.write(), 1, &["problem"], &[2], "why", NOW)
        .await
        .unwrap();
    assert_eq!(cancelled.len(), 3);
    assert!(!cancelled.contains(&sending.id));
    assert!(requeue(db.write(), cancelled[0], NOW).await.unwrap());
    assert!(!requeue(db.write(), sending.id, NOW).await.unwrap());
}

#[tokio::test]
async fn told_are_those_whose_last_message_was_not_a_recovery() {
    let db = Db::open_temporary().await.unwrap();
    for n in 0..3 {
        queue(db.write(), new(n, "email", "problem"), NOW)
            .await
            .unwrap();
    }
    for row in claim_in(&db, NOW, 2).await {
        finish(db.write(), &row, sent(), NOW).await.unwrap();
    }
    let keys = async || {
        let rows = told(db.read(), 1, NOW).await.unwrap();
        rows.into_iter()
            .map(|row| row.recipient_key)
            .collect::<Vec<_>>()
    };
    assert_eq!(keys().await, ["user0@x.test", "user1@x.test"]);
    let recovery = NewDelivery {
        idempotency_key: "r".repeat(64),
        ..new(0, "email", "recovery")
    };
    queue(db.write(), recovery, NOW).await.unwrap();
    assert_eq!(keys().await, ["user1@x.test"]);
}

#[tokio::test]
async fn lists_are_filtered_newest_first_and_paged() {
    let db = Db::open_temporary().await.unwrap();
    for n in 0..5 {
        let channel = if n == 4 { "room" } else { "email" };
        queue(db.write(), new(n, channel, "problem"), NOW)
            .await
            .unwrap();
    }
    let filter = Filter {
        channel: Some("email".into()),
        statuses: vec![Status::Queued, Status::Failed],
        ..Filter::default()
    };
    let (first, total) = list(db.read(), &filter, None, 3).await.unwrap();
    assert_eq!((first.len(), total), (3, 4));
    assert!(first.is_sorted_by(|a, b| a.id > b.id));
    let (rest, _) = list(db.read(), &filter, Some(first[2].id), 3)
        .await
        .unwrap();
    assert_eq!(rest.len(), 1);
    let other = Filter {
        incident_id: Some(2),
        ..Filter::default()
    };
    assert_eq!(list(db.read(), &other, None, 3).await.unwrap().1, 0);
}

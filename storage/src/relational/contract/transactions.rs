//! Transactions and races.

use super::{T0, count};
use crate::relational::entity::{incident, node, rate_limit};
use crate::relational::{Db, StoreError};
use futures::future::join_all;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait},
};

fn node_row(id: &str) -> node::ActiveModel {
    node::Model {
        id: id.to_owned(),
        started_at: T0.to_datetime(),
        last_seen_at: T0.to_datetime(),
        roles: String::new(),
        shared: false,
        stopped_at: None,
    }
    .into_active_model()
    .reset_all()
}

/// An error after a write undoes the write.
pub async fn a_failed_transaction_leaves_nothing(db: &Db) {
    let outcome: Result<(), StoreError> = db
        .transaction("fail", |tx| {
            Box::pin(async move {
                let written = node_row("n").insert(tx).await;
                written.map_err(StoreError::during("insert"))?;
                Err(StoreError::not_found("reason", "to go on"))
            })
        })
        .await;
    assert!(matches!(outcome, Err(StoreError::NotFound { .. })));
    assert_eq!(count::<node::Entity>(db).await, 0);
}

/// A read that begins after a commit sees it.
pub async fn a_committed_transaction_is_seen_by_readers(db: &Db) {
    for n in 1..=20 {
        let outcome: Result<(), StoreError> = db
            .transaction("insert", move |tx| {
                Box::pin(async move {
                    let written = node_row(&n.to_string()).insert(tx).await;
                    written.map(|_| ()).map_err(StoreError::during("insert"))
                })
            })
            .await;
        outcome.unwrap();
        assert_eq!(count::<node::Entity>(db).await, n);
    }
}

/// Read, add, write back under a row lock, from 20 tasks: deadlocks and lock waits are run again, nothing is lost.
pub async fn concurrent_increments_lose_nothing(db: &Db) {
    let row = |count| rate_limit::Model {
        bucket: "b".to_owned(),
        count,
        window_started_at: T0.to_datetime(),
        locked_until: None,
    };
    let start = row(0).into_active_model().reset_all();
    start.insert(db.write()).await.unwrap();
    let add = || async {
        db.transaction("add", |tx| {
            Box::pin(async move {
                let found = rate_limit::Entity::find_by_id("b")
                    .lock_exclusive()
                    .one(tx)
                    .await
                    .map_err(StoreError::during("read"))?
                    .ok_or_else(|| StoreError::not_found("bucket", "b"))?;
                let mut found = found.into_active_model();
                found.count = Set(found.count.take().unwrap_or_default() + 1);
                let written = found.update(tx).await;
                written.map(|_| ()).map_err(StoreError::during("write"))
            })
        })
        .await
    };
    let outcomes: Vec<Result<(), StoreError>> = join_all((0..20).map(|_| add())).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    let end = rate_limit::Entity::find_by_id("b").one(db.read()).await;
    assert_eq!(end.unwrap().unwrap().count, 20);
}

/// Of many that open one key one succeeds, the others are told it is taken; once closed it opens again.
pub async fn racing_to_open_one_key_opens_it_once(db: &Db) {
    let open = || incident::ActiveModel {
        detector: Set("d".to_owned()),
        server_name: Set("s".to_owned()),
        subject: Set(String::new()),
        dedup_hash: Set("k".repeat(64)),
        open_key: Set(Some("k".repeat(64))),
        severity: Set("high".to_owned()),
        status: Set("open".to_owned()),
        title: Set("t".to_owned()),
        opened_at: Set(T0.to_datetime()),
        last_seen_at: Set(T0.to_datetime()),
        occurrences: Set(1),
        changed_at: Set(T0.to_datetime()),
        ..Default::default()
    };
    // In a transaction, as whoever opens one: a server may end one of many that wait for a key, which is repeated.
    let insert = || {
        db.transaction("open", |tx| {
            let row = open();
            Box::pin(async move { row.insert(tx).await.map_err(StoreError::during("open")) })
        })
    };
    for _ in 0..3 {
        let (opened, refused): (Vec<_>, Vec<_>) = join_all((0..20).map(|_| insert()))
            .await
            .into_iter()
            .partition(Result::is_ok);
        assert_eq!((opened.len(), refused.len()), (1, 19));
        assert!(
            refused
                .iter()
                .all(|r| r.as_ref().is_err_and(StoreError::is_unique_violation)),
            "{refused:?}"
        );
        let mut row = opened
            .into_iter()
            .flatten()
            .next()
            .unwrap()
            .into_active_model();
        row.open_key = Set(None);
        row.update(db.write()).await.unwrap();
    }
    assert_eq!(count::<incident::Entity>(db).await, 3);
}

/// Transactions that take two rows in opposite orders all succeed: the loser of a deadlock is run again.
pub async fn crossing_locks_all_succeed(db: &Db) {
    for bucket in ["a", "b"] {
        let row = rate_limit::Model {
            bucket: bucket.to_owned(),
            count: 0,
            window_started_at: T0.to_datetime(),
            locked_until: None,
        };
        let row = row.into_active_model().reset_all();
        row.insert(db.write()).await.unwrap();
    }
    let add_both = async |first: &'static str, second: &'static str| {
        db.transaction("add both", move |tx| {
            Box::pin(async move {
                for bucket in [first, second] {
                    rate_limit::Entity::update_many()
                        .col_expr(
                            rate_limit::Column::Count,
                            Expr::col(rate_limit::Column::Count).add(1),
                        )
                        .filter(rate_limit::Column::Bucket.eq(bucket))
                        .exec(tx)
                        .await
                        .map_err(StoreError::during("add"))?;
                    tokio::task::yield_now().await;
                }
                Ok::<(), StoreError>(())
            })
        })
        .await
    };
    let outcomes = join_all((0..40).map(|n| match n % 2 {
        0 => add_both("a", "b"),
        _ => add_both("b", "a"),
    }))
    .await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    let rows = rate_limit::Entity::find().all(db.read()).await.unwrap();
    assert!(rows.iter().all(|row| row.count == 40), "{rows:?}");
}

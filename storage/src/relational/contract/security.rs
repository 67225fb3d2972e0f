//! The security log.

use super::{T0, count};
use crate::relational::entity::{security_chain, security_event_log};
use crate::relational::nodes::{self, NodeFacts};
use crate::relational::security_log::{ChainFault, events_after, recompute};
use crate::relational::temporary_chain_key;
use crate::relational::{Db, NewSecurityEvent, SecurityLevel, SecurityLog, StoreError};
use crate::secrets::SecretKey;
use futures::future::join_all;
use noc_pipeline::id::NodeId;
use sea_orm::EntityTrait;
use serde_json::json;
use uuid::Uuid;

fn event(n: usize) -> NewSecurityEvent {
    NewSecurityEvent {
        at: T0,
        level: if n.is_multiple_of(7) {
            SecurityLevel::Warning
        } else {
            SecurityLevel::Info
        },
        event_type: "login",
        action: "login_failed",
        actor_id: n.is_multiple_of(2).then_some(1),
        actor_ip: n.is_multiple_of(3).then(|| "192.0.2.1".to_owned()),
        subject: Some(format!("user:{n}")),
        payload: json!({"n": n, "text": "ঢাকা \"x\""}),
    }
}

async fn chain(db: &Db) -> (Vec<security_event_log::Model>, security_chain::Model) {
    let rows = events_after(db.read(), 0, 1_000).await.unwrap();
    let end = security_chain::Entity::find_by_id(1).one(db.read()).await;
    (rows, end.unwrap().unwrap())
}

/// Fifty writers at once, alone and inside other transactions, make one chain without gap or fork.
pub async fn many_writers_make_one_chain(db: &Db) {
    let write = async |n: usize| {
        if n.is_multiple_of(2) {
            return SecurityLog::append_alone(db.security(), db, event(n)).await;
        }
        db.transaction("work and log", |tx| {
            let log = db.security().clone();
            Box::pin(async move {
                nodes::started(
                    tx,
                    NodeId(Uuid::from_u128(n as u128)),
                    &NodeFacts::default(),
                    T0,
                )
                .await?;
                log.append(tx, event(n)).await
            })
        })
        .await
    };
    let outcomes = join_all((0..50).map(write)).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    let (rows, end) = chain(db).await;
    assert_eq!((rows.len(), end.seq), (50, 50));
    assert_eq!(recompute(&temporary_chain_key(), &rows, &end), Ok(()));
    let another = recompute(&SecretKey::from_bytes([1; 32]), &rows, &end);
    assert_eq!(
        another,
        Err(ChainFault::Changed { seq: 1 }),
        "it takes the key"
    );
}

/// What fails takes its event along; what is logged as several stands in order.
pub async fn an_event_goes_with_its_transaction(db: &Db) {
    let outcome: Result<(), StoreError> = db
        .transaction("fail after logging", |tx| {
            let log = db.security().clone();
            Box::pin(async move {
                log.append(tx, event(1)).await?;
                Err(StoreError::not_found("reason", "to go on"))
            })
        })
        .await;
    assert!(outcome.is_err());
    assert_eq!(count::<security_event_log::Entity>(db).await, 0);
    let all: Result<(), StoreError> = db
        .transaction("log several", |tx| {
            let log = db.security().clone();
            Box::pin(async move { log.append_all(tx, (0..5).map(event).collect()).await })
        })
        .await;
    all.unwrap();
    let (rows, end) = chain(db).await;
    assert_eq!(recompute(&temporary_chain_key(), &rows, &end), Ok(()));
    let subjects: Vec<_> = rows.iter().flat_map(|r| r.subject.clone()).collect();
    assert_eq!(subjects, ["user:0", "user:1", "user:2", "user:3", "user:4"]);
}

/// Changing any column, removing, inserting, swapping or cutting off rows breaks the chain where it was done.
pub async fn tampering_is_found_where_it_was_done(db: &Db) {
    for n in 0..8 {
        db.security().append_alone(db, event(n)).await.unwrap();
    }
    let (rows, end) = chain(db).await;
    let check = |rows: &[security_event_log::Model]| recompute(&temporary_chain_key(), rows, &end);
    assert_eq!(check(&rows), Ok(()));

    type Edit = fn(&mut security_event_log::Model);
    let edits: [Edit; 9] = [
        |row| row.at += 1,
        |row| row.level = "critical".to_owned(),
        |row| row.event_type.push('x'),
        |row| row.action.push('x'),
        |row| row.actor_id = Some(0),
        |row| row.actor_ip = Some(String::new()),
        |row| row.subject = None,
        |row| row.payload[2] ^= 1,
        |row| row.key_id.push('x'),
    ];
    for (n, edit) in edits.into_iter().enumerate() {
        let mut rows = rows.clone();
        edit(&mut rows[4]);
        assert_eq!(
            check(&rows),
            Err(ChainFault::Changed { seq: 5 }),
            "edit {n}"
        );
    }
    // Text moved from one column to its neighbour is a change.
    let mut moved = rows.clone();
    (moved[4].event_type, moved[4].action) = ("logi".to_owned(), "nlogin_failed".to_owned());
    assert_eq!(check(&moved), Err(ChainFault::Changed { seq: 5 }));

    let mut removed = rows.clone();
    removed.remove(2);
    assert_eq!(check(&removed), Err(ChainFault::Broken { seq: 4 }));
    let mut renumbered = removed;
    for row in &mut renumbered[2..] {
        row.seq -= 1;
    }
    assert_eq!(check(&renumbered), Err(ChainFault::Broken { seq: 3 }));
    let mut swapped = rows.clone();
    swapped.swap(3, 4);
    assert_eq!(check(&swapped), Err(ChainFault::Broken { seq: 5 }));
    let mut doubled = rows.clone();
    doubled.insert(3, rows[2].clone());
    assert_eq!(check(&doubled), Err(ChainFault::Broken { seq: 3 }));
    assert_eq!(check(&rows[..6]), Err(ChainFault::End { seq: 6 }));
    assert_eq!(check(&rows[1..]), Err(ChainFault::Broken { seq: 2 }));
    assert_eq!(check(&[]), Err(ChainFault::End { seq: 0 }));
}

/// A payload however long never makes its cause fail; over-long addresses and subjects are cut.
pub async fn an_oversized_event_is_cut_not_refused(db: &Db) {
    let huge = NewSecurityEvent {
        actor_ip: Some("f".repeat(500)),
        subject: Some("é".repeat(500)),
        payload: json!({"text": "x".repeat(100_000)}),
        ..event(0)
    };
    db.security().append_alone(db, huge).await.unwrap();
    let (rows, end) = chain(db).await;
    assert_eq!(recompute(&temporary_chain_key(), &rows, &end), Ok(()));
    assert_eq!(rows[0].payload, br#"{"left_out_bytes":100011}"#);
    let subject = rows[0].subject.as_deref().unwrap_or_default();
    assert_eq!(subject.chars().count(), 190);
}

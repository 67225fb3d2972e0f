//! Messages to one recipient whose provider wants them further apart.

use super::assurance::{KINDS, at, incident, queued};
use crate::relational::deliveries::bundles::{self, Apart, Lately};
use crate::relational::deliveries::{self, HELD_AND_KEPT_APART, HELD_BACK, KEPT_APART};
use crate::relational::{Db, StoreError, delivery_assurances};
use futures::future::join_all;
use parking_lot::Mutex;
use sea_orm::DatabaseTransaction;
use std::sync::Arc;
use std::time::Duration;

/// What whoever takes a recipient's messages is told; `None`: nobody asked for anything. Nothing is taken.
async fn apart_of(db: &Db, channel: &'static str, seconds: u64) -> Vec<Option<Apart>> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let done = db.transaction("test", |tx: &DatabaseTransaction| {
        let seen = Arc::clone(&seen);
        Box::pin(async move {
            let lately = Lately {
                kinds: &KINDS,
                within: Duration::ZERO,
            };
            let times = (at(seconds), at(seconds + 60));
            let decide = move |queue: &bundles::Queue| {
                seen.lock().push(queue.gate.apart);
                bundles::Turns {
                    turns: Vec::new(),
                    counted: Vec::new(),
                    gate: queue.gate,
                }
            };
            bundles::claim(tx, channel, times, 10, lately, &decide).await
        })
    });
    done.await.map_err(|e: StoreError| e).unwrap();
    Arc::into_inner(seen).unwrap().into_inner()
}

async fn keep(db: &Db, pause: u64, seconds: u64) {
    let done = db.transaction("test", |tx: &DatabaseTransaction| {
        Box::pin(async move {
            let pause = Duration::from_secs(pause);
            deliveries::keep_distance(tx, "whatsapp", "r1", pause, at(seconds)).await
        })
    });
    done.await.map_err(|e: StoreError| e).unwrap();
}

fn apart(free_at: u64, gap: u64, until: u64) -> [Option<Apart>; 1] {
    [Some(Apart {
        free_at: at(free_at),
        gap: Duration::from_secs(gap),
        until: at(until),
    })]
}

/// How far apart a recipient's messages leave is known to whoever takes them, and to nobody else's; the longest that was
/// asked for counts for as long as it lasts. Rows keep their times.
pub async fn messages_to_a_recipient_keep_their_distance(db: &Db) {
    let about = incident(db, 1, "critical").await;
    let id = queued(db, 1, "whatsapp", "problem", about).await;
    queued(db, 1 + 100, "email", "problem", about).await;
    let seen = async |seconds| apart_of(db, "whatsapp", seconds).await;
    assert_eq!(seen(0).await, [None]);
    keep(db, 10, 10).await;
    assert_eq!(seen(10).await, apart(20, 10, 620));
    keep(db, 6, 12).await;
    assert_eq!(seen(12).await, apart(20, 10, 620), "nothing is taken back");
    // A long pause is kept, and says nothing of what comes after it.
    keep(db, 3_600, 13).await;
    assert_eq!(seen(13).await, apart(3_613, 30, 4_213));
    keep(db, 6, 4_212).await;
    assert_eq!(seen(4_212).await, apart(4_218, 30, 4_818));
    keep(db, 6, 4_818).await;
    assert_eq!(seen(4_818).await, apart(4_824, 6, 5_424), "begun anew");
    assert_eq!(apart_of(db, "email", 4_818).await, [None]);

    // What had its turn did not leave: the next one need not wait for it, only for what a provider asked for.
    for (next_at, free_at) in [(4_823, 4_824), (4_824, 4_820), (4_824, 4_820)] {
        deliveries::pass_turn_on(
            db.write(),
            "whatsapp",
            "r1",
            at(next_at),
            (at(4_820), at(4_760)),
        )
        .await
        .unwrap();
        assert_eq!(seen(4_821).await, apart(free_at, 6, 5_424));
    }
    let row = deliveries::get(db.read(), id).await.unwrap().unwrap();
    assert_eq!(row.next_attempt_at, Some(at(0).to_datetime()));
    assert_eq!((row.status.as_str(), row.reason), ("queued", None));
}

/// Words that are told of one recipient at once see each other, also while somebody takes their messages.
pub async fn words_about_a_recipient_at_once_see_each_other(db: &Db) {
    let about = incident(db, 1, "critical").await;
    queued(db, 1, "whatsapp", "problem", about).await;
    join_all((1..=12).map(|pause| keep(db, pause, 10))).await;
    assert_eq!(
        apart_of(db, "whatsapp", 10).await,
        apart(22, 12, 622),
        "the longest"
    );
    let looks = (1..=6).map(|pause| async move {
        keep(db, 12 + pause, 10).await;
        apart_of(db, "whatsapp", 10).await;
    });
    join_all(looks).await;
    assert_eq!(apart_of(db, "whatsapp", 10).await, apart(28, 18, 628));
}

/// What a storm held back still says so while its channel is away: it leaves as one message once that is back.
pub async fn what_was_held_back_says_so_while_its_channel_is_away(db: &Db) {
    let about = incident(db, 1, "high").await;
    let held = queued(db, 1, "whatsapp", "problem", about).await;
    let claimed = super::assurance::claims(db, "whatsapp", at(1)).await;
    let until = deliveries::GiveBack::Until(at(2), |_| HELD_AND_KEPT_APART);
    deliveries::give_back(db.write(), &[claimed], until, at(1))
        .await
        .unwrap();
    let free = queued(db, 2, "whatsapp", "problem", about).await;
    for _ in 0..2 {
        deliveries::explain_waiting(db.write(), "whatsapp", "waits for it", at(3))
            .await
            .unwrap();
    }
    for (id, was_held) in [(held, true), (free, false)] {
        let row = deliveries::get(db.read(), id).await.unwrap().unwrap();
        let reason = row.reason.unwrap();
        assert!(reason.ends_with("waits for it"), "{reason}");
        assert_eq!(reason.starts_with(HELD_BACK), was_held, "{reason}");
    }
}

/// What goes back to wait for its recipient is due then and says why; about a critical it is late once it is 30 s old.
pub async fn what_waits_for_its_recipient_is_late_all_the_same(db: &Db) {
    let about = incident(db, 1, "critical").await;
    let id = queued(db, 1, "whatsapp", "problem", about).await;
    let claimed = super::assurance::claims(db, "whatsapp", at(1)).await;
    let until = deliveries::GiveBack::Until(at(50), |_| KEPT_APART);
    deliveries::give_back(db.write(), &[claimed], until, at(2))
        .await
        .unwrap();
    let row = deliveries::get(db.read(), id).await.unwrap().unwrap();
    assert_eq!((row.status.as_str(), row.lease_until), ("queued", None));
    assert_eq!(row.reason.as_deref(), Some(KEPT_APART));
    for (seconds, due) in [(49, false), (50, true)] {
        let is_due = deliveries::has_due(db.read(), "whatsapp", at(seconds)).await;
        assert_eq!(is_due.unwrap(), due);
    }
    let patience = Some(Duration::from_secs(30));
    for (seconds, found) in [(29, vec![]), (30, vec![id])] {
        let late =
            delivery_assurances::unaccepted(db.read(), &KINDS, patience, at(seconds), 9).await;
        assert_eq!(late.unwrap(), found);
    }

    // Where a rule of ours held it before, its provider's time begins after that.
    deliveries::want_from(db.write(), id, at(45)).await.unwrap();
    for (seconds, found) in [(74, vec![]), (75, vec![id])] {
        let late =
            delivery_assurances::unaccepted(db.read(), &KINDS, patience, at(seconds), 9).await;
        assert_eq!(late.unwrap(), found);
    }

    // Whoever had the turn before it did not leave.
    keep(db, 10, 40).await;
    for (next_at, due) in [(49, false), (50, true)] {
        deliveries::pass_turn_on(db.write(), "whatsapp", "r1", at(next_at), (at(41), at(0)))
            .await
            .unwrap();
        let is_due = deliveries::has_due(db.read(), "whatsapp", at(41)).await;
        assert_eq!(is_due.unwrap(), due);
    }
}

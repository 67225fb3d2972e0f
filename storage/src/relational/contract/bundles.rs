//! Several deliveries in one message.

use super::T0;
use super::groups::{grouped, opened};
use crate::relational::deliveries::bundles::{
    self, Claimed, Gate, Lately, Queue, Spoken, Turn, Turns,
};
use crate::relational::deliveries::{self, Ending, GiveBack, NewDelivery, Status};
use crate::relational::{Db, StoreError};
use futures::future::join_all;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use sea_orm::DatabaseTransaction;
use std::sync::Arc;
use std::time::Duration;

type Decide = Arc<dyn Fn(&Queue) -> Turns + Send + Sync>;

const LATELY: Lately<'static> = Lately {
    kinds: &["problem"],
    within: Duration::from_secs(30),
};

fn later(seconds: u64) -> UnixMs {
    T0.plus(Duration::from_secs(seconds))
}

fn new(n: usize, incident: i64, recipient: &str) -> NewDelivery {
    NewDelivery {
        incident_id: Some(incident),
        execution_id: None,
        position: None,
        kind: "problem",
        channel: "email".to_owned(),
        recipient: recipient.to_owned(),
        recipient_key: recipient.to_owned(),
        user_id: None,
        idempotency_key: format!("{n:064}"),
    }
}

async fn queued(db: &Db, n: usize, incident: i64, recipient: &str) -> i64 {
    let row = deliveries::queue(db.write(), new(n, incident, recipient), T0).await;
    row.unwrap().unwrap()
}

async fn claim(db: &Db, now: UnixMs, decide: &Decide) -> Claimed {
    let done = db.transaction("test", |tx: &DatabaseTransaction| {
        let decide = Arc::clone(decide);
        Box::pin(async move {
            let times = (now, now.plus(Duration::from_secs(60)));
            bundles::claim(tx, "email", times, 10, LATELY, decide.as_ref()).await
        })
    });
    done.await.map_err(|e: StoreError| e).unwrap()
}

fn alone() -> Decide {
    Arc::new(bundles::each_alone)
}

fn together() -> Decide {
    Arc::new(|queue| Turns {
        turns: vec![Turn::Send(queue.due.iter().map(|due| due.row.id).collect())],
        counted: Vec::new(),
        gate: queue.gate,
    })
}

fn ids(claimed: &Claimed) -> Vec<Vec<i64>> {
    let of = |one: &bundles::Bundle| one.rows.iter().map(|row| row.id).collect();
    claimed.bundles.iter().map(of).collect()
}

/// What was to leave in one message leaves as that message when its lease is over, under the same id, whoever takes it
/// and whatever else is due by then; what was taken out of it is a message of its own.
pub async fn what_is_due_together_leaves_together_again_after_a_crash(db: &Db) {
    let mut rows = Vec::new();
    for n in 0..3 {
        rows.push(queued(db, n, 7, "ops@noc.test").await);
    }
    let first = claim(db, T0, &together()).await;
    assert_eq!(ids(&first), [rows.clone()]);
    assert_eq!(first.bundles[0].carrier, rows[0]);
    assert!(claim(db, later(59), &together()).await.bundles.is_empty());

    let other = queued(db, 3, 7, "ops@noc.test").await;
    let again = claim(db, later(60), &alone()).await;
    assert_eq!(ids(&again), [rows.clone(), vec![other]]);
    let uuid = &again.bundles[0].delivery_uuid;
    assert_eq!(*uuid, first.bundles[0].delivery_uuid);
    assert_ne!(*uuid, again.bundles[1].delivery_uuid);

    // Its carrier does not leave any more, and one of the others is on its own from now on.
    let over = Ending {
        status: Status::Expired,
        attempts: 0,
        next_attempt_at: None,
        provider_id: None,
        reason: None,
    };
    let carrier = &again.bundles[0].rows[0];
    deliveries::finish(db.write(), carrier, over, later(61))
        .await
        .unwrap();
    part(db, &[carrier.id, rows[1]]).await;
    let last = claim(db, later(120), &alone()).await;
    let mut left = ids(&last);
    left.sort_unstable();
    assert_eq!(left, [vec![rows[1]], vec![rows[2]], vec![other]]);
    let of = |id: i64| last.bundles.iter().find(|one| one.rows[0].id == id);
    assert_eq!(of(rows[2]).unwrap().delivery_uuid, *uuid);
    assert_ne!(of(rows[1]).unwrap().delivery_uuid, *uuid);
}

/// Whose id a message bears may be held when the others leave: then the id stays with those, and what is told of it later is
/// no copy of their message, neither alone nor with others, and takes none of them along.
pub async fn an_id_stays_with_those_who_leave_under_it(db: &Db) {
    let mut rows = Vec::new();
    for n in 0..3 {
        rows.push(queued(db, n, 7, "ops@noc.test").await);
    }
    let first = claim(db, T0, &together()).await;
    let uuid = first.bundles[0].delivery_uuid.clone();
    let snoozed = Ending {
        status: Status::Queued,
        attempts: 0,
        next_attempt_at: Some(later(90)),
        provider_id: None,
        reason: Some("snoozed".to_owned()),
    };
    let held = &first.bundles[0].rows[0];
    part(db, &[held.id]).await;
    deliveries::finish(db.write(), held, snoozed, later(1))
        .await
        .unwrap();

    let others = claim(db, later(60), &alone()).await;
    assert_eq!(ids(&others), [[rows[1], rows[2]]]);
    assert_eq!(others.bundles[0].delivery_uuid, uuid);
    let fresh = deliveries::queue(db.write(), new(3, 7, "ops@noc.test"), later(90)).await;
    let fresh = fresh.unwrap().unwrap();
    let own = claim(db, later(90), &together()).await;
    assert_eq!(ids(&own), [[rows[0], fresh]]);
    assert_ne!(own.bundles[0].delivery_uuid, uuid);

    // Neither takes rows of the other along when their leases are over, nor the other's id.
    let again = claim(db, later(150), &alone()).await;
    let mut left: Vec<_> = again.bundles.iter().collect();
    left.sort_by_key(|one| one.rows[0].id);
    assert_eq!(left[0].rows.len(), 2);
    assert_eq!(left[0].delivery_uuid, own.bundles[0].delivery_uuid);
    assert_eq!(left[1].rows.len(), 2);
    assert_eq!(left[1].delivery_uuid, uuid);
}

/// As [`an_id_stays_with_those_who_leave_under_it`], of one that was taken back and is to leave after all: when it is asked for
/// by hand, and when its incident ends once more.
pub async fn what_was_taken_back_leaves_under_an_id_of_its_own(db: &Db) {
    let mut rows = Vec::new();
    for n in 0..2 {
        rows.push(queued(db, n, 7, "ops@noc.test").await);
        rows.push(queued(db, n + 2, 8, "b@noc.test").await);
    }
    let first = claim(db, T0, &together()).await;
    assert_eq!(first.bundles.len(), 2);
    let over = |status| Ending {
        status,
        attempts: 1,
        next_attempt_at: None,
        provider_id: None,
        reason: None,
    };
    for message in &first.bundles {
        for (row, status) in message.rows.iter().zip([Status::Cancelled, Status::Sent]) {
            let ending = over(status);
            deliveries::finish(db.write(), row, ending, later(1))
                .await
                .unwrap();
        }
    }
    assert!(
        deliveries::requeue(db.write(), rows[0], later(2))
            .await
            .unwrap()
    );
    deliveries::queue_again(db.write(), new(2, 8, "b@noc.test"), later(2))
        .await
        .unwrap();
    let again = claim(db, later(2), &together()).await;
    assert_eq!(ids(&again), [[rows[0]], [rows[1]]]);
    for (before, after) in first.bundles.iter().zip(&again.bundles) {
        assert_ne!(before.delivery_uuid, after.delivery_uuid);
        let sent = deliveries::get(db.read(), before.rows[1].id).await.unwrap();
        assert_eq!(sent.unwrap().delivery_uuid, before.delivery_uuid);
    }
}

async fn part(db: &Db, ids: &[i64]) {
    let ids = ids.to_vec();
    let done = db.transaction("test", |tx: &DatabaseTransaction| {
        let ids = ids.clone();
        Box::pin(async move { bundles::part(tx, &ids).await })
    });
    done.await.map_err(|e: StoreError| e).unwrap();
}

/// However many claim at once, one of them takes all that is due to a recipient, and none waits for it.
pub async fn one_node_decides_about_a_recipient(db: &Db) {
    for n in 0..40 {
        queued(db, n, 7, ["a@noc.test", "b@noc.test"][n % 2]).await;
    }
    let decide = together();
    let workers = (0..4).map(|_| async {
        let mut mine = Vec::new();
        while deliveries::has_due(db.read(), "email", T0).await.unwrap() {
            mine.extend(ids(&claim(db, T0, &decide).await));
        }
        mine
    });
    let all: Vec<Vec<i64>> = join_all(workers).await.into_iter().flatten().collect();
    let mut sizes: Vec<usize> = all.iter().map(Vec::len).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [20, 20]);
}

/// What is given back is due as it was, at once; what somebody else has by now stays theirs.
pub async fn what_is_given_back_is_due_as_before(db: &Db) {
    let (fresh, tried) = (
        queued(db, 1, 7, "a@noc.test").await,
        queued(db, 2, 8, "b@noc.test").await,
    );
    let first = claim(db, T0, &alone()).await;
    let row = |claimed: &Claimed, id| {
        let mut rows = claimed.bundles.iter().flat_map(|one| &one.rows);
        rows.find(|row| row.id == id).unwrap().clone()
    };
    let again = Ending {
        status: Status::Retrying,
        attempts: 1,
        next_attempt_at: Some(later(30)),
        provider_id: None,
        reason: Some("busy".to_owned()),
    };
    deliveries::finish(db.write(), &row(&first, tried), again, later(1))
        .await
        .unwrap();
    deliveries::give_back(
        db.write(),
        &[row(&first, fresh)],
        GiveBack::AsTheyWere,
        later(1),
    )
    .await
    .unwrap();
    let second = claim(db, later(30), &alone()).await;
    assert_eq!(ids(&second), [[fresh], [tried]]);
    let both = [row(&second, fresh), row(&second, tried)];
    deliveries::give_back(db.write(), &both, GiveBack::AsTheyWere, later(31))
        .await
        .unwrap();
    for (id, status) in [(fresh, "queued"), (tried, "retrying")] {
        let row = deliveries::get(db.read(), id).await.unwrap().unwrap();
        assert_eq!((row.status.as_str(), row.lease_until), (status, None));
    }
    // The second claim's lease is over, and a third has them.
    let third = claim(db, later(32), &alone()).await;
    assert_eq!(third.bundles.len(), 2);
    deliveries::give_back(db.write(), &both, GiveBack::AsTheyWere, later(33))
        .await
        .unwrap();
    let row = deliveries::get(db.read(), fresh).await.unwrap().unwrap();
    assert_eq!(row.status, "sending");
}

/// What lapsed and has no turn yet is left until its recipient's next turn, as what it is: so it stands in nobody's way.
pub async fn many_left_behind_by_one_recipient_hide_nobody_elses(db: &Db) {
    for n in 0..70 {
        queued(db, n, 7, "crowded@noc.test").await;
    }
    let all: Decide = Arc::new(|queue| Turns {
        turns: vec![Turn::Send(queue.due.iter().map(|due| due.row.id).collect())],
        counted: Vec::new(),
        gate: queue.gate,
    });
    assert_eq!(claim(db, T0, &all).await.bundles.len(), 1);
    let other = queued(db, 70, 7, "ops@noc.test").await;
    assert_eq!(claim(db, later(1), &all).await.bundles.len(), 1);
    // Both claims are over; one recipient's turn is at 90 s.
    let turns: Decide = Arc::new(|queue| {
        let ids: Vec<i64> = queue.due.iter().map(|due| due.row.id).collect();
        let crowded = ids.len() > 1;
        let until = later(90);
        let turn = if crowded {
            Turn::Leave { ids, until }
        } else {
            Turn::Send(ids)
        };
        Turns {
            turns: vec![turn],
            counted: Vec::new(),
            gate: queue.gate,
        }
    });
    claim(db, later(61), &turns).await;
    let claimed = claim(db, later(61), &turns).await;
    assert_eq!(claimed.bundles.len(), 1, "{claimed:?}");
    assert_eq!(claimed.bundles[0].rows[0].id, other);
    for (seconds, due) in [(89, false), (90, true)] {
        let is_due = deliveries::has_due(db.read(), "email", later(seconds)).await;
        assert_eq!(is_due.unwrap(), due);
    }
    // It lapsed when it was first taken, and that is known.
    let again = claim(db, later(90), &all).await;
    let row = &again.bundles[0].rows[0];
    let attempts = deliveries::attempts_of(db.read(), row.id).await.unwrap();
    assert_eq!(
        (&*attempts[0].outcome, attempts[0].at),
        ("unknown", T0.to_datetime())
    );
}

/// What is held is not due before its time, says why, and is told of once.
pub async fn what_waits_waits_in_its_row(db: &Db) {
    let id = queued(db, 1, 7, "ops@noc.test").await;
    let hold: Decide = Arc::new(|queue| Turns {
        turns: vec![Turn::Hold {
            ids: queue.due.iter().map(|due| due.row.id).collect(),
            until: later(30),
            reason: "waits".to_owned(),
            provider: false,
        }],
        counted: Vec::new(),
        gate: Gate {
            worked_off_at: Some(later(90)),
            worst: Some(Severity::High),
            apart: None,
        },
    });
    let held = claim(db, T0, &hold).await;
    assert_eq!(held.held, [(id, "waits".to_owned())]);
    assert!(held.bundles.is_empty());
    let row = deliveries::get(db.read(), id).await.unwrap().unwrap();
    assert_eq!(
        (row.status.as_str(), row.reason.as_deref(), row.attempts),
        ("queued", Some("waits"), 0)
    );
    assert_eq!(
        row.wanted_at,
        Some(later(30).to_datetime()),
        "until then nobody is late"
    );
    assert!(
        !deliveries::has_due(db.read(), "email", later(29))
            .await
            .unwrap()
    );
    let again = claim(db, later(30), &hold).await;
    assert!(again.held.is_empty(), "it said so before");
    // The gate is as it was left.
    let seen: Decide = Arc::new(|queue| {
        let gate = Gate {
            worked_off_at: Some(later(90)),
            worst: Some(Severity::High),
            apart: None,
        };
        assert_eq!(queue.gate, gate);
        bundles::each_alone(queue)
    });
    assert_eq!(ids(&claim(db, later(60), &seen).await), [[id]]);
}

/// Of a group it is known when its recipient was last told, and of what at worst: of what left, and of what is leaving;
/// not what another was told, nor what never left.
pub async fn what_a_recipient_was_told_is_known(db: &Db) {
    let (one, two, three) = (
        opened(db, 1).await,
        opened(db, 2).await,
        opened(db, 3).await,
    );
    let group = grouped(db, &[one.id, two.id, three.id], T0).await;
    queued(db, 1, one.id, "a@noc.test").await;
    queued(db, 2, one.id, "b@noc.test").await;
    let leaving = claim(db, T0, &alone()).await;
    assert_eq!(leaving.bundles.len(), 2);
    let sent = |attempts| Ending {
        status: Status::Sent,
        attempts,
        next_attempt_at: None,
        provider_id: None,
        reason: None,
    };
    let to_a = leaving.bundles.iter().map(|bundle| &bundle.rows[0]);
    let to_a = to_a.clone().find(|row| row.recipient_key == "a@noc.test");
    deliveries::finish(db.write(), to_a.unwrap(), sent(1), later(2))
        .await
        .unwrap();
    for (n, recipient) in [(3, "a@noc.test"), (4, "b@noc.test"), (5, "c@noc.test")] {
        queued(db, n, two.id, recipient).await;
    }
    let told_at = |recipient: &'static str| match recipient {
        "a@noc.test" => Some(later(2)),
        "b@noc.test" => Some(T0),
        _ => None,
    };
    let group = group.id;
    let look: Decide = Arc::new(move |queue| {
        let due = &queue.due[0];
        let known = ["a@noc.test", "b@noc.test", "c@noc.test"];
        let recipient = known.into_iter().find(|one| *one == due.row.recipient_key);
        let expected = told_at(recipient.unwrap()).map(|at| Spoken {
            at,
            worst: Some(Severity::High),
        });
        assert_eq!(queue.spoken.get(&group).copied(), expected);
        assert_eq!(
            (due.group, due.severity),
            (Some(group), Some(Severity::High))
        );
        Turns::default()
    });
    claim(db, later(20), &look).await;
    // After half a minute nothing of it counts.
    let forgotten: Decide = Arc::new(|queue| {
        assert!(queue.spoken.is_empty());
        Turns::default()
    });
    claim(db, later(32), &forgotten).await;
}

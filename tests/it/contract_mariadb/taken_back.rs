//! What one node takes back while another one claims it: the embedded store has one writer, so only here.

use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use noc_storage::relational::deliveries::bundles::{
    self, Apart, Claimed, Gate, Lately, Queue, Turn, Turns,
};
use noc_storage::relational::deliveries::{self, NewDelivery};
use noc_storage::relational::{Db, StoreError};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::task::block_in_place;

const NOW: UnixMs = UnixMs(1_767_225_600_000);
const INCIDENT: i64 = 7;

async fn queue(db: &Db, n: usize) {
    let new = NewDelivery {
        incident_id: Some(INCIDENT),
        execution_id: None,
        position: None,
        kind: "problem",
        channel: "email".to_owned(),
        recipient: "ops@noc.test".to_owned(),
        recipient_key: "ops@noc.test".to_owned(),
        user_id: None,
        idempotency_key: format!("{n:064}"),
    };
    let queued = deliveries::queue(db.write(), new, NOW).await;
    assert!(queued.unwrap().is_some());
}

async fn claim(db: &Db, decide: impl Fn(&Queue) -> Turns + Send + Sync + 'static) -> Claimed {
    let decide = Arc::new(decide);
    let claimed = db.transaction("test", |tx| {
        let decide = Arc::clone(&decide);
        Box::pin(async move {
            let lately = Lately {
                kinds: &["problem"],
                within: Duration::ZERO,
            };
            let times = (NOW, NOW.plus(Duration::from_secs(60)));
            bundles::claim(tx, "email", times, 9, lately, decide.as_ref()).await
        })
    });
    let claimed: Result<Claimed, StoreError> = claimed.await;
    claimed.unwrap()
}

/// Nothing of it leaves, so it counts towards no limit, and whoever is kept apart waits for nobody.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_back_while_it_is_claimed_counts_for_nothing() {
    let db = super::open().await.unwrap();
    queue(&db, 1).await;
    let other = db.clone();
    let later = NOW.plus(Duration::from_secs(20));
    let told = Gate {
        worked_off_at: Some(later),
        worst: Some(Severity::Critical),
        apart: Some(Apart {
            free_at: later,
            gap: Duration::from_secs(20),
            until: later,
        }),
    };
    let claimed = claim(&db, move |queue| {
        let taken_back = block_in_place(|| {
            let kinds = ["problem"];
            let cancel =
                deliveries::cancel_unsent(other.write(), INCIDENT, &kinds, &[], "over", NOW);
            Handle::current().block_on(cancel)
        });
        assert_eq!(taken_back.unwrap().len(), 1);
        let ids: Vec<i64> = queue.due.iter().map(|due| due.row.id).collect();
        Turns {
            counted: ids.clone(),
            turns: vec![Turn::Send(ids)],
            gate: told,
        }
    });
    assert_eq!(claimed.await.bundles, []);

    queue(&db, 2).await;
    let claimed = claim(&db, move |queue| {
        assert_eq!(queue.gate, Gate::default());
        Turns {
            gate: told,
            ..bundles::each_alone(queue)
        }
    });
    assert_eq!(claimed.await.bundles.len(), 1);
    queue(&db, 3).await;
    let seen = claim(&db, move |queue| {
        assert_eq!(queue.gate, told, "what leaves counts");
        Turns {
            gate: queue.gate,
            ..Turns::default()
        }
    });
    assert_eq!(seen.await.bundles, []);
}

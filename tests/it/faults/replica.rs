//! A live read replica: reports come from it while it keeps up, and from the primary otherwise.

use super::parts::{broken, mend};
use noc_api::config::Secret;
use noc_pipeline::clock::{Stopwatch, sleep};
use noc_storage::relational::entity::notification_delivery::ActiveModel;
use noc_tests::parts::RealParts;
use noc_tests::stack::{Broken, Replica};
use noc_tests::{Harness, Session, eventually};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, Database, DatabaseConnection};
use std::time::Duration;

/// What is known of a replica is looked at again after 5 s.
const LONGER_THAN_A_LOOK: Duration = Duration::from_secs(6);
/// Nobody waits for a replica for longer.
const NO_HANG: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    FromReplica,
    FromPrimary,
}

/// The product with a replica, whose rows say that they are the replica's.
struct World {
    // In the order in which they end: who reads goes before what is read.
    noc: Harness,
    admin: Session,
    /// The second page of a list, which may be some seconds late.
    report: String,
    root: DatabaseConnection,
    name: String,
    replica: Replica,
}

impl World {
    async fn start() -> Self {
        let replica = tokio::task::spawn_blocking(Replica::start).await;
        let replica = replica.expect("a replica");
        let root = Database::connect(replica.url("root")).await.unwrap();
        let parts = RealParts::new().await;
        let name = parts.name().to_owned();
        let url = format!("{}{name}", replica.url("noc:noc"));
        let read = |config: &mut noc_api::config::Config| {
            config.database.read_url = Some(Secret::new(url));
        };
        let noc = Harness::on(parts, read).await;
        let admin = noc.login().await;
        for n in 0..2 {
            deliver(&noc, n).await;
        }
        let list = "/api/notification-deliveries?limit=1";
        let first = noc.get_json(&admin, list).await;
        let cursor = first["meta"]["next_cursor"].as_str().expect("a next page");
        let world = Self {
            report: format!("{list}&cursor={cursor}"),
            noc,
            admin,
            root,
            name,
            replica,
        };
        eventually("the replica to have the rows", async || {
            let table = format!("{}.notification_deliveries", world.name);
            let marked = format!("UPDATE {table} SET recipient = 'of the replica'");
            let marked = world.root.execute_unprepared(&marked).await;
            (marked.ok()?.rows_affected() == 2).then_some(())
        })
        .await;
        world
    }

    async fn on_replica(&self, statement: &str) {
        let done = self.root.execute_unprepared(statement).await;
        done.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }

    /// The newest sign of life that it knows of is so old.
    async fn is_behind(&self, seconds: u32) {
        self.on_replica(&format!(
            "UPDATE {}.nodes SET last_seen_at = UTC_TIMESTAMP(3) - INTERVAL {seconds} SECOND",
            self.name
        ))
        .await;
    }

    /// Reads a report, which nothing may delay for long.
    async fn read(&self) -> Answer {
        let watch = Stopwatch::start();
        let page = self.noc.get_json(&self.admin, &self.report).await;
        assert!(watch.elapsed() < NO_HANG, "{watch:?}");
        match page["data"][0]["recipient"].as_str() {
            Some("of the replica") => Answer::FromReplica,
            Some("of the primary") => Answer::FromPrimary,
            _ => panic!("{page}"),
        }
    }

    async fn comes(&self, answer: Answer) {
        eventually(&format!("an answer {answer:?}"), async || {
            (self.read().await == answer).then_some(())
        })
        .await;
    }

    async fn stays(&self, answer: Answer) {
        let watch = Stopwatch::start();
        while watch.elapsed() < LONGER_THAN_A_LOOK {
            assert_eq!(self.read().await, answer);
            sleep(Duration::from_millis(200)).await;
        }
    }
}

async fn deliver(noc: &Harness, n: u32) {
    let now = noc.parts().clock.now().to_datetime();
    let row = ActiveModel {
        kind: Set("problem".to_owned()),
        channel: Set("email".to_owned()),
        recipient: Set("of the primary".to_owned()),
        recipient_key: Set("ops@hostseba.test".to_owned()),
        idempotency_key: Set(format!("{n:064}")),
        status: Set("sent".to_owned()),
        attempts: Set(1),
        delivery_uuid: Set(uuid::Uuid::new_v4().to_string()),
        created_at: Set(now),
        updated_at: Set(now),
        sent_at: Set(Some(now)),
        ..Default::default()
    };
    row.insert(noc.parts().db.write()).await.unwrap();
}

#[actix_rt::test]
async fn reports_come_from_a_replica_that_keeps_up_and_from_the_primary_otherwise() {
    let world = World::start().await;
    world.comes(Answer::FromReplica).await;

    // It follows no more. Some seconds behind it is good enough, over 30 s it is not.
    world.on_replica("STOP SLAVE SQL_THREAD").await;
    world.is_behind(10).await;
    world.stays(Answer::FromReplica).await;
    world.is_behind(31).await;
    world.comes(Answer::FromPrimary).await;
    world.on_replica("START SLAVE SQL_THREAD").await;
    world.comes(Answer::FromReplica).await;

    // Gone, or there and silent: the very next report is answered by the primary.
    for how in [Broken::killed, Broken::frozen] {
        let gone = broken(how, world.replica.part()).await;
        for _ in 0..3 {
            assert_eq!(world.read().await, Answer::FromPrimary);
        }
        mend(gone).await;
        world.comes(Answer::FromReplica).await;
    }
}

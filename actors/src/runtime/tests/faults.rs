//! What breaks, and what goes on all the same.

use super::house::{House, metrics, service};
use crate::detect::{
    Context, Detector, Detectors, Info, Judgement, Observation, server_down, service_down,
};
use crate::runtime::time_off;
use crate::{control, runtime};
use noc_pipeline::control::{Control, ServerSettings, Severity};
use noc_pipeline::id::{NodeId, Offset, PartitionId};
use noc_pipeline::payload::{Kind, Payload};
use noc_pipeline::record::{Encoded, Record};
use noc_storage::relational::entity::execution;
use noc_storage::relational::partitions;
use noc_storage::relational::servers::{self, ServerPatch};
use sea_orm::sea_query::Expr;
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use uuid::Uuid;

/// A detector that panics at one reading, and remembers how many others it saw.
struct Panicking;

impl Detector for Panicking {
    type State = u32;

    const INFO: Info = Info {
        key: "panicking",
        code: 200,
        version: 1,
        kinds: &[Kind::Metrics],
        also: &[],
        compares_reports: false,
        judges: None,
        name: "Panicking",
        about: "Panics at 66 %.",
        severities: &[Severity::Low],
        numbers: &[],
        docs: "",
    };

    fn judge<'a>(&self, state: &u32, at: &Context<'a>) -> Judgement<'a, u32> {
        if let Observation::Report(record) = at.seen
            && let Some(Payload::Metrics(metrics)) = record.report.data()
        {
            assert!(metrics.cpu_pct != Some(66.0), "66 % of all defects");
        }
        Judgement {
            patch: Some(state + 1),
            verdicts: Vec::new(),
        }
    }
}

static WITH_PANICKING: Detectors = &[
    &server_down::ServerDown,
    &Panicking,
    &service_down::ServiceDown,
];

#[actix::test]
async fn a_detector_that_panics_sets_the_record_aside_and_the_actor_lives() {
    let mut house = House::build(1).await;
    house.settings.detectors = WITH_PANICKING;
    house.start().await;
    let web = house.server("web-01").await;
    house.beat().await;
    for cpu in [10.0, 66.0, 10.0] {
        house.send(web, metrics(cpu)).await;
    }
    for _ in 0..2 {
        house.send(web, service("exim", false)).await;
    }
    assert_eq!(
        house.story().await,
        ["exim is down on web-01: critical, open"]
    );
    let letters = house.parts.dead_letters.list(10).await.unwrap();
    let [letter] = letters.as_slice() else {
        panic!("one letter: {letters:?}");
    };
    assert_eq!((&*letter.stage, letter.server), ("panicking", Some(web)));
    assert_eq!(letter.reason, "66 % of all defects");
    assert!(Record::decode(&letter.bytes).is_ok(), "with its bytes");
    house.stop().await;
    let snapshot = house.parts.snapshots.load(PartitionId(0)).await.unwrap();
    let state = crate::state::ServerState::decode(&snapshot[1].state).unwrap();
    assert_eq!(
        state.part(200),
        Some(&[1, 2][..]),
        "two of three, behind a version byte"
    );
}

#[actix::test]
async fn a_record_whose_incident_cannot_be_stored_is_set_aside_with_its_bytes() {
    let mut house = House::build(1).await;
    house.start().await;
    let web = house.server("web-01").await;
    house.beat().await;
    for _ in 0..2 {
        house.send(web, service("exim", false)).await;
    }
    assert_eq!(
        house.story().await,
        ["exim is down on web-01: critical, open"]
    );
    execution::Entity::update_many()
        .col_expr(execution::Column::Policy, Expr::value(json!("damaged")))
        .exec(house.parts.db.write())
        .await
        .unwrap();
    for _ in 0..3 {
        house.send(web, service("exim", true)).await;
    }
    house.settle().await;
    let letters = house.parts.dead_letters.list(10).await.unwrap();
    let letter = letters.first().expect("the resolving record is set aside");
    assert_eq!((&*letter.stage, letter.server), ("incidents", Some(web)));
    assert!(Record::decode(&letter.bytes).is_ok(), "with its bytes");
}

#[actix::test]
async fn bytes_that_are_no_record_are_set_aside() {
    let mut house = House::build(1).await;
    let web = house.server("web-01").await;
    let garbage = Encoded {
        bytes: vec![77, 1, 2].into(),
        record: Arc::new(Record::Heartbeat {
            at: super::house::T0,
            node: house.parts.node,
        }),
    };
    house.append(vec![(PartitionId(0), garbage)]).await;
    house.send(web, metrics(1.0)).await;
    house.start().await;
    house.settle().await;
    let letters = house.parts.dead_letters.list(10).await.unwrap();
    let [letter] = letters.as_slice() else {
        panic!("one letter: {letters:?}");
    };
    assert_eq!((&*letter.stage, letter.offset), ("decode", Offset(0)));
    assert_eq!(
        house.runtime.as_ref().unwrap().observe().partitions[0].known,
        1
    );
    house
        .wait_until("the series have the good one", async || {
            house.series.rows.lock().len() == 1
        })
        .await;
}

#[actix::test]
async fn a_stale_owner_changes_nothing() {
    let mut house = House::build(1).await;
    // It will not look at its lease while this test runs.
    house.settings.renew_every = Duration::from_secs(3600);
    house.settings.lease = Duration::from_secs(3600);
    house.start().await;
    let web = house.server("web-01").await;
    house.beat().await;
    house.send(web, service("exim", false)).await;
    house.settle().await;
    let (db, ours, p) = (&house.parts.db, house.parts.node, PartitionId(0));
    let epoch = house.runtime.as_ref().unwrap().observe().partitions[0].epoch;
    partitions::release(db.write(), ours, &[(p, epoch)])
        .await
        .unwrap();
    let other = NodeId(Uuid::from_u128(99));
    let lease = Duration::from_secs(15);
    let claimed = partitions::claim(db, other, &[p], lease).await.unwrap();
    assert_eq!(claimed.len(), 1);
    house.send(web, service("exim", false)).await;
    house.pass(400).await;
    house
        .wait_until("it found out", async || {
            let seen = house.runtime.as_ref().unwrap().observe();
            seen.partitions.is_empty()
        })
        .await;
    assert!(house.incidents().await.is_empty());
}

#[actix::test]
async fn the_database_away_delays_incidents_and_nothing_else() {
    let mut house = House::open().await;
    let mail = house.server("mail-02").await;
    house.beat().await;
    house.send(mail, service("exim", true)).await;
    house.settle().await;
    let sql = async |sql: &str| {
        house
            .parts
            .db
            .write()
            .execute_unprepared(sql)
            .await
            .unwrap()
    };
    sql("ALTER TABLE server_cursors RENAME TO away").await;
    let mut records = Vec::new();
    for _ in 0..2 {
        let seq = records.len() as u64 + 100;
        let mut record = noc_pipeline::record::PayloadRecord {
            seq,
            ..crate::detect::bench::processes(
                super::house::T0.0 + 1,
                service("exim", false).services,
            )
        };
        record.server = mail;
        records.push((house.partition(mail), Record::Payload(record).encode()));
    }
    house.append(records).await;
    house
        .wait_until("the series have all three", async || {
            house.series.rows.lock().len() == 3
        })
        .await;
    assert!(house.incidents().await.is_empty());
    sql("ALTER TABLE away RENAME TO server_cursors").await;
    assert_eq!(
        house.story().await,
        ["exim is down on mail-02: critical, open"]
    );
}

#[actix::test]
async fn the_series_store_away_delays_charts_and_nothing_else() {
    let mut house = House::open().await;
    let mail = house.server("mail-02").await;
    house.series.off.store(true, Ordering::SeqCst);
    house.beat().await;
    for _ in 0..2 {
        house.send(mail, service("exim", false)).await;
    }
    assert_eq!(house.story().await.len(), 1);
    assert!(house.series.rows.lock().is_empty());
    house.series.off.store(false, Ordering::SeqCst);
    house
        .wait_until("the series have both", async || {
            house.series.rows.lock().len() == 2
        })
        .await;
}

#[actix::test]
async fn what_a_failing_series_store_lost_is_written_again() {
    let mut house = House::build(1).await;
    house.start().await;
    let web = house.server("web-01").await;
    let rows = |count| {
        let series = Arc::clone(&house.series);
        move || series.rows.lock().len() == count
    };
    let (three, four) = (rows(3), rows(4));
    for cpu in [1.0, 2.0, 3.0] {
        house.send(web, metrics(cpu)).await;
    }
    house.wait_until("three are stored", async || three()).await;
    house
        .series
        .lose_at_next_write
        .store(true, Ordering::SeqCst);
    house.send(web, metrics(4.0)).await;
    house
        .wait_until("all four are stored", async || four())
        .await;
}

#[actix::test]
async fn a_row_that_the_series_refuse_is_set_aside_and_the_others_are_stored() {
    let mut house = House::build(1).await;
    let (web, odd) = (house.server("web-01").await, house.server("odd").await);
    *house.series.refused.lock() = Some(odd);
    for server in [web, odd, web] {
        house.send(server, metrics(1.0)).await;
    }
    house.start().await;
    let end = house.parts.log.bounds(PartitionId(0)).await.unwrap().end;
    house
        .wait_until("the position is noted", async || {
            let noted = house.parts.series.position(PartitionId(0)).await.unwrap();
            noted.is_some_and(|(_, last)| last.next() >= end)
        })
        .await;
    assert_eq!(house.series.rows.lock().len(), 2);
    let letters = house.parts.dead_letters.list(10).await.unwrap();
    let [letter] = letters.as_slice() else {
        panic!("one letter: {letters:?}");
    };
    assert_eq!((&*letter.stage, letter.server), ("series", Some(odd)));
}

#[actix::test]
async fn decisions_staged_before_a_crash_reach_the_log_at_the_next_start() {
    let mut house = House::build(2).await;
    let web = house.server("web-01").await;
    let disabled = Control::ServerSettings(ServerSettings {
        server: web,
        tags: Vec::new(),
        active: false,
    });
    // As the API does in one transaction, before it crashes.
    let (db, now) = (house.parts.db.write(), super::house::T0);
    let off = ServerPatch {
        is_active: Some(false),
        ..ServerPatch::default()
    };
    servers::update(db, web, off, now).await.unwrap();
    control::stage(db, &disabled, 2, now).await.unwrap();
    house.start().await;
    house.beat().await;
    house.send(web, metrics(1.0)).await;
    house.pass(400).await;
    assert_eq!(house.story().await, Vec::<String>::new(), "it is disabled");
    assert_eq!(control::publish(&house.parts).await.unwrap(), 0);
}

#[actix::test]
async fn a_server_is_watched_again_once_its_time_off_is_over() {
    let mut house = House::open().await;
    let web = house.server("web-01").await;
    let db = house.parts.db.write();
    let now = noc_pipeline::clock::Clock::now(&house.clock);
    let off = ServerPatch {
        is_active: Some(false),
        off_until: Some(now.plus(Duration::from_secs(300))),
        ..ServerPatch::default()
    };
    let row = servers::update(db, web, off, now).await.unwrap();
    control::stage(db, &Control::ServerSettings(row.settings()), 2, now)
        .await
        .unwrap();
    control::publish(&house.parts).await.unwrap();
    assert_eq!(time_off::end(&house.parts).await.unwrap(), 0, "not yet");
    house.beat().await;
    house.pass(300).await;
    for _ in 0..2 {
        house.send(web, service("exim", false)).await;
    }
    house.settle().await;
    assert_eq!(house.story().await, Vec::<String>::new(), "it is off");

    assert_eq!(time_off::end(&house.parts).await.unwrap(), 1);
    assert_eq!(time_off::end(&house.parts).await.unwrap(), 0, "once");
    let row = servers::by_id(house.parts.db.read(), web).await.unwrap();
    assert!(row.is_some_and(|row| row.is_active && row.disabled_until.is_none()));
    for _ in 0..2 {
        house.send(web, service("exim", false)).await;
    }
    house.settle().await;
    assert_eq!(house.incidents().await.len(), 1);
}

#[actix::test]
async fn a_gap_in_the_log_is_reported_and_passed() {
    let mut house = House::build(1).await;
    let web = house.server("web-01").await;
    for _ in 0..5 {
        house.send(web, metrics(1.0)).await;
    }
    house.start().await;
    house.settle().await;
    house.stop().await;
    for _ in 0..600 {
        house.send(web, metrics(1.0)).await;
    }
    house.clock.advance(Duration::from_secs(100));
    let cut = noc_pipeline::clock::Clock::now(&house.clock);
    let trimmed = house.parts.log.trim(cut).await.unwrap();
    assert!(trimmed > 5, "something unread must be gone");
    house.start().await;
    house.settle().await;
    let seen = house.runtime.as_ref().unwrap().observe();
    assert!(seen.partitions[0].gap_records > 0);
}

#[actix::test]
async fn a_smaller_log_is_refused() {
    let house = House::build(1).await;
    partitions::prepare(house.parts.db.write(), 4)
        .await
        .unwrap();
    let started = runtime::start(house.parts.clone(), house.settings.clone()).await;
    let Err(error) = started else {
        panic!("servers would change their partition");
    };
    assert!(error.to_string().contains("1 partitions"));
}

//! Kafka, QuestDB and MariaDB, killed, frozen, and away for a minute.

use super::{Node, World};
use noc_pipeline::clock::{Stopwatch, sleep};
use noc_tests::parts::Servers;
use noc_tests::proxy::{Fault, FaultProxy};
use noc_tests::smtp::SmtpServer;
use noc_tests::stack::Broken;
use noc_tests::{TestAgent, metrics};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// Off the runtime: scripts take seconds.
pub(super) async fn mend(broken: Broken) {
    tokio::task::spawn_blocking(move || broken.mend())
        .await
        .expect("it is mended");
}

pub(super) async fn broken(how: fn(&'static str) -> Broken, part: &'static str) -> Broken {
    tokio::task::spawn_blocking(move || how(part))
        .await
        .expect("it is broken")
}

/// The time until somebody was told something more.
async fn told(smtp: &SmtpServer, before: usize, patience: Duration) -> Duration {
    let watch = Stopwatch::start();
    while smtp.mails().len() <= before {
        assert!(
            watch.elapsed() < patience,
            "nobody is told within {patience:?}"
        );
        sleep(Duration::from_millis(50)).await;
    }
    watch.elapsed()
}

#[actix_rt::test]
async fn each_part_is_killed_under_load() {
    let mut world = World::with_nodes(2, |_| {}).await;
    for (round, part) in (0..).zip(["kafka-1", "questdb", "mariadb"]) {
        world.break_things(round, 20);
        world
            .meanwhile(async |_, _| {
                sleep(Duration::from_secs(1)).await;
                let gone = broken(Broken::killed, part).await;
                sleep(Duration::from_secs(2)).await;
                mend(gone).await;
                sleep(Duration::from_secs(3)).await;
            })
            .await;
        println!("{part} was killed");
    }
    world.check().await;
}

#[actix_rt::test]
async fn each_part_is_frozen_under_load() {
    let mut world = World::with_nodes(2, |_| {}).await;
    for (round, part) in (0..).zip(["kafka-1", "questdb", "mariadb"]) {
        world.break_things(round, 20);
        world
            .meanwhile(async |_, _| {
                sleep(Duration::from_secs(1)).await;
                let frozen = broken(Broken::frozen, part).await;
                sleep(Duration::from_secs(12)).await;
                mend(frozen).await;
                sleep(Duration::from_secs(3)).await;
            })
            .await;
        println!("{part} was frozen");
    }
    world.check().await;
}

#[actix_rt::test]
async fn kafka_is_away_for_a_minute() {
    let mut world = World::with_nodes(2, |_| {}).await;
    world.break_things(0, 60);
    let mut spare = world.spare.clone();
    world
        .meanwhile(async |nodes, _| {
            sleep(Duration::from_secs(1)).await;
            let gone = broken(Broken::stopped, "kafka-1").await;
            sleep(MINUTE).await;
            for node in nodes.iter() {
                assert!(node.running().ready().await.is_some(), "it still answers");
                refused(node, &mut spare).await;
            }
            mend(gone).await;
            sleep(Duration::from_secs(5)).await;
        })
        .await;
    world.check().await;
}

#[actix_rt::test]
async fn questdb_is_away_for_a_minute_and_incidents_are_on_time() {
    let mut world = World::with_nodes(2, |_| {}).await;
    // A second after QuestDB is gone.
    world.break_things(0, 80);
    let kept = world
        .meanwhile(async |_, smtp| {
            sleep(Duration::from_secs(1)).await;
            let before = smtp.mails().len();
            let gone = broken(Broken::killed, "questdb").await;
            let watch = Stopwatch::start();
            let took = told(smtp, before, Duration::from_secs(20)).await;
            println!("told {took:?} after QuestDB was gone");
            sleep(MINUTE.saturating_sub(watch.elapsed())).await;
            mend(gone).await;
        })
        .await;
    assert!(kept > 5_000, "payloads were taken all the time: {kept}");
    world.check().await;
}

/// An agent is told to come again, in time.
async fn refused(node: &Node, agent: &mut TestAgent) {
    let watch = Stopwatch::start();
    let answer = reqwest::Client::new()
        .post(format!("{}/api/agent/metrics", node.running().url))
        .header("Authorization", agent.bearer())
        .json(&agent.payload(metrics()))
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    assert!(watch.elapsed() < Duration::from_secs(15), "no hang");
}

/// The port in an address.
fn port(url: &str) -> u16 {
    let after = url.rsplit(':').next().unwrap_or_default();
    after.trim_end_matches('/').parse().expect("a port")
}

#[actix_rt::test]
async fn the_network_to_database_and_series_is_slow_cut_and_closed() {
    let servers = Servers::known();
    let (mariadb, questdb) = (port(&servers.mariadb), port(&servers.questdb));
    let to = |port: u16| async move { FaultProxy::to(([127, 0, 0, 1], port).into()).await };
    let (database, series) = (to(mariadb).await, to(questdb).await);
    let mut world = World::with_nodes(2, |settings| {
        for (name, value) in settings {
            let (from, to) = match *name {
                "NOC_DATABASE_URL" => (mariadb, database.addr().port()),
                "NOC_QUESTDB_URL" => (questdb, series.addr().port()),
                _ => continue,
            };
            *value = value.replace(&format!(":{from}"), &format!(":{to}"));
        }
    })
    .await;
    assert!(
        database.accepted() > 0 && series.accepted() > 0,
        "the proxies are in the way"
    );
    let faults = [
        Fault::Delay(Duration::from_millis(50)),
        Fault::CutReply(3_000),
        Fault::CutRequest(3_000),
        Fault::Refuse,
        Fault::Silence,
    ];
    for (round, fault) in (0..).zip(faults) {
        world.break_things(round, 20);
        world
            .meanwhile(async |_, _| {
                sleep(Duration::from_secs(1)).await;
                for proxy in [&database, &series] {
                    proxy.set(fault);
                }
                sleep(Duration::from_secs(5)).await;
                for proxy in [&database, &series] {
                    proxy.set(Fault::None);
                }
                sleep(Duration::from_secs(2)).await;
            })
            .await;
        println!("{fault:?} is over");
    }
    world.check().await;
}

//! A MariaDB that refuses: read-only, and without a connection to spare.

use super::World;
use noc_pipeline::clock::sleep;
use sea_orm::{ConnectionTrait, Database};
use std::time::Duration;

/// As an administrator of the database server, whom no read-only mode holds back.
async fn as_root(statements: &[&str]) {
    let port = noc_tests::parts::Servers::known().mariadb;
    let port = port
        .rsplit(':')
        .next()
        .unwrap()
        .trim_matches('/')
        .to_owned();
    let root = Database::connect(format!("mysql://root@127.0.0.1:{port}/")).await;
    let root = root.expect("root of the test database");
    for statement in statements {
        root.execute_unprepared(statement).await.expect(statement);
    }
}

/// Makes the server as it was, also when a test fails.
struct Restore(&'static [&'static str]);

impl Drop for Restore {
    fn drop(&mut self) {
        let statements = self.0;
        let done =
            std::thread::spawn(move || actix_rt::System::new().block_on(as_root(statements)));
        assert!(
            done.join().is_ok() || std::thread::panicking(),
            "the database is not as it was"
        );
    }
}

#[actix_rt::test]
async fn a_read_only_database_delays_incidents_and_loses_none() {
    let mut world = World::with_nodes(2, |_| {}).await;
    world.break_things(0, 40);
    let kept = world
        .meanwhile(async |_, _| {
            sleep(Duration::from_millis(500)).await;
            let restore = Restore(&["SET GLOBAL read_only = 0"]);
            as_root(&["SET GLOBAL read_only = 1"]).await;
            sleep(Duration::from_secs(8)).await;
            drop(restore);
            sleep(Duration::from_secs(3)).await;
        })
        .await;
    assert!(kept > 1_000, "payloads were taken all the time: {kept}");
    world.check().await;
}

#[actix_rt::test]
async fn too_many_connections_delay_and_lose_nothing() {
    let mut world = World::with_nodes(2, |_| {}).await;
    world.break_things(0, 40);
    world
        .meanwhile(async |nodes, _| {
            let restore = Restore(&["ALTER USER noc@'127.0.0.1' WITH MAX_USER_CONNECTIONS 0"]);
            as_root(&["ALTER USER noc@'127.0.0.1' WITH MAX_USER_CONNECTIONS 4"]).await;
            // Its pools are full of connections from before: all of them are made anew.
            as_root(&["KILL USER noc@'127.0.0.1'"]).await;
            sleep(Duration::from_secs(8)).await;
            for node in nodes.iter() {
                assert!(node.running().ready().await.is_some(), "it still answers");
            }
            drop(restore);
            sleep(Duration::from_secs(3)).await;
        })
        .await;
    world.check().await;
}

//! A MariaDB that refuses: read-only, and without a connection to spare.

use super::{World, all_told};
use noc_pipeline::clock::sleep;
use noc_tests::parts::Servers;
use std::time::Duration;

async fn as_root(statements: &[&str]) {
    Servers::known().as_root(statements).await;
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

/// How long after an outage the last page may go out: the longest pause of whoever stores incidents is 5 s, and what
/// was to be handed over at the time is claimed within a look of 3 s and read once more.
const SOON: Duration = Duration::from_secs(20);

#[actix_rt::test]
async fn a_read_only_database_delays_incidents_and_loses_none() {
    let mut world = World::with_nodes(2, |_| {}).await;
    let restore = Restore(&["SET GLOBAL read_only = 0"]);
    world
        .meanwhile(async |_, _| {
            sleep(Duration::from_millis(500)).await;
            as_root(&["SET GLOBAL read_only = 1"]).await;
        })
        .await;
    // All of it begins in the outage; half of it is over before the outage is.
    world.break_things(0, 10);
    world.break_lasting(1, 10);
    let pages = world.pages();
    let kept = world
        .meanwhile(async |_, smtp| {
            sleep(Duration::from_secs(8)).await;
            let told = smtp.mails();
            assert!(told.is_empty(), "before it is stored: {told:?}");
            drop(restore);
            let took = all_told(smtp, &pages, SOON).await;
            println!("{} pages within {took:?} of the outage", pages.len());
        })
        .await;
    assert!(kept > 1_000, "payloads were taken all the time: {kept}");
    world.mend();
    world.check().await;
}

#[actix_rt::test]
async fn too_many_connections_delay_and_lose_nothing() {
    let mut world = World::with_nodes(2, |_| {}).await;
    let restore = Restore(&["ALTER USER noc@'127.0.0.1' WITH MAX_USER_CONNECTIONS 0"]);
    world
        .meanwhile(async |_, _| {
            sleep(Duration::from_millis(500)).await;
            as_root(&["ALTER USER noc@'127.0.0.1' WITH MAX_USER_CONNECTIONS 4"]).await;
            // Its pools are full of connections from before: all of them are made anew.
            as_root(&["KILL USER noc@'127.0.0.1'"]).await;
        })
        .await;
    world.break_things(0, 10);
    world.break_lasting(1, 10);
    let pages = world.pages();
    world
        .meanwhile(async |nodes, smtp| {
            sleep(Duration::from_secs(8)).await;
            for node in nodes.iter() {
                assert!(node.running().ready().await.is_some(), "it still answers");
            }
            drop(restore);
            let took = all_told(smtp, &pages, SOON).await;
            println!("{} pages within {took:?} of the shortage", pages.len());
        })
        .await;
    world.mend();
    world.check().await;
}

//! Nodes that die, hang and leave.

use super::{World, all_told};
use noc_pipeline::clock::{Stopwatch, sleep};
use std::time::Duration;

/// A lease lasts 15 s; who was frozen for longer has lost what it owned.
const LONGER_THAN_A_LEASE: Duration = Duration::from_secs(20);

#[actix_rt::test]
async fn a_node_is_killed_in_the_middle_of_trouble() {
    let mut world = World::with_nodes(2, |_| {}).await;
    world.break_things(0, 20);
    world.break_lasting(1, 20);
    let pages = world.pages();
    let kept = world
        .meanwhile(async |nodes, smtp| {
            sleep(Duration::from_secs(1)).await;
            nodes[0].kill().await;
            let watch = Stopwatch::start();
            // The other one owns half of the partitions already, and takes the rest once the lease is over.
            let took = all_told(smtp, &pages, Duration::from_secs(40)).await;
            println!("{} pages within {took:?}", pages.len());
            sleep(LONGER_THAN_A_LEASE.saturating_sub(watch.elapsed())).await;
            nodes[0].start().await;
            sleep(Duration::from_secs(3)).await;
        })
        .await;
    world.mend();
    assert!(kept > 1_000, "the other node went on: {kept}");
    world.check().await;
}

#[actix_rt::test]
async fn a_node_that_was_frozen_longer_than_its_lease_changes_nothing() {
    let mut world = World::with_nodes(2, |_| {}).await;
    world.break_things(1, 20);
    world.break_lasting(2, 20);
    let pages = world.pages();
    world
        .meanwhile(async |nodes, smtp| {
            sleep(Duration::from_secs(1)).await;
            nodes[1].running().pause().await;
            sleep(LONGER_THAN_A_LEASE).await;
            // Whatever it owned was taken over meanwhile.
            all_told(smtp, &pages, Duration::from_secs(20)).await;
            nodes[1].running().resume().await;
            sleep(Duration::from_secs(5)).await;
        })
        .await;
    world.mend();
    world.check().await;
}

#[actix_rt::test]
async fn nodes_stop_and_start_in_turn() {
    let mut world = World::with_nodes(2, |_| {}).await;
    for round in 0..3 {
        world.break_things(round, 10);
        world
            .meanwhile(async |nodes, _| {
                for node in nodes {
                    sleep(Duration::from_millis(1_500)).await;
                    node.stop().await;
                    sleep(Duration::from_millis(500)).await;
                    node.start().await;
                }
            })
            .await;
    }
    world.check().await;
}

//! Nodes that die, hang and leave.

use super::{World, all_told};
use noc_actors::notify::outbox::LEASE;
use noc_pipeline::clock::{Stopwatch, sleep};
use noc_storage::relational::entity::notification_delivery::{Column, Entity, Model};
use noc_tests::eventually;
use noc_tests::parts::RealParts;
use noc_tests::smtp::{Mail, SmtpServer};
use sea_orm::{ColumnTrait, Database, DatabaseConnection, EntityTrait, QueryFilter};
use std::time::Duration;

/// A lease lasts 15 s; who was frozen for longer has lost what it owned.
const LONGER_THAN_A_LEASE: Duration = Duration::from_secs(20);
/// A node that is gone in the moment it hands a message over holds it for as long as a claim lasts, 60 s; then another
/// one sends it.
const TOLD_WITHIN: Duration = LEASE.saturating_add(Duration::from_secs(30));

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
            let took = all_told(smtp, &pages, TOLD_WITHIN).await;
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
            let took = all_told(smtp, &pages, TOLD_WITHIN).await;
            println!("{} pages within {took:?} more", pages.len());
            nodes[1].running().resume().await;
            sleep(Duration::from_secs(5)).await;
        })
        .await;
    world.mend();
    world.check().await;
}

async fn database(parts: &RealParts) -> DatabaseConnection {
    let settings = parts.environment();
    let url = settings.iter().find(|(key, _)| *key == "NOC_DATABASE_URL");
    Database::connect(&url.expect("an address").1)
        .await
        .unwrap()
}

async fn held(db: &DatabaseConnection) -> Vec<Model> {
    let held = Entity::find().filter(Column::Status.eq("sending"));
    held.all(db).await.unwrap()
}

/// How often a message was taken.
fn copies(smtp: &SmtpServer, row: &Model) -> usize {
    let mails = smtp.mails();
    let of = |mail: &&Mail| mail.headers["x-noc-delivery"] == row.delivery_uuid;
    mails.iter().filter(of).count()
}

/// A node that is frozen while it hands messages over holds them, and nobody else sends them before its claim is over;
/// then another node does, and the frozen one changes nothing any more.
#[actix_rt::test]
async fn what_a_frozen_node_holds_is_told_once_its_claim_is_over() {
    let mut world = World::with_nodes(2, |_| {}).await;
    // All is judged and told by one of them.
    world.nodes[1].stop().await;
    let db = database(&world.parts).await;
    world.smtp.behave("hang mail").await;
    world.break_lasting(2, 5);
    let pages = world.pages();
    let mut frozen = Vec::new();
    world
        .meanwhile(async |nodes, _| {
            eventually("messages that are handed over", async || {
                (!held(&db).await.is_empty()).then_some(())
            })
            .await;
            nodes[0].running().pause().await;
            frozen = held(&db).await;
            nodes[1].start().await;
        })
        .await;
    assert!(!frozen.is_empty(), "it was too late");
    world.smtp.behave("ok").await;
    world
        .meanwhile(async |nodes, smtp| {
            // Longer than the other one needs for everything else.
            sleep(LONGER_THAN_A_LEASE).await;
            for row in &frozen {
                assert_eq!(copies(smtp, row), 0, "{row:?}");
            }
            let still = held(&db).await;
            assert!(frozen.iter().all(|row| still.contains(row)), "{still:?}");
            let took = all_told(smtp, &pages, TOLD_WITHIN).await;
            println!("{} messages held; all told {took:?} after", frozen.len());
            nodes[0].running().resume().await;
            sleep(Duration::from_secs(5)).await;
        })
        .await;
    for row in &frozen {
        assert_eq!(copies(&world.smtp, row), 1, "{row:?}");
    }
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

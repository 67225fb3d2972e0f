//! What gets worse, and the message of every day: each is told once, wherever whoever is at it dies.

use super::told;
use super::world::{World, external};
use noc_tests::eventually;
use serde_json::json;

fn steps() -> serde_json::Value {
    json!([{"delay_seconds": 0, "channels": ["email"], "targets": external("one@noc.test")}])
}

#[actix_rt::test]
async fn what_gets_worse_survives_a_death_between_every_two_steps() {
    let mut world = World::with(steps()).await;
    world.minds_disks().await;
    world.post_disk(50).await;
    world.post_disk(91).await;
    eventually("an incident", async || {
        (world.standing().await == ["open"]).then_some(())
    })
    .await;
    // Nobody is told of a medium one within its first 5 min.
    assert_eq!(world.incident().await.severity, "medium");
    assert!(world.deliveries().await.is_empty());
    world
        .dying_at(&["raising_severity", "severity_raised"], async |world| {
            world.post_disk(99).await;
        })
        .await;
    world.first_sent().await;
    for _ in 0..4 {
        world.post_disk(50).await;
    }
    world.resolved().await;
    world.all_sent().await;
    let deliveries = world.deliveries().await;
    assert_eq!(
        told(&deliveries),
        [
            "problem to one@noc.test: sent",
            "recovery to one@noc.test: sent"
        ]
    );
    assert_eq!(
        world.timeline().await,
        ["opened", "severity_rose", "step_fired", "resolved"]
    );
    for delivery in &deliveries {
        assert_eq!(world.copies(delivery), 1, "{delivery:?}");
    }
    world.ends().await;
}

#[actix_rt::test]
async fn the_message_of_the_day_survives_a_death_between_every_two_steps() {
    let mut world = World::with(steps()).await;
    let settings = json!({
        "host": "localhost", "port": world.smtp.port, "encryption": "none",
        "from_address": "noc@hostseba.test", "recipients": ["team@noc.test"]});
    let wanted = json!({"enabled": true, "settings": settings, "canary": true});
    world
        .dying_at(&["queueing_canary", "canary_queued"], async |world| {
            world.put("/api/notification-channels/email", wanted).await;
            world.is_due("channel_canaries").await;
        })
        .await;
    world.first_sent().await;
    let deliveries = world.deliveries().await;
    assert_eq!(told(&deliveries), ["canary to team@noc.test: sent"]);
    assert_eq!(world.copies(&deliveries[0]), 1);
    world.ends().await;
}

//! The real program, which dies as by `kill -9` between every two steps of paging and starts again on the same data:
//! nothing is lost, and nobody is told anything twice but what a provider took and nobody had written down, which comes
//! again under the same id.
//!
//! On embedded parts it is one process, on Kafka, QuestDB and MariaDB two nodes of which either may die. The places are
//! `crash_point::reached` in the actors; each death is planned before the deed that leads to it, and waited for.

mod arrival;
mod bundles;
mod clock;
mod personal;
mod world;
mod worse;

use noc_storage::relational::entity::notification_delivery::Model;
use noc_tests::processes;
use serde_json::{Value, json};
use world::{World, external};

/// Within the transaction that opens the incident, and when it is stored; likewise for each step after it.
const PAGE: [&str; 9] = [
    "opening_incident",
    "incident_opened",
    "firing_step",
    "step_fired",
    "claiming_delivery",
    "delivery_claimed",
    "provider_answered",
    "recording_delivery",
    "delivery_recorded",
];
const RECOVERY: [&str; 7] = [
    "ending_incident",
    "incident_ended",
    "claiming_delivery",
    "delivery_claimed",
    "provider_answered",
    "recording_delivery",
    "delivery_recorded",
];

fn exim(running: bool) -> Value {
    processes("exim", running)
}

/// Somebody was told of the one incident there is, and the next step is so many seconds away.
async fn paged(next_step: u32) -> (World, i64) {
    let steps = json!([
        {"delay_seconds": 0, "channels": ["email"], "targets": external("one@noc.test")},
        {"delay_seconds": next_step, "channels": ["email"], "targets": external("two@noc.test")},
    ]);
    let mut world = World::with(steps).await;
    world.post(exim(true)).await;
    world.post(exim(false)).await;
    world.post(exim(false)).await;
    world.first_sent().await;
    let incident = world.incident().await.id;
    (world, incident)
}

/// `kind to whom: state`, in the order in which they were written.
fn told(deliveries: &[Model]) -> Vec<String> {
    deliveries
        .iter()
        .map(|d| format!("{} to {}: {}", d.kind, d.recipient, d.status))
        .collect()
}

#[actix_rt::test]
async fn a_page_and_its_recovery_survive_a_death_between_every_two_steps() {
    let steps =
        json!([{"delay_seconds": 0, "channels": ["email"], "targets": external("one@noc.test")}]);
    let mut world = World::with(steps).await;
    world.post(exim(true)).await;
    world
        .dying_at(&PAGE, async |world| {
            world.post(exim(false)).await;
            world.post(exim(false)).await;
        })
        .await;
    world.all_sent().await;
    let deliveries = world.deliveries().await;
    assert_eq!(told(&deliveries), ["problem to one@noc.test: sent"]);
    // Taken by the provider, and its taker dead before or while that was written down: twice.
    let copies = world.copies(&deliveries[0]);
    assert_eq!(copies, 3);
    assert_eq!(
        world.timeline().await,
        ["opened", "step_fired"],
        "each once, whoever died meanwhile"
    );

    world
        .dying_at(&RECOVERY, async |world| {
            world.post(exim(true)).await;
            world.post(exim(true)).await;
        })
        .await;
    world.all_sent().await;
    let deliveries = world.deliveries().await;
    assert_eq!(
        told(&deliveries),
        [
            "problem to one@noc.test: sent",
            "recovery to one@noc.test: sent"
        ]
    );
    assert_eq!(world.copies(&deliveries[0]), 3, "not once more");
    assert_eq!(world.copies(&deliveries[1]), 3);
    assert_eq!(world.timeline().await, ["opened", "step_fired", "resolved"]);
    world.ends().await;
}

#[actix_rt::test]
async fn what_people_and_time_do_survives_a_death_between_every_two_steps() {
    let (mut world, incident) = paged(3_600).await;

    // Nobody knows whether it was done: whoever asks again gets the same, once.
    let snooze = format!("/api/incidents/{incident}/snooze");
    world
        .dying_at(&["acting"], async |world| {
            assert_eq!(world.call(&snooze, world.in_seconds(3_000)).await, None);
        })
        .await;
    assert_eq!(world.incident().await.snoozed_until, None);
    // The step that waits is due as soon as it goes on.
    world
        .dying_at(
            &["ending_snooze", "snooze_ended", "firing_step", "step_fired"],
            async |world| {
                let asked = world.call(&snooze, world.in_seconds(3)).await;
                assert_eq!(asked, Some(200));
                world.nothing_remains_until_the_next_step().await;
            },
        )
        .await;
    world.all_sent().await;
    assert_eq!(
        told(&world.deliveries().await),
        [
            "problem to one@noc.test: sent",
            "problem to two@noc.test: sent"
        ]
    );

    let acknowledge = format!("/api/incidents/{incident}/acknowledge");
    world
        .dying_at(&["acting"], async |world| {
            assert_eq!(world.call(&acknowledge, json!({})).await, None);
        })
        .await;
    assert_eq!(world.incident().await.status, "open");
    world
        .dying_at(&["acted"], async |world| {
            assert_eq!(world.call(&acknowledge, json!({})).await, None);
        })
        .await;
    assert_eq!(world.incident().await.status, "acknowledged");
    assert_eq!(world.call(&acknowledge, json!({})).await, Some(409));

    world
        .dying_at(&["handing_over", "handed_over"], async |world| {
            world.put_the_admin_on_duty().await;
        })
        .await;
    world.all_sent().await;
    world.post(exim(true)).await;
    world.post(exim(true)).await;
    world.resolved().await;
    world.all_sent().await;
    let deliveries = world.deliveries().await;
    assert_eq!(
        told(&deliveries),
        [
            "problem to one@noc.test: sent",
            "problem to two@noc.test: sent",
            "handoff to admin@hostseba.com: sent",
            "recovery to one@noc.test: sent",
            "recovery to two@noc.test: sent",
        ]
    );
    // Nobody died with a message in hand.
    for delivery in &deliveries {
        assert_eq!(world.copies(delivery), 1, "{delivery:?}");
    }
    assert_eq!(
        world.timeline().await,
        [
            "opened",
            "step_fired",
            "escalation_held",
            "snoozed",
            "snooze_ended",
            "escalation_resumed",
            "step_fired",
            "acknowledged",
            "resolved"
        ]
    );
    world.ends().await;
}

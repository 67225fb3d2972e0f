//! One message about several incidents, and one acknowledgement of all of them: neither is lost, halved or repeated under
//! another id, wherever whoever is at it dies.

use super::world::{World, external};
use super::{exim, told};
use noc_storage::relational::entity::notification_delivery::Model;
use noc_tests::eventually;
use serde_json::json;
use std::collections::BTreeSet;

/// Servers that fail before their group is acknowledged.
const FAIL: usize = 5;

async fn fails(world: &mut World, server: usize) {
    for _ in 0..2 {
        world.post_as(server, exim(false)).await;
    }
}

#[actix_rt::test]
async fn a_message_about_a_group_and_its_acknowledgement_survive_a_death_between_every_two_steps() {
    let steps =
        json!([{"delay_seconds": 0, "channels": ["email"], "targets": external("one@noc.test")}]);
    let mut world = World::rack(steps, FAIL + 1).await;
    for server in 0..=FAIL {
        world.post_as(server, exim(true)).await;
    }
    // The first is told at once, the others wait for each other.
    fails(&mut world, 0).await;
    world.first_sent().await;
    for server in 1..FAIL {
        fails(&mut world, server).await;
    }
    world.waiting(FAIL - 1).await;
    let waiting = world.deliveries().await;
    let carrier = waiting[1].incident_id.expect("its incident");

    // Taken together, by somebody who dies; then the one is taken on whose id the message bears.
    world
        .dying_with_a_message(&["claiming_delivery", "delivery_claimed"], async |world| {
            world.wait_is_over().await
        })
        .await;
    let acknowledge = format!("/api/incidents/{carrier}/acknowledge");
    assert_eq!(world.call(&acknowledge, json!({})).await, Some(200));
    let thinned = [
        "recording_delivery",
        "bundle_thinned",
        "provider_answered",
        "recording_delivery",
        "delivery_recorded",
    ];
    world
        .dying_at(&thinned, async |world| world.claims_are_over().await)
        .await;
    world.at_rest().await;
    let deliveries = world.deliveries().await;
    assert_eq!(
        told(&deliveries),
        [
            "problem to one@noc.test: sent",
            "problem to one@noc.test: cancelled",
            "problem to one@noc.test: sent",
            "problem to one@noc.test: sent",
            "problem to one@noc.test: sent",
        ]
    );
    assert_eq!(world.copies(&deliveries[0]), 1);
    // Taken by the provider, and its taker dead before or while that was written down: twice more, under the same id. That is
    // now of one that is left in it: what was taken out of it would be no copy of it, if it ever left.
    assert_eq!(world.copies(&deliveries[1]), 0);
    let copies = deliveries[2..].iter().map(|row| world.copies(row));
    let copies: Vec<_> = copies.filter(|copies| *copies > 0).collect();
    assert_eq!(copies, [3]);
    // Which of them is named depends on whose incident opened first.
    let carrier = "sent as one message with 2 others";
    let is_carrier = |row: &&Model| row.reason.as_deref() == Some(carrier);
    let named: Vec<_> = deliveries[2..].iter().filter(is_carrier).collect();
    assert_eq!(named.len(), 1, "the log names one that left");
    let with = format!("sent together with #{}", named[0].id);
    let others = deliveries[2..].iter().filter(|row| row.id != named[0].id);
    for row in others {
        assert_eq!(row.reason.as_ref(), Some(&with));
    }

    // All of it or none of it is acknowledged.
    let whole = json!({"group": true});
    world
        .dying_at(&["acting"], async |world| {
            assert_eq!(world.call(&acknowledge, whole.clone()).await, None);
        })
        .await;
    let standing = world.standing().await;
    assert_eq!(
        standing.iter().filter(|status| *status == "open").count(),
        4
    );
    world
        .dying_at(&["acted"], async |world| {
            assert_eq!(world.call(&acknowledge, whole.clone()).await, None);
        })
        .await;
    assert_eq!(world.standing().await, ["acknowledged"; FAIL]);
    assert_eq!(world.call(&acknowledge, whole).await, Some(409));

    // Who joins is acknowledged as it opens, and nobody is told.
    world
        .dying_at(&["opening_incident", "incident_opened"], async |world| {
            fails(world, FAIL).await;
        })
        .await;
    eventually("one more that is acknowledged", async || {
        (world.standing().await == ["acknowledged"; FAIL + 1]).then_some(())
    })
    .await;
    for server in 0..=FAIL {
        for _ in 0..2 {
            world.post_as(server, exim(true)).await;
        }
    }
    world.resolved().await;
    world.at_rest().await;
    let deliveries = world.deliveries().await;
    let about = |kind: &str| {
        let rows = deliveries.iter();
        let sent = rows.filter(|row| row.kind == kind && row.status == "sent");
        let about: Vec<_> = sent.map(|row| row.incident_id).collect();
        let each: BTreeSet<_> = about.iter().copied().collect();
        assert_eq!(each.len(), about.len(), "once each");
        each
    };
    assert_eq!(about("problem").len(), FAIL - 1);
    // Of what was taken back nobody knows whether it arrived. It did, twice: they hear its end as well.
    let doubtful = deliveries[1].reason.as_deref().unwrap();
    assert!(doubtful.contains("it may have arrived"), "{doubtful}");
    let mut told = about("problem");
    told.insert(deliveries[1].incident_id);
    assert_eq!(about("recovery"), told);
    assert_eq!(deliveries.len(), FAIL + FAIL);
    world.ends().await;
}

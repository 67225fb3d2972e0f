//! Messages that do not arrive: who dies between two steps of what is done then does it once all the same.

use super::world::{World, external};
use super::{exim, told};
use noc_storage::relational::entity::notification_delivery::Model;
use noc_tests::stand_in::{Reply, StandIn};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const NUMBER: &str = "+8801712345678";

/// A provider that takes every message, under a number of its own.
fn meta() -> StandIn {
    let mut taken = 0;
    StandIn::start(move |_| {
        taken += 1;
        let id = format!("wamid.{taken}");
        Reply::with(200, &json!({"messages": [{"id": id}]}))
    })
}

/// What the provider says of one message.
fn says(message: &Model, word: &str) -> Value {
    let id = message.provider_id.as_deref().expect("it was taken");
    json!({"entry": [{"changes": [{"value": {"statuses": [{"id": id, "status": word}]}}]}]})
}

/// How many messages it was given. What whoever died had in hand it was given once more, as the same delivery.
fn given(provider: &StandIn) -> usize {
    let mut times = BTreeMap::new();
    for sent in provider.sent() {
        *times
            .entry(sent.delivery.expect("its delivery"))
            .or_insert(0) += 1;
    }
    assert!(times.values().all(|count| *count <= 2), "{times:?}");
    times.len()
}

async fn of_kind(world: &World, kind: &str) -> Model {
    let all = world.deliveries().await.into_iter();
    let mut found = all.filter(|row| row.kind == kind && row.recipient == NUMBER);
    found.next().expect("a message of the kind")
}

#[actix_rt::test]
async fn a_page_that_does_not_arrive_survives_a_death_between_every_two_steps() {
    let steps = json!([
        {"delay_seconds": 0, "channels": ["email"], "targets": external("one@noc.test")},
        {"delay_seconds": 3_600, "channels": ["email"], "targets": external("two@noc.test")},
    ]);
    let provider = meta();
    let whatsapp = json!({"provider": "cloud_api", "access_token": "t", "phone_number_id": "1",
        "recipients": [NUMBER], "api_base": provider.url()});
    let mut world = World::with_channels(steps, &[("whatsapp", whatsapp)]).await;
    let hook = world.callback_of("whatsapp").await;
    world
        .smtp
        .behave("reply rcpt 550 5.7.1 sender refused by policy")
        .await;
    world.post(exim(true)).await;
    world
        .dying_at(&["failing_over", "failed_over"], async |world| {
            world.post(exim(false)).await;
            world.post(exim(false)).await;
        })
        .await;
    world.smtp.behave("ok").await;
    world.all_sent().await;
    let mut rows = told(&world.deliveries().await);
    rows.sort();
    let one = [
        "notice to +8801712345678: sent",
        "problem to +8801712345678: sent",
        "problem to one@noc.test: failed",
    ];
    assert_eq!(rows, one);
    assert_eq!(given(&provider), 2);

    // The provider calls until it is answered, as they do.
    let notice = of_kind(&world, "notice").await;
    world
        .dying_at(&["taking_receipt"], async |world| {
            let answer = world
                .provider_calls(&hook, says(&notice, "delivered"))
                .await;
            assert_eq!(answer, None);
        })
        .await;
    assert_eq!(of_kind(&world, "notice").await.status, "sent");
    world
        .dying_at(&["receipt_taken"], async |world| {
            let answer = world
                .provider_calls(&hook, says(&notice, "delivered"))
                .await;
            assert_eq!(answer, None);
        })
        .await;
    let answer = world
        .provider_calls(&hook, says(&notice, "delivered"))
        .await;
    assert_eq!(answer, Some(200));
    assert_eq!(of_kind(&world, "notice").await.status, "delivered");
    assert_eq!(world.attempts(notice.id).await, ["sent", "delivered"]);

    // It tells of arrivals, then, and of the page it has told nothing.
    let page = of_kind(&world, "problem").await;
    let before = world.deliveries().await.len();
    world
        .dying_at(&["bringing_forward", "brought_forward"], async |world| {
            world.no_word_for_3_min(page.id).await;
        })
        .await;
    world.more_than(before).await;
    world.all_sent().await;
    let late = world.provider_calls(&hook, says(&page, "delivered")).await;
    assert_eq!(late, Some(200));
    world.post(exim(true)).await;
    world.post(exim(true)).await;
    world.resolved().await;
    world.all_sent().await;
    let mut rows = told(&world.deliveries().await);
    rows.sort();
    assert_eq!(
        rows,
        [
            "notice to +8801712345678: delivered",
            "problem to +8801712345678: delivered",
            "problem to one@noc.test: failed",
            "problem to two@noc.test: sent",
            "recovery to +8801712345678: sent",
            "recovery to two@noc.test: sent",
        ]
    );
    assert_eq!(given(&provider), 3);
    assert_eq!(world.smtp.mails().len(), 2);
    let mut timeline = world.timeline().await;
    timeline.sort();
    assert_eq!(
        timeline,
        [
            "delivery_failed",
            "failed_over",
            "opened",
            "resolved",
            "step_brought_forward",
            "step_fired",
            "step_fired",
        ],
        "each once, whoever died meanwhile"
    );
    world.ends().await;
}

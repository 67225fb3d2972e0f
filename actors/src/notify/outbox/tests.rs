//! The rules of delivery, told as stories.

use super::{LEASE, claim, deliver, record_for_tests};
use crate::escalation::fire::fire;
use crate::incident::actions::Action;
use crate::notify::channel::Outcome;
use crate::notify::message::Kind;
use crate::notify::story::{Story, step};
use noc_pipeline::clock::Clock;
use noc_pipeline::control::Severity::{Critical, High};
use noc_storage::relational::deliveries::{Ending, NewDelivery, Status};
use noc_storage::relational::{deliveries, executions, notification_channels, timeline};

#[tokio::test]
async fn retries_follow_the_schedule_and_end_after_six_sends() {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    story.channel("email", true, &[]).await;
    story.opens(High).await;
    for _ in 0..6 {
        let busy = Outcome::Retry {
            reason: "451 try later".into(),
            after: None,
        };
        story.email.answers.lock().push_back(busy);
    }
    story.after(40_000).await;
    story.expect(&[
        "+120 email bob@noc.test problem",
        "+150 email bob@noc.test problem",
        "+270 email bob@noc.test problem",
        "+750 email bob@noc.test problem",
        "+2670 email bob@noc.test problem",
        "+9870 email bob@noc.test problem",
    ]);
    assert_eq!(story.states().await, ["failed: 451 try later"]);
    let ids: std::collections::HashSet<_> = story
        .email
        .messages
        .lock()
        .iter()
        .map(|m| m.delivery)
        .collect();
    assert_eq!(ids.len(), 1, "a repeat carries the same delivery id");
}

#[tokio::test]
async fn a_retry_is_not_sent_once_it_is_no_longer_true() {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    story.channel("email", true, &[]).await;
    let id = story.opens(High).await;
    let busy = Outcome::Retry {
        reason: "451".into(),
        after: None,
    };
    story.email.answers.lock().push_back(busy);
    story.after(121).await;
    story.expect(&["+120 email bob@noc.test problem"]);
    story.resolves(id).await;
    story.after(9_000).await;
    // Nobody was told, so nobody hears of the end.
    story.expect(&[]);
    assert_eq!(
        story.states().await,
        ["cancelled: the incident was resolved before this was sent"]
    );
}

#[tokio::test]
async fn a_message_that_leaves_while_its_incident_ends_is_followed_by_the_recovery() {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    story.channel("email", true, &[]).await;
    let id = story.opens(Critical).await;
    let now = story.clock.now();
    let row = executions::of_incident(story.db().read(), id)
        .await
        .unwrap()
        .unwrap();
    fire(story.db(), &story.context.registry, row.id, now)
        .await
        .unwrap();
    let claimed = claim(&story.context, "email", 10).await.unwrap().remove(0);
    // The provider takes it; before that is written down, the incident ends.
    let ending = Ending {
        status: Status::Sent,
        attempts: 1,
        next_attempt_at: None,
        provider_id: None,
        reason: None,
    };
    story.resolves(id).await;
    record_for_tests(&story.context, &claimed, ending)
        .await
        .unwrap();
    story.after(5).await;
    story.expect(&["+0 email bob@noc.test recovery"]);
}

#[tokio::test]
async fn a_claimed_message_is_judged_again_before_it_leaves() {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    story.channel("email", true, &[]).await;
    let id = story.opens(Critical).await;
    let now = story.clock.now();
    let row = executions::of_incident(story.db().read(), id)
        .await
        .unwrap()
        .unwrap();
    fire(story.db(), &story.context.registry, row.id, now)
        .await
        .unwrap();
    let claimed = claim(&story.context, "email", 10).await.unwrap().remove(0);
    story.acts(id, Action::Acknowledge).await.unwrap();
    deliver(&story.context, &story.email, claimed).await;
    story.expect(&[]);
    assert_eq!(
        story.states().await,
        ["cancelled: the incident was acknowledged before this was sent"]
    );
}

#[tokio::test]
async fn a_worker_that_died_gives_its_message_back_under_the_same_id() {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    story.channel("email", true, &[]).await;
    let id = story.opens(Critical).await;
    let now = story.clock.now();
    let row = executions::of_incident(story.db().read(), id)
        .await
        .unwrap()
        .unwrap();
    fire(story.db(), &story.context.registry, row.id, now)
        .await
        .unwrap();
    let taken = claim(&story.context, "email", 10).await.unwrap();
    assert!(claim(&story.context, "email", 10).await.unwrap().is_empty());
    story.after(60).await;
    story.expect(&["+60 email bob@noc.test problem"]);
    assert_eq!(
        story.email.messages.lock()[0].delivery.to_string(),
        taken[0].delivery_uuid
    );
}

#[tokio::test]
async fn a_permanent_refusal_fails_at_once_and_the_channel_and_the_timeline_say_so() {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    story.channel("email", true, &[]).await;
    let id = story.opens(High).await;
    let refused = Outcome::Permanent {
        reason: "550 no such user".into(),
    };
    story.email.answers.lock().push_back(refused);
    story.after(7_200).await;
    story.expect(&["+120 email bob@noc.test problem"]);
    assert_eq!(story.states().await, ["failed: 550 no such user"]);
    let channel = notification_channels::by_key(story.db().read(), "email");
    let channel = channel.await.unwrap().unwrap();
    assert_eq!(
        (channel.healthy, channel.last_error.as_deref()),
        (false, Some("550 no such user"))
    );
    let entries = timeline::of_incident(story.db().read(), id).await.unwrap();
    assert_eq!(entries.last().unwrap().kind, "delivery_failed");
    // The next success makes it healthy again.
    story.opens(High).await;
    story.after(130).await;
    story.expect(&["+7320 email bob@noc.test problem"]);
    let channel = notification_channels::by_key(story.db().read(), "email");
    assert!(channel.await.unwrap().unwrap().healthy);
}

#[tokio::test]
async fn what_a_channel_that_was_switched_off_had_to_say_is_held_back() {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    story.channel("email", true, &[]).await;
    let id = story.opens(Critical).await;
    let now = story.clock.now();
    let row = executions::of_incident(story.db().read(), id)
        .await
        .unwrap()
        .unwrap();
    fire(story.db(), &story.context.registry, row.id, now)
        .await
        .unwrap();
    story.channel("email", false, &[]).await;
    story.after(1).await;
    story.expect(&[]);
    assert_eq!(
        story.states().await,
        ["suppressed: the channel is switched off"]
    );
}

#[tokio::test]
async fn a_dead_channel_does_not_delay_another() {
    let story = Story::with(0, vec![step(0, &["admin"])]).await;
    story.channel("room", true, &["#ops"]).await;
    story.route_to_channels(&["email", "room"]).await;
    story.email.answers.lock().extend(vec![
        Outcome::Retry {
            reason: "dead".into(),
            after: None
        };
        3
    ]);
    story.opens(High).await;
    story.after(125).await;
    story.expect(&["+120 email team@noc.test problem", "+120 room #ops problem"]);
    assert_eq!(story.states().await, ["retrying: dead", "sent"]);
}

#[tokio::test]
async fn an_interrupted_test_is_given_up_and_a_person_may_still_ask_for_it_again() {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    let test = NewDelivery {
        incident_id: None,
        execution_id: None,
        position: None,
        kind: Kind::Test.name(),
        channel: "email".into(),
        recipient: "bob@noc.test".into(),
        recipient_key: "bob@noc.test".into(),
        user_id: None,
        idempotency_key: "0".repeat(64),
    };
    let now = story.clock.now();
    let row = deliveries::enter_sending(story.db().write(), test, now, LEASE)
        .await
        .unwrap();
    // Whoever was sending it dies here.
    story.after(LEASE.as_secs() + 1).await;
    story.expect(&[]);
    assert_eq!(
        story.states().await,
        ["expired: the test was interrupted before its result was known"]
    );
    let now = story.clock.now();
    let queued = deliveries::requeue(story.db().write(), row.id, now).await;
    assert!(queued.unwrap());
    story.after(1).await;
    story.expect(&["+61 email bob@noc.test test"]);
    assert_eq!(story.states().await, ["sent"]);
}

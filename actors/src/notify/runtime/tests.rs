//! The whole role, on real time: actors, workers and events together.

use super::*;
use crate::notify::channel::Outcome;
use crate::notify::story::{Story, step};
use noc_pipeline::clock;
use noc_pipeline::control::Severity::{Critical, High};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Waits until `done`, at most 10 s.
async fn until(what: &str, done: impl AsyncFn() -> bool) {
    for _ in 0..500 {
        if done().await {
            return;
        }
        clock::sleep(Duration::from_millis(20)).await;
    }
    panic!("waited 10 s until {what}");
}

#[actix::test]
async fn an_event_starts_the_actor_and_its_page_leaves_without_waiting_for_the_next_look() {
    let story = Story::with(0, vec![step(0, &["admin"]), step(300, &["operator"])]).await;
    let role = run(Arc::clone(&story.context), 2);
    until("the first look is over", async || {
        role.observe().await.runner.looks > 0
    })
    .await;
    story.opens(Critical).await;
    let bus = &story.context.bus;
    bus.publish(LiveEvent::ExecutionChanged { execution: 0 })
        .await;
    until("both are told", async || {
        role.observe().await.notify.sent == 2
    })
    .await;
    story.expect_in_any_order(&[
        "+0 email ada@noc.test problem",
        "+0 email team@noc.test problem",
    ]);

    // 300 s is beyond the horizon: the actor ended, the row waits.
    until("its actor has ended", async || {
        role.observe().await.runner.waiting == 0
    })
    .await;
    story.outage(299);
    until("an actor waits for the second step", async || {
        role.observe().await.runner.waiting == 1
    })
    .await;
    story.expect(&[]);
    story.outage(1);
    until("the second step is told", async || {
        role.observe().await.notify.sent == 4
    })
    .await;
    story.expect_in_any_order(&[
        "+300 email bob@noc.test problem",
        "+300 email team@noc.test problem",
    ]);
    assert_eq!(role.observe().await.notify.steps_fired, 2);
    role.stop().await;
}

#[actix::test]
async fn what_was_due_before_the_start_is_found_without_any_event() {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    story.opens(High).await;
    story.outage(3_600);
    let role = run(Arc::clone(&story.context), 1);
    until("both are told", async || {
        role.observe().await.notify.sent == 2
    })
    .await;
    story.expect_in_any_order(&[
        "+3600 email bob@noc.test problem",
        "+3600 email team@noc.test problem",
    ]);
    role.stop().await;
}

#[actix::test]
async fn stopping_leaves_what_is_not_yet_due_for_the_next_start() {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    story.opens(High).await;
    let role = run(Arc::clone(&story.context), 1);
    until("it has looked", async || {
        role.observe().await.runner.looks > 0
    })
    .await;
    role.stop().await;
    story.after(121).await;
    story.expect(&[
        "+120 email bob@noc.test problem",
        "+120 email team@noc.test problem",
    ]);
}

/// Messages to two: the answer to the first waits for a permit of what is returned, the other one for its turn.
async fn one_sends_and_one_waits(story: &Story) -> (NotifyRuntime, Arc<Semaphore>) {
    let answers = Arc::new(Semaphore::new(0));
    *story.email.slow.lock() = Some(Arc::clone(&answers));
    story.opens(High).await;
    story.outage(3_600);
    let role = run(Arc::clone(&story.context), 1);
    until("both are in hand, one of them is sent", async || {
        let states = story.states().await;
        states == ["sending"; 2] && story.email.heard.lock().len() == 1
    })
    .await;
    (role, answers)
}

#[actix::test]
async fn stopping_gives_back_what_waits_for_its_turn() {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    let (role, answers) = one_sends_and_one_waits(&story).await;
    let stopping = tokio::spawn(role.stop());
    until("what waits is back", async || {
        story.states().await.contains(&"queued".to_owned())
    })
    .await;
    assert!(!stopping.is_finished(), "what was begun is seen through");
    answers.add_permits(100);
    stopping.await.unwrap();
    assert_eq!(story.email.heard.lock().len(), 1);
    // The next one has not to wait for any lease.
    let role = run(Arc::clone(&story.context), 1);
    until("both are told", async || {
        story.states().await == ["sent"; 2]
    })
    .await;
    assert_eq!(story.email.heard.lock().len(), 2);
    role.stop().await;
}

#[actix::test]
async fn what_is_in_hand_waits_when_the_provider_asks_to_be_left_alone() {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    story.email.answers.lock().push_back(Outcome::Retry {
        reason: "too many".to_owned(),
        after: Some(Duration::from_secs(300)),
    });
    let (role, answers) = one_sends_and_one_waits(&story).await;
    answers.add_permits(100);
    until("the other says why it waits", async || {
        let states = story.states().await;
        states
            .iter()
            .any(|state| state.starts_with("queued: waits until"))
    })
    .await;
    assert_eq!(story.email.heard.lock().len(), 1);
    role.stop().await;
}

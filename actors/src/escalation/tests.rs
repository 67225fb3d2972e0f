//! The rules of escalation, told as stories.

use super::fire::fire;
use crate::incident::actions::{Action, ActionError};
use crate::notify::channel::Outcome;
use crate::notify::story::{Story, step, unconditional};
use noc_pipeline::clock::Clock;
use noc_pipeline::control::Severity::{Critical, High, Low, Medium};
use noc_storage::relational::executions;
use noc_storage::relational::timeline;

#[tokio::test]
async fn a_critical_pages_at_once_then_the_next_step_then_again() {
    let story = Story::with(1, vec![step(0, &["admin"]), step(300, &["operator"])]).await;
    story.opens(Critical).await;
    story.after(299).await;
    story.expect(&[
        "+0 email ada@noc.test problem",
        "+0 email team@noc.test problem",
    ]);
    story.after(1).await;
    story.expect(&[
        "+300 email bob@noc.test problem",
        "+300 email team@noc.test problem",
    ]);
    story.after(1_200).await;
    story.expect(&[
        "+1200 email ada@noc.test reminder",
        "+1200 email team@noc.test reminder",
        "+1500 email bob@noc.test reminder",
        "+1500 email team@noc.test reminder",
    ]);
    // All passes are done: every admin, every 15 min.
    story.after(1_800).await;
    story.expect(&[
        "+2400 email ada@noc.test reminder",
        "+2400 email team@noc.test reminder",
        "+3300 email ada@noc.test reminder",
        "+3300 email team@noc.test reminder",
    ]);
}

#[tokio::test]
async fn high_and_medium_are_held_low_pages_nobody() {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    story.channel("email", true, &[]).await;
    story.opens(Medium).await;
    story.opens(High).await;
    let low = story.opens(Low).await;
    story.after(7_200).await;
    story.expect(&[
        "+120 email bob@noc.test problem",
        "+300 email bob@noc.test problem",
    ]);
    // Every incident has its execution all the same.
    let row = executions::of_incident(story.db().read(), low)
        .await
        .unwrap();
    assert_eq!(row.unwrap().state, "finished");
}

#[tokio::test]
async fn what_resolves_within_the_hold_tells_nobody() {
    let story = Story::with(0, vec![step(0, &["admin"])]).await;
    let id = story.opens(High).await;
    story.after(119).await;
    story.resolves(id).await;
    story.after(7_200).await;
    story.expect(&[]);
}

#[tokio::test]
async fn acknowledging_stops_the_second_step_and_resolving_tells_those_who_were_told() {
    let story = Story::with(3, vec![step(0, &["admin"]), step(300, &["operator"])]).await;
    let id = story.opens(Critical).await;
    story.after(60).await;
    story.expect(&[
        "+0 email ada@noc.test problem",
        "+0 email team@noc.test problem",
    ]);
    let row = story.acts(id, Action::Acknowledge).await.unwrap();
    assert_eq!(
        (row.status.as_str(), row.acknowledged_by),
        ("acknowledged", Some(1))
    );
    story.after(1_500).await;
    story.expect(&[]);
    story.resolves(id).await;
    story.after(7_200).await;
    story.expect(&[
        "+1560 email ada@noc.test recovery",
        "+1560 email team@noc.test recovery",
    ]);
}

#[tokio::test]
async fn unconditional_steps_go_on_after_acknowledging_but_not_after_the_end() {
    let steps = vec![
        step(0, &["admin"]),
        step(300, &["admin"]),
        unconditional(step(300, &["operator"])),
    ];
    let story = Story::with(1, steps).await;
    story.channel("email", true, &[]).await;
    let id = story.opens(High).await;
    story.after(130).await;
    story.expect(&["+120 email ada@noc.test problem"]);
    story.acts(id, Action::Acknowledge).await.unwrap();
    story.after(1_000).await;
    story.expect(&["+720 email bob@noc.test problem"]);
    story.resolves(id).await;
    story.after(7_200).await;
    story.expect(&[
        "+1130 email ada@noc.test recovery",
        "+1130 email bob@noc.test recovery",
    ]);
}

#[tokio::test]
async fn unacknowledging_starts_again_from_the_first_step_under_a_new_generation() {
    let story = Story::with(0, vec![step(0, &["admin"]), step(300, &["operator"])]).await;
    story.channel("email", true, &[]).await;
    let id = story.opens(High).await;
    story.after(421).await;
    story.expect(&[
        "+120 email ada@noc.test problem",
        "+420 email bob@noc.test problem",
    ]);
    let before = executions::of_incident(story.db().read(), id)
        .await
        .unwrap()
        .unwrap();
    story.acts(id, Action::Acknowledge).await.unwrap();
    story.after(579).await;
    story.acts(id, Action::Unacknowledge).await.unwrap();
    story.after(7_200).await;
    // The same people, the same step: another generation, so not the same message.
    story.expect(&[
        "+1000 email ada@noc.test problem",
        "+1300 email bob@noc.test problem",
    ]);
    let after = executions::of_incident(story.db().read(), id)
        .await
        .unwrap()
        .unwrap();
    assert_ne!(before.generation, after.generation);
    assert_eq!(before.id, after.id);
}

#[tokio::test]
async fn acting_against_the_status_is_refused_and_leaves_nothing() {
    let story = Story::with(0, vec![step(0, &["admin"])]).await;
    let id = story.opens(High).await;
    let refused = story.acts(id, Action::Unacknowledge).await;
    assert!(matches!(
        refused,
        Err(ActionError::InvalidTransition { .. })
    ));
    story.acts(id, Action::Acknowledge).await.unwrap();
    let twice = story.acts(id, Action::Acknowledge).await;
    assert!(matches!(twice, Err(ActionError::InvalidTransition { .. })));
    let kinds: Vec<_> = timeline::of_incident(story.db().read(), id).await.unwrap();
    let kinds: Vec<_> = kinds.iter().map(|entry| entry.kind.as_str()).collect();
    assert_eq!(kinds, ["acknowledged"]);
    let events = noc_storage::relational::security_log::events_after(story.db().read(), 0, 10);
    let actions: Vec<_> = events
        .await
        .unwrap()
        .into_iter()
        .map(|event| event.action)
        .collect();
    assert_eq!(actions, ["incident_acknowledged"]);
}

#[tokio::test]
async fn a_step_that_reaches_nobody_warns_and_the_next_follows_at_once() {
    let story = Story::with(0, vec![step(0, &["oncall"]), step(900, &["admin"])]).await;
    let id = story.opens(Critical).await;
    story.after(1).await;
    story.expect(&[
        "+0 email ada@noc.test problem",
        "+0 email team@noc.test problem",
    ]);
    let entries = timeline::of_incident(story.db().read(), id).await.unwrap();
    assert_eq!(entries[0].kind, "step_reached_nobody");
    assert_eq!(entries[0].actor, "policy:story");
    assert_eq!(entries[0].detail["warnings"][0], "nobody is on call");
    assert_eq!(entries[1].kind, "step_fired");
}

#[tokio::test]
async fn an_outage_fires_the_overdue_step_once_and_moves_the_rest_along() {
    let story = Story::with(
        0,
        vec![
            step(0, &["admin"]),
            step(60, &["operator"]),
            step(60, &["admin"]),
        ],
    )
    .await;
    story.channel("email", true, &[]).await;
    story.opens(High).await;
    story.outage(7_200);
    story.after(119).await;
    story.expect(&[
        "+7200 email ada@noc.test problem",
        "+7260 email bob@noc.test problem",
    ]);
    story.after(1).await;
    story.expect(&["+7320 email ada@noc.test problem"]);
}

#[tokio::test]
async fn two_that_fire_the_same_step_send_it_once() {
    let story = Story::with(0, vec![step(0, &["admin"])]).await;
    let id = story.opens(Critical).await;
    let row = executions::of_incident(story.db().read(), id)
        .await
        .unwrap()
        .unwrap();
    let now = story.clock.now();
    let registry = &story.context.registry;
    let (a, b) = tokio::join!(
        fire(story.db(), registry, row.id, now),
        fire(story.db(), registry, row.id, now)
    );
    let written = a.unwrap().deliveries.len() + b.unwrap().deliveries.len();
    assert_eq!(written, 2, "one step, two recipients");
    story.after(10).await;
    story.expect(&[
        "+0 email ada@noc.test problem",
        "+0 email team@noc.test problem",
    ]);
}

#[tokio::test]
async fn a_row_that_moved_meanwhile_is_left_alone() {
    let story = Story::with(0, vec![step(0, &["admin"])]).await;
    let id = story.opens(Critical).await;
    let stale = executions::of_incident(story.db().read(), id)
        .await
        .unwrap()
        .unwrap();
    story.after(1).await;
    story.expect(&[
        "+0 email ada@noc.test problem",
        "+0 email team@noc.test problem",
    ]);
    let place = executions::Place {
        generation: uuid::Uuid::nil(),
        policy: stale.policy.clone(),
        next_step: 0,
        pass: 0,
        due_at: None,
        state: executions::State::Finished,
        last_step_at: None,
        held_at: None,
    };
    let now = story.clock.now();
    let moved = executions::move_on(story.db().write(), &stale, place, now)
        .await
        .unwrap();
    assert!(!moved);
}

#[tokio::test]
async fn getting_worse_shortens_the_hold_and_withdraws_an_acknowledgement() {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    story.channel("email", true, &[]).await;
    let id = story.opens(Medium).await;
    story.after(10).await;
    story.rises(id, High).await;
    story.after(120).await;
    story.expect(&["+120 email bob@noc.test problem"]);
    story.acts(id, Action::Acknowledge).await.unwrap();
    story.rises(id, Critical).await;
    story.after(10).await;
    story.expect(&["+130 email bob@noc.test problem"]);
    assert_eq!(story.incident(id).await.status, "open");
}

#[tokio::test]
async fn what_was_too_mild_to_page_pages_once_it_gets_worse() {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    story.channel("email", true, &[]).await;
    let id = story.opens(Low).await;
    story.after(600).await;
    story.rises(id, High).await;
    story.after(10).await;
    story.expect(&["+600 email bob@noc.test problem"]);
}

#[tokio::test]
async fn what_is_withdrawn_is_said_to_be_no_longer_monitored_once_to_those_who_were_told() {
    let story = Story::with(0, vec![step(0, &["operator"]), step(300, &["admin"])]).await;
    let told = story.opens(Critical).await;
    let untold = story.opens(High).await;
    story.after(60).await;
    story.expect(&[
        "+0 email bob@noc.test problem",
        "+0 email team@noc.test problem",
    ]);
    story.email.messages.lock().clear();
    story.is_withdrawn(told).await;
    story.is_withdrawn(untold).await;
    story.after(7_200).await;
    story.expect(&[
        "+60 email bob@noc.test recovery",
        "+60 email team@noc.test recovery",
    ]);
    for message in &*story.email.messages.lock() {
        assert_eq!(message.subject, "⚪ [monitoring ended] Server down: web-09");
        assert!(message.text.contains("no longer monitored"));
    }
}

#[tokio::test]
async fn an_incident_that_opens_again_pages_again_and_its_second_end_is_told_too() {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    story.channel("email", true, &[]).await;
    let id = story.opens(High).await;
    story.after(130).await;
    story.resolves(id).await;
    story.after(10).await;
    story.expect(&[
        "+120 email bob@noc.test problem",
        "+130 email bob@noc.test recovery",
    ]);
    story.reopens(id).await;
    story.after(10).await;
    story.resolves(id).await;
    story.after(10).await;
    story.expect(&[
        "+140 email bob@noc.test problem",
        "+150 email bob@noc.test recovery",
    ]);
}

#[tokio::test]
async fn a_recovery_taken_back_by_a_reopening_under_the_same_acknowledgement_is_told_at_the_next_end()
 {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    story.channel("email", true, &[]).await;
    let id = story.opens(High).await;
    story.after(130).await;
    story.acts(id, Action::Acknowledge).await.unwrap();
    story.expect(&["+120 email bob@noc.test problem"]);
    let busy = Outcome::Retry {
        reason: "451 try later".into(),
        after: None,
    };
    story.email.answers.lock().push_back(busy);
    story.resolves(id).await;
    story.after(10).await;
    story.reopens(id).await;
    story.after(60).await;
    story.expect(&["+130 email bob@noc.test recovery"]);
    assert_eq!(
        story.states().await,
        [
            "sent",
            "cancelled: the incident opened again before this was sent"
        ]
    );
    story.resolves(id).await;
    story.after(10).await;
    story.expect(&["+200 email bob@noc.test recovery"]);
    assert_eq!(story.states().await, ["sent", "sent"]);
}

#[tokio::test]
async fn a_flat_channel_list_tells_the_channels_own_recipients() {
    let story = Story::with(0, vec![step(0, &["admin"])]).await;
    story.channel("room", true, &["#ops"]).await;
    story.route_to_channels(&["email", "room"]).await;
    story.opens(High).await;
    story.after(7_200).await;
    story.expect(&["+120 email team@noc.test problem", "+120 room #ops problem"]);
}

#[tokio::test]
async fn editing_a_policy_does_not_disturb_what_is_under_way() {
    let story = Story::with(0, vec![step(0, &["admin"]), step(300, &["operator"])]).await;
    story.channel("email", true, &[]).await;
    story.opens(High).await;
    story.after(150).await;
    story.replace_policy(vec![step(0, &["viewer"])]).await;
    story.after(600).await;
    story.expect(&[
        "+120 email ada@noc.test problem",
        "+420 email bob@noc.test problem",
    ]);
}

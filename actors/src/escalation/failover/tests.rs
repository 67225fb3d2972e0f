//! What happens when messages do not arrive, told as stories.

use super::*;
use crate::incident::actions::Action;
use crate::notify::channel::Outcome;
use crate::notify::channel::receipt::{Fate, Receipt};
use crate::notify::receipts;
use crate::notify::story::{Recorder, Story, step};
use noc_pipeline::clock::Clock;
use noc_pipeline::control::Severity::{Critical, High};
use noc_storage::relational::escalation_policies::StepDraft;

mod organisation;
mod personal;

fn busy(reason: &str) -> Outcome {
    Outcome::Retry {
        reason: reason.into(),
        after: None,
    }
}

fn limited(seconds: u64) -> Outcome {
    Outcome::Retry {
        reason: format!("429 wait {seconds}"),
        after: Some(Duration::from_secs(seconds)),
    }
}

fn accepted(id: &str) -> Outcome {
    Outcome::Accepted {
        provider_id: Some(id.into()),
    }
}

fn answers(channel: &Recorder, all: impl IntoIterator<Item = Outcome>) {
    channel.answers.lock().extend(all);
}

fn over(channels: &[&str], step: StepDraft) -> StepDraft {
    StepDraft {
        channels: channels.iter().map(ToString::to_string).collect(),
        ..step
    }
}

async fn texts(story: &Story, id: i64, kind: &str) -> Vec<String> {
    let all = timeline::of_incident(story.db().read(), id).await.unwrap();
    let told = all.into_iter().filter(|entry| entry.kind == kind);
    told.map(|entry| entry.detail["text"].as_str().unwrap().to_owned())
        .collect()
}

/// One step by e-mail to the operator; a room that is in no step.
async fn with_room() -> Story {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    story.channel("email", true, &[]).await;
    story.channel("room", true, &["#ops"]).await;
    story
}

#[tokio::test]
async fn a_critical_that_is_not_accepted_in_time_is_told_over_another_channel_once() {
    let story = with_room().await;
    answers(&story.email, [busy("451 later"), busy("451 later")]);
    let id = story.opens(Critical).await;
    story.after(29).await;
    story.expect(&["+0 email bob@noc.test problem"]);
    story.after(600).await;
    // Retries go on beside it: retrying is not paging.
    story.expect_in_any_order(&[
        "+150 email bob@noc.test problem",
        "+30 email bob@noc.test problem",
        "+30 room #ops problem",
    ]);
    let said =
        "bob@noc.test was not accepted by email within 30 s: 451 later; sent over room to #ops.";
    assert_eq!(texts(&story, id, "failed_over").await, [said]);
    let rows = story.deliveries().await;
    assert_eq!(rows.len(), 2);
    let log = async |n: usize| {
        let all = deliveries::attempts_of(story.db().read(), rows[n].id).await;
        let all = all.unwrap().into_iter();
        all.map(|one| format!("{}: {}", one.outcome, one.detail))
            .collect::<Vec<_>>()
    };
    assert!(
        log(0)
            .await
            .contains(&"failed_over: sent over room to #ops".to_owned())
    );
    let instead =
        "instead: in place of email: bob@noc.test was not accepted by email within 30 s: 451 later";
    assert_eq!(log(1).await[0], instead);
    // Whoever was told there hears of the end there.
    story.resolves(id).await;
    story.after(5).await;
    story.expect_in_any_order(&[
        "+629 email bob@noc.test recovery",
        "+629 room #ops recovery",
    ]);
}

#[tokio::test]
async fn what_will_never_be_taken_goes_elsewhere_at_once() {
    let story = with_room().await;
    let refused = Outcome::Permanent {
        reason: "550 no such user".into(),
    };
    answers(&story.email, [refused]);
    let id = story.opens(Critical).await;
    story.after(2).await;
    story.expect_in_any_order(&[
        "+0 email bob@noc.test problem",
        "+0 room #ops notice",
        "+0 room #ops problem",
    ]);
    let said = "bob@noc.test was not reached by email: 550 no such user; sent over room to #ops.";
    assert_eq!(texts(&story, id, "failed_over").await, [said]);
}

#[tokio::test]
async fn nothing_milder_fails_over_and_nothing_that_somebody_has() {
    let story = with_room().await;
    answers(&story.email, [busy("451"), busy("451")]);
    story.opens(High).await;
    story.after(200).await;
    story.expect(&[
        "+120 email bob@noc.test problem",
        "+150 email bob@noc.test problem",
    ]);

    let story = with_room().await;
    answers(&story.email, [busy("451")]);
    let id = story.opens(Critical).await;
    story.after(20).await;
    story.acts(id, Action::Acknowledge).await.unwrap();
    story.after(600).await;
    story.expect(&["+0 email bob@noc.test problem"]);
}

#[tokio::test]
async fn the_steps_own_other_channel_comes_first_and_who_is_told_there_is_not_told_twice() {
    let both = over(&["email", "room"], step(0, &["operator"]));
    let story = Story::with(0, vec![both]).await;
    story.channel("email", true, &[]).await;
    story.channel("room", true, &["#ops"]).await;
    story.channel("pager", true, &["p-1"]).await;
    answers(&story.email, [busy("451"), busy("451"), busy("451")]);
    let id = story.opens(Critical).await;
    story.after(120).await;
    story.expect_in_any_order(&[
        "+0 email bob@noc.test problem",
        "+0 room #ops problem",
        "+30 email bob@noc.test problem",
    ]);
    assert!(texts(&story, id, "failed_over").await.is_empty());
}

#[tokio::test]
async fn one_after_the_other_is_tried_until_one_takes_it_or_none_is_left() {
    let story = with_room().await;
    story.channel("pager", true, &["p-1"]).await;
    answers(&story.email, vec![busy("451"); 6]);
    answers(&story.pager, vec![busy("503"); 6]);
    let id = story.opens(Critical).await;
    story.after(90).await;
    story.expect_in_any_order(&[
        "+0 email bob@noc.test problem",
        "+30 email bob@noc.test problem",
        "+30 pager p-1 problem",
        "+60 pager p-1 problem",
        "+60 room #ops problem",
    ]);
    assert_eq!(texts(&story, id, "failed_over").await.len(), 2);

    let alone = Story::with(0, vec![step(0, &["operator"])]).await;
    alone.channel("email", true, &[]).await;
    answers(&alone.email, [busy("451"), busy("451")]);
    let id = alone.opens(Critical).await;
    alone.after(31).await;
    let said = "bob@noc.test was not accepted by email within 30 s: 451; no other channel reaches anybody.";
    assert_eq!(texts(&alone, id, "failed_over").await, [said]);
}

#[tokio::test]
async fn a_held_escalation_is_not_failed_over() {
    let story = with_room().await;
    answers(&story.email, [busy("451")]);
    let id = story.opens(Critical).await;
    story.after(10).await;
    let until = story.clock.now().plus(Duration::from_secs(3_600));
    story.acts(id, Action::Snooze { until }).await.unwrap();
    story.after(1_000).await;
    story.expect(&["+0 email bob@noc.test problem"]);
}

#[tokio::test]
async fn too_much_for_a_provider_pauses_its_channel_costs_no_attempt_and_criticals_go_elsewhere() {
    let story = with_room().await;
    answers(&story.email, [limited(300)]);
    story.opens(Critical).await;
    story.after(1).await;
    story.expect(&["+0 email bob@noc.test problem"]);
    let second = story.opens(Critical).await;
    story.after(10).await;
    story.expect(&[]);
    let waits = "queued: waits until 2026-11-21 22:31:40 UTC, as the provider asked: 429 wait 300";
    assert_eq!(story.states().await, ["retrying: 429 wait 300", waits]);
    story.after(50).await;
    story.expect(&["+30 room #ops problem", "+31 room #ops problem"]);
    story.resolves(second).await;
    story.after(1).await;
    story.expect(&["+61 room #ops recovery"]);
    story.after(400).await;
    story.expect(&["+300 email bob@noc.test problem"]);
    let row = &story.deliveries().await[0];
    assert_eq!((row.status.as_str(), row.attempts), ("sent", 1));
}

#[tokio::test]
async fn new_settings_end_a_pause() {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    story.channel("email", true, &[]).await;
    answers(&story.email, [limited(7_200)]);
    story.opens(High).await;
    story.after(121).await;
    story.opens(Critical).await;
    story.after(5).await;
    story.expect(&["+120 email bob@noc.test problem"]);
    story.channel("email", true, &[]).await;
    story.after(1).await;
    story.expect(&["+126 email bob@noc.test problem"]);
}

/// Two steps over a channel that tells of arrivals.
async fn with_pager() -> Story {
    let steps = vec![
        over(&["pager"], step(0, &[])),
        over(&["email"], step(900, &["operator"])),
        over(&["email"], step(900, &["admin"])),
    ];
    let story = Story::with(1, steps).await;
    story.channel("email", true, &[]).await;
    story.channel("pager", true, &["p-1", "p-2"]).await;
    story.pager_tells_of_arrivals().await;
    story
}

#[tokio::test]
async fn without_a_receipt_the_next_step_comes_forward_once() {
    let story = with_pager().await;
    answers(&story.pager, [accepted("m-1"), accepted("m-2")]);
    let id = story.opens(Critical).await;
    story.after(179).await;
    story.expect(&["+0 pager p-1 problem", "+0 pager p-2 problem"]);
    story.after(600).await;
    story.expect(&["+180 email bob@noc.test problem"]);
    let said =
        "Nothing was heard within 3 min of the message over pager to p-1: the next step comes now.";
    assert_eq!(texts(&story, id, "step_brought_forward").await, [said]);
    // The step after it keeps its delay from the one that fired.
    story.after(400).await;
    story.expect(&["+1080 email ada@noc.test problem"]);
}

#[tokio::test]
async fn with_a_receipt_after_an_acknowledgement_or_over_a_silent_channel_steps_keep_their_time() {
    let story = with_pager().await;
    answers(&story.pager, [accepted("m-1"), accepted("m-2")]);
    story.opens(Critical).await;
    story.after(60).await;
    for id in ["m-1", "m-2"] {
        let receipt = Receipt {
            ids: vec![id.into()],
            fate: Fate::Delivered,
            words: "there".into(),
        };
        let (registry, now) = (&story.context.registry, story.clock.now());
        receipts::take_one(story.db(), registry, "pager", &receipt, now)
            .await
            .unwrap();
    }
    story.after(850).await;
    story.expect(&[
        "+0 pager p-1 problem",
        "+0 pager p-2 problem",
        "+900 email bob@noc.test problem",
    ]);

    let story = with_pager().await;
    answers(&story.pager, [accepted("m-1"), accepted("m-2")]);
    let id = story.opens(Critical).await;
    story.after(100).await;
    story.acts(id, Action::Acknowledge).await.unwrap();
    story.after(1_000).await;
    story.expect(&["+0 pager p-1 problem", "+0 pager p-2 problem"]);

    // Never heard of, so nothing is waited for.
    let story = with_pager().await;
    let key = &story.context.field_key;
    notification_channels::set_hook(story.db().write(), key, "pager", "new")
        .await
        .unwrap();
    story.opens(Critical).await;
    story.after(850).await;
    story.expect(&["+0 pager p-1 problem", "+0 pager p-2 problem"]);
}

#[tokio::test]
async fn who_is_told_to_have_not_been_reached_is_told_elsewhere_at_once() {
    let story = with_pager().await;
    answers(&story.pager, [accepted("m-1"), accepted("m-2")]);
    story.channel("room", true, &["#ops"]).await;
    story.opens(Critical).await;
    story.after(50).await;
    let receipt = Receipt {
        ids: vec!["m-1".into()],
        fate: Fate::Failed,
        words: "131026".into(),
    };
    let (registry, now) = (&story.context.registry, story.clock.now());
    receipts::take_one(story.db(), registry, "pager", &receipt, now)
        .await
        .unwrap();
    story.after(1).await;
    story.expect(&[
        "+0 pager p-1 problem",
        "+0 pager p-2 problem",
        "+50 room #ops problem",
    ]);
}

/// Taken and refused again and again it never waited long enough, so nobody else was told sooner.
#[tokio::test]
async fn what_is_refused_after_every_send_brings_the_next_step_forward_as_well() {
    for fate in [Fate::Later, Fate::Failed] {
        let story = with_pager().await;
        story.channel("pager", true, &["p-1"]).await;
        answers(
            &story.pager,
            [accepted("m-1"), accepted("m-2"), accepted("m-3")],
        );
        let id = story.opens(Critical).await;
        story.after(1).await;
        for n in 1..4 {
            let receipt = Receipt {
                ids: vec![format!("m-{n}")],
                fate,
                words: "again".into(),
            };
            let (registry, now) = (&story.context.registry, story.clock.now());
            receipts::take_one(story.db(), registry, "pager", &receipt, now)
                .await
                .unwrap();
            story.after(59).await;
        }
        assert!(texts(&story, id, "step_brought_forward").await.is_empty());
        story.after(60).await;
        let said = "p-1 was not reached by pager within 3 min: the next step comes now.";
        assert_eq!(
            texts(&story, id, "step_brought_forward").await,
            [said],
            "{fate:?}"
        );
    }
}

#[tokio::test]
async fn the_next_pass_keeps_its_distance() {
    let steps = vec![over(&["pager"], step(0, &[]))];
    let story = Story::with(1, steps).await;
    story.channel("pager", true, &["p-1"]).await;
    story.pager_tells_of_arrivals().await;
    story.opens(Critical).await;
    story.after(899).await;
    story.expect(&["+0 pager p-1 problem"]);
}

//! Stories of nodes that die, or stop, with messages in hand.

use super::super::conclude::conclude;
use super::super::{Bundling, Slot, claim, give_back, put_off, send};
use super::*;
use crate::escalation::fire::fire;
use crate::incident::actions::Action;
use crate::notify::channel::Outcome;
use crate::notify::storm::StormLimit;
use crate::notify::story::{Story, step};
use noc_pipeline::clock::Clock;
use noc_pipeline::control::Severity::{self, Critical, High};
use noc_storage::relational::deliveries::bundles::Bundle;
use noc_storage::relational::executions;

/// An incident whose message a node has taken to be sent.
async fn taken(story: &Story) -> (i64, Bundle) {
    let id = story.opens(High).await;
    story.clock.advance(Duration::from_secs(120));
    fires(story, id).await;
    let message = claim(&story.context, "email", 1).await.unwrap().remove(0);
    (id, message)
}

/// Its step is due, and queues its message.
async fn fires(story: &Story, incident: i64) {
    let row = executions::of_incident(story.db().read(), incident).await;
    let (row, now) = (row.unwrap().unwrap(), story.clock.now());
    fire(story.db(), &story.context.registry, row.id, now)
        .await
        .unwrap();
}

/// An incident whose message is queued.
async fn queues(story: &Story, severity: Severity) -> i64 {
    let id = story.opens(severity).await;
    fires(story, id).await;
    id
}

/// Somebody is told, and the organisation is not.
async fn story() -> Story {
    let story = Story::with(0, vec![step(0, &["admin"])]).await;
    story.channel("email", true, &[]).await;
    story
}

/// [`story`], where nobody is told more than so many messages in so many seconds.
async fn limited(messages: u32, seconds: u64) -> Story {
    let limit = StormLimit {
        messages,
        window: Duration::from_secs(seconds),
    };
    let bundling = Bundling {
        storm: Some(limit),
        ..Bundling::default()
    };
    let story = Story::bundling(0, vec![step(0, &["admin"])], bundling).await;
    story.channel("email", true, &[]).await;
    story
}

/// What a node does with a message that it has taken.
async fn sends(story: &Story, message: Bundle) {
    let email = story.context.registry.get("email").unwrap().clone();
    send(&story.context, email.as_ref(), message, Slot::free()).await;
}

/// It was sent, its node died before it could say so, and the trouble was over before anybody else had the message: its
/// recipient was never told of that.
#[tokio::test]
async fn who_may_have_been_told_hears_how_it_ended() {
    let story = story().await;
    let (id, _lost) = taken(&story).await;
    story.after(10).await;
    story.resolves(id).await;
    story.after(49).await;
    story.expect(&[]);
    story.after(20).await;
    story.expect(&["+180 email ada@noc.test recovery"]);
    let over =
        "expired: the incident was resolved before this was sent; it may have arrived all the same";
    assert_eq!(story.states().await, [over, "sent"]);
}

/// Where it is known that nothing was sent nobody hears that it is over.
#[tokio::test]
async fn who_was_not_told_hears_nothing() {
    let story = story().await;
    let (id, message) = taken(&story).await;
    give_back(&story.context, message).await;
    story.resolves(id).await;
    story.after(100).await;
    story.expect(&[]);
    assert_eq!(
        story.states().await,
        ["cancelled: the incident was resolved before this was sent"]
    );
}

/// One that opened again is told of anew; and who may have been told of it before hears once that it is over.
#[tokio::test]
async fn what_may_have_arrived_is_told_once_it_is_sent_again() {
    let story = story().await;
    let (id, lost) = taken(&story).await;
    story.after(61).await;
    story.expect(&["+180 email ada@noc.test problem"]);
    // The node was only frozen: what it says now changes nothing.
    sends(&story, lost).await;
    story.expect(&[]);
    story.resolves(id).await;
    story.after(1).await;
    story.expect(&["+181 email ada@noc.test recovery"]);
}

/// It counted as never tried when it was held back, and then left with others under another id.
#[tokio::test]
async fn what_was_tried_stays_a_message_of_its_own_while_it_is_held_back() {
    let story = story().await;
    let limited = Outcome::Retry {
        reason: "429".into(),
        after: Some(Duration::from_secs(20)),
    };
    story.email.answers.lock().push_back(limited);
    let id = story.opens(High).await;
    story.after(121).await;
    story.expect(&["+120 email ada@noc.test problem"]);
    let until = story.clock.now().plus(Duration::from_secs(600));
    story.acts(id, Action::Snooze { until }).await.unwrap();
    story.after(60).await;
    story.expect(&[]);
    let row = &story.deliveries().await[0];
    assert_eq!((row.status.as_str(), row.attempts), ("retrying", 0));
    assert!(
        row.wanted_at == row.next_attempt_at && row.wanted_at > Some(row.created_at),
        "its provider is not late with what we hold back: {row:?}"
    );
}

/// While what may have arrived is being sent again its recipient hears nothing of the end: that would come before the
/// trouble itself. Afterwards they do, whatever came of it.
#[tokio::test]
async fn word_of_the_end_does_not_overtake_what_is_being_sent_again() {
    for outcome in [
        Outcome::Accepted { provider_id: None },
        Outcome::Retry {
            reason: "503".into(),
            after: None,
        },
        Outcome::Permanent {
            reason: "550".into(),
        },
    ] {
        let story = story().await;
        let (id, _lost) = taken(&story).await;
        story.clock.advance(Duration::from_secs(61));
        let mut again = claim(&story.context, "email", 1).await.unwrap().remove(0);
        // It was still true when its send began.
        story.resolves(id).await;
        assert_eq!(story.deliveries().await.len(), 1, "nobody is told yet");
        let (row, now) = (again.rows.remove(0), story.clock.now());
        let conclusion = conclude(&row, outcome, now, now, Duration::ZERO);
        let email = story.context.registry.get("email").unwrap().clone();
        settle(&story.context, email.as_ref(), vec![(row, conclusion)]).await;
        story.after(1).await;
        story.expect(&["+181 email ada@noc.test recovery"]);
        story.after(100).await;
        story.expect(&[]);
    }
}

/// Who was told of it, and is just being called once more: that call comes before word of the end, and what comes of it
/// changes nothing.
#[tokio::test]
async fn word_of_the_end_does_not_overtake_a_second_alarm() {
    for outcome in [
        Outcome::Accepted { provider_id: None },
        Outcome::Retry {
            reason: "503".into(),
            after: None,
        },
        Outcome::Permanent {
            reason: "550".into(),
        },
    ] {
        let story = Story::with(0, vec![step(0, &["admin"]), step(60, &["admin"])]).await;
        story.channel("email", true, &[]).await;
        let id = story.opens(Critical).await;
        story.after(1).await;
        story.expect(&["+0 email ada@noc.test problem"]);
        story.clock.advance(Duration::from_secs(59));
        fires(&story, id).await;
        let mut second = claim(&story.context, "email", 1).await.unwrap().remove(0);
        story.resolves(id).await;
        assert_eq!(story.deliveries().await.len(), 2, "nobody is told yet");
        let (row, now) = (second.rows.remove(0), story.clock.now());
        let conclusion = conclude(&row, outcome, now, now, Duration::ZERO);
        let email = story.context.registry.get("email").unwrap().clone();
        settle(&story.context, email.as_ref(), vec![(row, conclusion)]).await;
        story.after(100).await;
        story.expect(&["+60 email ada@noc.test recovery"]);
        assert_eq!(story.deliveries().await.len(), 3);
    }
}

/// It is known that the second alarm did not leave: word of the end follows once that is seen.
#[tokio::test]
async fn word_of_the_end_follows_a_second_alarm_that_went_back() {
    let story = Story::with(0, vec![step(0, &["admin"]), step(60, &["admin"])]).await;
    story.channel("email", true, &[]).await;
    let id = story.opens(Critical).await;
    story.after(1).await;
    story.expect(&["+0 email ada@noc.test problem"]);
    story.clock.advance(Duration::from_secs(59));
    fires(&story, id).await;
    let second = claim(&story.context, "email", 1).await.unwrap().remove(0);
    story.resolves(id).await;
    give_back(&story.context, second).await;
    story.after(5).await;
    story.expect(&["+60 email ada@noc.test recovery"]);
}

/// Its node was stopped for so long that its claim was over before it began: it is known that nothing was sent.
#[tokio::test]
async fn what_was_not_begun_in_time_goes_back_and_is_no_doubt() {
    let story = story().await;
    let (id, late) = taken(&story).await;
    story.clock.advance(Duration::from_secs(61));
    sends(&story, late).await;
    assert_eq!(story.states().await, ["queued"]);
    story.resolves(id).await;
    story.after(100).await;
    story.expect(&[]);
    assert_eq!(
        story.states().await,
        ["cancelled: the incident was resolved before this was sent"]
    );
}

/// Its claim was over a moment after it began to send: so it was sent by two nodes.
#[tokio::test]
async fn what_would_not_leave_before_its_claim_is_over_is_not_begun() {
    for (seconds, heard) in [(47, 1), (48, 0), (59, 0)] {
        let story = story().await;
        let (_, late) = taken(&story).await;
        story.clock.advance(Duration::from_secs(seconds));
        sends(&story, late).await;
        assert_eq!(story.email.heard.lock().len(), heard, "after {seconds} s");
        story.after(1).await;
        assert_eq!(
            story.email.heard.lock().len(),
            1,
            "it is due, and told once"
        );
    }
}

/// What went back because its node stopped, or its recipient was to be left alone, was counted each time it was taken: so the
/// limit of a storm held back what nobody had been told.
#[tokio::test]
async fn what_goes_back_does_not_count_towards_the_limit_of_a_storm() {
    let story = limited(3, 600).await;
    let (_, first) = taken(&story).await;
    give_back(&story.context, first).await;
    for again in 0..6 {
        let message = claim(&story.context, "email", 1).await.unwrap().remove(0);
        if again % 2 == 0 {
            give_back(&story.context, message).await;
        } else {
            let soon = story.clock.now();
            put_off(&story.context, message, soon).await;
        }
    }
    story.opens(Critical).await;
    story.after(1).await;
    story.expect(&["+120 email ada@noc.test problem"; 2]);
}

/// The limit is used up, and the first critical went back twice before it left: it counted as told.
#[tokio::test]
async fn a_first_critical_that_goes_back_is_the_first_all_the_same() {
    let story = limited(1, 600).await;
    let (_, mild) = taken(&story).await;
    sends(&story, mild).await;
    story.expect(&["+120 email ada@noc.test problem"]);
    queues(&story, Critical).await;
    for _ in 0..2 {
        let message = claim(&story.context, "email", 1).await.unwrap().remove(0);
        give_back(&story.context, message).await;
    }
    story.after(1).await;
    story.expect(&["+120 email ada@noc.test problem"]);
}

/// What is held back by a rule was counted each time that was found out, once a minute.
#[tokio::test]
async fn what_there_was_nothing_to_send_of_does_not_count() {
    let story = limited(2, 7_200).await;
    let (id, message) = taken(&story).await;
    give_back(&story.context, message).await;
    let until = story.clock.now().plus(Duration::from_secs(600));
    story.acts(id, Action::Snooze { until }).await.unwrap();
    story.after(540).await;
    story.expect(&[]);
    story.opens(High).await;
    story.after(125).await;
    story.expect(&[
        "+720 email ada@noc.test problem",
        "+780 email ada@noc.test problem",
    ]);
}

/// A node that stops had the turn of a recipient whose messages are kept apart: the next one has it then.
#[tokio::test]
async fn what_goes_back_passes_its_turn_on() {
    let story = story().await;
    let (id, first) = taken(&story).await;
    give_back(&story.context, first).await;
    let now = story.clock.now();
    let apart = story.db().transaction("test", |tx| {
        Box::pin(async move {
            let pause = Duration::from_secs(20);
            deliveries::keep_distance(tx, "email", "ada@noc.test", pause, now).await
        })
    });
    let apart: Result<(), noc_storage::relational::StoreError> = apart.await;
    apart.unwrap();
    story.clock.advance(Duration::from_secs(20));
    let message = claim(&story.context, "email", 1).await.unwrap().remove(0);
    assert!(message.next_at.is_some());
    give_back(&story.context, message).await;
    story.after(1).await;
    story.expect(&["+140 email ada@noc.test problem"]);
    story.resolves(id).await;
}

/// A recipient's limit is over after a few seconds: what was refused is not kept for longer than that.
#[tokio::test]
async fn who_is_to_be_left_alone_for_seconds_is_told_after_seconds() {
    let story = story().await;
    let crowded = Outcome::Crowded {
        reason: "131056".into(),
        after: Duration::from_secs(6),
    };
    story.email.answers.lock().push_back(crowded);
    story.opens(Critical).await;
    story.after(10).await;
    story.expect(&[
        "+0 email ada@noc.test problem",
        "+6 email ada@noc.test problem",
    ]);
}

/// A critical of which its recipient was told long ago stood for one that they were not told of.
#[tokio::test]
async fn what_was_told_long_ago_does_not_stand_for_what_goes_back() {
    let story = limited(2, 600).await;
    let long_ago = queues(&story, Critical).await;
    story.after(1).await;
    story.resolves(long_ago).await;
    story.after(1_299).await;
    story.expect(&[
        "+0 email ada@noc.test problem",
        "+1 email ada@noc.test recovery",
    ]);
    let mild = [story.opens(High).await, story.opens(High).await];
    story.clock.advance(Duration::from_secs(120));
    fires(&story, mild[0]).await;
    queues(&story, Critical).await;
    let mut taken = claim(&story.context, "email", 2).await.unwrap();
    assert_eq!(taken.len(), 2);
    let in_a_moment = story.clock.now().plus(Duration::from_secs(5));
    put_off(&story.context, taken.remove(0), in_a_moment).await;
    sends(&story, taken.remove(0)).await;
    fires(&story, mild[1]).await;
    story.after(10).await;
    story.expect(&[
        "+1420 email ada@noc.test problem",
        "+1420 email ada@noc.test problem",
        "+1425 email ada@noc.test problem",
    ]);
}

/// A message about three, a critical among them, that counts as the one that may leave.
async fn of_three(story: &Story) -> (i64, Bundle) {
    let mild = [story.opens(High).await, story.opens(High).await];
    story.clock.advance(Duration::from_secs(120));
    for incident in mild {
        fires(story, incident).await;
    }
    let critical = queues(story, Critical).await;
    let message = claim(&story.context, "email", 9).await.unwrap().remove(0);
    assert_eq!(message.rows.len(), 3);
    (critical, message)
}

/// The critical of a message was over before that left: its recipient counted as told of one, and the next was held back.
#[tokio::test]
async fn a_critical_that_falls_out_of_a_message_was_not_told() {
    let story = limited(1, 600).await;
    let (critical, message) = of_three(&story).await;
    story.resolves(critical).await;
    sends(&story, message).await;
    story.expect(&["+120 email ada@noc.test problem"]);
    queues(&story, Critical).await;
    story.after(1).await;
    story.expect(&["+120 email ada@noc.test problem"]);
    queues(&story, Critical).await;
    story.after(1).await;
    story.expect(&[]);
}

/// A message about several that went back stayed counted when there was nothing to say of it any more.
#[tokio::test]
async fn a_message_about_several_that_goes_back_does_not_count() {
    let story = limited(1, 600).await;
    let (critical, message) = of_three(&story).await;
    give_back(&story.context, message).await;
    story.resolves(critical).await;
    queues(&story, Critical).await;
    story.after(1).await;
    story.expect(&["+120 email ada@noc.test problem"]);
    let states = story.states().await;
    let sent = states.iter().filter(|state| state.starts_with("sent"));
    assert_eq!(sent.count(), 3, "{states:?}");
}

/// A message that was to show whether its provider is back went back: nobody tried for up to two minutes.
#[tokio::test]
async fn what_goes_back_leaves_the_try_of_its_channel_to_the_next() {
    let story = story().await;
    for _ in 0..3 {
        story.email.answers.lock().push_back(Outcome::Unavailable {
            reason: "no answer".into(),
        });
    }
    story.opens(High).await;
    story.after(280).await;
    assert_eq!(story.email.heard.lock().len(), 3, "its provider is away");
    let (_, probe) = taken(&story).await;
    let at_once = story.clock.now();
    put_off(&story.context, probe, at_once).await;
    assert_eq!(claim(&story.context, "email", 9).await.unwrap().len(), 1);
}

/// A database that is away for a while did not learn that nothing of a message left: that was a doubt then.
#[tokio::test]
async fn what_goes_back_is_offered_for_as_long_as_it_is_claimed() {
    let story = story().await;
    let (_, message) = taken(&story).await;
    let row = &message.rows[0];
    let away = || StoreError::Timeout {
        operation: "give deliveries back",
        limit_ms: 1_000,
    };
    let offered = std::cell::Cell::new(0);
    let given = patiently(&story.context, row, || {
        offered.set(offered.get() + 1);
        std::future::ready(if offered.get() < 2 {
            Err(away())
        } else {
            Ok(())
        })
    });
    given.await.unwrap();
    assert_eq!(offered.get(), 2);
    story.clock.advance(Duration::from_secs(60));
    let refused = patiently(&story.context, row, || std::future::ready(Err(away())));
    assert!(refused.await.is_err());
}

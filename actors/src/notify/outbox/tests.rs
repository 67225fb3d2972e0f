//! The rules of delivery, told as stories.

use super::deliver::deliver;
use super::{LEASE, Slot, claim, record_for_tests};
use crate::escalation::fire::fire;
use crate::incident::actions::Action;
use crate::notify::channel::Outcome;
use crate::notify::message::Kind;
use crate::notify::story::{BEGIN, Story, step};
use noc_pipeline::clock::{Clock, UnixMs};
use noc_pipeline::control::Severity::{Critical, High};
use noc_storage::relational::deliveries::{Ending, NewDelivery, Status};
use noc_storage::relational::entity::notification_channel;
use noc_storage::relational::entity::notification_delivery::Model;
use noc_storage::relational::notification_channels::ChannelDraft;
use noc_storage::relational::{deliveries, executions, notification_channels, timeline};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};

/// How a message ends that the provider took.
const SENT: Ending = Ending {
    status: Status::Sent,
    attempts: 1,
    next_attempt_at: None,
    provider_id: None,
    reason: None,
};

fn busy(reason: &str) -> Outcome {
    Outcome::Retry {
        reason: reason.into(),
        after: None,
    }
}

/// Someone who may page looks for the first time: the incident's first step fires, nothing is sent yet.
async fn fire_first(story: &Story, incident: i64) {
    let row = executions::of_incident(story.db().read(), incident).await;
    let (row, now) = (row.unwrap().unwrap(), story.clock.now());
    let fired = fire(story.db(), &story.context.registry, row.id, now).await;
    assert!(!fired.unwrap().deliveries.is_empty());
}

/// [`fire_first`], and a worker takes the message.
async fn claim_first(story: &Story, incident: i64) -> Model {
    fire_first(story, incident).await;
    let mut claimed = claim(&story.context, "email", 10).await.unwrap();
    claimed.remove(0).rows.remove(0)
}

#[tokio::test]
async fn retries_follow_the_schedule_and_end_after_six_sends() {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    story.channel("email", true, &[]).await;
    story.opens(High).await;
    for _ in 0..6 {
        story.email.answers.lock().push_back(busy("451 try later"));
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
    story.email.answers.lock().push_back(busy("451"));
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
    let claimed = claim_first(&story, id).await;
    // The provider takes it; before that is written down, the incident ends.
    story.resolves(id).await;
    record_for_tests(&story.context, &claimed, SENT.clone())
        .await
        .unwrap();
    story.after(5).await;
    story.expect(&["+0 email bob@noc.test recovery"]);
}

#[tokio::test]
async fn a_message_that_leaves_while_its_server_is_disabled_is_followed_by_the_end_of_monitoring() {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    story.channel("email", true, &[]).await;
    let id = story.opens(Critical).await;
    let claimed = claim_first(&story, id).await;
    story.is_withdrawn(id).await;
    record_for_tests(&story.context, &claimed, SENT.clone())
        .await
        .unwrap();
    story.after(600).await;
    story.expect(&["+0 email bob@noc.test recovery"]);
    let said = story.email.messages.lock()[0].subject.clone();
    assert_eq!(said, "⚪ [monitoring ended] Server down: web-09");
}

#[tokio::test]
async fn a_claimed_message_is_judged_again_before_it_leaves() {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    story.channel("email", true, &[]).await;
    let id = story.opens(Critical).await;
    let claimed = claim_first(&story, id).await;
    story.acts(id, Action::Acknowledge).await.unwrap();
    deliver(&story.context, &story.email, claimed, Slot::free()).await;
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
    let taken = claim_first(&story, id).await;
    assert!(claim(&story.context, "email", 10).await.unwrap().is_empty());
    story.after(60).await;
    story.expect(&["+60 email bob@noc.test problem"]);
    assert_eq!(
        story.email.messages.lock()[0].delivery.to_string(),
        taken.delivery_uuid
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
    fire_first(&story, id).await;
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
    story.email.answers.lock().extend(vec![busy("dead"); 3]);
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

fn away() -> Outcome {
    Outcome::Unavailable {
        reason: "connection refused".into(),
    }
}

async fn email(story: &Story) -> notification_channel::Model {
    let row = notification_channels::by_key(story.db().read(), "email").await;
    row.unwrap().unwrap()
}

/// What was heard since the last time: how many at which second.
fn heard(story: &Story) -> Vec<(String, usize)> {
    let heard = std::mem::take(&mut *story.email.heard.lock());
    let mut out: Vec<(String, usize)> = Vec::new();
    for line in heard {
        let at = line.split(' ').next().unwrap().to_owned();
        match out.last_mut().filter(|(last, _)| *last == at) {
            Some((_, n)) => *n += 1,
            None => out.push((at, 1)),
        }
    }
    out
}

fn at(counts: &[(&str, usize)]) -> Vec<(String, usize)> {
    counts
        .iter()
        .map(|(at, n)| ((*at).to_owned(), *n))
        .collect()
}

/// A dead server was once tried for each of 300 waiting messages, four at a time and 10 s each.
#[tokio::test]
async fn a_provider_that_is_away_is_tried_by_one_message_at_a_time_and_none_is_lost() {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    story.channel("email", true, &[]).await;
    for _ in 0..50 {
        story.opens(Critical).await;
    }
    story.email.answers.lock().extend(vec![away(); 4 + 3]);
    story.after(1).await;
    assert_eq!(heard(&story), at(&[("+0", 4)]));
    let waiting: Vec<_> = story.states().await.into_iter().skip(4).collect();
    let why = "queued: waits for the channel, which does not work since 2026-11-21 22:26:40 UTC \
               and is tried again at least every 120 s: connection refused";
    assert_eq!(waiting, vec![why; 46]);
    let row = email(&story).await;
    assert_eq!((row.healthy, row.failures), (false, 3));
    assert_eq!(row.unhealthy_since.map(UnixMs::from), Some(BEGIN));

    // One message at 15, 45 and 105 s; then it is back, and all of them leave at the next try.
    story.after(223).await;
    assert_eq!(heard(&story), at(&[("+15", 1), ("+45", 1), ("+105", 1)]));
    story.after(1).await;
    assert_eq!(heard(&story), at(&[("+225", 50)]));
    assert_eq!(story.states().await, vec!["sent"; 50]);
    let row = email(&story).await;
    assert_eq!((row.healthy, row.failures), (true, 0));
    assert_eq!((row.unhealthy_since, row.probe_at), (None, None));
}

#[tokio::test]
async fn an_answer_that_is_no_yes_is_an_answer() {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    story.channel("email", true, &[]).await;
    for _ in 0..6 {
        story.opens(Critical).await;
    }
    let answers = [away(), away(), busy("450 greylisted"), away(), away()];
    story.email.answers.lock().extend(answers);
    story.after(1).await;
    assert_eq!(heard(&story), at(&[("+0", 6)]), "never three in a row");
    assert!(email(&story).await.healthy);
}

#[tokio::test]
async fn a_try_that_had_nothing_to_send_is_followed_by_another() {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    story.channel("email", true, &[]).await;
    for _ in 0..4 {
        story.opens(Critical).await;
    }
    story.email.answers.lock().extend(vec![away(); 4]);
    story.after(1).await;
    story.email.heard.lock().clear();
    story.after(5).await;
    let last = story.opens(Critical).await;
    fire_first(&story, last).await;
    // The oldest that waits is of an incident that ends while nobody takes its message back.
    let mut row = story.incident(last).await.into_active_model();
    row.status = Set("resolved".into());
    row.update(story.db().write()).await.unwrap();
    story.after(25).await;
    assert_eq!(heard(&story), at(&[("+30", 4)]));
}

#[tokio::test]
async fn new_settings_are_tried_at_once() {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    story.channel("email", true, &[]).await;
    for _ in 0..4 {
        story.opens(Critical).await;
    }
    story.email.answers.lock().extend(vec![away(); 4]);
    story.after(2).await;
    assert_eq!(heard(&story), at(&[("+0", 4)]));
    let id = story.opens(Critical).await;
    story.after(1).await;
    assert_eq!(heard(&story), [], "{id} waits");
    let (key, now) = (&story.context.field_key, story.clock.now());
    let draft = ChannelDraft {
        enabled: true,
        settings: serde_json::Map::new(),
        secrets: None,
    };
    let put = notification_channels::put(story.db().write(), key, "email", draft, now);
    put.await.unwrap();
    story.after(1).await;
    assert_eq!(heard(&story), at(&[("+3", 1)]));
}

/// The chat that a channel's settings name.
async fn chat_of(story: &Story) -> serde_json::Value {
    email(story).await.settings["chat_id"].clone()
}

async fn goes_to_chat(story: &Story, chat: &str) {
    let settings = serde_json::json!({ "chat_id": chat });
    let draft = ChannelDraft {
        enabled: true,
        settings: settings.as_object().unwrap().clone(),
        secrets: None,
    };
    let (key, now) = (&story.context.field_key, story.clock.now());
    let put = notification_channels::put(story.db().write(), key, "email", draft, now);
    put.await.unwrap();
}

fn moved(to: &str) -> Outcome {
    Outcome::Migrated {
        setting: "chat_id",
        to: to.into(),
    }
}

#[tokio::test]
async fn a_recipient_that_moved_is_followed_at_once_and_remembered() {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    goes_to_chat(&story, "bob@noc.test").await;
    story.email.answers.lock().push_back(moved("-1001"));
    story.opens(Critical).await;
    story.after(1).await;
    story.expect(&["+0 email bob@noc.test problem", "+0 email -1001 problem"]);
    assert_eq!(story.states().await, ["sent"]);
    assert_eq!(chat_of(&story).await, "-1001");
    let messages = story.email.messages.lock();
    assert_eq!(messages[0].delivery, messages[1].delivery);
}

#[tokio::test]
async fn what_somebody_set_meanwhile_is_not_overwritten_by_a_move() {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    goes_to_chat(&story, "another").await;
    story.email.answers.lock().push_back(moved("-1001"));
    story.opens(Critical).await;
    story.after(1).await;
    assert_eq!(story.states().await, ["sent"]);
    assert_eq!(chat_of(&story).await, "another");
}

#[tokio::test]
async fn who_moves_on_and_on_is_tried_again_later() {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    goes_to_chat(&story, "bob@noc.test").await;
    story
        .email
        .answers
        .lock()
        .extend([moved("-1"), moved("-2")]);
    story.opens(Critical).await;
    story.after(1).await;
    assert_eq!(heard(&story), at(&[("+0", 2)]));
    assert_eq!(
        story.states().await,
        ["retrying: the recipient moved twice in a row, now to -2"]
    );
}

fn refused() -> Outcome {
    Outcome::Permanent {
        reason: "401 wrong password".into(),
    }
}

#[tokio::test]
async fn that_a_channel_stopped_working_is_said_once_over_another() {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    story.channel("email", true, &[]).await;
    story.channel("room", true, &["#ops"]).await;
    story.opens(Critical).await;
    story.opens(Critical).await;
    story.email.answers.lock().extend([refused(), refused()]);
    story.after(5).await;
    story.expect(&[
        "+0 email bob@noc.test problem",
        "+0 email bob@noc.test problem",
        "+0 room #ops notice",
        "+0 room #ops problem",
        "+0 room #ops problem",
    ]);
    // It works again, and stops once more.
    story.opens(Critical).await;
    story.after(5).await;
    story.expect(&["+5 email bob@noc.test problem"]);
    story.opens(Critical).await;
    story.email.answers.lock().push_back(refused());
    story.after(5).await;
    story.expect(&[
        "+10 email bob@noc.test problem",
        "+10 room #ops notice",
        "+10 room #ops problem",
    ]);
}

#[tokio::test]
async fn where_nothing_else_works_nobody_is_told_and_a_dead_provider_is_told_of_when_it_is_given_up()
 {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    story.channel("email", true, &[]).await;
    story.channel("room", true, &["#ops"]).await;
    story.opens(Critical).await;
    story.email.answers.lock().extend(vec![away(); 2]);
    story.after(31).await;
    assert_eq!(
        heard(&story),
        at(&[("+0", 1), ("+30", 2)]),
        "twice is no rule, but the page goes to the room as well"
    );
    story.email.answers.lock().push_back(away());
    story.after(120).await;
    story.expect(&["+150 email bob@noc.test problem", "+150 room #ops notice"]);
    assert_eq!(story.states().await.len(), 3);

    let alone = Story::with(0, vec![step(0, &["operator"])]).await;
    alone.opens(Critical).await;
    alone.email.answers.lock().push_back(refused());
    alone.after(5).await;
    assert!(
        alone
            .deliveries()
            .await
            .iter()
            .all(|row| row.kind != "notice")
    );
}

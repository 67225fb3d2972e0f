//! Stories of what providers tell afterwards.

mod limits;

use super::*;
use crate::escalation::fire::fire;
use crate::notify::channel::Outcome;
use crate::notify::outbox::{Slot, claim, send};
use crate::notify::story::{Story, step};
use noc_pipeline::clock::Clock;
use noc_pipeline::control::Severity::High;
use noc_storage::relational::deliveries::Status;
use noc_storage::relational::deliveries::bundles::Bundle;
use noc_storage::relational::entity::notification_channel;
use noc_storage::relational::executions;
use noc_storage::relational::notification_channels::ChannelDraft;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, IntoActiveModel};
use std::time::Duration;

fn receipt(id: &str, fate: Fate) -> Receipt {
    Receipt {
        ids: vec![id.to_owned()],
        fate,
        words: format!("it says {}", fate.name()),
    }
}

impl Story {
    async fn is_told(&self, receipt: &Receipt) -> bool {
        let (registry, now) = (&self.context.registry, self.clock.now());
        let moved = take_one(self.db(), registry, "pager", receipt, now).await;
        !moved.unwrap().is_empty()
    }

    async fn pager(&self) -> notification_channel::Model {
        let row = notification_channels::by_key(self.db().read(), "pager").await;
        row.unwrap().unwrap()
    }

    /// One more incident, whose message the pager takes under this id.
    async fn is_taken(&self, id: &str) -> i64 {
        self.pager.answers.lock().push_back(accepted(id));
        let incident = self.opens(High).await;
        self.after(121).await;
        incident
    }

    /// One more incident, whose message a worker has taken to be sent.
    async fn fires_and_claims(&self) -> Bundle {
        let id = self.opens(High).await;
        self.clock.advance(Duration::from_secs(120));
        let row = executions::of_incident(self.db().read(), id).await;
        let (row, now) = (row.unwrap().unwrap(), self.clock.now());
        fire(self.db(), &self.context.registry, row.id, now)
            .await
            .unwrap();
        claim(&self.context, "pager", 1).await.unwrap().remove(0)
    }

    /// Writes down that the first message of a claim was taken under this id, and no more.
    async fn is_noted(&self, claimed: &Bundle, id: &str) {
        let sent = deliveries::Ending {
            status: Status::Sent,
            attempts: 1,
            next_attempt_at: None,
            provider_id: Some(id.to_owned()),
            reason: None,
        };
        let now = self.clock.now();
        deliveries::finish(self.db().write(), &claimed.rows[0], sent, now)
            .await
            .unwrap();
    }

    async fn becomes(&self, delivery: i64, kind: Kind) {
        let row = deliveries::get(self.db().read(), delivery).await;
        let mut row = row.unwrap().unwrap().into_active_model();
        row.kind = Set(kind.name().to_owned());
        row.update(self.db().write()).await.unwrap();
    }

    async fn attempts(&self, id: i64) -> Vec<String> {
        let rows = deliveries::attempts_of(self.db().read(), id).await.unwrap();
        let rows = rows.into_iter();
        rows.map(|row| format!("{}: {}", row.outcome, row.detail))
            .collect()
    }
}

fn accepted(id: &str) -> Outcome {
    Outcome::Accepted {
        provider_id: Some(id.to_owned()),
    }
}

async fn with_pager() -> Story {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    story.channel("pager", true, &["p-1"]).await;
    story.pager_tells_of_arrivals().await;
    story.route_to_channels(&["pager"]).await;
    story
}

#[tokio::test]
async fn a_delivery_moves_on_once_whatever_the_order_and_however_often() {
    let story = with_pager().await;
    story.pager.answers.lock().push_back(accepted("m-1"));
    story.opens(High).await;
    story.after(121).await;
    story.expect(&["+120 pager p-1 problem"]);
    assert!(!story.is_told(&receipt("m-1", Fate::OnItsWay)).await);
    assert!(!story.is_told(&receipt("of-others", Fate::Delivered)).await);
    assert_eq!(story.states().await, ["sent"]);
    assert!(story.is_told(&receipt("m-1", Fate::Read)).await);
    for fate in [Fate::Delivered, Fate::OnItsWay, Fate::Failed, Fate::Read] {
        assert!(!story.is_told(&receipt("m-1", fate)).await, "{fate:?}");
    }
    assert_eq!(story.states().await, ["delivered"]);
    let id = story.deliveries().await[0].id;
    assert_eq!(
        story.attempts(id).await,
        [
            "sent: m-1",
            "read: it says read",
            "delivered: it says delivered",
            "failed: it says failed",
        ],
        "each word stands there once"
    );
}

#[tokio::test]
async fn who_was_not_reached_stands_in_the_timeline_and_hears_of_no_recovery() {
    let story = with_pager().await;
    story.pager.answers.lock().push_back(accepted("m-1"));
    let id = story.opens(High).await;
    story.after(121).await;
    story.expect(&["+120 pager p-1 problem"]);
    assert!(story.is_told(&receipt("m-1", Fate::Failed)).await);
    assert_eq!(story.states().await, ["failed: it says failed"]);
    let entries = timeline::of_incident(story.db().read(), id).await.unwrap();
    let last = entries.last().unwrap();
    assert_eq!(last.kind, "delivery_failed");
    assert_eq!(
        last.detail["text"],
        "p-1 was not reached by pager: it says failed"
    );
    story.resolves(id).await;
    story.after(60).await;
    story.expect(&[]);
}

#[tokio::test]
async fn what_is_told_before_the_answer_is_written_down_counts() {
    let story = with_pager().await;
    let claimed = story.fires_and_claims().await;
    assert!(!story.is_told(&receipt("m-1", Fate::Delivered)).await);
    story.pager.answers.lock().push_back(accepted("m-1"));
    let pager = story.context.registry.get("pager").unwrap().clone();
    send(&story.context, pager.as_ref(), claimed, Slot::free()).await;
    assert_eq!(story.states().await, ["delivered"]);
    story.expect(&["+120 pager p-1 problem"]);
}

#[tokio::test]
async fn a_word_that_nobody_lived_to_apply_is_applied_at_the_next_look() {
    let story = with_pager().await;
    let claimed = story.fires_and_claims().await;
    assert!(!story.is_told(&receipt("m-1", Fate::Delivered)).await);
    // Its id is written down, and then whoever did that dies.
    story.is_noted(&claimed, "m-1").await;
    assert_eq!(story.states().await, ["sent"]);
    story.after(1).await;
    assert_eq!(story.states().await, ["delivered"]);
    story.expect(&[]);
}

#[tokio::test]
async fn a_word_that_cannot_be_applied_waits_and_ends_no_look() {
    let story = with_pager().await;
    let claimed = story.fires_and_claims().await;
    assert!(!story.is_told(&receipt("m-1", Fate::Delivered)).await);
    story.is_noted(&claimed, "m-1").await;
    let db = story.db().write();
    for refuse in [
        "create table torn (id bigint not null, foreign key (id) references early_receipts (id))",
        "insert into torn select id from early_receipts",
    ] {
        db.execute_unprepared(refuse).await.unwrap();
    }
    story.after(1).await;
    assert_eq!(story.states().await, ["sent"]);
    db.execute_unprepared("drop table torn").await.unwrap();
    story.after(1).await;
    assert_eq!(story.states().await, ["delivered"]);
    story.expect(&[]);
}

#[tokio::test]
async fn one_word_is_about_everything_that_left_in_its_message() {
    let story = with_pager().await;
    let answers = [accepted("m-1"), accepted("m-1"), accepted("m-2")];
    story.pager.answers.lock().extend(answers);
    for _ in 0..3 {
        story.opens(High).await;
    }
    story.after(121).await;
    assert!(story.is_told(&receipt("m-1", Fate::Delivered)).await);
    assert_eq!(story.states().await, ["delivered", "delivered", "sent"]);
}

#[tokio::test]
async fn what_the_provider_could_not_do_now_is_sent_again_under_the_same_delivery_id() {
    let story = with_pager().await;
    let incident = story.is_taken("m-1").await;
    story.expect(&["+120 pager p-1 problem"]);
    assert!(story.is_told(&receipt("m-1", Fate::Later)).await);
    assert_eq!(story.states().await, ["retrying: it says later"]);
    // Told once more, it says nothing of the send to come.
    assert!(!story.is_told(&receipt("m-1", Fate::Later)).await);
    assert!(!story.is_told(&receipt("m-1", Fate::Failed)).await);
    story.pager.answers.lock().push_back(accepted("m-2"));
    story.after(30).await;
    story.expect(&["+151 pager p-1 problem"]);
    assert_eq!(story.states().await, ["sent"]);
    assert!(!story.is_told(&receipt("m-1", Fate::Failed)).await);
    assert!(story.is_told(&receipt("m-2", Fate::Delivered)).await);
    assert_eq!(story.states().await, ["delivered"]);
    let id = story.deliveries().await[0].id;
    assert_eq!(
        story.attempts(id).await,
        [
            "sent: m-1",
            "retry: it says later",
            "sent: m-2",
            "delivered: it says delivered",
        ]
    );
    let messages = story.pager.messages.lock().clone();
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[0].delivery, messages[1].delivery);
    assert!(story.pager().await.healthy);
    story.resolves(incident).await;
    story.after(1).await;
    story.expect(&["+151 pager p-1 recovery"]);
}

#[tokio::test]
async fn six_sends_that_come_to_nothing_afterwards_are_a_failure() {
    let story = with_pager().await;
    story.is_taken("m-0").await;
    let mut sent_at = vec![story.deliveries().await[0].sent_at.unwrap()];
    for (n, pause) in [30, 120, 480, 1_920, 7_200].into_iter().enumerate() {
        story.outage(1);
        let told = receipt(&format!("m-{n}"), Fate::Later);
        assert!(story.is_told(&told).await);
        let next = accepted(&format!("m-{}", n + 1));
        story.pager.answers.lock().push_back(next);
        story.after(pause).await;
        sent_at.push(story.deliveries().await[0].sent_at.unwrap());
    }
    let pauses: Vec<_> = sent_at
        .windows(2)
        .map(|two| (two[1] - two[0]).num_seconds())
        .collect();
    assert_eq!(pauses, [32, 121, 481, 1_921, 7_201]);
    assert!(story.is_told(&receipt("m-5", Fate::Later)).await);
    assert_eq!(story.states().await, ["failed: it says later"]);
    let row = &story.deliveries().await[0];
    assert_eq!(row.attempts, 6);
}

#[tokio::test]
async fn what_left_as_one_message_leaves_as_one_again() {
    let story = with_pager().await;
    let servers = story.servers("web", 3, &["rack:r1"]).await;
    story.pager.answers.lock().push_back(accepted("m-1"));
    let mut incidents = Vec::new();
    for server in servers {
        incidents.push(story.breaks(server, "service_down", High).await);
    }
    story.after(121).await;
    story.expect(&["+120 pager p-1 problem"]);
    // One of them was tried before.
    let mut tried = story.deliveries().await.remove(0).into_active_model();
    tried.attempts = Set(2);
    tried.update(story.db().write()).await.unwrap();
    assert!(story.is_told(&receipt("m-1", Fate::Later)).await);
    let rows = story.deliveries().await;
    assert_eq!(rows.len(), 3);
    for row in rows {
        let again = story.clock.now().plus(Duration::from_secs(120));
        assert_eq!(row.next_attempt_at, Some(again.to_datetime()));
        assert_eq!(row.attempts, 2);
    }
    // What is over meanwhile is not said again.
    story.resolves(incidents[2]).await;
    story.after(120).await;
    story.expect(&["+241 pager p-1 problem"]);
    let messages = story.pager.messages.lock().clone();
    assert_eq!(messages[0].delivery, messages[1].delivery);
    assert_eq!((messages[0].fields.len(), messages[1].fields.len()), (3, 2));
    assert_eq!(story.deliveries().await[2].status, "cancelled");
}

#[tokio::test]
async fn a_day_that_is_used_up_pauses_the_channel_and_costs_no_attempt() {
    let story = with_pager().await;
    story.is_taken("m-1").await;
    story.expect(&["+120 pager p-1 problem"]);
    assert!(story.is_told(&receipt("m-1", Fate::Tomorrow)).await);
    story.opens(High).await;
    // Midnight is 93 minutes away.
    story.after(5_400).await;
    story.expect(&[]);
    story.after(200).await;
    story.expect(&["+5600 pager p-1 problem", "+5600 pager p-1 problem"]);
    assert_eq!(story.deliveries().await[0].attempts, 1);
}

#[tokio::test]
async fn what_refuses_everybody_afterwards_is_said_over_another_channel_once_a_day() {
    let story = with_pager().await;
    story.is_taken("m-1").await;
    story.expect(&["+120 pager p-1 problem"]);
    assert!(story.is_told(&receipt("m-1", Fate::Barred)).await);
    let row = story.pager().await;
    assert!(!row.healthy);
    assert_eq!(row.last_error.as_deref(), Some("it says barred"));
    story.after(1).await;
    story.expect(&["+121 email team@noc.test notice"]);
    // That the next is taken shows nothing.
    story.is_taken("m-2").await;
    assert!(!story.pager().await.healthy);
    assert!(story.is_told(&receipt("m-2", Fate::Barred)).await);
    // One arrives, and the next does not: nothing new.
    story.is_taken("m-3").await;
    assert!(story.is_told(&receipt("m-3", Fate::Delivered)).await);
    assert!(story.pager().await.healthy);
    story.is_taken("m-4").await;
    assert!(story.is_told(&receipt("m-4", Fate::Barred)).await);
    assert!(!story.pager().await.healthy);
    story.after(1).await;
    let heard = std::mem::take(&mut *story.email.heard.lock());
    assert!(
        heard.iter().all(|line| line.contains(" pager ")),
        "{heard:?}"
    );
    // The next day it is said again, where it works and stops again.
    story.is_taken("m-5").await;
    assert!(story.is_told(&receipt("m-5", Fate::Delivered)).await);
    story.outage(24 * 3_600);
    story.is_taken("m-6").await;
    story.email.heard.lock().clear();
    assert!(story.is_told(&receipt("m-6", Fate::Barred)).await);
    story.after(1).await;
    let heard = std::mem::take(&mut *story.email.heard.lock());
    assert!(
        heard
            .iter()
            .any(|line| line.ends_with("team@noc.test notice")),
        "{heard:?}"
    );
}

#[tokio::test]
async fn one_that_left_before_the_refusal_shows_nothing_by_arriving_and_new_settings_do() {
    let story = with_pager().await;
    story.is_taken("m-1").await;
    story.is_taken("m-2").await;
    assert!(story.is_told(&receipt("m-2", Fate::Barred)).await);
    assert!(story.is_told(&receipt("m-1", Fate::Delivered)).await);
    assert!(!story.pager().await.healthy, "it left before");
    story.channel("pager", true, &["p-1"]).await;
    assert!(!story.pager().await.healthy, "nobody has tried them");
    story.is_taken("m-3").await;
    assert!(story.pager().await.healthy);
}

#[tokio::test]
async fn what_is_about_one_recipient_says_nothing_of_the_channel() {
    let story = with_pager().await;
    story.is_taken("m-1").await;
    assert!(story.is_told(&receipt("m-1", Fate::Failed)).await);
    assert!(story.pager().await.healthy);
    // Nor does a code sent to an address that nobody has proven.
    story.is_taken("m-2").await;
    let last = story.deliveries().await.pop().unwrap().id;
    story.becomes(last, Kind::Verification).await;
    assert!(story.is_told(&receipt("m-2", Fate::Barred)).await);
    assert!(story.pager().await.healthy);
    // The message of the day is there to show it.
    story.is_taken("m-3").await;
    let last = story.deliveries().await.pop().unwrap().id;
    story.becomes(last, Kind::Canary).await;
    assert!(story.is_told(&receipt("m-3", Fate::Failed)).await);
    assert!(!story.pager().await.healthy);
}

#[tokio::test]
async fn a_test_is_not_sent_again_behind_the_back_of_whoever_looks_at_it() {
    let story = with_pager().await;
    story.is_taken("m-1").await;
    let id = story.deliveries().await[0].id;
    story.becomes(id, Kind::Test).await;
    assert!(story.is_told(&receipt("m-1", Fate::Later)).await);
    assert_eq!(story.states().await, ["failed: it says later"]);
}

/// The notice was taken back, and nothing said it again.
#[tokio::test]
async fn a_notice_that_was_taken_back_is_said_when_it_is_true_again() {
    let story = with_pager().await;
    let busy = Outcome::Retry {
        reason: "451 later".into(),
        after: None,
    };
    story.email.answers.lock().extend([busy.clone(), busy]);
    story.is_taken("m-1").await;
    assert!(story.is_told(&receipt("m-1", Fate::Barred)).await);
    story.after(1).await;
    assert!(story.pager().await.doubted);
    story.is_taken("m-3").await;
    assert!(story.is_told(&receipt("m-3", Fate::Delivered)).await);
    assert!(story.pager().await.healthy);
    story.after(60).await;
    let notice = async || {
        let mut rows = story.deliveries().await;
        rows.retain(|row| row.kind == Kind::Notice.name());
        assert_eq!(rows.len(), 1);
        rows.remove(0).status
    };
    assert_eq!(notice().await, "expired");
    story.is_taken("m-4").await;
    assert!(story.is_told(&receipt("m-4", Fate::Barred)).await);
    story.after(1).await;
    assert_eq!(notice().await, "sent");
}

/// A test that was taken, or word about what left by other settings, said what was not so.
#[tokio::test]
async fn what_left_by_other_settings_says_nothing_of_the_channel_and_what_is_taken_heals_no_doubt()
{
    let story = with_pager().await;
    story.is_taken("m-1").await;
    story.is_taken("m-2").await;
    assert!(story.is_told(&receipt("m-1", Fate::Barred)).await);
    let now = story.clock.now();
    notification_channels::set_health(story.db().write(), "pager", None, now)
        .await
        .unwrap();
    let row = story.pager().await;
    assert!(!row.healthy && row.doubted);
    let (key, draft) = (
        &story.context.field_key,
        ChannelDraft {
            enabled: true,
            settings: serde_json::json!({"recipients": ["p-1"]})
                .as_object()
                .unwrap()
                .clone(),
            secrets: None,
        },
    );
    notification_channels::put(story.db().write(), key, "pager", draft, now)
        .await
        .unwrap();
    story.is_taken("m-3").await;
    assert!(story.pager().await.healthy);
    assert!(story.is_told(&receipt("m-2", Fate::Barred)).await);
    assert!(story.pager().await.healthy);
    assert!(story.is_told(&receipt("m-3", Fate::Barred)).await);
    assert!(!story.pager().await.healthy);
}

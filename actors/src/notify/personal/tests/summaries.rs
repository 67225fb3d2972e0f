//! Where a summary goes, what it told, and what a death leaves behind.

use super::*;
use crate::notify::channel::receipt::{Fate, Receipt};
use crate::notify::outbox;
use crate::notify::receipts;
use noc_storage::relational::deliveries::{self, Ending, Status};
use noc_storage::relational::entity::notification_delivery;
use noc_storage::relational::escalation_policies::StepDraft;
use noc_storage::relational::quiet_holds;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ActiveValue::Unchanged};

const FIRST: &str = "+8801700000001";
const SECOND: &str = "+8801700000002";

/// Everything goes to Bob's telephone.
async fn by_phone() -> Story {
    let phone = StepDraft {
        channels: vec!["whatsapp".into()],
        ..step(0, &["operator"])
    };
    let story = Story::with(0, vec![phone]).await;
    story.channel("email", true, &[]).await;
    story.channel("whatsapp", true, &[]).await;
    story
}

async fn verified(story: &Story, number: &str) -> i64 {
    let contact = add(story, "whatsapp", number).await;
    let proven = contact::ActiveModel {
        id: Unchanged(contact.id),
        verified_at: Set(Some(BEGIN.to_datetime())),
        ..Default::default()
    };
    proven.update(story.db().write()).await.unwrap().id
}

/// Quiet at night; told by mail, and by telephone where there is one.
fn at(phone: Option<i64>) -> PreferencesDraft {
    let mut draft = quiet();
    if phone.is_some() {
        let choice = ChannelChoice {
            enabled: true,
            contact_id: phone,
        };
        draft.channels.insert("whatsapp".to_owned(), choice);
    }
    draft
}

/// It went to the channel that held it back, whatever its person had switched off since.
#[tokio::test]
async fn a_summary_goes_where_its_person_is_told_now_and_so_does_the_end() {
    let story = by_phone().await;
    let phone = verified(&story, FIRST).await;
    prefers(&story, BOB, at(Some(phone))).await;
    let id = story.opens(High).await;
    story.after(600).await;
    story.expect(&[]);
    prefers(&story, BOB, at(None)).await;
    story.after(MORNING - 600).await;
    story.expect(&["+30800 email bob@noc.test summary"]);
    assert_eq!(story.states().await, [TOLD, "sent"]);
    story.resolves(id).await;
    story.after(60).await;
    story.expect(&["+30800 email bob@noc.test recovery"]);
}

#[tokio::test]
async fn another_number_chosen_at_night_is_told_in_the_morning() {
    let story = by_phone().await;
    let first = verified(&story, FIRST).await;
    prefers(&story, BOB, at(Some(first))).await;
    let id = story.opens(High).await;
    story.after(600).await;
    let second = verified(&story, SECOND).await;
    prefers(&story, BOB, at(Some(second))).await;
    story.opens(High).await;
    story.after(MORNING - 600).await;
    story.expect(&[&format!("+30800 whatsapp {SECOND} summary")]);
    story.resolves(id).await;
    story.after(60).await;
    story.expect(&[&format!("+30800 whatsapp {SECOND} recovery")]);
}

#[tokio::test]
async fn with_every_channel_off_nobody_is_told_and_nothing_stays_held() {
    let story = by_phone().await;
    let phone = verified(&story, FIRST).await;
    prefers(&story, BOB, at(Some(phone))).await;
    story.opens(High).await;
    story.after(600).await;
    let off = PreferencesDraft {
        channels: BTreeMap::new(),
        ..quiet()
    };
    prefers(&story, BOB, off).await;
    story.after(MORNING).await;
    story.expect(&[]);
    let held = quiet_holds::people(story.db().read()).await.unwrap();
    assert_eq!(held, Vec::<i64>::new());
}

fn taken() -> Ending {
    Ending {
        status: Status::Sent,
        attempts: 1,
        next_attempt_at: None,
        provider_id: None,
        reason: None,
    }
}

/// Whether the summary named it was guessed from the time at which it ended.
#[tokio::test]
async fn what_ends_while_its_summary_is_on_its_way_is_told_to_be_over() {
    let story = to_bob().await;
    prefers(&story, BOB, quiet()).await;
    let (named, not_named) = (story.opens(High).await, story.opens(High).await);
    story.after(600).await;
    story.outage(MORNING - 600);
    let now = story.clock.now();
    assert_eq!(summary::look(story.db(), now).await.unwrap(), 1);
    let mut claimed = outbox::claim(&story.context, "email", 1).await.unwrap();
    let row = claimed.remove(0).rows.remove(0);
    // It is put together, and while the mail server reads it both of them end.
    quiet_holds::name(story.db().write(), row.id, &[named], now)
        .await
        .unwrap();
    story.resolves(named).await;
    story.resolves(not_named).await;
    story.outage(5);
    outbox::record_for_tests(&story.context, &row, taken())
        .await
        .unwrap();
    story.after(60).await;
    story.expect(&["+30805 email bob@noc.test recovery"]);
    assert_eq!(story.states().await, [TOLD, HELD, "sent", "sent"]);
}

/// A message that is held back, whose worker died before its row said so.
async fn left_by_the_dead(story: &Story) {
    let row = story.deliveries().await.remove(0);
    let left = notification_delivery::ActiveModel {
        id: Unchanged(row.id),
        status: Set("sending".to_owned()),
        reason: Set(None),
        lease_until: Set(Some(story.clock.now().to_datetime())),
        ..Default::default()
    };
    left.update(story.db().write()).await.unwrap();
}

/// Released, it was judged as if it had never been held, and told twice.
#[tokio::test]
async fn what_was_held_by_one_who_died_is_told_in_the_summary_alone() {
    for hours_later in [0, 9] {
        let story = to_bob().await;
        prefers(&story, BOB, quiet()).await;
        let id = story.opens(High).await;
        story.after(600).await;
        assert_eq!(story.states().await, [HELD]);
        left_by_the_dead(&story).await;
        story.outage(hours_later * 3_600);
        story.after(MORNING - 600).await;
        let told = MORNING.max(600 + hours_later * 3_600);
        story.expect(&[&format!("+{told} email bob@noc.test summary")]);
        assert_eq!(story.states().await, [TOLD, "sent"]);
        story.resolves(id).await;
        story.after(60).await;
        let heard = std::mem::take(&mut *story.email.heard.lock());
        assert_eq!(heard.len(), 1, "{heard:?}");
        assert!(heard[0].ends_with("bob@noc.test recovery"), "{heard:?}");
    }
}

/// A message asked for by hand at the next night was held by a hold that was over: no summary told of it.
#[tokio::test]
async fn what_is_asked_for_by_hand_in_the_next_quiet_hours_is_in_their_summary() {
    let story = to_bob().await;
    prefers(&story, BOB, quiet()).await;
    story.opens(High).await;
    story.after(600).await;
    let refused = Outcome::Permanent {
        reason: "552 too large".into(),
    };
    story.email.answers.lock().push_back(refused);
    story.after(DAY - 600).await;
    story.expect(&["+30800 email bob@noc.test summary"]);
    assert_eq!(story.states().await, [HELD, "failed: 552 too large"]);
    let row = story.deliveries().await.remove(0);
    let queued = deliveries::requeue(story.db().write(), row.id, story.clock.now()).await;
    assert!(queued.unwrap());
    story.after(3_600).await;
    assert_eq!(story.states().await[0], HELD);
    story.after(DAY).await;
    let second = DAY + MORNING;
    story.expect(&[&format!("+{second} email bob@noc.test summary")]);
    assert_eq!(
        story.states().await,
        [TOLD, "failed: 552 too large", "sent"]
    );
}

/// It counted as told although it never arrived, and sent again it would have had nothing to tell.
#[tokio::test]
async fn a_summary_that_did_not_arrive_tells_nobody_and_says_the_same_when_it_is_sent_again() {
    let story = to_bob().await;
    prefers(&story, BOB, quiet()).await;
    let id = story.opens(High).await;
    let taken = Outcome::Accepted {
        provider_id: Some("s-1".into()),
    };
    story.email.answers.lock().push_back(taken);
    story.after(MORNING).await;
    story.expect(&["+30800 email bob@noc.test summary"]);
    assert_eq!(story.states().await, [TOLD, "sent"]);
    let told = |fate| Receipt {
        ids: vec!["s-1".into()],
        fate,
        words: "later".into(),
    };
    let (registry, now) = (&story.context.registry, story.clock.now());
    let moved = receipts::take_one(story.db(), registry, "email", &told(Fate::Later), now).await;
    assert_eq!(moved.unwrap().len(), 1);
    let untold = "suppressed: the summary at the end of quiet hours that told it did not arrive";
    assert_eq!(story.states().await, [untold, "retrying: later"]);
    story.after(30).await;
    story.expect(&["+30830 email bob@noc.test summary"]);
    assert_eq!(story.states().await, [TOLD, "sent"]);
    story.resolves(id).await;
    story.after(1).await;
    story.expect(&["+30830 email bob@noc.test recovery"]);
}

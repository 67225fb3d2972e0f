//! Somebody whom the step's channel does not reach is told at their own next address, not the organisation.

use super::*;
use crate::notify::personal::EMAIL;
use noc_storage::relational::contacts::{self, NewContact};
use noc_storage::relational::entity::contact;
use noc_storage::relational::notification_preferences::{self, ChannelChoice, PreferencesDraft};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use std::collections::BTreeMap;

pub(super) const BOB: i64 = 2;
const NUMBER: &str = "+8801712345678";

/// [`with_room`], and WhatsApp, which is in no step and reaches people alone.
async fn with_whatsapp() -> Story {
    let story = with_room().await;
    story.channel("whatsapp", true, &[]).await;
    story
}

/// Bob adds his number; it counts once he proves it.
async fn number(story: &Story, proved: bool) -> contact::Model {
    let (key, db) = (&story.context.field_key, story.db().write());
    let new = NewContact {
        user_id: BOB,
        channel: "whatsapp".into(),
        address: NUMBER.into(),
        address_key: NUMBER.into(),
        secret: None,
    };
    let now = story.clock.now();
    let contact = contacts::create(db, key, new, now).await.unwrap();
    if proved {
        contacts::prove(db, &contact, now).await.unwrap();
    }
    contact
}

fn refused() -> Outcome {
    Outcome::Permanent {
        reason: "550 no such user".into(),
    }
}

pub(super) async fn prefers(
    story: &Story,
    channels: &[(&str, bool, Option<i64>)],
    quiet: (i32, i32),
) {
    saves(story, channels, quiet, false).await;
}

/// Bob saves where he is told, and when he wants to be left alone; `always`: whatever is wrong.
pub(super) async fn saves(
    story: &Story,
    channels: &[(&str, bool, Option<i64>)],
    quiet: (i32, i32),
    always: bool,
) {
    let choices = channels.iter().map(|&(channel, enabled, contact_id)| {
        let choice = ChannelChoice {
            enabled,
            contact_id,
        };
        (channel.to_owned(), choice)
    });
    let draft = PreferencesDraft {
        channels: choices.collect::<BTreeMap<_, _>>(),
        severities: vec!["critical".into()],
        quiet_start: quiet.0,
        quiet_end: quiet.1,
        timezone: "UTC".into(),
        block_critical: always,
        digest_enabled: false,
        digest_minute: 9 * 60,
    };
    notification_preferences::put(story.db().write(), BOB, draft, story.clock.now())
        .await
        .unwrap();
}

#[tokio::test]
async fn the_same_person_is_told_at_their_own_next_address_and_the_room_hears_nothing() {
    let story = with_whatsapp().await;
    number(&story, true).await;
    answers(&story.email, [busy("451 later"), busy("451 later")]);
    let id = story.opens(Critical).await;
    story.after(29).await;
    story.expect(&["+0 email bob@noc.test problem"]);
    story.after(171).await;
    story.expect_in_any_order(&[
        "+150 email bob@noc.test problem",
        "+30 email bob@noc.test problem",
        &format!("+30 whatsapp {NUMBER} problem"),
    ]);
    let said = format!(
        "bob@noc.test was not accepted by email within 30 s: 451 later; sent over whatsapp to {NUMBER}."
    );
    assert_eq!(texts(&story, id, "failed_over").await, [said]);
    let instead = &story.deliveries().await[1];
    assert_eq!(instead.user_id, Some(BOB), "he may take it on by its link");
    story.resolves(id).await;
    story.after(5).await;
    story.expect_in_any_order(&[
        "+200 email bob@noc.test recovery",
        &format!("+200 whatsapp {NUMBER} recovery"),
    ]);
}

#[tokio::test]
async fn a_number_that_was_not_proved_or_is_switched_off_is_passed_over_for_the_room() {
    let story = with_whatsapp().await;
    number(&story, false).await;
    answers(&story.email, [refused()]);
    let id = story.opens(Critical).await;
    story.after(1).await;
    let to_the_room =
        "bob@noc.test was not reached by email: 550 no such user; sent over room to #ops.";
    assert_eq!(texts(&story, id, "failed_over").await, [to_the_room]);

    let story = with_whatsapp().await;
    let own = number(&story, true).await;
    let off = [(EMAIL, true, None), ("whatsapp", false, Some(own.id))];
    prefers(&story, &off, (0, 0)).await;
    answers(&story.email, [refused()]);
    let id = story.opens(Critical).await;
    story.after(1).await;
    assert_eq!(texts(&story, id, "failed_over").await, [to_the_room]);
}

#[tokio::test]
async fn quiet_hours_are_no_delay_of_the_provider() {
    let story = with_whatsapp().await;
    let own = number(&story, true).await;
    // The story begins at 22:26:40.
    let choices = [(EMAIL, true, None), ("whatsapp", true, Some(own.id))];
    prefers(&story, &choices, (22 * 60, 23 * 60)).await;
    let id = story.opens(High).await;
    story.after(300).await;
    story.expect(&[]);
    story.rises(id, Critical).await;
    story.after(300).await;
    // It pierces now, and nothing is said to have been late.
    story.expect(&["+300 email bob@noc.test problem"]);
    assert!(texts(&story, id, "failed_over").await.is_empty());
}

#[tokio::test]
async fn what_waits_for_its_own_time_is_not_late_until_that_is_over() {
    let story = with_whatsapp().await;
    number(&story, true).await;
    let id = story.opens(Critical).await;
    let now = story.clock.now();
    for (execution, _) in executions::due_until(story.db().write(), now)
        .await
        .unwrap()
    {
        crate::escalation::fire::fire(story.db(), &story.context.registry, execution, now)
            .await
            .unwrap();
    }
    // As a group or a limit lets a message wait: by a later time in its row.
    let mut row = story.deliveries().await[0].clone().into_active_model();
    let until = now.plus(Duration::from_secs(60));
    row.next_attempt_at = Set(Some(until.to_datetime()));
    row.wanted_at = Set(Some(until.to_datetime()));
    row.update(story.db().write()).await.unwrap();
    answers(&story.email, [busy("451 later"), busy("451 later")]);
    story.after(59).await;
    story.expect(&[]);
    // From then on its provider has as long as for any other.
    story.after(30).await;
    story.expect(&["+60 email bob@noc.test problem"]);
    assert!(texts(&story, id, "failed_over").await.is_empty());
    story.after(1).await;
    story.expect_in_any_order(&[
        "+90 email bob@noc.test problem",
        &format!("+90 whatsapp {NUMBER} problem"),
    ]);
}

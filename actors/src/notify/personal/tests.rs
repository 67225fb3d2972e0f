//! Stories begin on 2026-11-21 at 22:26:40 UTC: 07:00 is 30800 s later, 09:00 is 38000 s.

use super::{digest, summary, trial, verify};
use crate::incident::actions::Action;
use crate::notify::channel::Outcome;
use crate::notify::story::{BEGIN, Story, step};
use chrono::{Days, NaiveDate};
use noc_pipeline::clock::{Clock, UnixMs};
use noc_pipeline::control::Severity::{Critical, High, Info, Low, Medium};
use noc_storage::relational::contacts::{self, NewContact};
use noc_storage::relational::entity::contact;
use noc_storage::relational::notification_preferences::{self, ChannelChoice, PreferencesDraft};
use noc_storage::relational::on_call_schedules::{self, Rotation, ScheduleDraft};
use noc_storage::relational::{StoreError, users};
use std::collections::BTreeMap;

mod codes;
mod digests;
mod summaries;
mod switches;
mod trials;

const BOB: i64 = 2;
const DAY: u64 = 86_400;
/// Until 07:00.
const MORNING: u64 = 30_800;
/// Until 09:00.
const NINE: u64 = 38_000;

const HELD: &str =
    "suppressed: quiet hours, 22:00 to 07:00 UTC: in the summary at their end, if it is still open";
const TOLD: &str = "sent: told in the summary at the end of quiet hours";

/// E-mail at the account's own address, quiet from 22:00 to 07:00 UTC.
fn quiet() -> PreferencesDraft {
    let own = ChannelChoice {
        enabled: true,
        contact_id: None,
    };
    PreferencesDraft {
        channels: BTreeMap::from([("email".to_owned(), own)]),
        severities: vec!["critical".into(), "high".into()],
        quiet_start: 22 * 60,
        quiet_end: 7 * 60,
        timezone: "UTC".into(),
        block_critical: false,
        digest_enabled: false,
        digest_minute: 9 * 60,
    }
}

/// A digest at 09:00 UTC and no quiet hours.
fn daily() -> PreferencesDraft {
    PreferencesDraft {
        quiet_end: 22 * 60,
        digest_enabled: true,
        ..quiet()
    }
}

async fn prefers(story: &Story, user: i64, draft: PreferencesDraft) {
    let now = story.clock.now();
    notification_preferences::put(story.db().write(), user, draft, now)
        .await
        .unwrap();
}

/// Everything goes to Bob alone, once.
async fn to_bob() -> Story {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    story.channel("email", true, &[]).await;
    story
}

async fn add(story: &Story, channel: &str, address: &str) -> contact::Model {
    let new = NewContact {
        user_id: BOB,
        channel: channel.into(),
        address: address.into(),
        address_key: address.into(),
        secret: None,
    };
    let key = &story.context.field_key;
    contacts::create(story.db().write(), key, new, BEGIN)
        .await
        .unwrap()
}

async fn bobs_contact(story: &Story) -> contact::Model {
    let all = contacts::of_user(story.db().write(), BOB).await.unwrap();
    all.into_iter().next().unwrap()
}

#[tokio::test]
async fn quiet_hours_hold_back_and_end_in_one_summary_of_what_is_open() {
    let story = to_bob().await;
    prefers(&story, BOB, quiet()).await;
    let (first, over) = (story.opens(High).await, story.opens(High).await);
    story.after(600).await;
    let third = story.opens(Medium).await;
    story.after(600).await;
    story.resolves(over).await;
    story.after(MORNING - 1_201).await;
    story.expect(&[]);
    assert_eq!(story.states().await, [HELD, HELD, HELD]);
    story.after(1).await;
    story.expect(&["+30800 email bob@noc.test summary"]);
    let message = story.email.messages.lock().last().unwrap().clone();
    assert_eq!(message.title, "While it was quiet: 2 incidents are open");
    assert!(
        message.lead.ends_with("One more ended meanwhile."),
        "{}",
        message.lead
    );
    assert_eq!(message.fields.len(), 2);
    assert_eq!(story.states().await, [TOLD, HELD, TOLD, "sent"]);

    // Told of in the summary is told: its end goes to the same people, and nothing more of the other's.
    story.resolves(first).await;
    story.after(60).await;
    story.expect(&["+30800 email bob@noc.test recovery"]);
    story.resolves(third).await;
    story.after(DAY).await;
    story.expect(&["+30860 email bob@noc.test recovery"]);
}

#[tokio::test]
async fn nothing_is_said_in_the_morning_of_what_was_over_by_then() {
    let story = to_bob().await;
    prefers(&story, BOB, quiet()).await;
    let id = story.opens(High).await;
    story.after(3_600).await;
    story.resolves(id).await;
    story.after(2 * DAY).await;
    story.expect(&[]);
    assert_eq!(story.states().await, [HELD]);
}

#[tokio::test]
async fn what_somebody_took_on_at_night_and_is_still_open_is_in_the_summary() {
    let story = to_bob().await;
    prefers(&story, BOB, quiet()).await;
    let id = story.opens(Medium).await;
    story.after(600).await;
    story.acts(id, Action::Acknowledge).await.unwrap();
    story.after(MORNING).await;
    story.expect(&["+30800 email bob@noc.test summary"]);
    let message = story.email.messages.lock().last().unwrap().clone();
    assert!(
        message.fields[0]
            .value
            .contains("acknowledged by ada@noc.test")
    );
}

#[tokio::test]
async fn critical_pierces_quiet_hours_unless_they_say_otherwise() {
    let story = to_bob().await;
    prefers(&story, BOB, quiet()).await;
    let id = story.opens(Critical).await;
    story.after(1).await;
    story.resolves(id).await;
    story.after(10).await;
    story.expect(&[
        "+0 email bob@noc.test problem",
        "+1 email bob@noc.test recovery",
    ]);
    let deaf = PreferencesDraft {
        block_critical: true,
        ..quiet()
    };
    prefers(&story, BOB, deaf).await;
    let id = story.opens(Critical).await;
    story.after(10).await;
    story.expect(&[]);
    story.acts(id, Action::Acknowledge).await.unwrap();
    story.outage(MORNING);
    story.after(1).await;
    // Nobody looked at 07:00: it is told as soon as somebody does. The owner is asked meanwhile.
    let late = format!("+{} email bob@noc.test summary", 21 + MORNING);
    let heard = story.email.heard.lock().clone();
    assert!(heard.contains(&late), "{heard:?}");
}

/// Judged by how bad it is when it is sent: high at 23:00 that is critical at 02:00 pages then.
#[tokio::test]
async fn what_gets_critical_at_night_pages_then_and_needs_no_summary() {
    let story = to_bob().await;
    let short = PreferencesDraft {
        quiet_end: 22 * 60 + 40,
        ..quiet()
    };
    prefers(&story, BOB, short).await;
    let id = story.opens(High).await;
    story.after(500).await;
    story.expect(&[]);
    story.rises(id, Critical).await;
    // 22:40 is 800 s after the beginning.
    story.after(340).await;
    story.expect(&["+500 email bob@noc.test problem"]);
    story.resolves(id).await;
    story.after(60).await;
    story.expect(&["+840 email bob@noc.test recovery"]);
}

#[tokio::test]
async fn whoever_is_on_duty_has_no_quiet_hours_and_no_digest() {
    let story = to_bob().await;
    let all = PreferencesDraft {
        digest_enabled: true,
        ..quiet()
    };
    prefers(&story, BOB, all).await;
    let today = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
    let draft = ScheduleDraft {
        name: "Night".into(),
        timezone: "UTC".into(),
        rotation: Rotation::Daily,
        handoff_minute: 0,
        starts_on: today.checked_sub_days(Days::new(3)).unwrap(),
        members: vec![BOB],
    };
    let made = story.db().transaction("test", |tx| {
        let draft = draft.clone();
        Box::pin(async move { on_call_schedules::create(tx, draft, BEGIN).await })
    });
    made.await.map_err(|e: StoreError| e).unwrap();
    story.opens(High).await;
    story.after(3_600).await;
    story.expect(&["+120 email bob@noc.test problem"]);
}

#[tokio::test]
async fn coming_on_duty_or_ending_quiet_hours_by_hand_tells_at_once() {
    let story = to_bob().await;
    prefers(&story, BOB, quiet()).await;
    story.opens(High).await;
    story.after(600).await;
    story.expect(&[]);
    let none = PreferencesDraft {
        quiet_end: 22 * 60,
        ..quiet()
    };
    prefers(&story, BOB, none).await;
    story.after(1).await;
    story.expect(&["+600 email bob@noc.test summary"]);
}

#[tokio::test]
async fn a_recovery_waits_for_the_end_of_quiet_hours() {
    let story = to_bob().await;
    let later = PreferencesDraft {
        quiet_start: 23 * 60,
        ..quiet()
    };
    prefers(&story, BOB, later).await;
    let id = story.opens(High).await;
    story.after(3_600).await;
    story.resolves(id).await;
    story.after(60).await;
    story.expect(&["+120 email bob@noc.test problem"]);
    assert_eq!(
        story.states().await,
        ["sent", "queued: quiet hours, 23:00 to 07:00 UTC"]
    );
    story.after(DAY).await;
    story.expect(&["+30800 email bob@noc.test recovery"]);
}

#[tokio::test]
async fn two_nodes_that_end_the_same_quiet_hours_send_one_summary() {
    let story = to_bob().await;
    prefers(&story, BOB, quiet()).await;
    story.opens(High).await;
    story.opens(High).await;
    story.after(600).await;
    story.outage(MORNING);
    let now = story.clock.now();
    let (one, two, three) = tokio::join!(
        summary::look(story.db(), now),
        summary::look(story.db(), now),
        summary::look(story.db(), now),
    );
    assert_eq!(one.unwrap() + two.unwrap() + three.unwrap(), 1);
    story.after(60).await;
    story.expect(&[&format!("+{} email bob@noc.test summary", 600 + MORNING)]);
}

#[tokio::test]
async fn the_digest_takes_the_place_of_mail_and_tells_what_paged_nobody() {
    let story = to_bob().await;
    prefers(&story, BOB, daily()).await;
    let blip = story.opens(High).await;
    story.after(60).await;
    story.resolves(blip).await;
    story.opens(Info).await;
    story.opens(Low).await;
    let high = story.opens(High).await;
    let critical = story.opens(Critical).await;
    story.after(300).await;
    story.resolves(critical).await;
    story.after(60).await;
    story.expect(&[
        "+60 email bob@noc.test problem",
        "+360 email bob@noc.test recovery",
    ]);
    assert!(
        story
            .states()
            .await
            .contains(&"suppressed: in the daily digest at 09:00 UTC".to_owned())
    );
    story.after(NINE - 420).await;
    story.expect(&["+38000 email bob@noc.test digest"]);
    let message = story.email.messages.lock().last().unwrap().clone();
    assert_eq!(message.title, "5 began, 2 ended, 3 open");
    assert_eq!(
        message.fields[0].name, "high",
        "open ones first, the worst first"
    );

    // A quiet day has none; the next covers what happened since the last one that was made.
    story.after(DAY).await;
    story.expect(&[]);
    story.resolves(high).await;
    story.after(DAY).await;
    story.expect(&[&format!("+{} email bob@noc.test digest", NINE + 2 * 86_400)]);
    let message = story.email.messages.lock().last().unwrap().clone();
    assert_eq!(message.title, "0 began, 1 ended, 2 open");
}

#[tokio::test]
async fn two_nodes_that_come_to_the_hour_make_one_digest_also_after_days_without_any() {
    let story = to_bob().await;
    prefers(&story, BOB, daily()).await;
    story.opens(Low).await;
    story.outage(NINE + 3 * DAY + 3_600);
    let now = story.clock.now();
    let (one, two) = tokio::join!(digest::look(story.db(), now), digest::look(story.db(), now));
    assert_eq!(one.unwrap() + two.unwrap(), 1);
    story.after(60).await;
    story.expect(&[&format!(
        "+{} email bob@noc.test digest",
        NINE + 3 * DAY + 3_600
    )]);
}

#[tokio::test]
async fn a_flat_list_tells_who_asked_and_takes_out_who_switched_mail_off() {
    let story = to_bob().await;
    let own = ["team@noc.test", "ADA@noc.test", "bob@noc.test"];
    story.channel("email", true, &own).await;
    story.route_to_channels(&["email"]).await;
    let off = PreferencesDraft {
        channels: BTreeMap::new(),
        quiet_end: 22 * 60,
        ..quiet()
    };
    prefers(&story, 1, off).await;
    let cyn = PreferencesDraft {
        quiet_end: 22 * 60,
        ..quiet()
    };
    prefers(&story, 3, cyn).await;
    story.opens(High).await;
    story.after(300).await;
    story.expect_in_any_order(&[
        "+120 email bob@noc.test problem",
        "+120 email cyn@noc.test problem",
        "+120 email team@noc.test problem",
    ]);
    story.opens(Medium).await;
    story.after(600).await;
    story.expect_in_any_order(&[
        "+600 email bob@noc.test problem",
        "+600 email team@noc.test problem",
    ]);
}

#[tokio::test]
async fn nothing_reaches_a_person_who_changed_their_mind_or_left_before_it_was_sent() {
    let story = to_bob().await;
    let id = story.opens(High).await;
    story.after(119).await;
    let busy = Outcome::Retry {
        reason: "451 later".into(),
        after: None,
    };
    story.email.answers.lock().push_back(busy);
    story.after(5).await;
    story.expect(&["+120 email bob@noc.test problem"]);
    let off = PreferencesDraft {
        channels: BTreeMap::new(),
        quiet_end: 22 * 60,
        ..quiet()
    };
    prefers(&story, BOB, off).await;
    story.after(600).await;
    story.expect(&[]);
    assert_eq!(
        story.states().await,
        ["suppressed: they switched this channel off"]
    );
    users::delete(story.db().write(), BOB).await.unwrap();
    story.resolves(id).await;
    story.after(600).await;
    story.expect(&[]);
}

//! Hand-offs, told as stories.

use super::*;
use crate::incident::actions::Action;
use crate::notify::channel::Outcome;
use crate::notify::story::{BEGIN, Story, step};
use chrono::Days;
use futures::future::join_all;
use noc_pipeline::clock::Clock;
use noc_pipeline::control::Severity;
use noc_storage::relational::contacts;
use noc_storage::relational::on_call_overrides::NewOverride;
use noc_storage::relational::on_call_schedules::{self, Rotation, ScheduleDraft};
use noc_storage::relational::users::UserPatch;
use sea_orm::{ActiveModelTrait, Set, Unchanged};

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;
const ADA: i64 = 1;
const BOB: i64 = 2;
const CYN: i64 = 3;
const NUMBER: &str = "+8801712345678";

/// From the beginning of a story to the first midnight: turns begin then.
fn to_midnight() -> u64 {
    let day = i64::try_from(DAY * 1_000).unwrap();
    u64::try_from((day - BEGIN.0.rem_euclid(day)) / 1_000).unwrap()
}

/// A story with a schedule of daily turns in UTC; the first of `members` is on duty.
async fn story(members: &[i64]) -> (Story, i64) {
    let story = Story::with(0, vec![step(0, &["oncall"]), step(900, &["admin"])]).await;
    let draft = ScheduleDraft {
        name: "Night".into(),
        timezone: "UTC".into(),
        rotation: Rotation::Daily,
        handoff_minute: 0,
        starts_on: BEGIN.to_datetime().date_naive(),
        members: members.to_vec(),
    };
    let made = story.db().transaction("test", |tx| {
        let draft = draft.clone();
        Box::pin(async move { on_call_schedules::create(tx, draft, BEGIN).await })
    });
    let id = made.await.map_err(|e: StoreError| e).unwrap().schedule.id;
    (story, id)
}

async fn looks(story: &Story) -> u64 {
    look(story.db(), story.clock.now()).await.unwrap().told
}

async fn switch(story: &Story, user: i64, is_active: bool) {
    let patch = UserPatch {
        is_active: Some(is_active),
        ..UserPatch::default()
    };
    users::update(story.db().write(), user, patch, BEGIN)
        .await
        .unwrap();
}

#[tokio::test]
async fn whoever_comes_on_duty_is_told_once() {
    let (story, _) = story(&[ADA, BOB]).await;
    assert_eq!((looks(&story).await, looks(&story).await), (1, 0));
    story.after(to_midnight() - 1).await;
    story.expect(&["+0 email ada@noc.test handoff"]);
    assert_eq!(looks(&story).await, 0);
    story.after(1).await;
    assert_eq!((looks(&story).await, looks(&story).await), (1, 0));
    story.after(60).await;
    story.expect(&[&format!("+{} email bob@noc.test handoff", to_midnight())]);
    // Nothing looked for two turns: only who is on duty now is told.
    story.outage(DAY * 2);
    assert_eq!(looks(&story).await, 0, "the same person again");
    story.outage(DAY);
    assert_eq!(looks(&story).await, 1);
}

#[tokio::test]
async fn nodes_that_look_at_once_tell_once() {
    let (story, _) = story(&[ADA, BOB]).await;
    let now = story.clock.now();
    let told = join_all((0..4).map(|_| look(story.db(), now))).await;
    let told: u64 = told.into_iter().map(|looked| looked.unwrap().told).sum();
    assert_eq!((told, story.deliveries().await.len()), (1, 1));
    story.after(1).await;
    story.expect(&["+0 email ada@noc.test handoff"]);
}

#[tokio::test]
async fn a_message_says_what_is_handed_over() {
    let (story, _) = story(&[ADA, BOB]).await;
    story.opens(Severity::Low).await;
    story.opens(Severity::Medium).await;
    looks(&story).await;
    story.after(1).await;
    let messages = story.email.messages.lock().clone();
    let message = messages.first().unwrap();
    assert_eq!(message.subject, "📟 [on call] You are on call: Night");
    let midnight = BEGIN.plus(Duration::from_secs(to_midnight()));
    let until = midnight.to_datetime().format("%a %Y-%m-%d 00:00 UTC");
    assert!(
        message
            .text
            .contains(&format!("Until {until}. 2 incidents are open."))
    );
    assert!(message.text.contains("Then:       bob@noc.test"));
    let said: Vec<_> = message.fields.iter().skip(3).collect();
    assert_eq!(
        (said[0].name.as_str(), said[1].name.as_str()),
        ("medium", "low")
    );
    assert_eq!(
        said[0].value,
        "Server down: web-09 (for 0 s, not acknowledged)"
    );
    assert!(message.text.contains("https://noc.test/on-call"));
}

#[tokio::test]
async fn a_message_that_could_not_leave_during_the_duty_is_not_sent_after_it() {
    let (story, _) = story(&[ADA, BOB]).await;
    let busy = Outcome::Retry {
        reason: "451 try later".into(),
        after: None,
    };
    story.email.answers.lock().extend(vec![busy; 5]);
    looks(&story).await;
    story.after(to_midnight()).await;
    looks(&story).await;
    story.after(DAY - to_midnight() + 60).await;
    story.expect(&[
        "+0 email ada@noc.test handoff",
        "+30 email ada@noc.test handoff",
        "+150 email ada@noc.test handoff",
        "+630 email ada@noc.test handoff",
        "+2550 email ada@noc.test handoff",
        &format!("+{} email bob@noc.test handoff", to_midnight()),
    ]);
    assert_eq!(
        story.states().await,
        ["expired: somebody else is on call by now", "sent"]
    );
}

#[tokio::test]
async fn standing_in_is_a_hand_off_and_so_is_its_end() {
    let (story, schedule_id) = story(&[ADA]).await;
    looks(&story).await;
    let new = NewOverride {
        schedule_id,
        user_id: BOB,
        replaces_user_id: Some(ADA),
        starts_at: BEGIN.plus(Duration::from_secs(HOUR)),
        ends_at: BEGIN.plus(Duration::from_secs(2 * HOUR)),
        created_by: None,
    };
    on_call_overrides::create(story.db().write(), new, BEGIN)
        .await
        .unwrap();
    for _ in 0..3 {
        assert_eq!(looks(&story).await, u64::from(story.clock.now() > BEGIN));
        story.after(HOUR).await;
    }
    story.expect(&[
        "+0 email ada@noc.test handoff",
        "+3600 email bob@noc.test handoff",
        "+7200 email ada@noc.test handoff",
    ]);
}

#[tokio::test]
async fn an_account_that_is_off_is_nobody_and_told_again_when_it_is_back() {
    let (story, _) = story(&[ADA]).await;
    looks(&story).await;
    switch(&story, ADA, false).await;
    assert_eq!(looks(&story).await, 1, "noted, and nobody to tell");
    story.after(60).await;
    // The first message had not left: nobody writes to an account that is off.
    story.expect(&[]);
    switch(&story, ADA, true).await;
    assert_eq!(looks(&story).await, 1);
    story.after(60).await;
    story.expect(&["+60 email ada@noc.test handoff"]);
}

#[tokio::test]
async fn an_incident_pages_who_is_on_duty_when_the_step_fires() {
    let (story, _) = story(&[BOB, ADA]).await;
    story.channel("email", true, &[]).await;
    story.outage(to_midnight() - 60);
    // High is held for two minutes: over midnight.
    story.opens(Severity::High).await;
    story.after(130).await;
    let fired = to_midnight() + 60;
    story.expect(&[&format!("+{fired} email ada@noc.test problem")]);
}

#[tokio::test]
async fn somebody_on_duty_by_two_schedules_is_told_once() {
    let (story, first) = story(&[BOB]).await;
    story.channel("email", true, &[]).await;
    let stored = on_call_schedules::by_id(story.db().read(), first).await;
    let row = stored.unwrap().unwrap().schedule;
    for (name, members, start) in [("Day", vec![ADA], 0), ("Later", vec![ADA], 9)] {
        let draft = ScheduleDraft {
            name: name.into(),
            timezone: "UTC".into(),
            rotation: Rotation::Daily,
            handoff_minute: 0,
            starts_on: row.starts_on + Days::new(start),
            members,
        };
        let made = story.db().transaction("test", |tx| {
            let draft = draft.clone();
            Box::pin(async move { on_call_schedules::create(tx, draft, BEGIN).await })
        });
        made.await.map_err(|e: StoreError| e).unwrap();
    }
    // Bob stands in for Ada, too.
    let new = NewOverride {
        schedule_id: first + 1,
        user_id: BOB,
        replaces_user_id: Some(ADA),
        starts_at: BEGIN,
        ends_at: BEGIN.plus(Duration::from_secs(HOUR)),
        created_by: None,
    };
    on_call_overrides::create(story.db().write(), new, BEGIN)
        .await
        .unwrap();
    let id = story.opens(Severity::Critical).await;
    story.after(1).await;
    story.expect(&["+0 email bob@noc.test problem"]);
    let timeline = noc_storage::relational::timeline::of_incident(story.db().read(), id);
    let fired = timeline.await.unwrap().remove(0);
    assert_eq!(fired.kind, "step_fired");
    assert_eq!(fired.detail["warnings"][0], "nobody is on call in Later");
}

#[tokio::test]
async fn nobody_who_can_be_told_on_duty_means_the_next_step_at_once() {
    let (story, _) = story(&[BOB]).await;
    story.channel("email", true, &[]).await;
    switch(&story, BOB, false).await;
    let id = story.opens(Severity::Critical).await;
    story.after(1).await;
    story.expect(&["+0 email ada@noc.test problem"]);
    let timeline = noc_storage::relational::timeline::of_incident(story.db().read(), id);
    let first = timeline.await.unwrap().remove(0);
    assert_eq!(first.kind, "step_reached_nobody");
    assert_eq!(
        first.detail["warnings"][0],
        "account bob@noc.test, on call in Night, is switched off"
    );
}

/// Who has an incident, and what its timeline says of how.
async fn owner(story: &Story, id: i64) -> (Option<i64>, Vec<String>) {
    let entries = noc_storage::relational::timeline::of_incident(story.db().read(), id).await;
    let passed = entries.unwrap().into_iter();
    let passed = passed.filter(|entry| entry.kind == "ownership_passed");
    let texts = passed.map(|entry| entry.detail["text"].as_str().unwrap().to_owned());
    (story.incident(id).await.acknowledged_by, texts.collect())
}

#[tokio::test]
async fn what_somebody_took_on_passes_to_whoever_comes_on_duty_and_is_asked_of_them() {
    let (story, _) = story(&[ADA, BOB]).await;
    story.channel("email", true, &[]).await;
    looks(&story).await;
    story.after(60).await;
    let (taken, free) = (
        story.opens(Severity::Critical).await,
        story.opens(Severity::Low).await,
    );
    story.outage(to_midnight() - 60 - 25 * 60);
    story.acts(taken, Action::Acknowledge).await.unwrap();
    story.after(25 * 60).await;
    story.email.heard.lock().clear();
    let looked = look(story.db(), story.clock.now()).await.unwrap();
    assert_eq!((looked.told, looked.passed), (1, vec![taken]));
    let said = "Passed from ada@noc.test to bob@noc.test, who came on call in Night.";
    assert_eq!(
        owner(&story, taken).await,
        (Some(BOB), vec![said.to_owned()])
    );
    assert_eq!(owner(&story, free).await, (None, Vec::new()));

    // Their own half an hour, not what remained of another's; and the question goes to them.
    story.after(30 * 60 - 1).await;
    let midnight = to_midnight();
    story.expect(&[&format!("+{midnight} email bob@noc.test handoff")]);
    let message = story.email.messages.lock().last().unwrap().clone();
    let lead = "One of them is yours now, passed on from ada@noc.test.";
    assert!(message.lead.ends_with(lead), "{}", message.lead);
    let named = message.fields.iter().find(|fact| fact.name == "critical");
    let named = &named.unwrap().value;
    assert!(
        named.ends_with("yours now, passed on from ada@noc.test)"),
        "{named}"
    );
    story.after(2).await;
    story.expect(&[&format!(
        "+{} email bob@noc.test still_on_it",
        midnight + 1_800
    )]);
}

#[tokio::test]
async fn what_nobody_on_duty_had_stays_and_so_does_all_of_it_where_nobody_comes() {
    let (story, schedule) = story(&[ADA, BOB]).await;
    looks(&story).await;
    let taken = story.opens(Severity::Medium).await;
    story.acts(taken, Action::Acknowledge).await.unwrap();
    switch(&story, BOB, false).await;
    story.outage(to_midnight());
    let looked = look(story.db(), story.clock.now()).await.unwrap();
    assert_eq!((looked.told, looked.passed), (1, Vec::new()), "nobody came");
    assert_eq!(owner(&story, taken).await.0, Some(ADA));
    switch(&story, BOB, true).await;
    let looked = look(story.db(), story.clock.now()).await.unwrap();
    assert_eq!((looked.told, looked.passed), (1, Vec::new()), "nobody went");

    // Ada has it without being on duty: it is no duty's to pass on.
    story.outage(2 * DAY);
    assert_eq!(look(story.db(), story.clock.now()).await.unwrap().told, 0);
    let cover = NewOverride {
        schedule_id: schedule,
        user_id: CYN,
        replaces_user_id: Some(BOB),
        starts_at: story.clock.now(),
        ends_at: story.clock.now().plus(Duration::from_secs(HOUR)),
        created_by: None,
    };
    let made = on_call_overrides::create(story.db().write(), cover, BEGIN);
    made.await.unwrap();
    let looked = look(story.db(), story.clock.now()).await.unwrap();
    assert_eq!((looked.told, looked.passed), (1, Vec::new()));
    assert_eq!(owner(&story, taken).await, (Some(ADA), Vec::new()));
}

#[tokio::test]
async fn whoever_stays_on_duty_by_another_schedule_keeps_what_they_took_on() {
    let (story, first) = story(&[ADA, BOB]).await;
    let stored = on_call_schedules::by_id(story.db().read(), first).await;
    let row = stored.unwrap().unwrap().schedule;
    let always = ScheduleDraft {
        name: "Always".into(),
        timezone: "UTC".into(),
        rotation: Rotation::Daily,
        handoff_minute: 0,
        starts_on: row.starts_on,
        members: vec![ADA],
    };
    let made = story.db().transaction("test", |tx| {
        let draft = always.clone();
        Box::pin(async move { on_call_schedules::create(tx, draft, BEGIN).await })
    });
    made.await.map_err(|e: StoreError| e).unwrap();
    looks(&story).await;
    let taken = story.opens(Severity::Medium).await;
    story.acts(taken, Action::Acknowledge).await.unwrap();
    story.outage(to_midnight());
    let looked = look(story.db(), story.clock.now()).await.unwrap();
    assert_eq!((looked.told, looked.passed), (1, Vec::new()));
    assert_eq!(owner(&story, taken).await, (Some(ADA), Vec::new()));
}

#[tokio::test]
async fn log_ins_are_named_to_those_alone_who_may_see_them() {
    for (member, said) in [
        (CYN, "Mailbox w*** mails"),
        (BOB, "Mailbox webmaster mails"),
    ] {
        let (story, _) = story(&[member]).await;
        let id = story.opens(Severity::Low).await;
        let about = incident::ActiveModel {
            id: Unchanged(id),
            subject: Set("login:webmaster".to_owned()),
            title: Set("Mailbox webmaster mails far more than it does".to_owned()),
            ..Default::default()
        };
        about.update(story.db().write()).await.unwrap();
        looks(&story).await;
        story.after(1).await;
        let message = story.email.messages.lock()[0].clone();
        assert!(message.text.contains(said), "{}", message.text);
        let is_named = format!("{message:?}").contains("webmaster");
        assert_eq!(is_named, member == BOB, "{message:?}");
    }
}

#[tokio::test]
async fn a_window_that_cannot_be_read_is_not_in_the_message() {
    let (story, _) = story(&[ADA, BOB]).await;
    let draft = maintenance_windows::WindowDraft {
        name: "Torn".into(),
        reason: String::new(),
        scope: noc_pipeline::control::Scope::All,
        detectors: Vec::new(),
        timezone: "Mars/Base".into(),
        starts_at: BEGIN,
        ends_at: Some(BEGIN.plus(Duration::from_secs(HOUR))),
        recurrence: None,
    };
    maintenance_windows::create(story.db().write(), draft, None, BEGIN)
        .await
        .unwrap();
    looks(&story).await;
    story.after(1).await;
    story.expect(&["+0 email ada@noc.test handoff"]);
    assert!(!story.email.messages.lock()[0].text.contains("Torn"));
}

#[tokio::test]
async fn by_a_schedule_that_cannot_be_read_nobody_comes_and_what_waits_is_not_sent() {
    let (story, id) = story(&[ADA, BOB]).await;
    assert_eq!(looks(&story).await, 1);
    let db = story.db().write();
    let tear = format!("update on_call_schedules set timezone = 'Mars/Base' where id = {id}");
    db.execute_unprepared(&tear).await.unwrap();
    story.after(1).await;
    story.expect(&[]);
    let row = story.deliveries().await.remove(0);
    let why = "the schedule no longer exists, or cannot be read";
    assert_eq!(
        (row.status.as_str(), row.reason.as_deref()),
        ("expired", Some(why))
    );
    story.after(to_midnight()).await;
    assert_eq!(looks(&story).await, 0, "nobody is known to go or to come");
    let mend = format!("update on_call_schedules set timezone = 'UTC' where id = {id}");
    db.execute_unprepared(&mend).await.unwrap();
    assert_eq!(looks(&story).await, 1);
    story.after(60).await;
    story.expect(&[&format!(
        "+{} email bob@noc.test handoff",
        to_midnight() + 1
    )]);
}

/// Ada's number, which she proved.
async fn number(story: &Story) {
    let (field_key, db) = (&story.context.field_key, story.db().write());
    let new = contacts::NewContact {
        user_id: ADA,
        channel: "whatsapp".into(),
        address: NUMBER.into(),
        address_key: NUMBER.into(),
        secret: None,
    };
    let contact = contacts::create(db, field_key, new, BEGIN).await.unwrap();
    contacts::prove(db, &contact, BEGIN).await.unwrap();
}

#[tokio::test]
async fn without_email_whoever_comes_is_told_once_over_their_next_channel() {
    let (story, _) = story(&[ADA, BOB]).await;
    story.channel("email", false, &[]).await;
    story.channel("whatsapp", true, &[]).await;
    number(&story).await;
    assert_eq!((looks(&story).await, looks(&story).await), (1, 0));
    story.after(1).await;
    story.expect(&[&format!("+0 whatsapp {NUMBER} handoff")]);
    // Bob has no other address: the log says why he was told nothing.
    story.after(to_midnight()).await;
    assert_eq!(looks(&story).await, 1);
    story.after(60).await;
    story.expect(&[]);
    let rows = story.deliveries().await;
    let last = rows.iter().max_by_key(|row| row.id).unwrap();
    assert_eq!((last.channel.as_str(), last.user_id), ("email", Some(BOB)));
    assert_eq!(last.reason.as_deref(), Some("the channel is switched off"));
}

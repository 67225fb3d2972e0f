//! Snoozes, maintenance, owners who are asked, and steps by hand, told as stories.

use crate::escalation::NotEscalated;
use crate::incident::actions::{Action, ActionError};
use crate::notify::story::{BEGIN, Story, step};
use noc_pipeline::clock::{Clock, UnixMs};
use noc_pipeline::control::Scope;
use noc_pipeline::control::Severity::{Critical, High, Medium};
use noc_pipeline::id::ServerId;
use noc_storage::relational::maintenance_windows::{self, WindowDraft};
use noc_storage::relational::timeline;
use std::time::Duration;

mod unreadable;

const WEB: ServerId = ServerId(7);

/// The operator at once after the page hold, an admin 300 s later, no repeats.
async fn story() -> Story {
    let story = Story::with(0, vec![step(0, &["operator"]), step(300, &["admin"])]).await;
    story.channel("email", true, &[]).await;
    story
}

fn after(seconds: u64) -> UnixMs {
    BEGIN.plus(Duration::from_secs(seconds))
}

async fn kinds(story: &Story, id: i64) -> Vec<String> {
    let entries = timeline::of_incident(story.db().read(), id).await.unwrap();
    entries.into_iter().map(|entry| entry.kind).collect()
}

async fn window(story: &Story, from: u64, until: u64, detectors: &[&str]) -> i64 {
    let draft = WindowDraft {
        name: "patch night".into(),
        reason: String::new(),
        scope: Scope::ServerIds(vec![WEB]),
        detectors: detectors.iter().map(ToString::to_string).collect(),
        timezone: "Asia/Dhaka".into(),
        starts_at: after(from),
        ends_at: Some(after(until)),
        recurrence: None,
    };
    let row = maintenance_windows::create(story.db().write(), draft, None, BEGIN).await;
    row.unwrap().id
}

#[tokio::test]
async fn a_snoozed_incident_says_nothing_until_its_time_and_goes_on_where_it_stood() {
    let story = story().await;
    let id = story.opens(Critical).await;
    story.after(100).await;
    story.expect(&["+0 email bob@noc.test problem"]);
    let until = after(1_000);
    story.acts(id, Action::Snooze { until }).await.unwrap();
    story.after(5_000).await;
    // 200 s of 300 remained; a critical that nobody took calls the admins every 15 min afterwards.
    story.expect(&[
        "+1200 email ada@noc.test problem",
        "+2100 email ada@noc.test reminder",
        "+3000 email ada@noc.test reminder",
        "+3900 email ada@noc.test reminder",
        "+4800 email ada@noc.test reminder",
    ]);
    let kinds = kinds(&story, id).await;
    assert_eq!(
        kinds[..5],
        [
            "step_fired",
            "escalation_held",
            "snoozed",
            "snooze_ended",
            "escalation_resumed"
        ]
    );
}

#[tokio::test]
async fn a_snooze_ends_when_it_gets_worse_or_somebody_wakes_it() {
    let story = story().await;
    let id = story.opens(High).await;
    story.after(10).await;
    let until = after(10_000);
    story.acts(id, Action::Snooze { until }).await.unwrap();
    story.after(1_000).await;
    story.expect(&[]);
    story.acts(id, Action::Wake).await.unwrap();
    // 110 s of the page hold remained.
    story.after(111).await;
    story.expect(&["+1120 email bob@noc.test problem"]);
    let twice = story.acts(id, Action::Wake).await;
    assert!(matches!(twice, Err(ActionError::InvalidTransition { .. })));
    story.acts(id, Action::Snooze { until }).await.unwrap();
    story.after(1_000).await;
    story.rises(id, Critical).await;
    story.after(1).await;
    story.expect(&["+2121 email bob@noc.test problem"]);
    assert_eq!(story.incident(id).await.snoozed_until, None);
}

#[tokio::test]
async fn a_snoozed_incident_that_is_over_tells_those_who_were_told() {
    let story = story().await;
    let id = story.opens(Critical).await;
    story.after(1).await;
    let until = after(9_000);
    story.acts(id, Action::Snooze { until }).await.unwrap();
    story.resolves(id).await;
    story.after(20_000).await;
    story.expect(&[
        "+0 email bob@noc.test problem",
        "+1 email bob@noc.test recovery",
    ]);
}

#[tokio::test]
async fn maintenance_holds_back_what_began_before_it_and_what_begins_in_it() {
    let story = story().await;
    window(&story, 100, 3_700, &[]).await;
    let before = story.opens_on(Some(WEB), Critical).await;
    let fleet = story.opens(Medium).await;
    story.after(3_000).await;
    // Another incident, which the window is not about, is told of as ever.
    story.expect(&[
        "+0 email bob@noc.test problem",
        "+300 email bob@noc.test problem",
        "+600 email ada@noc.test problem",
    ]);
    story.resolves(before).await;
    story.after(600).await;
    story.expect(&[]);
    let during = story.opens_on(Some(WEB), Critical).await;
    story.after(4_000).await;
    // The recovery of what was told before, then, two reports later, what is still wrong: once.
    story.expect(&[
        "+3720 email bob@noc.test recovery",
        "+3820 email bob@noc.test problem",
        "+4120 email ada@noc.test problem",
        "+5020 email ada@noc.test reminder",
        "+5920 email ada@noc.test reminder",
        "+6820 email ada@noc.test reminder",
    ]);
    assert_eq!(
        kinds(&story, during).await[..3],
        ["escalation_held", "escalation_resumed", "step_fired"]
    );
    assert_eq!(kinds(&story, fleet).await, ["step_fired", "step_fired"]);
}

#[tokio::test]
async fn maintenance_of_a_down_server_waits_for_both() {
    let story = story().await;
    window(&story, 50, 1_000, &["service_down"]).await;
    story.opens_on(Some(WEB), Critical).await;
    story.after(60).await;
    story.expect(&["+0 email bob@noc.test problem"]);
    story.is_down(WEB, true).await;
    story.after(1_000).await;
    story.is_down(WEB, false).await;
    story.after(251).await;
    // 250 s of 300 remained when the window began; the outage outlasted it.
    story.expect(&["+1310 email ada@noc.test problem"]);
}

#[tokio::test]
async fn whoever_took_a_critical_on_is_asked_after_half_an_hour_and_loses_it_without_an_answer() {
    let story = story().await;
    let id = story.opens(Critical).await;
    story.after(10).await;
    story.acts(id, Action::Acknowledge).await.unwrap();
    story.after(1_790).await;
    story.expect(&["+0 email bob@noc.test problem"]);
    story.after(10).await;
    story.expect(&["+1810 email ada@noc.test still_on_it"]);
    // She is: nobody else hears of it for another half hour.
    story.after(600).await;
    story.acts(id, Action::Acknowledge).await.unwrap();
    story.after(1_800).await;
    story.expect(&["+4210 email ada@noc.test still_on_it"]);
    // This time nobody answers.
    story.after(901).await;
    story.expect(&["+5110 email bob@noc.test problem"]);
    let row = story.incident(id).await;
    assert_eq!((row.status.as_str(), row.acknowledged_by), ("open", None));
    let twice = story.acts(id, Action::Unacknowledge).await;
    assert!(matches!(twice, Err(ActionError::InvalidTransition { .. })));
}

#[tokio::test]
async fn a_medium_may_be_kept_and_a_snoozed_one_asks_nobody() {
    let story = story().await;
    let medium = story.opens(Medium).await;
    story.acts(medium, Action::Acknowledge).await.unwrap();
    let snoozed = story.opens(High).await;
    story.acts(snoozed, Action::Acknowledge).await.unwrap();
    let until = after(30_000);
    story.acts(snoozed, Action::Snooze { until }).await.unwrap();
    story.after(29_999).await;
    story.expect(&[]);
    story.after(2).await;
    story.expect(&["+30000 email ada@noc.test still_on_it"]);
}

#[tokio::test]
async fn two_who_escalate_at_once_page_one_step() {
    let story = story().await;
    let id = story.opens(Critical).await;
    story.after(10).await;
    story.expect(&["+0 email bob@noc.test problem"]);
    let as_of = story.clock.now();
    story.acts(id, Action::Escalate { as_of }).await.unwrap();
    let second = story.acts(id, Action::Escalate { as_of }).await;
    assert!(matches!(
        second,
        Err(ActionError::NotEscalated {
            why: NotEscalated::Already,
            ..
        })
    ));
    story.after(5).await;
    story.expect(&["+10 email ada@noc.test problem"]);
    // Still what the other one saw before the step.
    let late = story.acts(id, Action::Escalate { as_of: after(9) }).await;
    assert!(matches!(
        late,
        Err(ActionError::NotEscalated {
            why: NotEscalated::Already,
            ..
        })
    ));
    let as_of = story.clock.now();
    story.acts(id, Action::Escalate { as_of }).await.unwrap();
    story.after(1).await;
    story.expect(&["+15 email ada@noc.test reminder"]);
}

#[tokio::test]
async fn what_is_held_or_taken_on_is_not_escalated_by_hand() {
    let story = story().await;
    let id = story.opens(Critical).await;
    story.after(1).await;
    let until = after(100);
    story.acts(id, Action::Snooze { until }).await.unwrap();
    let as_of = story.clock.now();
    let held = story.acts(id, Action::Escalate { as_of }).await;
    assert!(matches!(
        held,
        Err(ActionError::NotEscalated {
            why: NotEscalated::Held,
            ..
        })
    ));
    story.acts(id, Action::Acknowledge).await.unwrap();
    let taken = story.acts(id, Action::Escalate { as_of }).await;
    assert!(matches!(taken, Err(ActionError::InvalidTransition { .. })));
    story.expect(&["+0 email bob@noc.test problem"]);
}

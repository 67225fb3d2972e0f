//! A row that this version cannot read (a newer node wrote it, or its zone left the database of zones) stops nobody
//! else's page.

use super::*;
use noc_storage::relational::StoreError;
use noc_storage::relational::entity::{execution, maintenance_window};
use noc_storage::relational::on_call_schedules::{self, Rotation, ScheduleDraft};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel};
use sea_orm::{ActiveValue::Unchanged, QueryFilter};
use serde_json::json;

const CYN: i64 = 3;

/// A window begins to return in a way that nobody here knows.
async fn returns_every_year(story: &Story, window: i64) {
    let row = maintenance_window::ActiveModel {
        id: Unchanged(window),
        recurrence: Set(Some(json!({ "every": "year" }))),
        ..Default::default()
    };
    row.update(story.db().write()).await.unwrap();
}

async fn schedule(story: &Story, name: &str, timezone: &str, members: &[i64]) {
    let draft = ScheduleDraft {
        name: name.into(),
        timezone: timezone.into(),
        rotation: Rotation::Daily,
        handoff_minute: 0,
        starts_on: BEGIN.to_datetime().date_naive(),
        members: members.to_vec(),
    };
    let made = story.db().transaction("test", |tx| {
        let draft = draft.clone();
        Box::pin(async move { on_call_schedules::create(tx, draft, BEGIN).await })
    });
    made.await.map_err(|e: StoreError| e).unwrap();
}

#[tokio::test]
async fn a_window_that_cannot_be_read_keeps_no_incident_from_opening_and_paging() {
    let story = story().await;
    let odd = window(&story, 0, 3_600, &[]).await;
    returns_every_year(&story, odd).await;
    story.opens_on(Some(WEB), Critical).await;
    story.after(1).await;
    story.expect(&["+0 email bob@noc.test problem"]);
    // Another one counts all the same.
    window(&story, 10, 3_600, &[]).await;
    story.after(1_000).await;
    story.expect(&[]);
}

#[tokio::test]
async fn what_a_window_held_goes_on_once_it_cannot_be_read_any_more() {
    let story = story().await;
    let odd = window(&story, 0, 3_600, &[]).await;
    let id = story.opens_on(Some(WEB), Critical).await;
    story.after(10).await;
    story.expect(&[]);
    returns_every_year(&story, odd).await;
    story.after(200).await;
    story.expect(&["+130 email bob@noc.test problem"]);
    let kinds = kinds(&story, id).await;
    assert_eq!(kinds[..2], ["escalation_held", "escalation_resumed"]);
}

#[tokio::test]
async fn by_a_schedule_that_cannot_be_read_nobody_is_on_duty_and_others_count() {
    let story = Story::with(0, vec![step(0, &["oncall"]), step(300, &["admin"])]).await;
    story.channel("email", true, &[]).await;
    schedule(&story, "Orbit", "Mars/Base", &[1]).await;
    schedule(&story, "Night", "UTC", &[CYN]).await;
    let id = story.opens(Critical).await;
    story.after(1).await;
    story.expect(&["+0 email cyn@noc.test problem"]);
    assert_eq!(
        warnings(&story, id).await,
        ["nobody is on call in Orbit, which cannot be read"]
    );
}

/// What the timeline warns of where a step fired, or reached nobody.
async fn warnings(story: &Story, id: i64) -> Vec<String> {
    let entries = timeline::of_incident(story.db().read(), id).await.unwrap();
    let told = entries
        .iter()
        .filter(|entry| entry.kind.starts_with("step_"));
    let warned = told.flat_map(|entry| entry.detail["warnings"].as_array().cloned().unwrap());
    warned
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn where_only_a_schedule_that_cannot_be_read_is_asked_the_timeline_says_so_and_the_next_step_follows()
 {
    let story = Story::with(0, vec![step(0, &["oncall"]), step(300, &["admin"])]).await;
    story.channel("email", true, &[]).await;
    schedule(&story, "Orbit", "Mars/Base", &[CYN]).await;
    let id = story.opens(Critical).await;
    story.after(1).await;
    story.expect(&["+0 email ada@noc.test problem"]);
    assert_eq!(
        warnings(&story, id).await,
        [
            "nobody is on call in Orbit, which cannot be read",
            "nobody is on call",
            "nobody was reached",
        ]
    );
}

#[tokio::test]
async fn an_execution_that_cannot_be_read_keeps_nobody_else_from_being_asked_and_paged() {
    let story = story().await;
    let (torn, whole) = (story.opens(Critical).await, story.opens(Critical).await);
    story.after(10).await;
    story.acts(torn, Action::Acknowledge).await.unwrap();
    story.acts(whole, Action::Acknowledge).await.unwrap();
    let row = execution::Entity::find()
        .filter(execution::Column::IncidentId.eq(torn))
        .one(story.db().write())
        .await
        .unwrap();
    let mut row = row.unwrap().into_active_model();
    row.policy = Set(json!("torn"));
    row.update(story.db().write()).await.unwrap();
    story.after(1_801).await;
    story.expect_in_any_order(&[
        "+0 email bob@noc.test problem",
        "+0 email bob@noc.test problem",
        "+1810 email ada@noc.test still_on_it",
        "+1810 email ada@noc.test still_on_it",
    ]);
    story.after(900).await;
    story.expect(&["+2710 email bob@noc.test problem"]);
    assert_eq!(story.incident(torn).await.status, "acknowledged");
    assert_eq!(story.incident(whole).await.status, "open");
}

//! What comes back: whom it tells, and whose it still is.

use super::{DOWN, OVER, OVER_TO_ADA, TO_ADA, Watched, at, heard, story};
use crate::incident::actions::{self, Action, Actor};
use crate::incident::lifecycle::Tracks;
use crate::notify::story::{BEGIN, Story};
use noc_pipeline::clock::Clock;
use noc_pipeline::control::Scope;
use noc_pipeline::control::Severity::{Critical, High, Medium};
use noc_storage::relational::entity::{alert_rule, execution};
use noc_storage::relational::maintenance_windows::{self, WindowDraft};
use noc_storage::relational::timeline;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use std::time::Duration;

/// Maintenance of everything.
async fn window(story: &Story, from: u64, until: u64) {
    let after = |s| BEGIN.plus(Duration::from_secs(s));
    let draft = WindowDraft {
        name: "patch night".into(),
        reason: String::new(),
        scope: Scope::All,
        detectors: Vec::new(),
        timezone: "UTC".into(),
        starts_at: after(from),
        ends_at: Some(after(until)),
        recurrence: None,
    };
    let row = maintenance_windows::create(story.db().write(), draft, None, BEGIN).await;
    row.unwrap();
}

/// Until so many seconds after the beginning.
async fn until(story: &Story, second: u64) {
    let so_far = story.clock.now().since(BEGIN).as_secs();
    story.after(second.checked_sub(so_far).unwrap()).await;
}

async fn kinds(story: &Story, id: i64) -> Vec<String> {
    let entries = timeline::of_incident(story.db().read(), id).await.unwrap();
    entries.into_iter().map(|entry| entry.kind).collect()
}

/// The story's rule is the default one, which leaves what is milder than high to lists and digests.
async fn mild_pages_nobody(story: &Story) {
    let db = story.db().write();
    alert_rule::Entity::delete_many()
        .filter(alert_rule::Column::Name.ne("all of it"))
        .exec(db)
        .await
        .unwrap();
    alert_rule::Entity::update_many()
        .col_expr(alert_rule::Column::IsDefault, Expr::value(true))
        .exec(db)
        .await
        .unwrap();
}

#[tokio::test]
async fn what_comes_back_during_maintenance_waits_for_its_end() {
    let story = story().await;
    window(&story, 60, 3_600).await;
    let mut web = Watched::by(&story).await;
    until(&story, 100).await;
    web.is_down(Critical).await;
    until(&story, 160).await;
    web.is_up().await;
    until(&story, 220).await;
    web.is_down(Critical).await;
    until(&story, 3_800).await;
    assert_eq!(heard(&story), at(&[(3_720, DOWN)]));
    let all = web.incidents().await;
    assert_eq!(all.len(), 1, "the same one");
    assert_eq!(
        kinds(&story, all[0].id).await,
        [
            "opened",
            "escalation_held",
            "resolved",
            "reopened",
            "escalation_held",
            "escalation_resumed",
            "step_fired"
        ]
    );
}

#[tokio::test]
async fn what_began_before_maintenance_and_comes_back_in_it_waits_also_when_it_is_the_fleets() {
    let story = story().await;
    window(&story, 60, 3_600).await;
    let id = story.opens(Critical).await;
    until(&story, 30).await;
    story.resolves(id).await;
    until(&story, 100).await;
    story.reopens(id).await;
    until(&story, 3_800).await;
    assert_eq!(heard(&story), at(&[(0, DOWN), (30, OVER), (3_720, DOWN)]));
}

#[tokio::test]
async fn what_comes_back_acknowledged_during_maintenance_and_is_given_back_waits_for_its_end() {
    let story = story().await;
    window(&story, 60, 3_600).await;
    let mut web = Watched::by(&story).await;
    web.is_down(Critical).await;
    until(&story, 10).await;
    let id = web.incidents().await[0].id;
    story.acts(id, Action::Acknowledge).await.unwrap();
    until(&story, 30).await;
    web.is_up().await;
    until(&story, 100).await;
    web.is_down(Critical).await;
    until(&story, 200).await;
    story.acts(id, Action::Unacknowledge).await.unwrap();
    until(&story, 3_800).await;
    assert_eq!(heard(&story), at(&[(0, DOWN), (30, OVER), (3_720, DOWN)]));
}

#[tokio::test]
async fn what_comes_back_worse_pages_although_somebody_had_the_milder_trouble() {
    let story = story().await;
    let mut web = Watched::by(&story).await;
    web.is_down(High).await;
    until(&story, 130).await;
    let id = web.incidents().await[0].id;
    story.acts(id, Action::Acknowledge).await.unwrap();
    until(&story, 200).await;
    web.is_up().await;
    until(&story, 300).await;
    web.is_down(Critical).await;
    until(&story, 400).await;
    assert_eq!(heard(&story), at(&[(120, DOWN), (200, OVER), (300, DOWN)]));
    let row = web.incidents().await.remove(0);
    assert_eq!((row.status.as_str(), row.acknowledged_by), ("open", None));
    assert_eq!(
        kinds(&story, id).await[3..],
        [
            "resolved",
            "reopened",
            "severity_rose",
            "unacknowledged",
            "step_fired"
        ]
    );
}

#[tokio::test]
async fn what_paged_nobody_pages_once_it_comes_back_worse_under_an_acknowledgement() {
    let story = story().await;
    mild_pages_nobody(&story).await;
    let mut web = Watched::by(&story).await;
    web.is_down(Medium).await;
    let id = web.incidents().await[0].id;
    story.acts(id, Action::Acknowledge).await.unwrap();
    until(&story, 200).await;
    web.is_up().await;
    until(&story, 400).await;
    web.is_down(Critical).await;
    until(&story, 500).await;
    assert_eq!(heard(&story), at(&[(400, DOWN)]));
    assert_eq!(web.incidents().await[0].status, "open");
}

#[tokio::test]
async fn the_fleets_trouble_that_comes_back_worse_pages_although_somebody_had_it() {
    let story = story().await;
    let id = story.opens(High).await;
    until(&story, 130).await;
    story.acts(id, Action::Acknowledge).await.unwrap();
    until(&story, 200).await;
    story.resolves(id).await;
    until(&story, 300).await;
    story.comes_back(id, Critical).await;
    until(&story, 400).await;
    assert_eq!(heard(&story), at(&[(120, DOWN), (200, OVER), (300, DOWN)]));
    assert_eq!(
        kinds(&story, id).await[2..],
        ["reopened", "severity_rose", "unacknowledged", "step_fired"]
    );
}

#[tokio::test]
async fn what_is_given_back_is_routed_again_where_it_would_page_nobody() {
    let story = story().await;
    let id = story.opens(High).await;
    let silent = serde_json::to_value(crate::escalation::PolicySnapshot::silent(None)).unwrap();
    execution::Entity::update_many()
        .col_expr(execution::Column::Policy, Expr::value(silent))
        .exec(story.db().write())
        .await
        .unwrap();
    story.acts(id, Action::Acknowledge).await.unwrap();
    until(&story, 600).await;
    story.acts(id, Action::Unacknowledge).await.unwrap();
    until(&story, 700).await;
    assert_eq!(heard(&story), at(&[(600, DOWN)]));
}

#[tokio::test]
async fn whoever_has_it_is_told_when_it_comes_back_after_it_was_said_to_be_over() {
    let story = story().await;
    let mut web = Watched::by(&story).await;
    web.is_down(Critical).await;
    until(&story, 10).await;
    let id = web.incidents().await[0].id;
    story.acts(id, Action::Acknowledge).await.unwrap();
    until(&story, 60).await;
    web.is_up().await;
    until(&story, 200).await;
    assert_eq!(heard(&story), at(&[(0, DOWN), (60, OVER)]));
    web.is_down(Critical).await;
    until(&story, 300).await;
    assert_eq!(heard(&story), at(&[(200, TO_ADA)]), "and nobody else");
    let lead = story.email.messages.lock().last().unwrap().lead.clone();
    assert_eq!(
        lead,
        "It is back. You have acknowledged it; nobody else is told."
    );
    let row = web.incidents().await.remove(0);
    assert_eq!(
        (row.status.as_str(), row.acknowledged_by),
        ("acknowledged", Some(1))
    );
    // The end is told to whom it is news, and so is the next return.
    web.is_up().await;
    until(&story, 400).await;
    web.is_down(Critical).await;
    until(&story, 500).await;
    web.is_up().await;
    until(&story, 1_200).await;
    let expected = [(300, OVER_TO_ADA), (400, TO_ADA), (500, OVER_TO_ADA)];
    assert_eq!(heard(&story), at(&expected));
}

#[tokio::test]
async fn the_fleets_owner_is_told_as_well_when_it_comes_back() {
    let story = story().await;
    let id = story.opens(Critical).await;
    until(&story, 10).await;
    story.acts(id, Action::Acknowledge).await.unwrap();
    until(&story, 60).await;
    story.resolves(id).await;
    until(&story, 200).await;
    story.reopens(id).await;
    until(&story, 300).await;
    assert_eq!(heard(&story), at(&[(0, DOWN), (60, OVER), (200, TO_ADA)]));
    assert_eq!(story.incident(id).await.status, "acknowledged");
}

#[tokio::test]
async fn what_nobody_in_particular_had_starts_again_when_it_comes_back() {
    let story = story().await;
    let mut web = Watched::by(&story).await;
    web.is_down(Critical).await;
    until(&story, 10).await;
    let id = web.incidents().await[0].id;
    let by_link = Actor {
        user_id: None,
        name: "whoever has the link".into(),
        ip: None,
        link: None,
    };
    let now = story.clock.now();
    let action = Action::Acknowledge;
    actions::store(story.db(), id, &by_link, &action, now)
        .await
        .unwrap();
    until(&story, 60).await;
    web.is_up().await;
    until(&story, 200).await;
    web.is_down(Critical).await;
    until(&story, 300).await;
    assert_eq!(heard(&story), at(&[(0, DOWN), (60, OVER), (200, DOWN)]));
    assert_eq!(web.incidents().await[0].status, "open");
}

#[tokio::test]
async fn a_breach_that_is_worse_than_what_is_open_pages_after_our_state_was_lost() {
    let story = story().await;
    mild_pages_nobody(&story).await;
    let mut web = Watched::by(&story).await;
    web.is_down(Medium).await;
    until(&story, 600).await;
    web.tracks = Tracks::default();
    web.is_down(Critical).await;
    until(&story, 700).await;
    assert_eq!(heard(&story), at(&[(600, DOWN)]));
    let all = web.incidents().await;
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].severity, "critical");
    assert_eq!(
        kinds(&story, all[0].id).await,
        ["opened", "severity_rose", "step_fired"]
    );
}

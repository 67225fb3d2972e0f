//! Where a message goes to the organisation's own recipients instead, all of them are told, and each as they chose.

use super::personal::{BOB, prefers, saves};
use super::*;
use crate::notify::personal::EMAIL;
use noc_storage::relational::entity::execution;
use sea_orm::QueryFilter;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel};

/// One step to the pager's own recipient, who gets it late; `own` are those of e-mail, which is in no step.
async fn over_a_slow_pager(own: &[&str]) -> Story {
    let story = Story::with(0, vec![over(&["pager"], step(0, &[]))]).await;
    story.channel("pager", true, &["p-1"]).await;
    story.channel("email", true, own).await;
    answers(&story.pager, [busy("503"), busy("503")]);
    story
}

#[tokio::test]
async fn all_of_the_organisations_recipients_are_told_but_who_switched_the_channel_off() {
    let story = over_a_slow_pager(&["bob@noc.test", "team@noc.test", "desk@noc.test"]).await;
    prefers(&story, &[(EMAIL, false, None)], (0, 0)).await;
    let id = story.opens(Critical).await;
    story.after(60).await;
    story.expect_in_any_order(&[
        "+0 pager p-1 problem",
        "+30 email desk@noc.test problem",
        "+30 email team@noc.test problem",
        "+30 pager p-1 problem",
    ]);
    let said = "p-1 was not accepted by pager within 30 s: 503; sent over email to team@noc.test, desk@noc.test.";
    assert_eq!(texts(&story, id, "failed_over").await, [said]);
    for row in &story.deliveries().await[1..] {
        let log = deliveries::attempts_of(story.db().read(), row.id).await;
        let first = log.unwrap().swap_remove(0);
        assert_eq!(first.outcome, "instead");
    }
    story.resolves(id).await;
    story.after(5).await;
    story.expect_in_any_order(&[
        "+60 email desk@noc.test recovery",
        "+60 email team@noc.test recovery",
    ]);
}

#[tokio::test]
async fn a_channel_whose_only_reader_switched_it_off_is_passed_over_for_the_next() {
    let story = over_a_slow_pager(&["bob@noc.test"]).await;
    prefers(&story, &[(EMAIL, false, None)], (0, 0)).await;
    story.channel("room", true, &["#ops"]).await;
    let id = story.opens(Critical).await;
    story.after(60).await;
    story.expect_in_any_order(&[
        "+0 pager p-1 problem",
        "+30 pager p-1 problem",
        "+30 room #ops problem",
    ]);
    let said = "p-1 was not accepted by pager within 30 s: 503; sent over room to #ops.";
    assert_eq!(texts(&story, id, "failed_over").await, [said]);
}

#[tokio::test]
async fn quiet_hours_hold_for_the_copy_of_a_person_and_for_nobody_elses() {
    let story = over_a_slow_pager(&["bob@noc.test", "team@noc.test"]).await;
    // The story begins at 22:26:40.
    let hours = (22 * 60, 23 * 60);
    saves(&story, &[(EMAIL, true, None)], hours, true).await;
    story.opens(Critical).await;
    story.after(60).await;
    story.expect_in_any_order(&[
        "+0 pager p-1 problem",
        "+30 email team@noc.test problem",
        "+30 pager p-1 problem",
    ]);
    let rows = story.deliveries().await;
    let bobs = rows.iter().find(|row| row.recipient == "bob@noc.test");
    let bobs = bobs.expect("what waits for the end of his night");
    assert_eq!(bobs.user_id, Some(BOB));
    assert!(bobs.reason.as_deref().unwrap().starts_with("quiet hours"));
}

#[tokio::test]
async fn who_is_told_there_already_is_not_told_twice_and_the_others_are() {
    let story = over_a_slow_pager(&["team@noc.test", "desk@noc.test"]).await;
    let all = vec![over(&["pager", "email"], step(0, &[]))];
    story.replace_policy(all).await;
    // A mailbox that was added after the step fired.
    let id = story.opens(Critical).await;
    story.after(10).await;
    let own = ["team@noc.test", "desk@noc.test", "new@noc.test"];
    story.channel("email", true, &own).await;
    story.after(50).await;
    story.expect_in_any_order(&[
        "+0 email desk@noc.test problem",
        "+0 email team@noc.test problem",
        "+0 pager p-1 problem",
        "+30 email new@noc.test problem",
        "+30 pager p-1 problem",
    ]);
    let said = "p-1 was not accepted by pager within 30 s: 503; sent over email to new@noc.test.";
    assert_eq!(texts(&story, id, "failed_over").await, [said]);
}

#[tokio::test]
async fn an_execution_that_cannot_be_read_keeps_no_other_page_from_going_elsewhere() {
    let story = with_room().await;
    answers(&story.email, vec![busy("451 later"); 4]);
    let torn = story.opens(Critical).await;
    let whole = story.opens(Critical).await;
    story.after(10).await;
    let row = execution::Entity::find()
        .filter(execution::Column::IncidentId.eq(torn))
        .one(story.db().write())
        .await
        .unwrap();
    let mut row = row.unwrap().into_active_model();
    row.policy = Set(serde_json::json!("torn"));
    row.update(story.db().write()).await.unwrap();
    story.after(25).await;
    assert!(texts(&story, torn, "failed_over").await.is_empty());
    assert_eq!(texts(&story, whole, "failed_over").await.len(), 1);
    let heard = story.email.heard.lock().clone();
    let to_the_room = heard.iter().filter(|line| line.contains("room"));
    assert_eq!(to_the_room.collect::<Vec<_>>(), ["+30 room #ops problem"]);
}

//! Taking over, told as stories.

use super::*;
use crate::notify::story::{Story, step};
use noc_pipeline::clock::Clock;
use noc_pipeline::control::Severity;

const ADA: i64 = 1;
const BOB: i64 = 2;
const CYN: i64 = 3;

async fn takes_over(
    story: &Story,
    id: i64,
    who: i64,
    from: Option<i64>,
) -> Result<incident::Model, ActionError> {
    let actor = Actor {
        user_id: Some(who),
        name: format!("user {who}"),
        ip: None,
        link: None,
    };
    let action = Action::TakeOver {
        from,
        name: Some("Ada".to_owned()),
    };
    let done = store(story.db(), id, &actor, &action, story.clock.now()).await;
    done.map(|(row, _)| row)
}

fn is_refused(done: Result<incident::Model, ActionError>) -> bool {
    matches!(done, Err(ActionError::OwnerChanged { .. }))
}

#[tokio::test]
async fn whoever_takes_over_wakes_nobody_and_is_asked_in_their_own_time() {
    let story = Story::with(1, vec![step(0, &["admin"]), step(300, &["operator"])]).await;
    story.channel("email", true, &[]).await;
    let id = story.opens(Severity::Critical).await;
    story.after(1).await;
    story.expect(&["+0 email ada@noc.test problem"]);
    story.acts(id, Action::Acknowledge).await.unwrap();
    let before = story.deliveries().await.len();
    story.after(600).await;

    let row = takes_over(&story, id, BOB, Some(ADA)).await.unwrap();
    let now = story.clock.now().to_datetime();
    assert_eq!(row.status, "acknowledged");
    assert_eq!(
        (row.acknowledged_by, row.acknowledged_at),
        (Some(BOB), Some(now))
    );
    assert_eq!(row.reminded_at, None);
    story.after(1_000).await;
    story.expect(&[]);
    assert_eq!(story.deliveries().await.len(), before, "nobody was told");
    let told = timeline::of_incident(story.db().read(), id).await.unwrap();
    let last = told.last().unwrap();
    assert_eq!(
        (last.kind.as_str(), last.detail["text"].as_str()),
        ("taken_over", Some("Taken over by user 2 from Ada."))
    );
}

#[tokio::test]
async fn it_is_taken_over_from_the_one_who_was_seen_to_have_it() {
    let story = Story::with(0, vec![step(0, &["admin"])]).await;
    let id = story.opens(Severity::Critical).await;
    assert!(is_refused(takes_over(&story, id, BOB, None).await), "open");
    story.acts(id, Action::Acknowledge).await.unwrap();
    assert!(
        is_refused(takes_over(&story, id, BOB, None).await),
        "of whoever"
    );
    assert!(
        is_refused(takes_over(&story, id, ADA, Some(ADA)).await),
        "of oneself"
    );
    takes_over(&story, id, BOB, Some(ADA)).await.unwrap();
    // Two people pressed the button: the second sees first who has it now.
    assert!(is_refused(takes_over(&story, id, CYN, Some(ADA)).await));
    assert_eq!(story.incident(id).await.acknowledged_by, Some(BOB));
    story.acts(id, Action::Unacknowledge).await.unwrap();
    assert!(
        is_refused(takes_over(&story, id, CYN, Some(BOB)).await),
        "given back"
    );
    story.resolves(id).await;
    let over = takes_over(&story, id, CYN, Some(BOB)).await;
    assert!(matches!(over, Err(ActionError::InvalidTransition { .. })));
}

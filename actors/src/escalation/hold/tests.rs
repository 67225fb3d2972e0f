//! A server that is down, told as stories.

use crate::incident::actions::Action;
use crate::notify::channel::Outcome;
use crate::notify::story::{Story, step};
use noc_pipeline::control::Severity::{Critical, High, Medium};
use noc_pipeline::id::ServerId;
use noc_storage::relational::timeline;

const WEB: ServerId = ServerId(7);

/// A high incident of a server: the operator at once after the hold of 120 s, an admin 300 s later.
async fn story_of_a_server() -> (Story, i64) {
    let story = Story::with(0, vec![step(0, &["operator"]), step(300, &["admin"])]).await;
    story.channel("email", true, &[]).await;
    let id = story.opens_on(Some(WEB), High).await;
    (story, id)
}

async fn kinds(story: &Story, id: i64) -> Vec<String> {
    let entries = timeline::of_incident(story.db().read(), id).await.unwrap();
    entries.into_iter().map(|entry| entry.kind).collect()
}

#[tokio::test]
async fn while_a_server_is_down_its_other_incidents_wait_and_go_on_with_what_remained() {
    let (story, id) = story_of_a_server().await;
    let fleet = story.opens(Medium).await;
    story.after(170).await;
    story.expect(&["+120 email bob@noc.test problem"]);
    story.is_down(WEB, true).await;
    story.after(1_000).await;
    // Another server's, or the fleet's, is not concerned.
    story.expect(&[
        "+300 email bob@noc.test problem",
        "+600 email ada@noc.test problem",
    ]);
    // Looked at again: it is still down, and nothing that remained is lost.
    story.is_down(WEB, true).await;
    story.after(30).await;
    story.is_down(WEB, false).await;
    story.is_down(WEB, false).await;
    story.after(7_200).await;
    // 250 s of 300 remained at +170.
    story.expect(&["+1450 email ada@noc.test problem"]);
    assert_eq!(
        kinds(&story, id).await,
        [
            "step_fired",
            "escalation_held",
            "escalation_resumed",
            "step_fired"
        ]
    );
    assert_eq!(kinds(&story, fleet).await, ["step_fired", "step_fired"]);
}

#[tokio::test]
async fn what_the_outage_mended_is_not_paged_when_the_server_comes_back() {
    let (story, id) = story_of_a_server().await;
    story.after(115).await;
    story.is_down(WEB, true).await;
    story.after(600).await;
    story.is_down(WEB, false).await;
    // 5 s remained: two fresh reports come first.
    story.after(119).await;
    story.resolves(id).await;
    story.after(7_200).await;
    story.expect(&[]);

    let again = story.opens_on(Some(WEB), High).await;
    story.after(115).await;
    story.is_down(WEB, true).await;
    story.after(20).await;
    story.is_down(WEB, false).await;
    story.after(200).await;
    story.expect(&["+8289 email bob@noc.test problem"]);
    story.resolves(again).await;
    story.after(10).await;
    story.expect(&["+8369 email bob@noc.test recovery"]);
}

#[tokio::test]
async fn acknowledging_and_giving_back_while_held_pages_nobody_before_the_server_is_back() {
    let (story, id) = story_of_a_server().await;
    story.after(130).await;
    story.expect(&["+120 email bob@noc.test problem"]);
    story.acts(id, Action::Acknowledge).await.unwrap();
    // It has no next step now; held it is all the same.
    story.is_down(WEB, true).await;
    story.after(70).await;
    story.acts(id, Action::Unacknowledge).await.unwrap();
    story.after(3_600).await;
    story.expect(&[]);
    story.is_down(WEB, false).await;
    story.after(1_000).await;
    story.expect(&[
        "+3920 email bob@noc.test problem",
        "+4220 email ada@noc.test problem",
    ]);
}

#[tokio::test]
async fn getting_worse_while_held_shortens_the_time_that_remains_and_nothing_else() {
    let story = Story::with(0, vec![step(300, &["operator"])]).await;
    story.channel("email", true, &[]).await;
    let id = story.opens_on(Some(WEB), Medium).await;
    story.after(60).await;
    story.is_down(WEB, true).await;
    story.after(940).await;
    story.rises(id, Critical).await;
    story.after(500).await;
    story.expect(&[]);
    story.is_down(WEB, false).await;
    story.after(500).await;
    // A critical has no page hold: only the step's own 300 s remain, not 540.
    story.expect(&["+1800 email bob@noc.test problem"]);
}

#[tokio::test]
async fn what_resolves_while_held_still_tells_those_who_were_told() {
    let (story, id) = story_of_a_server().await;
    story.after(130).await;
    story.is_down(WEB, true).await;
    story.resolves(id).await;
    story.after(10).await;
    story.is_down(WEB, false).await;
    story.after(7_200).await;
    story.expect(&[
        "+120 email bob@noc.test problem",
        "+130 email bob@noc.test recovery",
    ]);
}

#[tokio::test]
async fn a_message_that_waits_for_its_retry_waits_for_the_server_too() {
    let (story, _) = story_of_a_server().await;
    let busy = Outcome::Retry {
        reason: "451 try later".into(),
        after: None,
    };
    story.email.answers.lock().push_back(busy);
    story.after(130).await;
    story.is_down(WEB, true).await;
    story.after(300).await;
    story.expect(&["+120 email bob@noc.test problem"]);
    assert_eq!(
        story.states().await,
        ["retrying: held back while the server is down"]
    );
    story.is_down(WEB, false).await;
    story.after(60).await;
    story.expect(&["+450 email bob@noc.test problem"]);
    assert_eq!(story.states().await, ["sent"]);
}

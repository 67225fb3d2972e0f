//! More rules of paging, told as stories: what goes on at the same time as something else.

use super::fire::fire;
use crate::incident::actions::Action;
use crate::notify::channel::Outcome;
use crate::notify::outbox::claim;
use crate::notify::story::{BEGIN, Story, step, unconditional};
use noc_pipeline::clock::Clock;
use noc_pipeline::control::Scope;
use noc_pipeline::control::Severity::{Critical, High};
use noc_pipeline::id::ServerId;
use noc_storage::relational::maintenance_windows::{self, WindowDraft};
use noc_storage::relational::users::{self, NewUser};
use noc_storage::relational::{escalation_policies, executions};
use std::time::Duration;

const WEB: ServerId = ServerId(7);

/// The operator at once.
async fn story() -> Story {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    story.channel("email", true, &[]).await;
    story
}

/// The step that is due fires, and nobody has taken its messages yet.
async fn fires(story: &Story, incident: i64) {
    let row = executions::of_incident(story.db().read(), incident).await;
    let (row, now) = (row.unwrap().unwrap(), story.clock.now());
    let fired = fire(story.db(), &story.context.registry, row.id, now).await;
    assert!(fired.unwrap().late_by.is_some());
}

fn later(seconds: Option<u64>) -> Outcome {
    Outcome::Retry {
        reason: "try later".into(),
        after: seconds.map(Duration::from_secs),
    }
}

async fn maintenance(story: &Story, from: u64, until: u64) {
    let after = |seconds| BEGIN.plus(Duration::from_secs(seconds));
    let draft = WindowDraft {
        name: "patch night".into(),
        reason: String::new(),
        scope: Scope::ServerIds(vec![WEB]),
        detectors: Vec::new(),
        timezone: "Asia/Dhaka".into(),
        starts_at: after(from),
        ends_at: Some(after(until)),
        recurrence: None,
    };
    let made = maintenance_windows::create(story.db().write(), draft, None, BEGIN).await;
    made.unwrap();
}

#[tokio::test]
async fn acknowledging_takes_back_what_is_queued_before_anybody_can_take_it() {
    let story = story().await;
    let id = story.opens(Critical).await;
    fires(&story, id).await;
    assert_eq!(story.states().await, ["queued"]);
    story.acts(id, Action::Acknowledge).await.unwrap();
    assert_eq!(
        story.states().await,
        ["cancelled: the incident was acknowledged before this was sent"]
    );
    assert!(claim(&story.context, "email", 10).await.unwrap().is_empty());
    story.after(1_000).await;
    story.expect(&[]);
}

#[tokio::test]
async fn what_an_unconditional_step_queued_leaves_all_the_same() {
    let story = Story::with(0, vec![unconditional(step(0, &["operator"]))]).await;
    story.channel("email", true, &[]).await;
    let id = story.opens(Critical).await;
    fires(&story, id).await;
    story.acts(id, Action::Acknowledge).await.unwrap();
    assert_eq!(story.states().await, ["queued"]);
    story.after(1).await;
    story.expect(&["+0 email bob@noc.test problem"]);
}

#[tokio::test]
async fn a_retry_goes_to_whom_its_step_told_and_the_next_step_to_whoever_it_is_then() {
    let steps = vec![step(0, &["operator"]), step(300, &["operator"])];
    let story = Story::with(0, steps).await;
    story.channel("email", true, &[]).await;
    story.email.answers.lock().push_back(later(None));
    story.opens(High).await;
    story.after(125).await;
    story.expect(&["+120 email bob@noc.test problem"]);
    let dee = NewUser {
        email: "dee@noc.test".into(),
        name: "dee".into(),
        password_hash: "-".into(),
        role: "operator".into(),
        must_change_password: false,
    };
    let now = story.clock.now();
    users::create(story.db().write(), dee, now).await.unwrap();
    story.after(175).await;
    story.expect(&["+150 email bob@noc.test problem"]);
    story.after(200).await;
    story.expect_in_any_order(&[
        "+420 email bob@noc.test problem",
        "+420 email dee@noc.test problem",
    ]);
}

#[tokio::test]
async fn a_retry_of_before_it_got_worse_is_superseded() {
    let story = story().await;
    let id = story.opens(High).await;
    story.email.answers.lock().push_back(later(None));
    story.after(125).await;
    story.expect(&["+120 email bob@noc.test problem"]);
    story.rises(id, Critical).await;
    story.after(600).await;
    story.expect(&["+125 email bob@noc.test problem"]);
    assert_eq!(
        story.states().await,
        [
            "cancelled: superseded: the escalation started again",
            "sent"
        ]
    );
}

#[tokio::test]
async fn a_providers_wish_is_granted_and_costs_no_attempt() {
    let story = story().await;
    story.email.answers.lock().push_back(later(Some(65)));
    story.email.answers.lock().push_back(later(Some(5)));
    story.opens(High).await;
    story.after(600).await;
    // The second wish is shorter than the pause that comes first anyway.
    story.expect(&[
        "+120 email bob@noc.test problem",
        "+185 email bob@noc.test problem",
        "+215 email bob@noc.test problem",
    ]);
    let sent = story.deliveries().await.remove(0);
    assert_eq!((sent.status.as_str(), sent.attempts), ("sent", 1));
}

#[tokio::test]
async fn maintenance_covers_repeats() {
    let story = Story::with(1, vec![step(0, &["operator"])]).await;
    story.channel("email", true, &[]).await;
    maintenance(&story, 200, 3_700).await;
    story.opens_on(Some(WEB), High).await;
    story.after(3_700).await;
    story.expect(&["+120 email bob@noc.test problem"]);
    story.after(3_600).await;
    // 820 s of 900 remained when it began.
    story.expect(&["+4520 email bob@noc.test reminder"]);
}

#[tokio::test]
async fn maintenance_covers_retries() {
    let story = story().await;
    maintenance(&story, 130, 3_700).await;
    story.opens_on(Some(WEB), High).await;
    story.email.answers.lock().push_back(later(None));
    story.after(3_650).await;
    story.expect(&["+120 email bob@noc.test problem"]);
    assert_eq!(
        story.states().await,
        ["retrying: held back during maintenance"]
    );
    story.after(600).await;
    story.expect(&["+3750 email bob@noc.test problem"]);
}

#[tokio::test]
async fn deleting_a_policy_does_not_disturb_what_is_under_way() {
    let story = Story::with(0, vec![step(0, &["admin"]), step(300, &["operator"])]).await;
    story.channel("email", true, &[]).await;
    let id = story.opens(High).await;
    story.after(150).await;
    story.expect(&["+120 email ada@noc.test problem"]);
    story.route_to_channels(&["email"]).await;
    let row = executions::of_incident(story.db().read(), id).await;
    let policy = row.unwrap().unwrap().policy["policy_id"].as_i64().unwrap();
    escalation_policies::delete(story.db().write(), policy)
        .await
        .unwrap();
    story.after(600).await;
    story.expect(&["+420 email bob@noc.test problem"]);
}

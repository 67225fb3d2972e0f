//! Stories of limits that a provider tells of after it took a message.

use super::*;
use crate::notify::story::BEGIN;
use noc_pipeline::control::Severity::Critical;
use noc_storage::relational::deliveries::KEPT_APART;

const LIMITED: Fate = Fate::Limited(Duration::from_secs(60));
/// Longer than messages are kept apart.
const CROWDED: Fate = Fate::Crowded(Duration::from_secs(40));

/// A limit of the account cost attempts, so that some hours of it were a failure, and others went on into it.
#[tokio::test]
async fn a_limit_of_the_account_pauses_the_channel_and_costs_no_attempt() {
    let story = with_pager().await;
    story.is_taken("m-0").await;
    story.expect(&["+120 pager p-1 problem"]);
    for n in 0..8 {
        assert!(story.is_told(&receipt(&format!("m-{n}"), LIMITED)).await);
        let row = story.pager().await;
        let until = story.clock.now().plus(Duration::from_secs(60));
        assert_eq!(row.paused_until, Some(until.to_datetime()));
        assert_eq!(row.paused_reason.as_deref(), Some("it says limited"));
        assert!(row.healthy);
        let next = accepted(&format!("m-{}", n + 1));
        story.pager.answers.lock().push_back(next);
        story.after(60).await;
    }
    assert_eq!(story.states().await, ["sent"]);
    assert_eq!(story.deliveries().await[0].attempts, 1);
    // Whatever else there is to say waits as well.
    story.pager.heard.lock().clear();
    assert!(story.is_told(&receipt("m-8", LIMITED)).await);
    let id = story.opens(Critical).await;
    story.after(59).await;
    story.expect(&["+631 email team@noc.test problem"]);
    story.resolves(id).await;
}

/// What was told before the answer was written down lost how long it asks for.
#[tokio::test]
async fn a_limit_told_early_is_kept_with_its_time() {
    let story = with_pager().await;
    let claimed = story.fires_and_claims().await;
    assert!(!story.is_told(&receipt("m-1", LIMITED)).await);
    story.pager.answers.lock().push_back(accepted("m-1"));
    let pager = story.context.registry.get("pager").unwrap().clone();
    send(&story.context, pager.as_ref(), claimed, Slot::free()).await;
    assert_eq!(story.states().await, ["retrying: it says limited"]);
    assert!(story.pager().await.paused_until.is_some());
}

/// All that waited for the recipient went out at the same moment, and was too much again.
#[tokio::test]
async fn a_limit_of_one_recipient_keeps_their_messages_apart_and_pauses_nobody_else() {
    let story = with_pager().await;
    story.channel("pager", true, &["p-1", "p-2"]).await;
    let ids = ["a-1", "a-2", "b-1", "b-2", "c-1", "c-2"];
    story.pager.answers.lock().extend(ids.map(accepted));
    for _ in 0..3 {
        story.opens(High).await;
    }
    story.after(121).await;
    assert_eq!(story.states().await, ["sent"; 6]);
    story.pager.heard.lock().clear();
    let of_first = story.deliveries().await.into_iter();
    let of_first: Vec<_> = of_first
        .filter(|row| row.recipient == "p-1")
        .filter_map(|row| row.provider_id)
        .collect();
    assert_eq!(of_first.len(), 3);
    for id in of_first {
        assert!(story.is_told(&receipt(&id, CROWDED)).await);
    }
    assert!(story.pager().await.paused_until.is_none());
    story.after(200).await;
    story.expect(&[
        "+161 pager p-1 problem",
        "+191 pager p-1 problem",
        "+221 pager p-1 problem",
    ]);
    assert!(story.deliveries().await.iter().all(|row| row.attempts == 1));
}

/// In the answer to a send, as afterwards.
#[tokio::test]
async fn what_waits_for_a_recipient_who_is_told_too_much_waits_as_well() {
    let story = with_pager().await;
    let busy = Outcome::Retry {
        reason: "503".into(),
        after: None,
    };
    let crowded = Outcome::Crowded {
        reason: "131056".into(),
        after: Duration::from_secs(40),
    };
    story.pager.answers.lock().extend([busy, crowded]);
    story.opens(High).await;
    story.after(20).await;
    story.opens(High).await;
    story.after(121).await;
    story.expect(&["+120 pager p-1 problem", "+140 pager p-1 problem"]);
    // The first was to be sent again at +150.
    story.after(100).await;
    story.expect(&["+180 pager p-1 problem", "+210 pager p-1 problem"]);
}

/// That a recipient is to be left alone stood in the rows that waited then: what was queued a moment later left at once, and
/// was refused. About a critical their provider has 30 s, as ever.
#[tokio::test]
async fn what_is_queued_while_a_recipient_is_left_alone_waits_for_them() {
    let story = with_pager().await;
    story.is_taken("m-1").await;
    story.expect(&["+120 pager p-1 problem"]);
    assert!(story.is_told(&receipt("m-1", CROWDED)).await);
    story.opens(Critical).await;
    story.after(29).await;
    story.expect(&[]);
    let waits = format!("queued: {KEPT_APART}");
    assert_eq!(story.states().await, ["retrying: it says crowded", &*waits]);
    story.after(46).await;
    story.expect(&[
        "+151 email team@noc.test problem",
        "+161 pager p-1 problem",
        "+191 pager p-1 problem",
    ]);
    let all = story.deliveries().await;
    let left = |n: usize| UnixMs::from(all[n].sent_at.unwrap()).since(BEGIN).as_secs();
    assert_eq!((left(1), left(0)), (161, 191), "the worst first");
}

/// Its pause began again with the time at which it was applied.
#[tokio::test]
async fn a_limit_told_early_counts_from_when_it_was_told() {
    let story = with_pager().await;
    let claimed = story.fires_and_claims().await;
    assert!(!story.is_told(&receipt("m-1", LIMITED)).await);
    story.outage(25);
    story.pager.answers.lock().push_back(accepted("m-1"));
    let pager = story.context.registry.get("pager").unwrap().clone();
    send(&story.context, pager.as_ref(), claimed, Slot::free()).await;
    let until = BEGIN.plus(Duration::from_secs(120 + 60));
    assert_eq!(story.pager().await.paused_until, Some(until.to_datetime()));
}

/// Its settings may be nobody's, and the channel was paused by them.
#[tokio::test]
async fn a_limit_told_of_a_test_pauses_nothing() {
    let story = with_pager().await;
    story.is_taken("m-1").await;
    let id = story.deliveries().await[0].id;
    story.becomes(id, Kind::Test).await;
    assert!(story.is_told(&receipt("m-1", LIMITED)).await);
    assert_eq!(story.states().await, ["failed: it says limited"]);
    assert_eq!(story.pager().await.paused_until, None);
}

/// A word of yesterday sent yesterday's message once more.
#[tokio::test]
async fn what_is_told_when_all_retries_would_be_over_is_a_failure() {
    for fate in [Fate::Later, LIMITED, CROWDED, Fate::Tomorrow] {
        let story = with_pager().await;
        story.is_taken("m-1").await;
        story.expect(&["+120 pager p-1 problem"]);
        story.outage(3 * 3_600);
        assert!(story.is_told(&receipt("m-1", fate)).await);
        let told = format!("failed: it says {}", fate.name());
        assert_eq!(story.states().await, [told]);
        assert_eq!(story.pager().await.paused_until, None);
        story.after(1).await;
        story.expect(&[]);
    }
}

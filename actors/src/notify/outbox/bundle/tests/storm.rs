//! More trouble than anybody wants to be told of one by one.

use super::{of_incident, standing, subjects};
use crate::notify::outbox::Bundling;
use crate::notify::storm::StormLimit;
use crate::notify::story::{Story, step};
use noc_pipeline::control::Severity::{Critical, High};
use std::time::Duration;

fn stormy() -> Bundling {
    Bundling {
        storm: Some(StormLimit {
            messages: 3,
            window: Duration::from_secs(300),
        }),
        ..Bundling::default()
    }
}

#[tokio::test]
async fn a_storm_of_different_troubles_is_held_back_and_told_as_one() {
    let story = Story::bundling(0, vec![step(0, &["operator"])], stormy()).await;
    story.channel("email", true, &[]).await;
    let mut last = 0;
    for n in 0..9 {
        let server = story.server(&format!("web-{n}"), &[]).await;
        last = story.breaks(server, &format!("detector_{n}"), High).await;
        story.after(1).await;
    }
    story.after(130).await;
    // Three leave, then one each 100 s with all that waits.
    story.expect(&[
        "+120 email bob@noc.test problem",
        "+121 email bob@noc.test problem",
        "+122 email bob@noc.test problem",
    ]);
    let held = story.states().await.pop().unwrap();
    assert_eq!(
        held,
        "queued: held back: 3 messages in 300 s are the most for one recipient, so this leaves in one message with \
         whatever else is held back"
    );
    subjects(&story);

    // A critical is told at once, and takes along what is due with it; who is told that it is over waits for nothing.
    let server = story.server("db-1", &[]).await;
    let critical = story.breaks(server, "mysql_down", Critical).await;
    story.after(1).await;
    story.resolves(critical).await;
    story.after(1).await;
    story.expect(&[
        "+139 email bob@noc.test problem",
        "+140 email bob@noc.test recovery",
    ]);
    subjects(&story);
    story.after(300).await;
    let said = subjects(&story);
    assert_eq!(said, ["🟠 [high] 6 incidents"]);
    let rows = of_incident(&story, last).await;
    assert_eq!(rows[0].status, "sent");
}

#[tokio::test]
async fn a_restart_forgets_nothing_that_waits() {
    let story = Story::bundling(0, vec![step(0, &["operator"])], stormy()).await;
    story.channel("email", true, &[]).await;
    for n in 0..6 {
        let server = story.server(&format!("web-{n}"), &[]).await;
        story.breaks(server, &format!("detector_{n}"), High).await;
        story.after(1).await;
    }
    story.after(120).await;
    subjects(&story);
    story.expect(&[
        "+120 email bob@noc.test problem",
        "+121 email bob@noc.test problem",
        "+122 email bob@noc.test problem",
    ]);
    // All that is kept in memory is gone; the rows and the recipient's gate are not. By now each of them might leave by
    // itself, but they were held back as one.
    story.outage(3_600);
    story.after(1).await;
    assert_eq!(subjects(&story), ["🟠 [high] 3 incidents"]);
    assert_eq!(standing(&story).await, [("sent".to_owned(), 6)].into());
}

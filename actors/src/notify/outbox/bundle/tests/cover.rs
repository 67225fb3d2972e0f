//! A group that somebody has taken on, and who joins it.

use super::{RACK, all_break, subjects, to_bob};
use crate::notify::story::Story;
use noc_pipeline::control::Severity::{Critical, High};
use noc_pipeline::id::ServerId;
use noc_storage::relational::timeline;

/// Four servers of a rack broke, and Ada took all of it on.
async fn taken_on() -> (Story, Vec<ServerId>) {
    let story = to_bob().await;
    let servers = story.servers("web", 12, &RACK).await;
    let incidents = all_break(&story, &servers[..4], High).await;
    story.after(60).await;
    story.acknowledges_group(incidents[0]).await.unwrap();
    story.after(240).await;
    story.expect(&[]);
    (story, servers)
}

#[tokio::test]
async fn who_joins_is_acknowledged_as_well_and_says_by_whom() {
    let (story, servers) = taken_on().await;
    let joined = story.breaks(servers[4], "service_down", High).await;
    story.after(600).await;
    story.expect(&[]);
    let row = story.incident(joined).await;
    assert_eq!(
        (row.status.as_str(), row.acknowledged_by),
        ("acknowledged", Some(1))
    );
    let entries = timeline::of_incident(story.db().read(), joined).await;
    let entry = entries.unwrap().pop().unwrap();
    assert_eq!(
        (entry.kind.as_str(), entry.actor.as_str()),
        ("acknowledged", "user:1")
    );
    assert_eq!(
        entry.detail["text"],
        "Acknowledged as it opened: ada@noc.test acknowledged its group 4 min before, and with it who joins."
    );
    // Another trouble of the rack is another group.
    story.breaks(servers[5], "disk_bytes", High).await;
    story.after(121).await;
    assert_eq!(subjects(&story), ["🟠 [high] exim is down on web-05"]);
}

#[tokio::test]
async fn what_is_worse_than_what_was_taken_on_is_told() {
    let (story, servers) = taken_on().await;
    let worse = story.breaks(servers[4], "service_down", Critical).await;
    story.after(1).await;
    story.expect(&["+300 email bob@noc.test problem"]);
    assert_eq!(story.incident(worse).await.status, "open");
    // For what is no worse the acknowledgement still counts.
    let joined = story.breaks(servers[5], "service_down", High).await;
    assert_eq!(story.incident(joined).await.status, "acknowledged");
}

#[tokio::test]
async fn once_it_has_doubled_it_is_told() {
    let (story, servers) = taken_on().await;
    for server in &servers[4..7] {
        let joined = story.breaks(*server, "service_down", High).await;
        assert_eq!(story.incident(joined).await.status, "acknowledged");
    }
    for server in &servers[7..9] {
        let joined = story.breaks(*server, "service_down", High).await;
        assert_eq!(story.incident(joined).await.status, "open");
    }
    story.after(121).await;
    assert_eq!(
        subjects(&story),
        ["🟠 [high] 2 incidents: Service down in rack r1"]
    );
}

#[tokio::test]
async fn after_half_an_hour_it_no_longer_counts() {
    let (story, servers) = taken_on().await;
    story.after(1_559).await;
    let joined = story.breaks(servers[4], "service_down", High).await;
    assert_eq!(story.incident(joined).await.status, "acknowledged");
    story.after(1).await;
    let late = story.breaks(servers[5], "service_down", High).await;
    assert_eq!(story.incident(late).await.status, "open");
}

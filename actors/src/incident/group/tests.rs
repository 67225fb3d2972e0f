use super::*;
use crate::notify::story::{Story, step};
use noc_pipeline::clock::Clock;
use noc_pipeline::control::Severity::{Critical, High};
use noc_pipeline::id::ServerId;

const NOW: UnixMs = UnixMs(1_795_300_000_000);

#[test]
fn an_acknowledgement_counts_until_it_is_over_worse_or_double() {
    let cover = Cover {
        at: NOW,
        until: NOW.plus(COVER),
        by: 1,
        severity: High,
        size: 3,
        joined: 5,
    };
    let last = NOW.plus(COVER).minus(Duration::from_millis(1));
    assert!(covers(&cover, High, 5, last));
    assert!(!covers(&cover, High, 5, NOW.plus(COVER)));
    assert!(!covers(&cover, Critical, 5, NOW));
    assert!(covers(&cover, High, 6, NOW), "the second since");
    assert!(!covers(&cover, High, 7, NOW), "the third makes it six");
    let alone = Cover { size: 1, ..cover };
    assert!(
        !covers(&alone, High, 5, NOW),
        "two are twice as many as one"
    );
}

async fn story() -> Story {
    Story::with(0, vec![step(0, &["operator"])]).await
}

async fn group_of(story: &Story, incident: i64) -> incident_group::Model {
    let id = incident_groups::of_incident(story.db().read(), incident).await;
    let group = incident_groups::get(story.db().read(), id.unwrap().unwrap()).await;
    group.unwrap().unwrap()
}

async fn break_all(story: &Story, servers: &[ServerId], detector: &str) -> Vec<i64> {
    let mut incidents = Vec::new();
    for server in servers {
        incidents.push(story.breaks(*server, detector, High).await);
    }
    incidents
}

/// Keys of the groups of incidents, each once, in the order of the incidents.
async fn keys(story: &Story, incidents: &[i64]) -> Vec<String> {
    let mut keys = Vec::new();
    for incident in incidents {
        keys.push(group_of(story, *incident).await.group_key);
    }
    keys.dedup();
    keys
}

#[tokio::test]
async fn a_server_is_a_group_until_others_show_the_same() {
    let story = story().await;
    let rack = story.servers("web", 3, &["rack:r1"]).await;
    let service = story.breaks(rack[0], "service_down", High).await;
    let disk = story.breaks(rack[0], "disk_bytes", High).await;
    let own = group_of(&story, service).await;
    assert_eq!(own.group_key, format!("server:{}", rack[0].0));
    assert_eq!(
        (own.kind.as_str(), own.label.as_str(), own.detector),
        ("server", "web-00", None)
    );
    assert_eq!(group_of(&story, disk).await.id, own.id);

    let others = break_all(&story, &rack[1..], "service_down").await;
    let all = [vec![service], others].concat();
    assert_eq!(keys(&story, &all).await, ["service_down@rack:r1"]);
    let rack_group = group_of(&story, service).await;
    assert_eq!(
        (rack_group.joined, rack_group.label.as_str()),
        (3, "rack:r1")
    );
    assert_eq!(group_of(&story, disk).await.id, own.id, "that is its own");
}

#[tokio::test]
async fn a_trouble_that_spreads_is_put_together_again_unless_somebody_has_it() {
    let story = story().await;
    let one = story.servers("a", 2, &["rack:r1", "dc:d1"]).await;
    let two = story.servers("b", 2, &["rack:r2", "dc:d1"]).await;
    let mut all = break_all(&story, &one, "service_down").await;
    assert_eq!(keys(&story, &all).await, ["service_down@rack:r1"]);
    all.extend(break_all(&story, &two, "service_down").await);
    assert_eq!(keys(&story, &all).await, ["service_down@dc:d1"]);

    // Who has taken a rack on has not taken on the next one.
    let first = break_all(&story, &one, "mysql_down").await;
    story.acknowledges_group(first[0]).await.unwrap();
    let second = break_all(&story, &two, "mysql_down").await;
    assert_eq!(keys(&story, &first).await, ["mysql_down@rack:r1"]);
    assert_eq!(keys(&story, &second).await, ["mysql_down@rack:r2"]);
}

#[tokio::test]
async fn two_rules_of_one_detector_are_two_troubles() {
    let story = story().await;
    let rack = story.servers("web", 3, &["rack:r1"]).await;
    let by = async |server: usize, rule: i64| {
        let rule = Some(rule);
        story
            .breaks_by_rule(rack[server], "threshold", rule, High)
            .await
    };
    let load = [by(0, 7).await, by(1, 7).await];
    let memory = [by(1, 8).await, by(2, 8).await];
    assert_eq!(keys(&story, &load).await, ["threshold#7@rack:r1"]);
    assert_eq!(keys(&story, &memory).await, ["threshold#8@rack:r1"]);
}

#[tokio::test]
async fn what_comes_later_or_after_its_end_is_another_group() {
    let story = story().await;
    let rack = story.servers("web", 4, &["rack:r1"]).await;
    let first = break_all(&story, &rack[..2], "service_down").await;
    story.outage(JOIN_WITHIN.as_secs() + 1);
    let late = story.breaks(rack[2], "service_down", High).await;
    assert_eq!(group_of(&story, late).await.kind, "server");
    let group = group_of(&story, first[0]).await;
    assert_eq!(group.joined, 2);

    // Over, the group is not joined, however short a time ago.
    for incident in first.iter().chain([&late]) {
        story.resolves(*incident).await;
    }
    let again = break_all(&story, &rack[3..], "service_down").await;
    assert_eq!(group_of(&story, again[0]).await.kind, "server");
}

#[tokio::test]
async fn the_fleet_s_own_incidents_are_of_no_group_and_acknowledged_by_themselves() {
    let story = story().await;
    let id = story.opens(Critical).await;
    let of = incident_groups::of_incident(story.db().read(), id).await;
    assert_eq!(of.unwrap(), None);
    let row = story.acknowledges_group(id).await.unwrap();
    assert_eq!(row.status, "acknowledged");
    let unknown = story.acknowledges_group(id + 1).await;
    assert!(matches!(
        unknown,
        Err(ActionError::Store(StoreError::NotFound { .. }))
    ));
}

#[tokio::test]
async fn who_joins_is_not_taken_on_by_an_account_that_is_off() {
    let story = story().await;
    let rack = story.servers("web", 4, &["rack:r1"]).await;
    let incidents = break_all(&story, &rack[..3], "service_down").await;
    story.acknowledges_group(incidents[0]).await.unwrap();
    let off = users::UserPatch {
        is_active: Some(false),
        ..Default::default()
    };
    let now = story.clock.now();
    users::update(story.db().write(), 1, off, now)
        .await
        .unwrap();
    let joined = story.breaks(rack[3], "service_down", High).await;
    assert_eq!(story.incident(joined).await.status, "open");
}

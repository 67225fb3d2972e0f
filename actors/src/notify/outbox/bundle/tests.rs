//! Many incidents, few messages: told as stories.

mod cover;
mod storm;

use super::super::{LEASE, Slot, claim, send};
use crate::incident::actions::Action;
use crate::notify::channel::Outcome;
use crate::notify::message::Kind;
use crate::notify::story::{Story, step, unconditional};
use noc_pipeline::clock::Clock;
use noc_pipeline::control::Severity::{self, Critical, High};
use noc_pipeline::id::ServerId;
use noc_storage::relational::entity::incident;
use noc_storage::relational::entity::notification_delivery::Model;
use noc_storage::relational::timeline;
use sea_orm::{ActiveModelTrait, Set, Unchanged};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const RACK: [&str; 2] = ["rack:r1", "dc:d1"];

/// One step, to the operator alone.
async fn to_bob() -> Story {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    story.channel("email", true, &[]).await;
    story
}

async fn all_break(story: &Story, servers: &[ServerId], severity: Severity) -> Vec<i64> {
    let mut incidents = Vec::new();
    for server in servers {
        incidents.push(story.breaks(*server, "service_down", severity).await);
    }
    incidents
}

fn subjects(story: &Story) -> Vec<String> {
    let messages = std::mem::take(&mut *story.email.messages.lock());
    messages
        .into_iter()
        .map(|message| message.subject)
        .collect()
}

/// How many deliveries stand how.
async fn standing(story: &Story) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for row in story.deliveries().await {
        *counts.entry(row.status).or_default() += 1;
    }
    counts
}

async fn of_incident(story: &Story, incident: i64) -> Vec<Model> {
    let mut rows = story.deliveries().await;
    rows.retain(|row| row.incident_id == Some(incident));
    rows
}

#[tokio::test]
async fn forty_servers_of_a_rack_are_two_messages_to_each_who_is_told() {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    let servers = story.servers("web", 40, &RACK).await;
    for pair in servers.chunks(2) {
        all_break(&story, pair, Critical).await;
        story.after(1).await;
    }
    story.after(60).await;
    story.expect_in_any_order(&[
        "+0 email bob@noc.test problem",
        "+0 email team@noc.test problem",
        "+30 email bob@noc.test problem",
        "+30 email team@noc.test problem",
    ]);
    let mut said = subjects(&story);
    said.sort();
    let of = |n: usize| format!("🔴 [critical] {n} incidents: Service down in rack r1");
    assert_eq!(said, [of(2), of(2), of(38), of(38)]);

    // Each incident has its own row, which says what it left with.
    assert_eq!(standing(&story).await, [("sent".to_owned(), 80)].into());
    let rows = story.deliveries().await;
    let carriers: Vec<_> = rows
        .iter()
        .filter(|row| row.reason.as_deref() == Some("sent as one message with 37 others"))
        .map(|row| row.id)
        .collect();
    assert_eq!(carriers.len(), 2);
    for carrier in carriers {
        let with = format!("sent together with #{carrier}");
        let carried = rows.iter().filter(|row| row.reason.as_ref() == Some(&with));
        assert_eq!(carried.count(), 37);
    }
}

#[tokio::test]
async fn the_next_step_tells_of_the_group_as_well() {
    let steps = vec![step(0, &["operator"]), step(300, &["admin"])];
    let story = Story::with(0, steps).await;
    story.channel("email", true, &[]).await;
    let servers = story.servers("web", 5, &RACK).await;
    all_break(&story, &servers[..1], Critical).await;
    story.after(1).await;
    all_break(&story, &servers[1..], Critical).await;
    story.after(290).await;
    story.expect(&[
        "+0 email bob@noc.test problem",
        "+30 email bob@noc.test problem",
    ]);
    story.after(60).await;
    story.expect(&[
        "+300 email ada@noc.test problem",
        "+330 email ada@noc.test problem",
    ]);
}

#[tokio::test]
async fn different_people_and_channels_each_have_messages_of_their_own() {
    let story = to_bob().await;
    story.channel("email", true, &["team@noc.test"]).await;
    story.channel("room", true, &["#ops"]).await;
    story.route_to_channels(&["email", "room"]).await;
    let servers = story.servers("web", 4, &RACK).await;
    all_break(&story, &servers[..1], Critical).await;
    story.after(1).await;
    all_break(&story, &servers[1..], Critical).await;
    story.after(40).await;
    story.expect_in_any_order(&[
        "+0 email team@noc.test problem",
        "+0 room #ops problem",
        "+30 email team@noc.test problem",
        "+30 room #ops problem",
    ]);
}

#[tokio::test]
async fn what_is_no_group_is_told_one_by_one() {
    let story = to_bob().await;
    let (one, two) = (
        story.server("web-1", &["rack:r1"]).await,
        story.server("web-2", &["rack:r2"]).await,
    );
    all_break(&story, &[one, two], Critical).await;
    story.after(1).await;
    assert_eq!(
        subjects(&story),
        [
            "🔴 [critical] exim is down on web-1",
            "🔴 [critical] exim is down on web-2"
        ]
    );
    // One server's troubles are one, whatever finds them; what is worse does not wait for the milder.
    story.breaks(one, "disk_bytes", Critical).await;
    story.after(1).await;
    assert_eq!(subjects(&story), Vec::<String>::new());
    story.after(30).await;
    assert_eq!(subjects(&story), ["🔴 [critical] exim is down on web-1"]);
}

#[tokio::test]
async fn what_is_worse_than_all_that_was_told_does_not_wait() {
    let story = to_bob().await;
    let servers = story.servers("web", 3, &RACK).await;
    all_break(&story, &servers[..2], High).await;
    story.after(121).await;
    assert_eq!(subjects(&story).len(), 1);
    story.breaks(servers[2], "service_down", Critical).await;
    story.after(1).await;
    assert_eq!(subjects(&story), ["🔴 [critical] exim is down on web-02"]);
}

/// A worker took what waited; then the world changed.
async fn taken(story: &Story, many: usize) -> (Vec<i64>, super::Bundle) {
    let servers = story.servers("web", many, &RACK).await;
    let first = all_break(story, &servers[..1], Critical).await;
    story.after(1).await;
    let mut incidents = first;
    incidents.extend(all_break(story, &servers[1..], Critical).await);
    story.after(28).await;
    story.expect(&["+0 email bob@noc.test problem"]);
    story.outage(1);
    let mut claimed = claim(&story.context, "email", 4).await.unwrap();
    assert_eq!(claimed.len(), 1, "one message");
    assert_eq!(claimed[0].rows.len(), many - 1);
    (incidents, claimed.remove(0))
}

#[tokio::test]
async fn who_is_over_when_the_message_leaves_falls_out_with_its_reason() {
    let story = to_bob().await;
    let (incidents, bundle) = taken(&story, 5).await;
    story.resolves(incidents[1]).await;
    story.acts(incidents[2], Action::Acknowledge).await.unwrap();
    send(&story.context, &story.email, bundle, Slot::free()).await;
    story.expect(&["+30 email bob@noc.test problem"]);
    assert_eq!(
        subjects(&story).pop().unwrap(),
        "🔴 [critical] 2 incidents: Service down in rack r1"
    );
    let over = of_incident(&story, incidents[1]).await;
    assert_eq!(
        over[0].reason.as_deref(),
        Some("the incident was resolved before this was sent")
    );
    let taken_on = of_incident(&story, incidents[2]).await;
    assert_eq!(taken_on[0].status, "cancelled");
    // Who was never told of it is not told that it is over.
    story.resolves(incidents[3]).await;
    story.after(5).await;
    story.expect(&["+30 email bob@noc.test recovery"]);
    assert_eq!(of_incident(&story, incidents[1]).await.len(), 1);
}

/// Whose id the message bore was held when it left, and was told later under the same id: a receiver that knows ids took that
/// for a copy.
#[tokio::test]
async fn who_falls_out_of_a_message_is_told_under_an_id_of_its_own() {
    let story = to_bob().await;
    let (incidents, bundle) = taken(&story, 3).await;
    let carrier = bundle.rows.iter().find(|row| row.id == bundle.carrier);
    let held = carrier.unwrap().incident_id.unwrap();
    let until = story.clock.now().plus(Duration::from_secs(600));
    story.acts(held, Action::Snooze { until }).await.unwrap();
    story.email.messages.lock().clear();
    send(&story.context, &story.email, bundle, Slot::free()).await;
    story.after(660).await;
    let ids: Vec<_> = std::mem::take(&mut *story.email.messages.lock())
        .into_iter()
        .filter(|message| message.kind == Kind::Problem)
        .map(|message| message.delivery)
        .collect();
    assert!(ids.len() > 1, "{incidents:?}: {:?}", story.states().await);
    let different: BTreeSet<_> = ids.iter().collect();
    assert_eq!(different.len(), ids.len());
    assert_eq!(of_incident(&story, held).await[0].status, "sent");
}

#[tokio::test]
async fn if_one_remains_it_is_an_ordinary_message_and_if_none_remains_nothing_is_sent() {
    let story = to_bob().await;
    let (incidents, bundle) = taken(&story, 4).await;
    story.resolves(incidents[1]).await;
    story.resolves(incidents[3]).await;
    send(&story.context, &story.email, bundle, Slot::free()).await;
    assert_eq!(
        subjects(&story).pop().unwrap(),
        "🔴 [critical] exim is down on web-02"
    );

    let story = to_bob().await;
    let (incidents, bundle) = taken(&story, 4).await;
    for incident in &incidents[1..] {
        story.resolves(*incident).await;
    }
    send(&story.context, &story.email, bundle, Slot::free()).await;
    story.expect(&[]);
    let standing = standing(&story).await;
    assert_eq!((standing["sent"], standing["expired"]), (1, 3));
}

#[tokio::test]
async fn a_crash_between_claim_and_record_sends_the_same_message_again() {
    let story = to_bob().await;
    let (incidents, bundle) = taken(&story, 5).await;
    // Whoever had it dies; the carrier is over by the time somebody else takes it up.
    story.outage(LEASE.as_secs());
    story.resolves(incidents[1]).await;
    let mut again = claim(&story.context, "email", 4).await.unwrap();
    let again = again.remove(0);
    assert_eq!(again.delivery_uuid, bundle.delivery_uuid);
    assert_eq!(again.rows.len(), bundle.rows.len());
    send(&story.context, &story.email, again, Slot::free()).await;
    story.expect(&["+90 email bob@noc.test problem"]);
    let message = story.email.messages.lock().pop().unwrap();
    assert_eq!(message.delivery.to_string(), bundle.delivery_uuid);
    assert_eq!(message.fields.len(), 3);
}

#[tokio::test]
async fn a_message_that_is_tried_again_is_the_same_and_takes_nobody_new_along() {
    let story = to_bob().await;
    let servers = story.servers("web", 5, &RACK).await;
    all_break(&story, &servers[..4], Critical).await;
    let busy = Outcome::Retry {
        reason: "451 try later".into(),
        after: None,
    };
    story.email.answers.lock().push_back(busy);
    story.after(5).await;
    all_break(&story, &servers[4..], Critical).await;
    story.after(40).await;
    story.expect(&[
        "+0 email bob@noc.test problem",
        "+5 email bob@noc.test problem",
        "+30 email bob@noc.test problem",
    ]);
    let messages = story.email.messages.lock();
    assert_eq!(messages[0].delivery, messages[2].delivery);
    assert_eq!(messages[2].fields.len(), 4);
    assert_ne!(messages[0].delivery, messages[1].delivery);
}

#[tokio::test]
async fn what_is_refused_is_refused_to_all_of_them() {
    let story = to_bob().await;
    let servers = story.servers("web", 3, &RACK).await;
    let refused = Outcome::Permanent {
        reason: "550 no such user".into(),
    };
    story.email.answers.lock().push_back(refused);
    let incidents = all_break(&story, &servers, Critical).await;
    story.after(1).await;
    assert_eq!(story.states().await, vec!["failed: 550 no such user"; 3]);
    for incident in incidents {
        let entries = timeline::of_incident(story.db().read(), incident).await;
        let kinds: Vec<_> = entries.unwrap().into_iter().map(|one| one.kind).collect();
        // Each would go elsewhere, if there were anywhere.
        let last = &kinds[kinds.len().saturating_sub(2)..];
        assert_eq!(last, ["delivery_failed", "failed_over"]);
    }
}

#[tokio::test]
async fn recoveries_go_to_who_was_told_at_once_and_as_one_where_they_come_at_once() {
    let story = to_bob().await;
    let servers = story.servers("web", 5, &RACK).await;
    let incidents = all_break(&story, &servers, Critical).await;
    story.after(1).await;
    story.resolves(incidents[0]).await;
    story.after(1).await;
    for incident in &incidents[1..] {
        story.resolves(*incident).await;
    }
    story.after(1).await;
    story.expect(&[
        "+0 email bob@noc.test problem",
        "+1 email bob@noc.test recovery",
        "+2 email bob@noc.test recovery",
    ]);
    assert_eq!(
        subjects(&story)[1..],
        [
            "🟢 [resolved] exim is down on web-00",
            "🟢 [resolved] 4 incidents: Service down in rack r1"
        ]
    );
}

#[tokio::test]
async fn acknowledging_one_leaves_the_others_and_acknowledging_the_group_takes_all() {
    let story = to_bob().await;
    let servers = story.servers("web", 6, &RACK).await;
    let incidents = all_break(&story, &servers[..4], High).await;
    story.acts(incidents[0], Action::Acknowledge).await.unwrap();
    story.after(121).await;
    assert_eq!(
        subjects(&story),
        ["🟠 [high] 3 incidents: Service down in rack r1"]
    );
    let more = all_break(&story, &servers[4..5], High).await;
    story.after(10).await;
    story.acknowledges_group(incidents[2]).await.unwrap();
    for incident in incidents.iter().chain(&more) {
        assert_eq!(story.incident(*incident).await.status, "acknowledged");
    }
    // Once: nobody is left to be taken on.
    assert!(story.acknowledges_group(incidents[2]).await.is_err());
    let entries = timeline::of_incident(story.db().read(), more[0]).await;
    let entry = entries.unwrap().pop().unwrap();
    assert_eq!(
        entry.detail["text"],
        "Acknowledged by Ada, with 3 others of its group."
    );
    story.after(1_000).await;
    assert_eq!(subjects(&story), Vec::<String>::new());
}

#[tokio::test]
async fn a_message_that_waits_is_taken_back_with_its_group() {
    let steps = vec![step(0, &["operator"]), unconditional(step(600, &["admin"]))];
    let story = Story::with(0, steps).await;
    story.channel("email", true, &[]).await;
    let servers = story.servers("web", 4, &RACK).await;
    let incidents = all_break(&story, &servers[..1], Critical).await;
    story.after(1).await;
    all_break(&story, &servers[1..], Critical).await;
    story.after(10).await;
    story.acknowledges_group(incidents[0]).await.unwrap();
    story.after(500).await;
    story.expect(&["+0 email bob@noc.test problem"]);
    assert_eq!(standing(&story).await["cancelled"], 3);
    // Unconditional steps go on, together as ever: the first by itself, those that follow it as one.
    story.after(200).await;
    story.expect(&[
        "+600 email ada@noc.test problem",
        "+630 email ada@noc.test problem",
    ]);
}

#[tokio::test]
async fn a_room_is_told_the_log_in_of_none_of_several_incidents() {
    let story = to_bob().await;
    *story.email.masks.lock() = true;
    let servers = story.servers("mail", 2, &RACK).await;
    for (server, login) in servers.into_iter().zip(["webmaster", "postman"]) {
        let id = story.breaks(server, "outgoing_mail_abuse", Critical).await;
        let about = incident::ActiveModel {
            id: Unchanged(id),
            subject: Set(format!("login:{login}")),
            title: Set(format!("Mailbox {login} mails far more than it does")),
            ..Default::default()
        };
        about.update(story.db().write()).await.unwrap();
    }
    story.after(60).await;
    story.expect(&["+0 email bob@noc.test problem"]);
    let message = story.email.messages.lock()[0].clone();
    for (masked, whole) in [("Mailbox w***", "webmaster"), ("Mailbox p***", "postman")] {
        assert!(message.text.contains(masked), "{}", message.text);
        let all = format!("{message:?}");
        assert!(!all.contains(whole), "{all}");
    }
}

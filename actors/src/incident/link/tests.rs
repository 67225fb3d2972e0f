//! Links in messages, told as stories: whoever got one uses it.

use super::*;
use crate::escalation::minder::{TO_ANSWER, patience};
use crate::notify::story::{Story, step, unconditional};
use noc_pipeline::clock::Clock;
use noc_pipeline::control::Severity::{self, Critical, High};
use noc_storage::relational::entity::security_event_log;
use noc_storage::relational::timeline;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};

/// The link of the last message that went to `recipient`.
fn link_of(story: &Story, recipient: &str) -> Option<Link> {
    let messages = story.email.messages.lock();
    let message = messages.iter().rev().find(|m| m.recipient == recipient);
    let url = message.unwrap().acknowledge_url.clone()?;
    let token = url.strip_prefix("https://noc.test/ack/").unwrap();
    let message = message.unwrap();
    if !message.text.is_empty() {
        assert!(message.text.contains(&url) && message.html.contains(token));
    }
    Some(Link::read(&story.context.field_key, token).unwrap())
}

async fn uses(story: &Story, link: &Link) -> Option<Worth> {
    let before = look(story.db(), link).await.unwrap();
    let (ip, now) = (Some("192.0.2.7".into()), story.clock.now());
    let done = store(story.db(), link, false, ip, now).await;
    let worth = done.unwrap().map(|(seen, _)| seen.worth);
    assert_eq!(
        before.map(|seen| seen.worth),
        worth,
        "looking says the same"
    );
    worth
}

async fn paged(severity: Severity) -> (Story, i64) {
    let steps = vec![step(0, &["operator"]), step(300, &["admin"])];
    let story = Story::with(0, steps).await;
    let id = story.opens(severity).await;
    story
        .after(if severity == Critical { 1 } else { 121 })
        .await;
    story.email.heard.lock().clear();
    (story, id)
}

async fn last_text(story: &Story, id: i64) -> (String, String) {
    let entries = timeline::of_incident(story.db().read(), id).await.unwrap();
    let last = entries.into_iter().last().unwrap();
    (last.actor, last.detail["text"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn whoever_it_was_sent_to_takes_the_incident_on_and_the_next_step_stays_away() {
    let (story, id) = paged(High).await;
    let link = link_of(&story, "bob@noc.test").unwrap();
    assert_eq!(link.user, Some(2));
    assert_eq!(uses(&story, &link).await, Some(Worth::Takes));
    let row = story.incident(id).await;
    assert_eq!(
        (row.status.as_str(), row.acknowledged_by),
        ("acknowledged", Some(2))
    );
    let said = "Acknowledged by bob@noc.test via link sent to bob@noc.test.";
    assert_eq!(last_text(&story, id).await, ("user:2".into(), said.into()));
    // Again, and by whom else it was sent to: nothing happens a second time.
    assert_eq!(uses(&story, &link).await, Some(Worth::Taken));
    let team = link_of(&story, "team@noc.test").unwrap();
    assert_eq!(uses(&story, &team).await, Some(Worth::Taken));
    assert_eq!(story.incident(id).await.acknowledged_by, Some(2));
    let events = security_event_log::Entity::find().all(story.db().read());
    let events = events.await.unwrap();
    assert_eq!(events.len(), 1, "one entry for one acknowledgement");
    assert_eq!(events[0].action, "incident_acknowledged");
    assert_eq!(events[0].actor_id, Some(2));
    assert_eq!(events[0].actor_ip.as_deref(), Some("192.0.2.7"));
    story.after(3_600).await;
    story.expect(&[]);
}

#[tokio::test]
async fn an_address_without_an_account_takes_it_on_as_whoever_has_the_link() {
    let (story, id) = paged(High).await;
    let link = link_of(&story, "team@noc.test").unwrap();
    assert_eq!(link.user, None);
    assert_eq!(uses(&story, &link).await, Some(Worth::Takes));
    let row = story.incident(id).await;
    assert_eq!(
        (row.status.as_str(), row.acknowledged_by),
        ("acknowledged", None)
    );
    let said = "Acknowledged via link sent to team@noc.test.";
    assert_eq!(last_text(&story, id).await, ("link".into(), said.into()));
}

#[tokio::test]
async fn a_link_is_dead_once_the_incident_is_over_or_its_escalation_started_again() {
    let (story, id) = paged(Critical).await;
    let old = link_of(&story, "bob@noc.test").unwrap();
    story.acts(id, Action::Acknowledge).await.unwrap();
    story.acts(id, Action::Unacknowledge).await.unwrap();
    assert_eq!(uses(&story, &old).await, Some(Worth::Superseded));
    assert_eq!(story.incident(id).await.status, "open");
    story.after(1).await;
    let new = link_of(&story, "bob@noc.test").unwrap();
    assert_ne!(new.generation, old.generation);
    story.resolves(id).await;
    for link in [old, new] {
        assert_eq!(uses(&story, &link).await, Some(Worth::Over));
    }
    assert_eq!(story.incident(id).await.status, "resolved");
}

#[tokio::test]
async fn a_link_of_nobody_leads_nowhere() {
    let (story, id) = paged(High).await;
    let link = link_of(&story, "bob@noc.test").unwrap();
    for wrong in [
        Link {
            delivery: link.delivery + 99,
            ..link
        },
        Link {
            incident: id + 1,
            ..link
        },
        Link {
            execution: link.execution + 1,
            ..link
        },
        Link {
            user: Some(1),
            ..link
        },
        Link { user: None, ..link },
    ] {
        assert_eq!(uses(&story, &wrong).await, None, "{wrong:?}");
    }
    let bob = users::by_id(story.db().read(), 2).await.unwrap().unwrap();
    let mut bob = bob.into_active_model();
    bob.is_active = Set(false);
    bob.update(story.db().write()).await.unwrap();
    assert_eq!(uses(&story, &link).await, None, "the account is off");
    assert_eq!(story.incident(id).await.status, "open");
}

#[tokio::test]
async fn only_what_can_be_taken_on_has_a_link() {
    let steps = vec![step(0, &["operator"]), unconditional(step(300, &["admin"]))];
    let story = Story::with(0, steps).await;
    let id = story.opens(High).await;
    story.after(121).await;
    let link = link_of(&story, "bob@noc.test").unwrap();
    assert_eq!(uses(&story, &link).await, Some(Worth::Takes));
    story.after(300).await;
    assert_eq!(link_of(&story, "ada@noc.test"), None, "somebody has it");
    story.resolves(id).await;
    story.after(1).await;
    assert_eq!(link_of(&story, "bob@noc.test"), None, "a recovery");
}

#[tokio::test]
async fn who_is_asked_whether_they_are_still_on_it_answers_with_one_tap() {
    let (story, id) = paged(Critical).await;
    let link = link_of(&story, "bob@noc.test").unwrap();
    assert_eq!(uses(&story, &link).await, Some(Worth::Takes));
    story.after(patience(Critical).unwrap().as_secs() + 1).await;
    let asked = link_of(&story, "bob@noc.test").unwrap();
    assert_ne!(asked.delivery, link.delivery);
    assert_eq!(uses(&story, &asked).await, Some(Worth::Takes));
    assert_eq!(uses(&story, &asked).await, Some(Worth::Taken));
    story.email.heard.lock().clear();
    story.after(TO_ANSWER.as_secs() + 60).await;
    story.expect(&[]);
    assert_eq!(story.incident(id).await.status, "acknowledged");
}

#[tokio::test]
async fn one_tap_takes_all_of_a_group_on_with_who_joins_and_names_whoever_it_was() {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    let server = story.server("web-01", &[]).await;
    let first = story.breaks(server, "service_down", Critical).await;
    story.after(1).await;
    let second = story.breaks(server, "disk_bytes", Critical).await;
    let other = story.server("web-02", &[]).await;
    let foreign = story.breaks(other, "disk_inodes", Critical).await;
    story.after(40).await;
    let link = link_of(&story, "bob@noc.test").unwrap();
    let first_link = Link {
        incident: first,
        ..link
    };
    assert_eq!(
        uses_all(&story, &first_link).await,
        None,
        "of another message"
    );

    let mut links = Vec::new();
    for message in story.email.messages.lock().iter() {
        let url = message.acknowledge_url.as_deref();
        let token = url.and_then(|url| url.strip_prefix("https://noc.test/ack/"));
        links.extend(token.and_then(|token| Link::read(&story.context.field_key, token)));
    }
    let of_first = links
        .into_iter()
        .find(|l| l.incident == first && l.user == Some(2));
    let of_first = of_first.unwrap();
    let seen = look(story.db(), &of_first).await.unwrap().unwrap();
    assert_eq!((seen.worth, seen.others), (Worth::Takes, 1));
    assert_eq!(uses_all(&story, &of_first).await, Some(Worth::Takes));
    for id in [first, second] {
        let row = story.incident(id).await;
        assert_eq!(row.acknowledged_by, Some(2), "{id}");
    }
    let said =
        "Acknowledged by bob@noc.test via link sent to bob@noc.test, with one other of its group.";
    assert_eq!(
        last_text(&story, first).await,
        ("user:2".into(), said.into())
    );
    assert_eq!(story.incident(foreign).await.status, "open");
    assert_eq!(uses_all(&story, &of_first).await, Some(Worth::Taken));
}

async fn uses_all(story: &Story, link: &Link) -> Option<Worth> {
    let done = store(story.db(), link, true, None, story.clock.now()).await;
    done.unwrap().map(|(seen, _)| seen.worth)
}

#[tokio::test]
async fn one_message_about_a_group_has_one_link_that_offers_all_of_it() {
    let story = Story::with(0, vec![step(0, &["operator"])]).await;
    let server = story.server("web-01", &[]).await;
    let first = story.breaks(server, "service_down", High).await;
    let second = story.breaks(server, "disk_bytes", High).await;
    story.after(121).await;
    let link = link_of(&story, "bob@noc.test").unwrap();
    let messages = story.email.messages.lock().clone();
    let to_bob = messages.iter().filter(|m| m.recipient == "bob@noc.test");
    let told: Vec<_> = to_bob.map(|message| message.title.clone()).collect();
    assert_eq!(told, ["2 incidents on web-01"]);
    assert!([first, second].contains(&link.incident));
    let seen = look(story.db(), &link).await.unwrap().unwrap();
    assert_eq!((seen.worth, seen.others), (Worth::Takes, 1));
}

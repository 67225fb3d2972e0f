//! What a server that is down, back, disabled or deleted does to what is open of it.

use super::house::{House, T0, disk, metrics, service};
use super::stories::{decide, settings};
use crate::escalation::FRESH_RESULT;
use crate::incident::actions::{self, Actor};
use noc_pipeline::clock::{Clock, UnixMs};
use noc_pipeline::control::{Condition, Control, Scope, Severity};
use noc_pipeline::id::ServerId;
use noc_storage::relational::alert_rules::{self, Route, RuleDraft};
use noc_storage::relational::incidents::{self, NewIncident};
use noc_storage::relational::{executions, timeline};

/// What is held is read from the database: whether, and when its next step is due.
async fn held(house: &House, incident: i64) -> (bool, Option<UnixMs>) {
    let row = executions::of_incident(house.parts.db.read(), incident).await;
    let row = row.unwrap().unwrap();
    (row.held_at.is_some(), row.due_at.map(UnixMs::from))
}

#[actix::test]
async fn while_a_server_is_down_the_escalations_of_its_other_incidents_stand_still() {
    let mut house = House::open().await;
    let to_a_channel = RuleDraft {
        name: "all of it".into(),
        enabled: true,
        severity: None,
        scope: Scope::All,
        condition: Condition::routing("*"),
        route: Route::Channels(vec!["email".into()]),
        runbook_url: None,
    };
    alert_rules::create(house.parts.db.write(), to_a_channel, T0)
        .await
        .unwrap();
    let mail = house.server("mail-02").await;
    house.beat().await;
    for _ in 0..2 {
        house.send(mail, service("exim", false)).await;
    }
    house.settle().await;
    let exim = house.incidents().await[0].id;
    let due = house.clock.now();
    assert_eq!(held(&house, exim).await, (false, Some(due)));
    house.pass(200).await;
    house.settle().await;
    assert_eq!(held(&house, exim).await, (true, Some(due)));
    let down = house.incidents().await[1].id;
    assert!(!held(&house, down).await.0, "that one pages");

    house.pass(600).await;
    house.send(mail, metrics(10.0)).await;
    house.settle().await;
    let again = house.clock.now().plus(FRESH_RESULT);
    assert_eq!(held(&house, exim).await, (false, Some(again)));

    // Silent once more, and somebody ends that by hand.
    house.pass(200).await;
    house.settle().await;
    assert!(held(&house, exim).await.0);
    let ada = Actor {
        user_id: Some(1),
        name: "Ada".into(),
        ip: None,
        link: None,
    };
    actions::resolve(&house.parts, down, &ada).await.unwrap();
    assert!(!held(&house, exim).await.0);
    let entries = timeline::of_incident(house.parts.db.read(), exim).await;
    let kinds = entries.unwrap().into_iter().map(|entry| entry.kind);
    let (stop, go) = ("escalation_held", "escalation_resumed");
    assert_eq!(
        kinds.collect::<Vec<_>>(),
        ["opened", stop, go, stop, go].map(str::to_owned)
    );
}

/// An incident that the database has and the server's actor never heard of, as after the loss of its state.
async fn forgotten(house: &House, server: ServerId, detector: &str) {
    let new = NewIncident {
        detector: detector.into(),
        server: Some(server),
        server_name: "web".into(),
        subject: String::new(),
        severity: Severity::High,
        title: detector.into(),
        observed: None,
        expected: None,
        command: None,
        rule_id: None,
        opened_at: T0,
    };
    incidents::insert(house.parts.db.write(), new)
        .await
        .unwrap();
}

#[actix::test]
async fn what_the_database_has_open_of_a_server_ends_with_it_whoever_remembers_it() {
    let mut house = House::open().await;
    let (web, gone) = (house.server("web-01").await, house.server("web-02").await);
    let other = house.server("web-03").await;
    house.beat().await;
    for (server, detector) in [(web, "a"), (web, "b"), (gone, "c"), (other, "d")] {
        forgotten(&house, server, detector).await;
    }
    house.send(web, disk("/", 91)).await;
    decide(&house, settings(web, &[], false)).await;
    decide(&house, Control::ServerRemoved { server: gone }).await;
    assert_eq!(
        house.story().await,
        [
            "a: high, resolved",
            "b: high, resolved",
            "c: high, resolved",
            "d: high, open",
            "Disk / is 91 % full on web-01: medium, resolved"
        ]
    );
}

#[actix::test]
async fn the_first_report_ends_a_silence_that_nobody_remembers() {
    let mut house = House::open().await;
    let web = house.server("web-01").await;
    house.beat().await;
    forgotten(&house, web, "server_down").await;
    house.send(web, metrics(10.0)).await;
    assert_eq!(house.story().await, ["server_down: high, resolved"]);
    assert_eq!(house.status(web).await, "up");
}

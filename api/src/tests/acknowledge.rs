//! `/ack/{token}`.

use super::{Answer, House, T0};
use crate::auth::permission::Role;
use actix_web::http::Method;
use noc_actors::notify::link::Link;
use noc_pipeline::control::Severity;
use noc_storage::relational::StoreError;
use noc_storage::relational::deliveries::{self, NewDelivery};
use noc_storage::relational::entity::{execution, incident, user};
use noc_storage::relational::executions::{self, Place, State};
use noc_storage::relational::incident_groups::{self, NewGroup};
use noc_storage::relational::incidents::{self, NewIncident};
use noc_storage::secrets::{FieldKey, SecretKey};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};
use std::time::Duration;
use uuid::Uuid;

const GENERATION: Uuid = Uuid::from_u128(7);

/// An incident of which somebody was told, with the link in that message.
async fn told(house: &House, to: Option<&user::Model>, server: &str) -> (i64, Link) {
    let db = house.state.db();
    let new = NewIncident {
        detector: "service_down".into(),
        server: Some(house.server(server).await),
        server_name: server.into(),
        subject: "exim".into(),
        severity: Severity::Critical,
        title: format!("Exim <b>is</b> down on {server}"),
        observed: Some("stopped".into()),
        expected: Some("running".into()),
        command: None,
        rule_id: None,
        opened_at: T0,
    };
    let incident = incidents::insert(db.write(), new).await.unwrap().id;
    let place = Place {
        generation: GENERATION,
        policy: serde_json::json!({"name": "p", "policy_id": null, "rule_id": null, "repeat": 0,
            "repeat_delay_seconds": 900, "steps": []}),
        next_step: 0,
        pass: 0,
        due_at: None,
        state: State::Finished,
        last_step_at: Some(T0),
        held_at: None,
    };
    let execution = executions::insert(db.write(), incident, place, T0)
        .await
        .unwrap();
    let address = to.map_or("team@example.com", |user| user.email.as_str());
    let new = NewDelivery {
        incident_id: Some(incident),
        execution_id: Some(execution),
        position: Some((0, 0)),
        kind: "problem",
        channel: "email".into(),
        recipient: address.into(),
        recipient_key: address.into(),
        user_id: to.map(|user| user.id),
        idempotency_key: format!("{server:0>64}"),
    };
    let delivery = deliveries::queue(db.write(), new, T0)
        .await
        .unwrap()
        .unwrap();
    let link = Link {
        delivery,
        incident,
        execution,
        user: to.map(|user| user.id),
        generation: GENERATION,
    };
    (incident, link)
}

fn path(house: &House, link: &Link) -> String {
    format!("/ack/{}", link.token(&house.state.field_key).unwrap())
}

async fn incident_of(house: &House, id: i64) -> incident::Model {
    let row = incident::Entity::find_by_id(id).one(house.state.db().read());
    row.await.unwrap().unwrap()
}

async fn presses(house: &House, path: &str) -> Answer {
    let form = ("application/x-www-form-urlencoded", Vec::new());
    house.stranger().send(Method::POST, path, Some(form)).await
}

fn is_page(answer: &Answer, status: u16, says: &str) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
    assert!(answer.text.contains(says), "{says} in {}", answer.text);
    let header = |name: &str| {
        answer
            .headers
            .get(name)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert!(header("x-robots-tag").contains("noindex"));
    assert_eq!(header("x-frame-options"), "DENY");
    let policy = header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe") && !policy.contains("script-src"));
    assert!(!answer.text.contains("<script") && !answer.text.contains("<b>"));
    assert!(answer.cookies.is_empty());
}

#[actix_web::test]
async fn looking_changes_nothing_however_often_it_is_looked() {
    let house = House::open().await;
    let ada = house.user(Role::Oncall).await;
    let (id, link) = told(&house, Some(&ada), "web-01").await;
    let before = incident_of(&house, id).await;
    for _ in 0..3 {
        let answer = house.stranger().get(&path(&house, &link)).await;
        is_page(&answer, 200, "Nobody has this yet");
        assert!(answer.text.contains("You take it on as oncall"));
        assert!(answer.text.contains(r#"<form method="post">"#));
        assert!(!answer.text.contains("of its group"), "it is alone");
    }
    assert_eq!(incident_of(&house, id).await, before);
    assert_eq!(house.security_log().await, [""; 0]);
}

#[actix_web::test]
async fn pressing_acknowledges_as_the_person_and_again_changes_nothing() {
    let house = House::open().await;
    let ada = house.user(Role::Oncall).await;
    let (id, link) = told(&house, Some(&ada), "web-01").await;
    let path = path(&house, &link);
    is_page(&presses(&house, &path).await, 200, "oncall has it now");
    let row = incident_of(&house, id).await;
    assert_eq!(
        (row.status.as_str(), row.acknowledged_by),
        ("acknowledged", Some(ada.id))
    );
    house.clock.advance(Duration::from_secs(60));
    is_page(
        &presses(&house, &path).await,
        200,
        "oncall has it. There is nothing to do here.",
    );
    is_page(&house.stranger().get(&path).await, 200, "oncall has it.");
    assert_eq!(incident_of(&house, id).await, row);
    assert_eq!(house.security_log().await, ["incident_acknowledged"]);

    let mut admin = house.browser(Role::Admin).await;
    let shown = admin.get(&format!("/api/incidents/{id}")).await.ok();
    let last = shown["timeline"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    assert_eq!(last["actor"], format!("user:{}", ada.id));
    assert_eq!(
        last["detail"]["text"],
        "Acknowledged by oncall via link sent to oncall@example.com."
    );
}

#[actix_web::test]
async fn somebody_elses_session_counts_for_nothing() {
    let house = House::open().await;
    let ada = house.user(Role::Oncall).await;
    let (id, link) = told(&house, Some(&ada), "web-01").await;
    let mut admin = house.browser(Role::Admin).await;
    admin.csrf = false;
    let answer = admin
        .post(&path(&house, &link), serde_json::json!({}))
        .await;
    is_page(&answer, 200, "oncall has it now");
    assert_eq!(incident_of(&house, id).await.acknowledged_by, Some(ada.id));
}

#[actix_web::test]
async fn an_address_without_an_account_acknowledges_as_whoever_has_the_link() {
    let house = House::open().await;
    let (id, link) = told(&house, None, "web-01").await;
    let path = path(&house, &link);
    is_page(
        &house.stranger().get(&path).await,
        200,
        "Whoever presses the button",
    );
    is_page(&presses(&house, &path).await, 200, "It is taken on");
    is_page(&presses(&house, &path).await, 200, "Somebody has it.");
    let mut operator = house.browser(Role::Operator).await;
    let shown = operator.get(&format!("/api/incidents/{id}")).await.ok();
    assert_eq!(shown["status"], "acknowledged");
    assert_eq!(shown["acknowledged_by"], serde_json::Value::Null);
    let last = shown["timeline"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    assert_eq!(last["actor"], "link");
    assert_eq!(
        last["detail"]["text"],
        "Acknowledged via link sent to team@example.com."
    );
}

#[actix_web::test]
async fn a_link_is_dead_once_the_incident_is_over_or_the_escalation_began_anew() {
    let house = House::open().await;
    let mut admin = house.browser(Role::Admin).await;
    let (over, link) = told(&house, None, "web-01").await;
    admin
        .post(
            &format!("/api/incidents/{over}/resolve"),
            serde_json::json!({}),
        )
        .await
        .ok();
    for answer in [
        house.stranger().get(&path(&house, &link)).await,
        presses(&house, &path(&house, &link)).await,
    ] {
        is_page(&answer, 410, "This incident is resolved");
        assert!(!answer.text.contains("<form"));
    }
    let (id, link) = told(&house, None, "web-02").await;
    let row = execution::Entity::find_by_id(link.execution).one(house.state.db().read());
    let mut row = row.await.unwrap().unwrap().into_active_model();
    row.generation = Set(Uuid::from_u128(8).to_string());
    row.update(house.state.db().write()).await.unwrap();
    let answer = presses(&house, &path(&house, &link)).await;
    is_page(&answer, 410, "The newest message has a link that works");
    assert_eq!(incident_of(&house, id).await.status, "open");
}

#[actix_web::test]
async fn every_wrong_link_looks_the_same() {
    let house = House::open().await;
    let ada = house.user(Role::Oncall).await;
    let (id, link) = told(&house, Some(&ada), "web-01").await;
    let good = link.token(&house.state.field_key).unwrap();
    let foreign = FieldKey::new(SecretKey::from_bytes([9; 32]));
    let mut wrong = vec![
        "x".to_owned(),
        "%00".to_owned(),
        "a".repeat(4_000),
        good[..good.len() - 1].to_owned(),
        format!("{good}A"),
        link.token(&foreign).unwrap(),
    ];
    let others = [
        Link {
            incident: id + 1,
            ..link
        },
        Link {
            delivery: link.delivery + 1,
            ..link
        },
        Link { user: None, ..link },
    ];
    wrong.extend(others.map(|link| link.token(&house.state.field_key).unwrap()));
    let mut pages = Vec::new();
    for token in wrong {
        let path = format!("/ack/{token}");
        for answer in [
            house.stranger().get(&path).await,
            presses(&house, &path).await,
        ] {
            is_page(&answer, 404, "This link is not known");
            pages.push(answer.text);
        }
    }
    pages.dedup();
    assert_eq!(pages.len(), 1);
    // Nor does one of somebody whose account is off lead anywhere.
    let mut off = ada.into_active_model();
    off.is_active = Set(false);
    off.update(house.state.db().write()).await.unwrap();
    is_page(
        &presses(&house, &path(&house, &link)).await,
        404,
        "not known",
    );
    assert_eq!(incident_of(&house, id).await.status, "open");
}

#[actix_web::test]
async fn an_address_that_tries_many_is_told_to_wait() {
    let house = House::open().await;
    let (_, link) = told(&house, None, "web-01").await;
    let mut refused = None;
    for n in 0..60 {
        let answer = house.stranger().get(&format!("/ack/guess{n}")).await;
        if answer.status == 429 {
            refused = Some((n, answer));
            break;
        }
    }
    let (n, answer) = refused.unwrap();
    assert!(n >= 20, "not the first few: {n}");
    assert!(answer.headers.contains_key("retry-after"));
    let good = house.stranger().get(&path(&house, &link)).await;
    assert_eq!(good.status, 429, "nothing is told apart meanwhile");
}

#[actix_web::test]
async fn no_other_method_answers() {
    let house = House::open().await;
    let (_, link) = told(&house, None, "web-01").await;
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let answer = house
            .stranger()
            .call(method, &path(&house, &link), None)
            .await;
        answer.refused(405, "method_not_allowed");
    }
    house
        .stranger()
        .get("/ack/")
        .await
        .refused(404, "not_found");
}

#[actix_web::test]
async fn the_second_button_takes_all_of_its_group_on() {
    let house = House::open().await;
    let ada = house.user(Role::Oncall).await;
    let (first, link) = told(&house, Some(&ada), "web-01").await;
    let (second, _) = told(&house, Some(&ada), "web-02").await;
    let (foreign, _) = told(&house, None, "web-03").await;
    let joined = house.state.db().transaction("test", |tx| {
        Box::pin(async move {
            let new = NewGroup {
                key: "rack:r1".into(),
                kind: "rack",
                detector: Some("service_down".into()),
                label: "rack:r1".into(),
            };
            let group = incident_groups::create(tx, new, T0).await?;
            for id in [first, second] {
                incident_groups::join(tx, id, group.id, T0).await?;
            }
            Ok::<_, StoreError>(())
        })
    });
    joined.await.unwrap();
    let path = path(&house, &link);
    let shown = house.stranger().get(&path).await;
    is_page(&shown, 200, "Acknowledge both of its group");
    let form = ("application/x-www-form-urlencoded", b"group=true".to_vec());
    let answer = house.stranger().send(Method::POST, &path, Some(form)).await;
    is_page(&answer, 200, "oncall has it now, with all of its group");
    for id in [first, second] {
        assert_eq!(incident_of(&house, id).await.acknowledged_by, Some(ada.id));
    }
    assert_eq!(incident_of(&house, foreign).await.status, "open");
    assert_eq!(house.security_log().await, ["incident_acknowledged"; 2]);
}

#[actix_web::test]
async fn the_page_names_no_log_in() {
    let house = House::open().await;
    let (id, link) = told(&house, None, "mail-01").await;
    let mut row = incident_of(&house, id).await.into_active_model();
    row.subject = Set("login:webmaster".to_owned());
    row.title = Set("Mailbox webmaster mails far more".to_owned());
    row.observed = Set(Some("webmaster: 900 an hour, info@shop.example".to_owned()));
    row.expected = Set(Some("webmaster: 20 an hour".to_owned()));
    row.update(house.state.db().write()).await.unwrap();
    let path = path(&house, &link);
    for answer in [
        house.stranger().get(&path).await,
        presses(&house, &path).await,
    ] {
        is_page(&answer, 200, "Mailbox w*** mails far more");
        assert!(answer.text.contains("w***: 900 an hour, i***@shop.example"));
        assert!(!answer.text.contains("webmaster"), "{}", answer.text);
    }
}

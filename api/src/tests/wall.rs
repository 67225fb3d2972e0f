//! `/api/wall`, `/api/wall-tokens`.

use super::incidents::incident;
use super::{Browser, House, T0};
use crate::auth::permission::{Access, Role};
use crate::router;
use actix_web::http::Method;
use noc_pipeline::control::Severity;
use noc_pipeline::id::ServerId;
use noc_storage::relational::entity::server;
use noc_storage::relational::incidents::{self, NewIncident};
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use serde_json::{Value, json};
use std::time::Duration;

/// A screen with this token and no session.
fn screen<'h>(house: &'h House, token: &str) -> Browser<'h> {
    let mut screen = house.stranger();
    let header = ("Authorization".to_owned(), format!("Bearer {token}"));
    screen.headers.push(header);
    screen
}

async fn server_at(house: &House, name: &str, tags: Value, seen_s_ago: u64) -> ServerId {
    let id = house.server(name).await;
    let seen = T0.minus(Duration::from_secs(seen_s_ago));
    let row = server::ActiveModel {
        id: Set(i64::from(id.0)),
        tags: Set(tags),
        status: Set("up".to_owned()),
        last_seen_at: Set(Some(seen.to_datetime())),
        ..Default::default()
    };
    row.update(house.state.db().write()).await.unwrap();
    id
}

#[actix_web::test]
async fn an_admin_lets_a_screen_in_and_sends_it_away() {
    let house = House::open().await;
    let mut admin = house.browser(Role::Admin).await;
    let answer = admin
        .post("/api/wall-tokens", json!({ "name": " Lobby " }))
        .await;
    assert_eq!(answer.status, 201);
    let made = answer.ok();
    let token = made["token"].as_str().unwrap().to_owned();
    let url = made["url"].as_str().unwrap();
    assert!(url.ends_with(&format!("/wall#{token}")), "{url}");
    admin
        .post("/api/wall-tokens", json!({ "name": "Lobby" }))
        .await
        .refused(409, "already_exists");
    admin
        .post("/api/wall-tokens", json!({ "name": " " }))
        .await
        .wrong(&["name"]);

    let mut wall = screen(&house, &token);
    wall.get("/api/wall").await.ok();
    let list = admin.get("/api/wall-tokens").await;
    assert!(!list.text.contains(&token), "shown once");
    let row = list.ok()["data"][0].clone();
    assert_eq!(
        (&row["name"], row["last_used_at"].is_string()),
        (&json!("Lobby"), true)
    );

    admin
        .delete(&format!("/api/wall-tokens/{}", row["id"]))
        .await
        .ok();
    wall.get("/api/wall").await.refused(401, "unauthenticated");
    let log = house.security_log().await;
    for action in ["create_wall_token", "revoke_wall_token"] {
        assert!(log.iter().any(|entry| entry.contains(action)), "{log:?}");
    }
    admin
        .delete("/api/wall-tokens/77")
        .await
        .refused(404, "not_found");
}

#[actix_web::test]
async fn a_wall_token_opens_the_wall_and_nothing_else() {
    let house = House::open().await;
    let mut admin = house.browser(Role::Admin).await;
    let made = admin
        .post("/api/wall-tokens", json!({ "name": "Lobby" }))
        .await
        .ok();
    let token = made["token"].as_str().unwrap();
    let mut opened = Vec::new();
    for endpoint in router::table() {
        let path = endpoint
            .path
            .replace("{id}", "1")
            .replace("{inner_id}", "1");
        let path = path.replace("{key}", "nothing");
        let mut wall = screen(&house, token);
        let answer = wall.call(endpoint.method.clone(), &path, None).await;
        if endpoint.access == Access::Wall {
            answer.ok();
            assert_eq!(endpoint.method, Method::GET, "a screen changes nothing");
            opened.push(endpoint.path.clone());
        } else if endpoint.access.needs_session() {
            answer.refused(401, "unauthenticated");
        }
    }
    assert_eq!(opened, ["/api/wall"]);
    for wrong in ["", "x", &token[1..], &format!("{token}x")] {
        screen(&house, wrong)
            .get("/api/wall")
            .await
            .refused(401, "unauthenticated");
    }
    // Whoever is signed in may look as well.
    house
        .browser(Role::Viewer)
        .await
        .get("/api/wall")
        .await
        .ok();
}

#[actix_web::test]
async fn the_wall_shows_places_and_criticals_oldest_first() {
    let house = House::open().await;
    let mut viewer = house.browser(Role::Viewer).await;
    let empty = viewer.get("/api/wall").await.ok();
    assert_eq!(
        (&empty["newest_report_at"], &empty["places"]),
        (&Value::Null, &json!([]))
    );

    let tags = |dc: &str, rack: &str| json!([format!("dc:{dc}"), format!("rack:{rack}"), "web"]);
    let one = server_at(&house, "web-01", tags("dhk1", "r2"), 40).await;
    server_at(&house, "web-02", tags("dhk1", "r1"), 20).await;
    let three = server_at(&house, "db-01", tags("ctg1", "r1"), 600).await;
    server_at(&house, "lab", json!([]), 900).await;
    incident(&house, one, "exim", Severity::Critical).await;
    incident(&house, one, "nginx", Severity::High).await;
    let taken = incident(&house, three, "mysqld", Severity::High).await;
    house
        .browser(Role::Oncall)
        .await
        .post(
            &format!("/api/incidents/{}/acknowledge", taken.id),
            json!({}),
        )
        .await
        .ok();

    let wall = viewer.get("/api/wall").await.ok();
    assert_eq!(wall["newest_report_at"], "2026-05-07T11:59:40Z");
    assert_eq!(
        (
            &wall["open"]["critical"],
            &wall["open"]["high"],
            &wall["unacknowledged_criticals"]
        ),
        (&json!(1), &json!(2), &json!(1))
    );
    let first = &wall["criticals"][0];
    assert_eq!(first["what"], "Service down: exim");
    assert_eq!(first["acknowledged"], false);
    let places: Vec<(&Value, Vec<&Value>)> = wall["places"]
        .as_array()
        .unwrap()
        .iter()
        .map(|place| {
            let racks = place["racks"].as_array().unwrap().iter();
            (&place["dc"], racks.map(|rack| &rack["rack"]).collect())
        })
        .collect();
    let (r1, r2) = (json!("r1"), json!("r2"));
    assert_eq!(
        places,
        [
            (&json!("ctg1"), vec![&r1]),
            (&json!("dhk1"), vec![&r1, &r2]),
            (&Value::Null, vec![&Value::Null]),
        ]
    );
    let bad = &wall["places"][1]["racks"][1]["servers"][0];
    assert_eq!(
        bad,
        &json!({ "name": "web-01", "status": "up", "severity": "critical", "acknowledged": false })
    );
    let taken = &wall["places"][0]["racks"][0]["servers"][0];
    assert_eq!(
        (&taken["severity"], &taken["acknowledged"]),
        (&json!("high"), &json!(true))
    );
}

#[actix_web::test]
async fn the_wall_names_no_mailbox_no_account_and_no_person() {
    let house = House::open().await;
    let server = server_at(&house, "mail-01", json!([]), 5).await;
    for (detector, subject) in [
        ("outgoing_mail_abuse", "login:info@customer.test"),
        ("firewall_attack", "203.0.113.9"),
        ("cron_overdue", "cust1"),
    ] {
        let new = NewIncident {
            detector: detector.to_owned(),
            server: Some(server),
            server_name: "mail-01".to_owned(),
            subject: subject.to_owned(),
            severity: Severity::Critical,
            title: format!("{subject} on mail-01 mailed from 203.0.113.9"),
            observed: Some("info@customer.test of cust1".to_owned()),
            expected: None,
            command: Some("exigrep info@customer.test".to_owned()),
            rule_id: None,
            opened_at: T0,
        };
        house
            .state
            .db()
            .transaction("open", move |tx| {
                let new = new.clone();
                Box::pin(async move { incidents::insert(tx, new).await })
            })
            .await
            .unwrap();
    }
    let mut oncall = house.browser(Role::Oncall).await;
    let first = oncall.get("/api/incidents").await.ok()["data"][0]["id"].clone();
    oncall
        .post(&format!("/api/incidents/{first}/acknowledge"), json!({}))
        .await
        .ok();
    let wall = oncall.get("/api/wall").await;
    assert_eq!(wall.ok()["criticals"].as_array().unwrap().len(), 3);
    for secret in ["@", "customer", "cust1", "203.0.113", "oncall", "exigrep"] {
        assert!(!wall.text.contains(secret), "{secret}: {}", wall.text);
    }
}

#[actix_web::test]
async fn a_new_critical_stands_on_the_wall_however_many_are_taken() {
    let house = House::open().await;
    let server = server_at(&house, "web-01", json!([]), 5).await;
    let mut oncall = house.browser(Role::Oncall).await;
    for n in 0..40 {
        let taken = incident(&house, server, &format!("old-{n}"), Severity::Critical).await;
        let path = format!("/api/incidents/{}/acknowledge", taken.id);
        oncall.post(&path, json!({})).await.ok();
    }
    incident(&house, server, "new-1", Severity::Critical).await;
    incident(&house, server, "new-2", Severity::Critical).await;
    let wall = oncall.get("/api/wall").await.ok();
    let listed = wall["criticals"].as_array().unwrap();
    assert_eq!(listed.len(), 40);
    let first: Vec<(&Value, &Value)> = listed
        .iter()
        .take(3)
        .map(|row| (&row["what"], &row["acknowledged"]))
        .collect();
    assert_eq!(
        first,
        [
            (&json!("Service down: new-1"), &json!(false)),
            (&json!("Service down: new-2"), &json!(false)),
            (&json!("Service down: old-0"), &json!(true)),
        ]
    );
}

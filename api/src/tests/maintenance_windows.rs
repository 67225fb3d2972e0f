//! `/api/maintenance-windows`, and snoozing and escalating incidents.

use super::incidents::incident;
use super::{Browser, House, T0};
use crate::auth::permission::Role;
use noc_pipeline::control::Severity;
use noc_pipeline::live::LiveEvent;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use std::time::Duration;

const PATH: &str = "/api/maintenance-windows";

fn in_seconds(seconds: u64) -> String {
    T0.plus(Duration::from_secs(seconds))
        .to_datetime()
        .to_rfc3339()
}

fn window() -> Value {
    json!({ "name": "Kernel night", "reason": "reboots", "scope": { "all": true },
        "starts_at": in_seconds(0), "ends_at": in_seconds(3_600) })
}

#[actix_web::test]
async fn a_window_is_made_changed_and_deleted_and_holds_what_is_open_meanwhile() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Operator).await;
    let server = house.server("web-01").await;
    let id = incident(&house, server, "exim", Severity::High).await.id;
    let of = format!("/api/incidents/{id}");
    assert_eq!(browser.get(&of).await.ok()["escalation"]["state"], "armed");

    let answer = browser.post(PATH, window()).await;
    assert_eq!(answer.status, 201);
    let made = answer.ok();
    assert_eq!(made["timezone"], "Asia/Dhaka");
    assert_eq!(made["under_way"]["from"], made["starts_at"]);
    assert_eq!(made["created_by"]["name"], "operator");
    let held = browser.get(&of).await.ok();
    assert_eq!(held["escalation"]["state"], "paused");
    assert_eq!(held["escalation"]["held_for"], "maintenance");
    assert_eq!(held["escalation"]["due_at"], Value::Null);

    let path = format!("{PATH}/{}", made["id"]);
    let weekly = json!({ "ends_at": null, "timezone": "Europe/Berlin",
        "recurrence": { "every": "week", "days": ["sat", "sun"], "start": "22:00", "end": "06:00" } });
    let changed = browser.patch(&path, weekly).await.ok();
    assert_eq!(changed["ends_at"], Value::Null);
    assert_eq!(changed["recurrence"]["days"], json!(["sat", "sun"]));
    assert_eq!(changed["reason"], "reboots");
    assert_eq!(changed["under_way"], Value::Null);
    assert_eq!(changed["next"]["from"], "2026-05-09T20:00:00Z");
    assert_eq!(browser.get(&of).await.ok()["escalation"]["state"], "armed");
    let listed = browser.get(PATH).await.ok();
    assert_eq!(listed["data"][0], changed);

    assert_eq!(browser.delete(&path).await.status, 204);
    browser.delete(&path).await.refused(404, "not_found");
    let log = house.security_log().await;
    for action in ["create", "update", "delete"] {
        let action = format!("{action}_maintenance_window");
        assert!(log.contains(&action), "{action}");
    }
}

#[actix_web::test]
async fn bad_windows_are_named_by_field() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Operator).await;
    let week = |days: Value, start: &str, end: &str| json!({ "every": "week", "days": days, "start": start, "end": end });
    let month =
        |day: u32| json!({ "every": "month", "day": day, "start": "01:00", "end": "02:00" });
    for (field, value, named) in [
        ("name", json!(" "), "name"),
        ("scope", json!({ "tags": [] }), "scope.tags"),
        ("detectors", json!(["luck"]), "detectors"),
        ("timezone", json!("Dhaka"), "timezone"),
        ("ends_at", json!(null), "ends_at"),
        ("ends_at", json!(in_seconds(0)), "ends_at"),
        ("ends_at", json!(in_seconds(32 * 86_400)), "ends_at"),
        (
            "recurrence",
            week(json!([]), "22:00", "23:00"),
            "recurrence.days",
        ),
        (
            "recurrence",
            week(json!(["mon"]), "22", "23:00"),
            "recurrence.start",
        ),
        (
            "recurrence",
            week(json!(["mon"]), "22:00", "22:00"),
            "recurrence.end",
        ),
        ("recurrence", month(32), "recurrence.day"),
    ] {
        let mut body = window();
        body[field] = value;
        browser.post(PATH, body).await.wrong(&[named]);
    }
    let mut viewer = house.browser(Role::Oncall).await;
    viewer.post(PATH, window()).await.refused(403, "forbidden");
    viewer.get(PATH).await.ok();
}

#[actix_web::test]
async fn an_incident_is_snoozed_woken_and_escalated() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Oncall).await;
    let server = house.server("web-01").await;
    let id = incident(&house, server, "exim", Severity::High).await.id;
    let snooze = format!("/api/incidents/{id}/snooze");
    for until in [in_seconds(0), in_seconds(8 * 86_400)] {
        browser
            .post(&snooze, json!({ "until": until }))
            .await
            .refused(422, "validation_failed");
    }
    let asleep = browser
        .post(&snooze, json!({ "until": in_seconds(600) }))
        .await
        .ok();
    assert_eq!(asleep["escalation"]["held_for"], "snoozed");
    assert!(asleep["snoozed_until"].is_string());
    let escalate = format!("/api/incidents/{id}/escalate");
    let as_of = json!({ "as_of": in_seconds(0) });
    browser
        .post(&escalate, as_of.clone())
        .await
        .refused(409, "held_back");
    let awake = browser.post(&snooze, json!({ "until": null })).await.ok();
    assert_eq!(awake["snoozed_until"], Value::Null);
    browser
        .post(&snooze, json!({ "until": null }))
        .await
        .refused(409, "invalid_transition");
    // Its first step is due: that is what would fire.
    browser
        .post(&escalate, as_of)
        .await
        .refused(409, "already_escalated");
    let log = house.security_log().await;
    assert!(log.iter().any(|action| action == "incident_snoozed"));
}

#[actix_web::test]
async fn a_servers_tags_put_it_under_maintenance_and_take_it_out_of_it() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Operator).await;
    let server = house.server("web-01").await;
    let id = incident(&house, server, "exim", Severity::High).await.id;
    let of = format!("/api/incidents/{id}");
    let path = format!("/api/servers/{server}");
    let mut tagged = window();
    tagged["scope"] = json!({ "tags": ["maint"] });
    browser.post(PATH, tagged).await.ok();
    let before = browser.get(&of).await.ok()["escalation"].clone();
    assert_eq!(before["held_for"], Value::Null);

    let mut events = house.state.parts.bus.subscribe();
    let with = json!({ "tags": ["maint", "plan:shared"] });
    browser.patch(&path, with.clone()).await.ok();
    let held = browser.get(&of).await.ok()["escalation"].clone();
    assert_eq!(held["held_for"], "maintenance");
    assert_eq!(held["due_at"], Value::Null);
    let mut told = Vec::new();
    while let Ok(event) = events.try_recv() {
        told.push(event);
    }
    let due = LiveEvent::ExecutionChanged { execution: 0 };
    assert!(told.contains(&due), "{told:?}");
    let shown = LiveEvent::IncidentUpdated { incident: id };
    assert!(told.contains(&shown), "{told:?}");

    // Nothing of the timeline twice for what changes no answer.
    browser.patch(&path, with).await.ok();
    let body = browser.get(&of).await.ok();
    let entries = body["timeline"].as_array().unwrap().iter();
    let holds = entries.filter(|entry| entry["type"] == "escalation_held");
    assert_eq!(holds.count(), 1);

    browser.patch(&path, json!({ "tags": [] })).await.ok();
    let goes_on = browser.get(&of).await.ok()["escalation"].clone();
    assert_eq!(goes_on["held_for"], Value::Null);
    assert!(goes_on["due_at"].is_string());
    assert_eq!(goes_on["state"], "armed");
}

#[actix_web::test]
async fn incidents_are_found_by_who_has_them_and_by_what_holds_them() {
    let house = House::open().await;
    let mut ann = house.browser(Role::Operator).await;
    let mut bob = house.browser(Role::Oncall).await;
    let server = house.server("web-01").await;
    let mut ids = Vec::new();
    for service in ["exim", "named", "nginx", "httpd"] {
        ids.push(incident(&house, server, service, Severity::High).await.id);
    }
    let [exim, named, nginx, httpd] = ids[..] else {
        panic!("four")
    };
    let of = |id: i64, verb: &str| format!("/api/incidents/{id}/{verb}");
    let taken = ann.post(&of(exim, "acknowledge"), json!({})).await.ok();
    let me = taken["acknowledged_by"]["id"].clone();
    bob.post(&of(named, "acknowledge"), json!({})).await.ok();
    let found = async |browser: &mut Browser<'_>, query: &str| -> Vec<i64> {
        let list = browser.get(&format!("/api/incidents?{query}")).await.ok();
        let rows = list["data"].as_array().unwrap().iter();
        rows.map(|row| row["id"].as_i64().unwrap()).collect()
    };
    assert_eq!(found(&mut ann, "owner=me").await, [exim]);
    assert_eq!(found(&mut bob, "owner=me").await, [named]);
    assert_eq!(found(&mut bob, &format!("owner={me}")).await, [exim]);
    assert_eq!(found(&mut bob, "owner=nobody").await, [httpd, nginx]);
    assert_eq!(found(&mut ann, "owner=").await.len(), 4);
    // Who has it stays when it is over.
    ann.post(&of(exim, "resolve"), json!({})).await.ok();
    assert_eq!(found(&mut ann, "owner=me").await, [exim]);
    assert!(
        found(&mut ann, "owner=me&status=acknowledged")
            .await
            .is_empty()
    );

    assert!(found(&mut ann, "held=maintenance,snoozed").await.is_empty());
    let until = json!({ "until": in_seconds(1_800) });
    ann.post(&of(nginx, "snooze"), until).await.ok();
    assert_eq!(found(&mut ann, "held=snoozed").await, [nginx]);
    assert_eq!(ann.post(PATH, window()).await.status, 201);
    assert_eq!(
        found(&mut ann, "held=maintenance").await,
        [httpd, nginx, named],
        "what somebody took on as well; what is over is not"
    );
    assert_eq!(
        found(&mut ann, "held=maintenance&owner=nobody").await,
        [httpd, nginx]
    );
    assert!(found(&mut ann, "held=snoozed,server_down").await.is_empty());
}

#[actix_web::test]
async fn a_window_that_cannot_be_read_costs_the_list_nothing_and_says_so() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Operator).await;
    let torn = browser.post(PATH, window()).await.ok();
    let whole = browser.post(PATH, window()).await.ok();
    let db = house.state.db().write();
    let tear = format!(
        "update maintenance_windows set recurrence = '{{\"every\":\"year\"}}', timezone = 'Mars/Base' where id = {}",
        torn["id"]
    );
    db.execute_unprepared(&tear).await.unwrap();
    let listed = browser.get(PATH).await.ok();
    let listed = listed["data"].as_array().unwrap();
    let of = |id: &Value| listed.iter().find(|one| one["id"] == *id).unwrap();
    assert_eq!(of(&whole["id"]), &whole);
    let shown = of(&torn["id"]);
    assert_eq!(shown["name"], "Kernel night");
    assert_eq!(
        shown["reason"],
        "This version cannot read it, it holds nothing back: Mars/Base is no time zone"
    );
    assert_eq!(
        (&shown["under_way"], &shown["timezone"]),
        (&Value::Null, &json!("UTC"))
    );
    let path = format!("{PATH}/{}", torn["id"]);
    let change = json!({ "name": "Other" });
    browser
        .patch(&path, change)
        .await
        .refused(409, "unreadable");
    assert_eq!(browser.delete(&path).await.status, 204);
}

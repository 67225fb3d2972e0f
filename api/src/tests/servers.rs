//! `/api/servers`, `/api/registration-tokens`.

use super::{House, T0};
use crate::auth::permission::Role;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Control;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::{Disks, Metrics, Partition, Processes, Report, Service};
use noc_storage::relational::servers;
use noc_storage::series::SeriesRow;
use serde_json::{Value, json};
use std::sync::Arc;

fn names(list: &Value) -> Vec<&str> {
    list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["name"].as_str().unwrap())
        .collect()
}

async fn report(
    house: &House,
    server: ServerId,
    at: UnixMs,
    payload: impl Into<noc_pipeline::payload::Payload>,
) {
    let row = SeriesRow {
        server,
        event_at: at,
        received_at: at,
        report: Arc::new(Report::Data(payload.into())),
    };
    house.state.parts.series.write(vec![row]).await.unwrap();
}

#[actix_web::test]
async fn the_fleet_is_listed_page_by_page_filtered_and_sorted() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    for name in ["web-03", "web-01", "db-01", "web-02"] {
        house.server(name).await;
    }
    let all = browser.get("/api/servers?sort=name").await.ok();
    assert_eq!(names(&all), ["db-01", "web-01", "web-02", "web-03"]);
    assert_eq!(all["data"][0]["status"], "registering");
    assert_eq!(all["data"][0]["open_incidents"], 0);

    let first = browser
        .get("/api/servers?sort=name&limit=3&q=WEB")
        .await
        .ok();
    assert_eq!(names(&first), ["web-01", "web-02", "web-03"]);
    assert_eq!(
        (&first["meta"]["next_cursor"], &first["meta"]["total"]),
        (&Value::Null, &json!(3))
    );
    let first = browser.get("/api/servers?sort=-name&limit=1").await.ok();
    let cursor = first["meta"]["next_cursor"].as_str().unwrap();
    let second = browser
        .get(&format!("/api/servers?sort=-name&limit=1&cursor={cursor}"))
        .await
        .ok();
    assert_eq!(
        (names(&first), names(&second)),
        (vec!["web-03"], vec!["web-02"])
    );
    browser
        .get(&format!("/api/servers?sort=name&cursor={cursor}"))
        .await
        .wrong(&["cursor"]);

    assert_eq!(
        browser.get("/api/servers?status=up,down").await.ok()["meta"]["total"],
        0
    );
    assert_eq!(
        browser
            .get("/api/servers?status=registering&is_active=true")
            .await
            .ok()["meta"]["total"],
        4
    );
    browser
        .get("/api/servers?status=fine")
        .await
        .wrong(&["status"]);
    browser
        .get("/api/servers?sort=agent_secret_hash")
        .await
        .wrong(&["sort"]);
    browser
        .get("/api/servers?sort=name;DROP")
        .await
        .wrong(&["sort"]);
    browser.get("/api/servers?limit=0").await.wrong(&["limit"]);
    browser
        .get("/api/servers?colour=red")
        .await
        .wrong(&["query"]);
}

#[actix_web::test]
async fn a_server_is_renamed_and_tagged_and_its_actor_is_told() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Operator).await;
    let id = house.server("web-01").await;
    house.server("web-02").await;
    let path = format!("/api/servers/{id}");
    let changed = browser
        .patch(
            &path,
            json!({ "name": "web-1", "tags": ["dc:dhaka", "backup"] }),
        )
        .await
        .ok();
    assert_eq!(
        (changed["name"].as_str(), &changed["tags"]),
        (Some("web-1"), &json!(["dc:dhaka", "backup"]))
    );
    assert_eq!(
        browser.get("/api/servers?tag=dc:dhaka").await.ok()["meta"]["total"],
        1
    );
    let controls = house.controls().await;
    let Some(Control::ServerSettings(settings)) = controls.last() else {
        panic!("{controls:?}");
    };
    assert_eq!(
        (settings.server, settings.tags.len(), settings.active),
        (id, 2, true)
    );

    browser
        .patch(&path, json!({ "name": "web-02" }))
        .await
        .refused(409, "already_exists");
    browser
        .patch(&path, json!({ "name": "$(reboot)" }))
        .await
        .wrong(&["name"]);
    browser
        .patch(&path, json!({ "tags": ["fine", "<script>"] }))
        .await
        .wrong(&["tags[1]"]);
    browser
        .patch(&path, json!({ "status": "up" }))
        .await
        .wrong(&["status"]);
    browser
        .patch("/api/servers/77", json!({ "name": "x" }))
        .await
        .refused(404, "not_found");
    assert!(
        house
            .security_log()
            .await
            .contains(&"update_server".to_owned())
    );
}

#[actix_web::test]
async fn monitoring_is_switched_off_and_on() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Operator).await;
    let id = house.server("web-01").await;
    let off = browser
        .post(&format!("/api/servers/{id}/disable-agent"), json!({}))
        .await
        .ok();
    assert_eq!(
        (off["is_active"].as_bool(), off["status"].as_str()),
        (Some(false), Some("disabled"))
    );
    browser
        .post(&format!("/api/servers/{id}/disable-agent"), json!({}))
        .await
        .refused(409, "invalid_transition");
    let on = browser
        .post(&format!("/api/servers/{id}/enable-agent"), json!({}))
        .await
        .ok();
    assert_eq!(on["is_active"], true);
    browser
        .post(&format!("/api/servers/{id}/enable-agent"), json!({}))
        .await
        .refused(409, "invalid_transition");
    let active: Vec<bool> = house
        .controls()
        .await
        .iter()
        .filter_map(|control| match control {
            Control::ServerSettings(settings) => Some(settings.active),
            _ => None,
        })
        .collect();
    assert_eq!(active, [false, true]);
}

#[actix_web::test]
async fn a_server_is_switched_off_until_a_time() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Operator).await;
    let id = house.server("web-01").await;
    let path = format!("/api/servers/{id}/disable-agent");
    for (until, name) in [
        ("2026-05-07T11:59:59Z", "until"),
        ("2027-05-09T12:00:00Z", "until"),
    ] {
        browser
            .post(&path, json!({ "until": until }))
            .await
            .wrong(&[name]);
    }
    let until = "2026-05-07T14:00:00Z";
    let off = browser.post(&path, json!({ "until": until })).await.ok();
    assert_eq!(
        (off["is_active"].as_bool(), off["disabled_until"].as_str()),
        (Some(false), Some(until))
    );
    browser
        .post(&path, json!({ "until": until }))
        .await
        .refused(409, "invalid_transition");
    let longer = browser.post(&path, json!({})).await.ok();
    assert_eq!(longer["disabled_until"], serde_json::Value::Null);
    assert_eq!(longer["is_active"], false);
}

#[actix_web::test]
async fn a_server_may_enrol_once_more_for_an_hour() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Operator).await;
    let id = house.server("web-01").await;
    let body = browser
        .post(
            &format!("/api/servers/{id}/approve-re-enrolment"),
            json!({}),
        )
        .await
        .ok();
    assert_eq!(body["re_enrol_until"], "2026-05-07T13:00:00Z");
    browser
        .post("/api/servers/77/approve-re-enrolment", json!({}))
        .await
        .refused(404, "not_found");
}

#[actix_web::test]
async fn a_deleted_server_is_forgotten_by_everybody() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Operator).await;
    let id = house.server("web-01").await;
    report(&house, id, T0, Metrics::default()).await;
    assert_eq!(
        browser.delete(&format!("/api/servers/{id}")).await.status,
        204
    );
    browser
        .get(&format!("/api/servers/{id}"))
        .await
        .refused(404, "not_found");
    browser
        .delete(&format!("/api/servers/{id}"))
        .await
        .refused(404, "not_found");
    assert_eq!(
        house.controls().await.last(),
        Some(&Control::ServerRemoved { server: id })
    );
    let latest = house
        .state
        .parts
        .series
        .latest(noc_pipeline::payload::Kind::Metrics, &[id])
        .await
        .unwrap();
    assert!(latest.is_empty());
}

#[actix_web::test]
async fn measurements_are_read_as_charts_draw_them() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    let id = house.server("web-01").await;
    for minute in 1..=5_u64 {
        let at = T0.minus(std::time::Duration::from_secs(minute * 60));
        let metrics = Metrics {
            cpu_pct: Some(10.0 * minute as f64),
            ..Metrics::default()
        };
        report(&house, id, at, metrics).await;
    }
    let path = format!("/api/servers/{id}/metrics");
    let body = browser
        .get(&format!("{path}?fields=cpu_pct,load1"))
        .await
        .ok();
    assert_eq!(body["kind"], "metrics");
    assert_eq!(body["at_ms"].as_array().unwrap().len(), 5);
    assert_eq!(body["at_ms"][4], T0.0 - 60_000);
    assert_eq!(body["columns"][0]["field"], "cpu_pct");
    assert_eq!(
        body["columns"][0]["avg"],
        json!([50.0, 40.0, 30.0, 20.0, 10.0])
    );
    assert_eq!(
        body["columns"][1]["avg"],
        json!([null, null, null, null, null])
    );

    browser
        .get(&format!("{path}?fields=nope"))
        .await
        .wrong(&["fields"]);
    browser
        .get(&format!("{path}?fields=cpu_pct,disks.used_pct"))
        .await
        .wrong(&["fields"]);
    browser
        .get(&format!("{path}?from=2026-05-08T00:00:00Z"))
        .await
        .wrong(&["from"]);
    browser
        .get(&format!("{path}?from=1990-01-01T00:00:00Z"))
        .await
        .wrong(&["from"]);
    browser
        .get(&format!("{path}?points=0"))
        .await
        .wrong(&["points"]);
    browser
        .get(&format!("{path}?points=1000000"))
        .await
        .wrong(&["points"]);
    browser
        .get("/api/servers/77/metrics")
        .await
        .refused(404, "not_found");
}

#[actix_web::test]
async fn disks_and_services_say_where_their_report_stands() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    let id = house.server("web-01").await;
    let (disks, services) = (
        format!("/api/servers/{id}/disks"),
        format!("/api/servers/{id}/services"),
    );
    assert_eq!(browser.get(&disks).await.ok()["probe"]["state"], "no_data");
    let partition = Partition {
        mount: "/home".to_owned(),
        bytes_total: Some(1_000),
        bytes_used: Some(900),
        ..Partition::default()
    };
    report(
        &house,
        id,
        T0,
        Disks {
            partitions: vec![partition],
        },
    )
    .await;
    let service = Service {
        name: "exim".to_owned(),
        unit: Some("exim4".to_owned()),
        installed: true,
        enabled: true,
        ..Service::default()
    };
    report(
        &house,
        id,
        T0,
        Processes {
            services: vec![service],
        },
    )
    .await;
    let body = browser.get(&disks).await.ok();
    assert_eq!(body["probe"]["state"], "ok");
    assert_eq!(body["partitions"][0]["used_pct"], 90.0);
    assert_eq!(body["partitions"][0]["inodes_used_pct"], Value::Null);
    let body = browser.get(&services).await.ok();
    assert_eq!(body["services"][0]["status"], "stopped");
    assert_eq!(
        body["services"][0]["restart_command"],
        "sudo systemctl restart exim4"
    );
    house.clock.advance(std::time::Duration::from_secs(3_600));
    assert_eq!(browser.get(&services).await.ok()["probe"]["state"], "stale");
    browser
        .get("/api/servers/77/disks")
        .await
        .refused(404, "not_found");
    browser
        .get("/api/servers/77/services")
        .await
        .refused(404, "not_found");
    browser
        .get("/api/servers/77/incidents")
        .await
        .refused(404, "not_found");
}

#[actix_web::test]
async fn a_token_is_shown_once_and_can_be_revoked() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Operator).await;
    let path = "/api/registration-tokens";
    let answer = browser
        .post(path, json!({ "name": "web-01", "tags": ["dc:dhaka"] }))
        .await;
    assert_eq!(answer.status, 201);
    let minted = answer.ok();
    let token = minted["token"].as_str().unwrap();
    assert!(token.starts_with("noc_") && token.len() == 36, "{token}");
    assert_eq!(minted["expires_at"], "2026-05-07T13:00:00Z");
    let command = minted["install_command"].as_str().unwrap();
    assert!(
        command.contains("/install.sh") && command.contains(token),
        "{command}"
    );
    // By standard input: a process list never shows it.
    assert!(
        command
            .split("<<<")
            .next()
            .is_some_and(|line| !line.contains(token)),
        "{command}"
    );

    let list = browser.get(path).await;
    assert!(!list.text.contains(token));
    assert_eq!(list.ok()["data"][0]["state"], "active");
    let one = format!("{path}/{}", minted["id"]);
    assert_eq!(browser.delete(&one).await.status, 204);
    assert_eq!(browser.get(path).await.ok()["data"][0]["state"], "revoked");
    browser
        .delete(&format!("{path}/77"))
        .await
        .refused(404, "not_found");
    let found = servers::by_name(house.state.db().read(), "web-01")
        .await
        .unwrap();
    assert!(found.is_none(), "a token makes no server");
}

#[actix_web::test]
async fn bad_tokens_are_named_by_field() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Operator).await;
    let path = "/api/registration-tokens";
    browser.post(path, json!({})).await.wrong(&["name"]);
    browser
        .post(path, json!({ "name": "a\nb" }))
        .await
        .wrong(&["name"]);
    browser
        .post(path, json!({ "name": "a", "expires_in_minutes": 0 }))
        .await
        .wrong(&["expires_in_minutes"]);
    browser
        .post(path, json!({ "name": "a", "expires_in_minutes": 1441 }))
        .await
        .wrong(&["expires_in_minutes"]);
    browser
        .post(path, json!({ "name": "a", "max_uses": 0 }))
        .await
        .wrong(&["max_uses"]);
    browser
        .post(
            path,
            json!({ "name": "a", "allowed_cidrs": ["10.0.0.0/33"] }),
        )
        .await
        .wrong(&["allowed_cidrs[0]"]);
}

//! `/api/alert-rules`, `/api/detectors`.

use super::House;
use crate::auth::permission::Role;
use noc_pipeline::control::Control;
use serde_json::{Value, json};

const PATH: &str = "/api/alert-rules";

fn rule() -> Value {
    json!({
        "name": "CPU above 90", "scope": { "tags": ["web"] }, "severity": "high", "channels": ["email"],
        "condition": { "type": "threshold", "metric": "metrics.cpu_pct", "comparator": ">",
            "threshold": 90, "for_seconds": 300 },
    })
}

fn with(change: impl Fn(&mut Value)) -> Value {
    let mut body = rule();
    change(&mut body);
    body
}

#[actix_web::test]
async fn a_rule_is_made_changed_deleted_and_every_partition_is_told() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Operator).await;
    let answer = browser.post(PATH, rule()).await;
    assert_eq!(answer.status, 201);
    let made = answer.ok();
    assert_eq!(made["scope"], json!({ "tags": ["web"] }));
    assert_eq!(made["condition"]["comparator"], ">");
    assert_eq!(
        (made["version"].as_i64(), made["enabled"].as_bool()),
        (Some(1), Some(true))
    );
    let path = format!("{PATH}/{}", made["id"]);

    let changed = browser
        .patch(&path, json!({ "severity": null, "enabled": false }))
        .await
        .ok();
    assert_eq!(
        (&changed["severity"], &changed["version"]),
        (&Value::Null, &json!(2))
    );
    assert_eq!(changed["channels"], json!(["email"]));
    assert_eq!(browser.delete(&path).await.status, 204);
    browser.delete(&path).await.refused(404, "not_found");

    let controls = house.controls().await;
    let of =
        |wanted: fn(&Control) -> bool| controls.iter().filter(|control| wanted(control)).count();
    let partitions = house.state.parts.log.partitions() as usize;
    assert_eq!(
        of(|control| matches!(control, Control::RuleSet(_))),
        2 * partitions
    );
    assert_eq!(
        of(|control| matches!(control, Control::RuleRemoved { .. })),
        partitions
    );
    let log = house.security_log().await;
    for action in [
        "create_alert_rule",
        "update_alert_rule",
        "delete_alert_rule",
    ] {
        assert!(log.iter().any(|logged| logged == action), "{action}");
    }
}

#[actix_web::test]
async fn a_rule_goes_to_channels_or_to_a_policy() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Operator).await;
    let policy = browser.get("/api/escalation-policies").await.ok()["data"][0]["id"].clone();
    let both = with(|rule| rule["escalation_policy_id"] = policy.clone());
    browser
        .post(PATH, both)
        .await
        .wrong(&["channels", "escalation_policy_id"]);
    browser
        .post(PATH, with(|rule| rule["channels"] = Value::Null))
        .await
        .wrong(&["channels"]);
    let unknown = with(|rule| {
        rule["channels"] = Value::Null;
        rule["escalation_policy_id"] = json!(77);
    });
    browser
        .post(PATH, unknown)
        .await
        .wrong(&["escalation_policy_id"]);

    let made = browser.post(PATH, rule()).await.ok();
    let path = format!("{PATH}/{}", made["id"]);
    let moved = browser
        .patch(&path, json!({ "escalation_policy_id": policy }))
        .await
        .ok();
    assert_eq!(
        (&moved["channels"], moved["escalation_policy_name"].as_str()),
        (&Value::Null, Some("Default"))
    );
    browser
        .patch(&path, json!({ "escalation_policy_id": null }))
        .await
        .wrong(&["channels"]);
    let back = browser
        .patch(&path, json!({ "channels": ["email"] }))
        .await
        .ok();
    assert_eq!(back["escalation_policy_id"], Value::Null);
}

#[actix_web::test]
async fn bad_rules_are_named_by_field() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Operator).await;
    browser
        .post(PATH, with(|rule| rule["name"] = json!("")))
        .await
        .wrong(&["name"]);
    browser
        .post(
            PATH,
            with(|rule| rule["condition"]["metric"] = json!("x.y")),
        )
        .await
        .wrong(&["condition.metric"]);
    browser
        .post(PATH, with(|rule| rule["scope"] = json!({ "tags": [] })))
        .await
        .wrong(&["scope.tags"]);
    browser
        .post(
            PATH,
            with(|rule| rule["runbook_url"] = json!("javascript:x")),
        )
        .await
        .wrong(&["runbook_url"]);
    browser
        .post(PATH, with(|rule| rule["is_default"] = json!(true)))
        .await
        .wrong(&["is_default"]);
    let shape = browser
        .post(
            PATH,
            with(|rule| rule["condition"]["for_seconds"] = json!(-1)),
        )
        .await;
    shape.refused(422, "validation_failed");
    browser
        .patch(&format!("{PATH}/77"), json!({}))
        .await
        .refused(404, "not_found");
}

#[actix_web::test]
async fn a_change_made_for_an_older_version_is_refused() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Operator).await;
    let made = browser.post(PATH, rule()).await.ok();
    let path = format!("{PATH}/{}", made["id"]);
    browser
        .patch(&path, json!({ "name": "one", "version": 1 }))
        .await
        .ok();
    browser
        .patch(&path, json!({ "name": "two", "version": 1 }))
        .await
        .refused(409, "stale_version");
    browser
        .patch(&path, json!({ "name": "two", "version": 2 }))
        .await
        .ok();
}

#[actix_web::test]
async fn the_default_rule_is_last_and_stays() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Operator).await;
    browser.post(PATH, rule()).await.ok();
    let list = browser.get(PATH).await.ok();
    let last = &list["data"][1];
    assert_eq!(
        (
            last["is_default"].as_bool(),
            last["condition"]["detector"].as_str()
        ),
        (Some(true), Some("*"))
    );
    browser
        .delete(&format!("{PATH}/{}", last["id"]))
        .await
        .refused(409, "default_rule");
}

#[actix_web::test]
async fn the_catalogue_names_what_rules_accept() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Operator).await;
    let catalogue = browser.get("/api/detectors").await.ok();
    let metrics = catalogue["metrics"].as_array().unwrap();
    assert!(!metrics.is_empty());
    for metric in metrics {
        assert!(
            metric["unit"].is_string() && metric["title"].is_string(),
            "{metric}"
        );
        let body = with(|rule| {
            rule["condition"]["metric"] = metric["name"].clone();
            if metric["unit"] == "yes_no" {
                rule["condition"]["threshold"] = json!(0.5);
            }
        });
        browser.post(PATH, body).await.ok();
        let baseline = with(|rule| {
            rule["condition"] = json!({ "type": "baseline", "metric": metric["name"], "factor": 3,
                "min_value": 1, "for_seconds": 300 });
        });
        let made = browser.post(PATH, baseline).await.ok();
        assert_eq!(made["condition"]["direction"], "above");
        assert_eq!(made["condition"]["deviations"], 3.0);
    }
    for detector in catalogue["detectors"].as_array().unwrap() {
        let body = with(|rule| {
            rule["condition"] = json!({ "type": "detector", "detector": detector["key"] })
        });
        browser.post(PATH, body).await.ok();
    }
}

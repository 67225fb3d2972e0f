//! `/api/message-templates`.

use super::House;
use crate::auth::permission::Role;
use noc_storage::relational::message_templates;
use serde_json::{Value, json};

const PATH: &str = "/api/message-templates";
const PROBLEM: &str = "/api/message-templates/problem";
const PREVIEW: &str = "/api/message-templates/preview";

fn of_kind(list: &Value, kind: &str) -> Value {
    let kinds = list["data"].as_array().unwrap().iter();
    let found = kinds.clone().find(|one| one["kind"] == kind);
    found
        .unwrap_or_else(|| panic!("no {kind} in {list}"))
        .clone()
}

fn of_channel<'p>(preview: &'p Value, channel: &str) -> &'p Value {
    let channels = preview["channels"].as_array().unwrap();
    channels
        .iter()
        .find(|one| one["channel"] == channel)
        .unwrap()
}

#[actix_web::test]
async fn words_are_written_shown_and_reset() {
    let house = House::open().await;
    let mut admin = house.browser(Role::Admin).await;
    let fresh = of_kind(&admin.get(PATH).await.ok(), "problem");
    assert_eq!(fresh["subject"], "{{ mark }} [{{ severity }}] {{ title }}");
    assert_eq!(fresh["own"], json!([]));
    let variables = fresh["variables"].as_array().unwrap();
    let server = variables.iter().find(|v| v["name"] == "server").unwrap();
    assert_eq!(server["example"], "web-09.hostseba");

    let general = json!({ "subject": "NOC: {{ title }}", "text": " " });
    let put = admin.put(PROBLEM, general).await.ok();
    assert_eq!(put["own"][0]["channel"], Value::Null);
    assert_eq!(put["own"][0]["subject"], "NOC: {{ title }}");
    assert_eq!(put["own"][0]["text"], Value::Null);
    assert_eq!(put["own"][0]["updated_by"]["name"], "admin");
    let slack = json!({ "channel": "slack", "text": "{{ lead }}" });
    let put = admin.put(PROBLEM, slack).await.ok();
    assert_eq!(put["own"].as_array().unwrap().len(), 2);
    assert_eq!(of_kind(&admin.get(PATH).await.ok(), "problem"), put);

    let reset = format!("{PROBLEM}?channel=slack");
    assert_eq!(admin.delete(&reset).await.status, 204);
    admin.delete(&reset).await.refused(404, "not_found");
    assert_eq!(admin.delete(PROBLEM).await.status, 204);
    let after = of_kind(&admin.get(PATH).await.ok(), "problem");
    assert_eq!(after["own"], json!([]));
    let log = house.security_log().await;
    let count = |action: &str| log.iter().filter(|logged| *logged == action).count();
    assert_eq!(count("set_message_template"), 2);
    assert_eq!(count("reset_message_template"), 2);
}

#[actix_web::test]
async fn what_makes_no_message_is_refused_with_line_and_reason() {
    let house = House::open().await;
    let mut admin = house.browser(Role::Admin).await;
    for (body, field, reason) in [
        (
            json!({ "text": "fine\n{{ tite }}" }),
            "text",
            "line 2: `tite` is undefined",
        ),
        (
            json!({ "subject": "{% if title %}" }),
            "subject",
            "line 1: syntax error",
        ),
        (
            json!({ "text": "{{ observed }}" }),
            "text",
            "nothing is left of it",
        ),
        (
            json!({ "text": "{% set a = title %}" }),
            "text",
            "line 1: `set` is not known",
        ),
        (
            json!({ "subject": "x".repeat(501) }),
            "subject",
            "may have 500 bytes",
        ),
        (
            json!({ "subject": " " }),
            "subject",
            "write a subject or a text",
        ),
        (
            json!({ "subject": "x", "channel": "pigeon" }),
            "channel",
            "is no channel",
        ),
    ] {
        let answer = admin.put(PROBLEM, body.clone()).await;
        answer.wrong(&[field]);
        let told = answer.json()["errors"][field][0].to_string();
        assert!(told.contains(reason), "{told}");
        if field != "channel" && !reason.starts_with("write") {
            let mut ask = body;
            ask["kind"] = json!("problem");
            admin.post(PREVIEW, ask).await.wrong(&[field]);
        }
    }
    let stored = message_templates::all(house.state.db().read()).await;
    assert!(stored.unwrap().is_empty());
    let unknown = format!("{PATH}/gossip");
    let body = json!({ "subject": "x" });
    admin.put(&unknown, body).await.refused(404, "not_found");
    assert!(
        !house
            .security_log()
            .await
            .contains(&"set_message_template".to_owned())
    );
}

#[actix_web::test]
async fn a_preview_shows_each_channel_as_it_would_send() {
    let house = House::open().await;
    let mut operator = house.browser(Role::Operator).await;
    let ask = json!({ "kind": "problem", "subject": "NOC: {{ title }}" });
    let preview = operator.post(PREVIEW, ask).await.ok();
    assert_eq!(preview["channels"].as_array().unwrap().len(), 6);
    let email = of_channel(&preview, "email");
    assert_eq!(email["subject"], "NOC: Server down: web-09.hostseba");
    let html = email["html"].as_str().unwrap();
    assert!(html.contains("<!doctype html>") && html.contains("Open incident"));
    assert!(email["text"].as_str().unwrap().contains("Observed:"));
    let telegram = of_channel(&preview, "telegram");
    assert_eq!(telegram["html"], Value::Null);
    assert!(telegram["text"].as_str().unwrap().starts_with("<b>NOC: "));
    assert_eq!(telegram["measures"][0]["limit"], 4_096);
    assert_eq!(telegram["is_cut"], false);

    // 300 lines of facts do not fit.
    let long = "{% for f in facts %}{% for g in facts %}{% for h in facts %}{{ f.value }}{{ g.value }}\n{% endfor %}{% endfor %}{% endfor %}";
    let ask = json!({ "kind": "problem", "channel": "discord", "text": long });
    let preview = operator.post(PREVIEW, ask).await.ok();
    assert_eq!(preview["channels"].as_array().unwrap().len(), 1);
    let discord = of_channel(&preview, "discord");
    assert_eq!(discord["is_cut"], true);
    assert!(discord["measures"][0]["length"].as_u64().unwrap() > 2_000);
    assert!(discord["text"].as_str().unwrap().contains("incidents"));
}

#[actix_web::test]
async fn words_are_changed_by_admins_alone() {
    let house = House::open().await;
    let mut operator = house.browser(Role::Operator).await;
    operator.get(PATH).await.ok();
    let body = json!({ "subject": "x" });
    operator.put(PROBLEM, body).await.refused(403, "forbidden");
    operator.delete(PROBLEM).await.refused(403, "forbidden");
    let mut oncall = house.browser(Role::Oncall).await;
    oncall.get(PATH).await.refused(403, "forbidden");
}

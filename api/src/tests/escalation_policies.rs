//! `/api/escalation-policies`.

use super::House;
use crate::auth::permission::Role;
use serde_json::{Value, json};

const PATH: &str = "/api/escalation-policies";

fn policy() -> Value {
    json!({ "name": "Night", "repeat": 1, "steps": [
        { "delay_seconds": 0, "channels": ["email"], "targets": { "roles": ["oncall"] } },
        { "delay_seconds": 300, "channels": [], "targets": { "external": ["boss@example.com"] }, "only_if_unacknowledged": false },
    ] })
}

#[actix_web::test]
async fn a_policy_is_made_its_steps_replaced_and_deleted() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Operator).await;
    let answer = browser.post(PATH, policy()).await;
    assert_eq!(answer.status, 201);
    let made = answer.ok();
    assert_eq!(made["steps"][1]["at_seconds"], 300);
    assert_eq!(made["steps"][1]["only_if_unacknowledged"], false);
    assert_eq!(
        (
            made["repeat_delay_seconds"].as_i64(),
            made["used_by_rules"].as_i64()
        ),
        (Some(900), Some(0))
    );
    let path = format!("{PATH}/{}", made["id"]);

    let renamed = browser.patch(&path, json!({ "name": "Nights" })).await.ok();
    assert_eq!(
        (
            renamed["name"].as_str(),
            renamed["steps"].as_array().unwrap().len()
        ),
        (Some("Nights"), 2)
    );
    let steps = json!({ "steps": [{ "delay_seconds": 60, "channels": ["email"] }] });
    let replaced = browser.patch(&path, steps).await.ok();
    assert_eq!(replaced["steps"].as_array().unwrap().len(), 1);
    assert_eq!(
        replaced["steps"][0]["targets"],
        json!({ "users": [], "roles": [], "external": [] })
    );

    assert_eq!(browser.delete(&path).await.status, 204);
    browser.delete(&path).await.refused(404, "not_found");
    let log = house.security_log().await;
    for action in [
        "create_escalation_policy",
        "update_escalation_policy",
        "delete_escalation_policy",
    ] {
        assert!(log.iter().any(|logged| logged == action), "{action}");
    }
}

#[actix_web::test]
async fn a_policy_in_use_and_the_default_one_stay() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Operator).await;
    let default = browser.get(PATH).await.ok()["data"][0].clone();
    assert_eq!(
        (
            default["is_default"].as_bool(),
            default["used_by_rules"].as_i64()
        ),
        (Some(true), Some(1))
    );
    browser
        .delete(&format!("{PATH}/{}", default["id"]))
        .await
        .refused(409, "in_use");

    let made = browser.post(PATH, policy()).await.ok();
    let rule = json!({ "name": "Down", "scope": { "all": true }, "escalation_policy_id": made["id"],
        "condition": { "type": "detector", "detector": "server_down" } });
    browser.post("/api/alert-rules", rule).await.ok();
    browser
        .delete(&format!("{PATH}/{}", made["id"]))
        .await
        .refused(409, "in_use");
}

#[actix_web::test]
async fn bad_policies_are_named_by_field() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Operator).await;
    let with = |change: fn(&mut Value)| {
        let mut body = policy();
        change(&mut body);
        body
    };
    browser
        .post(PATH, with(|policy| policy["steps"] = json!([])))
        .await
        .wrong(&["steps"]);
    browser
        .post(PATH, with(|policy| policy["repeat"] = json!(-1)))
        .await
        .wrong(&["repeat"]);
    browser
        .post(
            PATH,
            with(|policy| policy["steps"][0]["delay_seconds"] = json!(604_801)),
        )
        .await
        .wrong(&["steps[0].delay_seconds"]);
    browser
        .post(
            PATH,
            with(|policy| policy["steps"][0]["delay_seconds"] = json!(4_294_967_296_i64)),
        )
        .await
        .refused(422, "validation_failed");
    browser
        .post(
            PATH,
            with(|policy| policy["steps"][0]["targets"]["users"] = json!([77])),
        )
        .await
        .wrong(&["steps[0].targets.users"]);
    browser
        .post(
            PATH,
            with(|policy| policy["steps"][0]["targets"]["roles"] = json!(["root"])),
        )
        .await
        .refused(422, "validation_failed");
    browser
        .post(
            PATH,
            with(|policy| policy["steps"][0]["channels"] = json!(["pigeon"])),
        )
        .await
        .wrong(&["steps[0].channels[0]"]);
    browser.post(PATH, policy()).await.ok();
    browser
        .post(PATH, policy())
        .await
        .refused(409, "already_exists");
    browser
        .patch(&format!("{PATH}/77"), json!({}))
        .await
        .refused(404, "not_found");
}

/// E-mail with a recipient of its own, and somebody of each role.
async fn with_email(house: &House) {
    let mut admin = house.browser(Role::Admin).await;
    let settings = json!({ "enabled": true, "settings": {
        "host": "mail.example.com", "port": 587, "encryption": "tls",
        "from_address": "noc@example.com", "recipients": ["team@example.com"],
    } });
    let path = "/api/notification-channels/email";
    admin.put(path, settings).await.ok();
}

#[actix_web::test]
async fn a_policy_is_run_dry_before_and_after_it_is_saved() {
    let house = House::open().await;
    with_email(&house).await;
    let mut browser = house.browser(Role::Operator).await;
    let before = house.security_log().await.len();
    let server = house.server("web-01").await;
    let draft = json!({ "name": "", "repeat": 0, "steps": [
        { "delay_seconds": 0, "channels": ["email"], "targets": { "roles": ["oncall"] } },
        { "delay_seconds": 300, "channels": ["email", "slack"], "targets": { "roles": ["operator"] } },
    ] });
    let trial = json!({ "policy": draft, "severity": "high", "server_id": server.0 });
    let seen = browser.post(&format!("{PATH}/simulate"), trial).await.ok();
    assert_eq!(seen["opened_at"], "2026-05-07T12:00:00Z");
    assert_eq!(seen["timezone"], "Asia/Dhaka");
    assert_eq!(seen["hold_seconds"], 120);
    assert_eq!(seen["ending"], "done");
    let events = seen["events"].as_array().unwrap();
    assert_eq!(events.len(), 2);
    // Nobody is on call, so the second step follows at once.
    assert_eq!(events[0]["told"], json!([]));
    let warnings = events[0]["warnings"].as_array().unwrap();
    assert!(
        warnings.contains(&json!("nobody is on call")),
        "{warnings:?}"
    );
    assert_eq!(
        (&events[1]["at_seconds"], &events[1]["step"]),
        (&json!(120), &json!(2))
    );
    assert_eq!(events[1]["message"], "problem");
    let told = events[1]["told"].as_array().unwrap();
    assert_eq!(told[0]["user"]["name"], "operator");
    assert_eq!(told[1]["recipient"], "team@example.com");
    assert_eq!(
        (&told[1]["label"], &told[1]["user"]),
        (&json!("Email"), &Value::Null)
    );
    assert_eq!(
        events[1]["warnings"],
        json!(["channel slack is not switched on"])
    );

    let mut named = draft.clone();
    named["name"] = json!("Night");
    let saved = browser.post(PATH, named).await.ok();
    let path = format!("{PATH}/{}/simulate", saved["id"]);
    let ask = json!({ "severity": "high", "server_id": server.0 });
    let again = browser.post(&path, ask).await.ok();
    assert_eq!(again, seen);
    let low = browser.post(&path, json!({ "severity": "low" })).await.ok();
    assert_eq!(
        (&low["hold_seconds"], &low["ending"]),
        (&Value::Null, &json!("pages_nobody"))
    );
    // Only the policy that was made is in the log.
    assert_eq!(house.security_log().await.len(), before + 1);
}

#[actix_web::test]
async fn a_simulation_of_nonsense_names_what_is_wrong() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Operator).await;
    let path = format!("{PATH}/simulate");
    let trial = json!({ "policy": policy(), "severity": "high" });
    let with = |field: &str, value: Value| {
        let mut body = trial.clone();
        body[field] = value;
        body
    };
    for (field, value) in [
        ("at", json!("2029-01-01T00:00:00Z")),
        ("server_id", json!(99)),
        ("server_id", json!(-1)),
        ("detector", json!("luck")),
    ] {
        browser
            .post(&path, with(field, value))
            .await
            .wrong(&[field]);
    }
    let mut wrong = policy();
    wrong["steps"][0]["channels"] = json!(["pigeon"]);
    browser
        .post(&path, with("policy", wrong))
        .await
        .wrong(&["policy.steps[0].channels[0]"]);
    browser
        .post(
            &format!("{PATH}/77/simulate"),
            json!({ "severity": "high" }),
        )
        .await
        .refused(404, "not_found");
    let mut viewer = house.browser(Role::Viewer).await;
    viewer.post(&path, trial).await.refused(403, "forbidden");
}

#[actix_web::test]
async fn addresses_of_people_without_an_account_are_whole_for_those_alone_who_may_see_them() {
    let house = House::open().await;
    let external = json!(["boss@example.com", "+8801711223344"]);
    let steps =
        json!([{ "delay_seconds": 0, "channels": [], "targets": { "external": external } }]);
    let mut operator = house.browser(Role::Operator).await;
    operator
        .post(PATH, json!({ "name": "Night", "steps": steps }))
        .await
        .ok();
    let masked = json!(["b***@example.com", "***44"]);
    let viewer = house.browser(Role::Viewer).await;
    let oncall = house.browser(Role::Oncall).await;
    for (mut browser, expected) in [(viewer, &masked), (oncall, &masked), (operator, &external)] {
        let list = browser.get(PATH).await.ok();
        let policies = list["data"].as_array().unwrap();
        let night = policies.iter().find(|policy| policy["name"] == "Night");
        let targets = &night.unwrap()["steps"][0]["targets"];
        assert_eq!(&targets["external"], expected);
    }
}

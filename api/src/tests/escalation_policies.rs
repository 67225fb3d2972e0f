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

//! `/api/hosting/top-senders`.

use super::*;
use crate::auth::permission::Role;
use noc_pipeline::payload::email_stats::{EmailStats, LoginStats, ScriptStats};
use serde_json::json;

async fn hour(house: &House, server: ServerId, hours_ago: u64, login: u64, script: u64) {
    let at = T0.hour().minus(Duration::from_secs(3_600 * hours_ago));
    let stats = EmailStats {
        hour: at,
        complete: hours_ago > 0,
        domains: Vec::new(),
        logins: vec![
            LoginStats {
                login: "info@shop.example".to_owned(),
                account: Some("shop".to_owned()),
                recipients: Some(login),
                failures: Some(login / 4),
                ..LoginStats::default()
            },
            LoginStats {
                login: "*".to_owned(),
                recipients: Some(9_999),
                ..LoginStats::default()
            },
        ],
        scripts: vec![ScriptStats {
            path: "/home/blog/public_html/send.php".to_owned(),
            recipients: Some(script),
            ..ScriptStats::default()
        }],
        addresses: Vec::new(),
    };
    data(house, server, ago(30), stats).await;
}

#[actix_web::test]
async fn who_sends_most_comes_first_and_is_masked_for_those_who_may_not_see() {
    let house = House::open().await;
    let server = house.server("mail-01").await;
    hour(&house, server, 2, 40, 500).await;
    hour(&house, server, 0, 400, 20).await;
    let path = "/api/hosting/top-senders";
    let list = house.browser(Role::Operator).await.get(path).await.ok();
    assert_eq!(list["meta"]["total"], 2, "the rest is nobody");
    let first = &list["data"][0];
    assert_eq!(
        (
            &first["login"],
            &first["recipients_1h"],
            &first["recipients_24h"],
            &first["failures_pct"]
        ),
        (
            &json!("info@shop.example"),
            &json!(400),
            &json!(440),
            &json!(25.0)
        )
    );
    let hours = first["hours"].as_array().unwrap();
    assert_eq!(
        (hours.len(), &hours[21], &hours[22], &hours[23]),
        (24, &json!(40), &Value::Null, &json!(400))
    );
    assert_eq!(list["data"][1]["script"], "/home/blog/public_html/send.php");

    let mut viewer = house.browser(Role::Viewer).await;
    let list = viewer.get(path).await;
    assert!(!list.text.contains("info@"), "{}", list.text);
    assert_eq!(list.ok()["data"][0]["login"], "i***@shop.example");
    let found = viewer.get(&format!("{path}?q=info")).await.ok();
    assert_eq!(found["meta"]["total"], 0, "a search must not tell either");

    let by_day = viewer
        .get(&format!("{path}?sort=-recipients_24h"))
        .await
        .ok();
    assert_eq!(by_day["data"][0]["kind"], "script");
    let scripts = viewer
        .get(&format!("{path}?kind=script&limit=1"))
        .await
        .ok();
    assert_eq!(scripts["meta"]["total"], 1);
    for (query, field) in [
        ("kind=cat", "kind"),
        ("sort=x", "sort"),
        ("limit=201", "limit"),
    ] {
        viewer.get(&format!("{path}?{query}")).await.wrong(&[field]);
    }
}

#[actix_web::test]
async fn what_a_sender_usually_does_is_the_median_of_this_hour_on_the_days_before() {
    let house = House::open().await;
    let server = house.server("mail-01").await;
    for (day, recipients) in [(1, 20), (2, 40), (3, 900)] {
        hour(&house, server, day * 24, recipients, 1).await;
    }
    hour(&house, server, 0, 300, 1).await;
    let path = "/api/hosting/top-senders?kind=login";
    let mut browser = house.browser(Role::Viewer).await;
    let three = browser.get(path).await.ok();
    assert_eq!(three["data"][0]["expected_x"], Value::Null, "too few days");
    hour(&house, server, 4 * 24, 20, 1).await;
    let four = browser.get(path).await.ok();
    assert_eq!(four["data"][0]["expected_x"], 10.0, "300 of usually 30");
}

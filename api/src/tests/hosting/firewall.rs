//! `/api/servers/{id}/firewall`, `/api/hosting/{firewall-events,top-attackers,address}`.

use super::*;
use crate::auth::permission::Role;
use noc_pipeline::payload::firewall::{Firewall, FirewallAction, FirewallEvent, FirewallSource};
use serde_json::json;

fn event(seconds_ago: u64, action: FirewallAction, ip: &str, reason: &str) -> FirewallEvent {
    FirewallEvent {
        at: ago(seconds_ago),
        source: FirewallSource::Lfd,
        action,
        ip: ip.to_owned(),
        ports: Vec::new(),
        country: Some("BD".to_owned()),
        user: None,
        reason: reason.to_owned(),
    }
}

async fn log(house: &House, server: ServerId, events: Vec<FirewallEvent>) {
    let report = Firewall {
        events,
        omitted: None,
    };
    data(house, server, ago(30), report).await;
}

/// Two servers: one that blocks an address for good and another for an hour, one that only saw the first.
async fn fleet() -> (House, ServerId, ServerId) {
    let house = House::open().await;
    let (one, two) = (house.server("web-01").await, house.server("web-02").await);
    log(
        &house,
        one,
        vec![
            event(
                7_200,
                FirewallAction::TempBlock,
                "192.0.2.9",
                "for 3600 secs [LF_SSHD]",
            ),
            event(
                600,
                FirewallAction::BruteForce,
                "203.0.113.7",
                "(sshd) 5 in 300",
            ),
            event(
                590,
                FirewallAction::Block,
                "203.0.113.7",
                "<b>ssh</b> [LF_SSHD]",
            ),
        ],
    )
    .await;
    log(
        &house,
        two,
        vec![event(
            300,
            FirewallAction::PortScan,
            "203.0.113.7",
            "11 hits",
        )],
    )
    .await;
    (house, one, two)
}

#[actix_web::test]
async fn a_servers_firewall_shows_its_log_and_what_it_did() {
    let (house, one, _) = fleet().await;
    let mut browser = house.browser(Role::Viewer).await;
    let body = browser
        .get(&format!("/api/servers/{one}/firewall"))
        .await
        .ok();
    assert_eq!(body["probe"]["state"], "ok");
    let reasons: Vec<&str> = body["events"]["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["reason"].as_str().unwrap())
        .collect();
    assert_eq!(
        reasons,
        [
            "<b>ssh</b> [LF_SSHD]",
            "(sshd) 5 in 300",
            "for 3600 secs [LF_SSHD]"
        ]
    );
    assert_eq!(body["actions_24h"].as_array().unwrap().len(), 3);
    let path = format!("/api/servers/{one}/firewall?action=block&q=SSH");
    let narrowed = browser.get(&path).await.ok();
    assert_eq!(narrowed["events"]["meta"]["total"], 1);
}

#[actix_web::test]
async fn the_log_of_the_fleet_is_filtered_and_paged() {
    let (house, _, two) = fleet().await;
    let mut browser = house.browser(Role::Viewer).await;
    let first = browser
        .get("/api/hosting/firewall-events?limit=3")
        .await
        .ok();
    assert_eq!(first["meta"]["total"], 4);
    assert_eq!(first["data"][0]["server_name"], "web-02");
    let cursor = first["meta"]["next_cursor"].as_str().unwrap();
    let path = format!("/api/hosting/firewall-events?limit=3&cursor={cursor}");
    let rest = browser.get(&path).await.ok();
    assert_eq!(rest["data"].as_array().unwrap().len(), 1);
    assert_eq!(rest["meta"]["next_cursor"], Value::Null);
    let path = format!("/api/hosting/firewall-events?server={two}&ip=203.0.113.7");
    assert_eq!(browser.get(&path).await.ok()["meta"]["total"], 1);
    for (query, field) in [
        ("action=eat", "action"),
        ("source=cat", "source"),
        ("ip=nowhere", "ip"),
        ("cursor=x", "cursor"),
        ("limit=0", "limit"),
    ] {
        let path = format!("/api/hosting/firewall-events?{query}");
        browser.get(&path).await.wrong(&[field]);
    }
}

#[actix_web::test]
async fn the_worst_attackers_come_first() {
    let (house, ..) = fleet().await;
    let mut browser = house.browser(Role::Viewer).await;
    let list = browser.get("/api/hosting/top-attackers").await.ok();
    let worst = &list["data"][0];
    assert_eq!(
        (&worst["ip"], &worst["events"], &worst["servers"]),
        (&json!("203.0.113.7"), &json!(3), &json!(2))
    );
    assert_eq!(worst["country"], "BD");
    assert_eq!(worst["actions"].as_array().unwrap().len(), 3);
    let none = browser
        .get("/api/hosting/top-attackers?country=NL")
        .await
        .ok();
    assert_eq!(none["meta"]["total"], 0);
    browser
        .get("/api/hosting/top-attackers?sort=cats")
        .await
        .wrong(&["sort"]);
}

#[actix_web::test]
async fn an_address_is_blocked_somewhere_seen_elsewhere_or_free_again() {
    let (house, ..) = fleet().await;
    let blind = house.server("web-03").await;
    told(
        &house,
        blind,
        ago(30),
        unreadable(Kind::Firewall, KindError::NoPermission),
    )
    .await;
    let mut browser = house.browser(Role::Viewer).await;
    let body = browser
        .get("/api/hosting/address?ip=203.0.113.7")
        .await
        .ok();
    assert_eq!(
        (&body["blocked_on"], &body["unknown_servers"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        servers(&json!({ "data": body["servers"] })),
        ["web-01", "web-02"]
    );
    assert_eq!(body["servers"][0]["state"], "blocked");
    assert_eq!(
        body["servers"][0]["event"]["reason"],
        "<b>ssh</b> [LF_SSHD]"
    );
    assert_eq!(body["servers"][1]["state"], "seen");
    assert_eq!(body["unknown"][0]["probe"]["state"], "no_permission");
    let over = browser.get("/api/hosting/address?ip=192.0.2.9").await.ok();
    assert_eq!(over["servers"][0]["state"], "unblocked");
    assert_eq!(over["blocked_on"], 0);
    browser
        .get("/api/hosting/address?ip=me")
        .await
        .wrong(&["ip"]);
}

//! `/api/hosting/litespeed`, `/api/servers/{id}/litespeed`.

use super::*;
use crate::auth::permission::Role;
use noc_pipeline::payload::Litespeed;

fn web(connections: u64, requests: u64, hits: u64, report_age_s: u64) -> Litespeed {
    Litespeed {
        version: "LiteSpeed Web Server/Enterprise/6.2".to_owned(),
        connections: Some(connections),
        max_connections: Some(1_000),
        requests_per_s: Some(12.5),
        bytes_in_per_s: Some(2_048.0),
        bytes_out_per_s: Some(1_048_576.0),
        requests_total: Some(requests),
        static_hits_total: Some(0),
        public_hits_total: Some(hits),
        private_hits_total: Some(0),
        vhosts: Some(40),
        report_age_s: Some(report_age_s),
    }
}

#[actix_web::test]
async fn a_web_server_is_shown_with_its_hit_ratio() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    let id = house.server("web-01").await;
    data(&house, id, ago(120), web(100, 1_000, 500, 3)).await;
    data(&house, id, ago(60), web(120, 2_000, 1_300, 2)).await;
    let body = browser
        .get(&format!("/api/servers/{id}/litespeed"))
        .await
        .ok();
    insta::assert_json_snapshot!("litespeed", body);
    let list = browser.get("/api/hosting/litespeed").await.ok();
    insta::assert_json_snapshot!("hosting_litespeed", list);
}

#[actix_web::test]
async fn a_ratio_of_nothing_is_undefined_and_a_restart_makes_it_unknown() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    let id = house.server("web-01").await;
    let path = format!("/api/servers/{id}/litespeed");
    let mut shown = async || {
        let body = browser.get(&path).await.ok();
        (
            body["hit_ratio_state"].clone(),
            body["hit_ratio_pct"].clone(),
        )
    };
    data(&house, id, ago(180), web(1, 1_000, 500, 3)).await;
    assert_eq!(
        shown().await,
        ("unknown".into(), Value::Null),
        "a first report"
    );
    data(&house, id, ago(120), web(1, 1_000, 500, 3)).await;
    assert_eq!(shown().await, ("no_requests".into(), Value::Null));
    data(&house, id, ago(60), web(1, 1_100, 590, 3)).await;
    assert_eq!(shown().await, ("measured".into(), 90.0.into()));
    data(&house, id, T0, web(1, 7, 3, 3)).await;
    assert_eq!(
        shown().await,
        ("unknown".into(), Value::Null),
        "it was restarted"
    );
}

#[actix_web::test]
async fn a_stopped_web_server_shows_nothing_that_it_once_measured_and_comes_first() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    for (name, connections, age) in [("a", 900, 60), ("b", 10, 61), ("c", 950, 1)] {
        let id = house.server(name).await;
        data(&house, id, T0, web(connections, 1, 1, age)).await;
    }
    let list = browser.get("/api/hosting/litespeed").await.ok();
    assert_eq!(servers(&list), ["b", "c", "a"]);
    let states: Vec<_> = (0..3)
        .map(|n| list["data"][n]["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["stopped", "running", "running"]);
    let stopped = &list["data"][0];
    assert_eq!(stopped["report_age_s"], 61);
    for field in [
        "connections",
        "connections_pct",
        "requests_per_s",
        "bytes_out_per_s",
        "vhosts",
    ] {
        assert_eq!(stopped[field], Value::Null, "{field}");
    }
}

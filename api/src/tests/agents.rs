//! `/api/agents`.

use super::hosting::{ago, data, servers, told, unreadable};
use super::{House, T0};
use crate::auth::permission::Role;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::{Inventory, Kind, KindError, Metrics};
use noc_storage::relational::agent_health::{self, Refused, Skew};
use noc_storage::relational::servers::{self, AgentFacts, Latest, Status};
use serde_json::{Value, json};

async fn agent(house: &House, name: &str, version: &str, status: Status) -> ServerId {
    let id = house.server(name).await;
    let facts = AgentFacts {
        agent_version: Some(version.to_owned()),
        ..AgentFacts::default()
    };
    let db = house.state.db().write();
    servers::enrol(db, id, facts, "h", ago(86_400))
        .await
        .unwrap();
    let latest = Latest {
        server: id,
        status,
        last_seen_at: Some(T0),
        metrics: None,
    };
    servers::bulk_update(db, &[latest]).await.unwrap();
    id
}

#[actix_web::test]
async fn an_agent_is_shown_with_what_it_may_read_holds_back_and_was_refused() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    let id = agent(&house, "web-01", "0.4.0", Status::Up).await;
    data(&house, id, T0, Metrics::default()).await;
    told(
        &house,
        id,
        T0,
        unreadable(Kind::Mysql, KindError::NoPermission),
    )
    .await;
    told(
        &house,
        id,
        T0,
        unreadable(Kind::Litespeed, KindError::NotInstalled),
    )
    .await;
    let inventory = Inventory {
        hostname: "web-01.example".to_owned(),
        timezone: "Asia/Dhaka".to_owned(),
        kernel_running: "6.1.0-18-amd64".to_owned(),
        machine_id_hash: "0123456789abcdef".to_owned(),
        agent_uptime_s: Some(7_200),
        spool_files: Some(2),
        spool_bytes: Some(4_096),
        spool_lost_total: Some(0),
        ..Inventory::default()
    };
    data(&house, id, ago(600), inventory).await;
    let db = house.state.db().write();
    let skew = Skew {
        server: id,
        skew_ms: 320_500,
        at: T0,
    };
    agent_health::note_skews(db, &[skew]).await.unwrap();
    let refused = Refused {
        server: id,
        more: 5,
        fields: vec!["metrics.cpu_pct".to_owned()],
        at: ago(30),
    };
    agent_health::add_refused(db, &[refused]).await.unwrap();
    let list = browser.get("/api/agents").await.ok();
    insta::assert_json_snapshot!("agents", list);
}

#[actix_web::test]
async fn agents_are_counted_filtered_and_paged() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    house.server("new").await;
    agent(&house, "fine", "0.4.0", Status::Up).await;
    agent(&house, "old", "0.3.9", Status::Up).await;
    agent(&house, "silent", "0.4.0", Status::Down).await;
    let blind = agent(&house, "blind", "0.4.0", Status::Up).await;
    told(
        &house,
        blind,
        T0,
        unreadable(Kind::Crons, KindError::Timeout),
    )
    .await;
    let mut get = async |query: &str| browser.get(&format!("/api/agents{query}")).await;
    let list = get("").await.ok();
    assert_eq!(servers(&list), ["silent", "blind", "new", "fine", "old"]);
    assert_eq!(
        list["summary"],
        json!({
            "expected": 5, "enrolled": 4, "healthy": 2, "degraded": 1, "silent": 1,
            "versions": [
                { "version": "0.4.0", "agents": 3 },
                { "version": null, "agents": 1 },
                { "version": "0.3.9", "agents": 1 },
            ],
        })
    );
    assert_eq!(
        list["data"][1]["reasons"],
        json!(["crons does not answer in time"])
    );
    assert_eq!(list["data"][2]["refused"]["total"], 0);
    assert_eq!(list["data"][2]["skew_ms"], Value::Null);
    assert_eq!(
        servers(&get("?state=degraded,silent").await.ok()),
        ["silent", "blind"]
    );
    assert_eq!(servers(&get("?version=0.3.9").await.ok()), ["old"]);
    assert_eq!(servers(&get("?version=unknown").await.ok()), ["new"]);
    assert_eq!(servers(&get("?q=SIL").await.ok()), ["silent"]);
    assert_eq!(get("?tag=dc:one").await.ok()["meta"]["total"], 0);
    let first = get("?limit=2&sort=name").await.ok();
    assert_eq!(
        (servers(&first), &first["meta"]["total"]),
        (vec!["blind", "fine"], &json!(5))
    );
    let cursor = first["meta"]["next_cursor"].as_str().unwrap();
    let second = get(&format!("?limit=2&sort=name&cursor={cursor}"))
        .await
        .ok();
    assert_eq!(servers(&second), ["new", "old"]);
    for (query, field) in [
        ("?state=fine", "state"),
        ("?sort=agent_secret_hash", "sort"),
        ("?limit=0", "limit"),
        ("?cursor=AAAA", "cursor"),
        ("?colour=red", "query"),
    ] {
        get(query).await.wrong(&[field]);
    }
}

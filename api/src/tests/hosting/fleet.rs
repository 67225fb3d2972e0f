//! What every list of the fleet by one kind of report does alike.

use super::*;
use crate::auth::permission::Role;
use actix_web::http::Method;
use noc_storage::relational::server_probes::sort_names;
use noc_storage::relational::servers::{self, ServerPatch};
use serde_json::json;

/// The lists that are made of newest reports.
const BY_REPORT: [(&str, Kind); 5] = [
    ("mysql", Kind::Mysql),
    ("litespeed", Kind::Litespeed),
    ("cpanel", Kind::Cpanel),
    ("mail-queue", Kind::MailQueue),
    ("disks", Kind::Disks),
];

#[actix_web::test]
async fn an_empty_fleet_is_an_empty_list() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    let paths = crate::router::table();
    let lists = paths.iter().filter(|e| e.method == Method::GET);
    let lists = lists.map(|endpoint| endpoint.path.as_str()).filter(|path| {
        path.starts_with("/api/hosting/") && !path.contains('{') && *path != "/api/hosting/address"
    });
    let mut seen = 0;
    for path in lists.chain(["/api/agents"]) {
        let body = browser.get(path).await.ok();
        assert_eq!(body["data"], json!([]), "{path}");
        let meta = (&body["meta"]["next_cursor"], &body["meta"]["total"]);
        assert_eq!(meta, (&Value::Null, &json!(0)), "{path}");
        seen += 1;
    }
    assert!(seen >= 11, "{seen}");
}

#[actix_web::test]
async fn a_server_without_a_report_is_listed_as_such() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    let id = house.server("web-01").await;
    for (name, _) in BY_REPORT {
        let list = browser.get(&format!("/api/hosting/{name}")).await.ok();
        assert_eq!(servers(&list), ["web-01"], "{name}");
        let probe = json!({ "state": "no_data", "observed_at": null, "hint": null });
        assert_eq!(list["data"][0]["probe"], probe, "{name}");
        let tab = browser.get(&format!("/api/servers/{id}/{name}")).await.ok();
        assert_eq!(tab["probe"], probe, "{name}");
        browser
            .get(&format!("/api/servers/77/{name}"))
            .await
            .refused(404, "not_found");
    }
}

/// No number, no text and no list of one: nothing that could be taken for a measurement.
fn assert_says_nothing(name: &str, body: &Value) {
    for (field, value) in body.as_object().unwrap() {
        match field.as_str() {
            "probe" | "server" => {}
            "state" | "hit_ratio_state" => assert_eq!(value, "unknown", "{name}.{field}"),
            "replication" => {
                assert_eq!(value["status"], "unknown");
                let others = value
                    .as_object()
                    .unwrap()
                    .iter()
                    .filter(|(f, _)| *f != "status");
                assert!(
                    others.into_iter().all(|(_, value)| value.is_null()),
                    "{value}"
                );
            }
            _ => assert!(
                value.is_null() || value.as_array().is_some_and(Vec::is_empty),
                "{name}.{field}: {value}"
            ),
        }
    }
}

#[actix_web::test]
async fn what_may_not_be_read_is_said_and_no_zero_is_made_up() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    let id = house.server("web-01").await;
    for (name, kind) in BY_REPORT {
        for (error, state) in [
            (KindError::NoPermission, "no_permission"),
            (KindError::NotInstalled, "not_installed"),
            (KindError::CollectorError, "collector_error"),
            (KindError::Timeout, "timeout"),
        ] {
            told(&house, id, T0, unreadable(kind, error)).await;
            let list = browser.get(&format!("/api/hosting/{name}")).await.ok();
            let row = &list["data"][0];
            assert_eq!(row["probe"]["state"], state, "{name}");
            assert_eq!(row["probe"]["hint"], "run doctor");
            assert_eq!(row["probe"]["observed_at"], "2026-05-07T12:00:00Z");
            assert_says_nothing(name, row);
            let tab = browser.get(&format!("/api/servers/{id}/{name}")).await.ok();
            assert_eq!(tab["probe"], row["probe"]);
            assert_says_nothing(name, &tab);
        }
    }
}

#[actix_web::test]
async fn reports_grow_old() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    let id = house.server("web-01").await;
    for (name, kind) in BY_REPORT {
        let interval = kind.interval().unwrap();
        let at = T0.minus(interval * 2 + Duration::from_secs(31));
        told(&house, id, at, unreadable(kind, KindError::NoPermission)).await;
        let list = browser.get(&format!("/api/hosting/{name}")).await.ok();
        assert_eq!(list["data"][0]["probe"]["state"], "stale", "{name}");
    }
}

#[actix_web::test]
async fn lists_are_filtered_paged_and_sorted() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    let db = house.state.db().write();
    let mut ids = Vec::new();
    for (name, tag) in [
        ("web-01", "dc:one"),
        ("web-02", "dc:two"),
        ("db-01", "dc:one"),
    ] {
        let row = servers::create(db, name, &[tag.to_owned()], T0).await;
        ids.push(row.unwrap().server_id());
    }
    let off = house.server("off-01").await;
    let patch = ServerPatch {
        is_active: Some(false),
        ..ServerPatch::default()
    };
    servers::update(db, off, patch, T0).await.unwrap();
    for (name, kind) in BY_REPORT {
        told(
            &house,
            ids[1],
            T0,
            unreadable(kind, KindError::NoPermission),
        )
        .await;
        let path = format!("/api/hosting/{name}");
        let mut get = async |query: &str| browser.get(&format!("{path}?{query}")).await;
        assert_eq!(
            servers(&get("sort=name").await.ok()),
            ["db-01", "web-01", "web-02"],
            "monitoring of the fourth is off"
        );
        assert_eq!(
            servers(&get("q=WEB&sort=-name").await.ok()),
            ["web-02", "web-01"]
        );
        assert_eq!(
            servers(&get("tag=dc:one&sort=name").await.ok()),
            ["db-01", "web-01"]
        );
        assert_eq!(
            servers(&get(&format!("server={}", ids[2])).await.ok()),
            ["db-01"]
        );
        assert_eq!(
            servers(&get("state=no_permission,timeout").await.ok()),
            ["web-02"]
        );
        assert_eq!(get("state=no_data").await.ok()["meta"]["total"], 2);
        let first = get("sort=name&limit=2").await.ok();
        assert_eq!(
            (servers(&first).len(), &first["meta"]["total"]),
            (2, &json!(3))
        );
        let cursor = first["meta"]["next_cursor"].as_str().unwrap();
        let rest = get(&format!("sort=name&limit=2&cursor={cursor}"))
            .await
            .ok();
        assert_eq!(servers(&rest), ["web-02"]);
        assert_eq!(rest["meta"]["next_cursor"], Value::Null);
        for sort in sort_names(kind).iter().chain(&["name", "observed_at"]) {
            assert_eq!(get(&format!("sort={sort}")).await.ok()["meta"]["total"], 3);
            assert_eq!(get(&format!("sort=-{sort}")).await.ok()["meta"]["total"], 3);
        }
        for (query, field) in [
            ("state=fine", "state"),
            ("sort=agent_secret_hash", "sort"),
            ("sort=value1", "sort"),
            ("limit=0", "limit"),
            ("limit=201", "limit"),
            ("cursor=AAAA", "cursor"),
            ("server=-1", "server"),
            ("server=x", "query"),
            ("colour=red", "query"),
        ] {
            get(query).await.wrong(&[field]);
        }
        get(&format!("sort=-name&cursor={cursor}"))
            .await
            .wrong(&["cursor"]);
    }
}

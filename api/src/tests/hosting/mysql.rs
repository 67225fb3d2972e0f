//! `/api/hosting/mysql`, `/api/servers/{id}/mysql`.

use super::*;
use crate::auth::permission::Role;
use noc_pipeline::payload::{Mysql, Replication, ReplicationRole};
use serde_json::json;

fn mysql(connected: u64, questions: u64, uptime_s: u64) -> Mysql {
    Mysql {
        flavour: "mariadb".to_owned(),
        version: "10.11.6-MariaDB".to_owned(),
        threads_connected: Some(connected),
        max_connections: Some(150),
        questions_total: Some(questions),
        slow_queries_total: Some(questions / 100),
        deadlocks_total: None,
        uptime_s: Some(uptime_s),
        replication: Replication {
            role: ReplicationRole::None,
            ..Replication::default()
        },
        hint: None,
    }
}

#[actix_web::test]
async fn a_database_server_is_shown_with_its_rates() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    let id = house.server("db-01").await;
    data(&house, id, ago(120), mysql(10, 10_000, 880)).await;
    data(&house, id, ago(60), mysql(12, 16_000, 940)).await;
    let body = browser.get(&format!("/api/servers/{id}/mysql")).await.ok();
    insta::assert_json_snapshot!("mysql", body);
    let list = browser.get("/api/hosting/mysql").await.ok();
    insta::assert_json_snapshot!("hosting_mysql", list);
}

#[actix_web::test]
async fn a_first_report_and_a_restart_have_no_rates() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    let id = house.server("db-01").await;
    let path = format!("/api/servers/{id}/mysql");
    data(&house, id, ago(120), mysql(10, 10_000, 5_000)).await;
    assert_eq!(
        browser.get(&path).await.ok()["questions_per_s"],
        Value::Null
    );
    // It was restarted, and has counted further than before since.
    data(&house, id, ago(60), mysql(10, 90_000, 30)).await;
    let body = browser.get(&path).await.ok();
    assert_eq!(body["questions_per_s"], Value::Null);
    assert_eq!(body["slow_queries_per_min"], Value::Null);
    data(&house, id, T0, mysql(10, 90_600, 90)).await;
    assert_eq!(browser.get(&path).await.ok()["questions_per_s"], 10.0);
}

#[actix_web::test]
async fn broken_lagging_and_unknown_replication_are_told_apart() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    let id = house.server("db-01").await;
    use ReplicationRole::{None as Nobody, Primary, Replica, Unknown};
    for (role, io, sql, lag_s, expected) in [
        (Nobody, None, None, None, "none"),
        (Primary, None, None, None, "none"),
        (Replica, Some(true), Some(true), Some(59), "running"),
        (Replica, Some(true), Some(true), Some(60), "lagging"),
        (Replica, Some(true), Some(true), None, "broken"),
        (Replica, Some(false), Some(true), Some(0), "broken"),
        (Replica, Some(true), Some(false), Some(0), "broken"),
        (Unknown, None, None, None, "unknown"),
    ] {
        let mut report = mysql(1, 1, 1);
        report.replication = Replication {
            role,
            io_running: io,
            sql_running: sql,
            lag_s,
        };
        data(&house, id, T0, report).await;
        let body = browser.get(&format!("/api/servers/{id}/mysql")).await.ok();
        assert_eq!(
            body["replication"]["status"], expected,
            "{role:?} {io:?} {sql:?} {lag_s:?}"
        );
        assert_eq!(body["replication"]["lag_s"], json!(lag_s));
    }
    house.clock.advance(Duration::from_secs(3_600));
    let body = browser.get(&format!("/api/servers/{id}/mysql")).await.ok();
    assert_eq!(
        body["replication"]["status"], "unknown",
        "the report is old"
    );
}

#[actix_web::test]
async fn the_fullest_comes_first_and_a_broken_replica_before_any_lag() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    for (name, connected, lag_s) in [("a", 10, Some(500)), ("b", 149, Some(3)), ("c", 70, None)] {
        let id = house.server(name).await;
        let mut report = mysql(connected, 1, 1);
        report.replication = Replication {
            role: ReplicationRole::Replica,
            io_running: Some(true),
            sql_running: Some(true),
            lag_s,
        };
        data(&house, id, T0, report).await;
    }
    house.server("d").await;
    let mut get = async |query: &str| {
        browser
            .get(&format!("/api/hosting/mysql{query}"))
            .await
            .ok()
    };
    assert_eq!(servers(&get("").await), ["b", "c", "a", "d"]);
    assert_eq!(servers(&get("?sort=-lag_s").await), ["c", "a", "b", "d"]);
}

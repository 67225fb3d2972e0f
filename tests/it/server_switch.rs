//! A server that is added, switched off, switched on and deleted, as its agent and its operator see it.

use noc_storage::relational::entity::notification_delivery;
use noc_tests::{Harness, Session, TestAgent, eventually, metrics, processes};
use reqwest::Method;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use std::time::Duration;

/// One service reported as not running, twice: it is down.
async fn exim_breaks(noc: &Harness, agent: &mut TestAgent) {
    for _ in 0..2 {
        let body = agent.payload(processes("exim", false));
        let (status, answer) = noc.post(agent, "processes", &body).await;
        assert_eq!((status, &answer["accepted"]), (202, &json!(1)), "{answer}");
    }
}

async fn incidents(noc: &Harness, session: &Session) -> Vec<Value> {
    let list = noc.get_json(session, "/api/incidents?sort=opened_at").await;
    list["data"].as_array().expect("a list").clone()
}

async fn wait_for(noc: &Harness, session: &Session, expected: &[&str]) -> Vec<Value> {
    eventually(&format!("incidents {expected:?}"), async || {
        let all = incidents(noc, session).await;
        let statuses: Vec<_> = all.iter().map(|i| i["status"].as_str().unwrap()).collect();
        (statuses == expected).then_some(all)
    })
    .await
}

async fn press(noc: &Harness, session: &Session, agent: &TestAgent, button: &str) -> Value {
    let path = format!("/api/servers/{}/{button}", agent.server());
    let answer = noc.call(session, Method::POST, &path, None).await;
    assert_eq!(answer.status(), 200, "{button}");
    answer.json().await.expect("json")
}

/// Posts until the answer is `expected`: ingest hears of a decision a moment after it was made.
async fn answered(noc: &Harness, agent: &mut TestAgent, expected: (u16, Value)) {
    eventually(&format!("answer {expected:?}"), async || {
        let body = agent.payload(processes("exim", false));
        let answer = noc.post(agent, "processes", &body).await;
        (answer == expected).then_some(())
    })
    .await;
}

async fn deliveries(noc: &Harness) -> Vec<notification_delivery::Model> {
    let all = notification_delivery::Entity::find();
    all.all(noc.parts().db.read()).await.expect("deliveries")
}

#[actix_web::test]
async fn a_new_server_is_shown_up_within_moments() {
    let noc = Harness::start().await;
    let session = noc.login().await;
    let mut agent = noc.enrol("web-01").await;
    let path = format!("/api/servers/{}", agent.server());
    assert_eq!(noc.get_json(&session, &path).await["status"], "registering");
    let sent = noc_pipeline::clock::Stopwatch::start();
    let body = agent.payload(metrics());
    assert_eq!(noc.post(&agent, "metrics", &body).await.0, 202);
    // The two come from two readers of the log.
    let row = eventually("it is up, with its values", async || {
        let row = noc.get_json(&session, &path).await;
        (row["status"] == "up" && !row["cpu_pct"].is_null()).then_some(row)
    })
    .await;
    // The usual round comes every 10 s.
    assert!(sent.elapsed() < Duration::from_secs(5), "not at once");
    assert_eq!(
        (&row["cpu_pct"], &row["load1"]),
        (&json!(37.5), &json!(2.41)),
        "{row}"
    );
}

#[actix_web::test]
async fn a_disabled_server_is_closed_without_a_page_and_watched_again_when_enabled() {
    let noc = Harness::start().await;
    let session = noc.login().await;
    let mut agent = noc.enrol("mail-02").await;
    exim_breaks(&noc, &mut agent).await;
    wait_for(&noc, &session, &["open"]).await;

    let row = press(&noc, &session, &agent, "disable-agent").await;
    assert_eq!(
        (&row["status"], &row["is_active"]),
        (&json!("disabled"), &json!(false))
    );
    wait_for(&noc, &session, &["resolved"]).await;
    let told: Vec<_> = deliveries(&noc).await.into_iter().map(|d| d.kind).collect();
    assert!(!told.contains(&"recovery".to_owned()), "{told:?}");
    let ignored = json!({"accepted": 0, "ignored": "server_inactive"});
    answered(&noc, &mut agent, (202, ignored)).await;
    let stored = noc.logged(agent.server()).await.len();
    exim_is_ignored(&noc, &mut agent).await;
    assert_eq!(noc.logged(agent.server()).await.len(), stored);
    assert_eq!(
        incidents(&noc, &session).await.len(),
        1,
        "nothing judges it"
    );

    let row = press(&noc, &session, &agent, "enable-agent").await;
    assert_eq!(row["is_active"], true);
    let path = format!("/api/servers/{}", agent.server());
    eventually("its reports are taken again", async || {
        let body = agent.payload(processes("exim", false));
        let (_, answer) = noc.post(&agent, "processes", &body).await;
        (answer["accepted"] == 1).then_some(())
    })
    .await;
    exim_breaks(&noc, &mut agent).await;
    eventually("a new incident", async || {
        let all = incidents(&noc, &session).await;
        let open = all.iter().filter(|i| i["status"] == "open").count();
        (all.len() == 2 && open == 1).then_some(())
    })
    .await;
    eventually("it is up again", async || {
        let row = noc.get_json(&session, &path).await;
        (row["status"] == "up").then_some(())
    })
    .await;
}

async fn exim_is_ignored(noc: &Harness, agent: &mut TestAgent) {
    for _ in 0..3 {
        let body = agent.payload(processes("exim", false));
        let (status, answer) = noc.post(agent, "processes", &body).await;
        assert_eq!(
            (status, &answer["ignored"]),
            (202, &json!("server_inactive"))
        );
    }
}

#[actix_web::test]
async fn a_deleted_server_leaves_closed_incidents_and_no_access() {
    let noc = Harness::start().await;
    let session = noc.login().await;
    let mut agent = noc.enrol("mail-02").await;
    exim_breaks(&noc, &mut agent).await;
    wait_for(&noc, &session, &["open"]).await;

    let path = format!("/api/servers/{}", agent.server());
    let answer = noc.call(&session, Method::DELETE, &path, None).await;
    assert_eq!(answer.status(), 204);
    let all = wait_for(&noc, &session, &["resolved"]).await;
    assert_eq!(
        all[0]["server_name"], "mail-02",
        "still readable: {}",
        all[0]
    );
    let told: Vec<_> = deliveries(&noc).await.into_iter().map(|d| d.kind).collect();
    assert!(!told.contains(&"recovery".to_owned()), "{told:?}");
    eventually("its secret is refused", async || {
        let body = agent.payload(metrics());
        let (status, _) = noc.post(&agent, "metrics", &body).await;
        (status == 401).then_some(())
    })
    .await;
    let gone = noc.call(&session, Method::GET, &path, None).await;
    assert_eq!(gone.status(), 404);
}

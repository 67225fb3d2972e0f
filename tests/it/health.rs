//! Health, readiness, own metrics, and the paths that are gone.

use noc_api::config::Secret;
use noc_tests::Harness;
use reqwest::Method;
use sea_orm::ConnectionTrait;
use serde_json::Value;

const TOKEN: &str = "a health token";

async fn start() -> Harness {
    Harness::start_with(|config| config.health.token = Some(Secret::new(TOKEN.into()))).await
}

#[actix_rt::test]
async fn the_balancers_pages_are_empty_and_open() {
    let harness = start().await;
    for path in ["/livez", "/readyz"] {
        let answer = harness.get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(answer.text().await.unwrap(), "", "{path}");
    }
}

#[actix_rt::test]
async fn balancers_are_told_before_connections_are_refused() {
    let mut harness = Harness::start_with(|config| config.http.drain_s = 1).await;
    let (ready, live) = (harness.url("/readyz"), harness.url("/livez"));
    assert_eq!(harness.get("/readyz").await.status(), 200);
    let http = harness.http().clone();
    let watching = async {
        noc_tests::eventually("a red light", async || {
            let status = http.get(&ready).send().await.ok()?.status();
            (status == 503).then_some(())
        })
        .await;
        assert_eq!(
            http.get(&live).send().await.unwrap().status(),
            200,
            "it still serves"
        );
    };
    futures::join!(watching, harness.stop());
    assert!(
        http.get(&live).send().await.is_err(),
        "nobody listens any more"
    );
}

#[actix_rt::test]
async fn health_opens_to_the_token_in_each_of_three_places() {
    let harness = start().await;
    let get = |path: &'static str| harness.http().get(harness.url(path));
    for request in [
        get("/health").header("x-health-token", TOKEN),
        get("/health").bearer_auth(TOKEN),
        get("/health?token=a%20health+token"),
        get("/health/db").bearer_auth(TOKEN),
    ] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["status"], "ok", "{body}");
        let names: Vec<&str> = body["checks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| c["name"].as_str().unwrap())
            .collect();
        assert!(
            names == ["database"]
                || names
                    == [
                        "database",
                        "series",
                        "log",
                        "disk",
                        "field_key",
                        "queue",
                        "clock"
                    ]
        );
    }
}

#[actix_rt::test]
async fn missing_and_wrong_tokens_are_told_alike() {
    let harness = start().await;
    let mut answers = Vec::new();
    for path in [
        "/health",
        "/health?token=wrong",
        "/health/db",
        "/health/db?token=",
    ] {
        let answer = harness.get(path).await;
        answers.push((answer.status().as_u16(), answer.text().await.unwrap()));
    }
    assert_eq!(answers[0].0, 403);
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{answers:?}"
    );
    let unset = Harness::start().await;
    assert_eq!(
        unset.get("/health?token=").await.status(),
        403,
        "no token set: nobody has it"
    );
}

#[actix_rt::test]
async fn an_administrator_needs_no_token() {
    let harness = start().await;
    let session = harness.login().await;
    let body = harness.get_json(&session, "/health").await;
    assert_eq!(body["status"], "ok");
}

#[actix_rt::test]
async fn a_failing_check_is_503_and_named() {
    let harness = Harness::start_with(|config| {
        config.health.token = Some(Secret::new(TOKEN.into()));
        config.health.min_disk_free_mb = 1 << 40;
    })
    .await;
    let db = harness.parts().db.write();
    db.execute_unprepared("ALTER TABLE notification_deliveries RENAME TO gone")
        .await
        .unwrap();
    let answer = harness.get("/health?token=a+health+token").await;
    assert_eq!(answer.status(), 503);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["status"], "failing");
    let failing: Vec<&str> = body["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|check| check["ok"] == false)
        .map(|check| check["name"].as_str().unwrap())
        .collect();
    assert_eq!(failing, ["disk", "queue"]);
    assert_eq!(
        harness
            .get("/health/db?token=a+health+token")
            .await
            .status(),
        200
    );
}

#[actix_rt::test]
async fn what_we_never_do_is_gone_for_everybody_alike() {
    let harness = start().await;
    let session = harness.login().await;
    for (method, path) in [
        (Method::POST, "/api/servers/1/services/restart"),
        (Method::GET, "/api/servers/1/exec"),
        (Method::PUT, "/api/servers/999/accounts/bob/suspend"),
        (Method::DELETE, "/api/servers/x/firewall/rules"),
    ] {
        let stranger = harness
            .http()
            .request(method.clone(), harness.url(path))
            .send()
            .await
            .unwrap();
        let admin = harness.call(&session, method, path, None).await;
        assert_eq!(
            (stranger.status().as_u16(), admin.status().as_u16()),
            (410, 410),
            "{path}"
        );
        let (stranger, admin) = (stranger.text().await.unwrap(), admin.text().await.unwrap());
        assert_eq!(stranger, admin, "{path}");
        assert!(stranger.contains("monitoring_only"), "{path}");
    }
}

#[actix_rt::test]
async fn our_own_metrics_are_on_their_own_listener() {
    let harness = start().await;
    let agent = harness.enrol("web-1").await;
    let body = agent.clone().payload(noc_tests::metrics());
    harness.post(&agent, "metrics", &body).await;
    harness
        .post_raw("Bearer 1.x", "no-such-kind", Vec::new(), &[])
        .await;
    // Consumers tell of themselves once they have read.
    let text = noc_tests::eventually("how far the consumers are", async || {
        let text = harness.metrics().await;
        text.contains("noc_log_lag_records").then_some(text)
    })
    .await;
    for line in [
        "noc_ingest_requests_total{kind=\"metrics\",status=\"202\"} 1",
        "noc_ingest_requests_total{kind=\"register\",status=\"201\"} 1",
        "noc_ingest_requests_total{kind=\"unknown\",status=\"404\"} 1",
        "noc_ingest_payloads_total 1",
        "noc_ingest_ack_seconds_count 1",
        "noc_log_append_seconds_count 1",
        "process_resident_memory_bytes",
        "noc_actor_count",
    ] {
        assert!(text.contains(line), "no {line} in\n{text}");
    }
    let elsewhere = harness.get("/metrics").await.text().await.unwrap();
    assert!(!elsewhere.contains("noc_ingest"), "not where agents come");
}

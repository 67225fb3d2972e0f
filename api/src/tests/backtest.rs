//! `/api/alert-rules/backtest`.

use super::{House, T0};
use crate::auth::permission::Role;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::{NodeId, PartitionId, ServerId};
use noc_pipeline::payload::{Disks, Metrics, Partition, Payload, Report};
use noc_pipeline::record::{PayloadRecord, Record};
use noc_storage::series::SeriesRow;
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

const PATH: &str = "/api/alert-rules/backtest";
const MIN: i64 = 60_000;

/// A time so many minutes before the tests begin.
fn ago(minutes: i64) -> String {
    UnixMs(T0.0 - minutes * MIN).to_datetime().to_rfc3339()
}

/// Minutes of CPU that ended when the tests begin.
async fn measured(house: &House, server: ServerId, cpu: &[f64]) {
    let begin = T0.0 - i64::try_from(cpu.len()).unwrap() * MIN;
    let rows = (0_i64..).zip(cpu).map(|(n, cpu)| {
        let metrics = Metrics {
            cpu_pct: Some(*cpu),
            ..Metrics::default()
        };
        SeriesRow {
            server,
            event_at: UnixMs(begin + n * MIN),
            received_at: UnixMs(begin + n * MIN),
            report: Arc::new(Report::Data(metrics.into())),
        }
    });
    house
        .state
        .parts
        .series
        .write(rows.collect())
        .await
        .unwrap();
}

fn body(change: impl Fn(&mut Value)) -> Value {
    let mut body = json!({
        "rule": {
            "scope": { "all": true }, "severity": "high", "channels": ["email"],
            "condition": { "type": "threshold", "metric": "metrics.cpu_pct", "comparator": ">",
                "threshold": 90, "for_seconds": 120 },
        },
        "from": ago(120), "to": ago(0),
    });
    change(&mut body);
    body
}

#[actix_web::test]
async fn it_says_what_would_have_opened_whom_it_would_have_told_and_the_difference() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Operator).await;
    let (calm, busy) = (house.server("calm").await, house.server("busy").await);
    measured(&house, calm, &[20.0; 120]).await;
    let mut cpu = [20.0; 120];
    cpu[30..40].fill(95.0);
    cpu[60..64].fill(92.0);
    measured(&house, busy, &cpu).await;

    let stored = json!({
        "name": "CPU", "scope": { "all": true }, "channels": ["email"],
        "condition": { "type": "threshold", "metric": "metrics.cpu_pct", "comparator": ">",
            "threshold": 94, "for_seconds": 0 },
    });
    let rule = browser.post("/api/alert-rules", stored).await.ok();
    let compared = body(|body| body["compare_with"] = rule["id"].clone());
    let answer = browser.post(PATH, compared).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let found = answer.ok();
    assert_eq!(found["source"], "series");
    assert_eq!(
        (&found["servers"], &found["samples"]),
        (&json!(2), &json!(240))
    );
    assert_eq!(found["truncated"], false);
    let incidents = found["incidents"].as_array().unwrap();
    assert_eq!(incidents.len(), 2, "{found}");
    let first = &incidents[0];
    assert_eq!(first["server"], json!({ "id": busy.0, "name": "busy" }));
    assert_eq!(first["title"], "New rule on busy");
    assert_eq!(
        (&first["subject"], &first["severity"]),
        (&json!(""), &json!("high"))
    );
    assert_eq!(first["duration_s"], 8 * 60);
    assert_eq!(first["observed"], "CPU busy, all cores 95 %");
    assert_eq!(first["would_tell"], json!(["email"]));
    assert_eq!(incidents[1]["duration_s"], 120);
    assert_eq!(found["in_force"]["rule_id"], rule["id"]);
    assert_eq!(found["in_force"]["incidents_total"], 1);
    assert_eq!(
        found["difference"],
        json!({ "only_new": 1, "only_old": 0, "both": 1 })
    );
    let series = found["series"].as_array().unwrap();
    assert_eq!(series.len(), 2);
    assert_eq!(
        (&series[0]["server_id"], &series[0]["threshold"]),
        (&json!(busy.0), &json!(90.0))
    );
    assert_eq!(series[0]["at"].as_array().unwrap().len(), 120);
    assert_eq!(series[0]["expected"], Value::Null);

    // Nothing was stored, and nobody is told of anything.
    let rules = browser.get("/api/alert-rules").await.ok();
    assert_eq!(rules["data"].as_array().unwrap().len(), 2);
    assert_eq!(browser.get("/api/incidents").await.ok()["data"], json!([]));
}

#[actix_web::test]
async fn whom_it_tells_follows_the_rules_in_force_and_how_long_it_lasted() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Operator).await;
    let server = house.server("busy").await;
    let mut cpu = [20.0; 120];
    cpu[30..60].fill(95.0);
    measured(&house, server, &cpu).await;
    let policy = browser.get("/api/escalation-policies").await.ok()["data"][0].clone();
    let by_policy = body(|body| {
        body["rule"]["channels"] = Value::Null;
        body["rule"]["escalation_policy_id"] = policy["id"].clone();
    });
    let told = browser.post(PATH, by_policy).await.ok()["incidents"][0]["would_tell"].clone();
    let first = told[0].as_str().unwrap();
    assert!(first.starts_with("policy: Default (step 1: "), "{told}");
    let nobody_yet = body(|body| body["rule"]["channels"] = Value::Null);
    let found = browser.post(PATH, nobody_yet).await.ok();
    assert_eq!(found["incidents"][0]["would_tell"], json!([]));
    let mild = body(|body| body["rule"]["severity"] = json!("low"));
    let found = browser.post(PATH, mild).await.ok();
    assert_eq!(found["incidents"][0]["would_tell"], json!([]));
}

#[actix_web::test]
async fn a_rule_on_a_baseline_that_is_not_known_yet_says_so() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Operator).await;
    let server = house.server("young").await;
    measured(&house, server, &[20.0; 120]).await;
    let baseline = body(|body| {
        body["rule"]["condition"] = json!({ "type": "baseline", "metric": "metrics.cpu_pct", "factor": 3,
            "min_value": 10, "for_seconds": 0 });
    });
    let found = browser.post(PATH, baseline).await.ok();
    assert_eq!(found["incidents"], json!([]));
    let young =
        json!({ "server": { "id": server.0, "name": "young" }, "subject": "", "known_from": null });
    assert_eq!(found["learning"], json!([young]));
}

#[actix_web::test]
async fn what_cannot_be_tried_is_named_by_field() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Operator).await;
    for (wrong, field) in [
        (body(|b| b["from"] = json!(ago(32 * 1_440))), "from"),
        (body(|b| b["from"] = json!(ago(-60))), "from"),
        (body(|b| b["server"] = json!(77)), "server"),
        (body(|b| b["compare_with"] = json!(77)), "compare_with"),
        (
            body(|b| b["rule"]["scope"] = json!({ "tags": [] })),
            "rule.scope.tags",
        ),
        (
            body(|b| b["rule"]["channels"] = json!(["pigeon"])),
            "rule.channels[0]",
        ),
        (
            body(|b| b["rule"]["condition"]["metric"] = json!("x.y")),
            "rule.condition.metric",
        ),
        (
            body(|b| b["rule"]["escalation_policy_id"] = json!(1)),
            "rule.channels",
        ),
    ] {
        let answer = browser.post(PATH, wrong).await;
        let refused = answer.refused(422, "validation_failed");
        assert!(refused["errors"].get(field).is_some(), "{field}: {refused}");
    }
    let list = browser.get("/api/alert-rules").await.ok();
    let default = body(|b| b["compare_with"] = list["data"][0]["id"].clone());
    browser.post(PATH, default).await.wrong(&["compare_with"]);
}

#[actix_web::test]
async fn one_runs_at_a_time_and_the_next_is_told_when_to_come_back() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Operator).await;
    let running = house.state.backtests.clone().try_acquire_owned().unwrap();
    let answer = browser.post(PATH, body(|_| {})).await;
    answer.refused(429, "too_many_requests");
    assert_eq!(answer.headers.get("retry-after").unwrap(), "10");
    drop(running);
    browser.post(PATH, body(|_| {})).await.ok();
    browser.post(PATH, body(|_| {})).await.ok();
}

fn beat(at: i64) -> Record {
    Record::Heartbeat {
        at: UnixMs(at),
        node: NodeId(Uuid::from_u128(1)),
    }
}

fn disk(server: ServerId, at: i64, used: u64) -> Record {
    let partition = Partition {
        mount: "/home".into(),
        bytes_total: Some(100_000_000_000),
        bytes_used: Some(used),
        ..Partition::default()
    };
    let disks = Disks {
        partitions: vec![partition],
    };
    Record::Payload(PayloadRecord {
        server,
        received_at: UnixMs(at),
        event_at: UnixMs(at),
        skew_ms: 0,
        boot_id: Uuid::from_u128(7),
        seq: u64::try_from(at).unwrap(),
        body_hash: 0,
        report: Arc::new(Report::Data(Payload::from(disks))),
    })
}

#[actix_web::test]
async fn a_rule_on_a_detector_is_tried_on_the_log_from_where_it_begins() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Operator).await;
    let server = house.server("full").await;
    let log = &house.state.parts.log;
    let partition: PartitionId = server.partition(log.partitions());
    let mut records = Vec::new();
    for minute in 0..120 {
        let at = T0.0 - (120 - minute) * MIN;
        records.push(beat(at));
        if minute % 5 == 0 {
            let used = if minute >= 60 {
                99_500_000_000
            } else {
                10_000_000_000
            };
            records.push(disk(server, at, used));
        }
    }
    let records = records
        .into_iter()
        .map(|record| (partition, record.encode()));
    log.append(records.collect()).await.unwrap();

    let of = |off: bool, from: i64| {
        body(|body| {
            body["rule"]["condition"] =
                json!({ "type": "detector", "detector": "disk_bytes", "off": off });
            body["rule"]["severity"] = Value::Null;
            body["from"] = json!(ago(from));
        })
    };
    let found = browser.post(PATH, of(false, 110)).await.ok();
    assert_eq!(found["source"], "log");
    let [full] = found["incidents"].as_array().unwrap().as_slice() else {
        panic!("one full disk: {found}");
    };
    assert_eq!(
        (&full["subject"], &full["severity"]),
        (&json!("/home"), &json!("critical"))
    );
    assert_eq!(
        (&full["resolved_at"], &full["would_tell"]),
        (&Value::Null, &json!(["email"]))
    );
    assert!(!found["notes"].as_array().unwrap().is_empty());
    // At the severity that it names, and told as incidents of that one are.
    let mut mild = of(false, 110);
    mild["rule"]["severity"] = json!("low");
    let mild = browser.post(PATH, mild).await.ok();
    let one = &mild["incidents"][0];
    assert_eq!(
        (&one["severity"], &one["would_tell"]),
        (&json!("low"), &json!([]))
    );
    let off = browser.post(PATH, of(true, 110)).await.ok();
    assert_eq!(off["incidents"], json!([]));
    // Longer than the log is kept, or than there is one: what there is.
    let more = browser.post(PATH, of(false, 28 * 1_440)).await.ok();
    assert_eq!(more["incidents_total"], 1);
    assert_eq!(more["from"], json!(ago(120).replace("+00:00", "Z")));
    let notes = more["notes"].to_string();
    assert!(notes.contains("nothing before that was tried"), "{notes}");
    let mut before = of(false, 600);
    before["to"] = json!(ago(300));
    browser.post(PATH, before).await.wrong(&["from"]);
}

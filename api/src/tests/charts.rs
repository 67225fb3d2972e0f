//! `/api/servers/{id}/{usual,marks}`: what stands behind the charts of a server.

use super::incidents::incident;
use super::{House, T0};
use crate::auth::permission::Role;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::{BackupStatus, Metrics, Report};
use noc_storage::relational::backup_runs::{self, Run};
use noc_storage::series::SeriesRow;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

fn ago(seconds: u64) -> UnixMs {
    T0.minus(Duration::from_secs(seconds))
}

const HOUR: u64 = 3_600;

/// A report every two minutes of some days until now; `of` makes it by the seconds that have gone since.
async fn reports(house: &House, server: ServerId, days: u64, of: impl Fn(u64) -> Metrics) {
    let rows = (1..=days * 24 * 30).map(|n| {
        let at = ago(n * 120);
        SeriesRow {
            server,
            event_at: at,
            received_at: at,
            report: Arc::new(Report::Data(of(n * 120).into())),
        }
    });
    let series = &house.state.parts.series;
    series.write(rows.collect()).await.unwrap();
}

#[actix_web::test]
async fn what_is_judged_has_its_usual_range() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Operator).await;
    let server = house.server("web-01").await;
    // Two cores; busier in the second half of each day.
    reports(&house, server, 6, |seconds| Metrics {
        load1: Some(if (seconds / HOUR) % 24 < 12 { 4.0 } else { 1.0 }),
        cores: Some(2),
        cpu_pct: Some(30.0),
        ..Metrics::default()
    })
    .await;
    let path = format!("/api/servers/{server}/usual");
    let asked = format!("{path}?fields=cpu_pct,load1_per_core,load1&from=2026-05-06T12:00:00Z");
    let body = browser.get(&asked).await.ok();
    let columns = body["columns"].as_array().unwrap();
    assert_eq!(columns.len(), 1, "the others are judged by nothing: {body}");
    let load = &columns[0];
    assert_eq!(load["field"], "load1_per_core");
    assert_eq!(
        load["judged_by"],
        json!([{ "detector": "overload", "rule_id": null, "name": "Overload" }])
    );
    let mids: Vec<f64> = load["mid"]
        .as_array()
        .unwrap()
        .iter()
        .map(|mid| mid.as_f64().unwrap())
        .collect();
    assert_eq!(mids.len(), 24, "an hour each");
    assert_eq!(load["at_ms"][0], ago(24 * HOUR).0);
    assert!(
        (mids[2] - 0.5).abs() < 0.01 && (mids[20] - 2.0).abs() < 0.01,
        "{mids:?}"
    );
    let high = load["high"][20].as_f64().unwrap();
    assert!((2.0..2.5).contains(&high), "{high}");

    let rule = json!({
        "name": "Odd CPU", "scope": { "all": true }, "channels": ["email"],
        "condition": { "type": "baseline", "metric": "metrics.cpu_pct", "factor": 2.0, "min_value": 5.0, "for_seconds": 300 },
    });
    let rule = browser.post("/api/alert-rules", rule).await.ok();
    let body = browser.get(&asked).await.ok();
    let cpu = &body["columns"][0];
    assert_eq!(cpu["field"], "cpu_pct", "in the order asked for");
    assert_eq!(cpu["judged_by"][0]["rule_id"], rule["id"]);
    assert_eq!(cpu["judged_by"][0]["name"], "Odd CPU");

    let other = house.server("new").await;
    let body = browser
        .get(&format!("/api/servers/{other}/usual?fields=load1_per_core"))
        .await
        .ok();
    assert_eq!(
        body["columns"][0]["mid"],
        json!([null]),
        "nothing was learned"
    );
    for (query, field) in [
        ("fields=nope.x", "fields"),
        ("fields=load1&from=2026-05-08T00:00:00Z", "from"),
        ("fields=load1&from=2026-04-20T00:00:00Z", "from"),
    ] {
        browser
            .get(&format!("{path}?{query}"))
            .await
            .wrong(&[field]);
    }
    browser
        .get("/api/servers/999/usual?fields=load1")
        .await
        .refused(404, "not_found");
}

#[actix_web::test]
async fn what_happened_is_marked() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Oncall).await;
    let server = house.server("web-01").await;
    // Booted two hours and five minutes ago.
    let boot = 2 * HOUR + 300;
    reports(&house, server, 1, |seconds| Metrics {
        uptime_s: Some(if seconds < boot {
            boot - seconds
        } else {
            900_000 - seconds
        }),
        ..Metrics::default()
    })
    .await;
    let finished_at = ago(HOUR);
    let run = Run {
        server,
        tool: "jetbackup".to_owned(),
        job: "accounts".to_owned(),
        status: BackupStatus::Success,
        reported: BackupStatus::Success,
        doubt: None,
        started_at: Some(ago(4 * HOUR)),
        finished_at,
        bytes: Some(1),
        accounts_total: None,
        accounts_failed: None,
        message: None,
        received_at: finished_at,
    };
    house
        .state
        .db()
        .transaction("run", move |tx| {
            let run = run.clone();
            Box::pin(async move { backup_runs::record(tx, &run).await })
        })
        .await
        .unwrap();
    // Opened at T0.
    let row = incident(&house, server, "exim", Severity::High).await;
    house.clock.advance(Duration::from_secs(60));

    let path = format!("/api/servers/{server}/marks");
    let marks = browser
        .get(&format!("{path}?from=2026-05-07T09:00:00Z"))
        .await
        .ok();
    assert_eq!(marks["reboots"], json!(["2026-05-07T09:55:00Z"]));
    assert_eq!(marks["backups"][0]["started_at"], "2026-05-07T08:00:00Z");
    assert_eq!(marks["backups"][0]["finished_at"], "2026-05-07T11:00:00Z");
    assert_eq!(
        (
            &marks["incidents"][0]["id"],
            &marks["incidents"][0]["resolved_at"]
        ),
        (&json!(row.id), &Value::Null)
    );
    let earlier = browser
        .get(&format!(
            "{path}?from=2026-05-07T05:00:00Z&to=2026-05-07T06:00:00Z"
        ))
        .await
        .ok();
    assert_eq!(
        earlier,
        json!({ "reboots": [], "backups": [], "incidents": [] })
    );
    browser
        .get(&format!("{path}?from=2026-05-08T05:00:00Z"))
        .await
        .wrong(&["from"]);
    browser
        .get("/api/servers/999/marks")
        .await
        .refused(404, "not_found");
}

//! `/api/servers/{id}/decisions`.

use super::{House, T0};
use crate::auth::permission::Role;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::events::{EventRow, EventTable, EventValue};
use noc_storage::series::Event;
use serde_json::{Value, json};
use std::time::Duration;

fn decision(server: ServerId, ago_s: u64, detector: &str, reason: &str) -> Event {
    let text = |text: &str| Some(EventValue::Text(text.to_owned()));
    let mut values = vec![None; EventTable::Decisions.columns().len()];
    for (column, value) in [
        ("detector", text(detector)),
        ("subject", text("/")),
        ("verdict", text("breach")),
        ("reason", text(reason)),
        ("severity", text("high")),
        ("observed", text("96 % used")),
        ("samples", Some(EventValue::Number(3.0))),
    ] {
        let place = EventTable::Decisions.place(column).unwrap();
        values[place] = value;
    }
    Event {
        server,
        row: EventRow {
            table: EventTable::Decisions,
            at: T0.minus(Duration::from_secs(ago_s)),
            values,
        },
    }
}

#[actix_web::test]
async fn decisions_are_listed_newest_first_and_explained() {
    let house = House::open().await;
    let (one, two) = (house.server("web-01").await, house.server("web-02").await);
    let series = &house.state.parts.series;
    let events = vec![
        decision(one, 60, "disk_bytes", "opened"),
        decision(one, 30, "disk_bytes", "held_by_server_down"),
        decision(one, 10, "service_down", "learning"),
        decision(two, 10, "disk_bytes", "opened"),
    ];
    series.write_events(events).await.unwrap();
    let mut viewer = house.browser(Role::Viewer).await;
    let path = format!("/api/servers/{one}/decisions");
    let reasons = |list: &Value| -> Vec<String> {
        let rows = list["data"].as_array().unwrap().iter();
        rows.map(|row| row["reason"].as_str().unwrap().to_owned())
            .collect()
    };
    let all = viewer.get(&path).await.ok();
    assert_eq!(reasons(&all), ["learning", "held_by_server_down", "opened"]);
    let held = &all["data"][1];
    assert_eq!(held["explanation"], "Held back: the server itself is down.");
    assert_eq!(
        (&held["moved"], &held["severity"], &held["samples"]),
        (&json!(false), &json!("high"), &json!(3))
    );
    assert_eq!(all["data"][2]["detector_name"], "Disk space");
    for (query, expected) in [
        ("detector=disk_bytes", vec!["held_by_server_down", "opened"]),
        ("moved=true", vec!["opened"]),
        ("moved=false&detector=service_down", vec!["learning"]),
        ("subject=/home", vec![]),
    ] {
        let list = viewer.get(&format!("{path}?{query}")).await.ok();
        assert_eq!(reasons(&list), expected, "{query}");
    }
    let first = viewer.get(&format!("{path}?limit=2")).await.ok();
    let cursor = first["meta"]["next_cursor"].as_str().unwrap();
    let rest = viewer
        .get(&format!("{path}?limit=2&cursor={cursor}"))
        .await
        .ok();
    assert_eq!(reasons(&rest), ["opened"]);
    viewer
        .get(&format!("{path}?detector=cat"))
        .await
        .wrong(&["detector"]);
    viewer
        .get("/api/servers/999/decisions")
        .await
        .refused(404, "not_found");
}

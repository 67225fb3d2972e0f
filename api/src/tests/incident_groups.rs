//! `/api/incidents`: what is one trouble, shown and taken on as one.

use super::incidents::opened;
use super::{House, T0};
use crate::auth::permission::Role;
use noc_pipeline::control::Severity;
use noc_pipeline::id::ServerId;
use noc_storage::relational::entity::incident::Model;
use noc_storage::relational::incidents::{self, NewIncident};
use serde_json::{Value, json};
use std::time::Duration;

fn new_incident(subject: &str) -> NewIncident {
    NewIncident {
        detector: "service_down".to_owned(),
        server: None,
        server_name: String::new(),
        subject: subject.to_owned(),
        severity: Severity::High,
        title: format!("{subject} is not running"),
        observed: None,
        expected: None,
        command: None,
        rule_id: None,
        opened_at: T0,
    }
}

/// As [`incident`], with the group that it finds when it opens.
async fn joining(house: &House, server: ServerId, subject: &str, severity: Severity) -> Model {
    let new = NewIncident {
        server: Some(server),
        server_name: format!("server-{server}"),
        severity,
        ..new_incident(subject)
    };
    let db = house.state.db();
    let opened = db.transaction("open an incident", move |tx| {
        let new = new.clone();
        Box::pin(async move {
            let row = incidents::insert(tx, new).await?;
            noc_actors::incident::group::arm(tx, &row, Duration::ZERO, T0).await?;
            Ok::<_, noc_storage::relational::StoreError>(row)
        })
    });
    opened.await.unwrap()
}

#[actix_web::test]
async fn an_incident_shows_its_group_and_all_of_it_is_taken_on_at_once() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Oncall).await;
    let (one, two) = (house.server("web-01").await, house.server("web-02").await);
    let exim = joining(&house, one, "exim", Severity::Critical).await;
    let nginx = joining(&house, one, "nginx", Severity::High).await;
    let other = joining(&house, two, "exim", Severity::High).await;
    let path = format!("/api/incidents/{}", nginx.id);
    let body = browser.get(&path).await.ok();
    let group = &body["group"];
    assert_eq!(
        (
            group["kind"].as_str(),
            group["key"].as_str(),
            group["label"].as_str(),
            &group["detector"]
        ),
        (
            Some("server"),
            Some(format!("server:{one}").as_str()),
            Some(format!("server-{one}").as_str()),
            &Value::Null
        )
    );
    assert_eq!(
        (&group["size"], &group["open"], &group["acknowledged"]),
        (&json!(2), &json!(2), &json!(0))
    );
    assert_eq!(
        group["members"][0],
        json!({
            "id": exim.id, "title": "exim is not running", "severity": "critical", "status": "open",
            "server_name": format!("server-{one}"),
        })
    );
    let list = browser.get("/api/incidents?sort=opened_at").await.ok();
    let rows = list["data"].as_array().unwrap().iter();
    let sizes: Vec<_> = rows.map(|row| row["group_size"].as_i64()).collect();
    assert_eq!(sizes, [Some(2), Some(2), Some(1)]);

    browser
        .post(&format!("{path}/acknowledge"), json!({ "all": true }))
        .await
        .wrong(&["all"]);
    let taken = browser
        .post(&format!("{path}/acknowledge"), json!({ "group": true }))
        .await
        .ok();
    let group = &taken["group"];
    assert_eq!(
        (
            taken["status"].as_str(),
            &group["open"],
            &group["acknowledged"]
        ),
        (Some("acknowledged"), &json!(0), &json!(2))
    );
    assert_eq!(group["covered_by"]["name"], "oncall");
    assert!(group["covered_until"].is_string());
    let log = house.security_log().await;
    let logged = log
        .iter()
        .filter(|action| *action == "incident_acknowledged");
    assert_eq!(logged.count(), 2);
    browser
        .post(&format!("{path}/acknowledge"), json!({ "group": true }))
        .await
        .refused(409, "invalid_transition");
    let elsewhere = browser.get(&format!("/api/incidents/{}", other.id)).await;
    assert_eq!(elsewhere.ok()["status"], "open");
    // What is about the fleet itself is of no group, and taken on by itself.
    let fleet = NewIncident {
        server: None,
        server_name: "fleet".to_owned(),
        ..new_incident("dc:fra1")
    };
    let fleet = opened(&house, fleet).await;
    let path = format!("/api/incidents/{}", fleet.id);
    let body = browser.get(&path).await.ok();
    assert_eq!(
        (&body["group"], &body["group_size"]),
        (&Value::Null, &json!(1))
    );
    let taken = browser
        .post(&format!("{path}/acknowledge"), json!({ "group": true }))
        .await
        .ok();
    assert_eq!(taken["status"], "acknowledged");
}

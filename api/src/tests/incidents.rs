//! `/api/incidents`.

use super::{House, T0};
use crate::auth::permission::Role;
use noc_pipeline::control::{Control, Severity};
use noc_pipeline::id::ServerId;
use noc_storage::relational::entity::incident::Model;
use noc_storage::relational::incidents::{self, NewIncident};
use serde_json::{Value, json};
use std::time::Duration;

pub(super) async fn incident(
    house: &House,
    server: ServerId,
    subject: &str,
    severity: Severity,
) -> Model {
    let new = NewIncident {
        detector: "service_down".to_owned(),
        server: Some(server),
        server_name: format!("server-{server}"),
        subject: subject.to_owned(),
        severity,
        title: format!("{subject} is not running"),
        observed: Some("0 processes".to_owned()),
        expected: Some("at least 1".to_owned()),
        command: Some(format!("sudo systemctl restart {subject}")),
        rule_id: None,
        opened_at: T0,
    };
    opened(house, new).await
}

pub(super) async fn opened(house: &House, new: NewIncident) -> Model {
    house
        .state
        .db()
        .transaction("open an incident", move |tx| {
            let new = new.clone();
            Box::pin(async move {
                let row = incidents::insert(tx, new).await?;
                noc_actors::escalation::arm(tx, &row, Duration::ZERO, T0).await?;
                Ok::<_, noc_storage::relational::StoreError>(row)
            })
        })
        .await
        .unwrap()
}

fn subjects(list: &Value) -> Vec<&str> {
    list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["subject"].as_str().unwrap())
        .collect()
}

#[actix_web::test]
async fn incidents_are_listed_filtered_and_sorted_by_urgency() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Oncall).await;
    let (one, two) = (house.server("web-01").await, house.server("web-02").await);
    incident(&house, one, "nginx", Severity::High).await;
    let exim = incident(&house, one, "exim", Severity::Critical).await;
    incident(&house, two, "named", Severity::Low).await;
    browser
        .post(
            &format!("/api/incidents/{}/acknowledge", exim.id),
            json!({}),
        )
        .await
        .ok();

    let path = "/api/incidents";
    assert_eq!(
        subjects(&browser.get(path).await.ok()),
        ["named", "exim", "nginx"]
    );
    assert_eq!(
        subjects(&browser.get(&format!("{path}?sort=urgency")).await.ok()),
        ["nginx", "named", "exim"]
    );
    assert_eq!(
        subjects(&browser.get(&format!("{path}?sort=severity")).await.ok()),
        ["exim", "nginx", "named"]
    );
    assert_eq!(
        subjects(
            &browser
                .get(&format!("{path}?status=open&sort=severity"))
                .await
                .ok()
        ),
        ["nginx", "named"]
    );
    assert_eq!(
        subjects(
            &browser
                .get(&format!(
                    "{path}?severity=critical,high&server_id={one}&q=NGI"
                ))
                .await
                .ok()
        ),
        ["nginx"]
    );
    assert_eq!(
        browser
            .get(&format!("{path}?detector=disk_bytes"))
            .await
            .ok()["meta"]["total"],
        0
    );
    assert_eq!(
        subjects(
            &browser
                .get(&format!("/api/servers/{two}/incidents"))
                .await
                .ok()
        ),
        ["named"]
    );
    assert_eq!(
        browser.get(&format!("/api/servers/{one}")).await.ok()["open_incidents"],
        2
    );
    for (query, field) in [
        ("status=shut", "status"),
        ("severity=bad", "severity"),
        ("owner=ann", "owner"),
        ("held=forever", "held"),
        ("sort=title", "sort"),
    ] {
        browser
            .get(&format!("{path}?{query}"))
            .await
            .wrong(&[field]);
    }
    let first = browser
        .get(&format!("{path}?sort=urgency&limit=2"))
        .await
        .ok();
    let cursor = first["meta"]["next_cursor"].as_str().unwrap();
    let rest = browser
        .get(&format!("{path}?sort=urgency&limit=2&cursor={cursor}"))
        .await
        .ok();
    assert_eq!(subjects(&rest), ["exim"]);
}

#[actix_web::test]
async fn an_incident_tells_its_story_and_what_is_next() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Oncall).await;
    let server = house.server("web-01").await;
    let row = incident(&house, server, "exim", Severity::Critical).await;
    let path = format!("/api/incidents/{}", row.id);
    let body = browser.get(&path).await.ok();
    assert_eq!(body["observed"], "0 processes");
    assert_eq!(body["command"], "sudo systemctl restart exim");
    let next = &body["escalation"];
    assert_eq!(
        (
            next["state"].as_str(),
            next["step"].as_i64(),
            next["pass"].as_i64()
        ),
        (Some("armed"), Some(1), Some(1))
    );
    assert_eq!(next["policy_name"], "Default");
    assert_eq!(
        next["targets"],
        json!({ "people": [], "roles": ["oncall"], "external": 0 })
    );
    assert_eq!(body["told"], json!({ "messages": 0, "accepted": 0 }));
    assert!(next["due_at"].is_string());

    let taken = browser
        .post(&format!("{path}/acknowledge"), json!({}))
        .await
        .ok();
    assert_eq!(
        (
            taken["status"].as_str(),
            taken["acknowledged_by"]["name"].as_str()
        ),
        (Some("acknowledged"), Some("oncall"))
    );
    let entry = taken["timeline"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    assert_eq!(
        (entry["type"].as_str(), entry["actor_name"].as_str()),
        (Some("acknowledged"), Some("oncall"))
    );

    let answer = browser
        .post(
            &format!("{path}/notes"),
            json!({ "text": " restarted by hand " }),
        )
        .await;
    assert_eq!(answer.status, 201);
    let noted = answer.ok();
    assert_eq!(
        noted["timeline"].as_array().unwrap().last().unwrap()["detail"]["text"],
        "restarted by hand"
    );

    let back = browser
        .post(&format!("{path}/unacknowledge"), json!({}))
        .await
        .ok();
    assert_eq!(
        (back["status"].as_str(), &back["acknowledged_by"]),
        (Some("open"), &Value::Null)
    );
    let over = browser
        .post(&format!("{path}/resolve"), json!({}))
        .await
        .ok();
    assert_eq!(
        (over["status"].as_str(), &over["escalation"]),
        (Some("resolved"), &Value::Null)
    );
    assert_eq!(over["resolved_by"]["name"], "oncall");
    let quiet = Control::IncidentResolved {
        server,
        detector: "service_down".to_owned(),
        subject: "exim".to_owned(),
    };
    assert!(house.controls().await.contains(&quiet));
    let log = house.security_log().await;
    assert!(
        log.iter()
            .filter(|action| action.starts_with("incident_"))
            .count()
            >= 4,
        "{log:?}"
    );
}

#[actix_web::test]
async fn changes_that_make_no_sense_are_refused() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Oncall).await;
    let server = house.server("web-01").await;
    let row = incident(&house, server, "exim", Severity::Critical).await;
    let path = format!("/api/incidents/{}", row.id);
    browser
        .post(&format!("{path}/unacknowledge"), json!({}))
        .await
        .refused(409, "invalid_transition");
    browser
        .post(&format!("{path}/acknowledge"), json!({}))
        .await
        .ok();
    browser
        .post(&format!("{path}/acknowledge"), json!({}))
        .await
        .refused(409, "invalid_transition");
    browser
        .post(&format!("{path}/resolve"), json!({}))
        .await
        .ok();
    browser
        .post(&format!("{path}/resolve"), json!({}))
        .await
        .refused(409, "invalid_transition");
    browser
        .post(&format!("{path}/acknowledge"), json!({}))
        .await
        .refused(409, "invalid_transition");
    browser
        .post(&format!("{path}/notes"), json!({ "text": "  " }))
        .await
        .wrong(&["text"]);
    browser
        .post(
            &format!("{path}/notes"),
            json!({ "text": "x".repeat(4_001) }),
        )
        .await
        .wrong(&["text"]);
    for action in ["acknowledge", "unacknowledge", "resolve"] {
        browser
            .post(&format!("/api/incidents/77/{action}"), json!({}))
            .await
            .refused(404, "not_found");
    }
    browser
        .post("/api/incidents/77/notes", json!({ "text": "x" }))
        .await
        .refused(404, "not_found");
}

#[actix_web::test]
async fn an_incident_names_the_series_that_its_detector_judged() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Admin).await;
    let server = house.server("web-01").await;
    let rule = json!({
        "name": "Disk", "scope": {"tags": ["web"]}, "channels": ["email"],
        "condition": {"type": "threshold", "metric": "disks.used_pct", "comparator": "<", "threshold": 5.0,
            "for_seconds": 60},
    });
    let rule = browser.post("/api/alert-rules", rule).await.ok()["id"]
        .as_i64()
        .unwrap();
    let new = |detector: &str, subject: &str, rule_id| NewIncident {
        detector: detector.to_owned(),
        server: Some(server),
        server_name: "web-01".to_owned(),
        subject: subject.to_owned(),
        severity: Severity::High,
        title: detector.to_owned(),
        observed: None,
        expected: None,
        command: None,
        rule_id,
        opened_at: T0,
    };
    let series = |metric: &str, subjects: Value, fine: Value| json!({"metrics": [metric], "subjects": subjects, "fine": fine});
    let of_rule = format!("{rule}:/home");
    let cases = [
        (
            new("disk_bytes", "/home", None),
            series("disks.used_pct", json!(["/home"]), json!("below")),
        ),
        (
            new("overload", "", None),
            series("metrics.load1_per_core", Value::Null, json!("below")),
        ),
        (
            new("service_down", "exim", None),
            series("processes.running", json!(["exim"]), Value::Null),
        ),
        (
            new("threshold", &of_rule, Some(rule)),
            series("disks.used_pct", json!(["/home"]), json!("above")),
        ),
        (new("server_down", "", None), Value::Null),
        (
            new("outgoing_mail_abuse", "login:a@example.com", None),
            Value::Null,
        ),
        // Its rule is not there any more.
        (new("threshold", "77:/var", None), Value::Null),
    ];
    for (new, expected) in cases {
        let row = opened(&house, new).await;
        let body = browser
            .get(&format!("/api/incidents/{}", row.id))
            .await
            .ok();
        assert_eq!(body["chart"], expected, "{}", row.detector);
    }
}

#[actix_web::test]
async fn customers_addresses_are_masked_for_those_who_may_not_see_them() {
    let house = House::open().await;
    let server = house.server("mail-01").await;
    let id = incident(&house, server, "info@shop.example", Severity::High)
        .await
        .id;
    let (one, of_server) = (
        format!("/api/incidents/{id}"),
        format!("/api/servers/{server}/incidents"),
    );
    let mut viewer = house.browser(Role::Viewer).await;
    let mut operator = house.browser(Role::Operator).await;
    for path in [one.as_str(), "/api/incidents", &of_server] {
        let masked = viewer.get(path).await.ok().to_string();
        assert!(
            masked.contains("i***@shop.example is not running"),
            "{masked}"
        );
        assert!(!masked.contains("info@"), "{path}: {masked}");
        let whole = operator.get(path).await.ok().to_string();
        assert!(
            whole.contains("info@shop.example is not running"),
            "{whole}"
        );
    }
    let found = |list: Value| list["meta"]["total"].as_u64();
    let spelt = "/api/incidents?q=info%40shop";
    assert_eq!(
        found(viewer.get(spelt).await.ok()),
        Some(0),
        "not letter by letter"
    );
    assert_eq!(found(operator.get(spelt).await.ok()), Some(1));
    // What a person on call does is answered as they may see it, too.
    let mut oncall = house.browser(Role::Oncall).await;
    let taken = oncall
        .post(&format!("{one}/acknowledge"), json!({}))
        .await
        .ok();
    assert_eq!(taken["title"], "i***@shop.example is not running");
}

#[actix_web::test]
async fn an_incident_is_not_found_by_a_log_in_that_is_masked() {
    let house = House::open().await;
    let server = house.server("mail-01").await;
    let row = incident(&house, server, "login:webmaster", Severity::High).await;
    let mut viewer = house.browser(Role::Viewer).await;
    let mut operator = house.browser(Role::Operator).await;
    let found = |list: Value| list["meta"]["total"].as_u64();
    for q in ["webmaster", "webm", "in:w"] {
        let path = format!("/api/incidents?q={q}");
        assert_eq!(found(viewer.get(&path).await.ok()), Some(0), "{q}");
        assert_eq!(found(operator.get(&path).await.ok()), Some(1), "{q}");
    }
    let by_server = format!("/api/incidents?q={}", row.server_name);
    assert_eq!(found(viewer.get(&by_server).await.ok()), Some(1));
}

#[actix_web::test]
async fn an_incident_is_taken_over_from_who_has_it() {
    let house = House::open().await;
    let server = house.server("web-01").await;
    let row = incident(&house, server, "exim", Severity::Critical).await;
    let path = format!("/api/incidents/{}/acknowledge", row.id);
    let mut ada = house.browser(Role::Oncall).await;
    let mut bob = house.browser(Role::Operator).await;
    let body = |from: Option<i64>| json!({ "take_over": true, "from": from });
    bob.post(&path, body(None))
        .await
        .refused(409, "owner_changed");
    let taken = ada.post(&path, json!({})).await.ok();
    let owner = taken["acknowledged_by"]["id"].as_i64();
    bob.post(&path, json!({}))
        .await
        .refused(409, "invalid_transition");
    bob.post(&path, body(None))
        .await
        .refused(409, "owner_changed");
    ada.post(&path, body(owner))
        .await
        .refused(409, "owner_changed");
    bob.post(
        &path,
        json!({ "take_over": true, "from": owner, "group": true }),
    )
    .await
    .wrong(&["group"]);

    let over = bob.post(&path, body(owner)).await.ok();
    assert_eq!(
        (&over["status"], &over["acknowledged_by"]["name"]),
        (&json!("acknowledged"), &json!("operator"))
    );
    assert_eq!(
        over["escalation"], taken["escalation"],
        "it stands as it stood"
    );
    assert_eq!(over["deliveries"], taken["deliveries"], "nobody is told");
    let entry = over["timeline"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (
            &entry["type"],
            &entry["actor_name"],
            &entry["detail"]["text"]
        ),
        (
            &json!("taken_over"),
            &json!("operator"),
            &json!("Taken over by operator from oncall.")
        )
    );
    let log = house.security_log().await;
    assert!(log.iter().any(|action| action == "incident_taken_over"));
    // Who saw the one before has to look again.
    house
        .browser(Role::Admin)
        .await
        .post(&path, body(owner))
        .await
        .refused(409, "owner_changed");
}

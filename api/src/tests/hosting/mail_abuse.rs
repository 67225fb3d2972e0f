//! `/api/hosting/mail-abuse`: the review of cases, and what it teaches.

use super::*;
use crate::auth::permission::Role;
use noc_actors::detect::evidence::{Counted, Learned, MailEvidence, Sender};
use noc_pipeline::control::{Control, Severity, Word};
use noc_storage::relational::StoreError;
use noc_storage::relational::incidents::{self, NewIncident};
use noc_storage::relational::mail_abuse::{self, Seen, allowances};
use serde_json::json;

const PATH: &str = "/api/hosting/mail-abuse";

fn evidence(login: &str, recipients: u64) -> MailEvidence {
    let counted = |name: &str| Counted {
        name: name.to_owned(),
        recipients,
    };
    MailEvidence {
        sender: Sender::Login,
        name: login.to_owned(),
        account: Some("shop".to_owned()),
        hour: T0.hour(),
        recipients,
        messages: Some(recipients / 2),
        failures: Some(80),
        expected: 12.0,
        learned: Learned::HourOfDay,
        samples: 7,
        addresses: vec!["198.51.100.7".to_owned()],
        address_count: Some(9),
        countries: vec!["VN".to_owned()],
        domains: vec![counted("shop.example")],
        logins: vec![counted(login)],
        scripts: Vec::new(),
        signs: vec!["20 % of it failed".to_owned()],
    }
}

/// What the actors store when a sender breaches.
async fn case(house: &House, server: ServerId, login: &str, recipients: u64) -> i64 {
    let new = NewIncident {
        detector: "outgoing_mail_abuse".to_owned(),
        server: Some(server),
        server_name: "mail-01".to_owned(),
        subject: format!("login:{login}"),
        severity: Severity::High,
        title: format!("{login} mails too much"),
        observed: None,
        expected: None,
        command: None,
        rule_id: None,
        opened_at: T0,
    };
    let seen = Seen {
        server,
        subject: new.subject.clone(),
        sender: "login",
        name: login.to_owned(),
        account: Some("shop".to_owned()),
        severity: Severity::High,
        hour: T0.hour(),
        recipients,
        expected: 12.0,
        evidence: serde_json::to_value(evidence(login, recipients)).unwrap(),
        at: T0,
    };
    let row = house.state.db().transaction("open a case", move |tx| {
        let (new, seen) = (new.clone(), seen.clone());
        Box::pin(async move {
            let row = incidents::insert(tx, new).await?;
            noc_actors::escalation::arm(tx, &row, Duration::ZERO, T0).await?;
            let case = mail_abuse::opened(tx, row.id, &seen).await?;
            Ok::<_, StoreError>(case.id)
        })
    });
    row.await.unwrap()
}

fn words(controls: Vec<Control>) -> Vec<(String, Word)> {
    let told = controls.into_iter().filter_map(|control| match control {
        Control::Told {
            detector,
            subject,
            word,
            ..
        } => {
            assert_eq!(detector, "outgoing_mail_abuse");
            Some((subject, word))
        }
        _ => None,
    });
    told.collect()
}

#[actix_web::test]
async fn a_case_goes_through_its_review_and_a_closed_one_stays() {
    let house = House::open().await;
    let server = house.server("mail-01").await;
    let id = case(&house, server, "info@shop.example", 2_400).await;
    let mut oncall = house.browser(Role::Oncall).await;
    let move_to = format!("{PATH}/{id}/transition");
    let list = oncall.get(PATH).await.ok();
    assert_eq!(list["meta"]["detected"], 1);
    let row = &list["data"][0];
    assert_eq!(row["name"], "i***@shop.example", "not for those on call");
    assert_eq!(row["logins"][0]["name"], "i***@shop.example");
    assert_eq!(row["learned_from"], "hour_of_day");
    assert_eq!(row["may_become"].as_array().unwrap().len(), 4);

    let seen = oncall
        .post(
            &move_to,
            json!({"status": "acknowledged", "note": " looking "}),
        )
        .await
        .ok();
    assert_eq!(
        (&seen["status"], &seen["history"][0]["note"]),
        (&json!("acknowledged"), &json!("looking"))
    );
    let incident = format!("/api/incidents/{}", row["incident_id"]);
    assert_eq!(oncall.get(&incident).await.ok()["status"], "acknowledged");
    oncall
        .post(&move_to, json!({"status": "detected"}))
        .await
        .refused(409, "invalid_transition");
    let closed = oncall
        .post(
            &move_to,
            json!({"status": "suspended_by_op", "note": "password changed"}),
        )
        .await
        .ok();
    assert_eq!(closed["history"].as_array().unwrap().len(), 2);
    assert_eq!(closed["may_become"], json!([]));
    assert_eq!(oncall.get(&incident).await.ok()["status"], "resolved");
    for next in ["cleared", "false_positive", "acknowledged"] {
        let again = oncall.post(&move_to, json!({"status": next})).await;
        again.refused(409, "invalid_transition");
    }
    let subject = "login:info@shop.example".to_owned();
    assert_eq!(words(house.controls().await), [(subject, Word::CaseClosed)]);
    let log = house.security_log().await.join("\n");
    assert_eq!(log.matches("mail_abuse_transition").count(), 2, "{log}");

    // The next breach is a case of its own.
    let next = case(&house, server, "info@shop.example", 3_000).await;
    assert_ne!(next, id);
    let open = oncall.get(&format!("{PATH}?status=detected")).await.ok();
    assert_eq!(
        (&open["meta"]["total"], &open["data"][0]["id"]),
        (&json!(1), &json!(next))
    );
}

#[actix_web::test]
async fn a_false_positive_is_an_allowance_that_can_be_taken_back() {
    let house = House::open().await;
    let server = house.server("mail-01").await;
    let id = case(&house, server, "news@shop.example", 1_001).await;
    let mut operator = house.browser(Role::Operator).await;
    let shown = operator.get(&format!("{PATH}/{id}")).await.ok();
    assert_eq!(shown["name"], "news@shop.example");
    operator
        .post(
            &format!("{PATH}/{id}/transition"),
            json!({"status": "false_positive", "note": "their newsletter"}),
        )
        .await
        .ok();
    let list = operator.get("/api/hosting/mail-allowances").await.ok();
    let allowance = &list["data"][0];
    assert_eq!(
        (&allowance["ceiling"], &allowance["name"]),
        (&json!(1_202.0), &json!("news@shop.example"))
    );
    let path = format!("/api/hosting/mail-allowances/{}", allowance["id"]);
    house
        .browser(Role::Oncall)
        .await
        .delete(&path)
        .await
        .refused(403, "forbidden");
    assert_eq!(operator.delete(&path).await.status, 204);
    operator.delete(&path).await.refused(404, "not_found");
    let subject = "login:news@shop.example".to_owned();
    let until = T0.plus(allowances::ALLOWANCE);
    let told = words(house.controls().await);
    assert_eq!(
        told,
        [
            (subject.clone(), Word::CaseClosed),
            (
                subject.clone(),
                Word::Allowance {
                    limit: 1_202.0,
                    until
                }
            ),
            (subject, Word::AllowanceRevoked),
        ]
    );
}

#[actix_web::test]
async fn a_case_follows_what_is_done_to_its_incident() {
    let house = House::open().await;
    let server = house.server("mail-01").await;
    let id = case(&house, server, "info@shop.example", 2_400).await;
    let mut oncall = house.browser(Role::Oncall).await;
    let incident = oncall.get(&format!("{PATH}/{id}")).await.ok()["incident_id"].clone();
    for (action, status) in [("acknowledge", "acknowledged"), ("resolve", "cleared")] {
        oncall
            .post(&format!("/api/incidents/{incident}/{action}"), json!({}))
            .await
            .ok();
        assert_eq!(
            oncall.get(&format!("{PATH}/{id}")).await.ok()["status"],
            status
        );
    }
    let mut viewer = house.browser(Role::Viewer).await;
    let body = json!({"status": "cleared"});
    viewer
        .post(&format!("{PATH}/{id}/transition"), body)
        .await
        .refused(403, "forbidden");
    viewer
        .get(&format!("{PATH}/999"))
        .await
        .refused(404, "not_found");
    viewer
        .get(&format!("{PATH}?status=cat"))
        .await
        .wrong(&["status"]);
    // What an operator wrote down names whom they meant.
    let second = case(&house, server, "news@shop.example", 2_400).await;
    let body = json!({"status": "cleared", "note": "wrote to news@shop.example"});
    let path = format!("{PATH}/{second}");
    oncall.post(&format!("{path}/transition"), body).await.ok();
    let mut operator = house.browser(Role::Operator).await;
    let notes = [viewer.get(&path).await.ok(), operator.get(&path).await.ok()];
    let notes = notes.map(|case| case["history"][0]["note"].clone());
    assert_eq!(
        notes,
        [
            json!("wrote to n***@shop.example"),
            json!("wrote to news@shop.example")
        ]
    );
    let found = viewer.get(&format!("{PATH}?q=info")).await.ok();
    assert_eq!(found["meta"]["total"], 0, "a search must not tell logins");
    let found = viewer.get(&format!("{PATH}?q=shop")).await.ok();
    assert_eq!(found["meta"]["total"], 2, "by account");
}

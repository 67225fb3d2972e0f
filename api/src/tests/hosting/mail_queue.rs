//! `/api/hosting/mail-queue`, `/api/servers/{id}/mail-queue`.

use super::*;
use crate::auth::permission::Role;
use noc_pipeline::payload::{MailQueue, QueueSender};

fn queue(frozen: u64, deferred: u64) -> MailQueue {
    let sender = |domain: &str, count| QueueSender {
        domain: domain.to_owned(),
        count,
    };
    MailQueue {
        mta: "exim".to_owned(),
        total: Some(frozen + deferred),
        frozen: Some(frozen),
        deferred: Some(deferred),
        oldest_age_s: Some(86_400),
        bounces_1h: None,
        top_senders: vec![sender("customer.example", Some(7)), sender("", Some(2))],
    }
}

#[actix_web::test]
async fn a_queue_is_shown_with_its_slope() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    let id = house.server("mail-01").await;
    for n in 0..6_u64 {
        data(&house, id, ago((5 - n) * 300), queue(3, 100 + n * 10)).await;
    }
    let body = browser
        .get(&format!("/api/servers/{id}/mail-queue"))
        .await
        .ok();
    insta::assert_json_snapshot!("mail_queue", body);
    let list = browser.get("/api/hosting/mail-queue").await.ok();
    insta::assert_json_snapshot!("hosting_mail_queue", list);
}

#[actix_web::test]
async fn a_few_reports_have_no_slope_and_the_most_frozen_come_first() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    for (name, frozen, deferred) in [("a", 0, 900), ("b", 12, 3), ("c", 400, 0)] {
        let id = house.server(name).await;
        data(&house, id, ago(300), queue(frozen, deferred + 50)).await;
        data(&house, id, T0, queue(frozen, deferred)).await;
    }
    house.server("d").await;
    let mut get = async |query: &str| {
        let path = format!("/api/hosting/mail-queue{query}");
        browser.get(&path).await.ok()
    };
    let list = get("").await;
    assert_eq!(servers(&list), ["c", "b", "a", "d"]);
    assert_eq!(list["data"][0]["deferred_per_h"], Value::Null);
    assert_eq!(
        list["data"][2]["frozen"], 0,
        "a zero that was measured is one"
    );
    assert_eq!(servers(&get("?sort=-deferred").await), ["a", "b", "c", "d"]);
}

//! `/api/me/contacts/{id}/test`. T0 is 2026-05-07T12:00:00Z.

use super::House;
use super::me::{CONTACTS, add, code_leaves, enter, switch_on, user_of};
use crate::auth::permission::Role;
use noc_actors::notify::personal::trial;
use noc_pipeline::clock::Clock;
use noc_storage::relational::deliveries::{self, Ending, Status};
use noc_storage::relational::entity::notification_delivery;
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelBehavior as _, ActiveModelTrait as _};
use serde_json::{Value, json};
use std::time::Duration;

#[actix_web::test]
async fn a_test_goes_to_a_verified_contact_of_ones_own_and_says_what_came_of_it() {
    let house = House::open().await;
    switch_on(&house, "telegram").await;
    let mut ann = house.browser(Role::Viewer).await;
    let contact = add(&mut ann, "telegram", "4711").await;
    assert_eq!(contact["test"], Value::Null);
    let path = format!("{CONTACTS}/{}/test", contact["id"]);
    ann.post(&path, json!({}))
        .await
        .refused(409, "not_verified");
    code_leaves(&house, &contact, "012345").await;
    enter(&mut ann, &contact, "012345").await.ok();
    let mut other = house.browser(Role::Admin).await;
    other.post(&path, json!({})).await.refused(404, "not_found");

    let asked = ann.post(&path, json!({})).await.ok();
    assert_eq!(
        asked["test"],
        json!({ "asked_at": "2026-05-07T12:00:00Z", "status": "queued", "provider_id": null,
            "reason": null, "again_at": "2026-05-07T12:01:00Z" })
    );
    let tests = trial::recent(
        house.state.db().read(),
        user_of(&house, contact["id"].as_i64().unwrap()).await,
        house.clock.now(),
    )
    .await;
    let row = tests.unwrap().remove(0);
    assert_eq!(
        (
            row.channel.as_str(),
            row.recipient.as_str(),
            row.kind.as_str()
        ),
        ("telegram", "4711", "test")
    );
    let ending = Ending {
        status: Status::Sent,
        attempts: 1,
        next_attempt_at: None,
        provider_id: Some("77".to_owned()),
        reason: None,
    };
    let db = house.state.db().write();
    let lease = house.clock.now().plus(Duration::from_secs(60));
    let claimed = notification_delivery::ActiveModel {
        id: Set(row.id),
        status: Set("sending".to_owned()),
        lease_until: Set(Some(lease.to_datetime())),
        ..notification_delivery::ActiveModel::new()
    };
    let claimed = claimed.update(db).await.unwrap();
    assert!(
        deliveries::finish(db, &claimed, ending, house.clock.now())
            .await
            .unwrap()
    );
    let shown = ann.get(CONTACTS).await.ok()["data"][0]["test"].clone();
    assert_eq!(
        (&shown["status"], &shown["provider_id"]),
        (&json!("sent"), &json!("77"))
    );
    assert!(
        house
            .security_log()
            .await
            .contains(&"test_contact".to_owned())
    );
    house.clock.advance(trial::SHOWN);
    assert_eq!(ann.get(CONTACTS).await.ok()["data"][0]["test"], Value::Null);
}

#[actix_web::test]
async fn tests_are_sent_once_a_minute_and_five_times_an_hour() {
    let house = House::open().await;
    for channel in ["telegram", "email"] {
        switch_on(&house, channel).await;
    }
    let mut ann = house.browser(Role::Viewer).await;
    let mut path = Vec::new();
    for (channel, address) in [("telegram", "4711"), ("email", "ann@home.example")] {
        let contact = add(&mut ann, channel, address).await;
        code_leaves(&house, &contact, "012345").await;
        enter(&mut ann, &contact, "012345").await.ok();
        path.push(format!("{CONTACTS}/{}/test", contact["id"]));
    }
    ann.post(&path[0], json!({})).await.ok();
    house.clock.advance(Duration::from_secs(40));
    let early = ann.post(&path[0], json!({})).await;
    early.refused(429, "too_many_requests");
    assert_eq!(early.headers.get("retry-after").unwrap(), "20");
    ann.post(&path[1], json!({})).await.ok();
    for n in 3..=5 {
        house.clock.advance(Duration::from_secs(60));
        let answer = ann.post(&path[0], json!({})).await;
        assert_eq!(answer.status, 200, "{n}: {}", answer.text);
    }
    house.clock.advance(Duration::from_secs(60));
    for path in &path {
        ann.post(path, json!({}))
            .await
            .refused(429, "too_many_requests");
    }
    // Codes are counted for themselves.
    add(&mut ann, "telegram", "4712").await;
    house.clock.advance(Duration::from_secs(3_600));
    ann.post(&path[0], json!({})).await.ok();
}

#[actix_web::test]
async fn nothing_is_tested_over_a_channel_that_is_off() {
    let house = House::open().await;
    switch_on(&house, "telegram").await;
    let mut ann = house.browser(Role::Viewer).await;
    let contact = add(&mut ann, "telegram", "4711").await;
    code_leaves(&house, &contact, "012345").await;
    enter(&mut ann, &contact, "012345").await.ok();
    let mut admin = house.browser(Role::Admin).await;
    let off = json!({ "enabled": false, "settings": { "bot_token": "1:a", "chat_id": "1" } });
    admin
        .put("/api/notification-channels/telegram", off)
        .await
        .ok();
    let path = format!("{CONTACTS}/{}/test", contact["id"]);
    ann.post(&path, json!({})).await.refused(409, "channel_off");
}

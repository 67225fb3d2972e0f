//! `/api/me`: contacts and preferences. T0 is 2026-05-07T12:00:00Z.

use super::{Browser, House};
use crate::auth::permission::Role;
use noc_actors::notify::personal::verify;
use noc_pipeline::clock::Clock;
use noc_storage::relational::notification_channels::{self, ChannelDraft};
use noc_storage::relational::{contacts, notification_preferences};
use serde_json::{Map, Value, json};
use std::time::Duration;

pub(super) const CONTACTS: &str = "/api/me/contacts";
const PREFERENCES: &str = "/api/me/notification-preferences";
const WEBHOOK: &str = "https://discord.com/api/webhooks/123456789/t0ken-t0ken-t0ken-t0ken";

pub(super) async fn switch_on(house: &House, channel: &str) {
    let draft = ChannelDraft {
        enabled: true,
        settings: Map::new(),
        secrets: None,
    };
    let key = &house.state.field_key;
    let now = house.clock.now();
    notification_channels::put(house.state.db().write(), key, channel, draft, now)
        .await
        .unwrap();
}

pub(super) async fn add(browser: &mut Browser<'_>, channel: &str, address: &str) -> Value {
    let body = json!({ "channel": channel, "address": address });
    let answer = browser.post(CONTACTS, body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()
}

/// What the outbox does when the message leaves.
pub(super) async fn code_leaves(house: &House, contact: &Value, code: &str) {
    let id = contact["id"].as_i64().unwrap();
    let db = house.state.db();
    let all = contacts::of_user(db.read(), user_of(house, id).await).await;
    let row = all.unwrap().into_iter().find(|row| row.id == id).unwrap();
    let hash = verify::code_hash(id, code);
    let until = house.clock.now().plus(verify::CODE_LASTS);
    let delivery = row.code_delivery_id.unwrap();
    let issued = contacts::code_issued(db.write(), id, delivery, &hash, until).await;
    assert!(issued.unwrap());
}

pub(super) async fn user_of(house: &House, contact: i64) -> i64 {
    use noc_storage::relational::entity::contact::Entity;
    use sea_orm::EntityTrait;
    let row = Entity::find_by_id(contact)
        .one(house.state.db().read())
        .await;
    row.unwrap().unwrap().user_id
}

pub(super) async fn enter(browser: &mut Browser<'_>, contact: &Value, code: &str) -> super::Answer {
    let path = format!("{CONTACTS}/{}/verify", contact["id"]);
    browser.post(&path, json!({ "code": code })).await
}

#[actix_web::test]
async fn an_address_is_added_verified_and_deleted_by_its_owner_alone() {
    let house = House::open().await;
    switch_on(&house, "whatsapp").await;
    let mut ann = house.browser(Role::Viewer).await;
    let mut other = house.browser(Role::Admin).await;
    let contact = add(&mut ann, "whatsapp", "01712-345678").await;
    assert_eq!(contact["address"], "+8801712345678");
    assert_eq!(contact["verified"], false);
    let code = &contact["code"];
    assert_eq!(
        (&code["status"], &code["tries_left"], &code["expires_at"]),
        (&json!("queued"), &json!(5), &Value::Null)
    );
    assert_eq!(code["again_at"], "2026-05-07T12:01:00Z");

    enter(&mut ann, &contact, "012345")
        .await
        .refused(409, "code_not_sent");
    code_leaves(&house, &contact, "012345").await;
    let path = format!("{CONTACTS}/{}", contact["id"]);
    enter(&mut other, &contact, "012345")
        .await
        .refused(404, "not_found");
    other.delete(&path).await.refused(404, "not_found");
    let resend = format!("{path}/resend");
    other
        .post(&resend, json!({}))
        .await
        .refused(404, "not_found");
    assert_eq!(other.get(CONTACTS).await.ok()["data"], json!([]));

    let verified = enter(&mut ann, &contact, " 012 345 ").await.ok();
    assert_eq!(
        (&verified["verified"], &verified["code"]),
        (&json!(true), &Value::Null)
    );
    enter(&mut ann, &contact, "012345")
        .await
        .refused(409, "already_verified");
    ann.post(&resend, json!({}))
        .await
        .refused(409, "already_verified");
    assert_eq!(ann.get(CONTACTS).await.ok()["meta"]["total"], 1);
    assert_eq!(ann.delete(&path).await.status, 204);
    ann.delete(&path).await.refused(404, "not_found");
    let log = house.security_log().await;
    for action in ["add_contact", "verify_contact", "delete_contact"] {
        assert!(log.contains(&action.to_owned()), "{action}: {log:?}");
    }
}

#[actix_web::test]
async fn a_code_may_be_wrong_five_times_and_is_old_after_ten_minutes() {
    let house = House::open().await;
    switch_on(&house, "telegram").await;
    let mut ann = house.browser(Role::Viewer).await;
    let contact = add(&mut ann, "telegram", "4711").await;
    code_leaves(&house, &contact, "012345").await;
    for bad in ["", "12345", "1234567", "abcdef", "０１２３４５"] {
        enter(&mut ann, &contact, bad).await.wrong(&["code"]);
    }
    for left in [4, 3, 2, 1, 0] {
        let answer = enter(&mut ann, &contact, "999999").await;
        answer.wrong(&["code"]);
        let list = ann.get(CONTACTS).await.ok();
        assert_eq!(list["data"][0]["code"]["tries_left"], left);
    }
    enter(&mut ann, &contact, "012345")
        .await
        .refused(409, "code_spent");
    let log = house.security_log().await;
    let wrong = log.iter().filter(|action| *action == "wrong_contact_code");
    assert_eq!(wrong.count(), 5);

    house.clock.advance(Duration::from_secs(60));
    let path = format!("{CONTACTS}/{}/resend", contact["id"]);
    let again = ann.post(&path, json!({})).await.ok();
    assert_eq!(again["code"]["tries_left"], 5);
    enter(&mut ann, &contact, "012345")
        .await
        .refused(409, "code_not_sent");
    code_leaves(&house, &again, "543210").await;
    enter(&mut ann, &contact, "012345").await.wrong(&["code"]);
    house.clock.advance(verify::CODE_LASTS);
    enter(&mut ann, &contact, "543210")
        .await
        .refused(409, "code_expired");
}

#[actix_web::test]
async fn codes_are_sent_once_a_minute_and_five_times_an_hour() {
    let house = House::open().await;
    switch_on(&house, "email").await;
    let mut ann = house.browser(Role::Viewer).await;
    let contact = add(&mut ann, "email", "ann@home.example").await;
    let path = format!("{CONTACTS}/{}/resend", contact["id"]);
    house.clock.advance(Duration::from_secs(40));
    let early = ann.post(&path, json!({})).await;
    early.refused(429, "too_many_requests");
    assert_eq!(early.headers.get("retry-after").unwrap(), "20");
    house.clock.advance(Duration::from_secs(20));
    for n in 2..=5 {
        let answer = ann.post(&path, json!({})).await;
        assert_eq!(answer.status, 200, "{n}: {}", answer.text);
        house.clock.advance(Duration::from_secs(60));
    }
    let much = ann.post(&path, json!({})).await;
    much.refused(429, "too_many_requests");
    assert_eq!(much.headers.get("retry-after").unwrap(), "3540");
    let body = json!({ "channel": "email", "address": "other@home.example" });
    ann.post(CONTACTS, body)
        .await
        .refused(429, "too_many_requests");
    house.clock.advance(Duration::from_secs(3_540));
    ann.post(&path, json!({})).await.ok();
}

#[actix_web::test]
async fn addresses_that_cannot_be_are_refused_with_the_reason() {
    let house = House::open().await;
    for channel in ["email", "whatsapp", "discord"] {
        switch_on(&house, channel).await;
    }
    let mut ann = house.browser(Role::Viewer).await;
    for (channel, address) in [
        ("email", "nobody"),
        ("whatsapp", "12"),
        ("telegram", "@ann"),
        (
            "discord",
            "https://evil.test/api/webhooks/123456789/t0ken-t0ken-t0ken",
        ),
    ] {
        let body = json!({ "channel": channel, "address": address });
        ann.post(CONTACTS, body).await.wrong(&["address"]);
    }
    for channel in ["slack", "pigeon"] {
        let body = json!({ "channel": channel, "address": "x" });
        ann.post(CONTACTS, body).await.wrong(&["channel"]);
    }
    let off = json!({ "channel": "telegram", "address": "4711" });
    ann.post(CONTACTS, off).await.refused(409, "channel_off");
    let own = json!({ "channel": "email", "address": "VIEWER@example.com" });
    ann.post(CONTACTS, own)
        .await
        .refused(409, "already_verified");
    add(&mut ann, "whatsapp", "01712345678").await;
    let same = json!({ "channel": "whatsapp", "address": "+880 1712 345678" });
    ann.post(CONTACTS, same)
        .await
        .refused(409, "already_exists");
    let channels = ann.get("/api/me/notification-channels").await.ok();
    let on: Vec<_> = channels["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| {
            (
                c["channel"].as_str().unwrap(),
                c["available"].as_bool().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("email", true),
        ("whatsapp", true),
        ("telegram", false),
        ("discord", true),
    ];
    assert_eq!(on, expected);
}

#[actix_web::test]
async fn a_webhook_of_ones_own_is_sealed_and_never_shown() {
    let house = House::open().await;
    switch_on(&house, "discord").await;
    let mut ann = house.browser(Role::Viewer).await;
    let contact = add(&mut ann, "discord", WEBHOOK).await;
    assert_eq!(contact["address"], "Discord webhook 123456789");
    let list = ann.get(CONTACTS).await.text;
    assert!(!list.contains("t0ken"), "{list}");
    let id = contact["id"].as_i64().unwrap();
    let db = house.state.db().read();
    let row = contacts::of_user(db, user_of(&house, id).await).await;
    assert!(!format!("{row:?}").contains("t0ken"));
    let mut admin = house.browser(Role::Admin).await;
    let log = admin.get("/api/notification-deliveries").await.text;
    assert!(log.contains("Discord webhook 123456789") && !log.contains("t0ken"));
}

fn preferences(change: impl FnOnce(&mut Value)) -> Value {
    let mut body = json!({
        "channels": { "email": { "enabled": true, "address": "viewer@example.com" } },
        "severities": ["critical", "high", "critical"],
        "quiet_hours": { "start": "22:00", "end": "07:00", "timezone": "Asia/Dhaka", "block_critical": false },
        "digest": { "enabled": false, "at": "09:00" },
    });
    change(&mut body);
    body
}

#[actix_web::test]
async fn preferences_are_read_and_saved_in_one_form() {
    let house = House::open().await;
    let mut ann = house.browser(Role::Viewer).await;
    let off = json!({ "enabled": false, "address": null });
    let unsaved = ann.get(PREFERENCES).await.ok();
    assert_eq!(
        unsaved,
        json!({
            "channels": {
                "email": { "enabled": true, "address": "viewer@example.com" },
                "whatsapp": off, "telegram": off, "discord": off,
            },
            "severities": ["critical", "high"],
            "quiet_hours": { "start": "00:00", "end": "00:00", "timezone": "Asia/Dhaka", "block_critical": false },
            "digest": { "enabled": false, "at": "09:00" },
            "updated_at": null,
        })
    );
    // What was read may be sent back.
    ann.put(PREFERENCES, unsaved).await.ok();
    let saved = ann.put(PREFERENCES, preferences(|_| ())).await.ok();
    assert_eq!(saved["severities"], json!(["critical", "high"]));
    assert_eq!(saved["quiet_hours"]["start"], "22:00");
    assert_eq!(saved["updated_at"], "2026-05-07T12:00:00Z");
    assert_eq!(ann.get(PREFERENCES).await.ok(), saved);
    let mut other = house.browser(Role::Admin).await;
    let others = other.get(PREFERENCES).await.ok();
    assert_eq!(others["updated_at"], Value::Null);
    assert!(
        house
            .security_log()
            .await
            .contains(&"set_notification_preferences".to_owned())
    );
}

#[actix_web::test]
async fn what_is_wrong_with_preferences_is_named_all_at_once() {
    let house = House::open().await;
    switch_on(&house, "telegram").await;
    let mut ann = house.browser(Role::Viewer).await;
    add(&mut ann, "telegram", "4711").await;
    let body = preferences(|p| {
        p["channels"] = json!({
            "email": { "enabled": false },
            "whatsapp": { "enabled": true },
            "telegram": { "enabled": false, "address": "4711" },
        });
        p["quiet_hours"] = json!({ "start": "7", "end": "24:00", "timezone": "Moon/Base", "block_critical": true });
        p["digest"] = json!({ "enabled": true, "at": "noon" });
    });
    ann.put(PREFERENCES, body).await.wrong(&[
        "channels.telegram.address",
        "channels.whatsapp.address",
        "digest.at",
        "digest.enabled",
        "quiet_hours.end",
        "quiet_hours.start",
        "quiet_hours.timezone",
    ]);
    let strange = preferences(|p| p["channels"]["email"]["address"] = json!("x@y.example"));
    ann.put(PREFERENCES, strange)
        .await
        .wrong(&["channels.email.address"]);
    let unknown = preferences(|p| p["channels"]["slack"] = json!({ "enabled": true }));
    assert_eq!(ann.put(PREFERENCES, unknown).await.status, 422);
    let fatal = preferences(|p| p["severities"] = json!(["fatal"]));
    assert_eq!(ann.put(PREFERENCES, fatal).await.status, 422);
    assert_eq!(ann.get(PREFERENCES).await.ok()["updated_at"], Value::Null);
}

#[actix_web::test]
async fn a_contact_that_goes_takes_its_channel_off_and_an_account_takes_all_with_it() {
    let house = House::open().await;
    for channel in ["telegram", "email"] {
        switch_on(&house, channel).await;
    }
    let mut ann = house.browser(Role::Viewer).await;
    let chat = add(&mut ann, "telegram", "4711").await;
    let home = add(&mut ann, "email", "ann@home.example").await;
    for contact in [&chat, &home] {
        code_leaves(&house, contact, "012345").await;
        enter(&mut ann, contact, "012345").await.ok();
    }
    let unsaved = ann.get(PREFERENCES).await.ok();
    assert_eq!(
        unsaved["channels"]["telegram"],
        json!({ "enabled": true, "address": "4711" }),
        "what is verified is used until one says otherwise"
    );
    assert_eq!(
        unsaved["channels"]["email"]["address"],
        "viewer@example.com"
    );
    let body = preferences(|p| {
        p["channels"] = json!({
            "email": { "enabled": true, "address": "Ann@Home.example" },
            "telegram": { "enabled": true, "address": "4711" },
        });
    });
    let saved = ann.put(PREFERENCES, body).await.ok();
    assert_eq!(saved["channels"]["email"]["address"], "ann@home.example");
    for contact in [&chat, &home] {
        let path = format!("{CONTACTS}/{}", contact["id"]);
        assert_eq!(ann.delete(&path).await.status, 204);
    }
    let left = ann.get(PREFERENCES).await.ok();
    assert_eq!(
        left["channels"]["telegram"],
        json!({ "enabled": false, "address": null })
    );
    assert_eq!(
        left["channels"]["email"],
        json!({ "enabled": true, "address": "viewer@example.com" })
    );
    add(&mut ann, "email", "again@home.example").await;
    let me = ann.get("/api/auth/me").await.ok()["id"].as_i64().unwrap();
    let mut admin = house.browser(Role::Admin).await;
    let gone = admin.delete(&format!("/api/users/{me}")).await;
    assert_eq!(gone.status, 204, "{}", gone.text);
    let db = house.state.db().read();
    assert_eq!(contacts::of_user(db, me).await.unwrap(), []);
    assert_eq!(notification_preferences::get(db, me).await.unwrap(), None);
}

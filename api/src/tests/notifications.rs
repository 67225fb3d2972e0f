//! `/api/notification-channels`, `/api/notification-deliveries`.

use super::{Browser, House};
use crate::auth::permission::Role;
use noc_storage::relational::deliveries::{self, NewDelivery};
use noc_storage::relational::entity::notification_delivery;
use noc_storage::relational::notification_channels;
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};

const EMAIL: &str = "/api/notification-channels/email";

const CA: &str = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";

fn settings() -> Value {
    json!({ "enabled": true, "settings": {
        "host": "smtp.example.com", "port": 587, "encryption": "tls", "username": "noc", "password": "hunter2",
        "from_address": "noc@example.com", "recipients": ["ops@example.com"] } })
}

pub(super) async fn delivery(house: &House, key: &str, incident_id: Option<i64>) -> i64 {
    let new = NewDelivery {
        incident_id,
        execution_id: None,
        position: None,
        kind: "problem",
        channel: "email".to_owned(),
        recipient: format!("{key}@example.com"),
        recipient_key: format!("{key}@example.com"),
        user_id: None,
        idempotency_key: format!("{key:0>64}"),
    };
    let queued = deliveries::queue(house.state.db().write(), new, super::T0).await;
    queued.unwrap().unwrap()
}

#[actix_web::test]
async fn a_channel_describes_itself_and_never_shows_its_secrets() {
    let house = House::open().await;
    let mut admin = house.browser(Role::Admin).await;
    let list = admin.get("/api/notification-channels").await.ok();
    let email = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["channel"] == "email")
        .unwrap();
    assert_eq!(
        (email["configured"].as_bool(), email["enabled"].as_bool()),
        (Some(false), Some(false))
    );
    let fields = email["fields"].as_array().unwrap();
    let password = fields
        .iter()
        .find(|field| field["name"] == "password")
        .unwrap();
    assert_eq!(
        (password["secret"].as_bool(), password["kind"].as_str()),
        (Some(true), Some("password"))
    );

    let answer = admin.put(EMAIL, settings()).await;
    let put = answer.ok();
    assert_eq!(
        (
            &put["settings"]["password"],
            &put["settings"]["password_set"]
        ),
        (&Value::Null, &json!(true))
    );
    assert_eq!(
        (put["configured"].as_bool(), put["healthy"].as_bool()),
        (Some(true), Some(true))
    );
    assert!(!answer.text.contains("hunter2"));
    let row = notification_channels::by_key(house.state.db().read(), "email")
        .await
        .unwrap()
        .unwrap();
    assert!(
        !format!("{row:?}").contains("hunter2"),
        "sealed in the database too"
    );
    assert!(
        !admin
            .get("/api/notification-channels")
            .await
            .text
            .contains("hunter2")
    );
    assert!(
        house
            .security_log()
            .await
            .contains(&"set_notification_channel".to_owned())
    );
}

#[actix_web::test]
async fn a_secret_stays_with_its_host_and_does_not_follow_to_another() {
    let house = House::open().await;
    let mut admin = house.browser(Role::Admin).await;
    admin.put(EMAIL, settings()).await.ok();
    let mut same = settings();
    same["settings"]["password"] = Value::Null;
    same["settings"]["from_name"] = json!("NOC");
    assert_eq!(
        admin.put(EMAIL, same.clone()).await.ok()["settings"]["password_set"],
        true
    );
    same["settings"]["host"] = json!("elsewhere.example.com");
    // With a user name and no password the new settings are incomplete: the old one is not in them.
    admin
        .put(EMAIL, same)
        .await
        .refused(422, "validation_failed");
}

#[actix_web::test]
async fn a_secret_does_not_follow_to_another_port_or_encryption_or_certificate() {
    let house = House::open().await;
    let mut admin = house.browser(Role::Admin).await;
    for (field, value) in [
        ("port", json!(2525)),
        ("encryption", json!("none")),
        ("tls_ca_pem", json!(CA)),
    ] {
        admin.put(EMAIL, settings()).await.ok();
        let mut moved = settings();
        let given = moved["settings"].as_object_mut().unwrap();
        given.remove("username");
        given.remove("password");
        given.insert(field.to_owned(), value);
        let stored = admin.put(EMAIL, moved).await.ok();
        assert_eq!(stored["settings"]["password_set"], false, "{field}");
    }
}

#[actix_web::test]
async fn bad_settings_are_named_by_field() {
    let house = House::open().await;
    let mut admin = house.browser(Role::Admin).await;
    let mut body = settings();
    body["settings"]["host"] = json!("");
    admin.put(EMAIL, body).await.wrong(&["settings.host"]);
    let mut body = settings();
    body["settings"]["colour"] = json!("red");
    admin.put(EMAIL, body).await.wrong(&["settings.colour"]);
    admin
        .put("/api/notification-channels/pigeon", settings())
        .await
        .refused(404, "not_found");
    admin
        .post(&format!("{EMAIL}/test"), json!({}))
        .await
        .refused(409, "not_configured");
    admin.put(EMAIL, settings()).await.ok();
    admin
        .post(&format!("{EMAIL}/test"), json!({ "recipient": "nonsense" }))
        .await
        .wrong(&["recipient"]);
}

#[actix_web::test]
async fn deliveries_are_listed_filtered_and_retried() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Operator).await;
    let (waiting, failed) = (
        delivery(&house, "a", None).await,
        delivery(&house, "b", None).await,
    );
    fail(&house, failed).await;
    let path = "/api/notification-deliveries";
    let all = browser.get(&format!("{path}?sort=trouble")).await.ok();
    assert_eq!(all["data"][0]["id"], failed);
    assert_eq!(
        (
            all["data"][1]["id"].as_i64(),
            all["data"][1]["status"].as_str()
        ),
        (Some(waiting), Some("queued"))
    );
    assert_eq!(
        browser
            .get(&format!("{path}?status=failed,expired"))
            .await
            .ok()["meta"]["total"],
        1
    );
    assert_eq!(
        browser.get(&format!("{path}?channel=slack")).await.ok()["meta"]["total"],
        0
    );
    browser
        .get(&format!("{path}?status=lost"))
        .await
        .wrong(&["status"]);

    browser
        .post(&format!("{path}/{waiting}/retry"), json!({}))
        .await
        .refused(409, "invalid_transition");
    let retried = browser
        .post(&format!("{path}/{failed}/retry"), json!({}))
        .await
        .ok();
    assert_eq!(retried["status"], "queued");
    browser
        .post(&format!("{path}/77/retry"), json!({}))
        .await
        .refused(404, "not_found");
    assert!(
        house
            .security_log()
            .await
            .contains(&"retry_delivery".to_owned())
    );
}

async fn fail(house: &House, id: i64) {
    use noc_storage::relational::entity::notification_delivery::{ActiveModel, Entity};
    use sea_orm::{ActiveValue::Set, EntityTrait};
    let row = ActiveModel {
        id: Set(id),
        status: Set("failed".to_owned()),
        ..Default::default()
    };
    Entity::update(row)
        .exec(house.state.db().write())
        .await
        .unwrap();
}

#[actix_web::test]
async fn what_was_tried_names_addresses_to_those_alone_who_may_see_them() {
    let house = House::open().await;
    let id = delivery(&house, "ada", None).await;
    let said = "sent over email to info@shop.example";
    deliveries::record_attempt(
        house.state.db().write(),
        id,
        super::T0,
        "failed_over",
        said,
        0,
    )
    .await
    .unwrap();
    let path = format!("/api/notification-deliveries/{id}/attempts");
    for (role, detail) in [
        (Role::Oncall, "sent over email to i***@shop.example"),
        (Role::Operator, said),
    ] {
        let tried = house.browser(role).await.get(&path).await.ok();
        assert_eq!(tried["data"][0]["detail"], detail, "{role:?}");
    }
}

#[actix_web::test]
async fn who_got_what_last_night_is_asked_by_person_and_time() {
    let house = House::open().await;
    let ada = house.user_named("ada", Role::Oncall, false).await;
    let db = house.state.db();
    let mut made = Vec::new();
    for (user_id, hours) in [(Some(ada.id), 0), (None, 0), (Some(ada.id), 5)] {
        let at = super::T0.plus(std::time::Duration::from_secs(hours * 3_600));
        let key = format!("{}-{hours}", user_id.unwrap_or_default());
        let new = NewDelivery {
            incident_id: None,
            execution_id: None,
            position: None,
            kind: "problem",
            channel: "email".to_owned(),
            recipient: format!("{key}@example.com"),
            recipient_key: format!("{key}@example.com"),
            user_id,
            idempotency_key: format!("{key:0>64}"),
        };
        made.push(
            deliveries::queue(db.write(), new, at)
                .await
                .unwrap()
                .unwrap(),
        );
    }
    let (from, to) = ("2026-05-07T12:00:00Z", "2026-05-07T13:00:00Z");
    let mut browser = house.browser(Role::Oncall).await;
    let mut ids = async |query: String| -> Vec<i64> {
        let path = format!("/api/notification-deliveries?sort=created_at&{query}");
        let list = browser.get(&path).await.ok();
        let rows = list["data"].as_array().unwrap().iter();
        rows.map(|row| row["id"].as_i64().unwrap()).collect()
    };
    assert_eq!(ids(format!("user_id={}", ada.id)).await, [made[0], made[2]]);
    assert_eq!(ids(format!("from={from}&to={to}")).await, made[..2]);
    assert_eq!(
        ids(format!("user_id={}&from={to}", ada.id)).await,
        made[2..]
    );
    assert_eq!(ids(format!("to={from}")).await, [0_i64; 0]);
}

#[actix_web::test]
async fn the_last_daily_check_says_what_came_of_it() {
    let house = House::open().await;
    let mut admin = house.browser(Role::Admin).await;
    let mut body = settings();
    body["settings"]["recipients"] = json!(["ops@example.com", "noc@example.com"]);
    body["canary"] = json!(true);
    let set = admin.put(EMAIL, body.clone()).await.ok();
    assert_eq!(set["last_check"], Value::Null, "none was sent yet");
    let queued = noc_actors::notify::canary::send_due(&house.state.parts).await;
    assert_eq!(queued.unwrap(), 2);
    let check = async |admin: &mut Browser<'_>| -> Value {
        let list = admin.get("/api/notification-channels").await.ok();
        let all = list["data"].as_array().unwrap();
        let email = all.iter().find(|one| one["channel"] == "email").unwrap();
        email["last_check"].clone()
    };
    assert_eq!(
        check(&mut admin).await,
        json!({ "at": "2026-05-07T12:00:00Z", "status": "queued", "messages": 2, "accepted": 0,
            "reason": null, "provider_id": null })
    );
    let db = house.state.db();
    let rows = notification_delivery::Entity::find().all(db.read()).await;
    let rows = rows.unwrap();
    ends(&house, rows[0].id, "sent", None).await;
    ends(&house, rows[1].id, "failed", Some("550 no such mailbox")).await;
    let failed = check(&mut admin).await;
    assert_eq!(
        (&failed["status"], &failed["accepted"], &failed["reason"]),
        (&json!("failed"), &json!(1), &json!("550 no such mailbox"))
    );
    ends(&house, rows[1].id, "delivered", None).await;
    let worked = check(&mut admin).await;
    assert_eq!(
        (&worked["status"], &worked["accepted"], &worked["reason"]),
        (&json!("sent"), &json!(2), &Value::Null)
    );
    body["canary"] = json!(false);
    admin.put(EMAIL, body).await.ok();
    assert_eq!(check(&mut admin).await, Value::Null, "it is off");
}

/// Where a message ends, whatever it took.
async fn ends(house: &House, id: i64, status: &str, reason: Option<&str>) {
    use sea_orm::ActiveValue::Set;
    use sea_orm::{ActiveModelBehavior as _, ActiveModelTrait as _};
    let row = notification_delivery::ActiveModel {
        id: Set(id),
        status: Set(status.to_owned()),
        reason: Set(reason.map(str::to_owned)),
        ..notification_delivery::ActiveModel::new()
    };
    row.update(house.state.db().write()).await.unwrap();
}

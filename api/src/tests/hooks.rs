//! `/hooks/{provider}/{secret}`, and the addresses that are made for it.

use super::{Answer, Browser, House, T0};
use crate::auth::permission::Role;
use crate::config::PublicUrl;
use actix_web::http::Method;
use hmac::{Hmac, KeyInit, Mac};
use noc_storage::relational::deliveries::{self, Ending, NewDelivery, Status};
use serde_json::{Value, json};
use sha2::Sha256;

const WHATSAPP: &str = "/api/notification-channels/whatsapp";

async fn set_up(admin: &mut Browser<'_>, settings: Value) {
    let body = json!({ "enabled": true, "settings": settings });
    admin.put(WHATSAPP, body).await.ok();
}

fn cloud() -> Value {
    json!({"provider": "cloud_api", "access_token": "t", "phone_number_id": "1", "app_secret": "AppSecret"})
}

/// Makes the channel's address; its path.
async fn address(admin: &mut Browser<'_>) -> String {
    let channel = admin.post(&format!("{WHATSAPP}/callback"), json!({})).await;
    let url = channel.ok()["callback"]["url"].as_str().unwrap().to_owned();
    let at = url.find("/hooks/").unwrap();
    url[at..].to_owned()
}

/// A message over the channel that its provider took as `provider_id`.
async fn sent(house: &House, provider_id: &str) -> i64 {
    let new = NewDelivery {
        incident_id: None,
        execution_id: None,
        position: None,
        kind: "problem",
        channel: "whatsapp".into(),
        recipient: "+8801712345678".into(),
        recipient_key: "+8801712345678".into(),
        user_id: None,
        idempotency_key: format!("{provider_id:0>64}"),
    };
    let db = house.state.db();
    let lease = std::time::Duration::from_secs(60);
    let row = deliveries::enter_sending(db.write(), new, T0, lease)
        .await
        .unwrap();
    let ending = Ending {
        status: Status::Sent,
        attempts: 1,
        next_attempt_at: None,
        provider_id: Some(provider_id.into()),
        reason: None,
    };
    deliveries::finish(db.write(), &row, ending, T0)
        .await
        .unwrap();
    row.id
}

async fn status(house: &House, id: i64) -> String {
    let row = deliveries::get(house.state.db().read(), id).await;
    row.unwrap().unwrap().status
}

fn tells(id: &str, word: &str) -> String {
    json!({"entry": [{"changes": [{"value": {"statuses": [{"id": id, "status": word}]}}]}]})
        .to_string()
}

fn signature(body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(b"AppSecret").unwrap();
    mac.update(body.as_bytes());
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

async fn posts(house: &House, path: &str, body: &str, signature: Option<String>) -> Answer {
    let mut provider = house.stranger();
    if let Some(signature) = signature {
        provider
            .headers
            .push(("X-Hub-Signature-256".into(), signature));
    }
    let body = ("application/json", body.as_bytes().to_vec());
    provider.send(Method::POST, path, Some(body)).await
}

#[actix_web::test]
async fn an_address_is_made_shown_to_admins_alone_and_replaced() {
    let house = House::open().await;
    let mut admin = house.browser(Role::Admin).await;
    let mut operator = house.browser(Role::Operator).await;
    let make = format!("{WHATSAPP}/callback");
    admin
        .post(&make, json!({}))
        .await
        .refused(409, "not_configured");
    set_up(&mut admin, cloud()).await;
    let of = async |browser: &mut Browser<'_>, key: &str| {
        let list = browser.get("/api/notification-channels").await.ok();
        let all = list["data"].as_array().unwrap().clone();
        let found = all.into_iter().find(|c| c["channel"] == key).unwrap();
        found["callback"].clone()
    };
    let none = of(&mut admin, "whatsapp").await;
    assert_eq!(
        (&none["is_set"], &none["url"]),
        (&json!(false), &Value::Null)
    );
    assert_eq!(
        of(&mut admin, "email").await,
        Value::Null,
        "mail tells nothing"
    );

    let first = address(&mut admin).await;
    let shown = of(&mut admin, "whatsapp").await;
    assert!(shown["url"].as_str().unwrap().ends_with(&first));
    assert!(first.ends_with(shown["verify_token"].as_str().unwrap()));
    let hidden = of(&mut operator, "whatsapp").await;
    assert_eq!(
        (&hidden["is_set"], &hidden["url"], &hidden["verify_token"]),
        (&json!(true), &Value::Null, &Value::Null)
    );
    operator
        .post(&make, json!({}))
        .await
        .refused(403, "forbidden");

    let second = address(&mut admin).await;
    assert_ne!(first, second);
    let body = tells("x", "delivered");
    let old = posts(&house, &first, &body, Some(signature(&body))).await;
    old.refused(404, "not_found");
    let new = posts(&house, &second, &body, Some(signature(&body))).await;
    assert_eq!(new.status, 200);
    let log = house.security_log().await;
    let made = log
        .iter()
        .filter(|action| *action == "make_channel_callback");
    assert_eq!(made.count(), 2);
    let email = json!({"enabled": false, "settings": {"host": "mail.test"}});
    admin
        .put("/api/notification-channels/email", email)
        .await
        .ok();
    let none = admin.post("/api/notification-channels/email/callback", json!({}));
    none.await.refused(409, "no_callbacks");
}

#[actix_web::test]
async fn meta_is_given_its_challenge_back_at_its_address_alone() {
    let house = House::open().await;
    let mut admin = house.browser(Role::Admin).await;
    set_up(&mut admin, cloud()).await;
    let path = address(&mut admin).await;
    let secret = path.rsplit('/').next().unwrap();
    let ask = async |path: &str, mode: &str, token: &str, challenge: &str| {
        let query = format!("hub.mode={mode}&hub.verify_token={token}&hub.challenge={challenge}");
        house.stranger().get(&format!("{path}?{query}")).await
    };
    let answer = ask(&path, "subscribe", secret, "1158201444").await;
    assert_eq!(
        (answer.status.as_u16(), answer.text.as_str()),
        (200, "1158201444")
    );
    let kind = answer
        .headers
        .get("content-type")
        .unwrap()
        .to_str()
        .unwrap();
    assert!(kind.starts_with("text/plain"));
    let twilio = path.replace("/whatsapp/", "/twilio/");
    for answer in [
        ask(&path, "subscribe", "wrong", "1").await,
        ask(&path, "unsubscribe", secret, "1").await,
        ask(&path, "subscribe", secret, "%3Cb%3E%20x").await,
        ask(&path, "subscribe", secret, &"1".repeat(300)).await,
        ask(&twilio, "subscribe", secret, "1").await,
        ask("/hooks/whatsapp/wrong", "subscribe", "wrong", "1").await,
        house.stranger().get(&path).await,
    ] {
        answer.refused(404, "not_found");
    }
}

#[actix_web::test]
async fn what_a_provider_tells_moves_deliveries_on_and_stands_in_their_log() {
    let house = House::open().await;
    let mut admin = house.browser(Role::Admin).await;
    set_up(&mut admin, cloud()).await;
    let path = address(&mut admin).await;
    let (one, two) = (sent(&house, "wamid.1").await, sent(&house, "wamid.2").await);
    let tell = async |id: &str, word: &str| {
        let body = tells(id, word);
        let answer = posts(&house, &path, &body, Some(signature(&body))).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    };
    tell("wamid.of-others", "delivered").await;
    tell("wamid.1", "read").await;
    tell("wamid.1", "delivered").await;
    tell("wamid.1", "failed").await;
    tell("wamid.2", "sent").await;
    assert_eq!(status(&house, one).await, "delivered");
    assert_eq!(status(&house, two).await, "sent");
    tell("wamid.2", "failed").await;
    tell("wamid.2", "failed").await;
    tell("wamid.2", "delivered").await;
    assert_eq!(status(&house, two).await, "failed");

    let log = admin
        .get(&format!("/api/notification-deliveries/{two}/attempts"))
        .await
        .ok();
    let said = |n: usize| {
        (
            log["data"][n]["outcome"].clone(),
            log["data"][n]["detail"].clone(),
        )
    };
    assert_eq!(log["data"].as_array().unwrap().len(), 2, "{log}");
    assert_eq!(said(0), (json!("failed"), json!("WhatsApp says: failed")));
    assert_eq!(
        said(1),
        (json!("delivered"), json!("WhatsApp says: delivered"))
    );
    admin
        .get("/api/notification-deliveries/77/attempts")
        .await
        .refused(404, "not_found");
    let list = admin.get("/api/notification-channels").await.ok();
    let all = list["data"].as_array().unwrap();
    let whatsapp = all.iter().find(|c| c["channel"] == "whatsapp").unwrap();
    assert!(whatsapp["callback"]["last_receipt_at"].is_string());
}

#[actix_web::test]
async fn whoever_is_not_the_provider_is_not_believed_and_all_of_them_hear_the_same() {
    let house = House::open().await;
    let mut admin = house.browser(Role::Admin).await;
    set_up(&mut admin, cloud()).await;
    let path = address(&mut admin).await;
    let id = sent(&house, "wamid.1").await;
    let body = tells("wamid.1", "delivered");
    let good = signature(&body);
    let other = tells("wamid.1", "failed");
    let mut answers = Vec::new();
    for (path, body, signature) in [
        ("/hooks/whatsapp/wrong", body.as_str(), Some(good.clone())),
        (
            path.replace("/whatsapp/", "/waha/").as_str(),
            body.as_str(),
            Some(good.clone()),
        ),
        (
            path.replace("/whatsapp/", "/pigeon/").as_str(),
            body.as_str(),
            Some(good.clone()),
        ),
        (path.as_str(), body.as_str(), None),
        (path.as_str(), body.as_str(), Some("sha256=00".into())),
        (path.as_str(), other.as_str(), Some(good.clone())),
    ] {
        let answer = posts(&house, path, body, signature).await;
        answer.refused(404, "not_found");
        answers.push(answer.text);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
    let nonsense = posts(&house, &path, "{", Some(signature("{"))).await;
    nonsense.refused(400, "malformed");
    let long = " ".repeat(1024 * 1024 + 1);
    posts(&house, &path, &long, Some(signature(&long)))
        .await
        .refused(413, "too_large");
    assert_eq!(status(&house, id).await, "sent");
    // A repeat of what was said truly is believed, and changes nothing twice.
    for _ in 0..2 {
        let answer = posts(&house, &path, &body, Some(good.clone())).await;
        assert_eq!(answer.status, 200);
    }
    assert_eq!(status(&house, id).await, "delivered");
    let mut refused = false;
    for _ in 0..80 {
        let answer = posts(&house, "/hooks/whatsapp/guess", "{}", None).await;
        refused |= answer.status == 429;
    }
    assert!(refused, "who guesses on is told to wait");
}

#[actix_web::test]
async fn twilio_signs_the_address_as_it_was_told() {
    let house = House::open_with(|config| {
        config.http.public_url =
            Some(PublicUrl::try_from("https://noc.example.com".to_owned()).unwrap());
    })
    .await;
    let mut admin = house.browser(Role::Admin).await;
    let settings = json!({"provider": "twilio", "account_sid": "AC1", "auth_token": "AuthToken",
        "from_number": "+14155238886"});
    set_up(&mut admin, settings).await;
    let channel = admin
        .post(&format!("{WHATSAPP}/callback"), json!({}))
        .await
        .ok();
    let url = channel["callback"]["url"].as_str().unwrap().to_owned();
    assert!(
        url.starts_with("https://noc.example.com/hooks/twilio/"),
        "{url}"
    );
    assert_eq!(channel["callback"]["verify_token"], Value::Null);
    let id = sent(&house, "SM1").await;
    let body = "MessageSid=SM1&MessageStatus=undelivered&ErrorCode=63016";
    let text = format!("{url}ErrorCode63016MessageSidSM1MessageStatusundelivered");
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(b"AuthToken").unwrap();
    mac.update(text.as_bytes());
    let sum = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        mac.finalize().into_bytes(),
    );
    let path = url.strip_prefix("https://noc.example.com").unwrap();
    let mut twilio = house.stranger();
    twilio.headers.push(("X-Twilio-Signature".into(), sum));
    let form = "application/x-www-form-urlencoded; charset=UTF-8";
    let body = Some((form, body.as_bytes().to_vec()));
    let answer = twilio.send(Method::POST, path, body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(status(&house, id).await, "failed");
}

#[actix_web::test]
async fn the_message_of_the_day_is_switched_by_whoever_sets_the_channel_up() {
    let house = House::open().await;
    let mut admin = house.browser(Role::Admin).await;
    set_up(&mut admin, cloud()).await;
    let put = async |admin: &mut Browser<'_>, canary: Value| {
        let mut body = json!({ "enabled": true, "settings": cloud() });
        if !canary.is_null() {
            body["canary"] = canary;
        }
        admin.put(WHATSAPP, body).await.ok()["canary"].clone()
    };
    assert_eq!(
        put(&mut admin, Value::Null).await,
        json!(false),
        "off by default"
    );
    assert_eq!(put(&mut admin, json!(true)).await, json!(true));
    assert_eq!(put(&mut admin, Value::Null).await, json!(true), "stays");
    assert_eq!(put(&mut admin, json!(false)).await, json!(false));
}

#[actix_web::test]
async fn waha_signs_its_body_and_knows_a_message_by_two_names() {
    let house = House::open().await;
    let mut admin = house.browser(Role::Admin).await;
    let settings = json!({"provider": "waha", "base_url": "https://waha.example.com", "api_key": "k",
        "webhook_hmac_key": "HmacKey"});
    set_up(&mut admin, settings).await;
    let path = address(&mut admin).await;
    assert!(path.starts_with("/hooks/waha/"), "{path}");
    let id = sent(&house, "3EB0").await;
    let told = json!({"event": "message.ack", "session": "default",
        "payload": {"id": "true_8801712345678@c.us_3EB0", "ack": 2}})
    .to_string();
    let sum = |key: &[u8]| {
        let mut mac = Hmac::<sha2::Sha512>::new_from_slice(key).unwrap();
        mac.update(told.as_bytes());
        hex::encode(mac.finalize().into_bytes())
    };
    for (shown, status) in [
        (None, 404),
        (Some(sum(b"another key")), 404),
        (Some(sum(b"HmacKey")), 200),
    ] {
        let mut waha = house.stranger();
        let header = shown.map(|sum| ("X-Webhook-Hmac".to_owned(), sum));
        waha.headers.extend(header);
        let body = Some(("application/json", told.as_bytes().to_vec()));
        let answer = waha.send(Method::POST, &path, body).await;
        assert_eq!(answer.status, status, "{}", answer.text);
    }
    assert_eq!(self::status(&house, id).await, "delivered");
    // Its other events are none of ours, and are not told again and again.
    let other = r#"{"event":"session.status","payload":{"status":"WORKING"}}"#;
    let mut mac = Hmac::<sha2::Sha512>::new_from_slice(b"HmacKey").unwrap();
    mac.update(other.as_bytes());
    let mut waha = house.stranger();
    let sum = hex::encode(mac.finalize().into_bytes());
    waha.headers.push(("X-Webhook-Hmac".into(), sum));
    let body = Some(("application/json", other.as_bytes().to_vec()));
    let answer = waha.send(Method::POST, &path, body).await;
    assert_eq!(answer.status, 200);
}

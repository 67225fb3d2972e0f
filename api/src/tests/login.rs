//! `/api/auth/{csrf-cookie,login,logout}`.

use super::{House, PASSWORD};
use crate::auth::password::DOCUMENTED_PASSWORD;
use crate::auth::permission::Role;
use actix_web::cookie::SameSite;
use noc_storage::relational::users;
use serde_json::json;
use std::time::Duration;

#[actix_web::test]
async fn a_login_opens_a_session_with_safe_cookies() {
    let house = House::open().await;
    let user = house.user(Role::Oncall).await;
    let mut browser = house.stranger();
    let answer = browser.sign_in(" ONCALL@example.com ", PASSWORD).await;
    let body = answer.ok();
    assert_eq!(body["user"]["id"], user.id);
    assert_eq!(body["user"]["role"], "oncall");
    let permissions = body["user"]["permissions"].as_array().unwrap();
    assert!(permissions.contains(&json!("incidents.act")));
    assert!(!permissions.contains(&json!("users.manage")));
    let session = answer
        .cookies
        .iter()
        .find(|c| c.name() == "noc_session")
        .unwrap();
    assert_eq!(session.http_only(), Some(true));
    assert_eq!(session.same_site(), Some(SameSite::Lax));
    assert_eq!(
        browser.get("/api/auth/me").await.ok()["email"],
        "oncall@example.com"
    );
    assert_eq!(house.security_log().await, ["login_succeeded"]);
}

#[actix_web::test]
async fn wrong_password_unknown_account_and_disabled_account_look_the_same() {
    let house = House::open().await;
    house.user(Role::Viewer).await;
    let gone = house.user(Role::Admin).await;
    let off = users::UserPatch {
        is_active: Some(false),
        ..users::UserPatch::default()
    };
    users::update(house.state.db().write(), gone.id, off, super::T0)
        .await
        .unwrap();
    let mut texts = Vec::new();
    for (email, password) in [
        ("viewer@example.com", "wrong wrong wrong"),
        ("nobody@example.com", PASSWORD),
        ("admin@example.com", PASSWORD),
        ("viewer@example.com", &"x".repeat(100_000)),
        ("' OR 1=1 --", PASSWORD),
    ] {
        let answer = house.stranger().sign_in(email, password).await;
        answer.refused(401, "invalid_credentials");
        texts.push(answer.text);
    }
    texts.dedup();
    assert_eq!(texts.len(), 1, "{texts:?}");
    let log = house.security_log().await;
    assert!(log.iter().all(|action| action == "login_failed"), "{log:?}");
}

#[actix_web::test]
async fn a_login_without_the_csrf_token_is_refused() {
    let house = House::open().await;
    house.user(Role::Viewer).await;
    let mut browser = house.stranger();
    let body = json!({ "email": "viewer@example.com", "password": PASSWORD });
    browser
        .post("/api/auth/login", body.clone())
        .await
        .refused(419, "csrf_mismatch");
    browser.get("/api/auth/csrf-cookie").await.ok();
    browser.post("/api/auth/login", body).await.ok();
}

#[actix_web::test]
async fn a_login_takes_a_new_session_and_ends_the_old_one() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    let before = browser.clone();
    browser.sign_in("viewer@example.com", PASSWORD).await.ok();
    let of = |cookies: &[actix_web::cookie::Cookie<'static>]| {
        cookies
            .iter()
            .find(|c| c.name() == "noc_session")
            .unwrap()
            .value()
            .to_owned()
    };
    assert_ne!(of(&browser.cookies), of(&before.cookies));
    before
        .clone()
        .get("/api/auth/me")
        .await
        .refused(401, "unauthenticated");
    browser.get("/api/auth/me").await.ok();
}

#[actix_web::test]
async fn the_eleventh_try_is_locked_out_even_with_the_right_password() {
    let house = House::open().await;
    house.user(Role::Viewer).await;
    for _ in 0..10 {
        house
            .stranger()
            .sign_in("viewer@example.com", "wrong wrong wrong")
            .await
            .refused(401, "invalid_credentials");
    }
    let locked = house
        .stranger()
        .sign_in("viewer@example.com", PASSWORD)
        .await;
    locked.refused(423, "locked");
    assert_eq!(locked.headers.get("retry-after").unwrap(), "900");
    assert_eq!(house.security_log().await.last().unwrap(), "login_lockout");
    // Somebody else at the same address is not concerned, nor this one elsewhere or later.
    house.user(Role::Oncall).await;
    house
        .stranger()
        .sign_in("oncall@example.com", PASSWORD)
        .await
        .ok();
    house.clock.advance(Duration::from_secs(901));
    house
        .stranger()
        .sign_in("viewer@example.com", PASSWORD)
        .await
        .ok();
}

#[actix_web::test]
async fn forged_forwarding_headers_do_not_dodge_the_limit() {
    let house = House::open().await;
    for n in 0..10 {
        let mut browser = house.stranger();
        browser
            .headers
            .push(("x-forwarded-for".to_owned(), format!("203.0.113.{n}")));
        browser
            .sign_in("a@example.com", "wrong wrong wrong")
            .await
            .refused(401, "invalid_credentials");
    }
    let mut browser = house.stranger();
    browser
        .headers
        .push(("x-forwarded-for".to_owned(), "203.0.113.99".to_owned()));
    browser
        .sign_in("a@example.com", "wrong wrong wrong")
        .await
        .refused(423, "locked");
}

#[actix_web::test]
async fn behind_a_trusted_proxy_each_client_counts_by_itself() {
    let house = House::open_with(|config| {
        config.http.trusted_proxies = vec!["192.0.2.7".parse().unwrap()];
    })
    .await;
    for n in 0..12 {
        let mut browser = house.stranger();
        browser
            .headers
            .push(("x-forwarded-for".to_owned(), format!("203.0.113.{n}")));
        browser
            .sign_in("a@example.com", "wrong wrong wrong")
            .await
            .refused(401, "invalid_credentials");
    }
}

#[actix_web::test]
async fn the_documented_password_is_refused_through_a_proxy() {
    let house = House::open().await;
    let user = house.user_named("admin", Role::Admin, true).await;
    let hash = crate::auth::password::hash(DOCUMENTED_PASSWORD).unwrap();
    users::set_password(house.state.db().write(), user.id, &hash, true, super::T0)
        .await
        .unwrap();
    let mut proxied = house.stranger();
    proxied
        .headers
        .push(("x-forwarded-for".to_owned(), "203.0.113.9".to_owned()));
    proxied
        .sign_in("admin@example.com", DOCUMENTED_PASSWORD)
        .await
        .refused(401, "invalid_credentials");
    house
        .stranger()
        .sign_in("admin@example.com", DOCUMENTED_PASSWORD)
        .await
        .ok();
}

#[actix_web::test]
async fn logging_out_ends_the_session_and_takes_the_cookies() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    let copy = browser.clone();
    assert_eq!(
        browser.post("/api/auth/logout", json!({})).await.status,
        204
    );
    assert!(browser.cookies.is_empty(), "{:?}", browser.cookies);
    copy.clone()
        .get("/api/auth/me")
        .await
        .refused(401, "unauthenticated");
}

#[actix_web::test]
async fn a_session_ends_by_idleness_and_by_age() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    for _ in 0..13 {
        house.clock.advance(Duration::from_secs(11 * 3_600));
        browser.get("/api/auth/me").await.ok();
    }
    house.clock.advance(Duration::from_secs(13 * 3_600));
    browser
        .get("/api/auth/me")
        .await
        .refused(401, "unauthenticated");

    browser.sign_in("viewer@example.com", PASSWORD).await.ok();
    for _ in 0..15 {
        house.clock.advance(Duration::from_secs(11 * 3_600));
        browser.get("/api/auth/me").await.ok();
    }
    house.clock.advance(Duration::from_secs(11 * 3_600));
    browser
        .get("/api/auth/me")
        .await
        .refused(401, "unauthenticated");
}

//! `/api/auth/{me,password,sessions}`.

use super::{House, PASSWORD};
use crate::auth::permission::Role;
use serde_json::json;

const NEXT: &str = "another long password";

fn change(current: &str, password: &str, confirmation: &str) -> serde_json::Value {
    json!({ "current_password": current, "password": password, "password_confirmation": confirmation })
}

#[actix_web::test]
async fn a_new_password_ends_all_other_sessions_and_rotates_this_one() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    let mut other = house.stranger();
    other.sign_in("viewer@example.com", PASSWORD).await.ok();
    let before = browser.clone();
    let body = browser
        .post("/api/auth/password", change(PASSWORD, NEXT, NEXT))
        .await
        .ok();
    assert_eq!(body["must_change_password"], false);
    browser.get("/api/auth/me").await.ok();
    other
        .get("/api/auth/me")
        .await
        .refused(401, "unauthenticated");
    before
        .clone()
        .get("/api/auth/me")
        .await
        .refused(401, "unauthenticated");
    house
        .stranger()
        .sign_in("viewer@example.com", PASSWORD)
        .await
        .refused(401, "invalid_credentials");
    house
        .stranger()
        .sign_in("viewer@example.com", NEXT)
        .await
        .ok();
}

#[actix_web::test]
async fn the_first_password_is_changed_and_then_everything_works() {
    let house = House::open().await;
    let user = house.user_named("new", Role::Admin, true).await;
    let mut browser = house.stranger();
    browser.sign_in(&user.email, PASSWORD).await.ok();
    browser
        .get("/api/servers")
        .await
        .refused(403, "password_change_required");
    browser
        .post("/api/auth/password", change(PASSWORD, NEXT, NEXT))
        .await
        .ok();
    browser.get("/api/servers").await.ok();
}

#[actix_web::test]
async fn bad_passwords_are_named_by_field() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    let path = "/api/auth/password";
    browser
        .post(path, change("wrong wrong wrong", NEXT, NEXT))
        .await
        .wrong(&["current_password"]);
    browser
        .post(path, change(PASSWORD, "short", "short"))
        .await
        .wrong(&["password"]);
    browser
        .post(path, change(PASSWORD, NEXT, "something else"))
        .await
        .wrong(&["password_confirmation"]);
    browser
        .post(path, change(PASSWORD, PASSWORD, PASSWORD))
        .await
        .wrong(&["password"]);
    browser
        .post(path, json!({ "password": ["a"] }))
        .await
        .wrong(&["password"]);
    browser.get("/api/auth/me").await.ok();
}

#[actix_web::test]
async fn guessing_the_current_password_is_locked_out() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    for _ in 0..10 {
        browser
            .post(
                "/api/auth/password",
                change("wrong wrong wrong", NEXT, NEXT),
            )
            .await
            .wrong(&["current_password"]);
    }
    browser
        .post("/api/auth/password", change(PASSWORD, NEXT, NEXT))
        .await
        .refused(423, "locked");
}

#[actix_web::test]
async fn sessions_are_listed_and_ended_one_by_one_and_only_ones_own() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    let mut phone = house.stranger();
    phone
        .headers
        .push(("user-agent".to_owned(), "phone".to_owned()));
    phone.sign_in("viewer@example.com", PASSWORD).await.ok();
    let mut stranger = house.browser(Role::Admin).await;

    let list = browser.get("/api/auth/sessions").await.ok();
    assert_eq!(list["meta"]["total"], 2);
    let rows = list["data"].as_array().unwrap();
    let current: Vec<bool> = rows
        .iter()
        .map(|row| row["current"].as_bool().unwrap())
        .collect();
    assert_eq!(current.iter().filter(|current| **current).count(), 1);
    let phones = rows
        .iter()
        .find(|row| row["user_agent"] == "phone")
        .unwrap();
    let path = format!("/api/auth/sessions/{}", phones["id"].as_str().unwrap());

    stranger.delete(&path).await.refused(404, "not_found");
    assert_eq!(browser.delete(&path).await.status, 204);
    phone
        .get("/api/auth/me")
        .await
        .refused(401, "unauthenticated");
    browser.delete(&path).await.refused(404, "not_found");
    browser.get("/api/auth/me").await.ok();
}

//! `/api/users`.

use super::{House, PASSWORD};
use crate::auth::permission::Role;
use serde_json::json;

#[actix_web::test]
async fn an_account_is_made_changed_and_deleted() {
    let house = House::open().await;
    let mut admin = house.browser(Role::Admin).await;
    let new = json!({ "email": "Ann@Example.com", "name": "Ann", "role": "operator" });
    let answer = admin.post("/api/users", new).await;
    assert_eq!(answer.status, 201);
    let made = answer.ok();
    assert_eq!(made["email"], "ann@example.com");
    assert_eq!(made["must_change_password"], true);
    let first = made["initial_password"].as_str().unwrap().to_owned();
    let mut ann = house.stranger();
    ann.sign_in("ann@example.com", &first).await.ok();

    let path = format!("/api/users/{}", made["id"]);
    let changed = admin
        .patch(&path, json!({ "name": "Ann B", "role": "viewer" }))
        .await
        .ok();
    assert_eq!(
        (changed["name"].as_str(), changed["role"].as_str()),
        (Some("Ann B"), Some("viewer"))
    );
    ann.get("/api/auth/me")
        .await
        .refused(401, "unauthenticated");
    assert_eq!(admin.get(&path).await.ok()["name"], "Ann B");
    assert_eq!(
        admin.get("/api/users?sort=-email").await.ok()["meta"]["total"],
        2
    );

    assert_eq!(admin.delete(&path).await.status, 204);
    admin.get(&path).await.refused(404, "not_found");
    let log = house.security_log().await;
    for action in [
        "create_user",
        "update_user",
        "privilege_change",
        "delete_user",
    ] {
        assert!(
            log.iter().any(|logged| logged == action),
            "{action}: {log:?}"
        );
    }
}

#[actix_web::test]
async fn one_active_admin_always_remains() {
    let house = House::open().await;
    let mut admin = house.browser(Role::Admin).await;
    let me = admin.get("/api/auth/me").await.ok()["id"].clone();
    let path = format!("/api/users/{me}");
    admin
        .patch(&path, json!({ "role": "viewer" }))
        .await
        .refused(409, "last_admin");
    admin
        .patch(&path, json!({ "is_active": false }))
        .await
        .refused(409, "last_admin");
    admin.delete(&path).await.refused(409, "last_admin");
    admin.get(&path).await.ok();
}

#[actix_web::test]
async fn bad_accounts_are_named_by_field() {
    let house = House::open().await;
    let mut admin = house.browser(Role::Admin).await;
    let path = "/api/users";
    admin
        .post(path, json!({ "email": "x", "name": "", "role": "viewer" }))
        .await
        .wrong(&["email", "name"]);
    admin
        .post(
            path,
            json!({ "email": "a@b.c", "name": "A", "role": "root" }),
        )
        .await
        .wrong(&["role"]);
    let short = json!({ "email": "a@b.c", "name": "A", "role": "viewer", "password": "short" });
    admin.post(path, short).await.wrong(&["password"]);
    let mass = json!({ "email": "a@b.c", "name": "A", "role": "viewer", "id": 1 });
    admin.post(path, mass).await.wrong(&["id"]);
    let taken = json!({ "email": "ADMIN@example.com", "name": "A", "role": "viewer" });
    admin.post(path, taken).await.refused(409, "already_exists");
    admin
        .get("/api/users?sort=password_hash")
        .await
        .wrong(&["sort"]);
    admin.get("/api/users?limit=-1").await.wrong(&["query"]);
    admin.get("/api/users?limit=201").await.wrong(&["limit"]);
}

#[actix_web::test]
async fn whoever_a_policy_tells_is_not_deleted() {
    let house = House::open().await;
    let mut admin = house.browser(Role::Admin).await;
    let ann = house.user_named("ann", Role::Viewer, false).await;
    let policy = json!({ "name": "Ann first", "steps": [
        { "delay_seconds": 0, "channels": ["email"], "targets": { "users": [ann.id] } }] });
    admin.post("/api/escalation-policies", policy).await.ok();
    admin
        .delete(&format!("/api/users/{}", ann.id))
        .await
        .refused(409, "in_use");
}

#[actix_web::test]
async fn a_disabled_account_is_out_at_once() {
    let house = House::open().await;
    let mut admin = house.browser(Role::Admin).await;
    let mut viewer = house.browser(Role::Viewer).await;
    let id = viewer.get("/api/auth/me").await.ok()["id"].clone();
    admin
        .patch(&format!("/api/users/{id}"), json!({ "is_active": false }))
        .await
        .ok();
    viewer
        .get("/api/auth/me")
        .await
        .refused(401, "unauthenticated");
    house
        .stranger()
        .sign_in("viewer@example.com", PASSWORD)
        .await
        .refused(401, "invalid_credentials");
}

//! The walk over the route table: against the document, against strangers, against every role.

use super::{Answer, House, PASSWORD};
use crate::auth::permission::{Access, Permission, Role};
use crate::openapi;
use crate::router::{self, Endpoint};
use actix_web::http::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A path with something in its holes that is not there.
fn concrete(endpoint: &Endpoint) -> String {
    endpoint
        .path
        .replace("{id}", "999999")
        .replace("{inner_id}", "999999")
        .replace("{key}", "nothing")
        .replace("{provider}", "nothing")
        .replace("{secret}", "nothing")
        .replace("{token}", "nothing")
}

#[test]
fn the_document_has_exactly_the_routes_of_the_table() {
    let document = openapi::document().unwrap();
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            documented.insert((path.clone(), method.to_uppercase()));
            assert!(
                operation["summary"]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
                "{path}"
            );
        }
    }
    let table: BTreeSet<_> = router::table()
        .iter()
        .map(|endpoint| (endpoint.path.clone(), endpoint.method.to_string()))
        .collect();
    assert_eq!(documented, table);
    assert_eq!(table.len(), router::table().len(), "no route stands twice");
}

#[test]
fn every_permission_that_is_asked_for_is_documented() {
    let document = openapi::document().unwrap();
    for endpoint in router::table() {
        let method = endpoint.method.as_str().to_lowercase();
        let operation = &document["paths"][&endpoint.path][method];
        let responses = operation["responses"].as_object().unwrap();
        assert_eq!(
            responses.contains_key("401"),
            endpoint.access.needs_session() || endpoint.path.ends_with("login")
        );
        if let Access::With(permission) = endpoint.access {
            let text = operation["description"].as_str().unwrap();
            assert!(text.contains(permission.name()), "{}", endpoint.path);
        }
    }
}

#[actix_web::test]
async fn strangers_get_nothing_that_is_not_public() {
    let house = House::open().await;
    for endpoint in router::table() {
        let mut stranger = house.stranger();
        let answer = stranger
            .call(
                endpoint.method.clone(),
                &concrete(&endpoint),
                Some(json!({})),
            )
            .await;
        if endpoint.access.needs_session() {
            answer.refused(401, "unauthenticated");
        } else {
            assert_ne!(
                answer.json_or_null()["error"],
                "unauthenticated",
                "{}",
                endpoint.path
            );
        }
    }
}

#[actix_web::test]
async fn each_role_passes_exactly_where_it_is_granted() {
    let house = House::open().await;
    for role in Role::ALL {
        let browser = house.browser(role).await;
        for endpoint in router::table() {
            let Access::With(permission) = endpoint.access else {
                continue;
            };
            let mut page = browser.clone();
            let answer = page
                .call(
                    endpoint.method.clone(),
                    &concrete(&endpoint),
                    Some(json!({})),
                )
                .await;
            let refused = answer.status == 403;
            let at = format!(
                "{role:?} {} {}: {}",
                endpoint.method, endpoint.path, answer.text
            );
            assert_eq!(refused, !role.grants(permission), "{at}");
            assert_ne!(answer.status, 500, "{at}");
        }
    }
}

#[actix_web::test]
async fn whoever_has_the_first_password_can_only_change_it() {
    let house = House::open().await;
    let user = house.user_named("new", Role::Admin, true).await;
    let mut browser = house.stranger();
    let me = browser.sign_in(&user.email, PASSWORD).await.ok();
    assert_eq!(me["user"]["must_change_password"], true);
    for endpoint in router::table() {
        let mut page = browser.clone();
        if !matches!(
            endpoint.access,
            Access::Session | Access::Wall | Access::With(_)
        ) {
            continue;
        }
        page.call(
            endpoint.method.clone(),
            &concrete(&endpoint),
            Some(json!({})),
        )
        .await
        .refused(403, "password_change_required");
    }
    browser.get("/api/auth/me").await.ok();
}

#[actix_web::test]
async fn calls_that_change_something_show_the_token_of_their_session() {
    let house = House::open().await;
    let admin = house.browser(Role::Admin).await;
    for endpoint in router::table() {
        if endpoint.method == Method::GET || !endpoint.access.needs_session() {
            continue;
        }
        let mut silent = admin.clone();
        silent.csrf = false;
        silent
            .call(
                endpoint.method.clone(),
                &concrete(&endpoint),
                Some(json!({})),
            )
            .await
            .refused(419, "csrf_mismatch");
        // A token that a foreign page made up, cookie and header alike, is not that of the session.
        let mut forged = silent.clone();
        forged
            .cookies
            .retain(|cookie| cookie.name() != "XSRF-TOKEN");
        forged
            .cookies
            .push(actix_web::cookie::Cookie::new("XSRF-TOKEN", "made-up"));
        forged
            .headers
            .push(("X-XSRF-TOKEN".to_owned(), "made-up".to_owned()));
        forged
            .call(
                endpoint.method.clone(),
                &concrete(&endpoint),
                Some(json!({})),
            )
            .await
            .refused(419, "csrf_mismatch");
    }
}

#[actix_web::test]
async fn unknown_paths_and_methods_are_told_apart() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    browser.get("/api/nothing").await.refused(404, "not_found");
    browser
        .get("/api/servers/1/nothing")
        .await
        .refused(404, "not_found");
    browser
        .put("/api/servers", json!({}))
        .await
        .refused(405, "method_not_allowed");
    for path in [
        "/api/..%2f..%2fetc/passwd",
        "/api/servers/%00",
        "/api/servers/..%252f",
    ] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.text);
    }
}

#[actix_web::test]
async fn ids_that_nothing_has_are_not_found() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Admin).await;
    for id in [
        "0",
        "-1",
        "+1",
        "abc",
        "9223372036854775807",
        "9223372036854775808",
        "1e3",
        "1.0",
    ] {
        for path in ["servers", "incidents", "users"] {
            browser
                .get(&format!("/api/{path}/{id}"))
                .await
                .refused(404, "not_found");
        }
    }
}

#[actix_web::test]
async fn bad_bodies_are_told_what_is_wrong_and_break_nothing() {
    let house = House::open().await;
    let browser = house.browser(Role::Admin).await;
    let json_type = "application/json";
    let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    let cases: [(&str, Vec<u8>, u16); 11] = [
        (json_type, b"".to_vec(), 400),
        (json_type, b"{".to_vec(), 400),
        (json_type, b"\xff\xfe{\x00}\x00".to_vec(), 400),
        (json_type, b"{\"name\":\"\\ud800\"}".to_vec(), 400),
        (json_type, deep, 422),
        (json_type, b"null".to_vec(), 422),
        (json_type, b"[]".to_vec(), 422),
        (json_type, b"{\"name\":\"a\",\"name\":\"b\"}".to_vec(), 422),
        (
            json_type,
            b"{\"name\":\"a\",\"is_admin\":true}".to_vec(),
            422,
        ),
        (json_type, vec![b' '; 1024 * 1024 + 1], 413),
        ("text/plain", b"{}".to_vec(), 415),
    ];
    for (content_type, body, status) in cases {
        let shown = String::from_utf8_lossy(body.get(..40).unwrap_or(&body)).into_owned();
        let mut page = browser.clone();
        let answer = page
            .send(
                Method::POST,
                "/api/registration-tokens",
                Some((content_type, body)),
            )
            .await;
        assert_eq!(answer.status.as_u16(), status, "{shown}: {}", answer.text);
        assert!(answer.json()["error"].is_string(), "{shown}");
    }
    let mut page = browser.clone();
    page.post("/api/registration-tokens", json!({ "name": "web-01" }))
        .await
        .ok();
}

#[test]
fn every_permission_is_used_by_a_route_or_named_for_later() {
    let used: BTreeSet<&str> = router::table()
        .iter()
        .filter_map(|endpoint| match endpoint.access {
            Access::With(permission) => Some(permission.name()),
            _ => None,
        })
        .collect();
    let unused: Vec<&str> = Permission::ALL
        .iter()
        .map(|permission| permission.name())
        .filter(|name| !used.contains(name))
        .collect();
    // The health page asks for the last two; customers' addresses and reports come with their pages.
    assert_eq!(
        unused,
        [
            "reports.export",
            "mail.pii",
            "dashboard.admin.view",
            "security.manage"
        ]
    );
}

impl Answer {
    fn json_or_null(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }
}

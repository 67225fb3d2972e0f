//! Everything that is not the API: the page, its headers, the documentation.

use super::House;
use crate::auth::permission::Role;
use crate::config::PublicUrl;
use serde_json::json;

#[actix_web::test]
async fn every_path_of_the_page_is_the_page() {
    let house = House::open().await;
    let mut browser = house.stranger();
    for path in ["/", "/servers", "/incidents/7", "/settings/alert-rules"] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(
            answer
                .headers
                .get("content-type")
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with("text/html")
        );
        assert!(answer.text.to_lowercase().contains("<!doctype html>"));
    }
    assert_eq!(browser.get("/assets/gone.js").await.status, 404);
    assert_eq!(browser.get("/assets/../Cargo.toml").await.status, 404);
    assert_eq!(browser.post("/servers", json!({})).await.status, 405);
}

#[actix_web::test]
async fn answers_to_browsers_are_locked_down() {
    let house = House::open_with(|config| {
        config.http.public_url =
            Some(PublicUrl::try_from("https://noc.example.com".to_owned()).unwrap());
    })
    .await;
    let mut browser = house.browser(Role::Viewer).await;
    for path in [
        "/",
        "/api/servers",
        "/api/nothing",
        "/api/docs/index.html",
        "/runtime-config.js",
    ] {
        let answer = browser.get(path).await;
        let header = |name: &str| {
            let value = answer
                .headers
                .get(name)
                .unwrap_or_else(|| panic!("{path}: {name}"));
            value.to_str().unwrap().to_owned()
        };
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("x-frame-options"), "DENY");
        assert_eq!(header("referrer-policy"), "same-origin");
        assert!(header("strict-transport-security").starts_with("max-age="));
        let policy = header("content-security-policy");
        assert!(policy.contains("script-src 'self';"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    }
    assert_eq!(
        browser
            .get("/api/servers")
            .await
            .headers
            .get("cache-control")
            .unwrap(),
        "no-store"
    );
}

#[actix_web::test]
async fn the_document_and_its_page_are_served() {
    let house = House::open().await;
    let mut browser = house.stranger();
    let document = browser.get("/api/openapi.json").await.ok();
    assert_eq!(document["openapi"], "3.1.0");
    let page = browser.get("/api/docs/").await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(
        !page.text.contains("https://"),
        "nothing is loaded from elsewhere: {}",
        page.text
    );
    let script = browser.get("/runtime-config.js").await;
    assert!(
        script
            .text
            .contains(r#"window.__NOC_REVERB_KEY__ = "live-key";"#),
        "{}",
        script.text
    );
}

#[actix_web::test]
async fn answers_are_compressed_for_those_who_ask() {
    let house = House::open().await;
    let mut browser = house.stranger();
    browser
        .headers
        .push(("accept-encoding".to_owned(), "gzip".to_owned()));
    for path in ["/", "/api/openapi.json"] {
        let answer = browser.get(path).await;
        assert_eq!(
            answer.headers.get("content-encoding").unwrap(),
            "gzip",
            "{path}"
        );
    }
}

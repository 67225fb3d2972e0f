//! Installers and agents, served with our own address filled in.
//!
//! The files are embedded at build time from `agent-scripts/`. An agent runs nothing that it is sent later: these are
//! fetched by whoever installs, and by nobody else.

use crate::error::ApiError;
use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, ContentType};
use actix_web::web::{self, Data, ServiceConfig};
use rust_embed::RustEmbed;

/// What stands in the scripts where our address belongs.
const PLACEHOLDER: &str = "@NOC_PUBLIC_URL@";

#[derive(RustEmbed)]
#[folder = "../agent-scripts/linux/"]
struct Linux;

/// The address that the scripts are given, without a trailing slash.
#[derive(Debug, Clone)]
pub struct PublicAddress(pub String);

/// The routes; they expect `web::Data<PublicAddress>`.
pub fn configure(service: &mut ServiceConfig) {
    service
        .route(
            "/install.sh",
            web::get()
                .to(|address: Data<PublicAddress>| async move { linux("install.sh", &address) }),
        )
        .route("/agent/{file}", web::get().to(agent));
}

async fn agent(
    file: web::Path<String>,
    address: Data<PublicAddress>,
) -> Result<HttpResponse, ApiError> {
    match file.as_str() {
        name @ ("agent.sh" | "agent-hosting.sh" | "uninstall.sh") => linux(name, &address),
        _ => Err(ApiError::NotFound("agent file")),
    }
}

fn linux(name: &str, address: &PublicAddress) -> Result<HttpResponse, ApiError> {
    let file = Linux::get(name).ok_or(ApiError::NotFound("agent file in this build"))?;
    let text = String::from_utf8_lossy(&file.data).replace(PLACEHOLDER, &address.0);
    Ok(HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::{App, test};

    async fn get(path: &str) -> (u16, String) {
        let app = App::new()
            .app_data(Data::new(PublicAddress("https://noc.example.com".into())))
            .configure(configure);
        let app = test::init_service(app).await;
        let answer =
            test::call_service(&app, test::TestRequest::get().uri(path).to_request()).await;
        let status = answer.status().as_u16();
        let body = test::read_body(answer).await;
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[actix_web::test]
    async fn scripts_carry_our_address() {
        for path in ["/install.sh", "/agent/agent.sh", "/agent/uninstall.sh"] {
            let (status, body) = get(path).await;
            assert_eq!(status, 200, "{path}");
            assert!(body.starts_with("#!/usr/bin/env bash\n"), "{path}");
            assert!(!body.contains(PLACEHOLDER), "{path}");
        }
        assert!(
            get("/install.sh")
                .await
                .1
                .contains("url='https://noc.example.com'")
        );
    }

    #[actix_web::test]
    async fn nothing_else_is_served() {
        for path in [
            "/agent/..%2f..%2fCargo.toml",
            "/agent/%2e%2e/README.md",
            "/agent/agent.sh%00",
            "/agent/..%252fagent.sh",
            "/agent/nothing.sh",
        ] {
            assert_eq!(get(path).await.0, 404, "{path}");
        }
    }
}

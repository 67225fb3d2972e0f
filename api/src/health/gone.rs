//! What this platform never does: it watches. These paths once acted on servers; they answer 410 to everybody alike.

use crate::config::Cidr;
use crate::error::ApiError;
use crate::http::ClientAddress;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

/// The paths, below `/api/servers/{id}/`.
const PATHS: &[&str] = &[
    "services/restart",
    "services/stop",
    "services/start",
    "exec",
    "reboot",
    "accounts/{account}/suspend",
    "accounts/{account}/unsuspend",
    "firewall/block",
    "firewall/unblock",
    "firewall/rules",
];

/// Proxies whose word on a client's address is taken.
#[derive(Debug, Clone)]
pub struct TrustedProxies(pub Vec<Cidr>);

/// The routes, for every method; they expect `web::Data<TrustedProxies>`.
pub fn configure(service: &mut ServiceConfig) {
    for path in PATHS {
        service.service(web::resource(format!("/api/servers/{{id}}/{path}")).to(gone));
    }
}

async fn gone(
    request: HttpRequest,
    trusted: Data<TrustedProxies>,
) -> Result<HttpResponse, ApiError> {
    tracing::warn!(
        method = %request.method(),
        path = request.path(),
        client = %ClientAddress::of(&request, &trusted.0).0,
        "a call that this platform never serves"
    );
    Err(ApiError::MonitoringOnly(
        "this platform only watches: it never acts on a server. Copy the command from the dashboard and run it there"
            .to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::Method;
    use actix_web::{App, test};

    #[actix_web::test]
    async fn every_method_on_every_path_is_gone() {
        let app = App::new()
            .app_data(Data::new(TrustedProxies(Vec::new())))
            .configure(configure);
        let app = test::init_service(app).await;
        for path in PATHS {
            let path = format!("/api/servers/7/{}", path.replace("{account}", "alice"));
            for method in [
                Method::GET,
                Method::POST,
                Method::PUT,
                Method::PATCH,
                Method::DELETE,
            ] {
                let request = test::TestRequest::with_uri(&path).method(method.clone());
                let answer = test::call_service(&app, request.to_request()).await;
                assert_eq!(answer.status(), 410, "{method} {path}");
                let body: serde_json::Value = test::read_body_json(answer).await;
                assert_eq!(body["error"], "monitoring_only", "{method} {path}");
            }
        }
    }
}

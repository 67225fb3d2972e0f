//! One line a request, without secrets.

use crate::config::Cidr;
use crate::http::ClientAddress;
use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use noc_pipeline::clock::Stopwatch;
use std::sync::Arc;

/// Query parameters that are secrets.
const SECRET_PARAMETERS: &[&str] = &["token", "hub.verify_token"];

/// Which requests are logged, and whose word on addresses is taken.
#[derive(Debug, Clone)]
pub struct AccessLog {
    /// Whether any is.
    pub enabled: bool,
    /// Proxies whose word is taken.
    pub trusted: Arc<Vec<Cidr>>,
}

/// Logs the request once it is answered. Agents' posts are counted elsewhere and load balancers' looks mean nothing:
/// both are left out.
pub async fn log<B: MessageBody>(
    settings: AccessLog,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let path = request.path();
    let quiet = path.starts_with("/api/agent/") || matches!(path, "/livez" | "/readyz");
    if quiet || !settings.enabled {
        return next.call(request).await;
    }
    let watch = Stopwatch::start();
    let client = ClientAddress::of(request.request(), &settings.trusted).0;
    let target = redact(path, request.query_string());
    let method = request.method().clone();
    let answer = next.call(request).await;
    let status = match &answer {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    tracing::info!(
        target: "noc::access",
        %client, %method, target, status = status.as_u16(),
        took_ms = watch.elapsed().as_millis(),
    );
    answer
}

fn redact(path: &str, query: &str) -> String {
    let path = &without_secret(path);
    if query.is_empty() {
        return path.to_owned();
    }
    let shown: Vec<String> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, _)) if is_secret(name) => format!("{name}=REDACTED"),
            _ => pair.to_owned(),
        })
        .collect();
    format!("{path}?{}", shown.join("&"))
}

/// Links and callbacks carry theirs in the path.
fn without_secret(path: &str) -> String {
    let hidden = |prefix: &str| {
        path.strip_prefix(prefix)
            .map(|_| format!("{prefix}REDACTED"))
    };
    if let Some(shown) = hidden("/ack/") {
        return shown;
    }
    match path
        .strip_prefix("/hooks/")
        .and_then(|rest| rest.split_once('/'))
    {
        Some((provider, _)) => format!("/hooks/{provider}/REDACTED"),
        None => path.to_owned(),
    }
}

/// Names may be written with percent signs: what does not look plain is taken for a secret.
fn is_secret(name: &str) -> bool {
    name.contains('%')
        || SECRET_PARAMETERS
            .iter()
            .any(|secret| secret.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::redact;

    #[test]
    fn tokens_are_not_logged() {
        assert_eq!(redact("/health", "token=abc"), "/health?token=REDACTED");
        assert_eq!(
            redact("/health", "a=1&Token=abc&b"),
            "/health?a=1&Token=REDACTED&b"
        );
        assert_eq!(redact("/health", "tok%65n=abc"), "/health?tok%65n=REDACTED");
        assert_eq!(redact("/health", ""), "/health");
        assert_eq!(redact("/ack/AbC_9", ""), "/ack/REDACTED");
        assert_eq!(redact("/ack/AbC/9", "a=1"), "/ack/REDACTED?a=1");
        assert_eq!(redact("/hooks/waha/s3cret", ""), "/hooks/waha/REDACTED");
        assert_eq!(
            redact(
                "/hooks/whatsapp/s3cret",
                "hub.verify_token=s3cret&hub.mode=x"
            ),
            "/hooks/whatsapp/REDACTED?hub.verify_token=REDACTED&hub.mode=x"
        );
    }
}

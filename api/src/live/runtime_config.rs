//! `/runtime-config.js`: where the page finds the API and the live connection.

use crate::config::Live;
use crate::state::AppState;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpResponse, get, web};

/// A script that sets the five `window.__NOC_*__` values. What is not configured is the page's own origin.
#[utoipa::path(tag = "live", responses((status = 200, description = "The script", body = String, content_type = "text/javascript")))]
#[get("/runtime-config.js")]
pub async fn runtime_config(state: web::Data<AppState>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/javascript; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(script(&state.config.live, &state.live.key))
}

fn script(live: &Live, key: &str) -> String {
    let text = |value: &str| serde_json::Value::from(value).to_string();
    let host = live
        .host
        .as_deref()
        .map_or_else(|| "window.location.hostname".to_owned(), text);
    let secure = "window.location.protocol === 'https:'";
    let scheme = match live.scheme.as_deref() {
        Some("https" | "wss") => "'wss'".to_owned(),
        Some(_) => "'ws'".to_owned(),
        None => format!("{secure} ? 'wss' : 'ws'"),
    };
    let port = match (live.port, live.host.is_some()) {
        (Some(port), _) => port.to_string(),
        (None, false) => format!("Number(window.location.port) || ({secure} ? 443 : 80)"),
        (None, true) => "window.__NOC_REVERB_SCHEME__ === 'wss' ? 443 : 80".to_owned(),
    };
    format!(
        "window.__NOC_API_BASE__ = '/api';\n\
         window.__NOC_REVERB_KEY__ = {};\n\
         window.__NOC_REVERB_HOST__ = {host};\n\
         window.__NOC_REVERB_SCHEME__ = {scheme};\n\
         window.__NOC_REVERB_PORT__ = {port};\n",
        text(key)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn what_is_not_configured_is_the_pages_own_origin() {
        let script = script(&Config::default().live, "k\"ey");
        assert!(
            script.contains(r#"__NOC_REVERB_KEY__ = "k\"ey";"#),
            "{script}"
        );
        assert!(
            script.contains("__NOC_REVERB_HOST__ = window.location.hostname;"),
            "{script}"
        );
        for name in ["API_BASE", "KEY", "HOST", "PORT", "SCHEME"] {
            assert!(script.contains(name), "{name}");
        }
    }

    #[test]
    fn what_is_configured_is_said() {
        let live = Live {
            host: Some("live.example.com".to_owned()),
            scheme: Some("https".to_owned()),
            ..Config::default().live
        };
        let script = script(&live, "key");
        assert!(
            script.contains(r#"__NOC_REVERB_HOST__ = "live.example.com";"#),
            "{script}"
        );
        assert!(
            script.contains("__NOC_REVERB_SCHEME__ = 'wss';"),
            "{script}"
        );
        assert!(script.contains("? 443 : 80;"), "{script}");
    }
}

//! The dashboard: files built from `frontend/`, in the binary.
//!
//! Every path that is no file of it gets the page itself, which finds its way by the URL. Files under `assets/` carry
//! a hash in their name and may be kept for ever. Where `frontend/` was not built, `build.rs` makes a
//! plain page that says so, and that is embedded: there always is a page.

use crate::error::ApiError;
use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use actix_web::{HttpRequest, HttpResponse};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../frontend/dist"]
struct Files;

const PAGE: &str = "index.html";

/// Answers any path: a file, or the page.
///
/// # Errors
/// 404 for files that are not there, 405 for anything but reading.
pub async fn serve(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(ApiError::MethodNotAllowed(request.method().to_string()));
    }
    let path = request.path().trim_start_matches('/');
    if let Some(file) = Files::get(path) {
        return Ok(answer(&request, path, file));
    }
    // A missing script must not be answered with a page: the browser would try to run it.
    if path.starts_with("assets/") {
        return Err(ApiError::NotFound("file"));
    }
    let page = Files::get(PAGE).ok_or(ApiError::NotFound("page"))?;
    Ok(answer(&request, PAGE, page))
}

fn answer(request: &HttpRequest, path: &str, file: rust_embed::EmbeddedFile) -> HttpResponse {
    let etag = format!("\"{}\"", hex::encode(file.metadata.sha256_hash()));
    let keep = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let known = request
        .headers()
        .get(IF_NONE_MATCH)
        .is_some_and(|tag| tag.as_bytes() == etag.as_bytes());
    if known {
        return HttpResponse::NotModified()
            .insert_header((ETAG, etag))
            .insert_header((CACHE_CONTROL, keep))
            .finish();
    }
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, file.metadata.mimetype().to_owned()))
        .insert_header((ETAG, etag))
        .insert_header((CACHE_CONTROL, keep))
        .body(file.data.into_owned())
}

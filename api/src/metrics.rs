//! Our own metrics, on a listener of their own: whoever may reach it sees numbers, and nothing else.

use actix_web::dev::Server;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse, HttpServer};
pub use prometheus::Registry;
use prometheus::process_collector::ProcessCollector;
use prometheus::{Encoder, TextEncoder};
use std::io;
use std::net::SocketAddr;

/// Adds what the process itself tells: CPU, memory, file descriptors.
///
/// # Errors
/// When they are registered already.
pub fn register_process(registry: &Registry) -> Result<(), prometheus::Error> {
    registry.register(Box::new(ProcessCollector::for_self()))
}

/// Serves `/metrics` at `bind`, with one worker; the caller runs it. Answers with the address it got.
///
/// # Errors
/// When the address cannot be had.
pub fn listen(registry: Registry, bind: SocketAddr) -> io::Result<(Server, SocketAddr)> {
    let registry = Data::new(registry);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(Data::clone(&registry))
            .route("/metrics", web::get().to(show))
    })
    .workers(1)
    .disable_signals()
    .shutdown_timeout(1)
    .bind(bind)?;
    let address = server.addrs().first().copied().unwrap_or(bind);
    Ok((server.run(), address))
}

async fn show(registry: Data<Registry>) -> HttpResponse {
    let encoder = TextEncoder::new();
    let mut body = Vec::with_capacity(16 * 1024);
    match encoder.encode(&registry.gather(), &mut body) {
        Ok(()) => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, encoder.format_type()))
            .body(body),
        Err(error) => {
            tracing::error!(%error, "metrics cannot be written");
            HttpResponse::InternalServerError().finish()
        }
    }
}

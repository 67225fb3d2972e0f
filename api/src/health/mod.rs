//! Whether we are well: for load balancers, for outside checks, for people.
//!
//! * `/livez`: the process answers. Empty, open to all.
//! * `/readyz`: requests may be sent here. Red while starting and from the first moment of a shutdown, while log or
//!   database do not answer, and on a node that takes payloads while its clock is over 2 s off the database's. Open to
//!   all; empty, or the reasons a line each, without internals; looks at most once a second.
//! * `/health`, `/health/db`: each check with its outcome; for the holder of the health token and for administrators.

mod access;
pub mod checks;
mod gone;

pub use gone::TrustedProxies;

use crate::config::Secret;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use checks::{Check, Subjects};
use noc_pipeline::clock::UnixMs;
use parking_lot::Mutex;
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A look at log and database is good for so long.
const LOOK_EVERY_MS: i64 = 1_000;

/// Whether requests may be sent here.
#[derive(Debug, Default)]
pub struct Readiness {
    serving: AtomicBool,
    last_look: Mutex<Option<(UnixMs, Vec<String>)>>,
}

impl Readiness {
    /// From now on, or no longer.
    pub fn set(&self, serving: bool) {
        self.serving.store(serving, Ordering::SeqCst);
    }

    /// Why no requests may be sent here; none: they may.
    async fn look(&self, subjects: &Subjects) -> Vec<String> {
        let not_serving = || vec!["starting or stopping".to_owned()];
        if !self.serving.load(Ordering::SeqCst) {
            return not_serving();
        }
        let now = subjects.parts.clock.now();
        let last = self.last_look.lock().clone();
        if let Some((at, reasons)) = last
            && (0..LOOK_EVERY_MS).contains(&(now.0 - at.0))
        {
            return reasons;
        }
        let (database, log) = tokio::join!(
            checks::database(&subjects.parts.db),
            checks::log(&subjects.parts)
        );
        let mut reasons = Vec::new();
        for check in [database, log] {
            if !check.ok {
                reasons.push(format!("{} does not answer", check.name));
            }
        }
        reasons.extend(checks::clock(subjects).detail);
        *self.last_look.lock() = Some((now, reasons.clone()));
        if self.serving.load(Ordering::SeqCst) {
            reasons
        } else {
            not_serving()
        }
    }
}

/// What the handlers need, as `web::Data<Health>`.
pub struct Health {
    /// What is looked at.
    pub subjects: Subjects,
    /// Opens `/health`.
    pub token: Option<Secret>,
    /// Whether requests may be sent here.
    pub readiness: Arc<Readiness>,
}

/// The routes; they expect `web::Data<Health>` and `web::Data<TrustedProxies>`.
pub fn configure(service: &mut ServiceConfig) {
    service
        .route(
            "/livez",
            web::get().to(|| async { HttpResponse::Ok().finish() }),
        )
        .route("/readyz", web::get().to(readyz))
        .route("/health", web::get().to(all))
        .route("/health/db", web::get().to(database))
        .configure(gone::configure);
}

async fn readyz(health: Data<Health>) -> HttpResponse {
    let reasons = health.readiness.look(&health.subjects).await;
    if reasons.is_empty() {
        HttpResponse::Ok().finish()
    } else {
        HttpResponse::ServiceUnavailable()
            .content_type("text/plain; charset=utf-8")
            .body(reasons.join("\n"))
    }
}

#[derive(Serialize)]
struct Report {
    status: &'static str,
    checks: Vec<Check>,
}

async fn all(request: HttpRequest, health: Data<Health>) -> HttpResponse {
    if let Err(refusal) = access::check(&request, &health).await {
        return refusal;
    }
    answer(checks::all(&health.subjects).await)
}

async fn database(request: HttpRequest, health: Data<Health>) -> HttpResponse {
    if let Err(refusal) = access::check(&request, &health).await {
        return refusal;
    }
    answer(vec![checks::database(&health.subjects.parts.db).await])
}

fn answer(checks: Vec<Check>) -> HttpResponse {
    let well = checks.iter().all(|check| check.ok);
    let mut response = if well {
        HttpResponse::Ok()
    } else {
        HttpResponse::ServiceUnavailable()
    };
    response
        .insert_header(("cache-control", "no-store"))
        .json(Report {
            status: if well { "ok" } else { "failing" },
            checks,
        })
}

//! The way in: agents enrol and post.
//!
//! A request passes, in this order and turning back at the first that refuses: [`agents`] (who is it; 401), its rate
//! ([`limits`]; 429), [`body`] (size, type, compression; 413, 415), the server's switch (disabled: accepted and
//! thrown away), validation (400, 422), repeats (counted, not stored again), and one append to the log (503 when it
//! cannot take it). Only then comes the 202: what it counts is durable.
//!
//! A request takes no lock that another server's could hold, and touches no database: secrets' hashes are in memory.

mod agents;
mod answer;
mod body;
mod limits;
mod post;
mod recent;
mod refused;
mod register;
mod telemetry;

pub use agents::{Agents, AgentsError, keep_current};
pub use limits::FailedAuthentications;
pub use telemetry::IngestMetrics;

use self::refused::RefusedFields;
use crate::config::{self, Cidr};
use crate::error::ApiError;
use crate::http::ClientAddress;
use actix_web::HttpRequest;
use actix_web::web::{self, ServiceConfig};
use noc_actors::Parts;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// Everything a request needs, shared by all workers.
pub struct Ingest {
    parts: Parts,
    agents: Arc<Agents>,
    failed: FailedAuthentications,
    metrics: IngestMetrics,
    refused: RefusedFields,
    max_wire_bytes: usize,
    max_decoded_bytes: usize,
    append_timeout: Duration,
    trusted_proxies: Vec<Cidr>,
}

impl Ingest {
    /// With these parts and settings; its metrics go to the parts' registry. `trusted_proxies` tell clients'
    /// addresses.
    ///
    /// # Errors
    /// When the metrics are registered already: one ingest a process.
    pub fn new(
        parts: Parts,
        agents: Arc<Agents>,
        settings: &config::Ingest,
        trusted_proxies: Vec<Cidr>,
    ) -> Result<Self, prometheus::Error> {
        Ok(Self {
            metrics: IngestMetrics::register(&parts.registry)?,
            failed: FailedAuthentications::new(
                settings.failed_auth_rate,
                settings.failed_auth_burst,
            ),
            refused: RefusedFields::default(),
            max_wire_bytes: settings.max_wire_bytes,
            max_decoded_bytes: settings.max_decoded_bytes,
            append_timeout: Duration::from_millis(settings.append_timeout_ms),
            trusted_proxies,
            parts,
            agents,
        })
    }

    /// Who may speak for which server.
    #[must_use]
    pub const fn agents(&self) -> &Arc<Agents> {
        &self.agents
    }

    /// Addresses that failed to authenticate.
    #[must_use]
    pub const fn failed(&self) -> &FailedAuthentications {
        &self.failed
    }

    /// Stores how many fields of which server were refused since the last time; says so in the log when it cannot, and
    /// keeps them.
    pub async fn store_refused(&self) {
        if let Err(error) = self.refused.store(&self.parts.db).await {
            tracing::warn!(%error, "counts of refused fields are not stored yet");
        }
    }

    fn client(&self, request: &HttpRequest) -> IpAddr {
        ClientAddress::of(request, &self.trusted_proxies).0
    }

    /// Whether the client's address may still fail; asked before anything that a failure would make us pay for.
    fn ask(&self, address: IpAddr) -> Result<(), ApiError> {
        self.failed
            .ask(address)
            .map_err(|retry_after| ApiError::TooManyRequests { retry_after })
    }

    /// Counts a failure of the client's address; too many, and it is told to wait instead of why it was refused.
    fn count(&self, address: IpAddr) -> Result<(), ApiError> {
        self.failed
            .count(address)
            .map_err(|retry_after| ApiError::TooManyRequests { retry_after })
    }
}

/// The routes; they expect `web::Data<Ingest>`.
pub fn configure(service: &mut ServiceConfig) {
    service
        .service(
            web::resource("/api/agent/register")
                .route(web::post().to(register::register))
                .default_service(web::to(answer::method_not_allowed)),
        )
        .service(
            web::resource("/api/agent/batch")
                .route(web::post().to(post::batch))
                .default_service(web::to(answer::method_not_allowed)),
        )
        .service(
            web::resource("/api/agent/{kind}")
                .route(web::post().to(post::single))
                .default_service(web::to(answer::method_not_allowed)),
        );
}

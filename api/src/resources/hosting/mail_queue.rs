//! `/api/servers/{id}/mail-queue`, `/api/hosting/mail-queue`: what waits in mail queues.

use super::view::{Seen, View, of_fleet, of_server};
use super::{FleetQuery, ServerRef};
use crate::error::{ApiError, ErrorBody};
use crate::http::{Id, List, Query};
use crate::resources::probe::Probe;
use crate::state::AppState;
use actix_web::{get, web};
use noc_pipeline::payload::{Kind, Payload};
use noc_storage::series::trend;
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// One sender's part of a queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct QueueSender {
    /// Domain of the sender's address; empty for bounces.
    pub domain: String,
    /// Messages.
    pub count: Option<u64>,
}

/// The mail queue of a host as last reported.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ServerMailQueue {
    /// Where the report stands.
    pub probe: Probe,
    /// `exim`, `postfix` ...
    pub mta: Option<String>,
    /// Messages in the queue.
    pub total: Option<u64>,
    /// Messages that are not tried any more.
    pub frozen: Option<u64>,
    /// Messages put off at least once.
    pub deferred: Option<u64>,
    /// By how much the deferred messages grow in an hour, by the trend of the last two hours; negative while they are delivered, null before there is a trend.
    pub deferred_per_h: Option<f64>,
    /// Age of the oldest message, seconds.
    pub oldest_age_s: Option<u64>,
    /// Bounces in the last hour.
    pub bounces_1h: Option<u64>,
    /// Who has most messages in the queue, the largest first.
    pub top_senders: Vec<QueueSender>,
}

/// A row of the fleet's mail queues.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HostMailQueue {
    /// Whose.
    pub server: ServerRef,
    /// Its queue.
    #[serde(flatten)]
    pub queue: ServerMailQueue,
}

impl View for ServerMailQueue {
    const KIND: Kind = Kind::MailQueue;
    const FIELDS: &'static [&'static str] = &["deferred"];
    const SPAN: Duration = Duration::from_secs(2 * 3_600);

    fn of(seen: Seen<'_>) -> Self {
        let queue = match seen.latest.and_then(|latest| latest.report.data()) {
            Some(Payload::MailQueue(queue)) => Some(queue),
            _ => None,
        };
        let deferred: Vec<_> = seen.recent.iter().flat_map(|r| r.points(0)).collect();
        let senders = queue.map_or(&[][..], |queue| &queue.top_senders);
        Self {
            probe: Probe::of(Self::KIND, seen.latest, seen.now),
            mta: queue.map(|q| q.mta.clone()),
            total: queue.and_then(|q| q.total),
            frozen: queue.and_then(|q| q.frozen),
            deferred: queue.and_then(|q| q.deferred),
            deferred_per_h: queue.and_then(|_| trend::per_hour(&deferred)),
            oldest_age_s: queue.and_then(|q| q.oldest_age_s),
            bounces_1h: queue.and_then(|q| q.bounces_1h),
            top_senders: senders
                .iter()
                .map(|sender| QueueSender {
                    domain: sender.domain.clone(),
                    count: sender.count,
                })
                .collect(),
        }
    }
}

/// The mail queue of a host as last reported.
#[utoipa::path(tag = "servers", params(("id" = i64, Path, description = "Server")),
    responses((status = 200, body = ServerMailQueue), (status = 404, body = ErrorBody)))]
#[get("/api/servers/{id}/mail-queue")]
pub async fn server_mail_queue(
    state: web::Data<AppState>,
    id: Id,
) -> Result<web::Json<ServerMailQueue>, ApiError> {
    of_server(&state, id).await
}

/// Mail queues of the fleet.
///
/// Orders: `-frozen` (the default, the most frozen messages first), `deferred`, `oldest_age_s`, `name`, `observed_at`.
#[utoipa::path(tag = "hosting", params(FleetQuery), responses((status = 200, body = List<HostMailQueue>)))]
#[get("/api/hosting/mail-queue")]
pub async fn hosting_mail_queue(
    state: web::Data<AppState>,
    query: Query<FleetQuery>,
) -> Result<web::Json<List<HostMailQueue>>, ApiError> {
    of_fleet(&state, &query.0, "-frozen", |server, queue| HostMailQueue {
        server,
        queue,
    })
    .await
}

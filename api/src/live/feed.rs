//! From the bus to the pages: each event is rendered once, and only while somebody hears it.

use crate::auth::session;
use crate::config::Config;
use crate::http::masked;
use crate::live::channel::Channel;
use crate::live::hub::{Bodies, Hub};
use crate::resources::hosting::{self, View, mail_abuse};
use crate::resources::servers::{self, MetricsReceived, measurements};
use crate::resources::{incidents, notification_deliveries};
use noc_actors::Parts;
use noc_pipeline::clock::{UnixMs, sleep};
use noc_pipeline::id::ServerId;
use noc_pipeline::live::LiveEvent;
use noc_pipeline::payload::{Kind, Payload};
use noc_storage::relational::sessions;
use noc_storage::series::SeriesStore;
use serde::Serialize;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

/// Events taken from the bus together; equal ones among them are rendered once.
const BATCH: usize = 256;
/// Sessions run out by themselves, and the word that one ended at another node may be lost, so they are looked at even
/// when nobody says so.
const RECHECK_EVERY: Duration = Duration::from_secs(4);

/// Why an event was not shown.
#[derive(Debug, thiserror::Error)]
enum FeedError {
    #[error("the row of an event cannot be read")]
    Store(#[from] noc_storage::relational::StoreError),
    #[error("the measurements of an event cannot be read")]
    Series(#[from] noc_storage::series::SeriesError),
    #[error("the body of an event cannot be written")]
    Json(#[from] serde_json::Error),
}

/// Shows the bus's events to the pages, for ever.
pub async fn run(parts: Parts, hub: Arc<Hub>) {
    let mut events = parts.bus.subscribe();
    loop {
        let mut batch = Vec::new();
        match events.recv().await {
            Ok(event) => batch.push(event),
            Err(RecvError::Lagged(lost)) => {
                tracing::warn!(events.lost = lost, "pages missed live events");
                continue;
            }
            Err(RecvError::Closed) => return,
        }
        while batch.len() < BATCH {
            match events.try_recv() {
                Ok(event) if batch.contains(&event) => {}
                Ok(event) => batch.push(event),
                Err(TryRecvError::Lagged(lost)) => {
                    tracing::warn!(events.lost = lost, "pages missed live events");
                }
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        for event in batch {
            if let Err(error) = show(&parts, &hub, event).await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    ?event,
                    "a live event is not shown"
                );
            }
        }
    }
}

/// Closes the connections of sessions that are over, for ever.
pub async fn watch_sessions(parts: Parts, config: Arc<Config>, hub: Arc<Hub>) {
    loop {
        tokio::select! {
            () = hub.sessions_changed() => {}
            () = sleep(RECHECK_EVERY) => {}
        }
        let heard: Vec<String> = hub.sessions().into_iter().collect();
        if heard.is_empty() {
            continue;
        }
        let (idle, now) = (session::idle_limit(&config), parts.clock.now());
        match sessions::living(parts.db.read(), &heard, idle, now).await {
            Ok(living) => {
                let ended: HashSet<String> =
                    heard.into_iter().filter(|s| !living.contains(s)).collect();
                if !ended.is_empty() {
                    hub.end_sessions(&ended);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "cannot tell whether sessions live; they keep their connections for now");
            }
        }
    }
}

async fn show(parts: &Parts, hub: &Hub, event: LiveEvent) -> Result<(), FeedError> {
    match event {
        LiveEvent::ServerUpdated { server } => {
            let channels = [Channel::Fleet, Channel::Server(server)];
            if hub.is_heard(&channels)
                && let Some(body) = servers::load(&parts.db, server).await?
            {
                send(hub, &channels, "server.updated", &body)?;
            }
        }
        LiveEvent::MetricsReceived {
            server,
            kind,
            event_at,
        } => {
            let channels = [Channel::Server(server)];
            if hub.is_heard(&channels) {
                let body = received(parts, server, kind, event_at).await?;
                send(hub, &channels, "metrics.received", &body)?;
            }
        }
        LiveEvent::IncidentOpened { incident } => {
            show_incident(parts, hub, "incident.opened", incident).await?;
        }
        LiveEvent::IncidentUpdated { incident } => {
            show_incident(parts, hub, "incident.updated", incident).await?;
        }
        LiveEvent::DeliveryUpdated { delivery } => {
            let channels = [Channel::Incidents];
            if hub.is_heard(&channels)
                && let Some(body) = notification_deliveries::load(&parts.db, delivery).await?
                && body.incident_id.is_some()
            {
                send_as_seen(hub, &channels, "delivery.updated", &body)?;
            }
        }
        LiveEvent::AbuseDetected { case } => {
            show_case(parts, hub, "abuse.detected", case).await?;
        }
        LiveEvent::AbuseUpdated { case } => show_case(parts, hub, "abuse.updated", case).await?,
        LiveEvent::CredentialsChanged => hub.recheck_sessions(),
        LiveEvent::ExecutionChanged { .. }
        | LiveEvent::DeliveriesQueued
        | LiveEvent::OwnershipChanged => {}
    }
    Ok(())
}

async fn show_incident(
    parts: &Parts,
    hub: &Hub,
    name: &'static str,
    incident: i64,
) -> Result<(), FeedError> {
    if hub.counts().channels == 0 {
        return Ok(());
    }
    let Some(body) = incidents::load(&parts.db, incident).await? else {
        return Ok(());
    };
    let server = body
        .incident
        .server_id
        .and_then(|id| u32::try_from(id).ok());
    let mut channels = vec![Channel::Incidents];
    channels.extend(server.map(|id| Channel::Server(ServerId(id))));
    send_as_seen(hub, &channels, name, &body)?;
    Ok(())
}

/// With logins masked: not everybody who listens may see customers' addresses.
async fn show_case(
    parts: &Parts,
    hub: &Hub,
    name: &'static str,
    case: i64,
) -> Result<(), FeedError> {
    if hub.counts().channels == 0 {
        return Ok(());
    }
    if let Some(body) = mail_abuse::load(&parts.db, case).await? {
        let mut channels = vec![Channel::Incidents];
        let server = u32::try_from(body.server.id).ok();
        channels.extend(server.map(|id| Channel::Server(ServerId(id))));
        send(hub, &channels, name, &body)?;
    }
    Ok(())
}

/// Whole for who may read customers' addresses.
fn send_as_seen(
    hub: &Hub,
    channels: &[Channel],
    name: &str,
    body: &impl Serialize,
) -> Result<(), serde_json::Error> {
    let bodies = Bodies {
        whole: &serde_json::to_string(body)?,
        masked: &masked(body)?.to_string(),
    };
    hub.send_as_seen(channels, name, bodies);
    Ok(())
}

fn send(
    hub: &Hub,
    channels: &[Channel],
    name: &str,
    body: &impl Serialize,
) -> Result<(), serde_json::Error> {
    hub.send(channels, name, &serde_json::to_string(body)?);
    Ok(())
}

/// The report that just became readable, as its GET gives it.
async fn received(
    parts: &Parts,
    server: ServerId,
    kind: Kind,
    event_at: UnixMs,
) -> Result<MetricsReceived, FeedError> {
    let mut body = MetricsReceived {
        server_id: i64::from(server.0),
        kind: kind.name().to_owned(),
        event_at: event_at.to_datetime(),
        metrics: None,
        disks: None,
        services: None,
        mysql: None,
        litespeed: None,
        cpanel: None,
        mail_queue: None,
    };
    let (series, now) = (parts.series.as_ref(), parts.clock.now());
    match kind {
        Kind::Metrics => {
            let latest = measurements::latest(series, kind, server).await?;
            if let Some(Payload::Metrics(metrics)) = latest.as_ref().and_then(|l| l.report.data()) {
                body.metrics = Some(metrics.into());
            }
        }
        Kind::Disks => {
            let latest = measurements::latest(series, kind, server).await?;
            body.disks = Some(measurements::disks(latest.as_ref(), now));
        }
        Kind::Processes => {
            let latest = measurements::latest(series, kind, server).await?;
            body.services = Some(measurements::services(latest.as_ref(), now));
        }
        Kind::Mysql => body.mysql = view(series, server, now).await?,
        Kind::Litespeed => body.litespeed = view(series, server, now).await?,
        Kind::Cpanel => body.cpanel = view(series, server, now).await?,
        Kind::MailQueue => body.mail_queue = view(series, server, now).await?,
        _ => {}
    }
    Ok(body)
}

async fn view<V: View>(
    series: &dyn SeriesStore,
    server: ServerId,
    now: UnixMs,
) -> Result<Option<V>, FeedError> {
    let mut views = hosting::views::<V>(series, &[server], now).await?;
    Ok(views.remove(&server))
}

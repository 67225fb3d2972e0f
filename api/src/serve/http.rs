//! The one listener for agents, dashboard and API.

use super::access_log::{self, AccessLog};
use super::{Keys, Role, Roles, StartError};
use crate::agent_files::{self, AgentFiles};
use crate::config::Config;
use crate::health::{self, Health, TrustedProxies};
use crate::ingest::{self, Ingest};
use crate::router;
use crate::state::{AppState, LiveKeys};
use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::web::Data;
use actix_web::{App, HttpServer};
use noc_actors::Parts;
use noc_storage::secrets::FieldKey;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// A client that takes longer to send a request's head is cut off.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// An idle connection is kept this long: agents come once a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// Connections at once, a worker: beyond that they wait in the listener's queue.
const CONNECTIONS_PER_WORKER: usize = 25_000;

/// What the listener serves.
#[derive(Clone)]
pub(super) struct Site {
    pub(super) config: Arc<Config>,
    pub(super) roles: Roles,
    pub(super) ingest: Data<Ingest>,
    pub(super) health: Data<Health>,
    pub(super) state: Data<AppState>,
    pub(super) agent_files: AgentFiles,
}

/// The state of dashboard and API, with what must run beside it.
pub(super) fn state(
    parts: &Parts,
    field_key: &Arc<FieldKey>,
    config: &Arc<Config>,
    keys: &Keys,
    agent_files: &AgentFiles,
    tasks: &mut Vec<JoinHandle<()>>,
) -> Data<AppState> {
    let live = LiveKeys {
        key: keys.live_key.clone(),
        secret: keys.live_secret.clone(),
    };
    let state = AppState::new(
        parts.clone(),
        Arc::clone(field_key),
        Arc::clone(config),
        live,
        agent_files.clone(),
    );
    tasks.extend(state.background());
    Data::new(state)
}

/// Binds the address; the caller runs the server.
pub(super) fn listen(site: Site) -> Result<(Server, SocketAddr), StartError> {
    let bind = site.config.http.bind;
    let workers = site.config.http.workers;
    let shutdown_s = site.config.http.shutdown_s;
    let access = AccessLog {
        enabled: site.config.logging.access,
        trusted: Arc::new(site.config.http.trusted_proxies.clone()),
    };
    let trusted = Data::new(TrustedProxies(site.config.http.trusted_proxies.clone()));
    let agent_files = Data::new(site.agent_files.clone());
    let mut server = HttpServer::new(move || {
        let access = access.clone();
        let site = site.clone();
        App::new()
            .app_data(Data::clone(&site.ingest))
            .app_data(Data::clone(&site.health))
            .app_data(Data::clone(&site.state))
            .app_data(Data::clone(&trusted))
            .app_data(Data::clone(&agent_files))
            .wrap(from_fn(move |request, next| {
                access_log::log(access.clone(), request, next)
            }))
            .configure(|service| {
                // The first route that matches is taken: agents first, they are the many.
                if site.roles.has(Role::Ingest) {
                    service
                        .configure(ingest::configure)
                        .configure(agent_files::configure);
                }
                service.configure(health::configure);
                if site.roles.has(Role::Api) {
                    service.configure(router::configure);
                }
            })
    })
    .disable_signals()
    .client_request_timeout(HEAD_TIMEOUT)
    .keep_alive(KEEP_ALIVE)
    .max_connections(CONNECTIONS_PER_WORKER)
    .shutdown_timeout(shutdown_s);
    if workers > 0 {
        server = server.workers(workers);
    }
    let failed = |source| StartError::Listen {
        address: bind,
        source,
    };
    let server = server.bind(bind).map_err(failed)?;
    let address = server.addrs().first().copied().unwrap_or(bind);
    Ok((server.run(), address))
}

//! The whole product in one process: parts, roles, listeners; and its orderly end.
//!
//! Start: keys, stores, log; then the first administrator; then actors and notification, so that what is accepted is
//! also judged; then the listeners; readiness turns green last. End: readiness turns red first, requests in flight
//! finish, then the roles stop (writing their snapshots), then the stores close. A crash at any point is covered by
//! the log: what was answered 202 is in it.

mod access_log;
pub mod first_admin;
mod housekeeping;
mod http;
mod keys;
mod parts;
mod roles;

pub use first_admin::{FIRST_ADMIN, FirstAdminError, FirstPassword};
pub use keys::Keys;
pub use parts::{SystemParts, open, open_database, open_dead_letters, open_log, open_series};
pub use roles::{Role, Roles};

use crate::agent_files::AgentFiles;
use crate::config::Config;
use crate::health::checks::Subjects;
use crate::health::{Health, Readiness};
use crate::ingest::{self, Agents, Ingest};
use actix_web::dev::ServerHandle;
use actix_web::web::Data;
use noc_actors::Parts;
use noc_pipeline::clock;
use noc_pipeline::embedded::{self, DataDir, OpenError};
use noc_pipeline::kafka::KafkaError;
use noc_storage::relational::StoreError;
use noc_storage::secrets::SecretError;
use noc_storage::series::SeriesError;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// Reads and writes that nobody waits for any more get this long to end.
const CLOSING: Duration = Duration::from_secs(5);

/// Why the process does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A key is malformed or its file cannot be used.
    #[error("keys")]
    Keys(#[from] SecretError),
    /// The data directory cannot be used.
    #[error("data directory")]
    Embedded(#[from] OpenError),
    /// Kafka cannot be used.
    #[error("kafka")]
    Kafka(#[from] KafkaError),
    /// Which log it is cannot be told.
    #[error("log")]
    Identity(#[from] noc_actors::log_identity::IdentityError),
    /// Another node uses the database, and not all parts of both can be shared.
    #[error(
        "node {node} is running on the same database: several nodes need NOC_KAFKA_BROKERS, NOC_QUESTDB_URL and NOC_DATABASE_URL, each of them all three. If that node is gone, try again in 15 s"
    )]
    NotShared {
        /// The other one.
        node: String,
    },
    /// The series store cannot be opened.
    #[error("series store")]
    Series(#[from] SeriesError),
    /// The relational store cannot be opened or read.
    #[error("relational store")]
    Store(#[from] StoreError),
    /// The first account cannot be made.
    #[error("first administrator")]
    FirstAdmin(#[from] FirstAdminError),
    /// An address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The runtime does not start.
    #[error("runtime")]
    Runtime(#[from] noc_actors::runtime::RuntimeError),
    /// The notify role does not start.
    #[error("notification")]
    Notify(#[from] noc_actors::notify::NotifyError),
    /// A metric is registered twice: a defect.
    #[error("metrics")]
    Metrics(#[from] prometheus::Error),
    /// A directory cannot be made.
    #[error("cannot make {}", path.display())]
    Directory {
        /// Which.
        path: std::path::PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A background task of the start died.
    #[error("a part of the start did not finish: {0}")]
    Task(#[from] tokio::task::JoinError),
}

/// The running product.
pub struct Running {
    /// Where agents, dashboard and API are served.
    pub addr: SocketAddr,
    /// Where our own metrics are served.
    pub metrics_addr: SocketAddr,
    /// What it runs on; tests and benches look here.
    pub parts: Parts,
    /// How the first administrator got a password.
    pub first_password: FirstPassword,
    drain: Duration,
    readiness: Arc<Readiness>,
    servers: Vec<(ServerHandle, JoinHandle<std::io::Result<()>>)>,
    tasks: Vec<JoinHandle<()>>,
    roles: roles::Started,
    ingest: Data<Ingest>,
    data_dir: PathBuf,
    /// Kept locked until everything has ended.
    lock: Option<DataDir>,
}

/// Starts everything the roles ask for. Needs a running actix system.
///
/// # Errors
/// See [`StartError`]; what was started before is stopped by being dropped.
pub async fn start(config: Config, roles: Roles) -> Result<Running, StartError> {
    let config = Arc::new(config);
    let SystemParts {
        parts,
        keys,
        identity,
        data_dir,
    } = parts::open(&config).await?;
    let first_password = first_admin::seed(&parts.db, &config, parts.clock.now()).await?;
    let field_key = Arc::new(keys.field.clone());
    let started = roles::start(&parts, &field_key, &config, roles, identity).await?;
    let mut tasks = Vec::new();

    let settings = &config.ingest;
    let agents = Agents::load(parts.clone(), settings.server_rate, settings.server_burst).await?;
    let trusted = config.http.trusted_proxies.clone();
    let ingest = Data::new(Ingest::new(
        parts.clone(),
        Arc::clone(&agents),
        settings,
        trusted,
    )?);
    if roles.has(Role::Ingest) {
        tasks.push(tokio::spawn(ingest::keep_current(agents)));
        tasks.push(tokio::spawn(housekeeping::forget_addresses(Data::clone(
            &ingest,
        ))));
        tasks.push(tokio::spawn(housekeeping::store_refused_fields(
            Data::clone(&ingest),
        )));
    }
    let heartbeat_file = config
        .health
        .queue_heartbeat_file
        .clone()
        .unwrap_or_else(|| config.storage.data_dir.join("notify.heartbeat"));
    if roles.has(Role::Notify) {
        tasks.push(tokio::spawn(housekeeping::touch_heartbeat(
            heartbeat_file.clone(),
        )));
    }
    let readiness = Arc::new(Readiness::default());
    let health = Data::new(Health {
        subjects: Subjects {
            parts: parts.clone(),
            field_key: Arc::clone(&field_key),
            disk_path: config
                .health
                .disk_path
                .clone()
                .unwrap_or_else(|| config.storage.data_dir.clone()),
            min_free_bytes: config.health.min_disk_free_mb << 20,
            queue_mode: config.health.queue_mode,
            heartbeat_file,
            queue_max_age: Duration::from_secs(config.health.queue_max_age_s),
            clock_skew: roles
                .has(Role::Ingest)
                .then(|| Arc::clone(started.runtime().clock_skew())),
        },
        token: config.health.token.clone(),
        readiness: Arc::clone(&readiness),
    });

    crate::metrics::register_process(&parts.registry)?;
    let agent_files = AgentFiles::new(config.public_url(), &keys.chain)?;
    let site = http::Site {
        config: Arc::clone(&config),
        roles,
        ingest: Data::clone(&ingest),
        health,
        state: http::state(&parts, &field_key, &config, &keys, &agent_files, &mut tasks),
        agent_files,
    };
    let drain = Duration::from_secs(config.http.drain_s);
    let (server, addr) = http::listen(site)?;
    let (metrics, metrics_addr) =
        crate::metrics::listen(parts.registry.clone(), config.http.metrics_bind).map_err(
            |source| StartError::Listen {
                address: config.http.metrics_bind,
                source,
            },
        )?;
    let servers = [server, metrics]
        .into_iter()
        .map(|server| (server.handle(), tokio::spawn(server)))
        .collect();
    readiness.set(true);
    Ok(Running {
        addr,
        metrics_addr,
        parts,
        first_password,
        drain,
        readiness,
        servers,
        tasks,
        roles: started,
        ingest,
        data_dir: config.storage.data_dir.clone(),
        lock: data_dir,
    })
}

impl Running {
    /// What can be seen of the actors: positions, verdicts, servers in memory.
    #[must_use]
    pub fn observe(&self) -> noc_actors::runtime::Observation {
        self.roles.runtime().observe()
    }

    /// Ends in order; returns when everything is stored and closed, and the data directory free.
    pub async fn stop(self) {
        self.readiness.set(false);
        clock::sleep(self.drain).await;
        for (handle, _) in &self.servers {
            handle.stop(true).await;
        }
        self.ingest.store_refused().await;
        for task in self.tasks {
            task.abort();
            // An aborted task ends as cancelled, one that died says so here.
            if let Err(error) = task.await
                && !error.is_cancelled()
            {
                tracing::error!(%error, "a background task died");
            }
        }
        self.roles.stop().await;
        drop((self.parts, self.servers, self.ingest, self.lock));
        match embedded::released(&self.data_dir, CLOSING).await {
            Ok(true) => {}
            Ok(false) => tracing::warn!("stores were not closed within {CLOSING:?}"),
            Err(error) => tracing::warn!(%error, "whether stores are closed is not known"),
        }
    }
}

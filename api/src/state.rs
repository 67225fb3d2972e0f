//! What every handler can reach.

use crate::agent_files::AgentFiles;
use crate::auth::password::PasswordPool;
use crate::config::{Config, Secret};
use crate::ingest::FailedAuthentications;
use crate::live::feed;
use crate::live::hub::Hub;
use crate::router::{self, AccessTable};
use chrono::{DateTime, Utc};
use noc_actors::Parts;
use noc_actors::notify::channel::{self, Registry};
use noc_pipeline::clock::{self, UnixMs};
use noc_pipeline::live::LiveEvent;
use noc_storage::relational::Db;
use noc_storage::secrets::FieldKey;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// Wrong links that an address may open a minute in the long run, and at once.
const WRONG_LINKS_A_MINUTE: u32 = 20;
const WRONG_LINKS_AT_ONCE: u32 = 40;

/// Between two looks at the addresses that opened wrong ones.
const FORGET_EVERY: Duration = Duration::from_secs(600);

/// The live connection's key, named in its address, and the secret that signs subscriptions.
#[derive(Debug, Clone)]
pub struct LiveKeys {
    /// Public.
    pub key: String,
    /// Not.
    pub secret: Secret,
}

/// What every handler can reach; one for the whole process, as `web::Data<AppState>`.
pub struct AppState {
    /// Log, stores, bus, clock.
    pub parts: Parts,
    /// Seals channel secrets.
    pub field_key: Arc<FieldKey>,
    /// Settings.
    pub config: Arc<Config>,
    /// Channels there are.
    pub channels: Registry,
    /// Checks passwords, a few at a time.
    pub passwords: PasswordPool,
    /// Pages that listen.
    pub hub: Arc<Hub>,
    /// Keys of the live connection.
    pub live: LiveKeys,
    /// Who may call what.
    pub access: AccessTable,
    /// One backtest at a time: each may use a whole CPU.
    pub backtests: Arc<Semaphore>,
    /// Addresses that open links and callbacks that there are not.
    pub links: Arc<FailedAuthentications>,
    /// Scripts for hosts, and the key that their signatures are checked with.
    pub agent_files: AgentFiles,
}

impl AppState {
    /// Puts the state together. [`AppState::background`] must run beside it.
    #[must_use]
    pub fn new(
        parts: Parts,
        field_key: Arc<FieldKey>,
        config: Arc<Config>,
        live: LiveKeys,
        agent_files: AgentFiles,
    ) -> Self {
        Self {
            parts,
            field_key,
            channels: channel::registry(config.outbound()),
            config,
            passwords: PasswordPool::standard(),
            hub: Arc::new(Hub::new()),
            live,
            access: AccessTable::of(&router::table()),
            backtests: Arc::new(Semaphore::new(1)),
            links: Arc::new(FailedAuthentications::new(
                WRONG_LINKS_A_MINUTE,
                WRONG_LINKS_AT_ONCE,
            )),
            agent_files,
        }
    }

    /// What must run beside the handlers: live events and the end of sessions.
    #[must_use]
    pub fn background(&self) -> Vec<JoinHandle<()>> {
        let (parts, hub) = (self.parts.clone(), Arc::clone(&self.hub));
        let events = tokio::spawn(feed::run(parts.clone(), Arc::clone(&hub)));
        let config = Arc::clone(&self.config);
        let links = Arc::clone(&self.links);
        vec![
            events,
            tokio::spawn(async move {
                loop {
                    clock::sleep(FORGET_EVERY).await;
                    links.forget_old();
                }
            }),
            tokio::spawn(feed::watch_sessions(parts, config, hub)),
        ]
    }

    /// The relational store.
    #[must_use]
    pub const fn db(&self) -> &Db {
        &self.parts.db
    }

    /// Sessions or secrets may have ended: whoever keeps something because of them looks again, here at once.
    pub async fn credentials_changed(&self) {
        self.hub.recheck_sessions();
        self.parts.bus.publish(LiveEvent::CredentialsChanged).await;
    }

    /// Now.
    #[must_use]
    pub fn now_ms(&self) -> UnixMs {
        self.parts.clock.now()
    }

    /// Now, as the relational store writes it.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.now_ms().to_datetime()
    }
}

//! Who may speak for which server: every secret's hash, in memory.
//!
//! A refresh every 2 s takes over what changed in the database, and [`Agents::refresh`] does so at once where this
//! node made the change. A deleted server leaves no row that says so: the count of servers tells that one is missing,
//! and the whole is read again. An id that memory does not know, or a secret that does not fit, is looked up once before
//! it is refused, so an agent that enrolled or got a new secret at another node a moment ago is not turned away; an
//! address that failed too often gets no look-up.

use super::limits::{ServerRate, per_second};
use super::recent::Recent;
use actix_web::http::header::HeaderValue;
use dashmap::DashMap;
use governor::Quota;
use noc_actors::Parts;
use noc_pipeline::clock::{self, UnixMs};
use noc_pipeline::id::ServerId;
use noc_pipeline::live::LiveEvent;
use noc_storage::relational::{StoreError, servers};
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use subtle::ConstantTimeEq;
use tokio::sync::broadcast::error::RecvError;

/// How often the database is asked what changed.
const REFRESH_EVERY: Duration = Duration::from_secs(2);

/// A SHA-256.
type Hash = [u8; 32];

/// All agents.
pub struct Agents {
    known: DashMap<ServerId, Arc<Agent>>,
    parts: Parts,
    quota: Quota,
    /// Held from the question to the end of taking over its answer: an answer from before a change must not be written
    /// over one from after it.
    refreshing: tokio::sync::Mutex<()>,
    /// When the database was last asked, and how often an answer was taken over.
    asked: Mutex<Asked>,
}

#[derive(Default)]
struct Asked {
    at: UnixMs,
    answers: u64,
}

/// One agent, as it was at the last refresh.
#[derive(Debug)]
pub(super) struct Agent {
    pub(super) server: ServerId,
    pub(super) is_active: bool,
    secret_hash: Option<Hash>,
    pub(super) traffic: Arc<Traffic>,
}

/// What a server's requests leave behind; outlives changes of its settings.
#[derive(Debug)]
pub(super) struct Traffic {
    pub(super) rate: ServerRate,
    pub(super) recent: Recent,
    /// Fields that were impossible and stored as null, since the start.
    pub(super) refused_fields: AtomicU64,
}

/// Why an agent cannot be told who it is.
#[derive(Debug, thiserror::Error)]
pub enum AgentsError {
    /// No credentials, unknown id, or wrong secret; which of them is nobody's business.
    #[error("unknown server or wrong secret")]
    Refused,
    /// The id is not in memory, and the address has made up too many.
    #[error("too many failures of this address to look an unknown server up")]
    TooMany {
        /// How long the address has to wait.
        retry_after: Duration,
    },
    /// The id is not in memory and the database cannot be asked.
    #[error("an agent's id cannot be looked up")]
    Unavailable(#[source] StoreError),
}

impl Agent {
    fn has(&self, presented: &Hash) -> bool {
        self.secret_hash
            .is_some_and(|expected| expected.ct_eq(presented).into())
    }
}

impl Agents {
    /// Reads them all.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn load(parts: Parts, rate: u32, burst: u32) -> Result<Arc<Self>, StoreError> {
        let agents = Arc::new(Self {
            known: DashMap::new(),
            quota: per_second(rate, burst),
            refreshing: tokio::sync::Mutex::default(),
            asked: Mutex::default(),
            parts,
        });
        agents.reload().await?;
        Ok(agents)
    }

    /// The agent whose credentials these are: `Bearer <server_id>.<secret>`. `may_fail` is asked before the database
    /// is, and says how long to wait otherwise.
    pub(super) async fn authenticate(
        &self,
        authorization: Option<&HeaderValue>,
        may_fail: impl FnOnce() -> Result<(), Duration>,
    ) -> Result<Arc<Agent>, AgentsError> {
        let (server, secret) = authorization
            .and_then(credentials)
            .ok_or(AgentsError::Refused)?;
        let presented = hash(secret);
        let known = self.known.get(&server).map(|agent| Arc::clone(&agent));
        let is_known = known.is_some();
        if let Some(agent) = known.filter(|agent| agent.has(&presented)) {
            return Ok(agent);
        }
        match may_fail() {
            Ok(()) => {}
            Err(_) if is_known => return Err(AgentsError::Refused),
            Err(retry_after) => return Err(AgentsError::TooMany { retry_after }),
        }
        match self.look_up(server).await {
            Ok(found) => found
                .filter(|agent| agent.has(&presented))
                .ok_or(AgentsError::Refused),
            // What memory says of a server that it knows stands while the database is away.
            Err(_) if is_known => Err(AgentsError::Refused),
            Err(error) => Err(error),
        }
    }

    /// Asks the database once for a server that memory does not know.
    async fn look_up(&self, server: ServerId) -> Result<Option<Arc<Agent>>, AgentsError> {
        let answers = self.asked.lock().answers;
        let row = servers::by_id(self.parts.db.read(), server)
            .await
            .map_err(AgentsError::Unavailable)?;
        let asked = self.asked.lock();
        Ok(row.map(|row| {
            let secret = servers::AgentSecret {
                server,
                secret_hash: row.agent_secret_hash,
                is_active: row.is_active,
            };
            // A refresh that ended meanwhile may know better: this answer counts for this request alone.
            let is_latest = asked.answers == answers;
            self.take_over(secret, is_latest)
        }))
    }

    /// Takes over what changed since the last time. What was committed before the call is in memory after it.
    ///
    /// # Errors
    /// When the database cannot be read; memory stays as it was.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        let db = self.parts.db.read();
        self.refresh_by(|since| servers::changed_since(db, since))
            .await
    }

    async fn refresh_by<F>(&self, ask: impl FnOnce(UnixMs) -> F) -> Result<(), StoreError>
    where
        F: Future<Output = Result<servers::Changes, StoreError>>,
    {
        let _alone = self.refreshing.lock().await;
        let now = self.parts.clock.now();
        let since = self.asked.lock().at;
        let changes = ask(since).await?;
        self.take_over_all(changes.changed, now);
        if u64::try_from(self.known.len()).unwrap_or(u64::MAX) != changes.servers {
            return self.reload().await;
        }
        Ok(())
    }

    /// How many servers are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether none is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    async fn reload(&self) -> Result<(), StoreError> {
        let now = self.parts.clock.now();
        let all = servers::agent_secrets(self.parts.db.read()).await?;
        let ids: HashSet<ServerId> = all.iter().map(|secret| secret.server).collect();
        self.take_over_all(all, now);
        self.known.retain(|server, _| ids.contains(server));
        Ok(())
    }

    /// Takes over an answer to the question of `at`.
    fn take_over_all(&self, secrets: Vec<servers::AgentSecret>, at: UnixMs) {
        let mut asked = self.asked.lock();
        for secret in secrets {
            self.take_over(secret, true);
        }
        asked.at = at;
        asked.answers += 1;
    }

    /// Makes an agent of a row. Memory takes it where it knows none, and over what it knows only where the row
    /// `is_latest`.
    fn take_over(&self, secret: servers::AgentSecret, is_latest: bool) -> Arc<Agent> {
        let secret_hash = secret.secret_hash.as_deref().and_then(from_hex);
        let entry = self.known.entry(secret.server);
        let traffic = match &entry {
            dashmap::Entry::Occupied(known) => Arc::clone(&known.get().traffic),
            dashmap::Entry::Vacant(_) => Arc::new(Traffic {
                rate: ServerRate::new(self.quota),
                recent: Recent::default(),
                refused_fields: AtomicU64::new(0),
            }),
        };
        let agent = Arc::new(Agent {
            server: secret.server,
            is_active: secret.is_active,
            secret_hash,
            traffic,
        });
        if is_latest || matches!(entry, dashmap::Entry::Vacant(_)) {
            entry.insert(Arc::clone(&agent));
        }
        agent
    }
}

/// Keeps `agents` current until the task is dropped: every 2 s, and at once when this node says that credentials
/// changed.
pub async fn keep_current(agents: Arc<Agents>) {
    let mut events = agents.parts.bus.subscribe();
    let mut failing = false;
    loop {
        tokio::select! {
            () = clock::sleep(REFRESH_EVERY) => {}
            () = credentials_changed(&mut events) => {}
        }
        match agents.refresh().await {
            Ok(()) => failing = false,
            Err(error) if failing => tracing::debug!(%error, "agents' secrets still not refreshed"),
            Err(error) => {
                failing = true;
                tracing::warn!(%error, "agents' secrets cannot be refreshed; those known stay valid");
            }
        }
    }
}

/// Returns when credentials changed, or may have.
async fn credentials_changed(events: &mut tokio::sync::broadcast::Receiver<LiveEvent>) {
    loop {
        match events.recv().await {
            Ok(LiveEvent::CredentialsChanged) | Err(RecvError::Lagged(_)) => return,
            Ok(_) => {}
            Err(RecvError::Closed) => return std::future::pending().await,
        }
    }
}

/// Splits `Bearer <server_id>.<secret>`.
fn credentials(value: &HeaderValue) -> Option<(ServerId, &str)> {
    let (scheme, rest) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let (id, secret) = rest.trim().split_once('.')?;
    Some((ServerId(id.parse().ok()?), secret))
}

fn hash(secret: &str) -> Hash {
    Sha256::digest(secret.as_bytes()).into()
}

fn from_hex(text: &str) -> Option<Hash> {
    let mut out = Hash::default();
    hex::decode_to_slice(text, &mut out).ok()?;
    Some(out)
}

/// The hash of an agent's secret as the database keeps it.
pub(super) fn secret_hash(secret: &str) -> String {
    hex::encode(hash(secret))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::House;
    use futures::future::{Either, join, select};
    use tokio::sync::Notify;

    /// A refresh that asked before a change, and was slow to take over what it heard, let the old secret in again.
    #[actix_web::test]
    async fn an_answer_from_before_a_change_is_not_taken_over_after_it() {
        let house = House::open().await;
        let server = house.server("web-1").await;
        let parts = house.state.parts.clone();
        let agents = Agents::load(parts.clone(), 10, 120).await.unwrap();
        let (db, now) = (parts.db.write(), parts.clock.now());
        let change = async |secret: &str| {
            let hashed = secret_hash(secret);
            servers::set_secret(db, server, Some(&hashed), now)
                .await
                .unwrap();
        };
        change("old").await;
        let (heard, slow) = (Notify::new(), Notify::new());
        let older = agents.refresh_by(async |since| {
            let answer = servers::changed_since(db, since).await;
            heard.notify_one();
            slow.notified().await;
            answer
        });
        let newer = async {
            heard.notified().await;
            change("new").await;
            let refresh = std::pin::pin!(agents.refresh());
            // Long enough for one that does not wait for the other.
            let waited = std::pin::pin!(clock::sleep(Duration::from_millis(200)));
            if let Either::Right(((), refresh)) = select(refresh, waited).await {
                slow.notify_one();
                refresh.await.unwrap();
            }
            slow.notify_one();
        };
        let (older, ()) = join(older, newer).await;
        older.unwrap();
        let known = Arc::clone(&agents.known.get(&server).unwrap());
        assert!(known.has(&hash("new")) && !known.has(&hash("old")));

        // A look-up that was overtaken counts for its own request alone.
        let row = |secret: &str| servers::AgentSecret {
            server,
            secret_hash: Some(secret_hash(secret)),
            is_active: true,
        };
        assert!(agents.take_over(row("old"), false).has(&hash("old")));
        let known = Arc::clone(&agents.known.get(&server).unwrap());
        assert!(known.has(&hash("new")));
    }

    fn read(value: &'static str) -> Option<(u32, &'static str)> {
        let header: &'static HeaderValue = Box::leak(Box::new(HeaderValue::from_static(value)));
        credentials(header).map(|(server, secret)| (server.0, secret))
    }

    #[test]
    fn credentials_are_an_id_and_a_secret() {
        assert_eq!(read("Bearer 7.abc"), Some((7, "abc")));
        assert_eq!(read("bearer 7.a.b"), Some((7, "a.b")));
        for bad in [
            "",
            "Bearer",
            "Bearer 7",
            "Basic 7.abc",
            "Bearer x.abc",
            "Bearer -1.abc",
            "Bearer 4294967296.abc",
            "Bearer .abc",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn hashes_survive_the_database() {
        assert_eq!(from_hex(&secret_hash("s")), Some(hash("s")));
        assert_eq!(from_hex("12"), None);
    }
}

//! One harness that starts the whole product in this process, on a temporary directory and free ports.
//!
//! Everything a test does goes through the listeners, as agents and people do; what it looks at may be the parts
//! themselves ([`Harness::parts`]). Nothing sleeps: [`eventually`] waits for a condition, with a deadline.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a harness that cannot do its part ends the test there and then"
)]

mod agent;
mod agent_scripts;
pub mod linux_agent;
pub mod parts;
pub mod private_host;
pub mod program;
pub mod proxy;
pub mod questdb;
pub mod smtp;
pub mod stack;
pub mod stand_in;

pub use agent::{TestAgent, at, batch, metrics, now, processes};
pub use agent_scripts::{AgentScripts, Awk, age, awks};

use crate::parts::RealParts;
use noc_actors::Parts;
use noc_api::config::{Config, Sources};
use noc_api::serve::{self, Roles, Running};
use noc_api::simulate::client::Identity;
use noc_pipeline::clock::{Stopwatch, sleep};
use noc_pipeline::id::{Offset, PartitionId, ServerId};
use noc_pipeline::record::{PayloadRecord, Record};
use noc_storage::relational::registration_tokens::{self, NewToken};
use reqwest::header::SET_COOKIE;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use tempfile::TempDir;
use uuid::Uuid;

/// How long a condition may take to come true.
const DEADLINE: Duration = Duration::from_secs(60);
/// The administrator's password after [`Harness::login`].
pub const ADMIN_PASSWORD: &str = "correct horse battery staple";

/// The running product, and a client for it.
pub struct Harness {
    // Dropped in this order: first who uses the parts, then the parts.
    running: Option<Running>,
    config: Config,
    http: reqwest::Client,
    dir: TempDir,
    real: Option<RealParts>,
}

/// One more node on the parts of a [`Harness`]; stopped at once, as by a crash, when dropped.
pub struct Node {
    /// The running product.
    pub running: Running,
    _dir: TempDir,
}

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct Session {
    cookies: String,
    csrf: String,
}

/// Waits until `condition` gives something.
///
/// # Panics
/// When it has not after 60 s.
pub async fn eventually<T>(what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
    let watch = Stopwatch::start();
    loop {
        if let Some(found) = condition().await {
            return found;
        }
        assert!(watch.elapsed() < DEADLINE, "waited in vain for: {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// The default settings, on these parts.
fn settings(real: Option<&RealParts>) -> Config {
    let Some(real) = real else {
        return Config::default();
    };
    let sources = Sources {
        file: None,
        environment: real
            .environment()
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    };
    match Config::load(&sources) {
        Ok((config, _)) => config,
        Err(errors) => panic!("{errors:?}"),
    }
}

async fn serve(config: Config, roles: Roles) -> Running {
    let running = serve::start(config, roles).await;
    running.unwrap_or_else(|error| panic!("no start: {error}: {error:?}"))
}

impl Harness {
    /// Starts with default settings.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts with some settings changed.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        Self::build(RealParts::chosen().await, change).await
    }

    /// Starts on embedded parts, whatever `NOC_TEST_PARTS` says.
    pub async fn start_embedded(change: impl FnOnce(&mut Config)) -> Self {
        Self::build(None, change).await
    }

    /// Starts on these parts, whatever is in them.
    pub async fn on(parts: RealParts, change: impl FnOnce(&mut Config)) -> Self {
        Self::build(Some(parts), change).await
    }

    async fn build(real: Option<RealParts>, change: impl FnOnce(&mut Config)) -> Self {
        // Already installed by another test of this binary: the same one.
        drop(rustls::crypto::ring::default_provider().install_default());
        let dir = tempfile::tempdir().expect("a temporary directory");
        let mut config = settings(real.as_ref());
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        config.http.bind = any;
        config.http.metrics_bind = any;
        config.http.workers = 2;
        config.http.shutdown_s = 2;
        config.http.drain_s = 0;
        config.storage.data_dir = dir.path().join("data");
        config.storage.min_free_mib = 1;
        config.health.min_disk_free_mb = 1;
        // The mail server of a test listens here.
        config.alerting.outbound_allow = vec!["127.0.0.0/8".parse().expect("a range")];
        // Tests count messages incident by incident, and cause more than any recipient should get.
        config.alerting.group_wait_s = 0;
        config.alerting.storm_messages = 0;
        change(&mut config);
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(15))
            .no_proxy()
            .build()
            .expect("a client");
        let mut harness = Self {
            running: None,
            config,
            http,
            dir,
            real,
        };
        harness.boot().await;
        harness
    }

    async fn boot(&mut self) {
        self.running = Some(serve(self.config.clone(), Roles::all()).await);
    }

    /// Starts one more node with these roles, on the same parts and a data directory of its own.
    ///
    /// # Panics
    /// On embedded parts, which are one node's alone.
    pub async fn another_node(&self, roles: Roles) -> Node {
        assert!(self.real.is_some(), "embedded parts are one node's alone");
        let dir = tempfile::tempdir().expect("a temporary directory");
        let mut config = self.config.clone();
        config.storage.data_dir = dir.path().join("data");
        Node {
            running: serve(config, roles).await,
            _dir: dir,
        }
    }

    /// Leaves the parts to somebody else, after [`Harness::stop`].
    ///
    /// # Panics
    /// On embedded parts.
    #[must_use]
    pub fn into_parts(self) -> RealParts {
        self.real.expect("real parts")
    }

    /// The parts, where they are not the embedded ones.
    #[must_use]
    pub const fn real_parts(&self) -> Option<&RealParts> {
        self.real.as_ref()
    }

    /// Ends in order and starts again on the same directory, with settings changed in between.
    pub async fn restart_with(&mut self, change: impl FnOnce(&mut Config)) {
        self.stop().await;
        change(&mut self.config);
        self.boot().await;
    }

    /// Ends in order.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
    }

    /// The running product.
    ///
    /// # Panics
    /// After [`Harness::stop`].
    #[must_use]
    pub fn running(&self) -> &Running {
        self.running.as_ref().expect("the product runs")
    }

    /// What it runs on.
    #[must_use]
    pub fn parts(&self) -> &Parts {
        &self.running().parts
    }

    /// The directory of everything it keeps.
    #[must_use]
    pub fn data_dir(&self) -> std::path::PathBuf {
        self.dir.path().join("data")
    }

    /// Its address.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.running().addr
    }

    /// A path as a URL.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr())
    }

    /// A client without anything signed in.
    #[must_use]
    pub const fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// GET of a path, as nobody.
    pub async fn get(&self, path: &str) -> Response {
        let sent = self.http.get(self.url(path)).send().await;
        sent.expect("an answer")
    }

    /// Our own metrics, as text.
    pub async fn metrics(&self) -> String {
        let url = format!("http://{}/metrics", self.running().metrics_addr);
        let answer = self.http.get(url).send().await.expect("metrics");
        answer.text().await.expect("text")
    }

    /// A token for one server.
    pub async fn mint(&self, name: &str) -> String {
        self.mint_with(name, |_| {}).await
    }

    /// A token, changed before it is made.
    pub async fn mint_with(&self, name: &str, change: impl FnOnce(&mut NewToken)) -> String {
        let now = self.parts().clock.now();
        let mut new = NewToken {
            name: name.to_owned(),
            tags: Vec::new(),
            expires_at: now.plus(Duration::from_secs(3600)),
            max_uses: 1,
            allowed_cidrs: Vec::new(),
            created_by: None,
        };
        change(&mut new);
        let minted = registration_tokens::mint(self.parts().db.write(), new, now).await;
        minted.expect("a token").0
    }

    /// Registers a host with a token.
    pub async fn register(&self, token: &str, hostname: &str) -> Response {
        let body = json!({
            "token": token, "hostname": hostname, "os": "Debian 12", "arch": "x86_64", "agent_version": "1.0.0",
        });
        let url = self.url("/api/agent/register");
        let sent = self.http.post(url).json(&body).send().await;
        sent.expect("an answer")
    }

    /// Enrols a server of this name.
    pub async fn enrol(&self, name: &str) -> TestAgent {
        self.enrol_with(name, &[]).await
    }

    /// Enrols a server with tags.
    pub async fn enrol_with(&self, name: &str, tags: &[&str]) -> TestAgent {
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        let token = self.mint_with(name, |new| new.tags = tags).await;
        let answer = self.register(&token, name).await;
        assert_eq!(answer.status(), 201);
        let body: Value = answer.json().await.expect("json");
        let server = body["server_id"].as_u64().expect("a number");
        TestAgent {
            identity: Identity {
                server: ServerId(u32::try_from(server).expect("small")),
                secret: body["agent_secret"].as_str().expect("text").to_owned(),
            },
            boot_id: Uuid::new_v4(),
            seq: 1,
        }
    }

    /// Posts a body to `/api/agent/<path>`: status, and the answer where it is JSON.
    pub async fn post(&self, agent: &TestAgent, path: &str, body: &Value) -> (u16, Value) {
        self.post_bytes(agent, path, body.to_string().into_bytes(), &[])
            .await
    }

    /// The same with any bytes and more headers.
    pub async fn post_bytes(
        &self,
        agent: &TestAgent,
        path: &str,
        body: Vec<u8>,
        headers: &[(&str, &str)],
    ) -> (u16, Value) {
        let answer = self.post_raw(&agent.bearer(), path, body, headers).await;
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or(Value::Null))
    }

    /// The same as whoever `authorization` says.
    pub async fn post_raw(
        &self,
        authorization: &str,
        path: &str,
        body: Vec<u8>,
        headers: &[(&str, &str)],
    ) -> Response {
        let mut request = self
            .http
            .post(self.url(&format!("/api/agent/{path}")))
            .header("authorization", authorization)
            .body(body);
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.expect("an answer")
    }

    /// Every payload of a server that stands in the log.
    pub async fn logged(&self, server: ServerId) -> Vec<PayloadRecord> {
        let log = &self.parts().log;
        let partition: PartitionId = server.partition(log.partitions());
        let bounds = log.bounds(partition).await.expect("bounds");
        let mut found = Vec::new();
        let mut from = bounds.first;
        while from < bounds.end {
            let entries = log
                .read(partition, from, 1_000, Duration::ZERO)
                .await
                .expect("records");
            for entry in &entries {
                if let Record::Payload(payload) = entry.record().expect("a record").as_ref()
                    && payload.server == server
                {
                    found.push(payload.clone());
                }
                from = Offset(entry.offset.0 + 1);
            }
        }
        found
    }

    /// Signs the first administrator in, and changes the first password where it still stands.
    pub async fn login(&self) -> Session {
        let first = noc_api::auth::password::DOCUMENTED_PASSWORD;
        if let Some(session) = self.try_login(first).await {
            let body = json!({
                "current_password": first, "password": ADMIN_PASSWORD, "password_confirmation": ADMIN_PASSWORD,
            });
            let answer = self
                .call(&session, Method::POST, "/api/auth/password", Some(body))
                .await;
            assert!(
                answer.status().is_success(),
                "{}",
                answer.text().await.unwrap()
            );
        }
        self.try_login(ADMIN_PASSWORD).await.expect("a session")
    }

    async fn try_login(&self, password: &str) -> Option<Session> {
        let anonymous = self.get("/api/auth/csrf-cookie").await;
        let before = Session::of(&anonymous);
        let body = json!({"email": serve::FIRST_ADMIN, "password": password});
        let answer = self
            .call(&before, Method::POST, "/api/auth/login", Some(body))
            .await;
        if answer.status() == 200 {
            return Some(Session::of(&answer));
        }
        assert_eq!(answer.status(), 401, "{}", answer.text().await.unwrap());
        None
    }

    /// A call of somebody signed in, with the page's CSRF token.
    pub async fn call(
        &self,
        session: &Session,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Response {
        let mut request = self
            .http
            .request(method, self.url(path))
            .header("cookie", &session.cookies)
            .header("x-xsrf-token", &session.csrf);
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.expect("an answer")
    }

    /// GET of somebody signed in, as JSON; anything but 200 ends the test.
    pub async fn get_json(&self, session: &Session, path: &str) -> Value {
        let answer = self.call(session, Method::GET, path, None).await;
        let status = answer.status();
        let body = answer.text().await.expect("text");
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).expect("json")
    }
}

impl Session {
    fn of(answer: &Response) -> Self {
        let pairs: Vec<(String, String)> = answer
            .headers()
            .get_all(SET_COOKIE)
            .iter()
            .filter_map(|value| {
                let (name, value) = value.to_str().ok()?.split(';').next()?.split_once('=')?;
                Some((name.trim().to_owned(), value.to_owned()))
            })
            .collect();
        let csrf = pairs.iter().find(|(name, _)| name == "XSRF-TOKEN");
        Self {
            csrf: csrf.map(|(_, value)| value.clone()).unwrap_or_default(),
            cookies: pairs
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect::<Vec<_>>()
                .join("; "),
        }
    }

    /// What a browser would send as `Cookie`.
    #[must_use]
    pub fn cookies(&self) -> &str {
        &self.cookies
    }

    /// What the page would send as `X-XSRF-TOKEN`.
    #[must_use]
    pub fn csrf(&self) -> &str {
        &self.csrf
    }
}

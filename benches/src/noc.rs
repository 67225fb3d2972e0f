//! The server under measurement: the real binary, on a folder of its own, as a process of its own.

use noc_tests::parts::RealParts;
use parking_lot::Mutex;
use reqwest::Client;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::error::Error;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Most uses that a roll-out token may have.
const USES_OF_A_TOKEN: usize = 1_000;

/// A running `noc`. Ends with this value.
pub struct Noc {
    child: Child,
    /// Address of the API, `127.0.0.1:port`.
    pub address: String,
    metrics: String,
    http: Client,
    cookies: Mutex<BTreeMap<String, String>>,
    _data: tempfile::TempDir,
}

/// One enrolled server.
#[derive(Clone)]
pub struct Enrolled {
    /// Value of its `Authorization` header.
    pub bearer: String,
}

/// User and system seconds of a process so far.
pub fn cpu_seconds(pid: u32) -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let after = stat.rsplit(") ").next().ok_or("stat")?;
    let ticks: u32 = after
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|n| n.parse::<u32>().unwrap_or(0))
        .sum();
    Ok(f64::from(ticks) / 100.0)
}

fn free_address() -> std::io::Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

impl Noc {
    /// Starts the binary on embedded parts, all empty, and logs in.
    pub async fn start(binary: &Path) -> Result<Self, Box<dyn Error>> {
        let mut noc = Self::start_on(binary, tempfile::tempdir()?).await?;
        noc.log_in().await?;
        Ok(noc)
    }

    /// Starts so many nodes on the same real parts, and logs in on the first.
    pub async fn start_nodes(
        binary: &Path,
        parts: &RealParts,
        count: usize,
    ) -> Result<Vec<Self>, Box<dyn Error>> {
        let mut nodes = Vec::with_capacity(count);
        for _ in 0..count {
            let settings = parts.environment();
            nodes.push(Self::start_with(binary, tempfile::tempdir()?, settings).await?);
        }
        if let Some(first) = nodes.first_mut() {
            first.log_in().await?;
        }
        Ok(nodes)
    }

    /// Starts the binary on a data directory that holds something already.
    pub async fn start_on(binary: &Path, data: tempfile::TempDir) -> Result<Self, Box<dyn Error>> {
        Self::start_with(binary, data, Vec::new()).await
    }

    async fn start_with(
        binary: &Path,
        data: tempfile::TempDir,
        settings: Vec<(&'static str, String)>,
    ) -> Result<Self, Box<dyn Error>> {
        let (address, metrics) = (free_address()?, free_address()?);
        let child = Command::new(binary)
            .arg("serve")
            .env("NOC_BIND", &address)
            .env("NOC_METRICS_BIND", &metrics)
            .env("NOC_DATA_DIR", data.path())
            .env("NOC_OUTBOUND_ALLOW", "127.0.0.0/8")
            .env("NOC_LOG_FILTER", "warn")
            // What is measured is each page by itself.
            .env("NOC_GROUP_WAIT_S", "0")
            .env("NOC_STORM_MESSAGES", "0")
            .envs(settings)
            .stdout(Stdio::null())
            .spawn()
            .map_err(|e| format!("{}: {e}; run `make bench`", binary.display()))?;
        let http = Client::new();
        let noc = Self {
            child,
            address,
            metrics,
            http,
            cookies: Mutex::default(),
            _data: data,
        };
        for _ in 0..600 {
            match noc.http.get(noc.url("/readyz")).send().await {
                Ok(answer) if answer.status().is_success() => return Ok(noc),
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
        Err("noc did not become ready within 30 s".into())
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    async fn log_in(&mut self) -> Result<(), Box<dyn Error>> {
        const PASSWORD: &str = "a-long-password-for-benches-1";
        self.refresh_csrf().await?;
        let body = json!({"email": "admin@hostseba.com", "password": "changeme-noyon"});
        self.send("POST", "/api/auth/login", &body).await?;
        self.refresh_csrf().await?;
        let body = json!({"current_password": "changeme-noyon", "password": PASSWORD, "password_confirmation": PASSWORD});
        self.send("POST", "/api/auth/password", &body).await?;
        self.refresh_csrf().await
    }

    async fn refresh_csrf(&mut self) -> Result<(), Box<dyn Error>> {
        let answer = self
            .http
            .get(self.url("/api/auth/csrf-cookie"))
            .header("Cookie", self.cookie_header())
            .send()
            .await?;
        self.keep_cookies(&answer.error_for_status()?);
        Ok(())
    }

    fn cookie(&self, name: &str) -> String {
        self.cookies.lock().get(name).cloned().unwrap_or_default()
    }

    fn cookie_header(&self) -> String {
        self.cookies
            .lock()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join("; ")
    }

    fn keep_cookies(&self, answer: &reqwest::Response) {
        for cookie in answer
            .headers()
            .get_all("set-cookie")
            .iter()
            .filter_map(|v| v.to_str().ok())
        {
            if let Some((name, value)) = cookie
                .split(';')
                .next()
                .and_then(|pair| pair.split_once('='))
            {
                self.cookies
                    .lock()
                    .insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// One call as the admin; the answer's JSON, null when it has none.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Result<Value, Box<dyn Error>> {
        let csrf = self.cookie("XSRF-TOKEN");
        let answer = self
            .http
            .request(method.parse()?, self.url(path))
            .header("X-XSRF-TOKEN", csrf)
            .header("Cookie", self.cookie_header())
            .json(body)
            .send()
            .await?;
        let status = answer.status();
        self.keep_cookies(&answer);
        let text = answer.text().await?;
        if !status.is_success() {
            return Err(format!("{method} {path}: {status} {text}").into());
        }
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// Enrols `n` servers with roll-out tokens, as few as their limit allows.
    pub async fn enrol(&self, n: usize) -> Result<Vec<Enrolled>, Box<dyn Error>> {
        let mut out = Vec::with_capacity(n);
        let mut token = String::new();
        for i in 0..n {
            if i % USES_OF_A_TOKEN == 0 {
                token = self.rollout_token((n - i).min(USES_OF_A_TOKEN)).await?;
            }
            let body = json!({"token": token, "hostname": format!("bench-{i}"), "os": "Linux", "arch": "x86_64", "agent_version": "0.1.0"});
            let answer: Value = self
                .http
                .post(self.url("/api/agent/register"))
                .json(&body)
                .send()
                .await?
                .error_for_status()?
                .json()
                .await?;
            let id = answer
                .get("server_id")
                .and_then(Value::as_u64)
                .ok_or("no server_id")?;
            let secret = answer
                .get("agent_secret")
                .and_then(Value::as_str)
                .ok_or("no agent_secret")?;
            out.push(Enrolled {
                bearer: format!("{id}.{secret}"),
            });
        }
        Ok(out)
    }

    async fn rollout_token(&self, uses: usize) -> Result<String, Box<dyn Error>> {
        let body = json!({"name": "bench", "max_uses": uses, "allowed_cidrs": ["127.0.0.0/8"]});
        let answer = self.send("POST", "/api/registration-tokens", &body).await?;
        let token = answer.get("token").and_then(Value::as_str);
        Ok(token.ok_or("no token")?.to_owned())
    }

    /// User and system seconds of the process so far.
    pub fn cpu_seconds(&self) -> Result<f64, Box<dyn Error>> {
        cpu_seconds(self.child.id())
    }

    /// Kills it as a crash would.
    pub fn kill(&mut self) -> std::io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }

    /// Asks it to stop, and waits until it has.
    pub async fn terminate(&mut self) -> Result<(), Box<dyn Error>> {
        let id = self.child.id().to_string();
        if !Command::new("kill")
            .args(["-TERM", &id])
            .status()?
            .success()
        {
            return Err("kill -TERM failed".into());
        }
        while self.child.try_wait()?.is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// Resident memory, MiB.
    pub fn resident_mib(&self) -> Result<f64, Box<dyn Error>> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status
            .lines()
            .find(|l| l.starts_with("VmRSS:"))
            .ok_or("VmRSS")?;
        let kib: u32 = line.split_whitespace().nth(1).ok_or("VmRSS")?.parse()?;
        Ok(f64::from(kib) / 1024.0)
    }

    /// Waits until one of our own metrics, summed over its labels, has reached a value.
    pub async fn wait_for_metric(&self, name: &str, least: f64) -> Result<(), Box<dyn Error>> {
        for _ in 0..2_400 {
            if self.metric(name).await?.is_some_and(|value| value >= least) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        Err(format!("{name} did not reach {least} within 1 min").into())
    }

    /// One of our own metrics, summed over its labels; `None` while it is not there.
    async fn metric(&self, name: &str) -> Result<Option<f64>, Box<dyn Error>> {
        let values = self.values(name).await?;
        Ok((!values.is_empty()).then(|| values.iter().sum()))
    }

    /// One of our own metrics, each of its labels' values.
    pub async fn values(&self, name: &str) -> Result<Vec<f64>, Box<dyn Error>> {
        let text = self
            .http
            .get(format!("http://{}/metrics", self.metrics))
            .send()
            .await?
            .text()
            .await?;
        Ok(text
            .lines()
            .filter(|l| {
                l.strip_prefix(name)
                    .is_some_and(|rest| rest.starts_with(['{', ' ']))
            })
            .filter_map(|l| l.rsplit(' ').next()?.parse().ok())
            .collect())
    }

    /// Waits until both consumers have read everything: rows stored, detectors run.
    pub async fn caught_up(&self) -> Result<(), Box<dyn Error>> {
        for _ in 0..1_200 {
            if self
                .metric("noc_log_lag_records")
                .await?
                .is_some_and(|lag| lag < 1.0)
            {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err("the consumers did not catch up within 2 min".into())
    }
}

impl Drop for Noc {
    fn drop(&mut self) {
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait()) {
            eprintln!("noc {} did not end: {error}", self.child.id());
        }
    }
}

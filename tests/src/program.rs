//! The real program as a process of its own: started, asked to stop, killed, frozen.

use noc_pipeline::clock::Stopwatch;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// How long the program may take to start or to stop.
const PATIENCE: Duration = Duration::from_secs(60);

/// How to start the program: a data directory, free ports of 127.0.0.1, and settings as environment variables.
#[derive(Debug, Clone)]
pub struct Launch {
    environment: BTreeMap<String, String>,
}

impl Launch {
    /// On a data directory, with settings that suit tests.
    #[must_use]
    pub fn on(dir: &Path) -> Self {
        // Already installed by another test of this binary: the same one.
        drop(rustls::crypto::ring::default_provider().install_default());
        let defaults = [
            ("NOC_DATA_DIR", dir.to_str().expect("a plain path")),
            ("NOC_OUTBOUND_ALLOW", "127.0.0.0/8"),
            ("NOC_BIND", "127.0.0.1:0"),
            ("NOC_METRICS_BIND", "127.0.0.1:0"),
            ("NOC_MIN_FREE_MIB", "1"),
            ("NOC_INGEST_SERVER_RATE", "1000"),
            ("NOC_INGEST_SERVER_BURST", "1000"),
            ("NOC_DRAIN_S", "0"),
            ("NOC_LOG_FORMAT", "json"),
            ("NOC_LOG_ACCESS", "false"),
            // Tests count messages incident by incident, and cause more than any recipient should get.
            ("NOC_GROUP_WAIT_S", "0"),
            ("NOC_STORM_MESSAGES", "0"),
        ];
        Self {
            environment: defaults.map(|(k, v)| (k.into(), v.into())).into(),
        }
    }

    /// With one more setting, or another value for one.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    /// With more settings.
    #[must_use]
    pub fn with_all(
        mut self,
        settings: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Self {
        let settings = settings.into_iter().map(|(k, v)| (k.into(), v.into()));
        self.environment.extend(settings);
        self
    }

    /// The command `noc <arguments>` with these settings.
    ///
    /// # Panics
    /// When the program was not built.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let beside = || {
            let tests = std::env::current_exe().ok()?;
            Some(tests.parent()?.parent()?.join("noc"))
        };
        let program = std::env::var_os("NOC_BIN")
            .map(PathBuf::from)
            .or_else(beside)
            .expect("a place for the program");
        assert!(
            program.exists(),
            "{program:?} is missing: cargo build --profile ci --workspace --bins"
        );
        let mut command = Command::new(program);
        command
            .args(arguments)
            .envs(&self.environment)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }
}

/// A running `noc serve`; killed when dropped.
#[derive(Debug)]
pub struct Program {
    child: Child,
    /// Where it serves, `http://127.0.0.1:port`; empty until it is ready.
    pub url: String,
}

impl Program {
    /// Starts it, and does not wait.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn spawn(launch: &Launch) -> Self {
        Self {
            child: launch.command(&["serve"]).spawn().expect("it starts"),
            url: String::new(),
        }
    }

    /// Starts it, and returns once it is ready.
    ///
    /// # Panics
    /// When it ends, or is not ready in time.
    pub async fn start(launch: &Launch) -> Self {
        let started = Self::start_or_end(launch).await;
        started.expect("it lives until it is ready")
    }

    /// Starts it, and returns once it is ready; `None` when it ended before it was.
    ///
    /// # Panics
    /// When it is not ready in time.
    pub async fn start_or_end(launch: &Launch) -> Option<Self> {
        let mut program = Self::spawn(launch);
        let stderr = program.child.stderr.take().expect("a pipe");
        let mut lines = BufReader::new(stderr).lines();
        let serving = async {
            while let Some(line) = lines.next_line().await.expect("text") {
                let line: Value = serde_json::from_str(&line).unwrap_or(Value::String(line));
                match line["address"].as_str() {
                    Some(address) => return Some(format!("http://{address}")),
                    None => println!("{line}"),
                }
            }
            None
        };
        let served = tokio::time::timeout(PATIENCE, serving).await;
        program.url = served.expect("it starts in time")?;
        // Read on, so that it never waits for us; shown when the test fails.
        actix_rt::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                if !line.contains(r#""level":"INFO""#) {
                    println!("{line}");
                }
            }
        });
        Some(program)
    }

    /// How it ended, if it has.
    ///
    /// # Panics
    /// When that cannot be asked.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a process of ours")
    }

    /// Its process id.
    ///
    /// # Panics
    /// After it ended.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// Status of `GET /readyz`; `None` when nobody answers within 3 s.
    pub async fn ready(&self) -> Option<u16> {
        let asked = reqwest::Client::new()
            .get(format!("{}/readyz", self.url))
            .timeout(Duration::from_secs(3));
        Some(asked.send().await.ok()?.status().as_u16())
    }

    /// `kill -9`, and waits until it is gone.
    ///
    /// # Panics
    /// When the signal cannot be sent.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("it is killed");
    }

    /// Freezes it (`SIGSTOP`): its connections stay open and nobody answers.
    pub async fn pause(&self) {
        self.signal("-STOP").await;
    }

    /// Lets it go on.
    pub async fn resume(&self) {
        self.signal("-CONT").await;
    }

    /// Asks it to stop, waits until it has, and answers how and after how long.
    ///
    /// # Panics
    /// When it does not stop in time.
    pub async fn terminate(mut self) -> (ExitStatus, Duration) {
        let watch = Stopwatch::start();
        self.signal("-TERM").await;
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        let status = ended.expect("it stops in time").expect("a status");
        (status, watch.elapsed())
    }

    async fn signal(&self, signal: &str) {
        let id = self.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status().await;
        assert!(sent.expect("kill runs").success());
    }
}

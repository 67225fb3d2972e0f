//! QuestDB for tests: tables of one's own on the stack's server, or a server of one's own.

use crate::parts::Servers;
use noc_storage::series::{QuestDbOptions, QuestDbSeries};
use serde_json::Value;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use uuid::Uuid;

/// Runs a statement.
///
/// # Errors
/// What the server said, or why it was not reached.
pub async fn exec(url: &str, sql: &str) -> Result<Value, String> {
    drop(rustls::crypto::ring::default_provider().install_default());
    let http = reqwest::Client::builder().no_proxy().build();
    let http = http.map_err(|error| error.to_string())?;
    let request = http.get(format!("{url}/exec")).query(&[("query", sql)]);
    let answer = request.send().await.map_err(|error| error.to_string())?;
    let answer: Value = answer.json().await.map_err(|error| error.to_string())?;
    match answer.get("error") {
        Some(error) => Err(format!("{error} in {sql}")),
        None => Ok(answer),
    }
}

/// Tables with a prefix of their own, dropped with this.
#[derive(Debug)]
pub struct Tables {
    /// The server they are on.
    pub url: String,
    prefix: String,
}

impl Default for Tables {
    fn default() -> Self {
        Self::new()
    }
}

impl Tables {
    /// A new prefix on the shared server; nothing is made yet.
    #[must_use]
    pub fn new() -> Self {
        let id = Uuid::new_v4().simple().to_string();
        Self {
            url: Servers::known().questdb,
            prefix: format!("t{}_", &id[..12]),
        }
    }

    /// The whole name of a table.
    #[must_use]
    pub fn name(&self, table: &str) -> String {
        format!("{}{table}", self.prefix)
    }

    /// Options for a store on these tables.
    #[must_use]
    pub fn options(&self) -> QuestDbOptions {
        drop(rustls::crypto::ring::default_provider().install_default());
        let options = QuestDbOptions::new(&self.url).expect("an address");
        options.with_prefix(self.prefix.clone())
    }

    /// A store on these tables.
    ///
    /// # Panics
    /// When there is no server: `make stack` starts one.
    pub async fn open(&self) -> QuestDbSeries {
        if let Err(error) = exec(&self.url, "SELECT 1").await {
            panic!(
                "no QuestDB at {}, `make stack` starts one: {error}",
                self.url
            );
        }
        let store = QuestDbSeries::open(self.options()).await;
        store.expect("the tables can be made")
    }

    async fn drop_all(url: String, prefix: String) -> Result<(), String> {
        let sql = format!("SELECT table_name FROM tables() WHERE table_name LIKE '{prefix}%'");
        let answer = exec(&url, &sql).await?;
        let rows = answer["dataset"].as_array().cloned().unwrap_or_default();
        for table in rows.iter().filter_map(|row| row[0].as_str()) {
            exec(&url, &format!("DROP TABLE IF EXISTS \"{table}\"")).await?;
        }
        Ok(())
    }
}

impl Drop for Tables {
    fn drop(&mut self) {
        let (url, prefix) = (self.url.clone(), self.prefix.clone());
        // The test's own runtime is in this call, so it cannot run another future.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = { runtime }.enable_all().build().expect("a runtime");
            runtime.block_on(Self::drop_all(url, prefix))
        });
        let dropped = dropped.join().expect("no panic while tables are dropped");
        if !std::thread::panicking() {
            dropped.expect("the tables are dropped");
        }
    }
}

/// A QuestDB server of one's own, to kill and to pause; ended with this.
#[derive(Debug)]
pub struct OwnServer {
    dir: TempDir,
    port: u16,
}

impl OwnServer {
    /// Starts a server on a free port with a folder of its own.
    ///
    /// # Panics
    /// When it does not start: `make stack` fetches what it needs.
    #[must_use]
    pub fn start() -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let dir = tempfile::tempdir().expect("a temporary directory");
        let lib = root().join(".stack/lib");
        assert!(
            lib.is_dir(),
            "no {}: `make stack` fetches it",
            lib.display()
        );
        std::os::unix::fs::symlink(lib, dir.path().join("lib")).expect("a link");
        let free = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = free.local_addr().expect("its port").port();
        drop(free);
        let mut server = Self { dir, port };
        server.start_again();
        server
    }

    /// Its folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Starts it after [`OwnServer::kill`]; returns once it answers.
    pub fn start_again(&mut self) {
        self.stack("start");
    }

    /// Ends it with SIGKILL.
    pub fn kill(&mut self) {
        self.stack("kill");
    }

    /// Stops it without ending it.
    pub fn pause(&mut self) {
        self.stack("pause");
    }

    /// Lets it go on.
    pub fn resume(&mut self) {
        self.stack("resume");
    }

    fn stack(&self, action: &str) {
        let done = Command::new(root().join("tests/stack/stack.sh"))
            .args([action, "questdb"])
            .env("STACK_DIR", self.dir.path())
            .env("STACK_PORT", self.port.to_string())
            .status();
        assert!(
            done.as_ref().is_ok_and(std::process::ExitStatus::success),
            "stack.sh {action} questdb: {done:?}"
        );
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        let killed = Command::new(root().join("tests/stack/stack.sh"))
            .args(["kill", "questdb"])
            .env("STACK_DIR", self.dir.path())
            .env("STACK_PORT", self.port.to_string())
            .status();
        if let Err(error) = killed {
            eprintln!("the server at {} may still run: {error}", self.url());
        }
    }
}

fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    root.expect("the workspace").to_path_buf()
}

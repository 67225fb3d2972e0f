//! The real Linux agent as a process of an unprivileged user, with all its files in a temporary folder.

use crate::eventually;
use noc_api::simulate::client::Identity;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// `nobody`: who the agent is in tests.
pub const NOBODY: u32 = 65_534;

/// The workspace.
#[must_use]
pub fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the workspace").to_path_buf()
}

/// A script of the agent as it is served, from its parts.
///
/// # Panics
/// When it cannot be put together.
#[must_use]
pub fn composed(name: &str) -> String {
    let script = root().join("agent-scripts/compose.sh");
    let done = std::process::Command::new(script).arg(name).output();
    let done = done.expect("compose.sh runs");
    assert!(done.status.success(), "{done:?}");
    String::from_utf8(done.stdout).expect("text")
}

/// An agent, not yet running; everything of it ends with this value.
#[derive(Debug)]
pub struct LinuxAgent {
    dir: TempDir,
    child: Option<Child>,
    environment: Vec<(String, String)>,
    network: Option<String>,
}

impl LinuxAgent {
    /// An agent that reports to `url` as this server, every second.
    ///
    /// # Panics
    /// When this is not root, who alone can step down to another user.
    #[must_use]
    pub fn new(url: &str, identity: &Identity) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let agent = Self {
            dir,
            child: None,
            environment: Vec::new(),
            network: None,
        };
        for (name, mode) in [("", 0o755), ("state", 0o750)] {
            let path = agent.dir.path().join(name);
            fs::create_dir_all(&path).expect("a folder");
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a mode");
        }
        chown(agent.state(), Some(NOBODY), Some(NOBODY))
            .expect("these tests run the agent as nobody: they need root");
        for name in ["agent", "agent-hosting"] {
            agent.script(name, &composed(name));
        }
        agent.settings(&[
            ("NOC_URL", url),
            ("SERVER_ID", &identity.server.to_string()),
            ("AGENT_SECRET", &identity.secret),
            ("INTERVAL_S", "1"),
        ]);
        agent
    }

    /// Puts a script beside the agent, or in its place.
    pub fn script(&self, name: &str, text: &str) {
        let path = self.dir.path().join(format!("{name}.sh"));
        fs::write(&path, text).expect("a script");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode");
    }

    /// Replaces the probes of `agent-hosting.sh` by these; its commands stay.
    ///
    /// # Panics
    /// When its last parts are not there.
    pub fn hosting(&self, probes: &str) {
        let whole = composed("agent-hosting");
        let last =
            "# ---------------------------------------------------------------- root's timer";
        let (parts, commands) = whole.split_once(last).expect("its last parts");
        let text = format!("{parts}KINDS=(metrics processes disks)\n{probes}\n{commands}");
        self.script("agent-hosting", &text);
    }

    /// `agent-hosting.sh` with other settings of its own, such as where logs lie.
    ///
    /// # Panics
    /// When it does not begin as expected.
    pub fn with_hosting_settings(&self, settings: &str) {
        let whole = composed("agent-hosting");
        let last =
            "# ---------------------------------------------------------------- root's timer";
        let (parts, commands) = whole.split_once(last).expect("its last parts");
        self.script("agent-hosting", &format!("{parts}{settings}\n{commands}"));
    }

    /// Adds settings to `agent.conf`; the last of a name holds.
    pub fn settings(&self, settings: &[(&str, &str)]) {
        let conf = self.conf();
        let mut text = fs::read_to_string(&conf).unwrap_or_default();
        for (name, value) in settings {
            text.push_str(&format!("{name}={value}\n"));
        }
        fs::write(&conf, text).expect("settings");
        chown(&conf, Some(0), Some(NOBODY)).expect("an owner");
        fs::set_permissions(&conf, fs::Permissions::from_mode(0o640)).expect("a mode");
    }

    /// With one more variable in its environment.
    pub fn environment(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// In the network namespace of this name.
    pub fn within_network(&mut self, name: &str) {
        self.network = Some(name.to_owned());
    }

    /// `agent.conf`.
    #[must_use]
    pub fn conf(&self) -> PathBuf {
        self.dir.path().join("agent.conf")
    }

    /// Where it writes.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    /// Ticks in its spool, by name and so by age: path and lines.
    #[must_use]
    pub fn spool(&self) -> Vec<(PathBuf, Vec<String>)> {
        let Ok(folder) = fs::read_dir(self.state().join("spool")) else {
            return Vec::new();
        };
        let mut paths: Vec<PathBuf> = folder
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
            .collect();
        paths.sort();
        let lines = |path: &Path| {
            let text = fs::read_to_string(path).unwrap_or_default();
            text.lines().map(str::to_owned).collect()
        };
        paths.into_iter().map(|p| (p.clone(), lines(&p))).collect()
    }

    /// Its log.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.state().join("agent.log")).unwrap_or_default()
    }

    /// A script of the agent as `nobody`, with arguments.
    #[must_use]
    pub fn command(&self, script: &str, arguments: &[&str]) -> Command {
        let id = NOBODY.to_string();
        let mut command = match &self.network {
            Some(name) => {
                let mut command = Command::new("ip");
                command.args(["netns", "exec", name, "setpriv"]);
                command
            }
            None => Command::new("setpriv"),
        };
        command
            .args(["--reuid", &id, "--regid", &id, "--clear-groups"])
            // After the step down: what is preloaded must not begin as root.
            .arg("env")
            .args(self.environment.iter().map(|(k, v)| format!("{k}={v}")))
            .arg(self.dir.path().join(script))
            .args(arguments)
            .env("NOC_AGENT_CONF", self.conf())
            .env("NOC_AGENT_STATE", self.state())
            .current_dir("/")
            .stdin(Stdio::null());
        command
    }

    /// Runs a command of the agent to its end: whether it succeeded, and what it printed on both outputs.
    ///
    /// # Panics
    /// When it cannot be run.
    pub async fn run(&self, script: &str, arguments: &[&str]) -> (bool, String) {
        let done = self.command(script, arguments).output().await;
        let done = done.expect("it runs");
        let mut text = String::from_utf8_lossy(&done.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&done.stderr));
        (done.status.success(), text)
    }

    /// Starts it.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(&mut self) {
        let mut command = self.command("agent.sh", &["run"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        self.child = Some(command.spawn().expect("it starts"));
    }

    /// Its process, while it runs.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.as_ref()?.id()
    }

    /// `kill -9`: the agent alone, as the kernel would when memory is short.
    ///
    /// # Panics
    /// When it does not run.
    pub async fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().await.expect("it is killed");
    }

    /// Asks it to stop, and waits until it has.
    ///
    /// # Panics
    /// When it does not run, or does not stop in time.
    pub async fn stop(&mut self) {
        let mut child = self.child.take().expect("it runs");
        let id = child.id().expect("it runs").to_string();
        let sent = Command::new("kill").arg(&id).status().await;
        assert!(sent.expect("kill runs").success());
        eventually("the agent has stopped", async || {
            child.try_wait().expect("a status")
        })
        .await;
    }

    /// Processes of this agent that live: it, its children, and theirs.
    #[must_use]
    pub fn processes(&self) -> Vec<u32> {
        let sign = format!("NOC_AGENT_STATE={}", self.state().display());
        let Ok(all) = fs::read_dir("/proc") else {
            return Vec::new();
        };
        let ids = all.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        ids.filter(|id: &u32| {
            let environment = fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
            let mut variables = environment.split(|byte| *byte == 0);
            variables.any(|variable| variable == sign.as_bytes())
        })
        .collect()
    }
}

impl Drop for LinuxAgent {
    fn drop(&mut self) {
        for id in self.processes() {
            let killed = std::process::Command::new("kill")
                .args(["-9", &id.to_string()])
                .stderr(Stdio::null())
                .status();
            drop(killed);
        }
    }
}

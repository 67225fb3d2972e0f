//! A host of its own for installers: `/etc`, `/opt`, `/var/log`, `/var/lib`, `/home` and `/run` are private copies or
//! empty, processes have numbers of their own, and nothing of it is left on this machine.
//!
//! It is a mount and a process namespace, so it needs root, and shares this machine's network and programs. `systemd`
//! does not run in it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// What is private: where it is mounted, and the folder it lies in.
const PRIVATE: [(&str, &str); 6] = [
    ("/etc", "etc"),
    ("/opt", "opt"),
    ("/var/log", "log"),
    ("/var/lib", "lib"),
    ("/home", "home"),
    ("/run", "run"),
];

/// The host; it and whatever runs on it end with this value.
#[derive(Debug)]
pub struct PrivateHost {
    dir: TempDir,
    holder: Child,
    /// The first process in its namespaces, by this machine's number.
    init: u32,
}

impl PrivateHost {
    /// Makes one.
    ///
    /// # Panics
    /// When this is not root, or has no namespaces.
    pub async fn start() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let at = dir.path().to_str().expect("a plain path");
        let mut script = format!("set -e; chmod 0755 {at}\n");
        for (mount, name) in PRIVATE {
            script += &format!("mkdir {at}/{name}; chmod 0755 {at}/{name}\n");
            if name == "etc" {
                script += &format!("cp -a /etc/. {at}/etc/\n");
            }
            script += &format!("mount --bind {at}/{name} {mount}\n");
        }
        script += "echo ready; exec sleep infinity";
        let mut holder = Command::new("unshare")
            .args([
                "--mount",
                "--pid",
                "--fork",
                "--kill-child",
                "--mount-proc",
                "--propagation",
                "private",
            ])
            .args(["bash", "-c", &script])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("unshare runs: these tests need root");
        let outer = holder.id().expect("it runs");
        let output = holder.stdout.take().expect("a pipe");
        let first = BufReader::new(output).lines().next_line().await;
        assert_eq!(
            first.expect("text").as_deref(),
            Some("ready"),
            "no private host: it takes root and namespaces"
        );
        let children = fs::read_to_string(format!("/proc/{outer}/task/{outer}/children"));
        let init = children.expect("children").trim().parse();
        Self {
            dir,
            holder,
            init: init.expect("one child"),
        }
    }

    /// A command on this host, as its root.
    #[must_use]
    pub fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("nsenter");
        command
            .args(["--target", &self.init.to_string(), "--mount", "--pid", "--"])
            .arg(program)
            .args(arguments)
            .current_dir("/")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Runs a shell command on it to its end.
    ///
    /// # Panics
    /// When it cannot be run.
    pub async fn sh(&self, command: &str) -> Output {
        let done = self.command("bash", &["-c", command]).output().await;
        done.expect("it runs")
    }

    /// Runs a shell command on it that must succeed; what it printed.
    ///
    /// # Panics
    /// When it fails.
    pub async fn run(&self, command: &str) -> String {
        let done = self.sh(command).await;
        let text = text(&done);
        assert!(done.status.success(), "{command}: {text}");
        text
    }

    /// Where a file of this host lies on this machine.
    ///
    /// # Panics
    /// When it is not below a private folder.
    #[must_use]
    pub fn path(&self, path: &str) -> PathBuf {
        let private = PRIVATE.iter().find_map(|(mount, name)| {
            let rest = path.strip_prefix(mount)?;
            Some(
                self.dir
                    .path()
                    .join(name)
                    .join(rest.trim_start_matches('/')),
            )
        });
        private.expect("a path below a private folder")
    }

    /// Everything in its private folders: path, and what tells one state of a file from another. Backups that account
    /// tools make are left out.
    #[must_use]
    pub fn files(&self) -> BTreeMap<PathBuf, String> {
        let mut found = BTreeMap::new();
        for (_, name) in PRIVATE {
            list(&self.dir.path().join(name), self.dir.path(), &mut found);
        }
        found.retain(|path, _| {
            let name = path.to_string_lossy();
            let backup = name.starts_with("etc/") && name.ends_with('-');
            let lock = name.ends_with("/.pwd.lock");
            !backup && !lock
        });
        found
    }
}

impl Drop for PrivateHost {
    fn drop(&mut self) {
        // Its child dies with it, and the child's namespace with the child.
        drop(self.holder.start_kill());
    }
}

/// Both outputs of a command.
#[must_use]
pub fn text(done: &Output) -> String {
    let mut text = String::from_utf8_lossy(&done.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&done.stderr));
    text
}

fn list(folder: &Path, base: &Path, found: &mut BTreeMap<PathBuf, String>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let Ok(about) = fs::symlink_metadata(&path) else {
            continue;
        };
        let content = if about.is_file() {
            hex::encode(fs::read(&path).unwrap_or_default())
        } else {
            String::new()
        };
        let state = format!(
            "{:o} {}:{} {content}",
            about.mode(),
            about.uid(),
            about.gid()
        );
        let name = path.strip_prefix(base).expect("below it").to_path_buf();
        found.insert(name, state);
        if about.is_dir() {
            list(&path, base, found);
        }
    }
}

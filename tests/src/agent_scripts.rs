//! The Linux agent's scripts, put together from their parts as they are served, with their functions called one by one.

use crate::linux_agent::composed;
use noc_pipeline::clock::{Clock, SystemClock};
use serde_json::Value;
use std::fs::{File, create_dir_all, set_permissions, write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};
use tempfile::TempDir;

/// The scripts, and a folder that they take for the agent's.
pub struct AgentScripts {
    dir: TempDir,
    settings: String,
    within: Vec<String>,
    path: String,
}

/// An awk of this machine.
pub struct Awk {
    /// Its name.
    pub name: &'static str,
    dir: TempDir,
}

/// Each awk there is. mawk and gawk are what fleets have and must be there; the others are tried where they are.
///
/// # Panics
/// When one of those two is missing.
#[must_use]
pub fn awks() -> Vec<Awk> {
    let known = [
        ("mawk", "/usr/bin/mawk", true),
        ("gawk", "/usr/bin/gawk", true),
        ("busybox", "/usr/bin/busybox", false),
        ("busybox", "/bin/busybox", false),
        ("original-awk", "/usr/bin/original-awk", false),
    ];
    let mut found: Vec<Awk> = Vec::new();
    for (name, program, needed) in known {
        if !Path::new(program).exists() {
            assert!(!needed, "apt-get install -y {name}");
            continue;
        }
        if found.iter().all(|awk| awk.name != name) {
            let dir = TempDir::new().expect("a temporary folder");
            symlink(program, dir.path().join("awk")).expect("a link");
            found.push(Awk { name, dir });
        }
    }
    found
}

impl Awk {
    /// A `PATH` under which it is `awk`.
    #[must_use]
    pub fn path(&self) -> String {
        format!(
            "{}:/usr/sbin:/usr/bin:/sbin:/bin",
            self.dir.path().display()
        )
    }
}

impl AgentScripts {
    /// The scripts of this tree; time is UTC, and no program or log of this machine is looked at.
    ///
    /// # Panics
    /// When they cannot be put together.
    #[must_use]
    pub fn new() -> Self {
        let dir = TempDir::new().expect("a temporary folder");
        // Other users' programs must be able to look in.
        set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).expect("permissions");
        for name in ["agent", "agent-hosting"] {
            write(dir.path().join(format!("{name}.sh")), composed(name)).expect("a script");
        }
        for folder in ["state/run", "state/offsets", "state/spool", "log"] {
            create_dir_all(dir.path().join(folder)).expect("a folder");
        }
        let settings = "host_date() { TZ=UTC0 date \"$@\"; }
            say() { printf '%s\n' \"$*\" >>\"$STATE/said\"; }
            EXIM_PROGRAMS='' POSTQUEUE_PROGRAMS='' EXIM_LOGS='' POSTFIX_LOGS='' ACCOUNT_FILES=''
            CSF_SIGNS='' FAIL2BAN_SIGNS='' MODSEC_SIGNS='' LFD_LOG=/nowhere/lfd FAIL2BAN_LOG=/nowhere/f2b MODSEC_LOGS='' AUDIT_LOGS=''\n";
        Self {
            dir,
            settings: settings.into(),
            within: Vec::new(),
            path: "/usr/sbin:/usr/bin:/sbin:/bin".into(),
        }
    }

    /// A path below the folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Bash that runs before every script: other paths, another clock.
    pub fn set(&mut self, settings: &str) {
        self.settings.push_str(settings);
        self.settings.push('\n');
    }

    /// Sets the agent's clock, seconds since 1970.
    pub fn set_clock(&mut self, at: i64) {
        self.set(&format!("now_s() {{ printf -v \"$1\" '%s' {at}; }}"));
    }

    /// Runs everything under this awk from now on.
    pub fn use_awk(&mut self, awk: &Awk) {
        self.path = awk.path();
    }

    /// Runs everything by this command from now on, such as `nsenter`.
    pub fn set_within(&mut self, command: &[&str]) {
        self.within = command.iter().map(|&word| word.to_owned()).collect();
    }

    /// A program that scripts may call, of these lines of bash.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn program(&self, name: &str, lines: &str) -> PathBuf {
        let path = self.path(name);
        write(&path, format!("#!/bin/bash\n{lines}\n")).expect("a program");
        set_permissions(&path, PermissionsExt::from_mode(0o755)).expect("permissions");
        path
    }

    /// Runs bash with the agent's functions.
    ///
    /// # Panics
    /// When it fails, or says anything on standard error.
    #[must_use]
    pub fn run(&self, script: &str) -> String {
        let (out, errors) = self.try_run(script);
        assert!(errors.is_empty(), "{script}: {errors}\n{out}");
        out
    }

    /// Runs bash with the agent's functions for what it does.
    ///
    /// # Panics
    /// When it fails, or says anything on standard error.
    pub fn act(&self, script: &str) {
        drop(self.run(script));
    }

    /// Runs bash with the agent's functions: standard output, and standard error or how it ended.
    ///
    /// # Panics
    /// When bash cannot be started.
    #[must_use]
    pub fn try_run(&self, script: &str) -> (String, String) {
        let dir = self.dir.path().display();
        let script = format!(
            "source {dir}/agent.sh\nsource {dir}/agent-hosting.sh\n{}\n{script}",
            self.settings
        );
        let words: Vec<&str> = self.within.iter().map(String::as_str).collect();
        let words = [&words[..], &["bash", "-c", &script]].concat();
        let output = Command::new(words[0])
            .args(&words[1..])
            .env_clear()
            .env("PATH", &self.path)
            .env("NOC_AGENT_STATE", self.path("state"))
            .env("NOC_AGENT_COUNTS", self.path("lib/counts"))
            .env("NOC_AGENT_CONF", "/dev/null")
            .current_dir(self.dir.path())
            .output()
            .expect("bash runs");
        let mut errors = String::from_utf8_lossy(&output.stderr).into_owned();
        if !output.status.success() {
            errors += &format!("ended with {}", output.status);
        }
        (String::from_utf8(output.stdout).expect("utf-8"), errors)
    }

    /// What a probe reports, payload by payload; the place in its logs is kept only when [`Self::commit`] says so.
    ///
    /// # Panics
    /// When it is no JSON.
    #[must_use]
    pub fn report(&self, kind: &str) -> Vec<Value> {
        let probe = kind.replace('-', "_");
        self.run(&format!("BODY=''; probe_{probe}; printf '%s' \"$BODY\""))
            .lines()
            .map(|line| {
                serde_json::from_str(&format!("{{{line}}}"))
                    .unwrap_or_else(|error| panic!("{error}: {line}"))
            })
            .collect()
    }

    /// What the agent has written to its log.
    ///
    /// # Panics
    /// When that cannot be read.
    #[must_use]
    pub fn said(&self) -> String {
        let path = self.path("state/said");
        if !path.exists() {
            return String::new();
        }
        std::fs::read_to_string(path).expect("text")
    }

    /// Keeps the place that the last report ended at, as the agent does once the report is safe.
    ///
    /// # Panics
    /// When there is none.
    pub fn commit(&self, kind: &str) {
        let offsets = self.path("state/offsets");
        std::fs::rename(offsets.join(format!("{kind}.next")), offsets.join(kind))
            .expect("a place to keep");
    }
}

impl Default for AgentScripts {
    fn default() -> Self {
        Self::new()
    }
}

/// Makes a file look as if last written so many seconds ago.
///
/// # Panics
/// When that cannot be done.
pub fn age(path: &Path, seconds: i64) {
    let at = SystemClock.now().0 / 1_000 - seconds;
    let at = UNIX_EPOCH + Duration::from_secs(u64::try_from(at).expect("a time after 1970"));
    let file = File::options().append(true).open(path).expect("a file");
    file.set_modified(at).expect("its time is set");
}

//! Probes of the Linux agent one by one: against recorded formats with every awk there is, and against the real
//! programs. LiteSpeed and cPanel have no Debian package: their files are laid out as they write them.

mod backups;
mod crons;
mod golden;
mod mysql;
mod private_host;

use noc_pipeline::clock::{Clock, SystemClock};
use noc_pipeline::payload::{Kind, Posted, parse_post};
use noc_tests::now;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// Every awk that hosts have.
const AWKS: [&str; 4] = ["gawk --posix", "mawk", "busybox awk", "original-awk"];

fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the workspace").to_path_buf()
}

fn fixtures() -> PathBuf {
    root().join("tests/fixtures/agent")
}

/// The agent's scripts in a folder of their own, with a state and a host that the test lays out.
struct Probes {
    dir: TempDir,
    environment: Vec<(String, String)>,
}

impl Probes {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let probes = Self {
            dir,
            environment: Vec::new(),
        };
        for folder in ["opt", "bin", "state/spool", "counts", "host"] {
            fs::create_dir_all(probes.path(folder)).unwrap();
        }
        for name in ["agent", "agent-hosting"] {
            let made = Command::new(root().join("agent-scripts/compose.sh"))
                .arg(name)
                .arg(probes.path(&format!("opt/{name}.sh")))
                .output()
                .expect("compose.sh runs");
            assert!(made.status.success(), "{made:?}");
        }
        let program = r#"
            source "$NOC_TEST_OPT/agent.sh"; source "$NOC_TEST_OPT/agent-hosting.sh"
            mkdir -p "$RUN" "$OFFSETS"; BODY=''
            case $1 in
              doctor) doctor_of "$2" ;;
              *) "${PROBE_OF[$2]}"; [[ -z $BODY ]] || printf '%s\n' "$BODY"
                 if [[ -e $OFFSETS/$2.next ]]; then mv -f -- "$OFFSETS/$2.next" "$OFFSETS/$2"; fi ;;
            esac"#;
        fs::write(probes.path("opt/probe.sh"), program).unwrap();
        probes
    }

    /// A path of this test's.
    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().expect("a plain path").to_owned()
    }

    /// Writes a file below this test's folder.
    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A program that the probes find before the host's own.
    fn program(&self, name: &str, text: &str) {
        let path = self.path("bin").join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn awk(&self, awk: &str) {
        let first = awk.split(' ').next().unwrap();
        let there = Command::new("sh")
            .args(["-c", &format!("command -v {first}")])
            .output()
            .unwrap();
        assert!(
            there.status.success(),
            "{first} is missing: apt-get install -y --no-install-recommends gawk mawk busybox original-awk"
        );
        self.program("awk", &format!("#!/bin/sh\nexec {awk} \"$@\"\n"));
    }

    fn set(&mut self, name: &str, value: impl Into<String>) {
        self.environment.push((name.to_owned(), value.into()));
    }

    /// Lays a recorded host out; its files are root's, as on a host.
    fn lay_out(&mut self, fixture: &str) {
        let from = fixtures().join(fixture);
        let host = self.path("host");
        fs::remove_dir_all(&host).unwrap();
        for command in [
            vec![
                "cp",
                "-r",
                "-P",
                from.to_str().unwrap(),
                host.to_str().unwrap(),
            ],
            vec!["chmod", "-R", "u=rwX,go=rX", host.to_str().unwrap()],
        ] {
            assert!(
                Command::new(command[0])
                    .args(&command[1..])
                    .status()
                    .unwrap()
                    .success()
            );
        }
        let host = host.to_str().unwrap().to_owned();
        self.set("NOC_AGENT_HOST_ROOT", host);
    }

    /// A command with the environment of the agent.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("timeout");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = format!("{}:{}", self.text("bin"), path.to_str().unwrap());
        command
            .args(["60", program])
            .env("PATH", path)
            .env("NOC_TEST_OPT", self.path("opt"))
            .env("NOC_AGENT_STATE", self.path("state"))
            .env("NOC_AGENT_COUNTS", self.path("counts"))
            .env("NOC_AGENT_CONF", "/dev/null")
            .envs(self.environment.iter().map(|(k, v)| (k, v)));
        command
    }

    fn agent(&self, arguments: &[&str]) -> Output {
        let mut command = self.command("bash");
        command.arg(self.path("opt/probe.sh")).args(arguments);
        command.output().expect("bash runs")
    }

    /// What a probe reports, as an object; its offsets are committed. Nothing may be said on standard error.
    fn probe(&self, kind: &str) -> Value {
        let done = self.agent(&["probe", kind]);
        assert!(done.status.success(), "{done:?}");
        assert!(
            done.stderr.is_empty(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        let body = String::from_utf8(done.stdout).expect("UTF-8");
        if body.trim().is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&format!("{{{body}}}"))
            .unwrap_or_else(|error| panic!("{error}: {body}"))
    }

    /// Lines of the doctor about a kind.
    fn doctor(&self, kind: &str) -> String {
        let done = self.agent(&["doctor", kind]);
        assert!(
            done.stderr.is_empty(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        String::from_utf8(done.stdout).expect("UTF-8")
    }
}

/// What ingest makes of a report: it takes it, and refuses no field.
fn accepted(kind: Kind, body: &Value) -> Posted {
    let mut payload = json!({"v": 1, "boot_id": uuid::Uuid::new_v4(), "seq": 1, "observed_at": now(), "sent_at": now()});
    let fields = body.as_object().expect("fields of a payload").clone();
    payload.as_object_mut().unwrap().extend(fields);
    let text = serde_json::to_vec(&payload).unwrap();
    let posted = parse_post(kind, &text, SystemClock.now())
        .unwrap_or_else(|error| panic!("{kind:?} is refused: {error:?}: {body}"));
    assert_eq!(posted.refused_fields, Vec::<String>::new(), "{body}");
    posted
}

/// A recorded expectation.
fn expected(name: &str) -> Value {
    let path = fixtures().join(format!("{name}.json"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    serde_json::from_str(&text).unwrap()
}

fn error_of(report: &Value) -> &str {
    report["kind_error"]
        .as_str()
        .unwrap_or_else(|| panic!("no error: {report}"))
}

//! A real SMTP server (`tests/smtp/server.py`, on Debian's `python3-aiosmtpd`): starts on a free port of the loopback
//! address, tells what it took, misbehaves on request, and ends with its handle.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a harness fails its test by panicking"
)]

use serde::Deserialize;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{mpsc, watch};

/// Debian's, which has Debian's packages, whatever else is first in the path.
const PYTHON: &str = "/usr/bin/python3";
const PATIENCE: Duration = Duration::from_secs(15);

/// How connections are protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// Not at all.
    None,
    /// By STARTTLS, without which nothing is taken.
    StartTls,
    /// From the first byte.
    Implicit,
}

/// A message that the server took, decoded.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Mail {
    /// On which connection it came, counted from 1.
    pub connection: u32,
    /// Whether that was encrypted.
    pub tls: bool,
    /// Who had signed in.
    pub login: Option<String>,
    /// Envelope sender.
    pub from: String,
    /// Envelope recipients.
    pub recipients: Vec<String>,
    /// Headers, names in lower case.
    pub headers: HashMap<String, String>,
    /// The subject.
    pub subject: String,
    /// The plain part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

/// A running server.
pub struct SmtpServer {
    /// Where it listens, on `localhost`.
    pub port: u16,
    dir: TempDir,
    commands: ChildStdin,
    done: mpsc::UnboundedReceiver<()>,
    mails: watch::Receiver<Vec<Mail>>,
    // Killed by its id when dropped.
    child: Child,
}

impl SmtpServer {
    /// Starts one; `login` is the name and password it asks for.
    ///
    /// # Panics
    /// When it cannot be started; names the package to install where that is missing.
    pub async fn start(tls: Tls, login: Option<(&str, &str)>) -> Self {
        let dir = TempDir::new().expect("a temporary folder");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("smtp/server.py");
        let mut command = Command::new(PYTHON);
        command
            .arg("-W")
            .arg("ignore")
            .arg(script)
            .arg(dir.path().join("mail"));
        if tls != Tls::None {
            let (certificate, key) = certify(dir.path()).await;
            let name = if tls == Tls::StartTls {
                "starttls"
            } else {
                "implicit"
            };
            command
                .args(["--tls", name, "--cert"])
                .arg(certificate)
                .arg("--key")
                .arg(key);
        }
        if let Some((name, password)) = login {
            command.args(["--user", name, "--password", password]);
        }
        let errors = std::fs::File::create(dir.path().join("stderr")).expect("a file for errors");
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .kill_on_drop(true)
            .spawn()
            .expect("/usr/bin/python3 starts");
        let commands = child.stdin.take().expect("its standard input");
        let mut lines = BufReader::new(child.stdout.take().expect("its standard output")).lines();
        let first = tokio::time::timeout(PATIENCE, lines.next_line()).await;
        let first = first
            .expect("it speaks in time")
            .expect("its output is text");
        let port = match first.as_deref().and_then(|line| line.strip_prefix("port ")) {
            Some(port) => port.parse().expect("a port"),
            None if first.as_deref() == Some("missing") => panic!(
                "the mail server for tests is missing: apt-get install -y --no-install-recommends python3-aiosmtpd"
            ),
            None => {
                let errors = std::fs::read_to_string(dir.path().join("stderr"));
                panic!(
                    "the mail server did not start: {}",
                    errors.unwrap_or_default()
                );
            }
        };
        let (taken, mails) = watch::channel(Vec::new());
        let (acknowledge, done) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some(mail) = line.strip_prefix("taken ") {
                    let mail = serde_json::from_str(mail).expect("what it took as JSON");
                    taken.send_modify(|mails| mails.push(mail));
                } else if acknowledge.send(()).is_err() {
                    return;
                }
            }
        });
        Self {
            port,
            dir,
            commands,
            done,
            mails,
            child,
        }
    }

    /// The certificate that a client must trust.
    ///
    /// # Panics
    /// When the server speaks no TLS.
    #[must_use]
    pub fn ca_pem(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("cert.pem")).expect("the certificate")
    }

    /// Changes how it answers: `ok`, `reply rcpt 550 no such user`, `hang data`.
    ///
    /// # Panics
    /// When it does not obey.
    pub async fn behave(&mut self, how: &str) {
        let line = format!("{how}\n");
        let written = self.commands.write_all(line.as_bytes()).await;
        written.expect("it listens");
        let done = tokio::time::timeout(PATIENCE, self.done.recv()).await;
        done.expect("it obeys in time").expect("it lives");
    }

    /// Ends it; returns once nobody listens any more.
    ///
    /// # Panics
    /// When it cannot be ended.
    pub async fn stop(mut self) {
        self.child.kill().await.expect("it can be ended");
    }

    /// What it has taken so far.
    #[must_use]
    pub fn mails(&self) -> Vec<Mail> {
        self.mails.borrow().clone()
    }

    /// Waits until it has taken `count` messages in all, and returns them.
    ///
    /// # Panics
    /// When they do not come within 15 s.
    pub async fn wait_for(&self, count: usize) -> Vec<Mail> {
        let mut mails = self.mails.clone();
        let all =
            tokio::time::timeout(PATIENCE, mails.wait_for(|mails| mails.len() >= count)).await;
        match all {
            Ok(mails) => mails.expect("it lives").clone(),
            Err(_) => panic!("{count} mails did not come, these did: {:#?}", self.mails()),
        }
    }
}

/// Makes a certificate for `localhost` that is its own CA.
async fn certify(dir: &Path) -> (PathBuf, PathBuf) {
    let (certificate, key) = (dir.join("cert.pem"), dir.join("key.pem"));
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
        ])
        .args(["-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args([
            "-addext",
            "subjectAltName=DNS:localhost",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ])
        .arg("-out")
        .arg(&certificate)
        .arg("-keyout")
        .arg(&key)
        .output()
        .await
        .expect("openssl starts: apt-get install -y --no-install-recommends openssl");
    assert!(
        made.status.success(),
        "no certificate: {}",
        String::from_utf8_lossy(&made.stderr)
    );
    (certificate, key)
}

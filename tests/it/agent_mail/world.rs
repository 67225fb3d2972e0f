//! A mail server in a mount namespace of its own, with servers for other domains that take, put off and refuse mail.

use chrono::{DateTime, Utc};
use noc_tests::smtp::{SmtpServer, Tls};
use noc_tests::{AgentScripts, eventually};
use std::path::{Path, PathBuf};
use std::process::{Command as Blocking, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};

const PATIENCE: Duration = Duration::from_secs(60);

/// A running mail server; ends with its handle.
pub struct World {
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    pub folder: PathBuf,
    /// Bash, with the agent's functions, beside it.
    pub scripts: AgentScripts,
    _elsewhere: Vec<SmtpServer>,
    input: Option<ChildStdin>,
    child: Child,
}

impl World {
    /// Starts `tests/agent/<script> FOLDER <arguments> PORT OK_PORT DEFER_PORT FAIL_PORT`.
    pub async fn start(script: &str, arguments: &[&Path]) -> Self {
        let scripts = AgentScripts::new();
        let folder = scripts.path("world");
        std::fs::create_dir(&folder).unwrap();
        let mut elsewhere = Vec::new();
        for answer in [
            None,
            Some("reply rcpt 451 4.7.1 Greylisted"),
            Some("reply rcpt 550 5.1.1 No such user"),
        ] {
            let mut server = SmtpServer::start(Tls::None, None).await;
            if let Some(answer) = answer {
                server.behave(answer).await;
            }
            elsewhere.push(server);
        }
        // Bound and let go: nobody else takes it in the moment between.
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut child = Command::new("unshare")
            .args(["--mount", "--propagation", "private"])
            .arg(
                Path::new(env!("CARGO_MANIFEST_DIR"))
                    .join("agent")
                    .join(script),
            )
            .arg(&folder)
            .args(arguments)
            .arg(port.to_string())
            .args(elsewhere.iter().map(|server| server.port.to_string()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("unshare runs");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = tokio::time::timeout(PATIENCE, lines.next_line()).await;
        assert_eq!(
            first.expect("it starts in time").unwrap().as_deref(),
            Some("ready"),
            "{script} needs root, and the packages that it names"
        );
        let mut world = Self {
            port,
            folder,
            scripts,
            _elsewhere: elsewhere,
            input: child.stdin.take(),
            child,
        };
        let within = world.within();
        world.scripts.set_within(&[&within[0], &within[1]]);
        eventually("it takes connections", async || {
            std::net::TcpStream::connect(("127.0.0.1", port))
                .is_ok()
                .then_some(())
        })
        .await;
        world
    }

    /// The command that runs another one beside it.
    pub fn within(&self) -> [String; 2] {
        let id = self.child.id().expect("it runs");
        ["nsenter".into(), format!("--mount=/proc/{id}/ns/mnt")]
    }

    /// Ends it, so that its logs are whole.
    pub async fn stop(&mut self) {
        drop(self.input.take());
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        ended.expect("it ends in time").unwrap();
    }

    /// Sends mail with a login: sender, recipients, login and password.
    pub fn send(&self, sender: &str, recipients: &[&str], login: Option<(&str, &str)>) -> bool {
        let script = "import smtplib, sys
port, sender, login, password, *to = sys.argv[1:]
smtp = smtplib.SMTP('127.0.0.1', int(port), local_hostname='laptop.test')
smtp.ehlo()
if login: smtp.login(login, password)
smtp.sendmail(sender, to, 'Subject: \"for\" T=\"x\" for a@b.test\\r\\n\\r\\nhello\\r\\n')
smtp.quit()";
        let (login, password) = login.unwrap_or_default();
        Blocking::new("/usr/bin/python3")
            .args([
                "-c",
                script,
                &self.port.to_string(),
                sender,
                login,
                password,
            ])
            .args(recipients)
            .stderr(Stdio::null())
            .status()
            .unwrap()
            .success()
    }

    /// Waits until the log holds so many lines with this text.
    pub async fn logged(&self, log: &Path, text: &str, times: usize) {
        eventually(&format!("{times} lines with {text}"), async || {
            let lines = std::fs::read_to_string(log).ok()?;
            (lines.lines().filter(|line| line.contains(text)).count() >= times).then_some(())
        })
        .await;
    }
}

/// Debian's package, fetched once and kept beside the build.
pub fn package(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("packages");
    std::fs::create_dir_all(&folder).unwrap();
    let find = || {
        let files = std::fs::read_dir(&folder).unwrap();
        let mut paths = files.map(|file| file.unwrap().path());
        paths.find(|path| {
            let file = path.file_name().unwrap().to_string_lossy().into_owned();
            file.starts_with(&format!("{name}_")) && file.ends_with(".deb")
        })
    };
    if let Some(path) = find() {
        return path;
    }
    let fetched = Blocking::new("apt-get")
        .args(["download", name])
        .current_dir(&folder)
        .output()
        .expect("apt-get runs");
    find().unwrap_or_else(|| {
        panic!(
            "apt-get download {name}: {}",
            String::from_utf8_lossy(&fetched.stderr)
        )
    })
}

/// The time.
pub fn now() -> DateTime<Utc> {
    noc_tests::now().parse().expect("a time")
}

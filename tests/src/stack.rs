//! The parts that `make stack` started, one at a time: killed, frozen, started again.
//!
//! Who breaks a part holds [`Broken`], which mends it at the end, also of a failed test.

use std::path::PathBuf;
use std::process::Command;

fn script() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("stack/stack.sh")
}

/// Runs `stack.sh <what> <part>`, and answers what it says.
///
/// # Panics
/// When it fails; its words are in the message.
fn run(what: &str, part: &str) -> String {
    let done = Command::new(script())
        .args([what, part])
        .output()
        .expect("stack.sh runs");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(
        done.status.success(),
        "stack.sh {what} {part}: {said} (is it started? make stack)"
    );
    String::from_utf8_lossy(&done.stdout).into_owned()
}

/// A part that does not work now. Works again once this is dropped or [`Broken::mend`] returns.
#[derive(Debug)]
pub struct Broken {
    part: &'static str,
    mend: Option<&'static str>,
}

impl Broken {
    /// `kill -9` of a part: `kafka-1`, `questdb`, `mariadb`.
    #[must_use]
    pub fn killed(part: &'static str) -> Self {
        run("kill", part);
        Self {
            part,
            mend: Some("start"),
        }
    }

    /// `kill -STOP`: it accepts connections and answers nothing.
    #[must_use]
    pub fn frozen(part: &'static str) -> Self {
        run("pause", part);
        Self {
            part,
            mend: Some("resume"),
        }
    }

    /// Stopped in order.
    #[must_use]
    pub fn stopped(part: &'static str) -> Self {
        run("stop", part);
        Self {
            part,
            mend: Some("start"),
        }
    }

    /// Makes it work again; returns once it answers.
    pub fn mend(mut self) {
        if let Some(how) = self.mend.take() {
            run(how, self.part);
        }
    }
}

impl Drop for Broken {
    fn drop(&mut self) {
        // A panic here would hide the one that may be under way.
        if let Some(how) = self.mend.take() {
            let done = Command::new(script()).args([how, self.part]).status();
            if !done.is_ok_and(|status| status.success()) {
                eprintln!(
                    "{} could not be mended: stack.sh {how} {}",
                    self.part, self.part
                );
            }
        }
    }
}

const REPLICA: &str = "mariadb-replica";

/// A read replica of MariaDB, with what the primary has and goes on to write. Gone again with this value, unless it ran
/// before.
#[derive(Debug)]
pub struct Replica {
    port: u16,
    ours: bool,
}

impl Replica {
    /// Starts it; returns once it answers.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start() -> Self {
        let runs = Command::new(script()).args(["pid", REPLICA]).output();
        let ours = !runs.expect("stack.sh runs").status.success();
        if ours {
            // What one that was killed has left.
            run("forget", REPLICA);
        }
        run("start", REPLICA);
        let port = run("port", REPLICA);
        Self {
            port: port.trim().parse().expect("a port"),
            ours,
        }
    }

    /// Its address for this user, `user:password` or a name alone; without a database.
    #[must_use]
    pub fn url(&self, user: &str) -> String {
        format!("mysql://{user}@127.0.0.1:{}/", self.port)
    }

    /// Its name as a part, for [`Broken`].
    #[must_use]
    pub const fn part(&self) -> &'static str {
        REPLICA
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        if self.ours {
            let done = Command::new(script()).args(["forget", REPLICA]).status();
            if !done.is_ok_and(|status| status.success()) {
                eprintln!("{REPLICA} still runs: stack.sh forget {REPLICA}");
            }
        }
    }
}

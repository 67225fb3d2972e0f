//! The probe of `mysql` against MariaDB of Debian: every value, every way a server can fail it.

use super::{Probes, accepted, error_of};
use noc_pipeline::clock::Stopwatch;
use noc_pipeline::payload::Kind;
use noc_tests::eventually;
use serde_json::{Value, json};
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

const PASSWORD: &str = "geheim hunter2";
const SEED_GRANTS: &str =
    "GRANT PROCESS, REPLICATION CLIENT, SHOW VIEW ON *.* TO monitor_ro@localhost";

/// A MariaDB server of this test's own.
pub(super) struct Server {
    dir: TempDir,
    child: Child,
    port: u16,
}

impl Server {
    /// A server with an empty data directory, 20 connections, and nobody but root without a password.
    pub(super) async fn start(id: u32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let data = dir.path().join("data");
        let made = Command::new("mariadb-install-db")
            .args([
                "--no-defaults",
                "--user=mysql",
                "--auth-root-authentication-method=normal",
            ])
            .arg(format!("--datadir={}", data.display()))
            // A server that starts clears its folder for temporary tables: not that of others.
            .env("TMPDIR", dir.path())
            .output()
            .expect("a MariaDB server: apt-get install -y --no-install-recommends mariadb-server");
        assert!(made.status.success(), "{made:?}");
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let child = Command::new("mariadbd")
            .args([
                "--no-defaults",
                "--user=mysql",
                "--bind-address=127.0.0.1",
                "--log-bin=b",
                "--relay-log=r",
            ])
            .args([
                "--max-connections=20",
                "--innodb-buffer-pool-size=16M",
                "--skip-name-resolve",
            ])
            .arg(format!("--datadir={}", data.display()))
            .arg(format!("--socket={}", dir.path().join("socket").display()))
            .arg(format!("--pid-file={}", dir.path().join("pid").display()))
            .arg(format!("--port={port}"))
            .arg(format!("--server-id={id}"))
            .arg(format!("--tmpdir={}", dir.path().display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { dir, child, port };
        eventually("the server answers", async || {
            server
                .client()
                .args(["-e", "SELECT 1"])
                .output()
                .unwrap()
                .status
                .success()
                .then_some(())
        })
        .await;
        // What the installer leaves for trying out; distributions remove it.
        server.ask("DELETE FROM mysql.global_priv WHERE User = ''; FLUSH PRIVILEGES");
        server
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.dir.path().join("socket")
    }

    fn client(&self) -> Command {
        let mut client = Command::new("mariadb");
        client
            .args(["--no-defaults", "-uroot", "-N", "-B", "-S"])
            .arg(self.socket())
            .stdin(Stdio::null());
        client
    }

    /// What root is answered.
    fn ask(&self, sql: &str) -> String {
        let done = self.client().args(["-e", sql]).output().unwrap();
        assert!(done.status.success(), "{sql}: {done:?}");
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    }

    fn number(&self, what: &str, name: &str) -> u64 {
        let row = self.ask(&format!("SHOW GLOBAL {what} LIKE '{name}'"));
        row.split('\t').next_back().unwrap().parse().unwrap()
    }

    fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
    }

    /// A probe that logs in as the monitoring user, who has these grants.
    fn probes(&self, grants: &[&str]) -> Probes {
        self.ask(&format!(
            "CREATE USER monitor_ro@localhost IDENTIFIED BY '{PASSWORD}'"
        ));
        for grant in grants {
            self.ask(grant);
        }
        let mut probes = Probes::new();
        let socket = self.socket();
        let settings = format!(
            "[client]\nuser=monitor_ro\npassword=\"{PASSWORD}\"\nsocket={}\n",
            socket.display()
        );
        probes.write("my.cnf", &settings);
        probes.set("NOC_AGENT_MYSQL_CNF", probes.text("my.cnf"));
        probes
    }

    /// A client that holds a connection until it is dropped.
    fn guest(&self, sql: &str) -> Guest {
        let mut client = self.client();
        client
            .args(["-e", sql])
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Guest(client.spawn().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

struct Guest(Child);

impl Drop for Guest {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[tokio::test]
async fn values_are_what_the_server_says() {
    let server = Server::start(1).await;
    let probes = server.probes(&[
        SEED_GRANTS,
        "GRANT SLAVE MONITOR ON *.* TO monitor_ro@localhost",
    ]);
    server.ask("CREATE DATABASE d; CREATE TABLE d.t (i INT PRIMARY KEY, v INT) ENGINE=InnoDB; INSERT INTO d.t VALUES (1, 0), (2, 0)");
    server.ask("SET SESSION long_query_time = 0; SELECT 1; SELECT 2");
    // Each waits for the row that the other has: one of them has to give way.
    let step = |a, b| {
        format!(
            "BEGIN; UPDATE d.t SET v = v + 1 WHERE i = {a}; DO SLEEP(1); UPDATE d.t SET v = v + 1 WHERE i = {b}; COMMIT"
        )
    };
    let (mut one, mut two) = (server.guest(&step(1, 2)), server.guest(&step(2, 1)));
    let won = [
        one.0.wait().unwrap().success(),
        two.0.wait().unwrap().success(),
    ];
    assert_eq!(won.iter().filter(|won| **won).count(), 1, "no deadlock");
    let _guests = [(); 3].map(|()| server.guest("DO SLEEP(60)"));
    eventually("three guests", async || {
        (server.number("STATUS", "Threads_connected") == 4).then_some(())
    })
    .await;

    let before = [
        server.number("STATUS", "Questions"),
        server.number("STATUS", "Uptime"),
    ];
    let report = probes.probe("mysql");
    let after = [
        server.number("STATUS", "Questions"),
        server.number("STATUS", "Uptime"),
    ];
    accepted(Kind::Mysql, &report);

    assert_eq!(report["flavour"], json!("mariadb"));
    assert_eq!(
        report["version"],
        Value::from(server.ask("SELECT VERSION()"))
    );
    // Whoever asks is one of those connected: root here, the agent there.
    assert_eq!(
        report["threads_connected"],
        json!(server.number("STATUS", "Threads_connected"))
    );
    assert_eq!(
        report["max_connections"],
        json!(server.number("VARIABLES", "max_connections"))
    );
    assert_eq!(
        report["slow_queries_total"],
        json!(server.number("STATUS", "Slow_queries"))
    );
    assert!(report["slow_queries_total"].as_u64() >= Some(2));
    assert_eq!(report["deadlocks_total"], json!(1));
    assert_eq!(
        report["deadlocks_total"],
        json!(server.number("STATUS", "Innodb_deadlocks"))
    );
    for (name, place) in [("questions_total", 0), ("uptime_s", 1)] {
        let value = report[name].as_u64().unwrap();
        assert!(
            (before[place]..=after[place]).contains(&value),
            "{name}: {before:?} {value} {after:?}"
        );
    }
    assert_eq!(report["replication"]["role"], json!("none"));
}

#[tokio::test]
async fn replication_is_unknown_until_granted_and_broken_when_it_is() {
    let (primary, replica) = (Server::start(1).await, Server::start(2).await);
    let of_primary = primary.probes(&[SEED_GRANTS]);
    let of_replica = replica.probes(&[SEED_GRANTS]);
    let state = |probes: &Probes| {
        let report = probes.probe("mysql");
        accepted(Kind::Mysql, &report);
        report["replication"].clone()
    };
    let running = json!({"role": "replica", "io_running": true, "sql_running": true, "lag_s": 0});

    // With the grants of old: not "none", for nobody knows.
    let report = of_replica.probe("mysql");
    assert_eq!(report["replication"]["role"], json!("unknown"));
    let hint = report["hint"].as_str().unwrap();
    let (_, grant) = hint.split_once(": ").expect("a statement");
    let doctor = of_replica.doctor("mysql");
    assert!(
        doctor.contains("MISS") && doctor.contains(grant.trim_end_matches(';')),
        "{doctor}"
    );
    for server in [&primary, &replica] {
        server.ask(grant);
    }
    assert!(!of_replica.doctor("mysql").contains("MISS"));
    assert_eq!(state(&of_replica)["role"], json!("none"));
    assert_eq!(state(&of_primary)["role"], json!("none"));

    primary.ask("CREATE USER repl@'127.0.0.1' IDENTIFIED BY 'r'; GRANT REPLICATION SLAVE ON *.* TO repl@'127.0.0.1'");
    let port = primary.port;
    let source = format!(
        "MASTER_HOST='127.0.0.1', MASTER_PORT={port}, MASTER_USER='repl', MASTER_PASSWORD='r'"
    );
    let place = primary.ask("SHOW MASTER STATUS");
    let mut place = place.split('\t');
    let (file, at) = (place.next().unwrap(), place.next().unwrap());
    replica.ask(&format!(
        "CHANGE MASTER TO {source}, MASTER_LOG_FILE='{file}', MASTER_LOG_POS={at}; START SLAVE"
    ));
    eventually("a replica that runs", async || {
        (state(&of_replica) == running).then_some(())
    })
    .await;
    assert_eq!(state(&of_primary)["role"], json!("primary"));
    let told = replica.ask("SHOW SLAVE STATUS");
    assert!(told.contains("\tYes\tYes\t"), "{told}");

    // Stopped by hand: no lag is no zero.
    replica.ask("STOP SLAVE");
    let stopped =
        json!({"role": "replica", "io_running": false, "sql_running": false, "lag_s": null});
    assert_eq!(state(&of_replica), stopped);

    // A row that the replica has already: its SQL thread stops with an error.
    primary.ask("CREATE DATABASE d; CREATE TABLE d.t (i INT PRIMARY KEY)");
    replica.ask("START SLAVE");
    eventually("the table", async || {
        replica
            .ask("SHOW DATABASES LIKE 'd'")
            .contains('d')
            .then_some(())
    })
    .await;
    eventually("the table", async || {
        replica.ask("SHOW TABLES IN d").contains('t').then_some(())
    })
    .await;
    replica.ask("INSERT INTO d.t VALUES (1)");
    primary.ask("INSERT INTO d.t VALUES (1)");
    let broken =
        json!({"role": "replica", "io_running": true, "sql_running": false, "lag_s": null});
    eventually("a broken replica", async || {
        (state(&of_replica) == broken).then_some(())
    })
    .await;

    // A delay that is wanted is no lag.
    replica.ask("STOP SLAVE; SET GLOBAL sql_slave_skip_counter = 1; CHANGE MASTER TO MASTER_DELAY = 600; START SLAVE");
    primary.ask("INSERT INTO d.t VALUES (2)");
    let behind = || {
        let status = replica
            .client()
            .args(["--vertical", "--column-names", "-e", "SHOW SLAVE STATUS"])
            .output()
            .unwrap();
        let status = String::from_utf8(status.stdout).unwrap();
        let line = status
            .lines()
            .find(|line| line.contains("Seconds_Behind_Master"))
            .unwrap()
            .to_owned();
        line.split(": ")
            .nth(1)
            .and_then(|seconds| seconds.trim().parse::<u64>().ok())
    };
    eventually("seconds behind", async || {
        behind().filter(|seconds| *seconds > 0)
    })
    .await;
    assert_eq!(state(&of_replica), running);

    // A second source that nobody started: the worst one counts.
    replica
        .ask("CHANGE MASTER 'second' TO MASTER_HOST='127.0.0.1', MASTER_PORT=1, MASTER_USER='x'");
    assert_eq!(state(&of_replica), stopped);
}

#[tokio::test]
async fn a_server_that_is_full_hangs_or_is_gone() {
    let mut server = Server::start(1).await;
    let probes = server.probes(&[
        SEED_GRANTS,
        "GRANT SLAVE MONITOR ON *.* TO monitor_ro@localhost",
    ]);

    // Full before it was ever met: nothing is known of it.
    server.ask("SET GLOBAL max_connections = 10");
    let guest = || {
        let mut client = Command::new("mariadb");
        client.arg(format!("--defaults-file={}", probes.text("my.cnf")));
        client.args(["-e", "DO SLEEP(60)"]);
        client.stdout(Stdio::null()).stderr(Stdio::null());
        Guest(client.spawn().unwrap())
    };
    // Beyond the limit there is one more place, which is for root; who came in root's stead comes again.
    let crowd = async || {
        let mut guests: Vec<Guest> = Vec::new();
        eventually("a full server", async || {
            guests.retain_mut(|guest| guest.0.try_wait().unwrap().is_none());
            guests.resize_with(10, guest);
            let here =
                "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'DO SLEEP%'";
            let said = server.client().args(["-e", here]).output().unwrap();
            (said.stdout == b"10\n").then_some(())
        })
        .await;
        guests
    };
    // A statement goes on when its client is gone.
    let leave = async |guests: Vec<Guest>| {
        drop(guests);
        eventually("room", async || {
            let ask = "KILL USER monitor_ro; SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'monitor_ro'";
            let said = server.client().args(["-e", ask]).output().unwrap();
            (said.stdout == b"0\n").then_some(())
        })
        .await;
    };
    let guests = crowd().await;
    assert_eq!(error_of(&probes.probe("mysql")), "collector_error");
    leave(guests).await;

    // Known, then full: all of its connections are taken, which is what the server itself says.
    assert_eq!(probes.probe("mysql")["max_connections"], json!(10));
    let guests = crowd().await;
    let report = probes.probe("mysql");
    accepted(Kind::Mysql, &report);
    assert_eq!(
        [&report["threads_connected"], &report["max_connections"]],
        [&json!(10), &json!(10)]
    );
    assert_eq!(report["questions_total"], Value::Null);
    assert_eq!(report["replication"]["role"], json!("unknown"));
    leave(guests).await;

    // Frozen: it takes the connection and says nothing. The rest of the tick goes on, and no password shows.
    server.signal("-STOP");
    let tick = r#"source "$NOC_TEST_OPT/agent.sh"; source "$NOC_TEST_OPT/agent-hosting.sh"
        prepare; collect 3 metrics processes mysql disks; printf '%s' "$TICK""#;
    let watch = Stopwatch::start();
    let child = probes
        .command("bash")
        .args(["-c", tick])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    eventually("the client waits", async || {
        let lines = command_lines();
        assert!(
            !lines.iter().any(|line| line.contains("hunter2")),
            "{lines:?}"
        );
        lines
            .iter()
            .any(|line| line.contains(&probes.text("my.cnf")))
            .then_some(())
    })
    .await;
    let done = child.wait_with_output().unwrap();
    assert!(
        watch.elapsed() < Duration::from_secs(15),
        "{:?}",
        watch.elapsed()
    );
    let lines = String::from_utf8(done.stdout).unwrap();
    let payloads: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let kinds: Vec<&str> = payloads
        .iter()
        .map(|p| p["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["metrics", "processes", "mysql", "disks"]);
    for payload in payloads {
        let frozen = payload["kind"] == json!("mysql");
        assert_eq!(payload.get("kind_error").is_some(), frozen, "{payload}");
        assert!(!frozen || error_of(&payload) == "timeout", "{payload}");
    }
    server.signal("-CONT");

    // A wrong password; then nobody at all.
    server.ask("ALTER USER monitor_ro@localhost IDENTIFIED BY 'another'");
    let report = probes.probe("mysql");
    assert_eq!(error_of(&report), "no_permission");
    assert!(!report.to_string().contains("hunter2"));
    let doctor = probes.doctor("mysql");
    assert!(
        doctor.contains("CREATE USER IF NOT EXISTS monitor_ro@localhost"),
        "{doctor}"
    );
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    assert_eq!(error_of(&probes.probe("mysql")), "collector_error");
}

/// Command lines of all processes.
fn command_lines() -> Vec<String> {
    let ids = fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let read = |id| String::from_utf8(fs::read(format!("/proc/{id}/cmdline")).ok()?).ok();
    ids.filter_map(read)
        .map(|line| line.replace('\0', " "))
        .collect()
}

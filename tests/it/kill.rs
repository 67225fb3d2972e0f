//! The real program, killed at random points under load: what it answered 202 is kept, and nothing happens twice.
//!
//! Agents repeat the same bytes until they are answered 202, so the end is known to the last value: each row, and one
//! incident for each thing that broke. `NOC_ROUNDS` sets how often the program dies, `NOC_SEED` repeats a run.

use futures::future::join_all;
use noc_api::simulate::client::{Client, Identity, Outcome};
use noc_api::simulate::{Agent, Fault, FaultKind, Fleet};
use noc_pipeline::clock::{Clock, SystemClock, UnixMs, sleep};
use noc_pipeline::payload::{Kind, Payload};
use noc_storage::relational::entity::{incident, incident_timeline, notification_delivery};
use noc_storage::relational::incidents::RESOLVED;
use noc_storage::series::{MAX_POINTS, RangeQuery};
use noc_tests::smtp::{Mail, SmtpServer, Tls};
use noc_tests::{Harness, eventually};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::Method;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use uuid::Uuid;

const SERVERS: u32 = 16;
/// What each server has that can break: five services and three disks.
const THINGS: u32 = 8;
/// Reports for which a broken thing stays broken: about a second, so that it often outlasts a life of the program.
const BROKEN: i64 = 40;
/// Reports after which everything is found to be well again.
const WELL: usize = 60;
const PATIENCE: Duration = Duration::from_secs(30);

#[actix_rt::test]
async fn what_was_acknowledged_outlives_kill_and_nothing_happens_twice() {
    let number = |name: &str| Some(std::env::var_os(name)?.to_str()?.parse().unwrap());
    let seed: u64 = number("NOC_SEED").unwrap_or_else(rand::random);
    let rounds = u32::try_from(number("NOC_ROUNDS").unwrap_or(10)).unwrap();
    println!("NOC_SEED={seed} NOC_ROUNDS={rounds}");
    let mut random = StdRng::seed_from_u64(seed);
    let smtp = SmtpServer::start(Tls::None, None).await;
    let dir = TempDir::new().unwrap();
    let mut hosts = prepare(dir.path(), smtp.port, seed).await;

    let groups = rounds.div_ceil(THINGS);
    for round in 0..rounds {
        for host in hosts.iter_mut().filter(|h| h.n % groups == round / THINGS) {
            host.break_thing((round + host.n) % THINGS, random.random_range(0..4));
        }
        if random.random_bool(0.25) {
            let starting = Program::spawn(dir.path());
            sleep(Duration::from_millis(random.random_range(0..500))).await;
            starting.kill().await;
        }
        let program = Program::start(dir.path()).await;
        let client = Client::new(&program.url, true).unwrap();
        let before = kept(&hosts);
        let life = Duration::from_millis(random.random_range(100..2_500));
        let load = join_all(hosts.iter_mut().map(|h| h.report(&client, usize::MAX)));
        let orderly = random.random_bool(0.2);
        let end = async {
            sleep(life).await;
            if orderly {
                let status = program.terminate().await;
                assert!(status.success(), "{status}");
            } else {
                program.kill().await;
            }
        };
        futures::join!(load, end);
        let how = if orderly { "stopped" } else { "killed" };
        println!(
            "round {round}: {how} after {life:?}, {} kept",
            kept(&hosts) - before
        );
    }
    let program = Program::start(dir.path()).await;
    let client = Client::new(&program.url, true).unwrap();
    join_all(hosts.iter_mut().map(|h| h.report(&client, WELL))).await;
    assert!(hosts.iter().all(|h| h.pending.is_none()), "all is posted");
    let status = program.terminate().await;
    assert!(status.success(), "{status}");

    let harness = start(dir.path()).await;
    catch_up(&harness).await;
    let aside = harness.parts().dead_letters.list(1).await.unwrap();
    assert!(aside.is_empty(), "{aside:?}");
    for host in &hosts {
        check_rows(&harness, host).await;
    }
    check_incidents(&harness, &hosts).await;
    check_deliveries(&harness, &smtp).await;
}

#[actix_rt::test]
async fn a_second_process_on_one_data_directory_is_refused() {
    let dir = TempDir::new().unwrap();
    let first = Program::start(dir.path()).await;
    let second = noc(dir.path()).output();
    let second = tokio::time::timeout(PATIENCE, second)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8(second.stderr).unwrap();
    let holder = first.child.id().unwrap().to_string();
    assert!(said.contains("in use") && said.contains(&holder), "{said}");
    assert_eq!(reqwest::get(first.ready()).await.unwrap().status(), 200);
    assert!(first.terminate().await.success());
}

/// The product in this process, on the directory of the real one.
async fn start(dir: &Path) -> Harness {
    Harness::start_with(|config| config.storage.data_dir = dir.to_owned()).await
}

/// Enrols the servers and sets e-mail up.
async fn prepare(dir: &Path, smtp_port: u16, seed: u64) -> Vec<Host> {
    let mut harness = start(dir).await;
    let admin = harness.login().await;
    let email = json!({"enabled": true, "settings": {
        "host": "localhost", "port": smtp_port, "encryption": "none",
        "from_address": "noc@hostseba.test", "recipients": ["ops@hostseba.test"]}});
    let path = "/api/notification-channels/email";
    let answer = harness.call(&admin, Method::PUT, path, Some(email)).await;
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    let mut hosts = Vec::new();
    for n in 0..SERVERS {
        let agent = harness.enrol(&format!("web-{n:02}")).await;
        hosts.push(Host {
            n,
            identity: agent.identity,
            agent: Agent::started(Uuid::new_v4()),
            fleet: Fleet::new(seed, SERVERS),
            step: 0,
            pending: None,
            kept: Vec::new(),
            broke: BTreeSet::new(),
        });
    }
    harness.stop().await;
    hosts
}

/// Waits until both consumers have read the whole log.
async fn catch_up(harness: &Harness) {
    eventually("consumers at the end of the log", async || {
        let (log, seen) = (&harness.parts().log, harness.running().observe());
        if seen.partitions.len() != usize::try_from(log.partitions()).unwrap() {
            return None;
        }
        for seen in seen.partitions {
            let bounds = log.bounds(seen.partition).await.unwrap();
            if (seen.position, seen.series_position) != (bounds.end, bounds.end) {
                return None;
            }
        }
        Some(())
    })
    .await;
}

/// Exactly the rows that were acknowledged, with exactly the values that were sent.
async fn check_rows(harness: &Harness, host: &Host) {
    let times: Vec<UnixMs> = host.kept.iter().map(|(at, _)| *at).collect();
    for kind in [Kind::Metrics, Kind::Processes, Kind::Disks] {
        let query = RangeQuery {
            server: host.identity.server,
            kind,
            fields: Vec::new(),
            from: times[0],
            to: UnixMs(times.last().unwrap().0 + 1),
            points: MAX_POINTS,
        };
        let series = harness.parts().series.range(&query).await.unwrap();
        assert_eq!(series.at, times, "{kind:?} of server {}", host.n);
        assert!(series.columns.len() >= kind.metrics().len());
        for (row, (_, step)) in host.kept.iter().enumerate() {
            let sent = host.payloads(*step);
            let sent = sent.iter().find(|payload| payload.kind() == kind).unwrap();
            for column in &series.columns {
                let mut values = sent.metric_values(&column.field);
                let value = values.find(|(subject, _)| *subject == column.subject.as_deref());
                assert_eq!(
                    column.avg[row],
                    value.unwrap().1,
                    "{kind:?}, {}",
                    column.field
                );
            }
        }
    }
}

/// One incident for each thing that broke, opened once, over by now; and no others.
async fn check_incidents(harness: &Harness, hosts: &[Host]) {
    let db = harness.parts().db.read();
    let incidents = incident::Entity::find().all(db).await.unwrap();
    let name =
        |id: Option<i64>, detector: &str, subject: &str| format!("{id:?} {detector} {subject}");
    let mut found: Vec<String> = incidents
        .iter()
        .map(|i| name(i.server_id, &i.detector, &i.subject))
        .collect();
    found.sort();
    let mut expected: Vec<String> = Vec::new();
    for host in hosts {
        let id = Some(i64::from(host.identity.server.0));
        expected.extend(host.broke.iter().map(|(d, subject)| name(id, d, subject)));
    }
    expected.sort();
    assert_eq!(found, expected);
    for incident in incidents {
        assert_eq!(incident.status, RESOLVED, "{incident:?}");
    }
    let notes = incident_timeline::Entity::find().all(db).await.unwrap();
    let count = |kind: &str| notes.iter().filter(|note| note.kind == kind).count();
    let counts = ["opened", "reopened", "resolved"].map(count);
    assert_eq!(counts, [found.len(), 0, found.len()]);
    println!("{} incidents", found.len());
}

/// Nobody is told anything twice but in the one message that was under way when the program died.
async fn check_deliveries(harness: &Harness, smtp: &SmtpServer) {
    let db = harness.parts().db.read();
    let deliveries = notification_delivery::Entity::find().all(db).await.unwrap();
    let mut told = BTreeSet::new();
    for d in &deliveries {
        let fresh = told.insert((d.incident_id, &d.kind, &d.channel, &d.recipient_key));
        assert!(fresh, "queued twice: {d:?}");
    }
    let sent: BTreeSet<&str> = deliveries
        .iter()
        .filter(|d| d.sent_at.is_some())
        .map(|d| d.delivery_uuid.as_str())
        .collect();
    assert!(!sent.is_empty(), "somebody was told something");
    let mails = eventually("every mail that was sent", async || {
        let mails = by_delivery(smtp.mails());
        sent.iter()
            .all(|uuid| mails.contains_key(*uuid))
            .then_some(mails)
    })
    .await;
    // Those still on their way now go on; what they are is read again.
    let deliveries = notification_delivery::Entity::find().all(db).await.unwrap();
    for (uuid, copies) in &mails {
        let delivery = deliveries.iter().find(|d| d.delivery_uuid == *uuid);
        let delivery = delivery.expect("a mail without a delivery");
        for mail in copies {
            assert_eq!(mail.recipients, std::slice::from_ref(&delivery.recipient));
        }
        let attempts = usize::try_from(delivery.attempts).unwrap();
        assert!(
            copies.len() <= attempts.max(1),
            "{copies:?} of {delivery:?}"
        );
    }
    let all: usize = mails.values().map(Vec::len).sum();
    println!(
        "{} deliveries, {all} mails, {} of them again",
        deliveries.len(),
        all - mails.len()
    );
}

fn by_delivery(mails: Vec<Mail>) -> BTreeMap<String, Vec<Mail>> {
    let mut found: BTreeMap<String, Vec<Mail>> = BTreeMap::new();
    for mail in mails {
        let uuid = mail.headers["x-noc-delivery"].clone();
        found.entry(uuid).or_default().push(mail);
    }
    found
}

fn kept(hosts: &[Host]) -> usize {
    hosts.iter().map(|host| host.kept.len()).sum()
}

/// A simulated server with an agent that loses nothing.
struct Host {
    /// Its number in the fleet.
    n: u32,
    identity: Identity,
    agent: Agent,
    fleet: Fleet,
    /// Its next report; the fleet's own time goes by a minute a report.
    step: i64,
    /// Measured and not acknowledged yet.
    pending: Option<Report>,
    /// Acknowledged: when it was observed, and which report it was.
    kept: Vec<(UnixMs, i64)>,
    /// Detector and subject of what broke.
    broke: BTreeSet<(&'static str, String)>,
}

struct Report {
    step: i64,
    at: UnixMs,
    body: Vec<u8>,
}

impl Host {
    /// Breaks one of its things for some time, beginning `soon` reports from now.
    fn break_thing(&mut self, thing: u32, soon: i64) {
        let services = self.fleet.services(self.n);
        let thing = usize::try_from(thing).unwrap();
        let (broken, kind) = match services.get(thing) {
            Some(&service) => {
                let subject = if service == "mariadbd" {
                    "mysqld"
                } else {
                    service
                };
                let service = service.to_owned();
                (
                    ("service_down", subject.to_owned()),
                    FaultKind::ServiceDown { service },
                )
            }
            None => {
                let mount = ["/", "/home", "/var/lib/mysql"][thing - services.len()].to_owned();
                let kind = FaultKind::DiskFilling {
                    mount: mount.clone(),
                    full_after_s: 1,
                };
                (("disk_bytes", mount), kind)
            }
        };
        assert!(self.broke.insert(broken), "each thing breaks once");
        let from = self.step + soon;
        self.fleet = self.fleet.clone().with_faults([Fault {
            server: self.n,
            // A disk is as it was in the instant at which it begins to fill, and full in the first report.
            from: UnixMs(fleet_time(from).0 - 1_000),
            until: Some(fleet_time(from + BROKEN)),
            kind,
        }]);
    }

    fn payloads(&self, step: i64) -> Vec<Payload> {
        self.fleet.everything_at(self.n, fleet_time(step))
    }

    fn measure(&mut self) -> Report {
        // Two rows of one instant would be one.
        let last = self.kept.last().map_or(UnixMs(0), |(at, _)| *at);
        let at = SystemClock.now().max(UnixMs(last.0 + 1));
        let step = self.step;
        self.step += 1;
        let payloads = self.payloads(step).into_iter().map(|payload| (at, payload));
        let (body, _) = self.agent.batch(payloads, at);
        Report { step, at, body }
    }

    /// Posts `count` reports, or as many as are answered before the program ends.
    async fn report(&mut self, client: &Client, count: usize) {
        for _ in 0..count {
            let report = match self.pending.take() {
                Some(report) => report,
                None => self.measure(),
            };
            match post(client, &self.identity, &report).await {
                true => self.kept.push((report.at, report.step)),
                false => {
                    self.pending = Some(report);
                    return;
                }
            }
        }
    }
}

/// Posts until it is acknowledged, or nobody answers any more.
async fn post(client: &Client, identity: &Identity, report: &Report) -> bool {
    loop {
        match client.post(identity, "batch", report.body.clone()).await {
            Outcome::Accepted {
                accepted,
                duplicates,
                ..
            } => {
                assert_eq!(accepted + duplicates, 3);
                return true;
            }
            Outcome::NoAnswer => return false,
            // It stops, or has too much to do: again.
            Outcome::Refused { status: 503, .. } => sleep(Duration::from_millis(10)).await,
            Outcome::Refused { status, .. } => panic!("refused with {status}"),
        }
    }
}

fn fleet_time(step: i64) -> UnixMs {
    UnixMs(1_778_155_200_000 + step * 60_000)
}

/// `noc serve` as a process of its own; killed when dropped.
struct Program {
    child: Child,
    url: String,
}

impl Program {
    fn spawn(dir: &Path) -> Self {
        let child = noc(dir).spawn().expect("it starts");
        Self {
            child,
            url: String::new(),
        }
    }

    /// Returns once it is ready.
    async fn start(dir: &Path) -> Self {
        let mut program = Self::spawn(dir);
        let mut lines = BufReader::new(program.child.stderr.take().unwrap()).lines();
        let serving = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                let line: Value = serde_json::from_str(&line).unwrap_or(Value::String(line));
                match line["address"].as_str() {
                    Some(address) => return format!("http://{address}"),
                    None => println!("{line}"),
                }
            }
            panic!("it ended before it was ready");
        };
        program.url = tokio::time::timeout(PATIENCE, serving)
            .await
            .expect("it starts in time");
        // Read on, so that it never waits for us; shown when the test fails.
        actix_rt::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                if !line.contains(r#""level":"INFO""#) {
                    println!("{line}");
                }
            }
        });
        assert_eq!(reqwest::get(program.ready()).await.unwrap().status(), 200);
        program
    }

    fn ready(&self) -> String {
        format!("{}/readyz", self.url)
    }

    async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Asks it to stop, and waits until it has.
    async fn terminate(mut self) -> ExitStatus {
        let id = self.child.id().expect("it runs").to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().await;
        assert!(asked.unwrap().success());
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        ended.expect("it stops in time").unwrap()
    }
}

/// The command that starts the program on a data directory and free ports.
fn noc(dir: &Path) -> Command {
    let beside = || {
        std::env::current_exe()
            .unwrap()
            .parent()?
            .parent()
            .map(|dir| dir.join("noc"))
    };
    let program = std::env::var_os("NOC_BIN")
        .map(PathBuf::from)
        .or_else(beside)
        .unwrap();
    assert!(
        program.exists(),
        "{program:?} is missing: cargo build --profile ci --workspace --bins"
    );
    let mut command = Command::new(program);
    command
        .arg("serve")
        .env("NOC_DATA_DIR", dir)
        .env("NOC_OUTBOUND_ALLOW", "127.0.0.0/8")
        .env("NOC_BIND", "127.0.0.1:0")
        .env("NOC_METRICS_BIND", "127.0.0.1:0")
        .env("NOC_MIN_FREE_MIB", "1")
        .env("NOC_INGEST_SERVER_RATE", "1000")
        .env("NOC_INGEST_SERVER_BURST", "1000")
        .env("NOC_DRAIN_S", "0")
        .env("NOC_LOG_FORMAT", "json")
        .env("NOC_LOG_ACCESS", "false")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

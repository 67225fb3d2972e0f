//! A node is killed in the middle of a spike, on hosts whose usual is known: one incident for each trouble, nobody told
//! twice, and in the end the same is held to be usual as where nothing was killed.
//!
//! Two installations get the same reports, to the byte and with the same times; of one the owner of a partition dies by
//! `kill -9`. On real parts another node takes over; on embedded parts the one process is started again. What was
//! learned before stands in the log as ingest would have written it, for a week passes in no test.

mod reports;

use crate::faults::Node;
use crate::fleet::{catch_up, check_deliveries, mail_goes_to};
use crate::kill::{environment, start};
use futures::future::join_all;
use noc_actors::detect::infos;
use noc_actors::state::ServerState;
use noc_api::simulate::client::{Client, Identity, Outcome};
use noc_pipeline::clock::{Clock, Stopwatch, SystemClock, UnixMs, sleep};
use noc_pipeline::id::PartitionId;
use noc_pipeline::payload::events::EventTable;
use noc_pipeline::snapshot::SnapshotKey;
use noc_storage::relational::entity::{incident, incident_timeline, partition};
use noc_storage::series::{Event, EventQuery};
use noc_tests::parts::RealParts;
use noc_tests::smtp::{SmtpServer, Tls};
use noc_tests::{Harness, eventually};
use reports::{BEGUN, STEPS, TOLD, WELL, past, reports};
use reqwest::Method;
use sea_orm::{Database, EntityTrait};
use serde_json::json;
use std::time::Duration;
use tempfile::TempDir;

const HOSTS: u32 = 6;
const LOGIN: &str = "info@customer.example";
const RULE: &str = "Load out of the usual";
/// What learns from these reports.
const LEARNING: [&str; 3] = ["baseline", "outgoing_mail_abuse", "mail_ramp"];
/// A dead node's leases last 15 s; then its partitions are read anew by another.
const PATIENCE: Duration = Duration::from_secs(50);

/// An installation, and the hosts that report to it.
struct Side {
    nodes: Vec<Node>,
    hosts: Vec<Identity>,
    smtp: SmtpServer,
    // Last: whoever uses them goes first.
    parts: Option<RealParts>,
}

impl Side {
    /// So many nodes (embedded parts are one node's alone), on hosts whose usual is known.
    async fn learned(nodes: usize, now: UnixMs) -> Self {
        let parts = RealParts::chosen().await;
        let (settings, is_real) = (environment(parts.as_ref()), parts.is_some());
        let dirs = (0..if is_real { nodes } else { 1 }).map(|_| TempDir::new().unwrap());
        let dirs: Vec<_> = dirs.collect();
        let smtp = SmtpServer::start(Tls::None, None).await;
        let mut harness = start(dirs[0].path(), parts).await;
        mail_goes_to(&harness, smtp.port).await;
        make_rule(&harness).await;
        let mut hosts = Vec::new();
        for n in 0..HOSTS {
            hosts.push(harness.enrol(&format!("web-{n:02}")).await.identity);
        }
        let partitions = harness.parts().log.partitions();
        for host in &hosts {
            let records = past(host, now).into_iter();
            let partition = host.server.partition(partitions);
            let records = records.map(|record| (partition, record)).collect();
            harness.parts().log.append(records).await.unwrap();
        }
        catch_up(&harness).await;
        harness.stop().await;
        let parts = is_real.then(|| harness.into_parts());
        let mut nodes: Vec<_> = dirs
            .into_iter()
            .map(|dir| Node::on(dir, &settings))
            .collect();
        for node in &mut nodes {
            node.start().await;
        }
        Self {
            nodes,
            hosts,
            smtp,
            parts,
        }
    }

    /// Posts these reports of each host in their order, each until it is acknowledged.
    async fn report(&self, reports: &[Vec<u8>], of: impl Fn(usize) -> std::ops::Range<usize>) {
        let clients: Vec<_> = self.nodes.iter().map(|node| node.client.clone()).collect();
        let all = self.hosts.iter().enumerate().map(|(n, host)| {
            let (clients, of) = (&clients, of(n));
            async move {
                for step in of {
                    let body = &reports[n * STEPS.len() + step];
                    post(clients, n, host, body).await;
                }
            }
        });
        join_all(all).await;
    }

    /// Waits until somebody was told of both troubles of each of these hosts.
    async fn told(&self, hosts: impl Iterator<Item = usize> + Clone) {
        let watch = Stopwatch::start();
        loop {
            let mails = self.smtp.mails();
            let of = |n: usize, what: &str| {
                let name = format!("web-{n:02}");
                mails
                    .iter()
                    .any(|mail| mail.subject.contains(what) && mail.subject.contains(&name))
            };
            let untold: Vec<_> = hosts
                .clone()
                .filter(|n| !(of(*n, RULE) && of(*n, LOGIN)))
                .collect();
            if untold.is_empty() {
                return;
            }
            let subjects: Vec<_> = mails.iter().map(|mail| &mail.subject).collect();
            assert!(
                watch.elapsed() < PATIENCE,
                "nobody was told of {untold:?}: {subjects:?}"
            );
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Kills the owner of the first host's partition, and starts it again where there is no other node.
    async fn lose_the_owner(&mut self) {
        let owner = match &self.parts {
            Some(parts) => owner(parts, &self.hosts[0], &self.nodes).await,
            None => 0,
        };
        self.nodes[owner].kill().await;
        if self.parts.is_none() {
            self.nodes[owner].start().await;
        }
    }

    /// Stops every node that runs, and shows what all of them have left.
    async fn end(mut self) -> (Left, SmtpServer) {
        for node in &mut self.nodes {
            if node.is_running() {
                node.stop().await;
            }
        }
        let mut harness = start(self.nodes[0].dir(), self.parts).await;
        catch_up(&harness).await;
        // Who stops in order leaves snapshots of everything it has read.
        harness.restart_with(|_| {}).await;
        let aside = harness.parts().dead_letters.list(1).await.unwrap();
        assert!(aside.is_empty(), "{aside:?}");
        let left = Left {
            hosts: self.hosts,
            harness,
            _nodes: self.nodes,
        };
        (left, self.smtp)
    }
}

/// Everything that an installation has left, in a process that may be asked.
struct Left {
    harness: Harness,
    hosts: Vec<Identity>,
    _nodes: Vec<Node>,
}

impl Left {
    /// What is known of the hosts: the packed parts of everything that learns.
    async fn learned(&self) -> Vec<(String, Option<Vec<u8>>)> {
        let (log, snapshots) = (&self.harness.parts().log, &self.harness.parts().snapshots);
        let mut all = Vec::new();
        for host in &self.hosts {
            let partition = host.server.partition(log.partitions());
            let found = snapshots.get(partition, SnapshotKey::Server(host.server));
            let found = found.await.unwrap().expect("a snapshot of each host");
            let state = ServerState::decode(&found.state).unwrap();
            for info in infos().filter(|info| LEARNING.contains(&info.key)) {
                let part = state.part(info.code).map(<[u8]>::to_vec);
                all.push((format!("{} of {}", info.key, host.server), part));
            }
        }
        all
    }

    /// Every trouble, with what was seen and what would have been usual.
    async fn incidents(&self) -> Vec<String> {
        let all = incident::Entity::find().all(self.harness.parts().db.read());
        let mut all: Vec<_> = all
            .await
            .unwrap()
            .into_iter()
            .map(|i| {
                format!(
                    "{:?} {} {}: {}, {}, {:?} and not {:?}, {} times, since {}",
                    i.server_id,
                    i.detector,
                    i.subject,
                    i.severity,
                    i.status,
                    i.observed,
                    i.expected,
                    i.occurrences,
                    i.opened_at
                )
            })
            .collect();
        all.sort();
        all
    }

    /// What the timelines say became of them.
    async fn turns(&self) -> Vec<(String, usize)> {
        let notes = incident_timeline::Entity::find().all(self.harness.parts().db.read());
        let notes = notes.await.unwrap();
        let kinds = ["opened", "reopened", "resolved"];
        let count = |kind: &str| notes.iter().filter(|note| note.kind == kind).count();
        kinds.map(|kind| (kind.to_owned(), count(kind))).to_vec()
    }

    /// Every decision about them: by which detector, about what, what and why, seen, usual, limit.
    async fn decisions(&self) -> Vec<String> {
        let query = EventQuery {
            table: EventTable::Decisions,
            servers: None,
            from: UnixMs(0),
            to: SystemClock.now().plus(Duration::from_secs(3_600)),
            conditions: Vec::new(),
            limit: 1_000,
            after: None,
        };
        let page = self.harness.parts().series.events(&query).await.unwrap();
        assert!(page.next.is_none(), "they fit a page");
        let offset = EventTable::Decisions
            .columns()
            .iter()
            .position(|column| column.name == "record_offset")
            .expect("a column");
        let of = |event: &Event| {
            let mut values = event.row.values.clone();
            // Each log has heartbeats of its own.
            values[offset] = None;
            format!("{} {values:?}", event.server)
        };
        let mut all: Vec<_> = page.events.iter().map(of).collect();
        all.retain(|decision| LEARNING.iter().any(|key| decision.contains(key)));
        all.sort();
        all
    }
}

async fn make_rule(harness: &Harness) {
    let admin = harness.login().await;
    let rule = json!({
        "name": RULE, "severity": "critical", "channels": ["email"], "scope": {"all": true},
        "condition": {"type": "baseline", "metric": "metrics.load1", "factor": 3, "min_value": 5,
            "for_seconds": 120},
    });
    let answer = harness
        .call(&admin, Method::POST, "/api/alert-rules", Some(rule))
        .await;
    let status = answer.status();
    assert_eq!(status, 201, "{}", answer.text().await.unwrap());
}

/// Posts to whichever node answers, until it is acknowledged.
async fn post(nodes: &[Client], first: usize, host: &Identity, body: &[u8]) {
    let watch = Stopwatch::start();
    for node in (first..).map(|n| &nodes[n % nodes.len()]) {
        match node.post(host, "batch", body.to_vec()).await {
            Outcome::Accepted { .. } => return,
            Outcome::NoAnswer | Outcome::Refused { status: 503, .. } => {}
            Outcome::Refused { status, .. } => panic!("refused with {status}"),
        }
        assert!(watch.elapsed() < PATIENCE, "posts are not taken");
        sleep(Duration::from_millis(50)).await;
    }
}

/// Which node owns a host's partition.
async fn owner(parts: &RealParts, host: &Identity, nodes: &[Node]) -> usize {
    let ids: Vec<_> = nodes
        .iter()
        .map(|node| std::fs::read_to_string(node.dir().join("node-id")).unwrap())
        .collect();
    let environment = parts.environment();
    let url = environment.iter().find(|(k, _)| *k == "NOC_DATABASE_URL");
    let db = Database::connect(&url.expect("an address").1)
        .await
        .unwrap();
    eventually("an owner of the partition", async || {
        let rows = partition::Entity::find().all(&db).await.unwrap();
        let count = u32::try_from(rows.len()).unwrap();
        let PartitionId(number) = host.server.partition(count);
        let row = rows
            .iter()
            .find(|row| u32::try_from(row.partition) == Ok(number));
        let node = row?.node.as_deref()?;
        ids.iter().position(|id| id.trim() == node)
    })
    .await
}

#[actix_rt::test]
async fn a_node_killed_in_the_middle_of_a_spike_changes_nothing() {
    let watch = Stopwatch::start();
    let now = SystemClock.now();
    let (mut disturbed, calm) = futures::join!(Side::learned(2, now), Side::learned(1, now));
    let reports = reports(now);
    println!("learned after {:?}", watch.elapsed());

    // In the middle: of some hosts somebody was just told, the others' troubles have just begun.
    let told = |n: usize| n.is_multiple_of(2);
    let early = |n: usize| 0..if told(n) { TOLD } else { BEGUN };
    let late = |n: usize| early(n).end..WELL;
    let well = |_: usize| WELL..STEPS.len();
    futures::join!(
        disturbed.report(&reports, early),
        calm.report(&reports, early)
    );
    let of_some = (0..disturbed.hosts.len()).filter(|n| told(*n));
    disturbed.told(of_some).await;
    disturbed.lose_the_owner().await;
    println!("killed after {:?}", watch.elapsed());
    futures::join!(
        disturbed.report(&reports, late),
        calm.report(&reports, late)
    );
    for side in [&disturbed, &calm] {
        side.told(0..side.hosts.len()).await;
    }
    println!("told after {:?}", watch.elapsed());
    futures::join!(
        disturbed.report(&reports, well),
        calm.report(&reports, well)
    );

    let ((disturbed, its_mail), (calm, calm_mail)) = futures::join!(disturbed.end(), calm.end());
    let expected = calm.incidents().await;
    assert_eq!(disturbed.incidents().await, expected);
    let both = usize::try_from(HOSTS * 2).unwrap();
    assert_eq!(expected.len(), both, "one for each trouble: {expected:#?}");
    let count = |what: &str| expected.iter().filter(|i| i.contains(what)).count();
    let hosts = both / 2;
    assert_eq!(count(" baseline "), hosts, "{expected:#?}");
    assert_eq!(
        count(&format!(" outgoing_mail_abuse login:{LOGIN}: critical")),
        hosts
    );
    let turns = calm.turns().await;
    assert_eq!(
        turns.iter().map(|(_, n)| *n).collect::<Vec<_>>(),
        [both, 0, hosts]
    );
    assert_eq!(disturbed.turns().await, turns);

    check_deliveries(&disturbed.harness, &its_mail, true).await;
    check_deliveries(&calm.harness, &calm_mail, false).await;

    let learned = calm.learned().await;
    for (what, part) in learned
        .iter()
        .filter(|(what, _)| !what.starts_with("mail_ramp"))
    {
        let size = part.as_ref().map(Vec::len).unwrap_or_default();
        assert!(size > 100, "{what}: {size} bytes are no baseline");
    }
    for ((what, found), (_, expected)) in disturbed.learned().await.iter().zip(&learned) {
        assert_eq!(found, expected, "{what}");
    }

    // The series store shows some of them a little later.
    let shown = Stopwatch::start();
    let known = loop {
        let (one, other) = (disturbed.decisions().await, calm.decisions().await);
        if one == other && !one.is_empty() {
            break one;
        }
        if shown.elapsed() > PATIENCE {
            let only = |of: &[String], not: &[String]| -> Vec<String> {
                of.iter().filter(|d| !not.contains(d)).cloned().collect()
            };
            panic!(
                "decisions of the disturbed {:#?}, of the calm {:#?}",
                only(&one, &other),
                only(&other, &one)
            );
        }
        sleep(Duration::from_millis(100)).await;
    };
    println!(
        "{} incidents, {} decisions, {:?} in all",
        expected.len(),
        known.len(),
        watch.elapsed()
    );
}

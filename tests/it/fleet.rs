//! Simulated servers whose agents lose nothing, and what must be true of them in the end, to the last value: each row
//! that was acknowledged, and one incident for each thing that broke.

use noc_api::simulate::client::{Client, Identity, Outcome};
use noc_api::simulate::{Agent, Fault, FaultKind, Fleet};
use noc_pipeline::clock::{Clock, Stopwatch, SystemClock, UnixMs, sleep};
use noc_pipeline::payload::{Kind, Payload};
use noc_storage::relational::deliveries;
use noc_storage::relational::entity::notification_delivery::Model;
use noc_storage::relational::entity::{incident, incident_timeline, notification_delivery};
use noc_storage::relational::incidents::RESOLVED;
use noc_storage::series::{MAX_POINTS, RangeQuery};
use noc_tests::smtp::{Mail, SmtpServer};
use noc_tests::{Harness, eventually};
use reqwest::Method;
use sea_orm::EntityTrait;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use uuid::Uuid;

/// What each server has that can break: five services and three disks.
pub const THINGS: u32 = 8;
/// Reports for which a broken thing stays broken: about a second, so that it often outlasts a life of the program.
const BROKEN: i64 = 40;
/// Reports after which what was mended is found to be well again.
const WELL: usize = 60;

/// How long the last reports may take after everything was mended.
const ALL_WELL: Duration = Duration::from_secs(90);

/// Sets e-mail up: to this server, for the operators.
pub async fn mail_goes_to(harness: &Harness, smtp_port: u16) {
    let admin = harness.login().await;
    let email = json!({"enabled": true, "settings": {
        "host": "localhost", "port": smtp_port, "encryption": "none",
        "from_address": "noc@hostseba.test", "recipients": ["ops@hostseba.test"]}});
    let path = "/api/notification-channels/email";
    let answer = harness.call(&admin, Method::PUT, path, Some(email)).await;
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
}

/// Waits until both consumers have read the whole log.
pub async fn catch_up(harness: &Harness) {
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
pub async fn check_rows(harness: &Harness, host: &Host) {
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
        // QuestDB shows a row some time after it accepted it, longer when it is busy.
        let shown = eventually("rows of a host", async || {
            let series = harness.parts().series.range(&query).await.unwrap();
            (series.at.len() >= times.len()).then_some(series)
        });
        let series = shown.await;
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
pub async fn check_incidents(harness: &Harness, hosts: &[Host]) {
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

/// What pages at once and was not mended before somebody could be told of it was told: its page is there.
pub async fn check_told(harness: &Harness, smtp: &SmtpServer, hosts: &[Host]) {
    let db = harness.parts().db.read();
    let incidents = incident::Entity::find().all(db).await.unwrap();
    let deliveries = notification_delivery::Entity::find().all(db).await.unwrap();
    let mails = by_delivery(smtp.mails());
    for host in hosts {
        let n = host.n;
        for (detector, subject) in host.lasting.iter().filter(|broken| pages_at_once(broken)) {
            let id = Some(i64::from(host.identity.server.0));
            let found = incidents
                .iter()
                .find(|i| (i.server_id, &*i.detector, &i.subject) == (id, *detector, subject));
            let incident = found.expect("its incident").id;
            let told = deliveries.iter().any(|d| {
                d.incident_id == Some(incident) && d.kind == "problem" && is_told(d, &mails)
            });
            assert!(told, "nobody was told of {detector} {subject}, {n}");
        }
    }
}

fn is_told(d: &Model, mails: &BTreeMap<String, Vec<Mail>>) -> bool {
    d.sent_at.is_some() || mails.contains_key(&d.delivery_uuid)
}

/// Whoever was told of something, by a mail of its own id or as it was written down, or may have been in a message that
/// nobody wrote down, is told afterwards that it is over.
pub async fn check_ends(harness: &Harness, smtp: &SmtpServer) {
    let db = harness.parts().db.read();
    eventually("word of the end for whoever was told", async || {
        let mails = by_delivery(smtp.mails());
        let all = notification_delivery::Entity::find().all(db).await.unwrap();
        let of = |kind: &'static str| all.iter().filter(move |d| d.kind == kind);
        let to = |d: &Model| (d.incident_id, d.channel.clone(), d.recipient_key.clone());
        let ends = |d: &Model, e: &Model| e.sent_at.is_some() && e.id > d.id && to(e) == to(d);
        let ids: Vec<i64> = all.iter().map(|d| d.id).collect();
        let lost = deliveries::may_have_arrived(db, &ids).await.unwrap();
        let mut told = of("problem").filter(|d| lost.contains(&d.id) || is_told(d, &mails));
        told.all(|d| of("recovery").any(|end| ends(d, end)))
            .then_some(())
    })
    .await;
}

/// Nobody is told anything twice but in the one message that was under way when the program died.
pub async fn check_deliveries(harness: &Harness, smtp: &SmtpServer, killed: bool) {
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
        // Who was killed between the provider's yes and the record of it repeats that one message, once.
        assert!(
            copies.len() <= attempts.max(1) + usize::from(killed),
            "{copies:?} of {delivery:?}"
        );
    }
    let all: usize = mails.values().map(Vec::len).sum();
    let (queued, again) = (deliveries.len(), all - mails.len());
    println!("{queued} deliveries, {all} mails, {again} of them again");
}

/// Whether it is critical: whatever is milder is told once it has lasted for some minutes.
fn pages_at_once((detector, subject): &(&'static str, String)) -> bool {
    *detector == "disk_bytes" || ["mysqld", "lsws", "exim"].contains(&&**subject)
}

fn by_delivery(mails: Vec<Mail>) -> BTreeMap<String, Vec<Mail>> {
    let mut found = BTreeMap::<String, Vec<Mail>>::new();
    for mail in mails {
        let uuid = mail.headers["x-noc-delivery"].clone();
        found.entry(uuid).or_default().push(mail);
    }
    found
}

pub fn kept(hosts: &[Host]) -> usize {
    hosts.iter().map(|host| host.kept.len()).sum()
}

/// A simulated server with an agent that loses nothing.
pub struct Host {
    /// Its number in the fleet.
    pub n: u32,
    pub identity: Identity,
    agent: Agent,
    /// As it would be with all well.
    well: Fleet,
    /// With its troubles so far.
    fleet: Fleet,
    troubles: Vec<Fault>,
    /// Its first report after all troubles whose end is known.
    well_at: i64,
    /// Its next report; the fleet's own time goes by a minute a report.
    step: i64,
    /// Measured and not acknowledged yet.
    pub pending: Option<Report>,
    /// Acknowledged: when it was observed, and which report it was.
    pub kept: Vec<(UnixMs, i64)>,
    /// Detector and subject of what broke.
    pub broke: BTreeSet<(&'static str, String)>,
    /// Those of them that stayed broken until somebody mended them.
    lasting: BTreeSet<(&'static str, String)>,
}

/// What the subject of a message about some trouble says.
pub struct Page {
    trouble: String,
    server: String,
}

impl Page {
    /// Whether a message is about it.
    pub fn is(&self, mail: &Mail) -> bool {
        mail.subject.contains(&self.trouble) && mail.subject.contains(&self.server)
    }
}

impl std::fmt::Display for Page {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} .. {}", self.trouble, self.server)
    }
}

/// What number `n` of a fleet is enrolled as.
pub fn name_of(n: u32) -> String {
    format!("web-{n:02}")
}

/// What is sent once all together, and again until it is acknowledged.
pub struct Report {
    step: i64,
    at: UnixMs,
    body: Vec<u8>,
}

impl Host {
    /// Number `n` of a fleet of `servers`, with all well.
    pub fn new(n: u32, servers: u32, seed: u64, identity: Identity) -> Self {
        let well = Fleet::steady(seed, servers);
        Self {
            n,
            identity,
            agent: Agent::started(Uuid::new_v4()),
            fleet: well.clone(),
            well,
            troubles: Vec::new(),
            well_at: 0,
            step: 0,
            pending: None,
            kept: Vec::new(),
            broke: BTreeSet::new(),
            lasting: BTreeSet::new(),
        }
    }

    /// Breaks one of its things for some time, beginning `soon` reports from now.
    pub fn break_thing(&mut self, thing: u32, soon: i64) {
        let until = self.step + soon + BROKEN;
        self.well_at = self.well_at.max(until);
        self.break_until(thing, soon, Some(fleet_time(until)));
    }

    /// Breaks one of its things until [`Host::mend`], beginning `soon` reports from now.
    pub fn break_lasting(&mut self, thing: u32, soon: i64) {
        let broken = self.break_until(thing, soon, None);
        self.lasting.insert(broken);
    }

    /// Ends everything that lasts, with its next report.
    pub fn mend(&mut self) {
        self.well_at = self.well_at.max(self.step);
        let now = fleet_time(self.step);
        for trouble in &mut self.troubles {
            trouble.until.get_or_insert(now);
        }
        self.fleet = self.well.clone().with_faults(self.troubles.clone());
    }

    /// How many more reports must be acknowledged until everything is found to be well again, what is under way among
    /// them.
    pub fn until_well(&self) -> usize {
        let broken = usize::try_from(self.well_at - self.step).unwrap_or(0);
        usize::from(self.pending.is_some()) + broken + WELL
    }

    /// The pages of what lasts and is told at once.
    pub fn pages(&self) -> impl Iterator<Item = Page> {
        let paging = self.lasting.iter().filter(|broken| pages_at_once(broken));
        paging.map(|(detector, subject)| Page {
            // MariaDB's service has two names.
            trouble: match (*detector, &**subject) {
                ("disk_bytes", mount) => format!("Disk {mount} is"),
                (_, "mysqld") => "d is down on".to_owned(),
                (_, service) => format!("{service} is down on"),
            },
            server: format!("on {}", name_of(self.n)),
        })
    }

    fn break_until(
        &mut self,
        thing: u32,
        soon: i64,
        until: Option<UnixMs>,
    ) -> (&'static str, String) {
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
        assert!(self.broke.insert(broken.clone()), "each thing breaks once");
        self.troubles.push(Fault {
            server: self.n,
            // A disk is as it was in the instant at which it begins to fill, and full in the first report.
            from: UnixMs(fleet_time(self.step + soon).0 - 1_000),
            until,
            kind,
        });
        self.fleet = self.well.clone().with_faults(self.troubles.clone());
        broken
    }

    fn payloads(&self, step: i64) -> Vec<Payload> {
        self.fleet.basics_at(self.n, fleet_time(step))
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
    pub async fn report(&mut self, client: &Client, count: usize) {
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

    /// Posts a report each `every` to whichever node answers, until told to stop.
    pub async fn report_until(&mut self, nodes: &[Client], every: Duration, stop: &AtomicBool) {
        let mut node = usize::try_from(self.n).unwrap();
        while !stop.load(Ordering::Relaxed) {
            if !self.report_to(&nodes[node % nodes.len()]).await {
                node += 1;
            }
            sleep(every).await;
        }
    }

    /// Posts until `count` more reports are acknowledged by whichever node answers.
    pub async fn report_count(&mut self, nodes: &[Client], count: usize, every: Duration) {
        let mut node = usize::try_from(self.n).unwrap();
        let (enough, watch) = (self.kept.len() + count, Stopwatch::start());
        while self.kept.len() < enough {
            if !self.report_to(&nodes[node % nodes.len()]).await {
                node += 1;
            }
            assert!(watch.elapsed() < ALL_WELL, "posts are not taken");
            sleep(every).await;
        }
    }

    /// Posts the report that is due to one node, once; it stays due until it is acknowledged.
    pub async fn report_to(&mut self, node: &Client) -> bool {
        let report = match self.pending.take() {
            Some(report) => report,
            None => self.measure(),
        };
        let outcome = node
            .post(&self.identity, "batch", report.body.clone())
            .await;
        match outcome {
            Outcome::Accepted {
                accepted,
                duplicates,
                ..
            } => {
                assert_eq!(accepted + duplicates, 3);
                self.kept.push((report.at, report.step));
                return true;
            }
            Outcome::NoAnswer | Outcome::Refused { status: 503, .. } => {}
            Outcome::Refused { status, .. } => panic!("refused with {status}"),
        }
        self.pending = Some(report);
        false
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

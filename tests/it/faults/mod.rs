//! The product on real parts, several nodes of it, while something of it is broken: killed, frozen, cut off, full.
//!
//! Agents go on posting all the time and repeat what was not acknowledged; things of theirs break and are mended
//! meanwhile. In the end every acknowledged row is there with its values, every broken thing was one incident, nobody
//! was told anything twice, and what lasted until it could be told was told. These tests break parts that all share:
//! they run alone, one after another.
//!
//! Trouble that is over before the outage is may page nobody, and rightly: it is judged, stored and ended within
//! milliseconds of one another then, and nothing is sent of what is over. What must be told has to last.

mod database;
mod full_disk;
mod nodes;
mod parts;
mod replica;

use crate::fleet::{
    Host, Page, THINGS, catch_up, check_deliveries, check_ends, check_incidents, check_rows,
    check_told, kept, mail_goes_to, name_of,
};
use futures::future::join_all;
use noc_api::simulate::client::Client;
use noc_pipeline::clock::{Stopwatch, sleep};
use noc_tests::Harness;
use noc_tests::TestAgent;
use noc_tests::parts::RealParts;
use noc_tests::program::{Launch, Program};
use noc_tests::smtp::{SmtpServer, Tls};
use std::net::TcpListener;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tempfile::TempDir;

const SERVERS: u32 = 8;
/// Between two reports of a host.
const EVERY: Duration = Duration::from_millis(25);

/// A node that is started again and again on its directory and its address.
pub struct Node {
    dir: TempDir,
    launch: Launch,
    pub client: Client,
    running: Option<Program>,
    /// Without a word, at least once.
    killed: bool,
}

impl Node {
    /// On this directory, which may have something in it.
    pub fn on(dir: TempDir, settings: &[(&'static str, String)]) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap().to_string();
        Self {
            launch: Launch::on(dir.path())
                .with_all(settings.iter().cloned())
                .with("NOC_BIND", &address),
            client: Client::new(&format!("http://{address}"), true).unwrap(),
            dir,
            running: None,
            killed: false,
        }
    }

    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub fn is_running(&self) -> bool {
        self.running.is_some()
    }

    pub async fn start(&mut self) {
        self.running = Some(Program::start(&self.launch).await);
    }

    fn running(&self) -> &Program {
        self.running.as_ref().expect("it runs")
    }

    pub async fn kill(&mut self) {
        self.running.take().expect("it runs").kill().await;
        self.killed = true;
    }

    /// Stops it in order; how long that took.
    pub async fn stop(&mut self) -> Duration {
        let (status, took) = self.running.take().expect("it runs").terminate().await;
        assert!(
            status.success(),
            "{status} in {}",
            self.dir.path().display()
        );
        took
    }
}

/// Nodes on real parts, a mail server, and hosts that report.
struct World {
    smtp: SmtpServer,
    hosts: Vec<Host>,
    /// Enrolled, and silent but for what a test sends in its name.
    spare: TestAgent,
    nodes: Vec<Node>,
    // Last: whoever uses them goes first.
    parts: RealParts,
}

impl World {
    /// So many nodes, every one with all roles. `change` may put something between the nodes and their parts.
    async fn with_nodes(
        count: usize,
        change: impl FnOnce(&mut Vec<(&'static str, String)>),
    ) -> Self {
        let parts = RealParts::new().await;
        let smtp = SmtpServer::start(Tls::None, None).await;
        let mut harness = Harness::on(parts, |_| {}).await;
        let hosts = prepare(&harness, smtp.port).await;
        let spare = harness.enrol("spare").await;
        harness.stop().await;
        let parts = harness.into_parts();
        let mut settings = parts.environment();
        change(&mut settings);
        let mut nodes: Vec<_> = (0..count)
            .map(|_| Node::on(TempDir::new().unwrap(), &settings))
            .collect();
        for node in &mut nodes {
            node.start().await;
        }
        Self {
            smtp,
            hosts,
            spare,
            nodes,
            parts,
        }
    }

    /// Breaks one thing of every host, the first after `soon` reports, the others one by one.
    fn break_things(&mut self, round: u32, soon: i64) {
        for host in &mut self.hosts {
            let n = host.n;
            host.break_thing((round + n) % THINGS, soon + 5 * i64::from(n));
        }
    }

    /// Breaks one thing of every host after `soon` reports, and for as long as nobody mends it.
    fn break_lasting(&mut self, round: u32, soon: i64) {
        for host in &mut self.hosts {
            host.break_lasting((round + host.n) % THINGS, soon);
        }
    }

    /// Ends what lasts.
    fn mend(&mut self) {
        self.hosts.iter_mut().for_each(Host::mend);
    }

    /// What somebody must be told of while it lasts.
    fn pages(&self) -> Vec<Page> {
        self.hosts.iter().flat_map(Host::pages).collect()
    }

    /// Every host reports, to whichever node answers, until `story` has ended. How many reports were acknowledged.
    async fn meanwhile(&mut self, story: impl AsyncFnOnce(&mut Vec<Node>, &SmtpServer)) -> usize {
        let before = kept(&self.hosts);
        let clients: Vec<_> = self.nodes.iter().map(|node| node.client.clone()).collect();
        let stop = AtomicBool::new(false);
        let load = join_all(
            self.hosts
                .iter_mut()
                .map(|host| host.report_until(&clients, EVERY, &stop)),
        );
        let story = async {
            story(&mut self.nodes, &self.smtp).await;
            stop.store(true, Ordering::Relaxed);
        };
        futures::join!(load, story);
        kept(&self.hosts) - before
    }

    /// Lets everything become well again, stops all nodes and compares.
    async fn check(mut self) {
        let watch = Stopwatch::start();
        let clients: Vec<_> = self.nodes.iter().map(|node| node.client.clone()).collect();
        let reports = self.hosts.iter_mut().map(|host| {
            let missing = host.until_well();
            host.report_count(&clients, missing, EVERY)
        });
        join_all(reports).await;
        for node in &mut self.nodes {
            if node.is_running() {
                node.stop().await;
            }
        }
        let killed = self.nodes.iter().any(|node| node.killed);
        let harness = Harness::on(self.parts, |_| {}).await;
        catch_up(&harness).await;
        let aside = harness.parts().dead_letters.list(1).await.unwrap();
        assert!(aside.is_empty(), "{aside:?}");
        for host in &self.hosts {
            check_rows(&harness, host).await;
        }
        check_incidents(&harness, &self.hosts).await;
        check_told(&harness, &self.smtp, &self.hosts).await;
        check_ends(&harness, &self.smtp).await;
        check_deliveries(&harness, &self.smtp, killed).await;
        println!(
            "{} reports, compared after {:?}",
            kept(&self.hosts),
            watch.elapsed()
        );
    }
}

/// Waits until every page was sent; how long that took.
async fn all_told(smtp: &SmtpServer, pages: &[Page], patience: Duration) -> Duration {
    assert!(!pages.is_empty(), "some of what lasts pages at once");
    let watch = Stopwatch::start();
    loop {
        let mails = smtp.mails();
        let untold = |page: &&Page| !mails.iter().any(|mail| page.is(mail));
        let untold: Vec<_> = pages.iter().filter(untold).map(Page::to_string).collect();
        if untold.is_empty() {
            return watch.elapsed();
        }
        assert!(watch.elapsed() < patience, "nobody is told of {untold:?}");
        sleep(Duration::from_millis(50)).await;
    }
}

/// Enrols the hosts and sets e-mail up.
async fn prepare(harness: &Harness, smtp_port: u16) -> Vec<Host> {
    mail_goes_to(harness, smtp_port).await;
    let seed = rand::random();
    println!("seed {seed}");
    let mut hosts = Vec::new();
    for n in 0..SERVERS {
        let agent = harness.enrol(&name_of(n)).await;
        hosts.push(Host::new(n, SERVERS, seed, agent.identity));
    }
    hosts
}

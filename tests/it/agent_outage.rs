//! The network between a real agent and the product is cut for an hour's worth of payloads, sixty: nothing is lost,
//! nothing is doubled, charts have no gap, and nobody is paged for what the outage alone did.
//!
//! The agent lives in a network namespace of its own, whose link is taken down inside it. It ticks every second instead
//! of every minute; everything else is as on a host.

use noc_pipeline::clock::{Stopwatch, UnixMs, sleep};
use noc_pipeline::payload::Kind;
use noc_storage::relational::entity::incident;
use noc_storage::series::{MAX_POINTS, RangeQuery};
use noc_tests::linux_agent::LinuxAgent;
use noc_tests::{Harness, eventually};
use sea_orm::EntityTrait;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::time::Duration;

/// How long the link is down at least.
const CUT: Duration = Duration::from_secs(60);
/// Payloads of an hour at one a minute; on a busy machine they take longer than [`CUT`].
const PAYLOADS: usize = 60;
/// How long a step may take on a busy machine.
const DEADLINE: Duration = Duration::from_secs(240);
/// How far apart two ticks may be: no more than half the outage, which would leave a gap of all of it.
const SLIP: Duration = Duration::from_secs(30);

/// A namespace whose only way out is a link to us.
struct Network {
    name: String,
    ours: String,
}

fn ip(arguments: &str) {
    let done = Command::new("ip").args(arguments.split(' ')).output();
    let done = done.expect("ip runs: apt-get install iproute2");
    assert!(done.status.success(), "ip {arguments}: {done:?}");
}

impl Network {
    /// Makes one; `number` tells networks of one process apart.
    fn new(number: u8) -> Self {
        let id = format!("noc{:x}{number}", std::process::id() % 0xffff);
        let link = format!("{id}v");
        let ours = format!("10.213.{number}.1");
        ip(&format!("netns add {id}"));
        let network = Self { name: id, ours };
        let (id, ours) = (&network.name, &network.ours);
        ip(&format!(
            "link add {link} type veth peer name eth0 netns {id}"
        ));
        ip(&format!("addr add {ours}/30 dev {link}"));
        ip(&format!("link set {link} up"));
        ip(&format!("-n {id} addr add 10.213.{number}.2/30 dev eth0"));
        ip(&format!("-n {id} link set lo up"));
        network.link("up");
        network
    }

    /// Takes the link down or up, inside.
    fn link(&self, how: &str) {
        ip(&format!("-n {} link set eth0 {how}", self.name));
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        let gone = Command::new("ip")
            .args(["netns", "del", &self.name])
            .status();
        drop(gone);
    }
}

#[actix_rt::test]
async fn an_hour_without_network_costs_nothing() {
    let network = Network::new(7);
    let bind = format!("{}:0", network.ours).parse().unwrap();
    let harness = Harness::start_with(|config| config.http.bind = bind).await;
    let server = harness.enrol("web-01").await;
    let url = format!("http://{}", harness.addr());
    let mut agent = LinuxAgent::new(&url, &server.identity);
    agent.hosting("");
    agent.within_network(&network.name);
    agent.start();
    eventually("it reports", async || {
        (harness.logged(server.server()).await.len() > 5).then_some(())
    })
    .await;

    network.link("down");
    let down = Stopwatch::start();
    let spooled = loop {
        sleep(Duration::from_secs(1)).await;
        let waiting: usize = agent.spool().iter().map(|(_, lines)| lines.len()).sum();
        if waiting >= PAYLOADS && down.elapsed() >= CUT {
            break waiting;
        }
        assert!(down.elapsed() < DEADLINE, "only {waiting} payloads wait");
    };
    network.link("up");
    let watch = Stopwatch::start();
    let drained = async {
        // The tick that is under way comes and goes.
        while agent.spool().len() > 1 {
            sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(DEADLINE, drained)
        .await
        .expect("the spool drains");
    println!("{spooled} payloads drained after {:?}", watch.elapsed());
    agent.stop().await;

    let logged = harness.logged(server.server()).await;
    let mut runs: BTreeMap<_, Vec<u64>> = BTreeMap::new();
    for record in &logged {
        runs.entry(record.boot_id).or_default().push(record.seq);
    }
    assert_eq!(runs.len(), 1, "one run");
    for seen in runs.values() {
        let once: BTreeSet<u64> = seen.iter().copied().collect();
        assert_eq!(once.len(), seen.len(), "a payload stands twice in the log");
        let all: BTreeSet<u64> = (1..=seen.len() as u64).collect();
        assert_eq!(once, all, "a payload is missing");
    }

    // Charts: a point for each tick, and none further from the one before than a tick may slip.
    let times: BTreeSet<UnixMs> = logged
        .iter()
        .filter(|record| record.report.kind() == Kind::Metrics)
        .map(|record| record.event_at)
        .collect();
    let (first, last) = (*times.first().unwrap(), *times.last().unwrap());
    let query = RangeQuery {
        server: server.server(),
        kind: Kind::Metrics,
        fields: vec!["load1".into()],
        from: first,
        to: UnixMs(last.0 + 1),
        points: MAX_POINTS,
    };
    let series = eventually("all of it in the charts", async || {
        let series = harness.parts().series.range(&query).await.unwrap();
        (series.at.len() >= times.len()).then_some(series)
    })
    .await;
    assert_eq!(series.at, times.iter().copied().collect::<Vec<_>>());
    assert!(last.since(first) > CUT, "they span the outage");
    let gaps = series.at.windows(2).map(|pair| pair[1].since(pair[0]));
    let longest = gaps.max().unwrap();
    assert!(longest <= SLIP, "a gap of {longest:?}");

    let db = harness.parts().db.read();
    let incidents = incident::Entity::find().all(db).await.unwrap();
    let false_alarms: Vec<_> = incidents
        .iter()
        .filter(|incident| {
            let detector = incident.detector.as_str();
            ["server_down", "duplicate_agent", "clock_skew"].contains(&detector)
        })
        .collect();
    assert!(false_alarms.is_empty(), "{false_alarms:?}");
}

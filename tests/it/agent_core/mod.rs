//! The core of the Linux agent as a real process: what it keeps when it, the network, the disk or the clock fails, how
//! it is installed, and on which programs it runs.

mod command_lines;
mod delivery;
mod faults;
mod grants;
mod install;
mod planted;
mod probes;
mod scripts;
mod signer;
mod thrift;

use noc_api::simulate::client::Identity;
use noc_pipeline::clock::{Stopwatch, sleep};
use noc_pipeline::id::ServerId;
use noc_tests::linux_agent::LinuxAgent;
use noc_tests::stand_in::StandIn;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// An agent that failed some times waits up to a minute before it tries again.
const PATIENCE: Duration = Duration::from_secs(100);

/// Somebody a stand-in takes for enrolled.
fn somebody() -> Identity {
    Identity {
        server: ServerId(7),
        secret: "secret-of-the-test-0123456789".to_owned(),
    }
}

/// An agent that reports to a stand-in.
fn agent_of(stand_in: &StandIn) -> LinuxAgent {
    agent(&stand_in.url(), &somebody())
}

/// An agent with the probes of the core alone: what programs of a hosting server are there is another test's matter.
fn agent(url: &str, identity: &Identity) -> LinuxAgent {
    let agent = LinuxAgent::new(url, identity);
    agent.hosting("");
    agent
}

/// Waits until `condition` holds, as long as an agent may wait that was refused.
async fn patiently(what: &str, mut condition: impl FnMut() -> bool) {
    let watch = Stopwatch::start();
    while !condition() {
        assert!(watch.elapsed() < PATIENCE, "waited in vain for: {what}");
        sleep(Duration::from_millis(50)).await;
    }
}

/// The numbers of each run of the agent.
fn numbers<'p>(payloads: impl IntoIterator<Item = &'p Value>) -> BTreeMap<String, BTreeSet<u64>> {
    let mut runs: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
    for payload in payloads {
        let run = payload["boot_id"].as_str().expect("a run").to_owned();
        let seq = payload["seq"].as_u64().expect("a number");
        runs.entry(run).or_default().insert(seq);
    }
    runs
}

/// Each run's numbers go from 1 without a gap.
fn assert_no_gap(runs: &BTreeMap<String, BTreeSet<u64>>) {
    for (run, seen) in runs {
        let all: BTreeSet<u64> = (1..=seen.len() as u64).collect();
        assert_eq!(seen, &all, "run {run} has a gap");
    }
}

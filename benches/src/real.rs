//! The same requests on Kafka, QuestDB and MariaDB, with the CPU of every process; one node and two; and how long it
//! takes until the servers of a node that died or left are judged again.

use crate::load::{self, Connections};
use crate::noc::{Noc, cpu_seconds};
use crate::report::{figure, heading, quantile};
use noc_pipeline::clock::Stopwatch;
use noc_tests::parts::RealParts;
use std::error::Error;
use std::path::Path;
use std::time::Duration;

const SERVERS: usize = 1_000;
const BATCHES: usize = 20;
const WIDTH: usize = 64;
/// Of every topic in a bench.
const PARTITIONS: usize = 4;
const PARTS: [&str; 3] = ["kafka-1", "questdb", "mariadb"];

pub async fn run(binary: &Path, rounds: usize) -> Result<(), Box<dyn Error>> {
    heading("requests on Kafka, QuestDB and MariaDB (make stack)");
    println!(
        "{SERVERS} servers x {BATCHES} batches of 3 payloads a round, {WIDTH} kept connections"
    );
    for (nodes, name) in [(1, "one node"), (2, "two nodes")] {
        requests(binary, rounds, nodes, name).await?;
    }
    heading("hand-over of 1,000 servers' partitions from one node of two");
    let (mut killed, mut stopped) = (vec![], vec![]);
    for _ in 0..rounds {
        killed.push(hand_over(binary, true).await?);
        stopped.push(hand_over(binary, false).await?);
    }
    figure(
        "kill -9 until all is judged again",
        "s",
        &killed,
        "goal <= 20",
    );
    figure(
        "stop in order until all is judged again",
        "s",
        &stopped,
        "goal <= 3",
    );
    Ok(())
}

async fn requests(
    binary: &Path,
    rounds: usize,
    count: usize,
    name: &str,
) -> Result<(), Box<dyn Error>> {
    let mut per_part = PARTS.map(|_| vec![]);
    let (mut ours, mut all, mut per_s, mut p50, mut p99) = (vec![], vec![], vec![], vec![], vec![]);
    for _ in 0..rounds {
        let parts = RealParts::new().await;
        let nodes = Noc::start_nodes(binary, &parts, count).await?;
        let first = nodes.first().ok_or("no node")?;
        let servers = first.enrol(SERVERS).await?;
        // Every node hears of the new servers within moments.
        tokio::time::sleep(Duration::from_secs(3)).await;
        send(&nodes, load::batches(&servers, 2, Connections::Kept)).await?;
        owned(&nodes, PARTITIONS).await?;
        let requests = load::batches(&servers, BATCHES, Connections::Kept);
        let sent = requests.len();
        let before = cpu(&nodes)?;
        let (elapsed_s, mut latencies) = send(&nodes, requests).await?;
        owned(&nodes, PARTITIONS).await?;
        let after = cpu(&nodes)?;
        #[expect(clippy::cast_precision_loss, reason = "counts of requests")]
        let sent = sent as f64;
        let noc = after.0 - before.0;
        let spent: Vec<f64> = after.1.iter().zip(before.1).map(|(a, b)| a - b).collect();
        for (figures, spent) in per_part.iter_mut().zip(&spent) {
            figures.push(spent / sent * 1e6);
        }
        ours.push(sent / noc);
        all.push(sent / (noc + spent.iter().sum::<f64>()));
        per_s.push(sent / elapsed_s);
        p50.push(quantile(&mut latencies, 0.50));
        p99.push(quantile(&mut latencies, 0.99));
    }
    let line = |what: &str, unit: &str, figures: &[f64]| {
        figure(&format!("{name}: {what}"), unit, figures, "");
    };
    line("requests per CPU-second of all processes", "/CPU-s", &all);
    line("requests per CPU-second of noc", "/CPU-s", &ours);
    for (part, figures) in PARTS.iter().zip(&per_part) {
        line(&format!("CPU of {part} a request"), "us", figures);
    }
    line("requests per second, wall", "/s", &per_s);
    line("202 after, p50", "ms", &p50);
    line("202 after, p99", "ms", &p99);
    Ok(())
}

/// Sends to all nodes, an equal share each: seconds, and milliseconds of each request.
async fn send(
    nodes: &[Noc],
    requests: Vec<load::Request>,
) -> Result<(f64, Vec<f64>), Box<dyn Error>> {
    let share = requests.len().div_ceil(nodes.len());
    let watch = Stopwatch::start();
    let sent = nodes
        .iter()
        .zip(requests.chunks(share))
        .map(|(node, requests)| {
            load::send(
                &node.address,
                requests.to_vec(),
                WIDTH / nodes.len(),
                Connections::Kept,
            )
        });
    let mut latencies = Vec::new();
    for outcome in futures::future::try_join_all(sent).await? {
        if outcome.refused > 0 {
            return Err(format!("{} refused: {}", outcome.refused, outcome.example).into());
        }
        latencies.extend(outcome.latencies_ms);
    }
    Ok((watch.elapsed().as_secs_f64(), latencies))
}

/// Seconds of all nodes together, and of each part.
fn cpu(nodes: &[Noc]) -> Result<(f64, [f64; 3]), Box<dyn Error>> {
    let mut ours = 0.0;
    for node in nodes {
        ours += node.cpu_seconds()?;
    }
    let mut theirs = [0.0; 3];
    for (spent, part) in theirs.iter_mut().zip(PARTS) {
        let pid = std::fs::read_to_string(format!(".stack/{part}/pid"))
            .map_err(|error| format!("{part}: {error}; run `make stack`"))?;
        *spent = cpu_seconds(pid.trim().parse()?)?;
    }
    Ok((ours, theirs))
}

/// Waits until these nodes own all partitions between them and both consumers of each have read everything.
async fn owned(nodes: &[Noc], partitions: usize) -> Result<(), Box<dyn Error>> {
    for _ in 0..12_000 {
        let mut lags = Vec::new();
        for node in nodes {
            lags.extend(node.values("noc_log_lag_records").await?);
        }
        // Two consumers a partition.
        if lags.len() == 2 * partitions && lags.iter().all(|lag| *lag < 1.0) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Err("the partitions are not read to their ends within 2 min".into())
}

/// Seconds from the end of one node of two until the other has read all partitions to their ends.
async fn hand_over(binary: &Path, kill: bool) -> Result<f64, Box<dyn Error>> {
    let parts = RealParts::new().await;
    let mut nodes = Noc::start_nodes(binary, &parts, 2).await?;
    let servers = nodes.first().ok_or("no node")?.enrol(SERVERS).await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    send(&nodes, load::batches(&servers, 5, Connections::Kept)).await?;
    owned(&nodes, PARTITIONS).await?;
    let mut leaving = nodes.remove(0);
    let watch = Stopwatch::start();
    if kill {
        leaving.kill()?;
    } else {
        leaving.terminate().await?;
    }
    owned(&nodes, PARTITIONS).await?;
    Ok(watch.elapsed().as_secs_f64())
}

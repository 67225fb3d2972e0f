//! Requests per CPU-second: one request is a batch of metrics, processes and disks, 96 numbers, about 1.9 KB. The clock
//! of a round stops when every row is stored and every detector has run.

use crate::load::{self, Connections};
use crate::noc::Noc;
use crate::report::{figure, heading, quantile};
use std::error::Error;
use std::path::Path;

const SERVERS: usize = 1_000;
const BATCHES: usize = 40;
const WIDTH: usize = 64;

pub async fn run(binary: &Path, rounds: usize) -> Result<(), Box<dyn Error>> {
    heading("requests (durable before 202, rows stored, detectors run)");
    println!("{SERVERS} servers x {BATCHES} batches of 3 payloads a round, {WIDTH} connections");
    for (connections, name, goal) in [
        (Connections::Kept, "kept connections", "goal >= 8000"),
        (Connections::New, "new connection each", "goal >= 5500"),
    ] {
        let (mut per_cpu, mut per_s, mut p50, mut p99, mut resident) =
            (vec![], vec![], vec![], vec![], vec![]);
        for _ in 0..rounds {
            let noc = Noc::start(binary).await?;
            let servers = noc.enrol(SERVERS).await?;
            // Warm: every server's actor is there, every cache is filled.
            let warm = load::send(
                &noc.address,
                load::batches(&servers, 2, connections),
                WIDTH,
                connections,
            )
            .await?;
            refuse_refusals(&warm)?;
            noc.caught_up().await?;
            let requests = load::batches(&servers, BATCHES, connections);
            let before = noc.cpu_seconds()?;
            let mut outcome = load::send(&noc.address, requests, WIDTH, connections).await?;
            noc.caught_up().await?;
            let cpu = noc.cpu_seconds()? - before;
            refuse_refusals(&outcome)?;
            #[expect(clippy::cast_precision_loss, reason = "counts of requests")]
            let accepted = outcome.accepted as f64;
            per_cpu.push(accepted / cpu);
            per_s.push(accepted / outcome.elapsed_s);
            p50.push(quantile(&mut outcome.latencies_ms, 0.50));
            p99.push(quantile(&mut outcome.latencies_ms, 0.99));
            resident.push(noc.resident_mib()?);
        }
        figure(
            &format!("{name}: requests per CPU-second of noc"),
            "/CPU-s",
            &per_cpu,
            goal,
        );
        figure(
            &format!("{name}: requests per second, wall"),
            "/s",
            &per_s,
            "",
        );
        figure(&format!("{name}: 202 after, p50"), "ms", &p50, "");
        figure(&format!("{name}: 202 after, p99"), "ms", &p99, "goal <= 50");
        figure(
            &format!("{name}: resident memory at the end"),
            "MiB",
            &resident,
            "",
        );
    }
    Ok(())
}

/// A bench that was refused measures nothing.
fn refuse_refusals(outcome: &load::Outcome) -> Result<(), Box<dyn Error>> {
    if outcome.refused == 0 {
        return Ok(());
    }
    Err(format!(
        "{} of {} requests refused: {}",
        outcome.refused,
        outcome.refused + outcome.accepted,
        outcome.example
    )
    .into())
}

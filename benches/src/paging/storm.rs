//! A rack goes: three hundred hosts lose their mail server within ten seconds, and somebody is told of each.

use crate::latency::{exim, named_by, sink};
use crate::load::{self, Connections};
use crate::noc::Noc;
use crate::report::{figure, heading, quantile};
use noc_api::simulate::Agent;
use noc_pipeline::clock::{Clock, Stopwatch, SystemClock, UnixMs};
use std::collections::HashMap;
use std::error::Error;
use std::path::Path;
use std::time::Duration;
use uuid::Uuid;

const INCIDENTS: usize = 300;
const WITHIN: Duration = Duration::from_secs(10);
/// Host names have four digits from here on, so that none is the beginning of another.
const FIRST: usize = 1_000;
/// From the last incident to the last message.
const PATIENCE: Duration = Duration::from_secs(60);

pub async fn run(binary: &Path) -> Result<(), Box<dyn Error>> {
    heading("storm: 300 incidents within 10 s");
    let noc = Noc::start(binary).await?;
    let mut mails = sink(&noc).await?;
    let servers = noc.enrol(FIRST + INCIDENTS).await?;
    let (_, breaking) = servers.split_at(FIRST);
    let mut agents: Vec<Agent> = breaking
        .iter()
        .map(|_| Agent::started(Uuid::new_v4()))
        .collect();
    let mut reports = |running: bool| -> Vec<load::Request> {
        let hosts = breaking.iter().zip(&mut agents);
        hosts
            .map(|(server, agent)| {
                let at = SystemClock.now();
                let (body, _) = agent.batch([(at, exim(running))], at);
                load::post(&server.bearer, &body, Connections::New)
            })
            .collect()
    };
    for running in [true, false] {
        let outcome = load::send(&noc.address, reports(running), 16, Connections::New).await?;
        if outcome.accepted != INCIDENTS {
            return Err(outcome.example.into());
        }
    }

    // The second bad report of each opens its incident.
    let mut opened: HashMap<String, UnixMs> = HashMap::new();
    let watch = Stopwatch::start();
    for (n, request) in reports(false).into_iter().enumerate() {
        let due = WITHIN.mul_f64(f64::from(u32::try_from(n)?) / 300.0);
        tokio::time::sleep(due.saturating_sub(watch.elapsed())).await;
        opened.insert(format!("bench-{}", FIRST + n), SystemClock.now());
        let outcome = load::send(&noc.address, vec![request], 1, Connections::New).await?;
        if outcome.accepted != 1 {
            return Err(outcome.example.into());
        }
    }
    let took = watch.elapsed();

    let (mut late_ms, mut all) = (Vec::new(), 0_u32);
    let mut untold = opened.clone();
    let watch = Stopwatch::start();
    while !untold.is_empty() {
        let left = PATIENCE.saturating_sub(watch.elapsed());
        let Ok(mail) = tokio::time::timeout(left, mails.recv()).await else {
            break;
        };
        let mail = mail.ok_or("the sink ended")?;
        all += 1;
        for host in named_by(&mail, untold.keys()) {
            if let Some(opened) = untold.remove(&host) {
                late_ms.push(mail.at.since(opened).as_secs_f64() * 1_000.0);
            }
        }
    }
    println!(
        "{INCIDENTS} hosts broke within {:.1} s; {} of them are named by one of the first {all} messages",
        took.as_secs_f64(),
        late_ms.len()
    );
    for (q, name, goal) in [(0.50, "p50", ""), (0.99, "p99", "goal <= 10000")] {
        let late = quantile(&mut late_ms, q);
        figure(
            &format!("bad report to first hand-over, {name}"),
            "ms",
            &[late],
            goal,
        );
    }
    Ok(())
}

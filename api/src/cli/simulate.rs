//! `noc simulate`: a made-up fleet reports to a real address.

use super::{Outcome, say};
use crate::simulate::client::{Client, Outcome as Answer, Sender};
use crate::simulate::{Fault, FaultKind, Fleet};
use clap::Args;
use futures::StreamExt;
use noc_pipeline::clock::{self, Clock, Stopwatch, SystemClock, UnixMs};
use noc_pipeline::payload::{LifecycleEvent, LifecycleReason};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Between two lines that say how it goes.
const REPORT_EVERY: Duration = Duration::from_secs(30);
/// Hosts enrolled at once.
const ENROLLING: usize = 8;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Address of the service.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// Roll-out token that enrols the fleet; seen by every account of this machine while it runs.
    #[arg(long, conflicts_with = "token_file")]
    token: Option<String>,
    /// File that holds the token.
    #[arg(long)]
    token_file: Option<PathBuf>,
    /// How many servers.
    #[arg(long, default_value_t = 25)]
    servers: u32,
    /// Hosts are named `<prefix>-001` and so on.
    #[arg(long, default_value = "sim")]
    prefix: String,
    /// Draws the fleet: the same seed, the same fleet.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Seconds between two reports of a server.
    #[arg(long, default_value_t = 60.0)]
    interval: f64,
    /// Most requests a second, all servers together; 0: as the interval has it.
    #[arg(long, default_value_t = 0.0)]
    rate: f64,
    /// How fast the fleet's own day passes: 60 makes an hour a minute. What is posted carries the real time.
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// Stop after so many seconds; 0: never.
    #[arg(long, default_value_t = 0.0)]
    seconds: f64,
    /// Inject faults: a service that stops and returns, a disk that fills, a server that falls silent.
    #[arg(long)]
    faults: bool,
}

/// What happened so far.
#[derive(Debug, Default)]
struct Tally {
    accepted: usize,
    refused: BTreeMap<u16, usize>,
    no_answer: usize,
    slowest: Duration,
}

pub(super) async fn run(arguments: Arguments) -> Outcome {
    let token = token(&arguments)?;
    let client = Client::new(&arguments.url, true)?;
    let begin = SystemClock.now();
    let mut fleet = Fleet::new(arguments.seed, arguments.servers);
    if arguments.faults {
        let faults = faults(&fleet, begin);
        fleet = fleet.with_faults(faults);
    }
    let fleet = Arc::new(fleet);
    let senders = enrol(&client, &token, &arguments).await?;
    say(format_args!(
        "{} servers enrolled at {}",
        senders.len(),
        arguments.url
    ));
    let tally = Arc::new(Mutex::new(Tally::default()));
    let plan = Plan::of(&arguments, begin);
    let servers = senders.into_iter().zip(0..).map(|(sender, server)| {
        let (fleet, tally, plan) = (Arc::clone(&fleet), Arc::clone(&tally), plan.clone());
        tokio::spawn(report_for_ever(sender, server, fleet, tally, plan))
    });
    let servers: Vec<_> = servers.collect();
    let watch = Stopwatch::start();
    loop {
        let left = match plan.stop_after {
            Some(stop) => stop.saturating_sub(watch.elapsed()),
            None => Duration::MAX,
        };
        clock::sleep(left.min(REPORT_EVERY)).await;
        say(format_args!("{:?}", tally.lock()));
        if plan.stop_after.is_some_and(|stop| watch.elapsed() >= stop) {
            break;
        }
    }
    for server in servers {
        server.abort();
    }
    Ok(())
}

fn token(arguments: &Arguments) -> Result<String, Box<dyn std::error::Error>> {
    match (&arguments.token, &arguments.token_file) {
        (Some(token), _) => Ok(token.trim().to_owned()),
        (None, Some(path)) => Ok(std::fs::read_to_string(path)?.trim().to_owned()),
        (None, None) => Err(
            "a roll-out token is needed: --token-file FILE (noc registration-token --max-uses N)"
                .into(),
        ),
    }
}

/// When who reports.
#[derive(Debug, Clone)]
struct Plan {
    begin: UnixMs,
    interval: Duration,
    speed: f64,
    servers: u32,
    stop_after: Option<Duration>,
}

impl Plan {
    fn of(arguments: &Arguments, begin: UnixMs) -> Self {
        let mut interval = arguments.interval.max(0.05);
        if arguments.rate > 0.0 {
            interval = interval.max(f64::from(arguments.servers) / arguments.rate);
        }
        Self {
            begin,
            interval: Duration::from_secs_f64(interval),
            speed: arguments.speed.max(0.0),
            servers: arguments.servers.max(1),
            stop_after: (arguments.seconds > 0.0)
                .then(|| Duration::from_secs_f64(arguments.seconds)),
        }
    }

    /// The fleet's own time.
    fn fleet_time(&self, now: UnixMs) -> UnixMs {
        self.begin.plus(now.since(self.begin).mul_f64(self.speed))
    }

    /// Servers report one after the other, spread over the interval.
    fn first_after(&self, server: u32) -> Duration {
        self.interval
            .mul_f64(f64::from(server) / f64::from(self.servers))
    }
}

async fn enrol(
    client: &Client,
    token: &str,
    arguments: &Arguments,
) -> Result<Vec<Sender>, Box<dyn std::error::Error>> {
    let hosts = (1..=arguments.servers).map(|n| format!("{}-{n:03}", arguments.prefix));
    let enrolled = futures::stream::iter(hosts)
        .map(|host| async move { client.enrol(token, &host).await })
        .buffered(ENROLLING)
        .collect::<Vec<_>>()
        .await;
    let mut senders = Vec::with_capacity(enrolled.len());
    for identity in enrolled {
        senders.push(Sender::new(client.clone(), identity?, Uuid::new_v4()));
    }
    Ok(senders)
}

async fn report_for_ever(
    mut sender: Sender,
    server: u32,
    fleet: Arc<Fleet>,
    tally: Arc<Mutex<Tally>>,
    plan: Plan,
) {
    let hello = Fleet::lifecycle(LifecycleEvent::Start, LifecycleReason::Unknown);
    let mut pending = vec![(SystemClock.now(), hello)];
    clock::sleep(plan.first_after(server)).await;
    loop {
        let now = SystemClock.now();
        let measured = fleet.payloads_at(server, plan.fleet_time(now));
        pending.extend(measured.into_iter().map(|payload| (now, payload)));
        let mut wait = plan.interval;
        if !pending.is_empty() {
            let answer = sender.send(std::mem::take(&mut pending), now).await;
            wait = wait.max(tally.lock().note(&answer));
            // This client only shows: the real agent is the one that spools.
            sender.take_acked();
        }
        clock::sleep(wait).await;
    }
}

impl Tally {
    /// Counts an answer; tells how long it asks to wait.
    fn note(&mut self, answer: &Answer) -> Duration {
        match answer {
            Answer::Accepted { accepted, took, .. } => {
                self.accepted += accepted;
                self.slowest = self.slowest.max(*took);
                Duration::ZERO
            }
            Answer::Refused {
                status,
                retry_after,
            } => {
                *self.refused.entry(*status).or_default() += 1;
                retry_after.unwrap_or_default()
            }
            Answer::NoAnswer => {
                self.no_answer += 1;
                Duration::from_secs(5)
            }
        }
    }
}

/// Trouble that a visitor of the demo sees within minutes: each kind on a server of its own.
fn faults(fleet: &Fleet, begin: UnixMs) -> Vec<Fault> {
    let minutes = |n: u64| begin.plus(Duration::from_secs(n * 60));
    let service = |server: u32| {
        let services = fleet.services(server);
        services.first().copied().unwrap_or("exim").to_owned()
    };
    vec![
        Fault {
            server: 1,
            from: minutes(2),
            until: Some(minutes(8)),
            kind: FaultKind::ServiceDown {
                service: service(1),
            },
        },
        Fault {
            server: 3,
            from: minutes(1),
            until: None,
            kind: FaultKind::DiskFilling {
                mount: "/home".to_owned(),
                full_after_s: 900,
            },
        },
        Fault {
            server: 5,
            from: minutes(4),
            until: Some(minutes(15)),
            kind: FaultKind::Silence,
        },
        Fault {
            server: 7,
            from: minutes(1),
            until: Some(minutes(30)),
            kind: FaultKind::CpuBusy,
        },
    ]
}

//! `noc simulate`: a made-up fleet reports to a running service, or into a file.

mod arguments;
mod enrol;

pub(super) use arguments::Arguments;

use super::Outcome;
use crate::config::Config;
use crate::simulate::client::{Client, Identity};
use crate::simulate::run::live::{Shared, Timing};
use crate::simulate::run::{Tally, drain, live, load, offline};
use crate::simulate::{Fleet, Plan, Script, Stage, Truth};
use noc_pipeline::clock::{self, Clock, Stopwatch, SystemClock, UnixMs};
use parking_lot::Mutex;
use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use uuid::Uuid;

/// Between two lines that say how it goes.
const REPORT_EVERY: Duration = Duration::from_secs(30);
/// Where a file begins when nothing else is asked for: a Monday, with changes to summer time in the four weeks after.
const FILE_BEGINS: UnixMs = UnixMs(1_772_409_600_000);
const DAY: Duration = Duration::from_secs(86_400);

/// Tells how it goes. Standard output may be where the payloads go.
#[expect(clippy::print_stderr, reason = "the command line's own words")]
fn tell(line: impl std::fmt::Display) {
    eprintln!("{line}");
}

pub(super) async fn run(arguments: &Arguments, config: &Config) -> Outcome {
    if arguments.servers == 0 {
        return Err("a fleet has one server at least".into());
    }
    match &arguments.out {
        Some(path) => into_file(arguments, path),
        None => against_service(arguments, config).await,
    }
}

/// The fleet with its script, and what is known of it.
fn fleet(
    arguments: &Arguments,
    begin: UnixMs,
    script_begins: UnixMs,
    end: Option<UnixMs>,
) -> Result<(Arc<Fleet>, Vec<Truth>), Box<dyn Error>> {
    // Into the past time is as it was; into the present people and script run faster.
    let speed = match (arguments.from, arguments.speed) {
        (None, Some(speed)) if speed > 0.0 => speed,
        _ => 1.0,
    };
    let fleet = Fleet::new(arguments.seed, arguments.servers);
    let plan = match &arguments.script {
        None => Plan::default(),
        Some(name) => script(name)?.plan(Stage {
            fleet: &fleet,
            seed: arguments.seed,
            prefix: &arguments.prefix,
            begin: script_begins,
            end,
            speed,
        })?,
    };
    for missing in &plan.left_out {
        tell(format_args!("left out: {missing}"));
    }
    let fleet = fleet.with_faults(plan.faults).with_speed(begin, speed);
    Ok((Arc::new(fleet), plan.truth))
}

fn script(name: &str) -> Result<Script, Box<dyn Error>> {
    match Script::shipped(name) {
        Some(script) => Ok(script),
        None => {
            let text = std::fs::read_to_string(name).map_err(|error| format!("{name}: {error}"))?;
            Ok(Script::parse(&text)?)
        }
    }
}

fn write_truth(path: &Path, truth: &[Truth]) -> Outcome {
    let mut out =
        BufWriter::new(File::create(path).map_err(|error| format!("{}: {error}", path.display()))?);
    for line in truth {
        writeln!(out, "{}", line.to_line())?;
    }
    Ok(out.flush()?)
}

fn into_file(arguments: &Arguments, path: &Path) -> Outcome {
    let begin = arguments.from.unwrap_or(FILE_BEGINS);
    let until = begin.plus(DAY.mul_f64(arguments.days.clamp(0.0, 3_650.0)));
    let (fleet, truth) = fleet(arguments, begin, begin, Some(until))?;
    if let Some(path) = &arguments.truth {
        write_truth(path, &truth)?;
    }
    let order = offline::Order {
        from: begin,
        until,
        kinds: arguments.kinds.clone(),
        prefix: arguments.prefix.clone(),
        salt: 0,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
    };
    let watch = Stopwatch::start();
    let written = if path == Path::new("-") {
        offline::write(
            &fleet,
            &order,
            &mut BufWriter::new(std::io::stdout().lock()),
        )?
    } else {
        let file = File::create(path).map_err(|error| format!("{}: {error}", path.display()))?;
        offline::write(&fleet, &order, &mut BufWriter::with_capacity(1 << 20, file))?
    };
    let seconds = watch.elapsed().as_secs_f64().max(1e-9);
    tell(format_args!(
        "{} requests, {} payloads, {:.1} MB in {seconds:.1} s: {:.0} payloads/s, {:.0} MB/s",
        written.requests,
        written.payloads,
        written.bytes as f64 / 1e6,
        written.payloads as f64 / seconds,
        written.bytes as f64 / 1e6 / seconds,
    ));
    Ok(())
}

async fn against_service(arguments: &Arguments, config: &Config) -> Outcome {
    let client = Client::new(&arguments.url, true)?;
    let started = SystemClock.now();
    let begin = arguments.from.unwrap_or(started);
    if begin > started {
        return Err("--from lies ahead: only a file can hold what did not happen yet".into());
    }
    let script_begins = if arguments.script_now { started } else { begin };
    let (fleet, mut truth) = fleet(arguments, begin, script_begins, None)?;
    let identities = enrol::all(&client, &fleet, arguments, config).await?;
    tell(format_args!(
        "{} servers enrolled at {}",
        identities.len(),
        arguments.url
    ));
    if let Some(path) = &arguments.truth {
        for line in &mut truth {
            let identity = line
                .server
                .and_then(|server| identities.get(usize::try_from(server).ok()?));
            line.server_id = identity.map(|identity| identity.server.0.into());
        }
        write_truth(path, &truth)?;
    }
    if arguments.load {
        return put_load(arguments, &client, &fleet, identities).await;
    }
    if let Some(minutes) = arguments.drain {
        let salt = Uuid::new_v4().as_u64_pair().0;
        let drained = drain::run(
            &client,
            &fleet,
            identities,
            minutes,
            arguments.connections,
            salt,
        )
        .await;
        tell(format_args!(
            "spools of {minutes} minutes drained in {:.1} s",
            drained.took.as_secs_f64()
        ));
        tell(format_args!(
            "spools: {} ({})",
            drained.spools,
            drained.spools.per_second(drained.took)
        ));
        tell(format_args!("live meanwhile: {}", drained.live));
        tell(format_args!("lost: {}", drained.lost));
        return Ok(());
    }
    let speed = if arguments.from.is_some() {
        arguments.speed.unwrap_or(0.0)
    } else {
        1.0
    };
    report(
        arguments,
        client,
        fleet,
        identities,
        Timing {
            begin,
            started,
            speed,
        },
    )
    .await;
    Ok(())
}

async fn put_load(
    arguments: &Arguments,
    client: &Client,
    fleet: &Arc<Fleet>,
    identities: Vec<Identity>,
) -> Outcome {
    let seconds = if arguments.seconds > 0.0 {
        arguments.seconds
    } else {
        30.0
    };
    let load = load::Load {
        connections: arguments.connections,
        lasts: Duration::from_secs_f64(seconds),
    };
    let (tally, elapsed) = load::run(client, fleet, identities, load).await;
    tell(&tally);
    tell(tally.per_second(elapsed));
    Ok(())
}

async fn report(
    arguments: &Arguments,
    client: Client,
    fleet: Arc<Fleet>,
    identities: Vec<Identity>,
    timing: Timing,
) {
    let tally = Arc::new(Mutex::new(Tally::default()));
    let shared = Shared {
        client,
        fleet,
        timing,
        salt: Uuid::new_v4().as_u64_pair().0,
        tally: Arc::clone(&tally),
        connections: Arc::new(Semaphore::new(arguments.connections.max(1))),
    };
    let servers: Vec<_> = (0..)
        .zip(identities)
        .map(|(server, identity)| tokio::spawn(live::run(shared.clone(), server, identity)))
        .collect();
    let stop_after = (arguments.seconds > 0.0).then(|| Duration::from_secs_f64(arguments.seconds));
    let watch = Stopwatch::start();
    loop {
        let left = stop_after.map_or(Duration::MAX, |stop| stop.saturating_sub(watch.elapsed()));
        clock::sleep(left.min(REPORT_EVERY)).await;
        tell(tally.lock().clone());
        if stop_after.is_some_and(|stop| watch.elapsed() >= stop) {
            break;
        }
    }
    for server in servers {
        server.abort();
    }
}

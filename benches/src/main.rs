//! Speed, measured, and detection. `make bench` prints every figure; no speed is asserted, because machines differ and
//! swing.
//!
//! CPU is counted in seconds of the server process (user and system), so that a busy machine changes little.

mod baselines;
mod detect;
mod detectors;
mod events;
mod latency;
mod load;
mod nab;
mod noc;
mod paging;
mod real;
mod report;
mod requests;
mod restart;
mod smtp_sink;

use clap::{Parser, ValueEnum};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures one thing, or everything.
#[derive(Parser)]
struct Arguments {
    /// What to measure; everything when left out.
    #[arg(value_enum)]
    only: Option<Bench>,
    /// The binary to measure.
    #[arg(long, default_value = "target/release/noc")]
    noc: std::path::PathBuf,
    /// Repeats of each measurement; the median is printed with the best and the worst.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    #[command(flatten)]
    detect: detect::Options,
    /// What `nab` reads; it is left out of everything else.
    #[command(flatten)]
    nab: nab::Labelled,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Bench {
    /// Requests per CPU-second of the server, and how long a 202 takes.
    Requests,
    /// From the first byte of a bad payload to the hand-over of the mail.
    Latency,
    /// Three hundred incidents within ten seconds.
    Storm,
    /// A hundred thousand escalations that wait.
    Armed,
    /// How fast the outbox empties.
    Outbox,
    /// Actors and snapshots by the hundred thousand.
    Restart,
    /// A day of a million firewall events, stored and asked for.
    Events,
    /// Requests and hand-over on the servers of `make stack`.
    Real,
    /// What the detectors find of four weeks' trouble, and what they only imagine; fails where the goals are missed.
    Detect,
    /// What a verdict costs: payloads a second, nanoseconds a baseline, bytes of memory, a restore.
    Detectors,
    /// How well a rule on a baseline finds labelled anomalies; needs --data and --labels.
    Nab,
}

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    if arguments.only == Some(Bench::Nab) {
        nab::run(&arguments.nab)?;
        return Ok(ExitCode::SUCCESS);
    }
    let wanted = |bench| arguments.only.is_none_or(|only| only == bench);
    if rustls::crypto::ring::default_provider()
        .install_default()
        .is_err()
    {
        return Err("a TLS provider is installed already".into());
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    if wanted(Bench::Requests) {
        runtime.block_on(requests::run(&arguments.noc, arguments.rounds))?;
    }
    if wanted(Bench::Latency) {
        runtime.block_on(latency::run(&arguments.noc))?;
    }
    if wanted(Bench::Storm) {
        runtime.block_on(paging::storm(&arguments.noc))?;
    }
    if wanted(Bench::Armed) {
        actix_rt::System::new().block_on(paging::armed())?;
    }
    if wanted(Bench::Outbox) {
        actix_rt::System::new().block_on(paging::drain(arguments.rounds))?;
    }
    if wanted(Bench::Restart) {
        runtime.block_on(restart::run(&arguments.noc, arguments.rounds))?;
    }
    if wanted(Bench::Events) {
        runtime.block_on(events::run(arguments.rounds))?;
    }
    if wanted(Bench::Real) {
        runtime.block_on(real::run(&arguments.noc, arguments.rounds))?;
    }
    if wanted(Bench::Detectors) {
        detectors::run(arguments.rounds)?;
    }
    if wanted(Bench::Detect) {
        let met = detect::run(&arguments.detect)?;
        // Among everything it is a figure like the others.
        if !met && arguments.only.is_some() {
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

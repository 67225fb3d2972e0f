//! How well trouble is found: a simulated fleet is played through the very code that judges in the service, and what it
//! opens is held against what is true.
//!
//! * [`replay`]: servers side by side; [`lane`]: one server; [`ingest`]: requests to records; [`beats`]: our own
//!   heartbeats, which pause while we are away; [`book`]: incidents and pages.
//! * [`watch`]: groups of servers that are silent at once; [`campaigns`]: attackers who are met on many of them.
//! * [`score`] holds incidents against truths, [`table`] sums up, [`explain`] tells what was said.
//!
//! No database, no log, no wall clock: the same seed gives the same figures.

mod beats;
mod book;
mod campaigns;
mod explain;
mod ingest;
mod lane;
pub mod replay;
mod score;
mod table;
#[cfg(test)]
mod tests;
mod watch;

use clap::Args;
use explain::Moment;
use noc_actors::detect::{infos, registry};
use noc_api::simulate::Script;
use noc_pipeline::clock::Stopwatch;
use replay::Order;
use std::error::Error;
use std::path::PathBuf;
use table::Figures;

/// Settings of `detect`.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "detect")]
pub struct Options {
    /// Servers of the fleet.
    #[arg(long, default_value_t = 200)]
    pub servers: u32,
    /// Days, from 2025-10-06.
    #[arg(long, default_value_t = 28)]
    pub days: u32,
    /// Draws the fleet and who has what trouble.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// A second seed that nothing is tuned on, played afterwards.
    #[arg(long)]
    pub held_out: Option<u64>,
    /// `default`, `demo`, or a script of `noc simulate`.
    #[arg(long, default_value = "default")]
    pub script: String,
    /// Writes every figure there.
    #[arg(long)]
    pub json: Option<PathBuf>,
    /// Tells what the detectors said around a truth (`hacked_mailbox-2`), a false incident (`F3`) or a moment of a server
    /// (`17@2025-10-24T09:40:00Z`, `17@18d 9h 40m@server_down`), instead of figures.
    #[arg(long)]
    pub explain: Option<String>,
    /// Threads; all cores when left out.
    #[arg(long)]
    pub threads: Option<usize>,
}

/// Plays, prints, and answers whether the goals are met.
///
/// # Errors
/// When the script cannot be read or used, or the JSON cannot be written.
pub fn run(options: &Options) -> Result<bool, Box<dyn Error>> {
    let order = order(options)?;
    if let Some(what) = &options.explain {
        explain_what(&order, what)?;
        return Ok(true);
    }
    crate::report::heading("detection");
    let mut all = vec![figures(&order)?];
    if let Some(seed) = options.held_out {
        println!();
        all.push(figures(&Order {
            seed,
            ..order.clone()
        })?);
    }
    if let Some(path) = &options.json {
        std::fs::write(path, serde_json::to_vec_pretty(&all)?)?;
    }
    Ok(all.iter().all(|figures| figures.goals_met))
}

fn order(options: &Options) -> Result<Order, Box<dyn Error>> {
    let script = match Script::shipped(&options.script) {
        Some(script) => script,
        None => Script::parse(&std::fs::read_to_string(&options.script)?)?,
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(Order {
        servers: options.servers,
        days: options.days,
        seed: options.seed,
        script,
        threads: options.threads.unwrap_or(cores),
        block: 30,
        restarts: None,
        detectors: registry(),
    })
}

fn figures(order: &Order) -> Result<Figures, Box<dyn Error>> {
    let figures = measure(order)?;
    print!("{}", figures.table());
    Ok(figures)
}

fn measure(order: &Order) -> Result<Figures, Box<dyn Error>> {
    let watch = Stopwatch::start();
    let played = order.play()?;
    let seconds = watch.elapsed().as_secs_f64();
    let scores = score::score(&played.truth, &played.incidents, &takes_part);
    let size = (order.seed, order.servers, order.days);
    Ok(Figures::of(&played, &scores, size, seconds))
}

/// Whether a detector is played here: those of servers, and those of the fleet.
fn takes_part(detector: &str) -> bool {
    infos().any(|info| info.key == detector)
}

fn explain_what(order: &Order, what: &str) -> Result<(), Box<dyn Error>> {
    let moment = match Moment::parse(what) {
        Some(moment) => moment,
        None if what.starts_with('F') => {
            let figures = measure(order)?;
            let mut wrong = figures.wrong.iter();
            let found = wrong.find(|wrong| wrong.label == what);
            let found = found.ok_or(format!("there is no false incident {what}"))?;
            println!("{found:#?}");
            let server = found.incident.server.ok_or("it is the whole fleet's")?;
            let (at, detector) = (found.incident.opened_at, found.incident.detector);
            Moment::parse(&format!("{server}@{at}@{detector}")).ok_or("no such moment")?
        }
        None => {
            let plan = order.stage()?.plan;
            let truth = plan.truth.iter().find(|truth| truth.id == what);
            let truth = truth.ok_or(format!("nothing of that name is true: {what}"))?;
            Moment::of_truth(truth).ok_or("it is about the whole fleet")?
        }
    };
    explain::explain(order, &moment)?;
    Ok(())
}

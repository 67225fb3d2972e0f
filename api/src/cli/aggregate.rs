//! `noc aggregate-metrics`: the same result however often.

use super::{Outcome, say};
use crate::config::Config;
use crate::serve::open_series;
use clap::Args;
use noc_pipeline::clock::{Clock, SystemClock, UnixMs};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// First instant, such as 2026-05-07T00:00:00Z.
    #[arg(long, value_parser = instant)]
    from: UnixMs,
    /// Last instant, exclusive. Default: now.
    #[arg(long, value_parser = instant)]
    to: Option<UnixMs>,
}

fn instant(text: &str) -> Result<UnixMs, String> {
    chrono::DateTime::parse_from_rfc3339(text)
        .map(|at| UnixMs(at.timestamp_millis()))
        .map_err(|error| format!("not a time such as 2026-05-07T00:00:00Z: {error}"))
}

pub(super) async fn run(arguments: Arguments, config: &Config) -> Outcome {
    let to = arguments.to.unwrap_or_else(|| SystemClock.now());
    let series = open_series(config).await?;
    let rows = series.roll_up(arguments.from, to).await?;
    say(format_args!("{rows} hourly rows made anew"));
    Ok(())
}

//! `noc aggregate-metrics`: the same result however often.

use super::{Outcome, say};
use crate::config::Config;
use clap::Args;
use noc_pipeline::clock::{Clock, SystemClock, UnixMs};
use noc_storage::series::SeriesStore;
use noc_storage::series::embedded::EmbeddedSeries;

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
    let series = EmbeddedSeries::open(&config.storage.data_dir)?;
    let rows = series.roll_up(arguments.from, to).await?;
    say(format_args!("{rows} hourly rows made anew"));
    Ok(())
}

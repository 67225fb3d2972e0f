//! What the process says of itself, on standard error.

use crate::config::{LogFormat, Logging};
use std::error::Error;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Sets logging up.
pub(super) fn start(settings: &Logging) -> Result<(), Box<dyn Error>> {
    let filter = EnvFilter::try_new(&settings.filter)?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let started = match settings.format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Text => builder
            .with_ansi(std::io::stderr().is_terminal())
            .try_init(),
    };
    started.map_err(|error| error as Box<dyn Error>)
}

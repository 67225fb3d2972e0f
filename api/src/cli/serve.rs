//! `noc serve`.

use super::{Outcome, say};
use crate::config::Config;
use crate::serve::{self, FIRST_ADMIN, FirstPassword, Roles};
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// What this process does, separated by commas: ingest, actors, notify, scheduler, api. Default: all.
    #[arg(long)]
    roles: Option<Roles>,
}

pub(super) async fn run(arguments: Arguments, config: Config) -> Outcome {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let address = config.public_url();
    let roles = arguments.roles.unwrap_or_else(Roles::all);
    let running = serve::start(config, roles).await?;
    tracing::info!(address = %running.addr, metrics = %running.metrics_addr, "serving");
    if let FirstPassword::Generated(password) = &running.first_password {
        // Shown once, to whoever starts the process, and never logged.
        say(format_args!(
            "\n  first login at {address}: {FIRST_ADMIN} / {password}\n  it must be changed at once and is not shown again\n"
        ));
    }
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping: requests in flight finish");
    running.stop().await;
    tracing::info!("stopped");
    Ok(())
}

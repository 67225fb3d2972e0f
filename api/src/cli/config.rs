//! `noc config check`, `noc config example`.

use super::{Outcome, say};
use crate::config::{Config, Sources, example};
use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Read file and environment, and list everything that is wrong.
    Check,
    /// Print a settings file with every key at its default.
    Example,
}

pub(super) fn run(arguments: Arguments, sources: &Sources) -> Outcome {
    match arguments.command {
        Command::Check => check(sources),
        Command::Example => {
            say(example().trim_end());
            Ok(())
        }
    }
}

fn check(sources: &Sources) -> Outcome {
    let (config, warnings) = Config::load(sources)?;
    for warning in warnings {
        say(format_args!("warning: {warning}"));
    }
    match &sources.file {
        Some(file) => say(format_args!("settings file    {}", file.display())),
        None => say("settings file    none: defaults and environment"),
    }
    say(format_args!("address          {}", config.public_url()));
    say(format_args!("listens on       {}", config.http.bind));
    say(format_args!(
        "metrics on       {}",
        config.http.metrics_bind
    ));
    say(format_args!(
        "data directory   {}",
        config.storage.data_dir.display()
    ));
    say("all settings are right");
    Ok(())
}

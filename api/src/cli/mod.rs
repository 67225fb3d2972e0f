//! The command line. Each command is one file; this one reads arguments and settings, and sets the process up.

mod aggregate;
mod backtest;
mod config;
mod dead_letters;
mod logging;
mod openapi;
mod registration_token;
mod seed;
mod serve;
mod simulate;

use crate::config::{Config, Sources};
use clap::{Parser, Subcommand};
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

/// Monitoring for web-hosting fleets: agents report, detectors judge, people are told.
#[derive(Debug, Parser)]
#[command(name = "noc", version, propagate_version = true)]
struct Arguments {
    /// Settings file; without it `NOC_CONFIG`, else `noc.toml` where it exists.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the product.
    Serve(serve::Arguments),
    /// Bring the relational store's schema up to date, and stop.
    Migrate,
    /// Make what a first start makes: keys, schema, first administrator.
    Seed,
    /// Post what a made-up fleet would measure.
    Simulate(Box<simulate::Arguments>),
    /// Make a token that enrols a server, and print it.
    RegistrationToken(registration_token::Arguments),
    /// Make hourly measurements anew from raw ones. With the embedded series store the server must be stopped.
    AggregateMetrics(aggregate::Arguments),
    /// Say what an alert rule would have done. With the embedded stores the server must be stopped; while it runs, ask
    /// POST /api/alert-rules/backtest.
    Backtest(backtest::Arguments),
    /// Look at records that were set aside. With the embedded log the server must be stopped.
    DeadLetters(dead_letters::Arguments),
    /// Look at settings.
    Config(config::Arguments),
    /// Print the OpenAPI document.
    Openapi,
}

/// What a command answers.
type Outcome = Result<(), Box<dyn Error>>;

/// Runs the command that the process's arguments name.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    match execute(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where logging is not set up yet, or not wanted: the reason stands on the terminal.
            #[expect(clippy::print_stderr, reason = "the command line's own answer")]
            {
                eprintln!("noc: {}", with_causes(error.as_ref()));
            }
            ExitCode::FAILURE
        }
    }
}

fn execute(arguments: Arguments) -> Outcome {
    // One TLS provider for everything in the process, chosen before anything can ask for one.
    if rustls::crypto::ring::default_provider()
        .install_default()
        .is_err()
    {
        return Err("a TLS provider is installed already".into());
    }
    let sources = Sources::of_process(arguments.config);
    match arguments.command {
        // These need no settings that are right.
        Command::Config(config) => {
            let system = actix_rt::System::with_tokio_rt(runtime);
            return system.block_on(config::run(config, &sources));
        }
        Command::Openapi => return openapi::run(),
        _ => {}
    }
    let (config, warnings) = Config::load(&sources)?;
    logging::start(&config.logging)?;
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    let system = actix_rt::System::with_tokio_rt(runtime);
    system.block_on(async move {
        match arguments.command {
            Command::Serve(arguments) => serve::run(arguments, config).await,
            Command::Migrate => seed::migrate(&config).await,
            Command::Seed => seed::seed(&config).await,
            Command::Simulate(arguments) => simulate::run(&arguments, &config).await,
            Command::RegistrationToken(arguments) => {
                registration_token::run(arguments, &config).await
            }
            Command::AggregateMetrics(arguments) => aggregate::run(arguments, &config).await,
            Command::Backtest(arguments) => backtest::run(arguments, &config).await,
            Command::DeadLetters(arguments) => dead_letters::run(arguments, &config).await,
            Command::Config(_) | Command::Openapi => Ok(()),
        }
    })
}

/// The runtime below the actix system. Several threads, so that a busy task holds up no other.
#[expect(
    clippy::expect_used,
    reason = "without a runtime there is nobody to tell"
)]
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("threads for the runtime")
}

fn with_causes(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        line.push_str(": ");
        line.push_str(&inner.to_string());
        cause = inner.source();
    }
    line
}

/// Prints a line of a command's answer.
#[expect(clippy::print_stdout, reason = "the command line's own answer")]
fn say(line: impl std::fmt::Display) {
    println!("{line}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}

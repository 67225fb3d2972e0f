//! `noc config check`, `noc config example`.

use super::{Outcome, say, with_causes};
use crate::config::{Config, Secret, Sources, example};
use clap::{Args, Subcommand};
use noc_pipeline::kafka::Kafka;
use noc_storage::relational::DatabaseFacts;
use std::error::Error;
use std::time::Duration;

/// No part is waited for longer.
const LIMIT: Duration = Duration::from_secs(15);

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Read file and environment, reach the parts that have an address, and list everything that is wrong.
    Check,
    /// Print a settings file with every key at its default.
    Example,
}

pub(super) async fn run(arguments: Arguments, sources: &Sources) -> Outcome {
    match arguments.command {
        Command::Check => check(sources).await,
        Command::Example => {
            say(example().trim_end());
            Ok(())
        }
    }
}

async fn check(sources: &Sources) -> Outcome {
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
    let (kafka, questdb, database, replica) = tokio::join!(
        within(kafka(&config)),
        within(questdb(&config)),
        within(database(&config, config.database.url.as_ref(), false)),
        within(database(&config, config.database.read_url.as_ref(), true)),
    );
    let mut unreachable = 0;
    for (name, found) in [
        ("kafka", kafka),
        ("questdb", questdb),
        ("database", database),
        ("read replica", replica),
    ] {
        match found {
            Ok(Some(found)) => {
                say(format_args!("{name:<16} {}", found.what));
                for warning in found.warnings {
                    say(format_args!("warning: {name}: {warning}"));
                }
            }
            Ok(None) => say(format_args!("{name:<16} {}", embedded(name))),
            Err(error) => {
                unreachable += 1;
                say(format_args!(
                    "problem: {name}: {}",
                    with_causes(error.as_ref())
                ));
            }
        }
    }
    if unreachable > 0 {
        return Err(format!("{unreachable} part(s) cannot be used").into());
    }
    say("all settings are right");
    Ok(())
}

fn embedded(name: &str) -> &'static str {
    match name {
        "kafka" => "not used: the embedded log",
        "questdb" => "not used: the embedded series store",
        "database" => "not used: sqlite in the data directory",
        _ => "none",
    }
}

/// What was found of a part.
struct Found {
    what: String,
    warnings: Vec<String>,
}

type Looked = Result<Option<Found>, Box<dyn Error>>;

async fn within(look: impl Future<Output = Looked>) -> Looked {
    match tokio::time::timeout(LIMIT, look).await {
        Ok(looked) => looked,
        Err(_) => Err(format!("no answer within {} s", LIMIT.as_secs()).into()),
    }
}

async fn kafka(config: &Config) -> Looked {
    let Some(options) = config.kafka_options() else {
        return Ok(None);
    };
    let what = format!("{}, topics {}*", options.brokers, options.topic_prefix);
    let facts = Kafka::inspect(options).await?;
    let mut warnings = facts.warnings;
    if facts.brokers < 3 {
        warnings.push(format!(
            "{} broker(s): a record is acknowledged that one disk failure can lose; use three or more",
            facts.brokers
        ));
    }
    Ok(Some(Found { what, warnings }))
}

async fn questdb(config: &Config) -> Looked {
    let Some(options) = config.questdb_options()? else {
        return Ok(None);
    };
    let what = format!("{options:?}");
    let Some(url) = &config.questdb.url else {
        return Ok(None);
    };
    let mut url = reqwest::Url::parse(url.expose())?;
    if url.port().is_none() && url.set_port(Some(9_000)).is_err() {
        return Err("its address takes no port".into());
    }
    url.set_path("/exec");
    url.query_pairs_mut().append_pair("query", "SELECT 1");
    let client = reqwest::Client::builder()
        .timeout(LIMIT)
        .no_proxy()
        .build()?;
    let mut request = client.get(url);
    if let Some(token) = &config.questdb.token {
        request = request.bearer_auth(token.expose());
    }
    // An error of the client would repeat the address with its password.
    let answer = request.send().await.map_err(reqwest::Error::without_url)?;
    match answer.error_for_status() {
        Ok(_) => Ok(Some(Found {
            what,
            warnings: Vec::new(),
        })),
        Err(error) => Err(error.without_url().into()),
    }
}

async fn database(config: &Config, url: Option<&Secret>, is_replica: bool) -> Looked {
    let Some(url) = url else {
        return Ok(None);
    };
    let facts = DatabaseFacts::ask(url.expose()).await?;
    let reading = config.database.read_connections;
    let connections = if is_replica {
        reading
    } else {
        config.database.connections.saturating_add(reading)
    };
    let mut warnings = facts.warnings(connections);
    if is_replica {
        warnings.retain(|warning| !warning.starts_with("innodb_flush"));
    } else if facts.read_only {
        warnings.push("read_only is on: it takes no writes from ordinary users".to_owned());
    }
    Ok(Some(Found {
        what: facts.version,
        warnings,
    }))
}

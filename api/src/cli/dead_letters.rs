//! `noc dead-letters list`, `noc dead-letters show`.

use super::{Outcome, say};
use crate::config::Config;
use crate::serve::open_dead_letters;
use clap::{Args, Subcommand};
use noc_pipeline::dead_letter::DeadLetter;
use noc_pipeline::record::Record;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The newest ones, a line each: place, time, stage, server, reason.
    List {
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// One of them, with what it held.
    Show {
        /// Its place, as the list shows it: `<partition>:<offset>:<stage>`.
        place: String,
    },
}

pub(super) async fn run(arguments: Arguments, config: &Config) -> Outcome {
    let dead_letters = open_dead_letters(config).await?;
    match arguments.command {
        Command::List { limit } => {
            let letters = dead_letters.list(limit).await?;
            for letter in &letters {
                say(line(letter));
            }
            say(format_args!("{} shown", letters.len()));
            Ok(())
        }
        Command::Show { place } => {
            let letters = dead_letters.list(usize::MAX).await?;
            let letter = letters.iter().find(|letter| place_of(letter) == place);
            let letter = letter.ok_or_else(|| format!("no dead letter {place}"))?;
            say(line(letter));
            say(match Record::decode(&letter.bytes) {
                Ok(record) => format!("{record:#?}"),
                Err(error) => format!("{error}\n{}", hex::encode(&letter.bytes)),
            });
            Ok(())
        }
    }
}

fn place_of(letter: &DeadLetter) -> String {
    format!("{}:{}:{}", letter.partition, letter.offset, letter.stage)
}

fn line(letter: &DeadLetter) -> String {
    let server = letter
        .server
        .map_or_else(|| "-".to_owned(), |server| server.to_string());
    format!(
        "{}  {}  server {server}  {} bytes  {}",
        place_of(letter),
        letter.at,
        letter.bytes.len(),
        letter.reason
    )
}

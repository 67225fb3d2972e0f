//! `noc dead-letters list`, `show`, `replay`.

use super::{Outcome, say};
use crate::config::Config;
use crate::serve::{open_dead_letters, open_log};
use clap::{Args, Subcommand};
use noc_pipeline::clock::{Clock, SystemClock, UnixMs};
use noc_pipeline::dead_letter::{DeadLetter, DeadLetters};
use noc_pipeline::log::PayloadLog;
use noc_pipeline::record::Record;
use std::error::Error;

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
    /// Puts records back at the end of the log, and removes them from here. What came longer ago than a late payload
    /// may fills charts and is not judged; what was stored already changes nothing. With the embedded log the server
    /// must be stopped.
    Replay {
        /// Their places, as the list shows them.
        #[arg(required_unless_present = "all")]
        places: Vec<String>,
        /// All that can be decoded.
        #[arg(long, conflicts_with = "places")]
        all: bool,
    },
}

pub(super) async fn run(arguments: Arguments, config: &Config) -> Outcome {
    if let Command::Replay { places, all } = arguments.command {
        let (log, dead_letters) = open_log(config).await?;
        let wanted = (!all).then_some(places.as_slice());
        let now = SystemClock.now();
        let replayed = replay(log.as_ref(), dead_letters.as_ref(), wanted, now).await?;
        say(format_args!("{replayed} replayed"));
        return Ok(());
    }
    let dead_letters = open_dead_letters(config).await?;
    match arguments.command {
        Command::Replay { .. } => Ok(()),
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

/// Appends the letters of these places, or all that can be decoded, and removes them; how many those were.
///
/// A record that is in the log again and still here, because we died between the two, is replayed once more: readers
/// know repeats.
async fn replay(
    log: &dyn PayloadLog,
    dead_letters: &dyn DeadLetters,
    places: Option<&[String]>,
    now: UnixMs,
) -> Result<usize, Box<dyn Error>> {
    let letters = dead_letters.list(usize::MAX).await?;
    let places_of_all: Vec<String> = letters.iter().map(place_of).collect();
    if let Some(missing) = places
        .into_iter()
        .flatten()
        .find(|place| !places_of_all.contains(place))
    {
        return Err(format!("no dead letter {missing}").into());
    }
    let mut replayed = 0;
    // The oldest first, as they stood in the log.
    for letter in letters.iter().rev() {
        let place = place_of(letter);
        if places.is_some_and(|places| !places.contains(&place)) {
            continue;
        }
        let mut record = match Record::decode(&letter.bytes) {
            Ok(record) => record,
            Err(error) if places.is_none() => {
                say(format_args!("{place} stays: {error}"));
                continue;
            }
            Err(error) => return Err(format!("{place} cannot be replayed: {error}").into()),
        };
        if let Record::Payload(payload) = &mut record {
            // When it was true stays; that it comes this late decides what it may still do.
            payload.received_at = now;
        }
        log.append(vec![(letter.partition, record.encode())])
            .await?;
        dead_letters
            .remove(letter.partition, letter.offset, &letter.stage)
            .await?;
        say(line(letter));
        replayed += 1;
    }
    Ok(replayed)
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

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use noc_pipeline::control::{Control, ServerSettings};
    use noc_pipeline::embedded::{Embedded, EmbeddedOptions};
    use noc_pipeline::id::{Offset, PartitionId, ServerId};
    use noc_pipeline::record::Record;
    use std::time::Duration;

    const NOW: UnixMs = UnixMs(1_778_155_200_000);

    fn letter(offset: u64, bytes: Bytes) -> DeadLetter {
        DeadLetter {
            partition: PartitionId(0),
            offset: Offset(offset),
            stage: "series".into(),
            at: NOW,
            server: Some(ServerId(7)),
            reason: "for the test".into(),
            bytes,
        }
    }

    fn record(tag: &str) -> Record {
        Record::Control {
            at: NOW,
            control: Control::ServerSettings(ServerSettings {
                server: ServerId(7),
                tags: vec![tag.into()],
                active: true,
            }),
        }
    }

    #[tokio::test]
    async fn what_is_replayed_stands_in_the_log_and_not_here() {
        let dir = tempfile::tempdir().unwrap();
        let options = EmbeddedOptions {
            partitions: 1,
            min_free_bytes: 0,
            ..EmbeddedOptions::default()
        };
        let parts = Embedded::open(dir.path(), options).unwrap();
        let (log, letters) = (parts.log.as_ref(), parts.dead_letters.as_ref());
        for (offset, tag) in [(3, "a"), (4, "b"), (5, "c")] {
            let bytes = record(tag).encode().bytes;
            letters.put(letter(offset, bytes)).await.unwrap();
        }
        letters
            .put(letter(6, Bytes::from_static(b"?")))
            .await
            .unwrap();

        let missing = ["0:9:series".to_owned()];
        let refused = replay(log, letters, Some(&missing), NOW).await.unwrap_err();
        assert_eq!(refused.to_string(), "no dead letter 0:9:series");
        let broken = ["0:6:series".to_owned()];
        assert!(replay(log, letters, Some(&broken), NOW).await.is_err());
        let one = ["0:4:series".to_owned()];
        assert_eq!(replay(log, letters, Some(&one), NOW).await.unwrap(), 1);
        assert_eq!(replay(log, letters, None, NOW).await.unwrap(), 2);

        let read = log
            .read(PartitionId(0), Offset(0), 10, Duration::from_secs(5))
            .await
            .unwrap();
        let read: Vec<Record> = read
            .iter()
            .map(|entry| entry.record().unwrap().as_ref().clone())
            .collect();
        assert_eq!(read, ["b", "a", "c"].map(record));
        let left = letters.list(10).await.unwrap();
        assert_eq!(left.iter().map(place_of).collect::<Vec<_>>(), broken);
    }
}

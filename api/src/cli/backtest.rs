//! `noc backtest`: what `POST /api/alert-rules/backtest` does, on the stores of this machine.

use super::{Outcome, say};
use crate::config::Config;
use crate::error::ApiError;
use crate::resources::alert_rules::backtest::{Backtest, BacktestIncident, NewBacktest, prepare};
use crate::serve::{Keys, open_database, open_log, open_series};
use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};
use noc_actors::backtest::Source;
use noc_actors::notify::channel;
use noc_pipeline::clock::{Clock, SystemClock};
use noc_pipeline::control::Severity;
use std::error::Error;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The rule: JSON as for POST /api/alert-rules; name and whom to tell may be missing.
    #[arg(long, value_name = "FILE")]
    rule: PathBuf,
    /// First instant, such as 2026-05-07T00:00:00Z.
    #[arg(long, value_parser = instant)]
    from: DateTime<Utc>,
    /// Last instant, exclusive, at most 31 days later. Default: now.
    #[arg(long, value_parser = instant)]
    to: Option<DateTime<Utc>>,
    /// Id of the rule in force that it would replace: both are tried.
    #[arg(long, value_name = "RULE")]
    compare_with: Option<i64>,
    /// What is printed.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line an incident, and what it comes to.
    Table,
    /// The body that the API answers.
    Json,
}

fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    DateTime::parse_from_rfc3339(text)
        .map(Into::into)
        .map_err(|error| format!("not a time such as 2026-05-07T00:00:00Z: {error}"))
}

pub(super) async fn run(arguments: Arguments, config: &Config) -> Outcome {
    let rule = read(&arguments.rule)?;
    let now = SystemClock.now();
    let body = NewBacktest {
        rule,
        from: arguments.from,
        to: arguments.to.unwrap_or_else(|| now.to_datetime()),
        compare_with: arguments.compare_with,
        server: None,
    };
    let db = open_database(config, &Keys::load(config)?).await?;
    let channels = channel::registry(config.outbound());
    let prepared = prepare(&db, &channels, body, now).await.map_err(spoken)?;
    let answer = match prepared.source() {
        Source::Series { .. } => {
            let series = open_series(config).await?;
            prepared.run(Some(&*series), None).await
        }
        Source::Log => {
            let (log, _) = open_log(config).await?;
            prepared.run(None, Some(&*log)).await
        }
    };
    let answer = answer.map_err(spoken)?;
    match arguments.format {
        Format::Json => say(serde_json::to_string_pretty(&answer)?),
        Format::Table => lines(&answer).iter().for_each(say),
    }
    Ok(())
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Box<dyn Error>> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    serde_json::from_str(&text)
        .map_err(|error| format!("{} is no rule: {error}", path.display()).into())
}

/// An error with the fields that are to blame.
fn spoken(error: ApiError) -> Box<dyn Error> {
    match error {
        ApiError::Invalid(fields) => {
            let all = fields.iter().flat_map(|(field, problems)| {
                problems
                    .iter()
                    .map(move |problem| format!("{field} {problem}"))
            });
            all.collect::<Vec<_>>().join("; ").into()
        }
        other => other.into(),
    }
}

/// What is printed for people.
fn lines(answer: &Backtest) -> Vec<String> {
    let mut lines: Vec<String> = answer.incidents.iter().map(line).collect();
    lines.push(format!(
        "{} incidents on {} of {} servers from {} to {}, {} values judged{}",
        answer.incidents_total,
        answer.servers,
        answer.servers_in_scope,
        answer.from.to_rfc3339(),
        answer.to.to_rfc3339(),
        answer.samples,
        if answer.truncated {
            ", NOT FINISHED"
        } else {
            ""
        },
    ));
    if let (Some(old), Some(difference)) = (&answer.in_force, &answer.difference) {
        lines.push(format!(
            "rule {} in force (version {}): {} incidents; {} in both, {} only new, {} only in force",
            old.rule_id,
            old.version,
            old.incidents_total,
            difference.both,
            difference.only_new,
            difference.only_old,
        ));
    }
    if !answer.learning.is_empty() {
        lines.push(format!(
            "{} subjects were still being learned for a part of the time",
            answer.learning.len()
        ));
    }
    lines.extend(answer.notes.iter().cloned());
    lines
}

fn line(incident: &BacktestIncident) -> String {
    let end = incident
        .resolved_at
        .map_or_else(|| "still open".to_owned(), |at| at.to_rfc3339());
    let told = if incident.would_tell.is_empty() {
        "nobody".to_owned()
    } else {
        incident.would_tell.join(", ")
    };
    format!(
        "{}  {end}  {} s  {}  {}: {}; expected {}  tells {told}",
        incident.opened_at.to_rfc3339(),
        incident.duration_s,
        Severity::from(incident.severity).name(),
        incident.title,
        incident.observed,
        incident.expected,
    )
}

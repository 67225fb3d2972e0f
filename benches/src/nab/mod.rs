//! How well a rule on a baseline finds labelled anomalies: the Numenta Anomaly Benchmark's series, read by path.
//!
//! Each series goes through the very detector and incidents' lifecycle that live values go through, value by value. A
//! detection is an incident that opens; what it goes on for is no further detection.

mod data;
mod score;
#[cfg(test)]
mod tests;

use clap::{Args, ValueEnum};
use data::{Labels, Series};
use noc_actors::detect::{Measured, Rules, registry};
use noc_actors::incident::lifecycle::Change;
use noc_actors::server_actor::evaluate::{Item, Surroundings, What, evaluate};
use noc_actors::state::{ClockMs, ServerState};
use noc_pipeline::control::{Condition, Direction, Rule, Scope};
use noc_pipeline::id::{Offset, ServerId};
use noc_pipeline::payload::{Kind, MetricSpec, metrics_catalogue};
use score::{PROFILES, Profile, Scored};
use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

/// What is read, and with which rule.
#[derive(Debug, Clone, Args)]
pub struct Labelled {
    /// Folder with the series: CSV files with the columns `timestamp,value`.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Labels: JSON, for each file below the folder its windows, `[["<first>", "<last>"], ..]`.
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// Which of the scores.
    #[arg(long, value_enum, default_value_t = Chosen::All)]
    profile: Chosen,
    /// The rule's factor.
    #[arg(long, default_value_t = 1.0)]
    factor: f64,
    /// The rule's standard deviations.
    #[arg(long, default_value_t = 6.0)]
    deviations: f64,
    /// How long it must hold, seconds.
    #[arg(long, default_value_t = 0)]
    for_seconds: u32,
}

/// Which scores are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Chosen {
    /// All three.
    All,
    /// As published.
    Standard,
    /// A false detection costs twice as much.
    RewardLowFp,
    /// A missed window costs twice as much.
    RewardLowFn,
}

impl Chosen {
    fn profiles(self) -> &'static [Profile] {
        match self {
            Self::All => &PROFILES,
            Self::Standard => PROFILES.get(..1).unwrap_or_default(),
            Self::RewardLowFp => PROFILES.get(1..2).unwrap_or_default(),
            Self::RewardLowFn => PROFILES.get(2..).unwrap_or_default(),
        }
    }
}

/// Scores every labelled series, and prints each and all.
pub fn run(arguments: &Labelled) -> Result<(), Box<dyn Error>> {
    let (Some(dir), Some(labels)) = (&arguments.data, &arguments.labels) else {
        return Err("nab needs --data and --labels: see benches/README.md".into());
    };
    let labels = Labels::read(labels)?;
    crate::report::heading("nab: a rule on a baseline against labelled series");
    let profiles = arguments.profile.profiles();
    let mut all = Scored::default();
    println!("{}", header(profiles));
    for (file, windows) in labels.iter() {
        let series = Series::read(&dir.join(file))?;
        let detections = detect(&series, arguments)?;
        let scored = score::score(&series.at, &detections, windows);
        println!("{}", line(file, &scored, profiles));
        all.add(&scored);
    }
    println!("{}", line("all", &all, profiles));
    Ok(())
}

fn header(profiles: &[Profile]) -> String {
    let names = profiles
        .iter()
        .map(|profile| format!("{:>16}", profile.name));
    format!(
        "{:<58} {:>8} {:>8} {:>10} {:>8}{}",
        "series",
        "windows",
        "recall",
        "precision",
        "delay h",
        names.collect::<String>()
    )
}

fn line(name: &str, scored: &Scored, profiles: &[Profile]) -> String {
    let share = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |v| format!("{v:.2}"));
    let scores = profiles.iter().map(|p| {
        let score = scored.normalised(p);
        format!("{:>16}", share(score))
    });
    format!(
        "{name:<58} {:>8} {:>8} {:>10} {:>8}{}",
        scored.windows,
        share(scored.recall()),
        share(scored.precision()),
        share(scored.mean_delay_s().map(|s| s / 3_600.0)),
        scores.collect::<String>()
    )
}

/// Positions at which the rule opened an incident.
pub(crate) fn detect(series: &Series, arguments: &Labelled) -> Result<Vec<usize>, Box<dyn Error>> {
    let metric = metric_of(series.interval()).ok_or("no metric is measured that often")?;
    let mut rules = Rules::default();
    rules.set(Rule {
        id: 1,
        version: 1,
        name: "benchmark".to_owned(),
        enabled: true,
        severity: None,
        scope: Scope::All,
        condition: Condition::Baseline {
            metric: metric.name.to_owned(),
            factor: arguments.factor,
            min_value: f64::MIN,
            for_seconds: arguments.for_seconds,
            direction: Direction::Both,
            deviations: arguments.deviations,
        },
    });
    let fleet = noc_actors::detect::Fleet::default();
    let around = Surroundings {
        server: ServerId(1),
        settings: None,
        rules: &rules,
        fleet: &fleet,
        detectors: registry(),
    };
    let mut state = ServerState::default();
    let first = series.at.first().copied().unwrap_or_default();
    let mut opened = Vec::new();
    for (place, (at, value)) in series.at.iter().zip(&series.values).enumerate() {
        let clock = u64::try_from(at.since(first).as_millis())?;
        let item = Item {
            offset: Offset(0),
            clock: ClockMs(clock),
            at: *at,
            what: What::Measured(Box::new(Measured {
                kind: metric.kind,
                field: metric.field,
                event_at: *at,
                values: vec![("".into(), *value)],
            })),
        };
        let came = evaluate(&mut state, &item, around, &mut |_, _| {});
        let opens = |change: &Change| matches!(change, Change::Open { .. } | Change::Reopen { .. });
        if came.effects.iter().any(|effect| opens(&effect.change)) {
            opened.push(place);
        }
    }
    Ok(opened)
}

/// A metric of the host that is measured about so often, and is no counter: a rule needs one.
fn metric_of(interval: Duration) -> Option<&'static MetricSpec> {
    let often = |spec: &&MetricSpec| spec.kind.interval().is_some_and(|i| i <= interval);
    let of_host = |spec: &&MetricSpec| spec.subject.is_none() && !spec.is_counter();
    let all = metrics_catalogue().iter().filter(of_host);
    let fits = all.filter(often).max_by_key(|spec| spec.kind.interval());
    fits.or_else(|| Kind::Metrics.metrics().first())
}

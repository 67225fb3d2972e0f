//! Scripts: what shall happen, and what is known to have happened.
//!
//! A script is TOML: a list of `[[anomaly]]`, each with `kind`, `at` (from the start), `lasts`, one of `servers`,
//! `count` and `per_100`, and settings of its kind. Servers are drawn by the seed among those that can have it, so that
//! no server has two troubles while others have none. The plan made of it is [`Fault`]s for a fleet and [`Truth`]s for
//! whoever holds verdicts against them; both depend on script, seed, fleet and start alone.

mod choose;
mod entry;
mod hosts;
mod mail;
mod nights;
mod plan;
mod seen;
mod span;
mod truth;
mod verdict;

pub use truth::{Expect, Truth};

use super::fault::Fault;
use super::fleet::Fleet;
use entry::Entry;
use noc_pipeline::clock::UnixMs;
use plan::Planner;

/// Four weeks with something of everything; for 100 servers or more.
const DEFAULT: &str = include_str!("default.toml");
/// Trouble that a visitor sees within minutes; for 25 servers.
const DEMO: &str = include_str!("demo.toml");

/// Why a script cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// Not TOML.
    #[error("the script is not TOML: {0}")]
    Toml(#[from] toml::de::Error),
    /// Something else than a list of anomalies.
    #[error("a script holds [[anomaly]] tables and nothing else")]
    Shape,
    /// One of them is wrong.
    #[error("anomaly {number} of the script: {problem}")]
    Entry {
        /// Counted from 1.
        number: usize,
        /// What is wrong.
        problem: String,
    },
}

/// What shall happen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Script {
    entries: Vec<Entry>,
}

/// When a script is played, and on whom.
#[derive(Debug, Clone, Copy)]
pub struct Stage<'a> {
    /// The fleet, without faults.
    pub fleet: &'a Fleet,
    /// What draws the servers.
    pub seed: u64,
    /// What hosts' names begin with.
    pub prefix: &'a str,
    /// The start of the simulation.
    pub begin: UnixMs,
    /// Its end; what would begin later is left out.
    pub end: Option<UnixMs>,
    /// Times of the script are divided by this.
    pub speed: f64,
}

/// What will happen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// For [`Fleet::with_faults`].
    pub faults: Vec<Fault>,
    /// By their first instant.
    pub truth: Vec<Truth>,
    /// What could not be had, in words.
    pub left_out: Vec<String>,
}

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    /// See [`ScriptError`].
    pub fn parse(text: &str) -> Result<Self, ScriptError> {
        let mut file: toml::Table = text.parse()?;
        let list = match file.remove("anomaly") {
            Some(toml::Value::Array(list)) if file.is_empty() => list,
            None if file.is_empty() => Vec::new(),
            _ => return Err(ScriptError::Shape),
        };
        let mut entries = Vec::with_capacity(list.len());
        for (n, table) in list.into_iter().enumerate() {
            let toml::Value::Table(table) = table else {
                return Err(ScriptError::Shape);
            };
            entries.push(Entry::read(table).map_err(|problem| ScriptError::Entry {
                number: n + 1,
                problem,
            })?);
        }
        Ok(Self { entries })
    }

    /// A script that comes with the program: `default` or `demo`.
    #[must_use]
    pub fn shipped(name: &str) -> Option<Self> {
        let text = match name {
            "default" => DEFAULT,
            "demo" => DEMO,
            _ => return None,
        };
        Self::parse(text).ok()
    }

    /// Draws who has what, and when.
    ///
    /// # Errors
    /// When an entry names a server, service or mount that is not there.
    pub fn plan(&self, stage: Stage<'_>) -> Result<Plan, ScriptError> {
        let mut planner = Planner::new(stage);
        for (n, entry) in self.entries.iter().enumerate() {
            planner.add(entry).map_err(|problem| ScriptError::Entry {
                number: n + 1,
                problem,
            })?;
        }
        Ok(planner.finish())
    }
}

//! Operators' decisions that change actor state. They travel in the log, so that state is a function of the log
//! alone: a replay meets them where they happened.

use crate::id::ServerId;
use crate::payload::Comparator;
use serde::{Deserialize, Serialize};

/// One decision. Rules go to every partition, the rest to the server's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Control {
    /// A server was enrolled, renamed, tagged, enabled or disabled; carries the whole of its settings.
    ServerSettings(ServerSettings),
    /// A server was deleted: forget it.
    ServerRemoved {
        /// Which.
        server: ServerId,
    },
    /// An operator resolved an incident by hand: its key stays quiet until one clear, or 30 min.
    IncidentResolved {
        /// Whose incident.
        server: ServerId,
        /// Key of the detector.
        detector: String,
        /// Its subject.
        subject: String,
    },
    /// An alert rule was created or changed; carries the whole of it.
    RuleSet(Rule),
    /// An alert rule was deleted.
    RuleRemoved {
        /// Which.
        rule_id: i64,
    },
}

/// What an actor needs to know of its server beyond its telemetry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServerSettings {
    /// Which.
    pub server: ServerId,
    /// `key:value` or plain words; rules and groups select by them.
    pub tags: Vec<String>,
    /// False: left out of every detector.
    pub active: bool,
}

/// An alert rule, as far as judging goes; routing is read from the relational store when an incident opens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Id of the row in `alert_rules`.
    pub id: i64,
    /// Grows with each change; stands in verdicts.
    pub version: i64,
    /// Shown in the incident's title.
    pub name: String,
    /// A rule that is not enabled judges nothing and resolves what it opened.
    pub enabled: bool,
    /// `None` keeps the detector's.
    pub severity: Option<Severity>,
    /// Which servers.
    pub scope: Scope,
    /// What to look for.
    pub condition: Condition,
}

/// Which servers a rule is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// All of them.
    All,
    /// Servers that carry at least one of the tags.
    Tags(Vec<String>),
    /// These servers.
    ServerIds(Vec<ServerId>),
}

impl Scope {
    /// Whether a server with these tags is meant.
    #[must_use]
    pub fn covers(&self, server: ServerId, tags: &[String]) -> bool {
        match self {
            Self::All => true,
            Self::Tags(wanted) => wanted.iter().any(|tag| tags.contains(tag)),
            Self::ServerIds(ids) => ids.contains(&server),
        }
    }

    /// Narrower scopes win: ids 2, tags 1, all 0.
    #[must_use]
    pub fn specificity(&self) -> u8 {
        match self {
            Self::All => 0,
            Self::Tags(_) => 1,
            Self::ServerIds(_) => 2,
        }
    }
}

/// What a rule looks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Condition {
    /// A metric beyond a fixed value for some time.
    Threshold {
        /// `<kind>.<field>`, from the metric catalogue.
        metric: String,
        /// How the metric compares with the threshold while in breach.
        comparator: Comparator,
        /// In the metric's unit.
        threshold: f64,
        /// How long it must hold before it counts.
        for_seconds: u32,
        /// Where it counts as over; unset means the threshold itself.
        clear_threshold: Option<f64>,
    },
    /// A metric away from its own rolling baseline.
    Baseline {
        /// `<kind>.<field>`.
        metric: String,
        /// Breach above `factor` times the baseline.
        factor: f64,
        /// Never a breach below this.
        min_value: f64,
        /// How long it must hold.
        for_seconds: u32,
    },
    /// Routing for what a built-in detector opens.
    Detector {
        /// Key of the detector.
        detector: String,
    },
}

/// How bad it is, mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth a line on a page.
    Info,
    /// In the digest.
    Low,
    /// In the digest; paged after 300 s where a policy says so.
    Medium,
    /// Paged after 120 s.
    High,
    /// Paged at once.
    Critical,
}

impl Severity {
    /// All of them, mildest first.
    pub const ALL: [Self; 5] = [
        Self::Info,
        Self::Low,
        Self::Medium,
        Self::High,
        Self::Critical,
    ];

    /// The name on the wire and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// Reads [`Severity::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }
}

impl Control {
    /// Appends this decision as JSON.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        if let Err(error) = serde_json::to_writer(&mut *out, self) {
            // Only non-finite thresholds could do this, and those are refused before a rule is stored.
            tracing::error!(%error, "control record cannot be written as json");
        }
    }

    /// Reads what [`Control::write_json`] wrote.
    ///
    /// # Errors
    /// When it is not one of ours.
    pub fn from_json(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// The server it is about; `None` for decisions that every partition must know.
    #[must_use]
    pub fn server(&self) -> Option<ServerId> {
        match self {
            Self::ServerSettings(settings) => Some(settings.server),
            Self::ServerRemoved { server } | Self::IncidentResolved { server, .. } => Some(*server),
            Self::RuleSet(_) | Self::RuleRemoved { .. } => None,
        }
    }
}

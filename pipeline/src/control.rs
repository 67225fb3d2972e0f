//! Operators' decisions that change actor state. They travel in the log, so that state is a function of the log
//! alone: a replay meets them where they happened.

use crate::clock::UnixMs;
use crate::id::ServerId;
use crate::payload::Comparator;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    /// A word for one detector about one subject of a server.
    Told {
        /// Whose.
        server: ServerId,
        /// Key of the detector.
        detector: String,
        /// Its subject; empty where the word is about the server.
        subject: String,
        /// What it is told.
        word: Word,
    },
    /// What only a look at the whole fleet can tell.
    Fleet(FleetWord),
}

/// What a detector is told by people or by the platform's own checks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "word", rename_all = "snake_case")]
pub enum Word {
    /// The case of this subject is closed: its incident is over, and the next breach is a new case.
    CaseClosed,
    /// It was no abuse. Until `until` the subject may do this much in an hour; carries the whole of the allowance.
    Allowance {
        /// In the detector's unit.
        limit: f64,
        /// When it ends, unless clean use renews it.
        until: UnixMs,
    },
    /// The allowance is taken back.
    AllowanceRevoked,
    /// How it is now is normal: the baseline learns again although the incident is open.
    NewNormal,
    /// What a daily check of the server's addresses at blocklists came to.
    Blocklists {
        /// One an address and list.
        listings: Vec<Listing>,
    },
    /// What a daily check of sending domains came to.
    MailAuth {
        /// One a domain.
        domains: Vec<MailAuth>,
    },
}

impl Word {
    /// Whether the platform's own daily checks say it, and not people.
    #[must_use]
    pub const fn is_a_check(&self) -> bool {
        matches!(self, Self::Blocklists { .. } | Self::MailAuth { .. })
    }
}

/// Whether a blocklist names an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// The address asked for.
    pub address: String,
    /// Zone of the list, such as `zen.spamhaus.org`.
    pub list: String,
    /// Whether being listed there is a matter of policy, such as addresses of end users, and no abuse.
    pub is_policy: bool,
    /// What the list said.
    pub state: ListingState,
    /// The list's own words, or where to ask for removal.
    pub detail: Option<String>,
}

/// What a blocklist said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListingState {
    /// It names the address.
    Listed,
    /// It does not.
    Clean,
    /// It did not answer, or refuses our resolver.
    Unknown,
}

/// How a sending domain is set up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailAuth {
    /// The domain.
    pub domain: String,
    /// Mails it sent in the last 7 days.
    pub sent_7d: u64,
    /// SPF.
    pub spf: AuthState,
    /// DKIM.
    pub dkim: AuthState,
    /// DMARC.
    pub dmarc: AuthState,
}

/// Whether one of the three is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthState {
    /// There and right.
    Fine,
    /// Missing or wrong.
    Broken,
    /// No answer.
    Unknown,
}

/// What only a look at the whole fleet can tell. Each word carries the whole of what it sets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fleet", rename_all = "snake_case")]
pub enum FleetWord {
    /// The median over all subjects of the fleet, for those without a history of their own.
    Prior {
        /// `<kind>.<field>`.
        metric: String,
        /// The median.
        value: f64,
    },
    /// So many of a group are silent that it is one trouble; empty `members`: it is over.
    Silent {
        /// Such as `dc:fra1`, `198.51.100.0/24` or `fleet`.
        group: String,
        /// Those that are silent.
        members: Vec<ServerId>,
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
        /// Breach above `factor` times the baseline, or below a `factor`th of it.
        factor: f64,
        /// Never a breach above the baseline below this, nor one below a baseline of less than this.
        min_value: f64,
        /// How long it must hold.
        for_seconds: u32,
        /// On which side of the baseline.
        #[serde(default)]
        direction: Direction,
        /// So many standard deviations away from the baseline as well; 0 leaves it to the factor alone.
        #[serde(default = "three")]
        deviations: f64,
    },
    /// Routing for what a built-in detector opens, and its numbers where the default ones do not fit.
    Detector {
        /// Key of the detector; `*` for routing all of them.
        detector: String,
        /// Numbers of the detector by their keys; those not named keep their defaults.
        #[serde(default)]
        numbers: BTreeMap<String, f64>,
        /// Whether the detector is to leave these servers alone.
        #[serde(default)]
        off: bool,
    },
}

/// On which side of its baseline a metric is in breach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// More than usual.
    #[default]
    Above,
    /// Less than usual.
    Below,
    /// Either.
    Both,
}

const fn three() -> f64 {
    3.0
}

impl Condition {
    /// Routing alone: the detector keeps its numbers.
    #[must_use]
    pub fn routing(detector: &str) -> Self {
        Self::Detector {
            detector: detector.to_owned(),
            numbers: BTreeMap::new(),
            off: false,
        }
    }
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
            Self::ServerRemoved { server }
            | Self::IncidentResolved { server, .. }
            | Self::Told { server, .. } => Some(*server),
            Self::RuleSet(_) | Self::RuleRemoved { .. } | Self::Fleet(_) => None,
        }
    }
}

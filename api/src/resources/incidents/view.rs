//! Bodies about incidents.

use crate::resources::incidents::chart::IncidentChart;
use crate::resources::incidents::group::IncidentGroup;
use crate::resources::notification_deliveries::Delivery;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How bad it is, mildest first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
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

impl From<noc_pipeline::control::Severity> for Severity {
    fn from(severity: noc_pipeline::control::Severity) -> Self {
        use noc_pipeline::control::Severity as S;
        match severity {
            S::Info => Self::Info,
            S::Low => Self::Low,
            S::Medium => Self::Medium,
            S::High => Self::High,
            S::Critical => Self::Critical,
        }
    }
}

impl From<Severity> for noc_pipeline::control::Severity {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Info => Self::Info,
            Severity::Low => Self::Low,
            Severity::Medium => Self::Medium,
            Severity::High => Self::High,
            Severity::Critical => Self::Critical,
        }
    }
}

/// How an incident stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IncidentStatus {
    /// Nobody has said they are on it.
    Open,
    /// Somebody is on it.
    Acknowledged,
    /// Over.
    Resolved,
}

impl IncidentStatus {
    /// The name on the wire and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Resolved => "resolved",
        }
    }

    /// Reads [`IncidentStatus::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Open, Self::Acknowledged, Self::Resolved]
            .into_iter()
            .find(|status| status.name() == name)
    }
}

/// A person, as shown beside what they did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Person {
    /// Account.
    pub id: i64,
    /// Shown name.
    pub name: String,
}

/// An incident, as a list shows it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Incident {
    /// Id.
    pub id: i64,
    /// Key of the detector that opened it.
    pub detector: String,
    /// Server it is about; null when it is about the fleet, or the server was deleted.
    pub server_id: Option<i64>,
    /// Name of the server when it opened.
    pub server_name: String,
    /// Mount, service ...; empty when the server itself.
    pub subject: String,
    /// How bad.
    pub severity: Severity,
    /// How it stands.
    pub status: IncidentStatus,
    /// One line.
    pub title: String,
    /// What was seen.
    pub observed: Option<String>,
    /// What would be right.
    pub expected: Option<String>,
    /// What a person may paste on the host; the platform never runs it.
    pub command: Option<String>,
    /// Since when.
    pub opened_at: DateTime<Utc>,
    /// Last time it was seen to hold.
    pub last_seen_at: DateTime<Utc>,
    /// How often it was seen.
    pub occurrences: i32,
    /// When somebody took it.
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// Who.
    pub acknowledged_by: Option<Person>,
    /// When it was over.
    pub resolved_at: Option<DateTime<Utc>>,
    /// Who said so; null while it is not over, or when it went away by itself.
    pub resolved_by: Option<Person>,
    /// Rule that opened it, if one did.
    pub rule_id: Option<i64>,
    /// Nobody is told of it until then, unless it gets worse; null when it is not snoozed.
    pub snoozed_until: Option<DateTime<Utc>>,
    /// When who took it was asked whether they are still on it, and has not answered; after 15 min it is open again.
    pub asked_at: Option<DateTime<Utc>>,
    /// What the policy does next; null when nothing follows.
    pub escalation: Option<NextStep>,
    /// How many incidents its group has, itself and those that are over included; 1 where it stands alone.
    pub group_size: u64,
    /// How much of what was told of it arrived.
    pub told: Told,
}

/// Messages about an incident, its recovery apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct Told {
    /// That were meant to arrive: neither called off, held back nor too late.
    pub messages: u64,
    /// That their channels took.
    pub accepted: u64,
}

/// An incident with its story: the body of `incident.opened` and `incident.updated`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct IncidentDetail {
    /// The incident.
    #[serde(flatten)]
    pub incident: Incident,
    /// What to read when it happens, from the rule.
    pub runbook_url: Option<String>,
    /// The series its detector judged; null where it judges none.
    pub chart: Option<IncidentChart>,
    /// What is one trouble with it; null where it is about the fleet itself.
    pub group: Option<IncidentGroup>,
    /// What happened, oldest first.
    pub timeline: Vec<TimelineEntry>,
    /// Who was told what, newest first.
    pub deliveries: Vec<Delivery>,
}

/// One thing that happened to an incident.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TimelineEntry {
    /// Id.
    pub id: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// What: `opened`, `acknowledged`, `note`, `step_fired` ...
    #[serde(rename = "type")]
    pub kind: String,
    /// Who or what did it: `user:1`, `detector:service_down`, `policy:2`, `system`.
    pub actor: String,
    /// Name of the person, when it was one.
    pub actor_name: Option<String>,
    /// Particulars; their fields depend on the type.
    #[schema(value_type = Object)]
    pub detail: serde_json::Value,
}

/// Whether the policy of an incident goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EscalationState {
    /// The next step fires when due.
    Armed,
    /// Held: by the acknowledgement, or for the reason in `held_for`.
    Paused,
}

/// What the policy does next.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NextStep {
    /// Whether it goes on.
    pub state: EscalationState,
    /// Name of the policy when the incident opened; null for a rule that lists channels.
    pub policy_name: Option<String>,
    /// Number of the step, from 1.
    pub step: i64,
    /// How many steps a pass has.
    pub steps: i64,
    /// Number of the pass, from 1.
    pub pass: i64,
    /// Why it stands still: `server_down`, `snoozed`, `maintenance`; null when it does not.
    pub held_for: Option<String>,
    /// When it fires; null while held.
    pub due_at: Option<DateTime<Utc>>,
    /// Channels it uses; empty: all that are switched on.
    pub channels: Vec<String>,
    /// Whom it tells; nobody named: the channels' own recipients.
    pub targets: NextTargets,
}

/// Whom a step tells. Who has a role is found out when it fires.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct NextTargets {
    /// Accounts.
    pub people: Vec<Person>,
    /// Roles; `oncall` is whoever is on duty then.
    pub roles: Vec<String>,
    /// How many addresses of people without an account.
    pub external: u64,
}

/// Which incidents, in which order.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct IncidentQuery {
    /// Part of the title, server name or subject.
    pub q: Option<String>,
    /// Statuses, separated by commas.
    pub status: Option<String>,
    /// Severities, separated by commas.
    pub severity: Option<String>,
    /// Server.
    pub server_id: Option<i64>,
    /// Key of the detector.
    pub detector: Option<String>,
    /// Who took it on: `me`, `nobody`, or the id of an account.
    pub owner: Option<String>,
    /// Not over, and its escalation stands still: for `maintenance`, `snoozed` or `server_down`, separated by commas.
    pub held: Option<String>,
    /// `-opened_at` (the default), `last_seen_at`, `severity` (worst first), or `urgency`: unacknowledged first, the worst of them first; `-` before it turns around.
    pub sort: Option<String>,
    /// Rows on the page, 1 to 200; 50 when absent.
    pub limit: Option<u64>,
    /// Where the page begins.
    pub cursor: Option<String>,
}

/// A note to an incident.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNote {
    /// 1 to 4000 characters.
    pub text: String,
}

/// How much to take on.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Acknowledge {
    /// True: every open incident of its group, and for 30 min who joins it, unless that is worse or the group has doubled.
    pub group: bool,
    /// True: an acknowledged one, from whoever has it; nobody is told and nothing starts again. Not for a whole group.
    pub take_over: bool,
    /// When taking over: the account that had it when the caller looked; null or absent: nobody with an account.
    pub from: Option<i64>,
}

/// How long to tell nobody.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Snooze {
    /// Within the next 7 days; null: tell again from now on.
    #[schema(required)]
    pub until: Option<DateTime<Utc>>,
}

/// Fire the next step now.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Escalate {
    /// When the caller saw the incident: refused where a step fired since.
    pub as_of: DateTime<Utc>,
}

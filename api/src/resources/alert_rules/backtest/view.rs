//! Bodies of a backtest.

use super::Prepared;
use crate::resources::alert_rules::{NewAlertRule, RuleCondition, RuleScope};
use crate::resources::incidents::Severity;
use chrono::{DateTime, Utc};
use noc_actors::backtest::{self, Answer, Drawn, Incident, Source};
use noc_actors::detect;
use noc_actors::incident::routing::Subject;
use noc_actors::incident::tell::Tellers;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Incidents listed of each rule, the first ones.
const MOST_LISTED: usize = 1_000;
/// Subjects listed that were not known for all of the span.
const MOST_LEARNING: usize = 100;

/// What is to be tried.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBacktest {
    /// The rule.
    pub rule: BacktestRule,
    /// First instant.
    pub from: DateTime<Utc>,
    /// Last instant, exclusive; at most 31 days behind the first. Later than now is read as now.
    pub to: DateTime<Utc>,
    /// The rule in force that it would replace: both are tried.
    #[serde(default)]
    pub compare_with: Option<i64>,
    /// Whose measurements are drawn; null: those of the servers with the first incidents.
    #[serde(default)]
    pub server: Option<i64>,
}

/// A rule as for `POST /api/alert-rules`, but name and whom to tell may be missing yet.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BacktestRule {
    /// 1 to 120 characters.
    #[serde(default)]
    pub name: Option<String>,
    /// Is not looked at: it is tried as if it were on.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// Severity of its incidents; null keeps the detector's (rules on metrics: `high`).
    #[serde(default)]
    pub severity: Option<Severity>,
    /// Which servers.
    pub scope: RuleScope,
    /// What to look for.
    pub condition: RuleCondition,
    /// Channels to tell at once.
    #[serde(default)]
    pub channels: Option<Vec<String>>,
    /// Policy that tells.
    #[serde(default)]
    pub escalation_policy_id: Option<i64>,
    /// Is not looked at.
    #[serde(default)]
    pub runbook_url: Option<String>,
}

impl From<BacktestRule> for NewAlertRule {
    fn from(rule: BacktestRule) -> Self {
        Self {
            name: rule.name.unwrap_or_else(|| "New rule".to_owned()),
            enabled: true,
            severity: rule.severity,
            scope: rule.scope,
            condition: rule.condition,
            channels: rule.channels,
            escalation_policy_id: rule.escalation_policy_id,
            runbook_url: rule.runbook_url,
        }
    }
}

/// What the replay read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BacktestSource {
    /// Stored measurements, for rules on metrics.
    Series,
    /// The payload log, for rules on built-in detectors.
    Log,
}

/// What came of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Backtest {
    /// What was read.
    pub source: BacktestSource,
    /// Servers that were replayed to the end; the incidents are theirs.
    pub servers: u64,
    /// Monitored servers that the rules are for.
    pub servers_in_scope: u64,
    /// Values, or payloads, that were judged, those before the span included.
    pub samples: u64,
    /// Since when every server was replayed: later than asked for where the payload log begins later.
    pub from: DateTime<Utc>,
    /// How far it was replayed.
    pub to: DateTime<Utc>,
    /// Not everything was replayed: it would have taken too long.
    pub truncated: bool,
    /// What the rule would have opened or had open, by time, the first 1,000.
    pub incidents: Vec<BacktestIncident>,
    /// How many there are.
    pub incidents_total: u64,
    /// The rule in force in the same replay; null where none was named.
    pub in_force: Option<InForce>,
    /// How the two differ; null where none was named.
    pub difference: Option<Difference>,
    /// Measurements with the rule's limits, 3 at most; none of rules on built-in detectors.
    pub series: Vec<BacktestSeries>,
    /// Subjects that a rule on a baseline could not judge for a part of the span, or all of it; the first 100.
    pub learning: Vec<BacktestLearning>,
    /// What is not covered, for people.
    pub notes: Vec<String>,
}

/// A server by id and name.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BacktestServer {
    /// Id.
    pub id: i64,
    /// Name.
    pub name: String,
}

/// An incident that would have been.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BacktestIncident {
    /// Whose.
    pub server: BacktestServer,
    /// What about within the server: mount, service ...; empty for the server itself.
    pub subject: String,
    /// When it opened.
    pub opened_at: DateTime<Utc>,
    /// When it was over; null: not within the span.
    pub resolved_at: Option<DateTime<Utc>>,
    /// How long it lasted, to the end of the span at most.
    pub duration_s: u64,
    /// The worst.
    pub severity: Severity,
    /// Title.
    pub title: String,
    /// What was seen when it opened.
    pub observed: String,
    /// What would have been fine.
    pub expected: String,
    /// Channels, or steps of a policy, that would have told somebody, had nobody acknowledged it.
    pub would_tell: Vec<String>,
}

/// The rule in force.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InForce {
    /// Which.
    pub rule_id: i64,
    /// As it is now.
    pub version: i64,
    /// What it opened, by time, the first 1,000.
    pub incidents: Vec<BacktestIncident>,
    /// How many there are.
    pub incidents_total: u64,
}

/// How two rules differ. Incidents of the same subject that overlap are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Difference {
    /// Only the rule that is tried.
    pub only_new: u64,
    /// Only the rule in force.
    pub only_old: u64,
    /// Both.
    pub both: u64,
}

/// Measurements of one subject; all lists are as long as `at`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BacktestSeries {
    /// Whose.
    pub server_id: i64,
    /// Mount ...; empty for the server itself.
    pub subject: String,
    /// When, milliseconds since 1970; 2,000 points at most: of more than that the most conspicuous.
    pub at: Vec<i64>,
    /// What was measured; of counters under a rule on a baseline, steps a second.
    pub value: Vec<f64>,
    /// What was usual; null entries while it learned, null for rules with a threshold.
    pub expected: Option<Vec<Option<f64>>>,
    /// In breach above this; null where the rule does not look upwards.
    pub upper: Option<Vec<Option<f64>>>,
    /// In breach below this; null where the rule does not look downwards.
    pub lower: Option<Vec<Option<f64>>>,
    /// The fixed limit; null for rules on baselines.
    pub threshold: Option<f64>,
}

/// A subject that was not known yet when the span began.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BacktestLearning {
    /// Whose.
    pub server: BacktestServer,
    /// Mount ...; empty for the server itself.
    pub subject: String,
    /// Since when it is judged; null: it was not known at the end either.
    pub known_from: Option<DateTime<Utc>>,
}

impl Prepared {
    /// The body for what came of it.
    pub(super) fn view(&self, answer: Answer) -> Backtest {
        let notes = self.notes(&answer);
        let to = answer.reached;
        let total = |all: &[Incident]| u64::try_from(all.len()).unwrap_or(u64::MAX);
        let list = |all: &[Incident], by: &Tellers| -> Vec<BacktestIncident> {
            let first = all.iter().take(MOST_LISTED);
            first.map(|one| self.incident(one, by, to)).collect()
        };
        let mut difference = None;
        let mut in_force = None;
        if let (Some(old), Some((rule_id, version, tellers))) = (&answer.in_force, &self.in_force) {
            let compared = backtest::difference(&answer.incidents, old);
            difference = Some(Difference {
                only_new: compared.only_new,
                only_old: compared.only_old,
                both: compared.both,
            });
            in_force = Some(InForce {
                rule_id: *rule_id,
                version: *version,
                incidents: list(old, tellers),
                incidents_total: total(old),
            });
        }
        let learning = answer.learning.iter().take(MOST_LEARNING);
        let learning = learning.map(|one| BacktestLearning {
            server: self.server(one.server),
            subject: one.subject.clone(),
            known_from: one.known_from.map(UnixMs::to_datetime),
        });
        Backtest {
            source: match self.source {
                Source::Series { .. } => BacktestSource::Series,
                Source::Log => BacktestSource::Log,
            },
            servers: answer.servers,
            servers_in_scope: answer.servers_in_scope,
            samples: answer.samples,
            from: answer.from.to_datetime(),
            to: to.to_datetime(),
            truncated: answer.truncated,
            incidents: list(&answer.incidents, &self.new),
            incidents_total: total(&answer.incidents),
            in_force,
            difference,
            learning: learning.collect(),
            series: answer.drawn.into_iter().map(BacktestSeries::from).collect(),
            notes,
        }
    }

    fn server(&self, id: ServerId) -> BacktestServer {
        let name = self.names.get(&id).map(|(name, _)| name.clone());
        BacktestServer {
            id: i64::from(id.0),
            name: name.unwrap_or_default(),
        }
    }

    fn incident(&self, one: &Incident, by: &Tellers, to: UnixMs) -> BacktestIncident {
        let server = self.server(one.server);
        let tags = self.names.get(&one.server).map(|(_, tags)| tags.as_slice());
        let lasted = one.resolved_at.unwrap_or(to).since(one.opened_at);
        let subject = Subject {
            detector: detect::key_of(one.detector).unwrap_or_default(),
            rule_id: one.rule,
            server: Some(one.server),
            tags: tags.unwrap_or_default(),
        };
        let grade = by.grade(&subject, one.severity, one.hold);
        BacktestIncident {
            title: one.title.of(&server.name),
            server,
            subject: one.subject.clone(),
            opened_at: one.opened_at.to_datetime(),
            resolved_at: one.resolved_at.map(UnixMs::to_datetime),
            duration_s: lasted.as_secs(),
            severity: grade.severity.into(),
            observed: one.observed.clone(),
            expected: one.expected.clone(),
            would_tell: by.would_tell(&subject, grade.severity, grade.hold, lasted),
        }
    }
}

impl From<Drawn> for BacktestSeries {
    fn from(drawn: Drawn) -> Self {
        let points = &drawn.points;
        let column = |get: fn(&backtest::Point) -> Option<f64>| -> Option<Vec<Option<f64>>> {
            let values: Vec<_> = points.iter().map(get).collect();
            values.iter().any(Option::is_some).then_some(values)
        };
        Self {
            server_id: i64::from(drawn.server.0),
            at: points.iter().map(|p| p.at.0).collect(),
            value: points.iter().map(|p| p.value).collect(),
            expected: column(|p| p.expected),
            upper: column(|p| p.upper),
            lower: column(|p| p.lower),
            threshold: drawn.threshold,
            subject: drawn.subject,
        }
    }
}

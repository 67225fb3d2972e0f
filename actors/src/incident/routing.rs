//! Which rule decides how bad an incident is, and who is told of it.
//!
//! Candidates are the enabled rules that cover the server and are about the incident's detector, and the rule that
//! opened it. The most specific scope wins (ids, tags, all), then the lowest id. Without a candidate the default
//! rule decides: it pages critical and high; the rest is for lists and digests. Where the rule that decides names a severity
//! ([`RuleBook::severity`]) the incident has that one, whatever its detector says.

use crate::escalation::{PolicySnapshot, Step, Targets, page_hold};
use noc_pipeline::control::{Condition, Scope, Severity};
use noc_pipeline::id::ServerId;
use noc_storage::relational::StoreError;
use noc_storage::relational::alert_rules::{self, ANY_DETECTOR};
use noc_storage::relational::entity::{alert_rule, escalation_step, incident, server};
use noc_storage::relational::escalation_policies::{self, Policy};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use serde::de::DeserializeOwned;
use std::collections::{BTreeSet, HashMap};

/// A rule as far as routing goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Row of `alert_rules`.
    pub id: i64,
    /// Which servers.
    pub scope: Scope,
    /// What about.
    pub condition: Condition,
}

/// What a rule is matched with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject<'a> {
    /// Key of the detector that found it.
    pub detector: &'a str,
    /// The rule that judged it, where a rule did.
    pub rule_id: Option<i64>,
    /// Whose it is; `None`: the fleet's.
    pub server: Option<ServerId>,
    /// The server's tags.
    pub tags: &'a [String],
}

impl<'a> Subject<'a> {
    /// What an incident is about; `tags` are its server's.
    #[must_use]
    pub fn of(incident: &'a incident::Model, tags: &'a [String]) -> Self {
        let server = incident.server_id.and_then(|id| u32::try_from(id).ok());
        Self {
            detector: &incident.detector,
            rule_id: incident.rule_id,
            server: server.map(ServerId),
            tags,
        }
    }
}

/// The rules in force, as they grade and route what is found.
#[derive(Debug, Clone)]
pub struct RuleBook {
    rules: Vec<alert_rule::Model>,
    /// All that can be read but the default one.
    candidates: Vec<Candidate>,
}

impl RuleBook {
    /// Reads those that are enabled.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn load(conn: &impl ConnectionTrait) -> Result<Self, StoreError> {
        alert_rules::all(conn).await.map(Self::of)
    }

    /// Those of them that are enabled.
    #[must_use]
    pub fn of(mut rules: Vec<alert_rule::Model>) -> Self {
        rules.retain(|rule| rule.enabled);
        let judging = rules.iter().filter(|rule| !rule.is_default);
        Self {
            candidates: judging.filter_map(read).collect(),
            rules,
        }
    }

    /// The rule that decides; where no other does the default one.
    fn decides(&self, subject: &Subject<'_>) -> Option<&alert_rule::Model> {
        match choose(&self.candidates, subject) {
            Some(chosen) => self.rules.iter().find(|rule| rule.id == chosen.id),
            None => self.rules.iter().find(|rule| rule.is_default),
        }
    }

    /// Whether any of them names a severity at all.
    #[must_use]
    pub fn name_severities(&self) -> bool {
        self.rules.iter().any(|rule| rule.severity.is_some())
    }

    /// The severity that the deciding rule gives to what was found, and the rule; `None` keeps the finding's. A rule on a
    /// metric that names one has given it when it judged, and no other rule takes it away.
    #[must_use]
    pub fn severity(&self, subject: &Subject<'_>) -> Option<(Severity, &alert_rule::Model)> {
        let named =
            |rule: &alert_rule::Model| rule.severity.as_deref().and_then(Severity::from_name);
        let judged = self
            .rules
            .iter()
            .find(|rule| Some(rule.id) == subject.rule_id);
        if judged.is_some_and(|rule| named(rule).is_some()) {
            return None;
        }
        let rule = self.decides(subject)?;
        named(rule).map(|severity| (severity, rule))
    }

    /// The rule that routes an incident of this severity; `None` leaves it to lists and digests.
    #[must_use]
    pub fn routes(&self, subject: &Subject<'_>, severity: Severity) -> Option<&alert_rule::Model> {
        let rule = self.decides(subject)?;
        (!rule.is_default || severity >= Severity::High).then_some(rule)
    }
}

/// The rule that routes; `None`: the default rule does.
#[must_use]
pub fn choose<'r>(candidates: &'r [Candidate], subject: &Subject<'_>) -> Option<&'r Candidate> {
    candidates
        .iter()
        .filter(|rule| is_about(rule, subject) && covers(&rule.scope, subject))
        .max_by_key(|rule| (rule.scope.specificity(), std::cmp::Reverse(rule.id)))
}

fn is_about(rule: &Candidate, subject: &Subject<'_>) -> bool {
    let detector = match &rule.condition {
        Condition::Detector { detector, .. } => {
            detector == subject.detector || detector == ANY_DETECTOR
        }
        Condition::Threshold { .. } | Condition::Baseline { .. } => false,
    };
    detector || subject.rule_id == Some(rule.id)
}

fn covers(scope: &Scope, subject: &Subject<'_>) -> bool {
    match subject.server {
        Some(server) => scope.covers(server, subject.tags),
        None => *scope == Scope::All,
    }
}

/// Reads the rules and answers with the policy that an incident escalates by; [`PolicySnapshot::silent`] where its
/// severity pages nobody, or where the default rule leaves it to the digest.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn route(
    conn: &impl ConnectionTrait,
    incident: &incident::Model,
) -> Result<PolicySnapshot, StoreError> {
    let severity = Severity::from_name(&incident.severity).unwrap_or(Severity::Critical);
    let tags = tags_of(conn, incident.server_id).await?;
    let rules = RuleBook::load(conn).await?;
    let rule = rules.routes(&Subject::of(incident, &tags), severity);
    let Some(rule) = rule.filter(|_| page_hold(severity).is_some()) else {
        return Ok(PolicySnapshot::silent(rule.map(|rule| rule.id)));
    };
    if let Some(channels) = rule.channels.as_ref().and_then(decode::<Vec<String>>) {
        return Ok(PolicySnapshot::flat(rule.id, &rule.name, channels));
    }
    let policy = policy_of(conn, rule).await?;
    Ok(policy.unwrap_or_else(|| PolicySnapshot::silent(Some(rule.id))))
}

/// A server's tags.
pub(crate) async fn tags_of(
    conn: &impl ConnectionTrait,
    server_id: Option<i64>,
) -> Result<Vec<String>, StoreError> {
    let Some(id) = server_id else {
        return Ok(Vec::new());
    };
    let row = server::Entity::find_by_id(id)
        .one(conn)
        .await
        .map_err(StoreError::during("read a server's tags"))?;
    Ok(row.and_then(|row| decode(&row.tags)).unwrap_or_default())
}

/// The tags of servers, by id.
pub(crate) async fn tags_of_all(
    conn: &impl ConnectionTrait,
    servers: &BTreeSet<i64>,
) -> Result<HashMap<i64, Vec<String>>, StoreError> {
    let rows: Vec<(i64, serde_json::Value)> = server::Entity::find()
        .select_only()
        .column(server::Column::Id)
        .column(server::Column::Tags)
        .filter(server::Column::Id.is_in(servers.iter().copied()))
        .into_tuple()
        .all(conn)
        .await
        .map_err(StoreError::during("read the tags of servers"))?;
    let read = |(id, tags): (i64, serde_json::Value)| Some((id, decode::<Vec<String>>(&tags)?));
    Ok(rows.into_iter().filter_map(read).collect())
}

/// The rule's policy; the default one where the rule names none that exists.
async fn policy_of(
    conn: &impl ConnectionTrait,
    rule: &alert_rule::Model,
) -> Result<Option<PolicySnapshot>, StoreError> {
    let named = match rule.escalation_policy_id {
        Some(id) => escalation_policies::by_id(conn, id).await?,
        None => None,
    };
    let found = match named {
        Some(found) => Some(found),
        None => escalation_policies::all(conn)
            .await?
            .into_iter()
            .find(|found| found.policy.is_default),
    };
    Ok(found.map(|found| snapshot(&found, rule.id)))
}

/// A policy as an execution keeps it.
pub(super) fn snapshot(found: &Policy, rule: i64) -> PolicySnapshot {
    let Policy { policy, steps } = found;
    PolicySnapshot {
        name: policy.name.clone(),
        policy_id: Some(policy.id),
        rule_id: Some(rule),
        repeat: u32::try_from(policy.repeat).unwrap_or(0),
        repeat_delay_seconds: u32::try_from(policy.repeat_delay_seconds).unwrap_or(0),
        steps: steps.iter().map(step).collect(),
    }
}

fn step(row: &escalation_step::Model) -> Step {
    Step {
        delay_seconds: u32::try_from(row.delay_seconds).unwrap_or(0),
        channels: row.channel_list(),
        targets: decode::<Targets>(&row.targets).unwrap_or_default(),
        only_if_unacknowledged: row.only_if_unacknowledged,
    }
}

/// A rule that does not parse routes nothing; the default rule then does.
pub(super) fn read(row: &alert_rule::Model) -> Option<Candidate> {
    let candidate = decode(&row.scope)
        .zip(decode(&row.condition))
        .map(|(scope, condition)| Candidate {
            id: row.id,
            scope,
            condition,
        });
    if candidate.is_none() {
        tracing::error!(rule.id = row.id, "rule cannot be read, it routes nothing");
    }
    candidate
}

pub(super) fn decode<T: DeserializeOwned>(value: &serde_json::Value) -> Option<T> {
    T::deserialize(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use noc_pipeline::control::Direction;

    fn rule(id: i64, scope: Scope, detector: &str) -> Candidate {
        Candidate {
            id,
            scope,
            condition: Condition::routing(detector),
        }
    }

    fn chosen(rules: &[Candidate], rule_id: Option<i64>) -> Option<i64> {
        let tags = ["web".to_owned()];
        let subject = Subject {
            detector: "server_down",
            rule_id,
            server: Some(ServerId(7)),
            tags: &tags,
        };
        choose(rules, &subject).map(|rule| rule.id)
    }

    #[test]
    fn the_most_specific_scope_wins_then_the_lowest_id() {
        let rules = [
            rule(1, Scope::All, "server_down"),
            rule(2, Scope::All, "*"),
            rule(3, Scope::Tags(vec!["web".into()]), "*"),
            rule(4, Scope::Tags(vec!["web".into()]), "server_down"),
            rule(5, Scope::ServerIds(vec![ServerId(7)]), "disk_bytes"),
            rule(6, Scope::ServerIds(vec![ServerId(8)]), "*"),
        ];
        assert_eq!(chosen(&rules, None), Some(3));
        assert_eq!(chosen(&rules[..2], None), Some(1));
        assert_eq!(chosen(&rules[4..], None), None);
    }

    #[test]
    fn the_rule_that_opened_it_counts_whatever_it_looks_for() {
        let opened = Candidate {
            id: 9,
            scope: Scope::ServerIds(vec![ServerId(7)]),
            condition: Condition::Baseline {
                metric: "metrics.cpu_pct".into(),
                factor: 3.0,
                min_value: 1.0,
                for_seconds: 60,
                direction: Direction::Above,
                deviations: 3.0,
            },
        };
        let rules = [rule(1, Scope::All, "*"), opened];
        assert_eq!(chosen(&rules, Some(9)), Some(9));
        assert_eq!(chosen(&rules, None), Some(1));
    }

    fn row(
        id: i64,
        scope: Scope,
        condition: &Condition,
        severity: Option<&str>,
    ) -> alert_rule::Model {
        alert_rule::Model {
            id,
            name: format!("Rule {id}"),
            enabled: true,
            severity: severity.map(str::to_owned),
            scope: serde_json::json!(scope),
            condition: serde_json::json!(condition),
            channels: Some(serde_json::json!(["email"])),
            escalation_policy_id: None,
            runbook_url: None,
            is_default: false,
            version: 1,
            created_at: chrono::DateTime::UNIX_EPOCH,
            updated_at: chrono::DateTime::UNIX_EPOCH,
        }
    }

    fn severity(
        rules: &[alert_rule::Model],
        detector: &str,
        rule_id: Option<i64>,
    ) -> Option<Severity> {
        let subject = Subject {
            detector,
            rule_id,
            server: Some(ServerId(7)),
            tags: &[],
        };
        let book = RuleBook::of(rules.to_vec());
        book.severity(&subject).map(|(severity, _)| severity)
    }

    #[test]
    fn the_rule_that_routes_gives_the_severity_and_the_default_one_where_no_other_does() {
        let of = |detector: &str| Condition::routing(detector);
        let host = Scope::ServerIds(vec![ServerId(7)]);
        let all = row(1, Scope::All, &of("*"), Some("high"));
        let default = alert_rule::Model {
            is_default: true,
            ..all
        };
        let mild = row(2, Scope::All, &of("disk_bytes"), Some("low"));
        let narrow = row(3, host, &of("disk_bytes"), None);
        let off = alert_rule::Model {
            enabled: false,
            ..row(4, Scope::All, &of("service_down"), Some("critical"))
        };
        let rules = [default, mild, narrow, off];
        assert_eq!(severity(&rules, "service_down", None), Some(Severity::High));
        assert_eq!(severity(&rules[1..], "service_down", None), None);
        assert_eq!(
            severity(&rules[..2], "disk_bytes", None),
            Some(Severity::Low)
        );
        assert_eq!(
            severity(&rules, "disk_bytes", None),
            None,
            "the narrower keeps its own"
        );
    }

    #[test]
    fn a_rule_on_a_metric_gave_its_severity_when_it_judged() {
        let judges = Condition::Baseline {
            metric: "metrics.cpu_pct".into(),
            factor: 3.0,
            min_value: 1.0,
            for_seconds: 60,
            direction: Direction::Above,
            deviations: 3.0,
        };
        let host = Scope::ServerIds(vec![ServerId(7)]);
        let narrow = row(1, host, &Condition::routing("*"), Some("low"));
        let named = row(2, Scope::All, &judges, Some("critical"));
        let unnamed = row(3, Scope::All, &judges, None);
        let rules = [narrow, named, unnamed];
        let of = |rule| severity(&rules, "baseline_rule", Some(rule));
        assert_eq!(of(2), None, "no other rule takes it away");
        assert_eq!(of(3), Some(Severity::Low), "it left it to others");
    }
}

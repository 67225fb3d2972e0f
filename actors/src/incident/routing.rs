//! Which rule decides who is told of an incident.
//!
//! Candidates are the enabled rules that cover the server and are about the incident's detector, and the rule that
//! opened it. The most specific scope wins (ids, tags, all), then the lowest id. Without a candidate the default
//! rule decides: it pages critical and high; the rest is for lists and digests.

use crate::escalation::{PolicySnapshot, Step, Targets, page_hold};
use noc_pipeline::control::{Condition, Scope, Severity};
use noc_pipeline::id::ServerId;
use noc_storage::relational::StoreError;
use noc_storage::relational::alert_rules::ANY_DETECTOR;
use noc_storage::relational::entity::{alert_rule, escalation_step, incident, server};
use noc_storage::relational::escalation_policies::{self, Policy};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
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
    let rules = alert_rule::Entity::find()
        .filter(alert_rule::Column::Enabled.eq(true))
        .order_by_asc(alert_rule::Column::Id)
        .all(conn)
        .await
        .map_err(StoreError::during("read rules to route an incident"))?;
    let tags = tags_of(conn, incident.server_id).await?;
    let candidates: Vec<_> = rules
        .iter()
        .filter(|r| !r.is_default)
        .filter_map(read)
        .collect();
    let chosen = choose(
        &candidates,
        &Subject {
            detector: &incident.detector,
            rule_id: incident.rule_id,
            server: incident
                .server_id
                .and_then(|id| u32::try_from(id).ok())
                .map(ServerId),
            tags: &tags,
        },
    );
    let rule = match chosen {
        Some(chosen) => rules.iter().find(|rule| rule.id == chosen.id),
        None => rules
            .iter()
            .find(|rule| rule.is_default)
            .filter(|_| severity >= Severity::High),
    };
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
}

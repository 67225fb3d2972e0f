//! Whom a rule would tell, if it were in force: for backtests. The same choice as [`super::routing`] makes, on rules that
//! are read once.

use super::grade::Grade;
use super::routing::{RuleBook, Subject, decode, snapshot};
use crate::escalation::{PolicySnapshot, Step, page_hold};
use noc_pipeline::control::Severity;
use noc_storage::relational::entity::alert_rule;
use noc_storage::relational::escalation_policies::{self, Policy};
use noc_storage::relational::{StoreError, alert_rules};
use sea_orm::ConnectionTrait;
use std::time::Duration;

/// Rules and policies, with one rule in place of another.
#[derive(Debug, Clone)]
pub struct Tellers {
    rules: RuleBook,
    policies: Vec<Policy>,
}

impl Tellers {
    /// Reads the rules in force; `draft` takes the place of the one with its id, or stands beside them.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn load(
        conn: &impl ConnectionTrait,
        draft: Option<alert_rule::Model>,
    ) -> Result<Self, StoreError> {
        let mut rules = alert_rules::all(conn).await?;
        if let Some(draft) = draft {
            rules.retain(|rule| rule.id != draft.id);
            rules.push(draft);
        }
        Ok(Self {
            policies: escalation_policies::all(conn).await?,
            rules: RuleBook::of(rules),
        })
    }

    /// How bad an incident would have been that was found at `severity` and shown for `hold` before a page.
    #[must_use]
    pub fn grade(&self, subject: &Subject<'_>, severity: Severity, hold: Duration) -> Grade {
        Grade::by(&self.rules, subject, severity, hold)
    }

    /// Who would have been told of an incident of this severity that lasted so long and that nobody acknowledged: channels,
    /// or the steps of a policy that would have fired in the first pass.
    #[must_use]
    pub fn would_tell(
        &self,
        subject: &Subject<'_>,
        severity: Severity,
        hold: Duration,
        lasted: Duration,
    ) -> Vec<String> {
        let rule = self.rules.routes(subject, severity);
        let Some(rule) = rule.filter(|_| page_hold(severity).is_some()) else {
            return Vec::new();
        };
        if let Some(channels) = rule.channels.as_ref().and_then(decode::<Vec<String>>) {
            return if lasted >= hold { channels } else { Vec::new() };
        }
        let named = |policy: &&Policy| Some(policy.policy.id) == rule.escalation_policy_id;
        let policy = self.policies.iter().find(named);
        let policy = policy.or_else(|| self.policies.iter().find(|p| p.policy.is_default));
        policy.map_or_else(Vec::new, |policy| {
            steps_within(&snapshot(policy, rule.id), hold, lasted)
        })
    }
}

/// The steps of the first pass that an incident would have lasted for.
fn steps_within(policy: &PolicySnapshot, hold: Duration, lasted: Duration) -> Vec<String> {
    let mut due = hold;
    let mut fired = Vec::new();
    for (place, step) in policy.steps.iter().enumerate() {
        due += Duration::from_secs(u64::from(step.delay_seconds));
        if due > lasted {
            break;
        }
        let number = place + 1;
        fired.push(format!(
            "policy: {} (step {number}: {})",
            policy.name,
            whom(step)
        ));
    }
    fired
}

fn whom(step: &Step) -> String {
    let channels = if step.channels.is_empty() {
        "every channel".to_owned()
    } else {
        step.channels.join(", ")
    };
    let targets = &step.targets;
    let mut to: Vec<String> = targets.roles.iter().map(|r| format!("role {r}")).collect();
    let users = targets.users.len();
    match users {
        0 => {}
        1 => to.push("1 user".to_owned()),
        _ => to.push(format!("{users} users")),
    }
    to.extend(targets.external.iter().cloned());
    if to.is_empty() {
        channels
    } else {
        format!("{channels} to {}", to.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::escalation::Targets;
    use noc_pipeline::control::{Condition, Scope};
    use noc_pipeline::id::ServerId;
    use serde_json::json;

    fn rule(id: i64, channels: Option<&[&str]>, default: bool) -> alert_rule::Model {
        alert_rule::Model {
            id,
            name: format!("Rule {id}"),
            enabled: true,
            severity: None,
            scope: json!(Scope::All),
            condition: json!(Condition::routing("disk_bytes")),
            channels: channels.map(|c| json!(c)),
            escalation_policy_id: None,
            runbook_url: None,
            is_default: default,
            version: 1,
            created_at: chrono::DateTime::UNIX_EPOCH,
            updated_at: chrono::DateTime::UNIX_EPOCH,
        }
    }

    fn tellers(rules: Vec<alert_rule::Model>) -> Tellers {
        Tellers {
            policies: Vec::new(),
            rules: RuleBook::of(rules),
        }
    }

    fn told(by: &Tellers, detector: &str, severity: Severity, lasted_s: u64) -> Vec<String> {
        let subject = Subject {
            detector,
            rule_id: None,
            server: Some(ServerId(1)),
            tags: &[],
        };
        let hold = page_hold(severity).unwrap_or_default();
        by.would_tell(&subject, severity, hold, Duration::from_secs(lasted_s))
    }

    #[test]
    fn what_ends_within_its_hold_or_is_mild_tells_nobody() {
        let by = tellers(vec![
            rule(1, Some(&["email"]), false),
            rule(2, Some(&["sms"]), true),
        ]);
        assert_eq!(told(&by, "disk_bytes", Severity::High, 120), ["email"]);
        assert!(told(&by, "disk_bytes", Severity::High, 119).is_empty());
        assert!(told(&by, "disk_bytes", Severity::Low, 9_999).is_empty());
        assert_eq!(told(&by, "server_down", Severity::Critical, 0), ["sms"]);
        assert!(told(&by, "server_down", Severity::Medium, 9_999).is_empty());
    }

    #[test]
    fn steps_that_would_have_fired_are_named_with_whom_they_tell() {
        let step = |delay_seconds, channels: &[&str], targets| Step {
            delay_seconds,
            channels: channels.iter().map(|c| (*c).to_owned()).collect(),
            targets,
            only_if_unacknowledged: true,
        };
        let admins = Targets {
            roles: vec!["admin".to_owned()],
            users: vec![1, 2],
            ..Targets::default()
        };
        let policy = PolicySnapshot {
            name: "On call".to_owned(),
            steps: vec![
                step(0, &["email", "sms"], Targets::default()),
                step(900, &[], admins),
                step(900, &[], Targets::default()),
            ],
            ..PolicySnapshot::silent(None)
        };
        let hold = Duration::from_secs(120);
        assert_eq!(
            steps_within(&policy, hold, Duration::from_secs(1_020)),
            [
                "policy: On call (step 1: email, sms)",
                "policy: On call (step 2: every channel to role admin, 2 users)",
            ]
        );
        assert!(steps_within(&policy, hold, Duration::from_secs(60)).is_empty());
    }
}

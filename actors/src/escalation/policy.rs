//! What a policy says, as data: read once when an incident is routed and kept with its execution, so that editing
//! or deleting the policy does not disturb what is under way.

use noc_pipeline::control::Severity;
use noc_storage::relational::escalation_policies::PolicyDraft;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Pause between two passes over the steps where the policy names none, and between two calls to the admins once
/// all passes are done.
pub const REPEAT_DELAY: Duration = Duration::from_secs(900);

/// Role that every last resort goes to.
pub const ADMIN_ROLE: &str = "admin";

/// Role that means "on duty now". The account role of that name only grants permissions.
pub const ON_CALL_ROLE: &str = "oncall";

/// A policy as it was when the incident was routed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicySnapshot {
    /// Shown in the timeline.
    pub name: String,
    /// The row it came from; `None` for a rule's flat channel list, and for what pages nobody.
    pub policy_id: Option<i64>,
    /// The rule that routed here; `None` where no rule did.
    pub rule_id: Option<i64>,
    /// Passes after the first one.
    pub repeat: u32,
    /// From the last step of a pass to the start of the next, in seconds.
    pub repeat_delay_seconds: u32,
    /// In order. Empty: nobody is paged.
    pub steps: Vec<Step>,
}

/// One step: who is told, where, and how long after the step before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// After the step before has fired; for the first, after the page hold.
    pub delay_seconds: u32,
    /// Keys of channels; empty means every channel that is switched on.
    pub channels: Vec<String>,
    /// Whom; empty means the channels' own recipients alone.
    #[serde(default)]
    pub targets: Targets,
    /// True: not while the incident is acknowledged.
    #[serde(default = "yes")]
    pub only_if_unacknowledged: bool,
}

/// Whom a step is for. Roles are resolved when the step fires.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Targets {
    /// Accounts.
    pub users: Vec<i64>,
    /// Everybody who has one of these roles.
    pub roles: Vec<String>,
    /// Addresses of people without an account: an `@` makes it e-mail, else it is a telephone number.
    pub external: Vec<String>,
}

impl Targets {
    /// Whether the step is for its channels' own recipients alone.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.users.is_empty() && self.roles.is_empty() && self.external.is_empty()
    }
}

impl PolicySnapshot {
    /// Tells nobody: severities that only appear in lists and digests.
    #[must_use]
    pub fn silent(rule_id: Option<i64>) -> Self {
        Self {
            name: "none".to_owned(),
            policy_id: None,
            rule_id,
            repeat: 0,
            repeat_delay_seconds: 0,
            steps: Vec::new(),
        }
    }

    /// A rule's flat channel list: one step, the channels' own recipients and whoever asked to be told that way.
    #[must_use]
    pub fn flat(rule_id: i64, rule_name: &str, channels: Vec<String>) -> Self {
        Self {
            name: format!("channels of rule {rule_name}"),
            policy_id: None,
            rule_id: Some(rule_id),
            repeat: 0,
            repeat_delay_seconds: 0,
            steps: vec![Step {
                delay_seconds: 0,
                channels,
                targets: Targets::default(),
                only_if_unacknowledged: true,
            }],
        }
    }

    /// Whether it is a rule's flat channel list.
    #[must_use]
    pub const fn is_flat(&self) -> bool {
        self.policy_id.is_none() && self.rule_id.is_some()
    }

    /// A policy that is in force for nothing: to try out. Negative numbers count as 0.
    #[must_use]
    pub fn draft(draft: &PolicyDraft) -> Self {
        let seconds = |seconds: i32| u32::try_from(seconds).unwrap_or(0);
        let steps = draft.steps.iter().map(|step| Step {
            delay_seconds: seconds(step.delay_seconds),
            channels: step.channels.clone(),
            targets: Targets {
                users: step.targets.users.clone(),
                roles: step.targets.roles.clone(),
                external: step.targets.external.clone(),
            },
            only_if_unacknowledged: step.only_if_unacknowledged,
        });
        Self {
            name: draft.name.clone(),
            policy_id: None,
            rule_id: None,
            repeat: seconds(draft.repeat),
            repeat_delay_seconds: seconds(draft.repeat_delay_seconds),
            steps: steps.collect(),
        }
    }

    /// The call to every admin that repeats once all passes are done.
    #[must_use]
    pub fn last_resort() -> Step {
        Step {
            delay_seconds: 0,
            channels: Vec::new(),
            targets: Targets {
                roles: vec![ADMIN_ROLE.to_owned()],
                ..Targets::default()
            },
            only_if_unacknowledged: true,
        }
    }
}

/// How long an incident must last before its first message; `None`: this severity pages nobody.
///
/// What resolves in between has told nobody, and so needs no recovery either.
#[must_use]
pub const fn page_hold(severity: Severity) -> Option<Duration> {
    match severity {
        Severity::Critical => Some(Duration::ZERO),
        Severity::High => Some(Duration::from_secs(120)),
        Severity::Medium => Some(Duration::from_secs(300)),
        Severity::Low | Severity::Info => None,
    }
}

const fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_reads_with_the_defaults_of_the_wire() {
        let step: Step =
            serde_json::from_str(r#"{"delay_seconds":5,"channels":["email"]}"#).unwrap();
        assert!(step.only_if_unacknowledged);
        assert!(step.targets.is_empty());
    }

    #[test]
    fn the_worse_it_is_the_sooner_it_pages() {
        let seconds = Severity::ALL.map(|s| page_hold(s).map(|d| d.as_secs()));
        assert_eq!(seconds, [None, None, Some(300), Some(120), Some(0)]);
    }
}

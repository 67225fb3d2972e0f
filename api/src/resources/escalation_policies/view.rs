//! Bodies about escalation policies.

use crate::auth::permission::Role;
use chrono::{DateTime, Utc};
use noc_pipeline::mask;
use noc_storage::relational::StoreError;
use noc_storage::relational::escalation_policies::{Policy, StepDraft, StepTargets};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whom a step tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Targets {
    /// Accounts.
    pub users: Vec<i64>,
    /// Roles; `oncall` means who is on duty when the step fires.
    pub roles: Vec<Role>,
    /// Mail addresses and phone numbers of nobody with an account; read by viewers, they are masked.
    pub external: Vec<String>,
}

/// A step, as read.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EscalationStep {
    /// Seconds after the previous step fired.
    pub delay_seconds: i32,
    /// Seconds after the incident's first message: the sum of the delays so far.
    pub at_seconds: i64,
    /// Channels it uses; none means every channel that is switched on.
    pub channels: Vec<String>,
    /// Whom it tells. Without any target, the channels' own recipients.
    pub targets: Targets,
    /// False: fires even when somebody has acknowledged.
    pub only_if_unacknowledged: bool,
}

/// A step, as written.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEscalationStep {
    /// Seconds after the previous step fired, 0 to 604800.
    pub delay_seconds: i32,
    /// Channels it uses; none means every channel that is switched on.
    pub channels: Vec<String>,
    /// Whom it tells.
    #[serde(default)]
    pub targets: Targets,
    /// True when absent.
    #[serde(default = "yes")]
    pub only_if_unacknowledged: bool,
}

const fn yes() -> bool {
    true
}

/// Whom to tell, in which order, until somebody acknowledges.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EscalationPolicy {
    /// Id.
    pub id: i64,
    /// Unique name.
    pub name: String,
    /// How many further passes follow the first.
    pub repeat: i32,
    /// Seconds between the last step and the next pass.
    pub repeat_delay_seconds: i32,
    /// The policy of the default rule on a fresh install.
    pub is_default: bool,
    /// Rules that use it; a policy in use cannot be deleted.
    pub used_by_rules: u64,
    /// Its steps in order.
    pub steps: Vec<EscalationStep>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// A new policy.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEscalationPolicy {
    /// Unique, 1 to 120 characters.
    pub name: String,
    /// Further passes after the first, 0 to 100; 3 when absent.
    #[serde(default)]
    pub repeat: Option<i32>,
    /// Seconds between the last step and the next pass, 60 to 604800; 900 when absent.
    #[serde(default)]
    pub repeat_delay_seconds: Option<i32>,
    /// 1 to 20 steps.
    pub steps: Vec<NewEscalationStep>,
}

/// Changes of a policy; what is absent stays. `steps` replaces all of them. Incidents under way keep what they began with.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EscalationPolicyPatch {
    /// Unique, 1 to 120 characters.
    pub name: Option<String>,
    /// Further passes after the first, 0 to 100.
    pub repeat: Option<i32>,
    /// Seconds between the last step and the next pass, 60 to 604800.
    pub repeat_delay_seconds: Option<i32>,
    /// 1 to 20 steps.
    pub steps: Option<Vec<NewEscalationStep>>,
}

impl EscalationPolicy {
    /// Of stored rows, with the number of rules that route to it.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if a column does not hold what was written there.
    pub fn new(stored: Policy, used_by_rules: u64) -> Result<Self, StoreError> {
        let mut at_seconds = 0_i64;
        let mut steps = Vec::with_capacity(stored.steps.len());
        for step in stored.steps {
            at_seconds = at_seconds.saturating_add(i64::from(step.delay_seconds));
            steps.push(EscalationStep {
                delay_seconds: step.delay_seconds,
                at_seconds,
                channels: step.channel_list(),
                targets: step.target_list()?.into(),
                only_if_unacknowledged: step.only_if_unacknowledged,
            });
        }
        let policy = stored.policy;
        Ok(Self {
            id: policy.id,
            name: policy.name,
            repeat: policy.repeat,
            repeat_delay_seconds: policy.repeat_delay_seconds,
            is_default: policy.is_default,
            used_by_rules,
            steps,
            created_at: policy.created_at,
            updated_at: policy.updated_at,
        })
    }
}

impl EscalationPolicy {
    /// As those see it who may not see whole addresses.
    #[must_use]
    pub fn masked(mut self) -> Self {
        let targets = self.steps.iter_mut().map(|step| &mut step.targets);
        for address in targets.flat_map(|targets| &mut targets.external) {
            *address = contact(address);
        }
        self
    }
}

/// A mail address keeps its first sign and its domain, a telephone number its last two digits.
fn contact(address: &str) -> String {
    if address.contains('@') {
        return mask::addresses(address);
    }
    let end = address.char_indices().rev().nth(1);
    let end = end.and_then(|(at, _)| address.get(at..));
    format!("***{}", end.unwrap_or_default())
}

impl From<StepTargets> for Targets {
    fn from(targets: StepTargets) -> Self {
        Self {
            users: targets.users,
            roles: targets
                .roles
                .iter()
                .filter_map(|role| Role::from_name(role))
                .collect(),
            external: targets.external,
        }
    }
}

impl From<NewEscalationStep> for StepDraft {
    fn from(step: NewEscalationStep) -> Self {
        Self {
            delay_seconds: step.delay_seconds,
            channels: step.channels,
            targets: StepTargets {
                users: step.targets.users,
                roles: step
                    .targets
                    .roles
                    .iter()
                    .map(|role| role.name().to_owned())
                    .collect(),
                external: step.targets.external,
            },
            only_if_unacknowledged: step.only_if_unacknowledged,
        }
    }
}

impl From<EscalationStep> for NewEscalationStep {
    fn from(step: EscalationStep) -> Self {
        Self {
            delay_seconds: step.delay_seconds,
            channels: step.channels,
            targets: step.targets,
            only_if_unacknowledged: step.only_if_unacknowledged,
        }
    }
}

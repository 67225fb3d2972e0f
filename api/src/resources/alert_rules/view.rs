//! Bodies about alert rules.

use crate::http::{Nullable, present};
use crate::resources::incidents::Severity;
use chrono::{DateTime, Utc};
use noc_pipeline::control::{self, Condition, Scope};
use noc_pipeline::id::ServerId;
use noc_pipeline::payload;
use noc_storage::relational::StoreError;
use noc_storage::relational::entity::alert_rule;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

/// Which servers a rule is for: `{"all": true}`, `{"tags": [..]}` or `{"server_ids": [..]}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleScope {
    /// All of them; only `true` is accepted.
    All(bool),
    /// Servers that carry at least one of the tags.
    Tags(Vec<String>),
    /// These servers.
    ServerIds(Vec<i64>),
}

/// How a metric compares with a threshold while in breach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum Comparator {
    /// Above.
    #[serde(rename = ">")]
    Above,
    /// At or above.
    #[serde(rename = ">=")]
    AtLeast,
    /// Below.
    #[serde(rename = "<")]
    Below,
    /// At or below.
    #[serde(rename = "<=")]
    AtMost,
}

/// On which side of its baseline a metric is in breach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
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

/// What a rule looks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum RuleCondition {
    /// A metric beyond a fixed value for some time.
    Threshold {
        /// `<kind>.<field>`, from `GET /api/detectors`.
        metric: String,
        /// How the metric compares with the threshold while in breach.
        comparator: Comparator,
        /// In the metric's unit.
        threshold: f64,
        /// Seconds it must hold before it counts, 0 to 86400.
        for_seconds: u32,
        /// Where it counts as over; absent means the threshold itself.
        #[serde(default)]
        clear_threshold: Option<f64>,
    },
    /// A metric away from its own rolling baseline: what is usual at that hour of the day.
    Baseline {
        /// `<kind>.<field>`; of counters, what they grow by a second is judged.
        metric: String,
        /// Breach above so many times the baseline, or below such a part of it, 1 to 1000.
        factor: f64,
        /// Never a breach above the baseline that is below this, nor one below a baseline of less than this. In the
        /// metric's unit, 0 or more.
        min_value: f64,
        /// Seconds it must hold, 0 to 86400.
        for_seconds: u32,
        /// On which side of the baseline.
        #[serde(default)]
        direction: Direction,
        /// So many standard deviations away as well, 0 to 100; 0 leaves it to the factor, which must then be over 1.
        #[serde(default = "three")]
        deviations: f64,
    },
    /// Routing for what a built-in detector opens, and its numbers where the default ones do not fit.
    Detector {
        /// Key of the detector, from `GET /api/detectors`; `*` for all of them.
        detector: String,
        /// Numbers of the detector by their keys, within the bounds that `GET /api/detectors` gives; those not named keep
        /// their defaults, or what a rule for more servers sets.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        numbers: BTreeMap<String, f64>,
        /// True: the detector leaves these servers alone, and what it opened of them is over.
        #[serde(default, skip_serializing_if = "is_false")]
        off: bool,
    },
}

/// An alert rule: what to look for, and whom to tell.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AlertRule {
    /// Id.
    pub id: i64,
    /// Shown in the incident's title.
    pub name: String,
    /// Off: judges nothing.
    pub enabled: bool,
    /// Severity of its incidents; null keeps the detector's.
    pub severity: Option<Severity>,
    /// Which servers.
    pub scope: RuleScope,
    /// What to look for.
    pub condition: RuleCondition,
    /// Channels it tells at once; null when a policy does.
    pub channels: Option<Vec<String>>,
    /// Policy that tells; null when channels do.
    pub escalation_policy_id: Option<i64>,
    /// Its name.
    pub escalation_policy_name: Option<String>,
    /// What to read when it happens.
    pub runbook_url: Option<String>,
    /// The rule for everything that no other rule routes; it cannot be deleted.
    pub is_default: bool,
    /// Grows with each change; a PATCH may name the one it was made for.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// A new rule. Either `channels` or `escalation_policy_id`, not both, not neither.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAlertRule {
    /// 1 to 120 characters.
    pub name: String,
    /// On when absent.
    #[serde(default = "yes")]
    pub enabled: bool,
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
    /// `https://` or `http://`, what to read when it happens.
    #[serde(default)]
    pub runbook_url: Option<String>,
}

const fn yes() -> bool {
    true
}

/// Changes of a rule; what is absent stays, null clears. Naming `channels` drops the policy and the other way round.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AlertRulePatch {
    /// 1 to 120 characters.
    pub name: Option<String>,
    /// On or off.
    pub enabled: Option<bool>,
    /// Severity of its incidents; null keeps the detector's.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<Severity>)]
    pub severity: Nullable<Severity>,
    /// Which servers.
    pub scope: Option<RuleScope>,
    /// What to look for.
    pub condition: Option<RuleCondition>,
    /// Channels to tell at once.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<Vec<String>>)]
    pub channels: Nullable<Vec<String>>,
    /// Policy that tells.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<i64>)]
    pub escalation_policy_id: Nullable<i64>,
    /// What to read when it happens.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub runbook_url: Nullable<String>,
    /// The version this change was made for; another one in force is `409 stale_version`.
    pub version: Option<i64>,
}

impl AlertRule {
    /// Of a row, with the name of its policy.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if a column does not hold what was written there.
    pub fn new(row: alert_rule::Model, policy_name: Option<String>) -> Result<Self, StoreError> {
        let rule = row.as_control()?;
        Ok(Self {
            id: row.id,
            enabled: row.enabled,
            severity: rule.severity.map(Severity::from),
            scope: rule.scope.into(),
            condition: rule.condition.into(),
            channels: row
                .channels
                .and_then(|channels| serde_json::from_value(channels).ok()),
            escalation_policy_id: row.escalation_policy_id,
            escalation_policy_name: policy_name,
            name: row.name,
            runbook_url: row.runbook_url,
            is_default: row.is_default,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl From<Scope> for RuleScope {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::All => Self::All(true),
            Scope::Tags(tags) => Self::Tags(tags),
            Scope::ServerIds(ids) => {
                Self::ServerIds(ids.into_iter().map(|id| i64::from(id.0)).collect())
            }
        }
    }
}

impl From<RuleScope> for Scope {
    /// Ids that no server can have are dropped: they were refused before.
    fn from(scope: RuleScope) -> Self {
        match scope {
            RuleScope::All(_) => Self::All,
            RuleScope::Tags(tags) => Self::Tags(tags),
            RuleScope::ServerIds(ids) => Self::ServerIds(
                ids.into_iter()
                    .filter_map(|id| u32::try_from(id).ok())
                    .map(ServerId)
                    .collect(),
            ),
        }
    }
}

impl From<Condition> for RuleCondition {
    fn from(condition: Condition) -> Self {
        match condition {
            Condition::Threshold {
                metric,
                comparator,
                threshold,
                for_seconds,
                clear_threshold,
            } => Self::Threshold {
                metric,
                comparator: comparator.into(),
                threshold,
                for_seconds,
                clear_threshold,
            },
            Condition::Baseline {
                metric,
                factor,
                min_value,
                for_seconds,
                direction,
                deviations,
            } => Self::Baseline {
                metric,
                factor,
                min_value,
                for_seconds,
                direction: direction.into(),
                deviations,
            },
            Condition::Detector {
                detector,
                numbers,
                off,
            } => Self::Detector {
                detector,
                numbers,
                off,
            },
        }
    }
}

impl From<RuleCondition> for Condition {
    fn from(condition: RuleCondition) -> Self {
        match condition {
            RuleCondition::Threshold {
                metric,
                comparator,
                threshold,
                for_seconds,
                clear_threshold,
            } => Self::Threshold {
                metric,
                comparator: comparator.into(),
                threshold,
                for_seconds,
                clear_threshold,
            },
            RuleCondition::Baseline {
                metric,
                factor,
                min_value,
                for_seconds,
                direction,
                deviations,
            } => Self::Baseline {
                metric,
                factor,
                min_value,
                for_seconds,
                direction: direction.into(),
                deviations,
            },
            RuleCondition::Detector {
                detector,
                numbers,
                off,
            } => Self::Detector {
                detector,
                numbers,
                off,
            },
        }
    }
}

impl From<control::Direction> for Direction {
    fn from(direction: control::Direction) -> Self {
        match direction {
            control::Direction::Above => Self::Above,
            control::Direction::Below => Self::Below,
            control::Direction::Both => Self::Both,
        }
    }
}

impl From<Direction> for control::Direction {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Above => Self::Above,
            Direction::Below => Self::Below,
            Direction::Both => Self::Both,
        }
    }
}

impl From<payload::Comparator> for Comparator {
    fn from(comparator: payload::Comparator) -> Self {
        match comparator {
            payload::Comparator::Above => Self::Above,
            payload::Comparator::AtLeast => Self::AtLeast,
            payload::Comparator::Below => Self::Below,
            payload::Comparator::AtMost => Self::AtMost,
        }
    }
}

impl From<Comparator> for payload::Comparator {
    fn from(comparator: Comparator) -> Self {
        match comparator {
            Comparator::Above => Self::Above,
            Comparator::AtLeast => Self::AtLeast,
            Comparator::Below => Self::Below,
            Comparator::AtMost => Self::AtMost,
        }
    }
}

//! Escalation policies with their steps, and what a fresh install begins with.

use super::alert_rules::{self, ANY_DETECTOR, Route, RuleDraft};
use super::entity::{alert_rule, escalation_policy, escalation_step};
use super::{StoreError, key_text};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::{Condition, Scope};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction,
    EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The whole of a policy, as people write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyDraft {
    /// Unique.
    pub name: String,
    /// Further passes after the first.
    pub repeat: i32,
    /// From the last step of a pass to the first of the next.
    pub repeat_delay_seconds: i32,
    /// At least one.
    pub steps: Vec<StepDraft>,
}

/// One step of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepDraft {
    /// After the previous step fired.
    pub delay_seconds: i32,
    /// Channel keys; empty means every enabled channel.
    pub channels: Vec<String>,
    /// Whom.
    pub targets: StepTargets,
    /// Held back while acknowledged.
    pub only_if_unacknowledged: bool,
}

/// Whom a step tells, as stored in `escalation_steps.targets`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StepTargets {
    /// User ids.
    pub users: Vec<i64>,
    /// Role names, resolved when the step fires; `oncall` means on duty then.
    pub roles: Vec<String>,
    /// Addresses of people without an account.
    pub external: Vec<String>,
}

/// A stored policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Its row.
    pub policy: escalation_policy::Model,
    /// Its steps in order.
    pub steps: Vec<escalation_step::Model>,
}

impl escalation_step::Model {
    /// Channel keys.
    #[must_use]
    pub fn channel_list(&self) -> Vec<String> {
        super::strings(&self.channels)
    }

    /// Whom it tells.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if the column does not hold what was written there.
    pub fn target_list(&self) -> Result<StepTargets, StoreError> {
        serde_json::from_value(self.targets.clone())
            .map_err(|error| StoreError::damaged("escalation_step", self.id, error))
    }
}

/// Adds a policy.
///
/// # Errors
/// [`StoreError::Refused`] for a name of no or over 190 characters; [`StoreError::Conflict`] if it is taken;
/// [`StoreError::Query`].
pub async fn create(
    tx: &DatabaseTransaction,
    draft: PolicyDraft,
    now: UnixMs,
) -> Result<Policy, StoreError> {
    insert(tx, draft, false, now).await
}

async fn insert(
    tx: &DatabaseTransaction,
    draft: PolicyDraft,
    is_default: bool,
    now: UnixMs,
) -> Result<Policy, StoreError> {
    key_text("name", &draft.name)?;
    let row = escalation_policy::ActiveModel {
        name: Set(draft.name.clone()),
        repeat: Set(draft.repeat),
        repeat_delay_seconds: Set(draft.repeat_delay_seconds),
        is_default: Set(is_default),
        created_at: Set(now.to_datetime()),
        updated_at: Set(now.to_datetime()),
        ..Default::default()
    };
    let failed = StoreError::inserting("create a policy", "escalation_policy", draft.name);
    let policy = row.insert(tx).await.map_err(failed)?;
    let steps = insert_steps(tx, policy.id, draft.steps).await?;
    Ok(Policy { policy, steps })
}

/// Replaces the whole of a policy, its steps included. Escalations under way keep the policy they began with.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::Refused`] or [`StoreError::Conflict`] as in [`create`];
/// [`StoreError::Query`].
pub async fn update(
    tx: &DatabaseTransaction,
    id: i64,
    draft: PolicyDraft,
    now: UnixMs,
) -> Result<Policy, StoreError> {
    key_text("name", &draft.name)?;
    let found = escalation_policy::Entity::find_by_id(id)
        .one(tx)
        .await
        .map_err(StoreError::during("read a policy"))?
        .ok_or_else(|| StoreError::not_found("escalation_policy", id))?;
    let mut row = found.into_active_model();
    row.name = Set(draft.name.clone());
    row.repeat = Set(draft.repeat);
    row.repeat_delay_seconds = Set(draft.repeat_delay_seconds);
    row.updated_at = Set(now.to_datetime());
    let failed = StoreError::inserting("change a policy", "escalation_policy", draft.name);
    let policy = row.update(tx).await.map_err(failed)?;
    escalation_step::Entity::delete_many()
        .filter(escalation_step::Column::PolicyId.eq(id))
        .exec(tx)
        .await
        .map_err(StoreError::during("replace a policy's steps"))?;
    let steps = insert_steps(tx, id, draft.steps).await?;
    Ok(Policy { policy, steps })
}

async fn insert_steps(
    tx: &DatabaseTransaction,
    policy_id: i64,
    drafts: Vec<StepDraft>,
) -> Result<Vec<escalation_step::Model>, StoreError> {
    let mut steps = Vec::with_capacity(drafts.len());
    for (position, draft) in (0..).zip(drafts) {
        let row = escalation_step::ActiveModel {
            policy_id: Set(policy_id),
            position: Set(position),
            delay_seconds: Set(draft.delay_seconds),
            channels: Set(json!(draft.channels)),
            targets: Set(json!(draft.targets)),
            only_if_unacknowledged: Set(draft.only_if_unacknowledged),
            ..Default::default()
        };
        let step = row.insert(tx).await;
        steps.push(step.map_err(StoreError::during("add a step to a policy"))?);
    }
    Ok(steps)
}

/// The policy with this id.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn by_id(conn: &impl ConnectionTrait, id: i64) -> Result<Option<Policy>, StoreError> {
    let Some(policy) = escalation_policy::Entity::find_by_id(id)
        .one(conn)
        .await
        .map_err(StoreError::during("read a policy"))?
    else {
        return Ok(None);
    };
    let steps = escalation_step::Entity::find()
        .filter(escalation_step::Column::PolicyId.eq(id))
        .order_by_asc(escalation_step::Column::Position)
        .all(conn)
        .await
        .map_err(StoreError::during("read a policy's steps"))?;
    Ok(Some(Policy { policy, steps }))
}

/// All policies, by name.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn all(conn: &impl ConnectionTrait) -> Result<Vec<Policy>, StoreError> {
    let policies = escalation_policy::Entity::find()
        .order_by_asc(escalation_policy::Column::Name)
        .all(conn)
        .await
        .map_err(StoreError::during("read the policies"))?;
    let mut steps = escalation_step::Entity::find()
        .order_by_asc(escalation_step::Column::Position)
        .all(conn)
        .await
        .map_err(StoreError::during("read the policies' steps"))?;
    Ok(policies
        .into_iter()
        .map(|policy| {
            let own = steps.extract_if(.., |step| step.policy_id == policy.id);
            Policy {
                steps: own.collect(),
                policy,
            }
        })
        .collect())
}

/// Deletes a policy.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::InUse`] while a rule routes to it; [`StoreError::Refused`] for the default
/// policy; [`StoreError::Query`].
pub async fn delete(conn: &impl ConnectionTrait, id: i64) -> Result<(), StoreError> {
    let found = by_id(conn, id)
        .await?
        .ok_or_else(|| StoreError::not_found("escalation_policy", id))?;
    if found.policy.is_default {
        return Err(StoreError::refused(
            "id",
            "is the default policy, which stays",
        ));
    }
    escalation_policy::Entity::delete_by_id(id)
        .exec(conn)
        .await
        .map_err(StoreError::deleting(
            "delete a policy",
            "escalation_policy",
            id,
        ))?;
    Ok(())
}

/// Gives a fresh install its default policy (who is on call at once, every admin 15 min later, all enabled channels,
/// three more passes) and the default rule that routes every detector to it. Does nothing where they are; whether it
/// did something.
///
/// Which severities page at all is decided where incidents are routed: with the default rule, high and critical.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn seed_defaults(tx: &DatabaseTransaction, now: UnixMs) -> Result<bool, StoreError> {
    let rule = alert_rule::Entity::find()
        .filter(alert_rule::Column::IsDefault.eq(true))
        .one(tx)
        .await
        .map_err(StoreError::during("look for the default rule"))?;
    if rule.is_some() {
        return Ok(false);
    }
    let step = |delay_seconds, role: &str| StepDraft {
        delay_seconds,
        channels: Vec::new(),
        targets: StepTargets {
            roles: vec![role.to_owned()],
            ..StepTargets::default()
        },
        only_if_unacknowledged: true,
    };
    let draft = PolicyDraft {
        name: "Default".to_owned(),
        repeat: 3,
        repeat_delay_seconds: 900,
        steps: vec![step(0, "oncall"), step(900, "admin")],
    };
    // Two nodes that start at once: the unique name makes the second one fail here, and it reads the first one's.
    let policy = match insert(tx, draft, true, now).await {
        Ok(policy) => policy.policy,
        Err(StoreError::Conflict { .. }) => return Ok(false),
        Err(error) => return Err(error),
    };
    let draft = RuleDraft {
        name: "Default".to_owned(),
        enabled: true,
        severity: None,
        scope: Scope::All,
        condition: Condition::routing(ANY_DETECTOR),
        route: Route::Policy(policy.id),
        runbook_url: None,
    };
    alert_rules::insert(tx, draft, true, now).await?;
    Ok(true)
}

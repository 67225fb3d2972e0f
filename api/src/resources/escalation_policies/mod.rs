//! `/api/escalation-policies`: whom to tell, in which order.

pub mod simulate;
mod view;

pub use view::*;

use crate::auth::caller::Caller;
use crate::auth::permission::Permission;
use crate::error::{ApiError, ErrorBody, Problems};
use crate::http::{Id, Json, List};
use crate::resources::alert_rules::check_channels;
use crate::state::AppState;
use crate::transaction::in_transaction;
use actix_web::{HttpResponse, delete, get, patch, post, web};
use noc_actors::notify::channel::{Reach, Registry};
use noc_storage::relational::escalation_policies::{self, Policy, PolicyDraft};
use noc_storage::relational::{StoreError, alert_rules, users};
use sea_orm::ConnectionTrait;
use serde_json::json;
use std::collections::HashMap;

const LONGEST_NAME: usize = 120;
const LONGEST_DELAY_S: i32 = 7 * 24 * 3_600;
const MOST_STEPS: usize = 20;
const MOST_TARGETS: usize = 100;
/// Further passes where nobody says.
const REPEAT: i32 = 3;
/// Seconds to the next pass where nobody says.
const REPEAT_DELAY_S: i32 = 900;

/// All policies with their steps, by name.
#[utoipa::path(tag = "escalation", responses((status = 200, body = List<EscalationPolicy>)))]
#[get("/api/escalation-policies")]
pub async fn list_escalation_policies(
    state: web::Data<AppState>,
    caller: Caller,
) -> Result<web::Json<List<EscalationPolicy>>, ApiError> {
    let db = state.db().read();
    let uses = uses(db).await?;
    let policies = escalation_policies::all(db).await?;
    let whole = caller.may(Permission::MailPii);
    let policies = policies.into_iter().map(|stored| {
        let policy = with_uses(stored, &uses)?;
        Ok::<_, StoreError>(if whole { policy } else { policy.masked() })
    });
    Ok(web::Json(List::whole(policies.collect::<Result<_, _>>()?)))
}

/// Makes a policy.
#[utoipa::path(tag = "escalation", request_body = NewEscalationPolicy,
    responses((status = 201, body = EscalationPolicy),
        (status = 409, description = "`already_exists`: the name is taken", body = ErrorBody)))]
#[post("/api/escalation-policies")]
pub async fn create_escalation_policy(
    state: web::Data<AppState>,
    caller: Caller,
    body: Json<NewEscalationPolicy>,
) -> Result<HttpResponse, ApiError> {
    let Json(new) = body;
    check_all(&state, &new).await?;
    let now = state.now_ms();
    let stored = in_transaction!(state, "make a policy", [caller, new], |tx| {
        let stored = escalation_policies::create(tx, draft(new), now).await?;
        let subject = format!("escalation_policy:{}", stored.policy.id);
        let payload = json!({ "name": stored.policy.name, "steps": stored.steps.len() });
        let event = caller.event(now, "create_escalation_policy", subject, payload);
        state.db().security().append(tx, event).await?;
        Ok(stored)
    })?;
    Ok(HttpResponse::Created().json(EscalationPolicy::new(stored, 0)?))
}

/// Changes a policy; given steps replace all of them.
#[utoipa::path(tag = "escalation", params(("id" = i64, Path, description = "Policy")), request_body = EscalationPolicyPatch,
    responses((status = 200, body = EscalationPolicy), (status = 404, body = ErrorBody),
        (status = 409, description = "`already_exists`: the name is taken", body = ErrorBody)))]
#[patch("/api/escalation-policies/{id}")]
pub async fn update_escalation_policy(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
    body: Json<EscalationPolicyPatch>,
) -> Result<web::Json<EscalationPolicy>, ApiError> {
    let Json(patch) = body;
    let before = find(state.db().read(), id).await?;
    let new = merge(EscalationPolicy::new(before, 0)?, patch);
    check_all(&state, &new).await?;
    let now = state.now_ms();
    let stored = in_transaction!(state, "change a policy", [caller, new], |tx| {
        let stored = escalation_policies::update(tx, id.0, draft(new), now).await?;
        let subject = format!("escalation_policy:{}", id.0);
        let payload = json!({ "name": stored.policy.name, "steps": stored.steps.len() });
        let event = caller.event(now, "update_escalation_policy", subject, payload);
        state.db().security().append(tx, event).await?;
        Ok(stored)
    })?;
    let uses = uses(state.db().read()).await?;
    Ok(web::Json(with_uses(stored, &uses)?))
}

/// Deletes a policy that no rule uses.
#[utoipa::path(tag = "escalation", params(("id" = i64, Path, description = "Policy")),
    responses((status = 204, description = "Deleted"), (status = 404, body = ErrorBody),
        (status = 409, description = "`in_use`: rules route to it", body = ErrorBody)))]
#[delete("/api/escalation-policies/{id}")]
pub async fn delete_escalation_policy(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
) -> Result<HttpResponse, ApiError> {
    let now = state.now_ms();
    in_transaction!(state, "delete a policy", [caller], |tx| {
        let stored = find(tx, id).await?;
        let in_use = uses(tx).await?.get(&id.0).copied().unwrap_or_default();
        if in_use > 0 || stored.policy.is_default {
            return Err(ApiError::Conflict {
                code: "in_use",
                message: if in_use > 0 {
                    format!("{in_use} alert rules route to this policy")
                } else {
                    "the default policy stays; change its steps instead".to_owned()
                },
            });
        }
        escalation_policies::delete(tx, id.0).await?;
        let subject = format!("escalation_policy:{}", id.0);
        let payload = json!({ "name": stored.policy.name });
        let event = caller.event(now, "delete_escalation_policy", subject, payload);
        state.db().security().append(tx, event).await?;
        Ok(())
    })?;
    Ok(HttpResponse::NoContent().finish())
}

async fn find(conn: &impl ConnectionTrait, id: Id) -> Result<Policy, ApiError> {
    escalation_policies::by_id(conn, id.0)
        .await?
        .ok_or(ApiError::NotFound("escalation policy"))
}

/// How many rules route to each policy.
async fn uses(conn: &impl ConnectionTrait) -> Result<HashMap<i64, u64>, StoreError> {
    let mut uses = HashMap::new();
    for rule in alert_rules::all(conn).await? {
        if let Some(policy) = rule.escalation_policy_id {
            *uses.entry(policy).or_insert(0) += 1;
        }
    }
    Ok(uses)
}

fn with_uses(stored: Policy, uses: &HashMap<i64, u64>) -> Result<EscalationPolicy, StoreError> {
    let used = uses.get(&stored.policy.id).copied().unwrap_or_default();
    EscalationPolicy::new(stored, used)
}

fn merge(policy: EscalationPolicy, patch: EscalationPolicyPatch) -> NewEscalationPolicy {
    NewEscalationPolicy {
        name: patch.name.unwrap_or(policy.name),
        repeat: Some(patch.repeat.unwrap_or(policy.repeat)),
        repeat_delay_seconds: Some(
            patch
                .repeat_delay_seconds
                .unwrap_or(policy.repeat_delay_seconds),
        ),
        steps: patch
            .steps
            .unwrap_or_else(|| policy.steps.into_iter().map(Into::into).collect()),
    }
}

fn draft(new: NewEscalationPolicy) -> PolicyDraft {
    PolicyDraft {
        name: new.name.trim().to_owned(),
        repeat: new.repeat.unwrap_or(REPEAT),
        repeat_delay_seconds: new.repeat_delay_seconds.unwrap_or(REPEAT_DELAY_S),
        steps: new.steps.into_iter().map(Into::into).collect(),
    }
}

/// Refuses a policy with anything wrong in it.
async fn check_all(state: &AppState, new: &NewEscalationPolicy) -> Result<(), ApiError> {
    problems_of(state, new).await?.into_result()
}

/// Everything that is wrong with a policy, the people it names included.
async fn problems_of(state: &AppState, new: &NewEscalationPolicy) -> Result<Problems, StoreError> {
    let mut problems = Problems::new();
    check(&mut problems, new, &state.channels);
    for (place, step) in new.steps.iter().enumerate() {
        for user in &step.targets.users {
            let known = users::by_id(state.db().read(), *user).await?;
            problems.require(
                known.is_some(),
                &format!("steps[{place}].targets.users"),
                &format!("{user} is nobody"),
            );
        }
    }
    Ok(problems)
}

fn check(problems: &mut Problems, new: &NewEscalationPolicy, channels: &Registry) {
    let name = new.name.trim();
    problems.require(
        (1..=LONGEST_NAME).contains(&name.chars().count()) && !name.chars().any(char::is_control),
        "name",
        "must have 1 to 120 characters, none of them control characters",
    );
    problems.require(
        new.repeat.is_none_or(|n| (0..=100).contains(&n)),
        "repeat",
        "must be 0 to 100",
    );
    problems.require(
        new.repeat_delay_seconds
            .is_none_or(|s| (60..=LONGEST_DELAY_S).contains(&s)),
        "repeat_delay_seconds",
        "must be 60 to 604800",
    );
    problems.require(
        (1..=MOST_STEPS).contains(&new.steps.len()),
        "steps",
        "must be 1 to 20",
    );
    for (place, step) in new.steps.iter().enumerate() {
        let field = |name: &str| format!("steps[{place}].{name}");
        problems.require(
            (0..=LONGEST_DELAY_S).contains(&step.delay_seconds),
            &field("delay_seconds"),
            "must be 0 to 604800",
        );
        check_channels(problems, &field("channels"), &step.channels, channels);
        let targets =
            step.targets.users.len() + step.targets.roles.len() + step.targets.external.len();
        problems.require(
            targets <= MOST_TARGETS,
            &field("targets"),
            "may be 100 at most",
        );
        for address in &step.targets.external {
            let reached = channels.iter().any(|channel| {
                channel.reach() != Reach::Group && channel.normalise(address).is_some()
            });
            problems.require(
                reached,
                &field("targets.external"),
                &format!("{address:?} is no address that a channel can reach"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use noc_actors::notify::channel::registry;
    use noc_actors::notify::outbound::Outbound;
    use serde_json::Value;

    fn wrong(change: impl Fn(&mut Value)) -> Vec<String> {
        let mut body = json!({
            "name": "Night", "repeat": 2,
            "steps": [{"delay_seconds": 0, "channels": ["email"], "targets": {"roles": ["oncall"]}}],
        });
        change(&mut body);
        let new: NewEscalationPolicy = serde_json::from_value(body).unwrap();
        let mut problems = Problems::new();
        check(&mut problems, &new, &registry(Outbound::default()));
        match problems.into_result() {
            Ok(()) => Vec::new(),
            Err(ApiError::Invalid(errors)) => errors.into_keys().collect(),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn limits_are_kept_and_named_by_step() {
        assert!(wrong(|_| {}).is_empty());
        assert_eq!(wrong(|policy| policy["steps"] = json!([])), ["steps"]);
        assert_eq!(
            wrong(|policy| policy["steps"][0]["delay_seconds"] = json!(-1)),
            ["steps[0].delay_seconds"]
        );
        assert_eq!(
            wrong(|policy| policy["steps"][0]["channels"] = json!(["pigeon"])),
            ["steps[0].channels[0]"]
        );
        assert_eq!(wrong(|policy| policy["repeat"] = json!(101)), ["repeat"]);
        assert_eq!(
            wrong(|policy| policy["steps"][0]["targets"]["external"] = json!(["nonsense"])),
            ["steps[0].targets.external"]
        );
    }

    #[test]
    fn an_unknown_role_is_refused_by_its_shape() {
        let step = json!({"delay_seconds": 0, "channels": [], "targets": {"roles": ["root"]}});
        assert!(serde_json::from_value::<NewEscalationStep>(step).is_err());
    }
}

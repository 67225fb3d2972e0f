//! `/api/alert-rules`: what to look for, and whom to tell.

pub mod backtest;
mod check;
mod view;

pub use check::{check_channels, check_scope};
pub use view::*;

use crate::auth::caller::Caller;
use crate::control;
use crate::error::{ApiError, ErrorBody, Problems};
use crate::http::{Id, Json, List};
use crate::state::AppState;
use crate::transaction::in_transaction;
use actix_web::{HttpResponse, delete, get, patch, post, web};
use check::check;
use noc_pipeline::control::Control;
use noc_storage::relational::alert_rules::{self, Route, RuleDraft};
use noc_storage::relational::entity::alert_rule;
use noc_storage::relational::{StoreError, escalation_policies};
use sea_orm::ConnectionTrait;
use serde_json::json;
use std::collections::HashMap;

/// All rules, the default one last.
#[utoipa::path(tag = "rules", responses((status = 200, body = List<AlertRule>)))]
#[get("/api/alert-rules")]
pub async fn list_alert_rules(
    state: web::Data<AppState>,
) -> Result<web::Json<List<AlertRule>>, ApiError> {
    let db = state.db().read();
    let names = policy_names(db).await?;
    let rules = alert_rules::all(db).await?;
    let rules = rules.into_iter().map(|row| with_name(row, &names));
    Ok(web::Json(List::whole(rules.collect::<Result<_, _>>()?)))
}

/// Makes a rule.
#[utoipa::path(tag = "rules", request_body = NewAlertRule, responses((status = 201, body = AlertRule)))]
#[post("/api/alert-rules")]
pub async fn create_alert_rule(
    state: web::Data<AppState>,
    caller: Caller,
    body: Json<NewAlertRule>,
) -> Result<HttpResponse, ApiError> {
    let Json(new) = body;
    check_all(&state, &new).await?;
    let now = state.now_ms();
    let row = in_transaction!(state, "make an alert rule", [caller, new], |tx| {
        let row = alert_rules::create(tx, draft(new)?, now).await?;
        control::stage(&state, tx, &Control::RuleSet(row.as_control()?)).await?;
        let subject = format!("alert_rule:{}", row.id);
        let event = caller.event(
            now,
            "create_alert_rule",
            subject,
            json!({ "name": row.name }),
        );
        state.db().security().append(tx, event).await?;
        Ok(row)
    })?;
    control::deliver(&state).await;
    let names = policy_names(state.db().read()).await?;
    Ok(HttpResponse::Created().json(with_name(row, &names)?))
}

/// Changes a rule.
#[utoipa::path(tag = "rules", params(("id" = i64, Path, description = "Rule")), request_body = AlertRulePatch,
    responses((status = 200, body = AlertRule), (status = 404, body = ErrorBody),
        (status = 409, description = "`stale_version`: somebody changed it meanwhile", body = ErrorBody)))]
#[patch("/api/alert-rules/{id}")]
pub async fn update_alert_rule(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
    body: Json<AlertRulePatch>,
) -> Result<web::Json<AlertRule>, ApiError> {
    let Json(patch) = body;
    let before = find(state.db().read(), id).await?;
    let read_version = before.version;
    let new = merge(AlertRule::new(before, None)?, &patch);
    check_all(&state, &new).await?;
    let expected = patch.version.unwrap_or(read_version);
    let now = state.now_ms();
    let row = in_transaction!(state, "change an alert rule", [caller, new], |tx| {
        let current = find(tx, id).await?;
        if current.version != expected {
            return Err(ApiError::Conflict {
                code: "stale_version",
                message: format!(
                    "somebody changed this rule meanwhile: it is at version {}",
                    current.version
                ),
            });
        }
        let row = alert_rules::update(tx, id.0, draft(new)?, now).await?;
        control::stage(&state, tx, &Control::RuleSet(row.as_control()?)).await?;
        let payload = json!({ "name": row.name, "version": row.version });
        let event = caller.event(
            now,
            "update_alert_rule",
            format!("alert_rule:{}", id.0),
            payload,
        );
        state.db().security().append(tx, event).await?;
        Ok(row)
    })?;
    control::deliver(&state).await;
    let names = policy_names(state.db().read()).await?;
    Ok(web::Json(with_name(row, &names)?))
}

/// Deletes a rule; what it opened resolves.
#[utoipa::path(tag = "rules", params(("id" = i64, Path, description = "Rule")),
    responses((status = 204, description = "Deleted"), (status = 404, body = ErrorBody),
        (status = 409, description = "`default_rule`: the default rule stays", body = ErrorBody)))]
#[delete("/api/alert-rules/{id}")]
pub async fn delete_alert_rule(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
) -> Result<HttpResponse, ApiError> {
    let now = state.now_ms();
    in_transaction!(state, "delete an alert rule", [caller], |tx| {
        let row = find(tx, id).await?;
        if row.is_default {
            return Err(ApiError::Conflict {
                code: "default_rule",
                message: "the default rule stays; change where it sends instead".to_owned(),
            });
        }
        alert_rules::delete(tx, id.0).await?;
        control::stage(&state, tx, &Control::RuleRemoved { rule_id: id.0 }).await?;
        let payload = json!({ "name": row.name });
        let event = caller.event(
            now,
            "delete_alert_rule",
            format!("alert_rule:{}", id.0),
            payload,
        );
        state.db().security().append(tx, event).await?;
        Ok(())
    })?;
    control::deliver(&state).await;
    Ok(HttpResponse::NoContent().finish())
}

async fn find(conn: &impl ConnectionTrait, id: Id) -> Result<alert_rule::Model, ApiError> {
    alert_rules::by_id(conn, id.0)
        .await?
        .ok_or(ApiError::NotFound("alert rule"))
}

/// Names of the policies by id.
async fn policy_names(conn: &impl ConnectionTrait) -> Result<HashMap<i64, String>, StoreError> {
    let policies = escalation_policies::all(conn).await?;
    Ok(policies
        .into_iter()
        .map(|found| (found.policy.id, found.policy.name))
        .collect())
}

fn with_name(
    row: alert_rule::Model,
    names: &HashMap<i64, String>,
) -> Result<AlertRule, StoreError> {
    let name = row
        .escalation_policy_id
        .and_then(|id| names.get(&id).cloned());
    AlertRule::new(row, name)
}

/// Everything that is wrong with a rule, the policy it names included.
async fn check_all(state: &AppState, rule: &NewAlertRule) -> Result<(), ApiError> {
    let mut problems = Problems::new();
    check(&mut problems, rule, &state.channels);
    if let Some(id) = rule.escalation_policy_id {
        let known = escalation_policies::by_id(state.db().read(), id).await?;
        problems.require(known.is_some(), "escalation_policy_id", "is no policy");
    }
    problems.into_result()
}

/// The rule that a patch makes of the one in force.
fn merge(rule: AlertRule, patch: &AlertRulePatch) -> NewAlertRule {
    let names_channels = matches!(patch.channels, Some(Some(_)));
    let names_policy = matches!(patch.escalation_policy_id, Some(Some(_)));
    NewAlertRule {
        name: patch.name.clone().unwrap_or(rule.name),
        enabled: patch.enabled.unwrap_or(rule.enabled),
        severity: patch.severity.unwrap_or(rule.severity),
        scope: patch.scope.clone().unwrap_or(rule.scope),
        condition: patch.condition.clone().unwrap_or(rule.condition),
        channels: match &patch.channels {
            Some(channels) => channels.clone(),
            None => rule.channels.filter(|_| !names_policy),
        },
        escalation_policy_id: match patch.escalation_policy_id {
            Some(policy) => policy,
            None => rule.escalation_policy_id.filter(|_| !names_channels),
        },
        runbook_url: match &patch.runbook_url {
            Some(url) => url.clone(),
            None => rule.runbook_url,
        },
    }
}

fn draft(rule: NewAlertRule) -> Result<RuleDraft, ApiError> {
    let route = match (rule.channels, rule.escalation_policy_id) {
        (Some(channels), None) => Route::Channels(channels),
        (None, Some(policy)) => Route::Policy(policy),
        // Checked before; said once more for whoever calls this without checking.
        _ => {
            return Err(ApiError::field(
                "channels",
                "name channels or a policy, not both",
            ));
        }
    };
    Ok(RuleDraft {
        name: rule.name.trim().to_owned(),
        enabled: rule.enabled,
        severity: rule.severity.map(Into::into),
        scope: rule.scope.into(),
        condition: rule.condition.into(),
        route,
        runbook_url: rule.runbook_url,
    })
}

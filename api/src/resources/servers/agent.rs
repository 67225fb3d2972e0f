//! `/api/servers/{id}/disable-agent` and its kin: whether a server's agent is listened to.

use crate::auth::caller::Caller;
use crate::control;
use crate::error::{ApiError, ErrorBody};
use crate::http::{Id, JsonOrNothing};
use crate::resources::servers::{DisableAgent, Server, changed, find, server_id};
use crate::state::AppState;
use crate::transaction::in_transaction;
use actix_web::{post, web};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Control;
use noc_storage::relational::servers::{self, ServerPatch};
use serde_json::json;
use std::time::Duration;

/// How far ahead the end of a time off may lie.
const LONGEST_OFF: Duration = Duration::from_secs(366 * 24 * 3600);

/// What an operator wants of a server's monitoring.
#[derive(Debug, Clone, Copy)]
enum Switch {
    On,
    Off { until: Option<UnixMs> },
}

/// How long an approved re-enrolment may take.
const RE_ENROLMENT: Duration = Duration::from_secs(60 * 60);

/// Switches monitoring of a server off: its open incidents close without a page, and no detector looks at it.
#[utoipa::path(tag = "servers", params(("id" = i64, Path, description = "Server")),
    request_body(content = DisableAgent, description = "May be left out"),
    responses((status = 200, body = Server), (status = 404, body = ErrorBody),
        (status = 409, description = "`invalid_transition`: it is off already, until the same time", body = ErrorBody)))]
#[post("/api/servers/{id}/disable-agent")]
pub async fn disable_agent(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
    body: JsonOrNothing<DisableAgent>,
) -> Result<web::Json<Server>, ApiError> {
    let now = state.now_ms();
    let until = body.0.until.map(UnixMs::from);
    if until.is_some_and(|until| until <= now || until > now.plus(LONGEST_OFF)) {
        return Err(ApiError::field(
            "until",
            "must lie ahead, by a year at most",
        ));
    }
    switch(&state, &caller, id, Switch::Off { until })
        .await
        .map(web::Json)
}

/// Switches monitoring of a server on again.
#[utoipa::path(tag = "servers", params(("id" = i64, Path, description = "Server")),
    responses((status = 200, body = Server), (status = 404, body = ErrorBody),
        (status = 409, description = "`invalid_transition`: it is on already", body = ErrorBody)))]
#[post("/api/servers/{id}/enable-agent")]
pub async fn enable_agent(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
) -> Result<web::Json<Server>, ApiError> {
    switch(&state, &caller, id, Switch::On).await.map(web::Json)
}

/// Lets the server's name be enrolled once more within 60 min; then its old secret dies.
#[utoipa::path(tag = "servers", params(("id" = i64, Path, description = "Server")),
    responses((status = 200, body = Server), (status = 404, body = ErrorBody)))]
#[post("/api/servers/{id}/approve-re-enrolment")]
pub async fn approve_re_enrolment(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
) -> Result<web::Json<Server>, ApiError> {
    let server = server_id(id)?;
    let now = state.now_ms();
    let row = in_transaction!(state, "approve a re-enrolment", [caller], |tx| {
        let until = Some(now.plus(RE_ENROLMENT));
        let row = servers::allow_re_enrolment(tx, server, until, now).await?;
        let subject = format!("server:{server}");
        let event = caller.event(now, "approve_re_enrolment", subject, json!({}));
        state.db().security().append(tx, event).await?;
        Ok(row)
    })?;
    changed(&state, row).await.map(web::Json)
}

async fn switch(
    state: &web::Data<AppState>,
    caller: &Caller,
    id: Id,
    to: Switch,
) -> Result<Server, ApiError> {
    let server = server_id(id)?;
    let now = state.now_ms();
    let row = in_transaction!(state, "switch a server's monitoring", [caller], |tx| {
        let found = find(tx, server).await?;
        let is_so = match to {
            Switch::On => found.is_active,
            Switch::Off { until } => {
                !found.is_active && found.disabled_until.map(UnixMs::from) == until
            }
        };
        if is_so {
            return Err(ApiError::invalid_transition(format!(
                "monitoring of this server is {} already",
                if found.is_active { "on" } else { "off" }
            )));
        }
        let (active, until) = match to {
            Switch::On => (true, None),
            Switch::Off { until } => (false, until),
        };
        let change = ServerPatch {
            is_active: Some(active),
            off_until: until,
            ..ServerPatch::default()
        };
        let row = servers::update(tx, server, change, now).await?;
        control::stage(&state, tx, &Control::ServerSettings(row.settings())).await?;
        let action = if active {
            "enable_agent"
        } else {
            "disable_agent"
        };
        let payload = json!({ "until": row.disabled_until });
        let event = caller.event(now, action, format!("server:{server}"), payload);
        state.db().security().append(tx, event).await?;
        Ok(row)
    })?;
    control::deliver(state).await;
    changed(state, row).await
}

//! `/api/incidents/{id}/{acknowledge,unacknowledge,resolve,snooze,escalate,notes}`: what people do about incidents.
//!
//! The rules live in `noc_actors::incident::actions`, which changes the row, its timeline, its escalation and the
//! security log together; here they are only called.

use crate::auth::caller::Caller;
use crate::error::{ApiError, ErrorBody};
use crate::http::{Id, Json, JsonOrNothing, Shown};
use crate::resources::incidents::load::load;
use crate::resources::incidents::view::{Acknowledge, Escalate, IncidentDetail, NewNote, Snooze};
use crate::state::AppState;
use actix_web::{post, web};
use noc_actors::incident::actions::{self, Actor};
use noc_pipeline::clock::UnixMs;
use std::time::Duration;

const LONGEST_NOTE: usize = 4_000;
/// Nothing is put off for ever.
const LONGEST_SNOOZE: Duration = Duration::from_secs(7 * 86_400);

pub(crate) fn actor(caller: &Caller) -> Actor {
    Actor {
        user_id: Some(caller.user.id),
        name: caller.user.name.clone(),
        ip: Some(caller.address.to_string()),
        link: None,
    }
}

async fn detail(
    state: &AppState,
    caller: &Caller,
    id: Id,
) -> Result<Shown<IncidentDetail>, ApiError> {
    load(state.db(), id.0)
        .await?
        .map(|detail| Shown::to(caller, detail))
        .ok_or(ApiError::NotFound("incident"))
}

/// Takes an open incident, or all of its group; steps for unacknowledged incidents stop. Or takes one over from who has it.
#[utoipa::path(tag = "incidents", params(("id" = i64, Path, description = "Incident")),
    request_body(content = Acknowledge, description = "May be left out"),
    responses((status = 200, body = IncidentDetail), (status = 404, body = ErrorBody),
        (status = 409, description = "`invalid_transition`: it is not open, or none of its group is; `owner_changed`: it \
            is not with `from` any more", body = ErrorBody),
        (status = 422, description = "Taking over a whole group", body = ErrorBody)))]
#[post("/api/incidents/{id}/acknowledge")]
pub async fn acknowledge_incident(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
    body: JsonOrNothing<Acknowledge>,
) -> Result<Shown<IncidentDetail>, ApiError> {
    let JsonOrNothing(asked) = body;
    let actor = actor(&caller);
    match asked.take_over {
        true if asked.group => {
            return Err(ApiError::field("group", "is taken over one by one"));
        }
        true => actions::take_over(&state.parts, id.0, &actor, asked.from).await?,
        false => actions::acknowledge(&state.parts, id.0, &actor, asked.group).await?,
    };
    detail(&state, &caller, id).await
}

/// Gives an acknowledged incident back; the policy begins anew.
#[utoipa::path(tag = "incidents", params(("id" = i64, Path, description = "Incident")),
    responses((status = 200, body = IncidentDetail), (status = 404, body = ErrorBody),
        (status = 409, description = "`invalid_transition`: it is not acknowledged", body = ErrorBody)))]
#[post("/api/incidents/{id}/unacknowledge")]
pub async fn unacknowledge_incident(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
) -> Result<Shown<IncidentDetail>, ApiError> {
    actions::unacknowledge(&state.parts, id.0, &actor(&caller)).await?;
    detail(&state, &caller, id).await
}

/// Ends an incident by hand; its cause stays quiet until it was fine once, or for 30 min.
#[utoipa::path(tag = "incidents", params(("id" = i64, Path, description = "Incident")),
    responses((status = 200, body = IncidentDetail), (status = 404, body = ErrorBody),
        (status = 409, description = "`invalid_transition`: it is over already", body = ErrorBody)))]
#[post("/api/incidents/{id}/resolve")]
pub async fn resolve_incident(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
) -> Result<Shown<IncidentDetail>, ApiError> {
    actions::resolve(&state.parts, id.0, &actor(&caller)).await?;
    detail(&state, &caller, id).await
}

/// Tells nobody of an incident until a time, unless it gets worse; `until: null` ends a snooze.
#[utoipa::path(tag = "incidents", params(("id" = i64, Path, description = "Incident")), request_body = Snooze,
    responses((status = 200, body = IncidentDetail), (status = 404, body = ErrorBody),
        (status = 409, description = "`invalid_transition`: it is over, or not snoozed", body = ErrorBody),
        (status = 422, description = "Not a time within the next 7 days", body = ErrorBody)))]
#[post("/api/incidents/{id}/snooze")]
pub async fn snooze_incident(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
    body: Json<Snooze>,
) -> Result<Shown<IncidentDetail>, ApiError> {
    let actor = actor(&caller);
    let now = state.now_ms();
    match body.0.until.map(|at| UnixMs(at.timestamp_millis())) {
        None => actions::wake(&state.parts, id.0, &actor).await?,
        Some(until) if until > now && until <= now.plus(LONGEST_SNOOZE) => {
            actions::snooze(&state.parts, id.0, &actor, until).await?
        }
        Some(_) => return Err(ApiError::field("until", "must lie within the next 7 days")),
    };
    detail(&state, &caller, id).await
}

/// Fires the next step of the policy now, if none fired since the caller looked.
#[utoipa::path(tag = "incidents", params(("id" = i64, Path, description = "Incident")), request_body = Escalate,
    responses((status = 200, body = IncidentDetail), (status = 404, body = ErrorBody),
        (status = 409, description = "`invalid_transition`: it is not open; `already_escalated`: a step fired since \
            `as_of`; `held_back`; `nothing_follows`", body = ErrorBody)))]
#[post("/api/incidents/{id}/escalate")]
pub async fn escalate_incident(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
    body: Json<Escalate>,
) -> Result<Shown<IncidentDetail>, ApiError> {
    let as_of = UnixMs(body.0.as_of.timestamp_millis());
    actions::escalate(&state.parts, id.0, &actor(&caller), as_of).await?;
    detail(&state, &caller, id).await
}

/// Adds a note to the timeline.
#[utoipa::path(tag = "incidents", params(("id" = i64, Path, description = "Incident")), request_body = NewNote,
    responses((status = 201, body = IncidentDetail), (status = 404, body = ErrorBody)))]
#[post("/api/incidents/{id}/notes")]
pub async fn add_incident_note(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
    body: Json<NewNote>,
) -> Result<Shown<IncidentDetail>, ApiError> {
    let text = body.0.text.trim();
    if !(1..=LONGEST_NOTE).contains(&text.chars().count()) {
        return Err(ApiError::field("text", "must have 1 to 4000 characters"));
    }
    actions::add_note(&state.parts, id.0, &actor(&caller), text).await?;
    Ok(detail(&state, &caller, id).await?.created())
}
